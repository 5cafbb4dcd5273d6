"""How customers stand to one another: one person under two numbers, a household, an agent, a referrer."""

import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Literal, Self

from pydantic import model_validator
from sqlalchemy import ColumnElement, delete, insert, or_, select

from profiles.customer_rows import load, lock
from profiles.errors import InvalidInput
from profiles.identity import IdentityKind
from profiles.merges import Merge, members_of, merge, merges_of, roots_of, unmerge
from profiles.owned import Code, Id, Owned
from profiles.rights import Access
from profiles.schema import AccessRow, IdentityRow, RelationRow
from profiles.sql import Sessions

RelationKind = Literal[
    "household",
    "authorised_agent",  # the second may act for the first
    "referrer",  # the second brought the first
    "shared_contact",  # both can be reached under one number or address
    "company",  # the first is a contact of the second, a company
]
_SHARED: tuple[IdentityKind, ...] = ("phone", "email")


class Relation(Owned):
    """How two customers stand to each other."""

    first: Id
    second: Id
    kind: RelationKind
    source: Code
    since: date
    until: date | None = None
    """Last day on which it holds."""

    @model_validator(mode="after")
    def _two_people(self) -> Self:
        if self.first == self.second:
            raise ValueError("a relation is between two customers: give two ids")
        return self


class People:
    """Merges, relations and the log of who read what, of every tenant."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def merge(self, tenant: str, customer_id: str, into: str, *, by: str, reason: str) -> Merge:
        """Take one customer for another; their rows stay apart, so `unmerge` loses nothing.

        Raises:
            UnknownCustomer: one of them does not exist.
            InvalidInput: they are one already.
            IdentityConflict: they have different external ids.
        """
        with self._sessions.write(tenant) as session:
            for one in sorted({customer_id, into}):
                lock(session, one)
            roots = roots_of(session, [customer_id, into])
            members = members_of(session, list(dict.fromkeys(roots.values())))
            known = load(session, [i for some in members.values() for i in some])
            numbers = [c.external_id for c in known.values() if c.external_id is not None]
            entry = Merge(customer_id=customer_id, into=into, at=datetime.now(UTC), by=by, reason=reason)
            return merge(session, entry, numbers)

    def unmerge(self, tenant: str, customer_id: str) -> Merge:
        """Take a merge back; what came since stays with whom it came to.

        Raises:
            InvalidInput: the customer was not merged.
        """
        with self._sessions.write(tenant) as session:
            return unmerge(session, customer_id)

    def merges(self, tenant: str, customer_id: str) -> list[Merge]:
        """What was merged into the person whom this id stands for."""
        with self._sessions.read(tenant) as session:
            root = roots_of(session, [customer_id])[customer_id]
            return merges_of(session, members_of(session, [root])[root])

    def relate(self, tenant: str, relation: Relation) -> None:
        """Record a relation; one of the same two and kind is replaced.

        Raises:
            UnknownCustomer: one of the two does not exist.
        """
        with self._sessions.write(tenant) as session:
            for one in sorted((relation.first, relation.second)):
                lock(session, one)
            session.execute(delete(RelationRow).where(*_same(relation)))
            session.execute(insert(RelationRow), [relation.model_dump()])

    def unrelate(self, tenant: str, relation: Relation) -> bool:
        """Take a relation off the record; False where it is on none."""
        with self._sessions.write(tenant) as session:
            found = session.scalar(select(RelationRow.first).where(*_same(relation)))
            session.execute(delete(RelationRow).where(*_same(relation)))
        return found is not None

    def relations(self, tenant: str, customer_id: str, today: date) -> list[Relation]:
        """Of a person: what is on record, and whom they share a number or an address with."""
        names = list(Relation.model_fields)
        columns = [getattr(RelationRow, name) for name in names]
        with self._sessions.read(tenant) as session:
            root = roots_of(session, [customer_id])[customer_id]
            ids = members_of(session, [root])[root]
            ends = or_(RelationRow.first.in_(ids), RelationRow.second.in_(ids))
            query = select(*columns).where(ends).order_by(RelationRow.kind, RelationRow.first)
            found = [
                Relation.model_validate(dict(zip(names, values, strict=True)))
                for values in session.execute(query)
            ]
            own = select(IdentityRow.normalised).where(
                IdentityRow.customer_id.in_(ids), IdentityRow.kind.in_(_SHARED)
            )
            others = (
                select(IdentityRow.customer_id)
                .where(
                    IdentityRow.normalised.in_(list(session.scalars(own))),
                    IdentityRow.kind.in_(_SHARED),
                    IdentityRow.customer_id.not_in(ids),
                )
                .distinct()
                .order_by(IdentityRow.customer_id)
            )
            sharing = list(session.scalars(others))
        found += [
            Relation(first=root, second=other, kind="shared_contact", source="identities", since=today)
            for other in sharing
        ]
        return [each for each in found if each.until is None or today <= each.until]

    def note_access(self, tenant: str, accesses: Sequence[Access]) -> None:
        """Write down who read what; on disk before anybody sees it."""
        if not accesses:
            return
        rows = [
            {**access.model_dump(), "what": " ".join(access.what), "id": f"acc_{secrets.token_hex(12)}"}
            for access in accesses
        ]
        with self._sessions.write(tenant) as session:
            session.execute(insert(AccessRow), rows)

    def accesses(self, tenant: str, customer_id: str, limit: int = 1000) -> list[Access]:
        """Who read what of a person, newest first.

        Raises:
            InvalidInput: `limit` is not positive.
        """
        if limit < 1:
            raise InvalidInput(f"limit {limit} is not positive: ask for at least one entry")
        columns = [getattr(AccessRow, name) for name in Access.model_fields]
        with self._sessions.read(tenant) as session:
            root = roots_of(session, [customer_id])[customer_id]
            ids = members_of(session, [root])[root]
            query = select(*columns).where(AccessRow.customer_id.in_(ids)).order_by(AccessRow.at.desc())
            rows = [
                dict(zip(Access.model_fields, row, strict=True))
                for row in session.execute(query.limit(limit))
            ]
        return [Access.model_validate({**row, "what": tuple(str(row["what"]).split())}) for row in rows]


def _same(relation: Relation) -> tuple[ColumnElement[bool], ...]:
    return (
        RelationRow.first == relation.first,
        RelationRow.second == relation.second,
        RelationRow.kind == relation.kind,
    )
