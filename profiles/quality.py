"""How good what is known is: completeness, validity, freshness, conflicts; by field and source."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo
from typing import Any, Final

from profiles.cells import EMPTY
from profiles.cleaning import moment
from profiles.customer import Customer
from profiles.fact import Fact
from profiles.registry import Field, Registry

FRESH_DAYS: Final = 365
"""Days after its observation that a fact counts as fresh."""
_NUMBER = re.compile(r"-?[0-9][0-9,]*(?:\.[0-9]+)?")


@dataclass(slots=True)
class FieldQuality:
    """Of one field, or of one field from one source."""

    customers: int = 0
    """Who have a fact of it."""
    facts: int = 0
    valid: int = 0
    """Facts whose value is written as the field wants it."""
    fresh: int = 0
    """Facts observed within a year."""
    expired: int = 0
    """Facts that may no longer be used: their own end or the field's retention has passed."""
    conflicts: int = 0
    """Customers for whom facts of it contradict each other."""


@dataclass(slots=True)
class IdentityQuality:
    """Of one kind of identity."""

    customers: int = 0
    values: int = 0
    verified: int = 0
    shared: int = 0
    """Values that several customers have."""


@dataclass(slots=True)
class Quality:
    """The report."""

    customers: int = 0
    nameless: int = 0
    """Customers without an identity of any kind: nothing that comes can be linked to them."""
    fields: dict[str, FieldQuality] = field(default_factory=dict[str, FieldQuality])
    sources: dict[str, dict[str, FieldQuality]] = field(default_factory=dict[str, dict[str, FieldQuality]])
    """By source, then by field."""
    identities: dict[str, IdentityQuality] = field(default_factory=dict[str, IdentityQuality])

    def public(self) -> dict[str, Any]:
        """For JSON: counts, and shares of customers or facts, 0..1."""
        return {
            "customers": self.customers,
            "without_identity": self.nameless,
            "fields": {name: self._shares(each) for name, each in self.fields.items()},
            "sources": {
                source: {name: self._shares(each) for name, each in fields.items()}
                for source, fields in self.sources.items()
            },
            "identities": {
                kind: {
                    "customers": each.customers,
                    "completeness": _share(each.customers, self.customers),
                    "verified": _share(each.verified, each.values),
                    "shared_values": each.shared,
                }
                for kind, each in self.identities.items()
            },
        }

    def _shares(self, each: FieldQuality) -> dict[str, float | int]:
        return {
            "customers": each.customers,
            "facts": each.facts,
            "completeness": _share(each.customers, self.customers),
            "validity": _share(each.valid, each.facts),
            "freshness": _share(each.fresh, each.facts),
            "expired": each.expired,
            "conflicts": each.conflicts,
        }


def quality(customers: Iterable[Customer], today: date, fields: Registry | None = None) -> Quality:
    """Measure customers one after the other; memory grows with the identities, as short hashes."""
    rules, found = fields or Registry.shipped(), Quality()
    holders: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for customer in customers:
        found.customers += 1
        found.nameless += not customer.identities
        for kind in {identity.kind for identity in customer.identities}:
            own = {i.normalised(customer.language) for i in customer.identities if i.kind == kind}
            checked = {
                i.normalised(customer.language) for i in customer.identities if i.kind == kind and i.verified
            }
            of_kind = found.identities.setdefault(kind, IdentityQuality())
            of_kind.customers += 1
            of_kind.values += len(own)
            of_kind.verified += len(checked)
            holders[kind].update(hash(value) for value in own)
        for name in {fact.field for fact in customer.facts}:
            _measure(name, [fact for fact in customer.facts if fact.field == name], today, rules, found)
    for kind, values in holders.items():
        found.identities[kind].shared = sum(count > 1 for count in values.values())
    found.fields = {name: found.fields[name] for name in rules.fields if name in found.fields}
    found.sources = {source: found.sources[source] for source in sorted(found.sources)}
    return found


def _measure(name: str, facts: list[Fact], today: date, rules: Registry, found: Quality) -> None:
    declared = rules.fields.get(name)
    conflict = declared is not None and not declared.many and len({_plain(fact.value) for fact in facts}) > 1
    _count(found.fields.setdefault(name, FieldQuality()), facts, declared, today, conflict=conflict)
    for source in {fact.source for fact in facts}:
        own = [fact for fact in facts if fact.source == source]
        of_source = found.sources.setdefault(source, {}).setdefault(name, FieldQuality())
        _count(of_source, own, declared, today, conflict=conflict)


def _count(
    into: FieldQuality, facts: list[Fact], declared: Field | None, today: date, *, conflict: bool
) -> None:
    into.customers += 1
    into.facts += len(facts)
    into.conflicts += conflict
    for fact in facts:
        into.valid += declared is not None and is_valid(fact.value, declared)
        into.fresh += (today - fact.observed_at).days <= FRESH_DAYS
        until = None if declared is None else declared.kept_until(fact)
        into.expired += until is not None and until < today


def is_valid(value: str, declared: Field, zone: tzinfo = UTC) -> bool:
    """Whether a value is written as its field wants it."""
    text = value.strip()
    if not text or text in EMPTY:
        return False
    match declared.format:
        case "date":
            return moment(text, zone) is not None
        case "number":
            return _NUMBER.fullmatch(text) is not None
        case "digits4":
            return re.fullmatch(r"[0-9]{4}", text) is not None
        case "text":
            return any(map(str.isalnum, text))


def _plain(value: str) -> str:
    return " ".join(value.casefold().split())


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
