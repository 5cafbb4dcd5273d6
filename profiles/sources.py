"""Which system an export comes from, and what its columns hold: sources.toml."""

import difflib
import functools
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal, cast

from pydantic import Field, PrivateAttr

from profiles.errors import InvalidInput
from profiles.event import EVENT_KINDS, EventKind
from profiles.owned import Code, Owned
from profiles.registry import Registry, plain
from profiles.rules import load_rules

SHIPPED: Final = Path(__file__).with_name("sources.toml")
DEFAULT_TOP: Final = 5.0
"""Best answer of a survey that does not say."""

Words = Annotated[str, Field(min_length=1, max_length=200)]


class Happening(Owned):
    """What a row tells happened."""

    kind: EventKind | Literal["by_what"]
    """`by_what`: what the words in column `what` mean."""
    at: Code
    """The column that holds when; without a time in it nothing happened."""
    when: Code | None = None
    """A column that must be filled, and not say no."""


class Source(Owned):
    """How the rows of one export are read."""

    name: Code
    """What facts and events from it are said to come from."""
    signs: Annotated[tuple[Words, ...], Field(min_length=1)]
    columns: dict[Code, tuple[Words, ...]] = {}
    channel: Code | None = None
    """Of every event, where the rows do not say."""
    events: tuple[Happening, ...] = ()
    kinds: dict[EventKind, tuple[Words, ...]] = {}
    tops: dict[str, float] = {}
    """Best answer of a survey, by the header of its column."""
    needs: Literal["consent"] | None = None


class SourceRules(Owned):
    """Everything sources.toml declares."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    source: Annotated[str, Field(min_length=1, max_length=300)]
    valid_from: date
    channels: dict[Code, tuple[Words, ...]]
    answers: dict[str, tuple[str, ...]]
    sources: Annotated[dict[Code, Source], Field(min_length=1)]
    _kinds: dict[str, dict[str, EventKind]] = PrivateAttr(default_factory=dict[str, dict[str, EventKind]])
    _channels: dict[str, str] = PrivateAttr(default_factory=dict[str, str])

    def model_post_init(self, _context: object) -> None:
        for code, words in self.channels.items():
            self._channels.update({plain(word): code for word in (code, *words)})
        for name, source in self.sources.items():
            kinds: dict[str, EventKind] = {}
            if source.kinds:
                kinds.update({plain(kind): kind for kind in EVENT_KINDS})
            for kind, some in source.kinds.items():
                kinds.update({plain(word): kind for word in some})
            self._kinds[name] = kinds

    @classmethod
    def shipped(cls) -> "SourceRules":
        """Those that come with the product."""
        return _shipped()

    def channel(self, text: str) -> str | None:
        """The channel a system means by these words."""
        return self._channels.get(plain(text))

    def kind(self, source: str, text: str) -> EventKind | None:
        """The kind of event a source means by these words."""
        return self._kinds[source].get(plain(text))

    def named(self, name: str) -> str:
        """The key of a source.

        Raises:
            InvalidInput: there is no such source; says which there are.
        """
        if name in self.sources:
            return name
        close = difflib.get_close_matches(name, self.sources, n=1)
        meant = f"did you mean {close[0]!r}? " if close else ""
        raise InvalidInput(f"no source {name[:60]!r}: {meant}there are {', '.join(self.sources)}")

    def recognised(self, headers: Iterable[str], fields: Registry) -> str:
        """The source whose signs the headers bear: of several, the one that knows most of them.

        Raises:
            InvalidInput: none; says which headers would do.
        """
        names = list(headers)
        fitting: dict[str, int] = {}
        for key, source in self.sources.items():
            uses = columns_of(names, source, fields)
            seen = {plain(header) for header in names} | {plain(use) for use in uses.values() if use}
            if all(plain(sign) in seen for sign in source.signs):
                fitting[key] = sum(use is not None for use in uses.values())
        if not fitting:
            raise InvalidInput(
                "these columns are of no export we know: name the source with --source "
                f"({', '.join(self.sources)}), or rename the column with the customer's number to customer_id"
            )
        return max(fitting, key=lambda key: fitting[key])


def columns_of(headers: Iterable[str], source: Source, fields: Registry) -> dict[str, str | None]:
    """What each column holds: a use of the source, a field's or an identity's name, or None."""
    own = {plain(alias): use for use, aliases in source.columns.items() for alias in (use, *aliases)}
    return {header: own.get(plain(header)) or fields.column(header) for header in headers}


@functools.cache
def _shipped() -> SourceRules:
    rules, _ = load_rules(SHIPPED, SourceRules)
    return rules


def flattened(row: Mapping[str, object], above: str = "") -> dict[str, object]:
    """A nested row as one of columns: {"traits": {"email": …}} has the column traits.email."""
    flat: dict[str, object] = {}
    for key, value in row.items():
        name = f"{above}{key}"
        match value:
            case dict():
                flat |= flattened(cast("Mapping[str, object]", value), f"{name}.")
            case list():
                items = cast("list[object]", value)
                flat |= flattened({str(n): item for n, item in enumerate(items)}, f"{name}.")
            case _:
                flat[name] = value
    return flat
