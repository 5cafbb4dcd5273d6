"""What the customer agreed to, took back, or objected to: an append-only ledger. The newest entry holds."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from profiles.fact import Fact
from profiles.owned import STORABLE, Code, Id, Moment, Owned

ConsentKind = Literal[
    "granted",
    "withdrawn",  # facts that rest on consent are no longer used
    "objected",  # nothing is used for this purpose, whatever it rests on, until granted again
]


class ConsentEntry(Owned):
    """One declaration of the customer."""

    at: Moment
    purpose: Code
    kind: ConsentKind
    consent_id: Id | None = None
    """Of one consent; without it the entry is about the whole purpose."""
    channel: Annotated[str, Field(max_length=60), STORABLE] = ""
    """How the customer told us."""

    @model_validator(mode="after")
    def _objection_to_the_whole(self) -> Self:
        if self.kind == "objected" and self.consent_id is not None:
            raise ValueError(
                "an objection is about a whole purpose: leave consent_id out, or send 'withdrawn'"
            )
        return self


def objected(entries: Iterable[ConsentEntry], purpose: str) -> bool:
    """Whether the customer objects to any use for this purpose."""
    about = [
        e
        for e in entries
        if e.purpose == purpose and e.consent_id is None and e.kind in {"granted", "objected"}
    ]
    return bool(about) and _newest(about).kind == "objected"


def consented(fact: Fact, entries: Iterable[ConsentEntry]) -> bool:
    """Whether the fact may be used as far as consent goes.

    A fact that names its consent needs it on the ledger. One that does not is taken at its source's word
    until the customer says otherwise: a withdrawal of anything for its purpose then covers it too.
    """
    if fact.basis != "consent":
        return True
    about = [
        e
        for e in entries
        if e.purpose == fact.purpose and (fact.consent_id is None or e.consent_id in {None, fact.consent_id})
    ]
    if not about:
        return fact.consent_id is None
    return _newest(about).kind == "granted"


def agreed(entries: Iterable[ConsentEntry], purpose: str) -> bool:
    """Whether the customer agreed to a purpose that nobody may assume they agree to."""
    about = [entry for entry in entries if entry.purpose == purpose]
    return bool(about) and _newest(about).kind == "granted"


def _newest(entries: list[ConsentEntry]) -> ConsentEntry:
    """Of two at the same moment, the one that forbids."""
    return max(entries, key=lambda entry: (entry.at, entry.kind != "granted"))
