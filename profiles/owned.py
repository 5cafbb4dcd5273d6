"""What the types of this package are made of."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with the characters no store can hold (NUL, lone surrogates) replaced by U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def _storable_if_text(value: object) -> object:
    return storable(value) if isinstance(value, str) else value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this moment lies outside the years 1 to 9999 in UTC") from error


STORABLE: Final = BeforeValidator(_storable_if_text)
"""Goes behind the limits of a text, or they would be reported as limits on a list."""
Id = Annotated[str, Field(min_length=1, max_length=200), STORABLE]
Text = Annotated[str, Field(max_length=10_000), STORABLE]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
"""A name of ours or of the rules: lower case, digits, underscores."""
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A point in time with its zone, kept in UTC."""


class Owned(BaseModel):
    """Base of what we own: immutable, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
