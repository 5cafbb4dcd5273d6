"""A Complaint: what a customer said."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from knowledge.case import Id, Language, Owned, Text

Speaker = Literal["customer", "agent", "bot"]
Channel = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9_.\-]+$")]

MAX_TURNS = 200
Moment = Annotated[
    AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))
]
"""A time with its zone, within bounds in which every deadline can be computed."""


class Turn(Owned):
    """One thing one side said."""

    text: Text
    speaker: Speaker = "customer"
    at: Moment | None = None


class CustomerRef(Owned):
    """How the caller names the customer: any id they have."""

    kind: Literal["external_id", "email", "phone", "wechat", "app_user"] = "external_id"
    value: Id
    verified: bool = False
    """Whether the caller has checked that this is really the person; without it no personal fact is shown."""


class ComplaintIn(Owned):
    """A complaint as it comes in: `text` for one message, `turns` for a conversation."""

    text: Text | None = None
    turns: Annotated[tuple[Turn, ...], Field(max_length=MAX_TURNS)] = ()
    language: Language | None = None
    """Detected when absent."""
    channel: Channel = "api"
    customer: CustomerRef | None = None
    sector: Annotated[str | None, Field(max_length=60)] = None
    """Industry the complaint is about (banking, telecom, …): picks the statutory clocks."""
    reference: Annotated[str | None, Field(max_length=200)] = None
    """The caller's own number for it (ticket, 工单号)."""
    received_at: Moment | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.text is None) == (not self.turns):
            raise ValueError("give either text or turns, and not both")
        return self

    def all_turns(self) -> tuple[Turn, ...]:
        """The turns, in order, whichever form was given."""
        return self.turns if self.text is None else (Turn(text=self.text, at=self.received_at),)


class Complaint(Owned):
    """A complaint on record."""

    id: str
    turns: tuple[Turn, ...]
    channel: Channel
    language: Language | None
    """As the caller gave it; the triage detects it when absent."""
    customer: CustomerRef | None
    sector: str | None
    reference: str | None
    received_at: datetime
