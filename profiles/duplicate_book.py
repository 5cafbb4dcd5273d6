"""Proposals of duplicates on record: found anew on demand, confirmed by a merge, or refused for good."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import Field
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from profiles.customer import Customer, joined
from profiles.customer_rows import load
from profiles.duplicate_rules import Agreement
from profiles.duplicate_values import NAME, Person
from profiles.duplicates import Proposal, Reason, automatic, propose
from profiles.errors import InvalidInput
from profiles.fact import Language
from profiles.merges import Merge, members_of, merge, roots_of
from profiles.owned import Code, Id, Moment, Owned
from profiles.registry import Registry
from profiles.schema import CustomerRow, DuplicateRow, MergeRow
from profiles.sql import IN_LIMIT, Sessions, chunks
from profiles.view import usable_facts

PURPOSE: Final = "complaint_handling"
"""What facts are compared for: to answer each person once, as one person."""
AUTOMATIC: Final = "automatic"
_FACTS: Final = {"name": NAME, "birth_date": "birth_date", "address": "street", "region": "region",
                 "company": "company"}  # fmt: skip
"""Fields of facts, and the kind each is compared as."""
_CONTACTS: Final = ("email", "phone")


class ReasonShown(Owned):
    """One kind of value and how it agrees; it holds no value."""

    kind: Code
    bits: float
    """Above 0 it speaks for one person, below 0 for two; each bit doubles the odds."""
    zh: str
    en: str

    def said(self, language: Language) -> str:
        """In words."""
        return self.zh if language == "zh" else self.en


class Duplicate(Owned):
    """Two customers who are probably one person."""

    first: Id
    second: Id
    probability: Annotated[float, Field(ge=0, le=1)]
    reasons: tuple[ReasonShown, ...]
    two_numbers: bool
    """Both have a number of the company's own: to be corrected at the source, before they can be merged."""
    found_at: Moment


class DuplicateBook:
    """Proposals of every tenant."""

    def __init__(self, sessions: Sessions, fields: Registry | None = None) -> None:
        self._sessions = sessions
        self._fields = fields or Registry.shipped()

    def find(self, tenant: str, now: datetime, *, least: float = 0.5) -> int:
        """Look for duplicates among all customers; the proposals replace those of before. Their number.

        What somebody refused is not proposed again.
        """
        found = propose(list(self._people(tenant, now)), least=least)
        with self._sessions.write(tenant) as session:
            query = select(DuplicateRow.first, DuplicateRow.second).where(
                DuplicateRow.refused_by.is_not(None)
            )
            refused = set(map(tuple, session.execute(query)))
            session.execute(delete(DuplicateRow).where(DuplicateRow.refused_by.is_(None)))
            # somebody may have been forgotten while we looked
            there = set(_existing(session, [i for each in found for i in (each.first, each.second)]))
            rows = [
                _row(each, now)
                for each in found
                if (each.first, each.second) not in refused and {each.first, each.second} <= there
            ]
            if rows:
                session.execute(insert(DuplicateRow), rows)
        return len(rows)

    def proposals(self, tenant: str, limit: int = 100) -> list[Duplicate]:
        """Those that wait for somebody, the likeliest first.

        Raises:
            InvalidInput: `limit` is not positive.
        """
        if limit < 1:
            raise InvalidInput(f"limit {limit} is not positive: ask for at least one")
        query = (
            select(DuplicateRow)
            .where(DuplicateRow.refused_by.is_(None))
            .order_by(DuplicateRow.probability.desc(), DuplicateRow.first, DuplicateRow.second)
        )
        with self._sessions.read(tenant) as session:
            rows = list(session.scalars(query))
            roots = roots_of(session, [i for row in rows for i in (row.first, row.second)])
            return [_duplicate(row) for row in rows if roots[row.first] != roots[row.second]][:limit]

    def refuse(self, tenant: str, first: str, second: str, *, by: str) -> None:
        """The two are not one person: they are not proposed again.

        Raises:
            InvalidInput: they were not proposed.
        """
        first, second = sorted((first, second))
        same = DuplicateRow.first == first, DuplicateRow.second == second
        with self._sessions.write(tenant) as session:
            if session.scalar(select(DuplicateRow.first).where(*same)) is None:
                raise InvalidInput(f"{first!r} and {second!r} are not proposed as one person")
            session.execute(update(DuplicateRow).where(*same).values(refused_by=by))

    def merge_certain(self, tenant: str, now: datetime) -> list[Merge]:
        """Merge those about whom nothing can be asked: see `duplicates.automatic`."""
        merged: list[Merge] = []
        for first, second in automatic(list(self._people(tenant, now))):
            with self._sessions.write(tenant) as session:
                roots = roots_of(session, [first, second])
                members = members_of(session, list(dict.fromkeys(roots.values())))
                known = load(session, [i for some in members.values() for i in some])
                numbers = {c.external_id for c in known.values() if c.external_id is not None}
                if len(roots) != 2 or roots[first] == roots[second] or len(numbers) > 1:
                    continue
                reason = "the same name, date of birth, and e-mail address or telephone number"
                entry = Merge(customer_id=second, into=first, at=now, by=AUTOMATIC, reason=reason)
                merged.append(merge(session, entry, sorted(numbers)))
        return merged

    def _people(self, tenant: str, now: datetime) -> Iterator[Person]:
        """Everybody who may be profiled, with what may be compared; merged customers once."""
        after = ""
        while True:
            query = (
                select(CustomerRow.id)
                .where(CustomerRow.id > after, CustomerRow.id.not_in(select(MergeRow.customer_id)))
                .order_by(CustomerRow.id)
                .limit(IN_LIMIT)
            )
            with self._sessions.read(tenant) as session:
                ids = list(session.scalars(query))
                members = members_of(session, ids)
                known = load(session, [i for some in members.values() for i in some])
            for root in ids:
                customers = [known[i] for i in members[root] if i in known]
                facts = usable_facts(customers, PURPOSE, now.date(), self._fields)
                if customers and facts is not None:
                    values = {_FACTS[f.field]: (f.value,) for f in reversed(facts) if f.field in _FACTS}
                    yield _person(root, joined(customers), values)
            if len(ids) < IN_LIMIT:
                return
            after = ids[-1]


def _person(root: str, customer: Customer, values: dict[str, tuple[str, ...]]) -> Person:
    contacts = {
        kind: tuple(i.normalised() for i in customer.identities if i.kind == kind) for kind in _CONTACTS
    }
    return Person(root, {**values, **contacts}, customer.external_id)


def _existing(session: Session, ids: Sequence[str]) -> Iterator[str]:
    for some in chunks(list(dict.fromkeys(ids))):
        yield from session.scalars(select(CustomerRow.id).where(CustomerRow.id.in_(some)))


def _row(proposal: Proposal, now: datetime) -> dict[str, object]:
    return {
        "first": proposal.first,
        "second": proposal.second,
        "probability": proposal.probability,
        "reasons": json.dumps([(r.kind, int(r.agreement), r.bits) for r in proposal.reasons]),
        "two_numbers": proposal.two_numbers,
        "found_at": now,
        "refused_by": None,
    }


def _duplicate(row: DuplicateRow) -> Duplicate:
    reasons = [Reason(kind, Agreement(agreement), bits) for kind, agreement, bits in json.loads(row.reasons)]
    return Duplicate(
        first=row.first,
        second=row.second,
        probability=row.probability,
        reasons=tuple(
            ReasonShown(kind=r.kind, bits=r.bits, zh=r.said("zh"), en=r.said("en")) for r in reasons
        ),
        two_numbers=row.two_numbers,
        found_at=row.found_at.replace(tzinfo=row.found_at.tzinfo or UTC),
    )
