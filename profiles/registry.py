"""The registry of profile fields: what each is for, on what basis, how long, and who may see it.

Read from fields.toml. A field that is not declared there is neither stored nor shown.
"""

import difflib
import functools
import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field as Limit, PrivateAttr, model_validator

from profiles.errors import InvalidInput, InvalidRules, UndeclaredField
from profiles.event import EventKind
from profiles.fact import Basis, Fact, Language
from profiles.owned import Code, Owned
from profiles.rules import Location, load_rules, located

SHIPPED: Final = Path(__file__).with_name("fields.toml")

ColumnUse = Literal[
    "external_id", "email", "phone", "wechat", "app_user", "email_verified", "phone_verified",
    "correspondence_language", "observed_at",
]  # fmt: skip
"""What a column of a flat file may hold besides a fact."""

Role = Literal["agent", "curator", "admin"]
Words = Annotated[str, Limit(min_length=1, max_length=300)]


class Bilingual(Owned):
    """The same words in both languages."""

    zh: Words
    en: Words

    def in_language(self, language: Language) -> str:
        """The words in that language."""
        return self.zh if language == "zh" else self.en


class Purpose(Bilingual):
    """A declared purpose, in words."""

    every_fact: bool = False
    """Shows every fact, whatever it was collected for: the person's own right, or the law's."""
    when_restricted: bool = False
    """Also of customers whose data is kept only because the law says so."""


class Field(Owned):
    """A declared field."""

    meaning_zh: Words
    meaning_en: Words
    purposes: Annotated[tuple[Code, ...], Limit(min_length=1)]
    basis: Annotated[tuple[Basis, ...], Limit(min_length=1)]
    sensitivity: Literal["none", "personal", "sensitive"]
    """`none` may be shown before the customer is verified."""
    retention_days: Annotated[int, Limit(gt=0)] | Literal["as_customer"]
    """Days after its observation that a fact may be used; or as long as the person is a customer."""
    llm_allowed: bool
    """Whether a language model may read it."""
    vector_allowed: bool
    """Whether it may be embedded."""
    roles: Annotated[tuple[Role, ...], Limit(min_length=1)] = ("agent", "curator")
    """Whose keys may see it; an administrator's may see everything."""
    format: Literal["text", "date", "number", "digits4"] = "text"
    """How a sound value is written."""
    many: bool = False
    """Several values hold side by side: they do not contradict each other."""
    columns: tuple[Words, ...] = ()
    """Headers under which exports carry it, besides its own name."""

    @model_validator(mode="after")
    def _sensitive_stays_inside(self) -> Self:
        if self.sensitivity == "sensitive" and (self.llm_allowed or self.vector_allowed):
            raise ValueError("a sensitive field goes to no model and no vector: set both to false")
        return self

    def kept_until(self, fact: Fact) -> date | None:
        """Last day the fact may be used; None where nothing ends it."""
        ends = [] if fact.expires_at is None else [fact.expires_at]
        if self.retention_days != "as_customer":
            left = (date.max - fact.observed_at).days
            ends.append(fact.observed_at + timedelta(days=min(self.retention_days, left)))
        return min(ends, default=None)


class ContactRules(Owned):
    """What is shown of earlier contacts."""

    purposes: Annotated[tuple[Code, ...], Limit(min_length=1)]
    llm_allowed: bool
    vector_allowed: bool = False
    """Whether summaries may be embedded, redacted, to be found by meaning."""
    shown: Annotated[int, Limit(ge=0, le=100)]
    """The newest so many."""
    promise_days: Annotated[int, Limit(gt=0, le=3650)]
    """Days a promise counts as open."""


class EventKindRules(Owned):
    """What differs for one kind of event."""

    retention_days: Annotated[int, Limit(gt=0)] | None = None
    consent_for: Code | None = None
    """The purpose the customer must have agreed to."""
    assessment: Annotated[str, Limit(max_length=200)] | None = None
    """Number of the assessment of its impact; empty where there has to be one and is none yet."""
    assessed_until: date | None = None
    """Last day of that assessment."""


class EventRules(Owned):
    """What events may be used for, and how long."""

    purposes: Annotated[tuple[Code, ...], Limit(min_length=1)]
    retention_days: Annotated[int, Limit(gt=0)]
    kinds: dict[EventKind, EventKindRules] = {}

    def days(self, kind: EventKind) -> int:
        """How long an event of that kind is kept."""
        own = self.kinds.get(kind)
        return own.retention_days if own is not None and own.retention_days else self.retention_days

    def consent_for(self, kind: EventKind) -> str | None:
        """The purpose the customer must have agreed to, for an event of that kind."""
        own = self.kinds.get(kind)
        return None if own is None else own.consent_for

    def check(self, kind: EventKind, today: date) -> None:
        """Refuse a kind whose impact has to be assessed first.

        Raises:
            InvalidInput: it was not, or that was too long ago.
        """
        own = self.kinds.get(kind)
        if own is None or own.assessment is None:
            return
        if not own.assessment or own.assessed_until is None or own.assessed_until < today:
            raise InvalidInput(
                f"events of kind {kind!r} are off: assess the impact of keeping them, and write the "
                f"assessment and its last day into profiles/fields.toml, [events.kinds.{kind}]"
            )


class Notes(Owned):
    """Why there is nothing to see."""

    unverified: Bilingual
    objected: Bilingual
    restricted: Bilingual
    nothing_usable: Bilingual


class FlatFile(Owned):
    """What a flat file (CSV, XLSX) does not say of its facts."""

    source: Code
    purpose: Code
    basis: Basis
    confidence: Annotated[float, Limit(ge=0, le=1)]


class Registry(Owned):
    """Everything fields.toml declares."""

    version: Annotated[str, Limit(min_length=1, max_length=40)]
    source: Words
    valid_from: date
    purposes: Annotated[dict[Code, Purpose], Limit(min_length=1)]
    contacts: ContactRules
    events: EventRules
    notes: Notes
    flat: FlatFile
    languages: dict[Language, tuple[Words, ...]]
    """How exports write the language we correspond in."""
    columns: dict[ColumnUse, tuple[Words, ...]]
    """Headers under which exports carry what is no fact."""
    fields: Annotated[dict[Code, Field], Limit(min_length=1)]
    _uses: dict[str, str] = PrivateAttr(default_factory=dict[str, str])
    """Every header in plain form, and what its column holds."""

    def model_post_init(self, _context: object) -> None:
        for name in self.fields:
            self._uses[plain(name)] = name
        for _, use, headers in self._every_header():
            self._uses.update({plain(header): use for header in headers})

    @classmethod
    def shipped(cls) -> "Registry":
        """The fields that come with the product."""
        return _shipped()

    @classmethod
    def load(cls, path: Path) -> "Registry":
        """The registry in a file.

        Raises:
            InvalidRules: the file is missing, is no TOML, or breaks the schema; says where and what.
        """
        registry, source = load_rules(path, cls)
        if faults := list(registry._contradictions()):
            raise InvalidRules(located(path, source, faults))
        return registry

    def field(self, name: str) -> Field:
        """The declaration of a field.

        Raises:
            UndeclaredField: there is none; carries the names that are close.
        """
        try:
            return self.fields[name]
        except KeyError:
            raise UndeclaredField(name, difflib.get_close_matches(name, self.fields, n=3)) from None

    def check_purpose(self, purpose: str) -> None:
        """Refuse what is no declared purpose.

        Raises:
            InvalidInput: names the declared ones.
        """
        if purpose not in self.purposes:
            raise InvalidInput(
                f"{purpose[:60]!r} is no purpose: use one of {', '.join(self.purposes)}, "
                "or declare it in profiles/fields.toml"
            )

    def check(self, fact: Fact) -> None:
        """Refuse a fact that its field's declaration does not cover.

        Raises:
            UndeclaredField: nobody declared the field.
            InvalidInput: the purpose or the basis is none of the field's.
        """
        field = self.field(fact.field)
        if fact.purpose not in field.purposes:
            raise InvalidInput(
                f"field {fact.field!r} is not for purpose {fact.purpose!r}, only for "
                f"{', '.join(field.purposes)}: leave it out, or declare the purpose in profiles/fields.toml"
            )
        if fact.basis not in field.basis:
            raise InvalidInput(
                f"field {fact.field!r} cannot rest on basis {fact.basis!r}, "
                f"only on {', '.join(field.basis)}: correct the basis or leave the fact out"
            )

    def column(self, header: str) -> str | None:
        """What a column of a flat file holds: a ColumnUse, a field's name, or None where nobody knows."""
        return self._uses.get(plain(header))

    def language_of(self, text: str) -> Language | None:
        """The language an export means by these words."""
        return next(
            (code for code, words in self.languages.items() if plain(text) in map(plain, words)), None
        )

    def _contradictions(self) -> Iterator[tuple[Location, str]]:
        """Where two places of the file do not agree: location and message."""
        users: list[tuple[Location, tuple[str, ...]]] = [
            (("contacts", "purposes"), self.contacts.purposes),
            (("flat", "purpose"), (self.flat.purpose,)),
            (("events", "purposes"), self.events.purposes),
            *(
                (("events", "kinds", kind, "consent_for"), (own.consent_for,))
                for kind, own in self.events.kinds.items()
                if own.consent_for is not None
            ),
            *((("fields", name, "purposes"), field.purposes) for name, field in self.fields.items()),
        ]
        for where, purposes in users:
            for purpose in purposes:
                if purpose not in self.purposes:
                    yield (
                        where,
                        f"purpose {purpose!r} is not declared: add [purposes.{purpose}] or correct it",
                    )
        holders: dict[str, str] = {}
        for where, use, headers in self._every_header():
            for header in headers:
                if holders.setdefault(plain(header), use) != use:
                    yield (
                        where,
                        f"column {header!r} already holds {holders[plain(header)]!r}: keep it in one place",
                    )

    def _every_header(self) -> Iterator[tuple[Location, str, tuple[str, ...]]]:
        for use, headers in self.columns.items():
            yield ("columns", use), use, (use, *headers)
        for name, field in self.fields.items():
            yield ("fields", name, "columns"), name, field.columns


@functools.cache
def _shipped() -> Registry:
    return Registry.load(SHIPPED)


@functools.lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """A header without what exports add to it: case, width, spaces, underscores, a note in brackets."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s_\-*:]+|\([^()]*\)", "", folded)
