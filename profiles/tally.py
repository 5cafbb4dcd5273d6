"""What the events of one customer come to, kept up to date event by event.

A tally is a fold over the events in the order of `order`: the same events in any number of steps give the
same tally, so one that is kept up to date equals one made afresh. An event older than the newest one counted
cannot be folded in; the tally is then made afresh from all events.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, timedelta
from operator import itemgetter
from typing import Any, Final

import orjson

from profiles.event import Event

FORMAT: Final = 2
"""Raised when older tallies cannot be read any more; they are then made afresh."""
KEPT_DAYS: Final = 400
"""Days before the newest event for which a day's counts are kept: a year, and some to spare."""
SELF_SERVICE: Final = timedelta(days=7)
"""How long before a complaint looking for help alone counts as having tried."""
MOST: Final = 200
"""Complaints that are open, promises that are open, products and days of complaint that are remembered."""
FIRST: Final = ("", "", "")

_CONTACTS: Final = frozenset({"complaint", "turn", "contact", "call", "reopened", "escalated"})
_NEGATIVE: Final = frozenset({"anger", "anxiety", "disappointment", "sadness"})
NEGATIVE_FROM: Final = 2
"""Intensity from which such a feeling counts as a bad one."""


def order(event: Event) -> tuple[str, str, str]:
    """Where the event stands among those of its customer: by time, then by source and id."""
    return event.at.astimezone(UTC).isoformat(timespec="microseconds"), event.source, event.id


@dataclass(slots=True)
class Day:
    """One day's counts."""

    kinds: dict[str, int] = field(default_factory=dict[str, int])
    """Events by kind."""
    contacts: int = 0
    call_seconds: float = 0
    transfers: int = 0
    spent: float = 0
    feelings: dict[str, int] = field(default_factory=dict[str, int])
    """How often each feeling was shown."""
    negative: int = 0
    """How often a bad one was shown."""
    felt: int = 0
    """Sum of the intensities of bad feelings."""
    worst: int = 0
    scores: float = 0
    """Sum of the answers to surveys, each 0..1."""
    answers: int = 0

    def packed(self) -> list[Any]:
        """The counts in the order of the fields, without the empty ones at the end."""
        counts: list[Any] = [getattr(self, name) for name in _COUNTS]
        while counts and not counts[-1]:
            counts.pop()
        return counts


_COUNTS: Final = tuple(each.name for each in fields(Day))


@dataclass(slots=True)
class Tally:
    """Changes as events are added; `dump` and `load` keep it between."""

    format: int = FORMAT
    events: int = 0
    last: tuple[str, str, str] = FIRST
    """`order` of the newest event."""
    first_at: str = ""
    kinds: dict[str, int] = field(default_factory=dict[str, int])
    channels: dict[str, int] = field(default_factory=dict[str, int])
    hours: list[int] = field(default_factory=lambda: [0] * 24)
    """Contacts by hour of the day, UTC."""
    categories: dict[str, int] = field(default_factory=dict[str, int])
    products: dict[str, int] = field(default_factory=dict[str, int])
    complaint_days: list[int] = field(default_factory=list[int])
    """Ordinals of the newest days on which a complaint came."""
    tried_before: int = 0
    """Complaints that came soon after looking for help alone."""
    tried_at: str = ""
    open_cases: dict[str, str] = field(default_factory=dict[str, str])
    """Complaints that are open, and since when."""
    promises: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """Promises that are open, by event id: the complaint each belongs to, and since when."""
    last_score: float | None = None
    purchased_on: int = 0
    """Ordinal of the newest day of a purchase."""
    days: dict[int, Day] = field(default_factory=dict[int, Day])
    """By ordinal."""

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Tally":
        """Made afresh."""
        tally = cls()
        for place, event in sorted(((order(event), event) for event in events), key=itemgetter(0)):
            tally._add(event, place)
        return tally

    @classmethod
    def load(cls, body: str | bytes) -> "Tally | None":
        """What `dump` wrote; None where it is of another format and has to be made afresh."""
        data: dict[str, Any] = orjson.loads(body)
        if data["format"] != FORMAT:
            return None
        if "last" in data:
            data["last"] = tuple(data["last"])
        if "promises" in data:
            data["promises"] = {name: tuple(promise) for name, promise in data["promises"].items()}
        if "days" in data:
            data["days"] = {int(day): Day(*counts) for day, counts in data["days"].items()}
        return cls(**data)

    def dump(self) -> str:
        """As JSON, short: it is read and written with every event, so what is empty is left out."""
        known = {name: value for name in _NAMES if (value := getattr(self, name))}
        if self.last_score is not None:
            known["last_score"] = self.last_score
        known["days"] = {day: counts.packed() for day, counts in self.days.items()}
        return orjson.dumps(known, option=orjson.OPT_NON_STR_KEYS).decode()

    def add(self, event: Event) -> None:
        """Count one more event, which has to be newer than all so far.

        Raises:
            ValueError: it is not.
        """
        self._add(event, order(event))

    def _add(self, event: Event, place: tuple[str, str, str]) -> None:
        if place <= self.last:
            raise ValueError("an event that is not the newest: make the tally afresh")
        self.last = place
        self.first_at = self.first_at or place[0]
        self.events += 1
        _count(self.kinds, event.kind)
        day = event.at.toordinal()
        today = self.days.get(day)
        if today is None:
            today = self.days[day] = Day()
            for old in [known for known in self.days if known < day - KEPT_DAYS]:
                del self.days[old]
        _count(today.kinds, event.kind)
        if event.kind in _CONTACTS:
            self._contact(event, today)
        if event.emotion is not None:
            _feel(event.emotion, event.intensity, today)
        self._count_kind(event, today, day)

    def _count_kind(self, event: Event, today: Day, day: int) -> None:
        match event.kind:
            case "complaint":
                self._complained(event, day)
            case "reopened":
                self._opened(event)
            case "closed":
                self.open_cases.pop(event.case or "", None)
            case "self_service":
                self.tried_at = self.last[0]
            case "call":
                today.call_seconds += event.seconds or 0
                today.transfers += event.transfers
            case "purchase":
                today.spent += event.amount or 0
                self._bought(event, day)
            case _:
                self._count_rest(event, today)

    def _count_rest(self, event: Event, today: Day) -> None:
        if event.kind == "survey" and event.score is not None:
            self.last_score = event.score
            today.scores += event.score
            today.answers += 1
        elif event.kind == "promise":
            self.promises[event.id] = event.case or "", self.last[0]
            _forget_oldest(self.promises)
        elif event.kind in {"kept", "broken"}:
            self._settled(event)

    def _contact(self, event: Event, today: Day) -> None:
        today.contacts += 1
        self.hours[event.at.hour] += 1
        if event.channel is not None:
            _count(self.channels, event.channel)

    def _complained(self, event: Event, day: int) -> None:
        if event.category is not None:
            _count(self.categories, event.category)
        if not self.complaint_days or self.complaint_days[-1] != day:
            self.complaint_days = [*self.complaint_days, day][-MOST:]
        since = (event.at - SELF_SERVICE).astimezone(UTC).isoformat(timespec="microseconds")
        if self.tried_at and self.tried_at >= since:
            self.tried_before += 1
        self._opened(event)

    def _opened(self, event: Event) -> None:
        self.open_cases[event.case or event.id] = self.last[0]
        _forget_oldest(self.open_cases)

    def _bought(self, event: Event, day: int) -> None:
        self.purchased_on = day
        if event.product is not None and (event.product in self.products or len(self.products) < MOST):
            _count(self.products, event.product)

    def _settled(self, event: Event) -> None:
        """The oldest open promise of the complaint, else the oldest of all, is settled."""
        same = (known for known, (case, _) in self.promises.items() if event.case and case == event.case)
        settled = next(same, None) or next(iter(self.promises), None)
        if settled is not None:
            del self.promises[settled]


_NAMES: Final = tuple(each.name for each in fields(Tally))


def _feel(emotion: str, intensity: int, today: Day) -> None:
    _count(today.feelings, emotion)
    if emotion in _NEGATIVE:
        today.felt += intensity
        today.worst = max(today.worst, intensity)
        today.negative += intensity >= NEGATIVE_FROM


def _count(counts: dict[str, int], key: str) -> None:
    counts[key] = counts.get(key, 0) + 1


def _forget_oldest(known: dict[str, Any]) -> None:
    if len(known) > MOST:
        del known[next(iter(known))]
