"""Events in SQL, and the tally of each customer, kept up to date in the same transaction."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from profiles.errors import InvalidInput
from profiles.event import Event
from profiles.note_changes import touch
from profiles.schema import EventRow, TallyRow
from profiles.sql import among
from profiles.tally import Tally, order

MOST_NOTED: Final = 100
AHEAD: Final = timedelta(days=1)
"""How far ahead of us the clock of a source may be."""
_COLUMNS: Final = frozenset({"id", "kind", "at", "source"})


@dataclass(frozen=True, slots=True)
class Happened:
    """What a write of events did."""

    new: int = 0
    repeated: int = 0
    """Events that were on record already."""

    def __add__(self, other: "Happened") -> "Happened":
        return Happened(self.new + other.new, self.repeated + other.repeated)


def refuse_future(events: Iterable[Event], now: datetime) -> None:
    """Events that cannot have happened yet are mistakes of a date column or a clock.

    Raises:
        InvalidInput: one lies more than a day ahead.
    """
    for event in events:
        if event.at > now + AHEAD:
            raise InvalidInput(
                f"the {event.kind} event lies in the future ({event.at:%Y-%m-%d}): correct its date or the "
                "clock that wrote it"
            )


def write_events(
    session: Session, events: Mapping[str, Sequence[Event]], *, put_off: bool = False
) -> Happened:
    """Store what is not on record yet, by customer id, and bring the tallies up to date.

    The caller holds the customers. An event belongs to the customer it was first stored for. `put_off`
    deletes the tallies instead: reading makes them afresh, and `make_tallies` writes them down again.
    """
    every = [(customer, event) for customer, some in events.items() for event in some]
    known = _known(session, [event for _, event in every])
    fresh: dict[tuple[str, str], tuple[str, Event]] = {}
    for customer, event in every:
        if (event.source, event.id) not in known:
            fresh.setdefault((event.source, event.id), (customer, event))
    if not fresh:
        return Happened(0, len(every))
    session.execute(insert(EventRow), [_row(customer, event) for customer, event in fresh.values()])
    by_customer: defaultdict[str, list[Event]] = defaultdict(list)
    for customer, event in fresh.values():
        by_customer[customer].append(event)
    if put_off:
        _delete_tallies(session, list(by_customer))
    else:
        _bring_up_to_date(session, by_customer)
    touch(session, [customer for customer, some in by_customer.items() if any(event.note for event in some)])
    return Happened(len(fresh), len(every) - len(fresh))


def events_of(session: Session, customers: Sequence[str], since: datetime | None = None) -> list[Event]:
    """Their events in the order of `order`."""
    query = select(EventRow.source, EventRow.id, EventRow.at, EventRow.kind, EventRow.rest).where(
        EventRow.customer_id.in_(customers)
    )
    if since is not None:
        query = query.where(EventRow.at >= since)
    found = [_event(*values) for values in session.execute(query)]
    return sorted(found, key=order)


def noted_of(session: Session, customers: Sequence[str], most: int = MOST_NOTED) -> list[Event]:
    """Their newest events with a note, oldest first."""
    query = (
        select(EventRow.source, EventRow.id, EventRow.at, EventRow.kind, EventRow.rest)
        .where(EventRow.customer_id.in_(customers), EventRow.rest.contains('"note":'))
        .order_by(EventRow.at.desc(), EventRow.id)
        .limit(most)
    )
    return [_event(*values) for values in reversed(list(session.execute(query)))]


def tally_of(session: Session, customers: Sequence[str]) -> Tally:
    """Of one person, who may be several customers that were merged."""
    if len(customers) == 1:
        tally = _tallies(session, customers).get(customers[0])
        if tally is not None:
            return tally
    return Tally.of(events_of(session, customers))


def remake_tallies(session: Session, customers: Sequence[str]) -> None:
    """Make them afresh from the events."""
    _delete_tallies(session, customers)
    rows = [
        {"customer_id": customer, "body": Tally.of(events).dump()}
        for customer, events in _events_by_customer(session, customers).items()
    ]
    if rows:
        session.execute(insert(TallyRow), rows)


def without_tally(session: Session, after: str, most: int) -> list[str]:
    """The first customers behind an id whose tallies were put off, in order of their ids."""
    counted = select(TallyRow.customer_id).where(
        TallyRow.tenant == EventRow.tenant, TallyRow.customer_id == EventRow.customer_id
    )
    query = (
        select(EventRow.customer_id)
        .where(EventRow.customer_id > after, ~counted.exists())
        .distinct()
        .order_by(EventRow.customer_id)
        .limit(most)
    )
    return list(session.scalars(query))


def forget_events(session: Session, customer: str, *, source: str | None = None) -> None:
    """Delete the customer's events, or those of one source, and what they came to."""
    rows = delete(EventRow).where(EventRow.customer_id == customer)
    if source is not None:
        rows = rows.where(EventRow.source == source)
    session.execute(rows)
    remake_tallies(session, [customer])
    touch(session, [customer])


def _bring_up_to_date(session: Session, fresh: Mapping[str, list[Event]]) -> None:
    tallies = _tallies(session, list(fresh))
    rows: list[dict[str, Any]] = []
    for customer, events in fresh.items():
        known = tallies.get(customer)
        if known is not None and min(map(order, events)) > known.last:
            tally = _with(known, events)
        else:  # the first ones, or out of order, put off, of another format
            tally = Tally.of(events_of(session, [customer]))
        rows.append({"customer_id": customer, "body": tally.dump()})
    _delete_tallies(session, list(tallies))  # cheaper than to update them one by one
    session.execute(insert(TallyRow), rows)


def _delete_tallies(session: Session, customers: Sequence[str]) -> None:
    session.execute(delete(TallyRow).where(among(session, TallyRow.customer_id, customers)))


def _events_by_customer(session: Session, customers: Sequence[str]) -> dict[str, list[Event]]:
    query = select(
        EventRow.customer_id, EventRow.source, EventRow.id, EventRow.at, EventRow.kind, EventRow.rest
    ).where(among(session, EventRow.customer_id, customers))
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for customer, source, id_, at, kind, rest in session.execute(query):
        found[customer].append(_event(source, id_, at, kind, rest))
    return found


def _with(tally: Tally, events: Iterable[Event]) -> Tally:
    for event in sorted(events, key=order):
        tally.add(event)
    return tally


def _tallies(session: Session, customers: Sequence[str]) -> dict[str, Tally | None]:
    """None where one is of another format."""
    query = select(TallyRow.customer_id, TallyRow.body).where(among(session, TallyRow.customer_id, customers))
    return {customer: Tally.load(body) for customer, body in session.execute(query)}


def _known(session: Session, events: Sequence[Event]) -> set[tuple[str, str]]:
    by_source: defaultdict[str, list[str]] = defaultdict(list)
    for event in events:
        by_source[event.source].append(event.id)
    found: set[tuple[str, str]] = set()
    for source, ids in by_source.items():
        query = select(EventRow.id).where(EventRow.source == source, among(session, EventRow.id, ids))
        found.update((source, i) for i in session.scalars(query))
    return found


def _row(customer: str, event: Event) -> dict[str, Any]:
    rest = event.model_dump(mode="json", exclude=set(_COLUMNS), exclude_defaults=True)
    return {
        "source": event.source,
        "id": event.id,
        "customer_id": customer,
        "at": event.at,
        "kind": event.kind,
        "rest": json.dumps(rest, ensure_ascii=False) if rest else "{}",
    }


def _event(source: str, id_: str, at: datetime, kind: str, rest: str) -> Event:
    more: dict[str, Any] = {} if rest == "{}" else orjson.loads(rest)
    return Event.model_validate({"source": source, "id": id_, "at": at, "kind": kind, **more})
