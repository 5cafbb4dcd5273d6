"""What happened with customers, and what it comes to: events and traits of one person or of all."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from profiles.behaviour import traits_of
from profiles.consent import agreed
from profiles.customer_reads import TallyReads
from profiles.customer_rows import load, lock, lock_all
from profiles.errors import InvalidInput, UnknownCustomer
from profiles.event import EVENT_KINDS, Event, EventKind
from profiles.event_store import (
    Happened,
    events_of,
    noted_of,
    refuse_future,
    remake_tallies,
    tally_of,
    without_tally,
    write_events,
)
from profiles.merges import members_of, roots_of
from profiles.registry import Registry
from profiles.schema import CustomerRow, EventRow, MergeRow, TallyRow
from profiles.sql import IN_LIMIT, Sessions
from profiles.tally import Tally
from profiles.traits import Value
from profiles.view import barred, usable_facts

TALLIED_AT_ONCE = 2000
SWEPT_AT_ONCE = 200
"""Customers in one transaction of a sweep: a fraction of a second."""


class Histories:
    """Events of every tenant."""

    def __init__(self, sessions: Sessions, fields: Registry | None = None) -> None:
        self._sessions = sessions
        self._fields = fields or Registry.shipped()
        self._reads = TallyReads(sessions)

    def add(
        self, tenant: str, customer_id: str, events: Sequence[Event], now: datetime | None = None
    ) -> Happened:
        """Record what happened; what is on record already changes nothing.

        Raises:
            UnknownCustomer: the tenant has no such customer.
            InvalidInput: an event lies in the future, or is of a kind that is off or needs a consent.
        """
        moment = now or datetime.now(UTC)
        refuse_future(events, moment)
        with self._sessions.write(tenant) as session:
            lock(session, customer_id)
            kinds: set[EventKind] = {event.kind for event in events}
            for kind in sorted(kinds):
                self._check_kind(session, customer_id, kind, moment.date())
            return write_events(session, {customer_id: events})

    def _check_kind(self, session: Session, customer_id: str, kind: EventKind, today: date) -> None:
        self._fields.events.check(kind, today)
        purpose = self._fields.events.consent_for(kind)
        if purpose is None:
            return
        (customer,) = load(session, [customer_id]).values()
        if not agreed(customer.consents, purpose):
            raise InvalidInput(
                f"a {kind} is kept only of customers who agreed to {purpose!r}: record the consent first"
            )

    def events(self, tenant: str, customer_id: str, since: datetime | None = None) -> list[Event]:
        """Of a person, oldest first."""
        with self._sessions.read(tenant) as session:
            root = roots_of(session, [customer_id])[customer_id]
            return events_of(session, members_of(session, [root])[root], since)

    def noted(self, tenant: str, customer_id: str) -> list[Event]:
        """The newest events of a person that say something in words, oldest first."""
        with self._sessions.read(tenant) as session:
            root = roots_of(session, [customer_id])[customer_id]
            return noted_of(session, members_of(session, [root])[root])

    def tally(self, tenant: str, customer_id: str) -> Tally:
        """What the events of a person come to; an empty one where there are none."""
        alone = self._reads.read(tenant, customer_id)
        if not alone.merged and alone.tally is not None:
            return alone.tally
        with self._sessions.read(tenant) as session:
            root = roots_of(session, [customer_id])[customer_id]
            return tally_of(session, members_of(session, [root])[root])

    def sweep(self, tenant: str, now: datetime, *, dry_run: bool = False) -> dict[str, int]:
        """Delete events past the time their kind is kept, by kind; a second run finds nothing to do.

        Some customers at a time, each time one short transaction: others write in between, and a run that
        broke off is simply repeated.
        """
        found: dict[str, int] = {}
        for kind in EVENT_KINDS:
            until = now - timedelta(days=self._fields.events.days(kind))
            old = EventRow.kind == kind, EventRow.at < until
            with self._sessions.read(tenant) as session:
                count = session.scalar(select(func.count()).select_from(EventRow).where(*old)) or 0
            if count:
                found[kind] = count
            while count and not dry_run:
                with self._sessions.write(tenant) as session:
                    some = select(EventRow.customer_id).where(*old).distinct().limit(SWEPT_AT_ONCE)
                    customers = list(session.scalars(some))
                    session.execute(delete(EventRow).where(*old, EventRow.customer_id.in_(customers)))
                    remake_tallies(session, customers)
                if len(customers) < SWEPT_AT_ONCE:
                    break
        return found

    def make_tallies(self, tenant: str) -> int:
        """Write down what the events of those customers come to whose tallies were put off; their number.

        Some customers at a time, each time one short transaction.
        """
        made, after = 0, ""
        while True:
            with self._sessions.read(tenant) as session:
                customers = without_tally(session, after, TALLIED_AT_ONCE)
            if not customers:
                return made
            with self._sessions.write(tenant) as session:
                remake_tallies(session, lock_all(session, customers))
            made, after = made + len(customers), customers[-1]

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
        self.make_tallies(tenant)
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

    def every_history(self, tenant: str, purpose: str) -> Iterator[list[Event]]:
        """What happened with every person who may be profiled for the purpose, one after the other.

        Raises:
            InvalidInput: the purpose is not declared.
        """
        self._fields.check_purpose(purpose)
        if purpose not in self._fields.events.purposes:
            return
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
                customers = load(session, [i for some in members.values() for i in some])
                for some in members.values():
                    known = [customers[i] for i in some if i in customers]
                    if not any(barred(customer, purpose, self._fields) for customer in known):
                        yield events_of(session, some)
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
