"""What happened with customers, and what it comes to: events and traits of one person or of all."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select

from profiles.behaviour import traits_of
from profiles.customer_rows import load, lock
from profiles.errors import UnknownCustomer
from profiles.event import Event
from profiles.event_store import Happened, events_of, refuse_future, remake_tallies, tally_of, write_events
from profiles.merges import members_of, roots_of
from profiles.registry import Registry
from profiles.schema import CustomerRow, EventRow, MergeRow, TallyRow
from profiles.sql import IN_LIMIT, Sessions
from profiles.tally import Tally
from profiles.traits import Value
from profiles.view import usable_facts


class Histories:
    """Events of every tenant."""

    def __init__(self, sessions: Sessions, fields: Registry | None = None) -> None:
        self._sessions = sessions
        self._fields = fields or Registry.shipped()

    def add(
        self, tenant: str, customer_id: str, events: Sequence[Event], now: datetime | None = None
    ) -> Happened:
        """Record what happened; what is on record already changes nothing.

        Raises:
            UnknownCustomer: the tenant has no such customer.
            InvalidInput: an event lies in the future.
        """
        refuse_future(events, now or datetime.now(UTC))
        with self._sessions.write(tenant) as session:
            lock(session, customer_id)
            return write_events(session, {customer_id: events})

    def events(self, tenant: str, customer_id: str, since: datetime | None = None) -> list[Event]:
        """Of a person, oldest first."""
        with self._sessions.read(tenant) as session:
            root = roots_of(session, [customer_id])[customer_id]
            return events_of(session, members_of(session, [root])[root], since)

    def tally(self, tenant: str, customer_id: str) -> Tally:
        """What the events of a person come to; an empty one where there are none."""
        with self._sessions.read(tenant) as session:
            root = roots_of(session, [customer_id])[customer_id]
            return tally_of(session, members_of(session, [root])[root])

    def remake(self, tenant: str, customer_id: str) -> Tally:
        """Count a customer's events afresh, which changes nothing where all is well.

        Raises:
            UnknownCustomer: the tenant has no such customer.
        """
        with self._sessions.write(tenant) as session:
            lock(session, customer_id)
            remake_tallies(session, [customer_id])
            return tally_of(session, [customer_id])

    def every_trait(
        self, tenant: str, purpose: str, now: datetime, *, utc_offset: int = 0
    ) -> Iterator[tuple[str, dict[str, Value]]]:
        """The traits of every person who has events and may be profiled, with their id, some at a time."""
        after = ""
        while True:
            query = (
                select(TallyRow.customer_id)
                .where(
                    TallyRow.customer_id > after, TallyRow.customer_id.not_in(select(MergeRow.customer_id))
                )
                .order_by(TallyRow.customer_id)
                .limit(IN_LIMIT)
            )
            with self._sessions.read(tenant) as session:
                ids = list(session.scalars(query))
                members = members_of(session, ids)
                customers = load(session, [i for some in members.values() for i in some])
                tallies = {root: tally_of(session, some) for root, some in members.items()}
            for root in ids:
                known = [customers[i] for i in members[root] if i in customers]
                facts = usable_facts(known, purpose, now.date(), self._fields)
                if facts is not None:
                    yield root, traits_of(tallies[root], facts, now, utc_offset=utc_offset)
            if len(ids) < IN_LIMIT:
                return
            after = ids[-1]

    def count(self, tenant: str) -> int:
        """How many events the tenant has."""
        with self._sessions.read(tenant) as session:
            return session.scalar(select(func.count()).select_from(EventRow)) or 0

    def require(self, tenant: str, customer_id: str) -> str:
        """The id a customer is read under.

        Raises:
            UnknownCustomer: the tenant has no such customer.
        """
        with self._sessions.read(tenant) as session:
            if session.scalar(select(CustomerRow.id).where(CustomerRow.id == customer_id)) is None:
                raise UnknownCustomer(f"no customer {customer_id!r}: import them first")
            return roots_of(session, [customer_id])[customer_id]
