"""A customer read whole, by queries that are compiled once: every complaint of a known customer does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel
from sqlalchemy import BindParameter, Select, String, bindparam, or_, select

from profiles.consent import ConsentEntry
from profiles.customer import Customer
from profiles.fact import Contact, Fact, Identity
from profiles.rights import ControlEntry
from profiles.schema import (
    ConsentRow,
    ContactRow,
    ControlRow,
    CustomerRow,
    EventRow,
    FactRow,
    IdentityRow,
    MergeRow,
    TallyRow,
)
from profiles.sql import Sessions
from profiles.tally import Tally

_Look = Callable[[str, Mapping[str, Any]], list[list[tuple[Any, ...]]]]
_PARTS: Final[dict[str, tuple[type[BaseModel], Any, Any]]] = {
    "identities": (Identity, IdentityRow, IdentityRow.position),
    "facts": (Fact, FactRow, FactRow.position),
    "contacts": (Contact, ContactRow, ContactRow.at),
    "consents": (ConsentEntry, ConsentRow, ConsentRow.at),
    "controls": (ControlEntry, ControlRow, ControlRow.at),
}


@dataclass(frozen=True, slots=True)
class Known:
    """One customer as they are on record."""

    customer: Customer | None
    merged: bool
    """Whether they were merged with others: then this is not all there is."""


class CustomerReads:
    """Reads customers one at a time."""

    def __init__(self, sessions: Sessions) -> None:
        one: BindParameter[str] = bindparam("id", type_=String())
        parts = [
            select(*(getattr(row, name) for name in shape.model_fields))
            .where(row.customer_id == one)
            .order_by(order)
            for shape, row, order in _PARTS.values()
        ]
        customer = select(CustomerRow.language).where(CustomerRow.id == one)
        self._look: _Look = sessions.prepare(_merges(), customer, *parts)

    def read(self, tenant: str, customer_id: str) -> Known:
        """What is on record under this id, and only under it."""
        merges, languages, *parts = self._look(tenant, {"id": customer_id})
        if not languages:
            return Known(None, bool(merges))
        found: dict[str, Any] = {"id": customer_id, "language": languages[0][0]}
        for (name, (shape, _, _)), rows in zip(_PARTS.items(), parts, strict=True):
            fields = tuple(shape.model_fields)
            found[name] = tuple(_plain(fields, row) for row in rows)
        return Known(Customer.model_validate(found), bool(merges))


@dataclass(frozen=True, slots=True)
class Counted:
    """What the events of one customer come to."""

    tally: Tally | None
    """None where it has to be made afresh: of another format, or put off by an import."""
    merged: bool
    """Whether they were merged with others: then this is not all there is."""


class TallyReads:
    """Reads tallies one at a time."""

    def __init__(self, sessions: Sessions) -> None:
        tally = select(TallyRow.body).where(TallyRow.customer_id == bindparam("id"))
        self._look: _Look = sessions.prepare(_merges(), tally)
        counted = select(EventRow.customer_id).where(EventRow.customer_id == bindparam("id"))
        self._has_events: _Look = sessions.prepare(counted.group_by(EventRow.customer_id))

    def read(self, tenant: str, customer_id: str) -> Counted:
        """What is on record under this id, and only under it."""
        merges, tallies = self._look(tenant, {"id": customer_id})
        if tallies:
            return Counted(Tally.load(tallies[0][0]), bool(merges))
        (events,) = self._has_events(tenant, {"id": customer_id})
        return Counted(None if events else Tally(), bool(merges))


def _merges() -> Select[str]:
    one: BindParameter[str] = bindparam("id", type_=String())
    return select(MergeRow.customer_id).where(or_(MergeRow.customer_id == one, MergeRow.into == one))


def _plain(fields: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    """A row as the driver gives it, as the shape wants it: SQLite forgets the zone of a moment."""
    plain = dict(zip(fields, row, strict=True))
    if "at" in plain:
        at = plain["at"]
        at = datetime.fromisoformat(at) if isinstance(at, str) else at
        plain["at"] = at if at.tzinfo else at.replace(tzinfo=UTC)
    return plain
