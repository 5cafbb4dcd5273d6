"""Which events of a customer belong to the same complaint, and when each complaint was open."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

from profiles.event import Event
from profiles.journey_rules import EpisodeRules, StateCode
from profiles.tally import order

LOOKED_AT: Final = 60
"""Complaints, and events before one, among which an event's own are looked for: newest first."""
_DAY: Final = timedelta(days=1)
_NEVER_OPEN: Final = frozenset({"closed", "survey", "self_service", "visit", "purchase", "kept", "left"})
"""Kinds that do not show that a complaint is open."""
_SETTLING: Final = frozenset({"kept", "broken"})
"""Kinds that say nothing of what the customer spoke of: they draw no other events to their complaint."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)

Span = tuple[datetime, datetime]


def reference(event: Event) -> str:
    """The event's name beyond its source: "source:id", which can be taken apart: a source has no colon."""
    return f"{event.source}:{event.id}"


def days_between(begin: datetime, end: datetime) -> float:
    """Days, with fractions."""
    return (end - begin) / _DAY


@dataclass(frozen=True, slots=True)
class Known:
    """The events that count, in order."""

    events: tuple[Event, ...]
    duplicates: int
    """Left out because source and id were there already."""
    future: int
    """Left out because they lie after today."""


def known_events(events: Iterable[Event], today: date) -> Known:
    """The events up to the end of `today` (UTC), each once, in order.

    Of two that differ under one source and id, the same one counts in whatever order they come.
    """
    found: dict[tuple[str, str], Event] = {}
    given = 0
    for event in events:
        given += 1
        key = event.source, event.id
        other = found.setdefault(key, event)
        if other is not event and other != event:
            found[key] = min(other, event, key=Event.model_dump_json)
    past = [event for event in found.values() if event.at.astimezone(UTC).date() <= today]
    return Known(tuple(sorted(past, key=order)), given - len(found), len(found) - len(past))


def end_of(today: date) -> datetime:
    """The last moment of the day, UTC."""
    return datetime.combine(today, time.max, UTC)


@dataclass(frozen=True, slots=True)
class Promise:
    """Something we promised."""

    made: str | None
    """The event; None where only its end is on record."""
    made_at: datetime | None
    state: Literal["open", "kept", "broken"]
    settled: str | None = None
    settled_at: datetime | None = None


def promises_of(events: Iterable[Event]) -> tuple[Promise, ...]:
    """Promises among events in order: each kept or broken one settles the oldest that is open."""
    waiting: list[Event] = []
    found: list[Promise] = []
    first = 0
    for event in events:
        if event.kind == "promise":
            waiting.append(event)
        elif event.kind == "kept" or event.kind == "broken":
            made = waiting[first] if first < len(waiting) else None
            first += made is not None
            found.append(
                Promise(
                    reference(made) if made else None,
                    made.at if made else None,
                    event.kind,
                    reference(event),
                    event.at,
                )
            )
    found += [Promise(reference(made), made.at, "open") for made in waiting[first:]]
    return tuple(found)


@dataclass(slots=True)
class Thread:
    """The events of one complaint; grows while they are sorted."""

    case: str | None
    category: str | None = None
    events: list[Event] = field(default_factory=list[Event])
    closed_at: datetime | None = None
    """Of the newest close, where it was not opened again."""

    heard: datetime = _NEVER
    """When it was heard of last."""

    def add(self, event: Event) -> None:
        self.events.append(event)
        if event.kind not in _SETTLING:
            self.heard = event.at
        self.category = self.category or event.category
        if event.kind == "closed":
            self.closed_at = event.at
        elif event.kind == "reopened" or event.kind == "complaint":
            self.closed_at = None

    def opening(self) -> Event:
        """The first complaint; without one the first event."""
        return next((event for event in self.events if event.kind == "complaint"), self.events[0])

    def open_spans(self, until: datetime, stale_days: int) -> list[Span]:
        """When it was open; the last span ends at `until` or when it went stale, where nobody closed it."""
        begin, spans = None, list[Span]()
        opening = order(self.opening())
        for event in self.events:
            if event.kind == "closed":
                if begin is not None:
                    spans.append((begin, event.at))
                begin = None
            elif begin is None and order(event) >= opening and self._opens(event, bool(spans)):
                begin = event.at
        if begin is not None:
            last = self.events[-1].at
            stale = (until - last).days > stale_days
            spans.append((begin, last + timedelta(days=stale_days) if stale else until))
        return spans

    @staticmethod
    def _opens(event: Event, was_open: bool) -> bool:
        if was_open:
            return event.kind in {"reopened", "complaint"}
        return event.kind not in _NEVER_OPEN

    def state(self, spans: Sequence[Span], until: datetime) -> StateCode:
        """Whether it is open at `until`; `spans` are those of `open_spans`."""
        if self.closed_at is not None:
            return "closed"
        return "open" if spans and spans[-1][1] == until else "lapsed"


@dataclass(slots=True)
class _Sorting:
    rules: EpisodeRules
    threads: list[Thread] = field(default_factory=list[Thread])
    by_case: dict[str, Thread] = field(default_factory=dict[str, Thread])
    recent: dict[int, Thread] = field(default_factory=dict[int, Thread])
    """By identity, the one that was heard of last at the end."""
    loose: list[Event] = field(default_factory=list[Event])
    """Newest events of no complaint that may turn out to lie before one."""

    def add(self, event: Event) -> None:
        thread = self._own(event)
        if thread is None:
            if event.kind in self.rules.before:
                self.loose = [*self.loose[1 - LOOKED_AT :], event]
            return
        thread.add(event)
        if id(thread) not in self.recent or event.kind not in _SETTLING:
            self.recent.pop(id(thread), None)
            self.recent[id(thread)] = thread

    def _own(self, event: Event) -> Thread | None:
        if event.case is not None:
            return self.by_case.get(event.case) or self._new(event)
        if event.kind == "complaint":
            fitting = (known for known in self._open(event) if known.case is None and _agree(known, event))
            return next(fitting, None) or self._new(event)
        if event.kind not in self.rules.follows:
            return None
        if event.kind == "reopened":
            return next(self._closed(event, self.rules.stale_days), None) or next(self._open(event), None)
        return next(self._open(event), None) or self._after(event)

    def _after(self, event: Event) -> Thread | None:
        return None if event.kind == "closed" else next(self._closed(event, self.rules.after_days), None)

    def _new(self, event: Event) -> Thread:
        thread = Thread(event.case)
        self.threads.append(thread)
        if event.case is not None:
            self.by_case[event.case] = thread
        kept: list[Event] = []
        for known in self.loose:
            near = days_between(known.at, event.at) <= self.rules.before_days
            if near and (known.category is None or event.category in {None, known.category}):
                thread.add(known)
            else:
                kept.append(known)
        self.loose = kept
        return thread

    def _open(self, event: Event) -> Iterator[Thread]:
        return (
            thread
            for thread in self._newest()
            if thread.closed_at is None
            and days_between(thread.heard, event.at) <= self.rules.stale_days
            and self._about(thread, event)
        )

    def _closed(self, event: Event, days: int) -> Iterator[Thread]:
        return (
            thread
            for thread in self._newest()
            if thread.closed_at is not None
            and days_between(thread.closed_at, event.at) <= days
            and self._about(thread, event)
        )

    def _newest(self) -> Iterator[Thread]:
        return (thread for thread, _ in zip(reversed(self.recent.values()), range(LOOKED_AT), strict=False))

    def _about(self, thread: Thread, event: Event) -> bool:
        return event.kind not in self.rules.needs_category or _agree(thread, event)


def _agree(thread: Thread, event: Event) -> bool:
    """Whether nothing says that they are about different things."""
    return event.category is None or thread.category in {None, event.category}


def threads_of(events: Iterable[Event], rules: EpisodeRules) -> list[Thread]:
    """The complaints among events in order, in order of their opening; an event belongs to one at most.

    Events that name a case belong to it. Others belong to the open complaint that was heard of last, or
    for some days to one just closed, unless they are about something else; looking for help shortly before
    a complaint belongs to it too.
    """
    sorting = _Sorting(rules)
    for event in events:
        sorting.add(event)
    return sorted(sorting.threads, key=lambda thread: order(thread.opening()))
