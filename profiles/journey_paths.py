"""The common paths of many customers: the ways their complaints took, how often, how long and to what end.

Customers stream through: what is kept grows with the distinct paths only. A path that fewer than `k`
customers took is not shown, so that no single customer can be read from it.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Final, TypeVar

import orjson

from profiles.errors import InvalidInput
from profiles.event import Event, EventKind
from profiles.fact import Language
from profiles.journey_rules import JourneyRules, PathRules
from profiles.journey_threads import Thread, days_between, known_events, threads_of
from profiles.tally import order

Key = TypeVar("Key", bound=Hashable)
LONGEST_DAYS: Final = 3650
"""Durations above are counted as this."""


@dataclass(frozen=True, slots=True)
class PathStep:
    """A step of a path; the kind is None for all that follows the longest path that is told apart."""

    kind: EventKind | None
    channel: str | None = None

    def said(self, rules: JourneyRules, language: Language) -> str:
        """In words."""
        if self.kind is None:
            return rules.say("further", language)
        what = rules.kinds[self.kind].counted(1, language)
        if self.channel is None:
            return what
        return rules.say("on", language, what=what, channel=rules.channel(self.channel, language))


@dataclass(frozen=True, slots=True)
class Ends:
    """How complaints of a path ended: shares, 0..1."""

    upheld: float
    escalated: float
    reopened: float
    left: float
    """Of those whose customer left within the days that the rules give."""


@dataclass(frozen=True, slots=True)
class CommonPath:
    """A way that complaints took."""

    steps: tuple[PathStep, ...]
    """Empty for the rare ones put together."""
    episodes: int
    customers: int
    """Of the rare ones put together, at least so many: whoever came by several is not counted twice."""
    median_days: float | None
    """From the first step to the last; None where fewer than k customers stand behind it."""
    ends: Ends | None
    """None likewise."""


@dataclass(frozen=True, slots=True)
class Transition:
    """From one step to the next."""

    begin: PathStep
    end: PathStep
    count: int
    median_days: float


@dataclass(frozen=True, slots=True)
class Paths:
    """What many customers' complaints have in common."""

    rules: str
    """Version of the rules."""
    k: int
    customers: int
    """With a complaint."""
    episodes: int
    paths: tuple[CommonPath, ...]
    """Most frequent first; only those of k customers or more."""
    other: CommonPath | None
    """All others put together; None where there is none."""
    transitions: tuple[Transition, ...]
    """Most frequent first; only those of k customers or more."""

    def dump(self) -> str:
        """As JSON."""
        return orjson.dumps(self).decode()


@dataclass(slots=True)
class _Count:
    episodes: int = 0
    customers: int = 0
    first: int = 0
    """Customers whose first it was."""
    days: Counter[float] = field(default_factory=Counter[float])
    ends: Counter[str] = field(default_factory=Counter[str])

    def add(self, other: "_Count") -> None:
        self.episodes += other.episodes
        self.customers += other.customers
        self.first += other.first
        self.days.update(other.days)
        self.ends.update(other.ends)

    def median(self) -> float:
        """The middle of what was counted; of two middles the mean."""
        total = self.days.total()
        middles: list[float] = []
        seen = 0
        for days in sorted(self.days):
            seen += self.days[days]
            if not middles and 2 * seen >= total:
                middles.append(days)
            if 2 * seen > total:
                return round((middles[0] + days) / 2, 1)
        raise AssertionError("a median of nothing")


def common_paths(
    journeys: Iterable[Sequence[Event]],
    *,
    today: date,
    rules: JourneyRules | None = None,
    k: int | None = None,
) -> Paths:
    """The paths that complaints of many customers took until the end of `today` (UTC).

    Args:
        journeys: the events of each customer, one customer after the other; read once.
        today: events after it do not count.
        rules: those shipped, if None.
        k: fewest customers of a path that is shown; the rules' own, if None.

    Raises:
        InvalidInput: `k` is below 1.
    """
    rules = rules or JourneyRules.shipped()
    k = rules.paths.k if k is None else k
    if k < 1:
        raise InvalidInput(f"k is {k}: give at least 1, better {rules.paths.k}")
    paths: dict[tuple[PathStep, ...], _Count] = {}
    transitions: dict[tuple[PathStep, PathStep], _Count] = {}
    customers = 0
    for events in journeys:
        known = known_events(events, today).events
        taken = [one for thread in threads_of(known, rules.episodes) if (one := _taken(thread, known, rules))]
        customers += bool(taken)
        _count(paths, ((one.steps, one.days, one.ends) for one in taken))
        _count(transitions, ((move, days, ()) for one in taken for move, days in one.moves))
    common = {steps: count for steps, count in paths.items() if count.customers >= k}
    rare = _Count()
    for steps, count in paths.items():
        if steps not in common:
            rare.add(count)
    return Paths(
        rules=rules.version,
        k=k,
        customers=customers,
        episodes=sum(count.episodes for count in paths.values()),
        paths=tuple(_common(steps, common[steps], k) for steps in sorted(common, key=_by_frequency(common))),
        other=_common((), rare, k) if rare.episodes else None,
        transitions=tuple(
            Transition(*move, transitions[move].episodes, transitions[move].median())
            for move in sorted(transitions, key=_by_frequency(transitions))
            if transitions[move].customers >= k
        ),
    )


@dataclass(frozen=True, slots=True)
class _Taken:
    """The way of one complaint."""

    steps: tuple[PathStep, ...]
    days: float
    ends: tuple[str, ...]
    moves: tuple[tuple[tuple[PathStep, PathStep], float], ...]


def _taken(thread: Thread, known: Sequence[Event], rules: JourneyRules) -> _Taken | None:
    """The way of one complaint; None where nothing of it makes a path."""
    runs: list[tuple[PathStep, datetime, datetime]] = []
    for event in thread.events:
        if event.kind in rules.paths.left_out:
            continue
        step = PathStep(event.kind, event.channel if _came_by(event, rules) else None)
        if runs and runs[-1][0] == step:
            runs[-1] = step, runs[-1][1], event.at
        else:
            runs.append((step, event.at, event.at))
    if not runs:
        return None
    steps = tuple(step for step, _, _ in runs)
    if len(steps) > rules.paths.longest:
        steps = (*steps[: rules.paths.longest], PathStep(None))
    return _Taken(
        steps,
        _whole(days_between(runs[0][1], runs[-1][2])),
        tuple(_ends(thread, known, rules.paths)),
        tuple(
            ((before, after), _whole(days_between(left, reached)))
            for (before, _, left), (after, reached, _) in pairwise(runs)
        ),
    )


def _came_by(event: Event, rules: JourneyRules) -> bool:
    return event.kind in rules.episodes.contacts or event.kind == "self_service"


def _whole(days: float) -> float:
    """Coarse enough that few different ones have to be kept."""
    return min(round(days, 1) if days < 10 else float(round(days)), LONGEST_DAYS)


def _ends(thread: Thread, known: Sequence[Event], rules: PathRules) -> Iterator[str]:
    kinds = {event.kind for event in thread.events}
    outcomes = [event.outcome for event in thread.events if event.kind == "closed"]
    if outcomes and (outcomes[-1] or "").strip().casefold() in rules.upheld:
        yield "upheld"
    yield from kinds & {"escalated", "reopened"}
    first, last = thread.opening(), thread.events[-1]
    for event in known:
        near = order(event) > order(first) and days_between(last.at, event.at) <= rules.left_days
        if event.kind == "left" and near:
            yield "left"
            return


def _count(counts: dict[Key, _Count], taken: Iterable[tuple[Key, float, Iterable[str]]]) -> None:
    """Count what one customer did."""
    seen: set[Key] = set()
    for key, days, ends in taken:
        count = counts.setdefault(key, _Count())
        count.episodes += 1
        count.customers += key not in seen
        count.first += not seen
        count.days[days] += 1
        count.ends.update(ends)
        seen.add(key)


def _common(steps: tuple[PathStep, ...], count: _Count, k: int) -> CommonPath:
    customers = count.customers if steps else count.first
    if customers < k:
        return CommonPath(steps, count.episodes, customers, None, None)
    shares = {name: round(count.ends[name] / count.episodes, 4) for name in _ENDS}
    return CommonPath(steps, count.episodes, customers, count.median(), Ends(**shares))


_ENDS: Final = ("upheld", "escalated", "reopened", "left")


def _by_frequency(counts: Mapping[Key, _Count]) -> Callable[[Key], tuple[int, str]]:
    """Most frequent first; of equals the first by name."""
    return lambda key: (-counts[key].episodes, repr(key))
