"""Rows of an export become records: who it is about, what is known, what happened."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any, Final, get_args

from pydantic import ValidationError

from profiles.cells import NO, YES, cell_text
from profiles.cleaning import (
    DateOrder,
    amount_of,
    moment,
    name_of,
    region_of,
    score_of,
    seconds_of,
)
from profiles.errors import InvalidInput
from profiles.event import Event, EventKind
from profiles.fact import Fact, Identity, Language
from profiles.identity import IdentityKind, normalised
from profiles.recording import Record
from profiles.registry import Registry
from profiles.sources import DEFAULT_TOP, Happening, Source, SourceRules, columns_of, flattened

IDENTITIES: Final[tuple[IdentityKind, ...]] = get_args(IdentityKind)
_ANONYMOUS: Final = "anonymous"
"""Before an anonymous id of a site or an app, which is an account nobody logged in to."""


@dataclass(slots=True)
class Reader:
    """Reads the rows of one export."""

    key: str
    """Of the source in the rules."""
    zone: tzinfo = UTC
    """Of times without one."""
    order: DateOrder = "ymd"
    today: date | None = None
    """The day facts were observed on where no column says it."""
    rules: SourceRules = field(default_factory=SourceRules.shipped)
    fields: Registry = field(default_factory=Registry.shipped)
    left_out: Counter[str] = field(default_factory=Counter[str])
    """Columns nobody knows, columns that need a consent a row cannot show, and words of unknown kinds."""
    _uses: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """What each column holds."""

    @property
    def source(self) -> Source:
        """The rules of the source."""
        return self.rules.sources[self.key]

    def record(self, row: Mapping[str, Any]) -> Record:
        """What a row says.

        Raises:
            InvalidInput: names the column and what to do, never the value.
        """
        cells = self._cells(row)
        facts = self._facts(cells)
        events = tuple(self._events(cells))
        identities = self._identities(cells)
        if not identities:
            raise InvalidInput(
                "the row says of nobody: it needs a customer's number, an e-mail address, a phone number "
                "or an account"
            )
        try:
            return Record(
                source=self.source.name,
                identities=identities,
                language=self._language(cells),
                facts=facts,
                events=events,
            )
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise InvalidInput(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None

    def _cells(self, row: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
        """The filled cells by what their columns hold: header and text."""
        flat = flattened(row)
        uses = self._uses
        if strange := [header for header in flat if header not in uses]:
            uses |= columns_of(strange, self.source, self.fields)
        cells: dict[str, list[tuple[str, str]]] = {}
        for header, value in flat.items():
            text = cell_text(header, value)
            if text is None:
                continue
            use = uses[header]
            if use is None:
                self.left_out[header[:60]] += 1
            elif (header, text) not in (known := cells.setdefault(use, [])):
                known.append((header, text))
        return cells

    def _identities(self, cells: Mapping[str, list[tuple[str, str]]]) -> tuple[Identity, ...]:
        found: dict[tuple[str, str], Identity] = {}
        for kind in IDENTITIES:
            if kind not in cells:
                continue
            checked = kind == "external_id" or _says_yes(cells, f"{kind}_verified")
            for header, text in cells.get(kind, []):
                for value in _several(kind, text):
                    try:
                        form = normalised(kind, value)
                    except ValueError as error:
                        if kind == "external_id":
                            raise InvalidInput(f"column {header[:60]!r} holds {error}") from None
                        # a bad number among others tells nothing of the person, and costs nothing but itself
                        self.left_out[f"{header[:60]} (not a {kind})"] += 1
                        continue
                    found.setdefault((kind, form), _identity(kind, value, verified=checked))
        numbers = [(self.source.name, text) for _, text in cells.get("account", [])]
        numbers += [(_ANONYMOUS, text) for _, text in cells.get("anonymous", [])]
        for system, number in numbers:
            value = f"{system}:{number}"
            found.setdefault(("app_user", value), _identity("app_user", value, verified=False))
        return tuple(found.values())

    def _language(self, cells: Mapping[str, list[tuple[str, str]]]) -> Language | None:
        for use in ("language", "correspondence_language"):
            for _, text in cells.get(use, []):
                if language := self.fields.language_of(text):
                    return language
        return None

    def _observed(self, cells: Mapping[str, list[tuple[str, str]]]) -> date:
        for header, text in (*cells.get("observed_at", []), *cells.get("at", [])):
            at = moment(text, self.zone, self.order)
            if at is None:
                raise InvalidInput(_no_time(header))
            return at.astimezone(self.zone).date()
        return self.today or datetime.now(self.zone).date()

    def _facts(self, cells: Mapping[str, list[tuple[str, str]]]) -> tuple[Fact, ...]:
        values = {use: [text for _, text in cells[use]] for use in cells if use in self.fields.fields}
        if not values and "first_name" not in cells and "last_name" not in cells:
            return ()
        names = [text for use in _name_order(cells) for _, text in cells.get(use, [])]
        if names and not values.get("name"):
            joint = "" if any("\u3400" <= c <= "\u9fff" for c in "".join(names)) else " "
            values["name"] = [joint.join(names)]
        if not values:
            return ()
        observed = self._observed(cells)
        found: list[Fact] = []
        for name, texts in values.items():
            declared, flat = self.fields.fields[name], self.fields.flat
            if flat.basis not in declared.basis:
                self.left_out[f"{name} (needs {' or '.join(declared.basis)})"] += 1
                continue
            clean = _CLEAN.get(name, str)
            for text in texts if declared.many else texts[:1]:
                found.append(
                    Fact(
                        field=name,
                        value=clean(text),
                        source=self.source.name,
                        observed_at=observed,
                        purpose=flat.purpose,
                        basis=flat.basis,
                        confidence=flat.confidence,
                    )
                )
        return tuple(found)

    def _events(self, cells: Mapping[str, list[tuple[str, str]]]) -> list[Event]:
        found: list[Event] = []
        for happening in self.source.events:
            header, text = next(iter(cells.get(happening.at, [])), ("", ""))
            if not text:
                if happening.when is None and happening.at == "at":
                    raise InvalidInput("the row has no time: fill the column that says when it happened")
                continue
            if happening.when is not None and not _filled(cells, happening.when):
                continue
            at = moment(text, self.zone, self.order)
            if at is None:
                raise InvalidInput(_no_time(header))
            kind = self._kind(happening, cells)
            if kind is not None:
                found.append(self._event(kind, at, happening, cells))
        return found

    def _kind(self, happening: Happening, cells: Mapping[str, list[tuple[str, str]]]) -> EventKind | None:
        if happening.kind != "by_what":
            return happening.kind
        words = [text for _, text in cells.get("what", [])]
        for text in words:
            if kind := self.rules.kind(self.key, text):
                return kind
        if words:
            self.left_out[f"events {' / '.join(words)[:60]!r}"] += 1
        return None

    def _event(
        self,
        kind: EventKind,
        at: datetime,
        happening: Happening,
        cells: Mapping[str, list[tuple[str, str]]],
    ) -> Event:
        said = {use: texts[0][1] for use, texts in cells.items()}
        number = said.get("event_id") or _number_of(cells)
        suffix = "" if happening.at == "at" and happening.when is None else f".{kind}"
        amount = self._amount(cells)
        # a row that is one event of some kind numbers itself, not the complaint it belongs to
        whole = kind in _OF_A_COMPLAINT and happening.kind != "by_what"
        return Event(
            id=f"{self.key}:{number}{suffix}"[:200],
            kind=kind,
            at=at,
            source=self.source.name,
            channel=self._channel(said.get("channel")),
            category=said.get("category", "")[:100] or None,
            case=said.get("case") or (number if whole else None),
            outcome=said.get("outcome", "")[:60] or None,
            product=said.get("product", "")[:200] or None,
            amount=None if amount is None else amount[0],
            currency=None if amount is None else amount[1] or _currency(said.get("currency")),
            seconds=self._measured("seconds", cells, seconds_of),
            transfers=int(self._measured("transfers", cells, _count_of) or 0),
            score=self._score(cells),
            note=said.get("note", "")[:2000] or None,
        )

    def _channel(self, text: str | None) -> str | None:
        if text is None:
            return self.source.channel
        return self.rules.channel(text) or _code(text) or self.source.channel

    def _amount(self, cells: Mapping[str, list[tuple[str, str]]]) -> tuple[float, str | None] | None:
        for header, text in cells.get("amount", []):
            found = amount_of(text)
            if found is None:
                raise InvalidInput(f"column {header[:60]!r} is no amount: write it like 1234.50")
            return found
        return None

    def _measured(
        self, use: str, cells: Mapping[str, list[tuple[str, str]]], read: Callable[[str], float | None]
    ) -> float | None:
        for header, text in cells.get(use, []):
            found = read(text)
            if found is None:
                raise InvalidInput(f"column {header[:60]!r} is no number: write it like 323")
            return found
        return None

    def _score(self, cells: Mapping[str, list[tuple[str, str]]]) -> float | None:
        for header, text in cells.get("score", []):
            top = self.source.tops.get(header.strip().lower(), DEFAULT_TOP)
            found = score_of(text, top, self.rules.answers)
            if found is None:
                raise InvalidInput(
                    f"column {header[:60]!r} is no answer between 1 and {top:g}: write a number or words "
                    "like 满意, satisfied"
                )
            return found
        return None


@lru_cache(maxsize=20_000)
def _identity(kind: IdentityKind, value: str, *, verified: bool) -> Identity:
    """The same for the same person's next row."""
    return Identity(kind=kind, value=value, verified=verified)


_OF_A_COMPLAINT: Final = frozenset({"complaint", "closed", "reopened", "escalated"})
_CLEAN: Final = {"name": name_of, "region": region_of}


def _name_order(cells: Mapping[str, list[tuple[str, str]]]) -> tuple[str, str]:
    texts = "".join(text for use in ("first_name", "last_name") for _, text in cells.get(use, []))
    chinese = any("\u3400" <= character <= "\u9fff" for character in texts)
    return ("last_name", "first_name") if chinese else ("first_name", "last_name")


def _several(kind: str, text: str) -> list[str]:
    """A cell may hold several numbers or addresses."""
    if kind in {"phone", "email"}:
        return [part.strip() for part in re.split("[;；、]", text) if part.strip()]
    return [text]


def _says_yes(cells: Mapping[str, list[tuple[str, str]]], use: str) -> bool:
    return any(text.casefold() in YES for _, text in cells.get(use, []))


def _filled(cells: Mapping[str, list[tuple[str, str]]], use: str) -> bool:
    return any(text.casefold() not in NO for _, text in cells.get(use, []))


def _number_of(cells: Mapping[str, list[tuple[str, str]]]) -> str:
    """A number for a row without one: the same row has the same."""
    text = repr(sorted((use, text) for use, texts in cells.items() for _, text in texts))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _code(text: str | None) -> str | None:
    """Words of a channel as a code; those of another script as one that says nothing."""
    if text is None:
        return None
    code = "".join(c if c.isascii() and c.isalnum() else "_" for c in text.lower()).strip("_")[:60]
    if code and code[0].isalpha():
        return code
    return f"c_{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _currency(text: str | None) -> str | None:
    return text.upper() if text and len(text) == 3 and text.isascii() and text.isalpha() else None


def _count_of(text: str) -> float | None:
    if text.casefold() in NO:
        return 0
    if text.casefold() in YES:
        return 1
    return float(text) if text.isdigit() else None


def _no_time(header: str) -> str:
    return (
        f"column {header[:60]!r} is no time: write it like 2026-03-05 14:30, or say how the file writes days "
        "(--dates dmy or mdy)"
    )
