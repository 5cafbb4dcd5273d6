"""The stages of one complaint, and those of the whole relationship."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from profiles.event import Event
from profiles.fact import Language
from profiles.journey_rules import JourneyRules, RelationCode, StageCode
from profiles.journey_threads import Span, days_between, reference
from profiles.tally import order


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a complaint."""

    code: StageCode
    begin: datetime
    end: datetime
    """Of its last event; of waiting the moment at which it ended."""
    events: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class RelationStage:
    """A stage of the relationship with us."""

    code: RelationCode
    begin: datetime
    end: datetime
    words: str


def stages_of(
    events: Sequence[Event], opening: Event, spans: Sequence[Span], rules: JourneyRules, language: Language
) -> tuple[Stage, ...]:
    """The stages of a complaint, from its events in order; every event is in exactly one."""
    found: list[tuple[StageCode, datetime, datetime, list[str]]] = []
    waits = _waits(events, spans, rules.episodes.waiting_days)
    for event, code in zip(events, _codes(events, opening, rules), strict=True):
        name = reference(event)
        if found and found[-1][0] == code:
            _, begin, _, names = found[-1]
            names.append(name)
            found[-1] = code, begin, event.at, names
        else:
            found.append((code, event.at, event.at, [name]))
        if name in waits:
            begin, end = waits[name]
            if found[-1][0] == "waiting":
                found[-1] = "waiting", found[-1][1], end, found[-1][3]
            else:
                found.append(("waiting", begin, end, []))
    return tuple(
        Stage(code, begin, end, tuple(names), rules.stages[code].said(language))
        for code, begin, end, names in found
    )


def _codes(events: Iterable[Event], opening: Event, rules: JourneyRules) -> Iterator[StageCode]:
    begin, is_open, escalated = order(opening), False, False
    for event in events:
        place = order(event)
        if place < begin:
            yield "before"
            continue
        was_open, is_open = is_open, _open_after(event, is_open, place == begin)
        escalated = escalated or event.kind == "escalated"
        if event.kind == "closed":
            yield "resolution"
        elif place == begin:
            yield "first_contact"
        elif not (was_open or is_open):
            yield "after"
        elif escalated:
            yield "escalation"
        else:
            yield "follow_up" if event.kind in rules.episodes.contacts else "waiting"


def _open_after(event: Event, is_open: bool, first: bool) -> bool:
    if event.kind == "closed":
        return False
    return is_open or first or event.kind in {"reopened", "complaint"}


def _waits(events: Sequence[Event], spans: Sequence[Span], days: int) -> dict[str, Span]:
    """Gaps while it was open that are long enough, by the event they follow."""
    waits: dict[str, Span] = {}
    place = 0
    ends = [*(event.at for event in events[1:]), None]
    for event, following in zip(events, ends, strict=True):
        while place < len(spans) and spans[place][1] <= event.at:
            place += 1
        if place == len(spans):
            break
        begin, end = spans[place]
        end = end if following is None else min(end, following)
        if begin <= event.at and event.kind != "closed" and days_between(event.at, end) >= days:
            waits[reference(event)] = event.at, end
    return waits


class _Held(NamedTuple):
    code: RelationCode
    span: Span


_RANK: Final[tuple[RelationCode, ...]] = ("left", "complaint", "quiet", "new", "steady")
"""Of two that hold at once the first is said; the last always holds."""


def relation_stages(
    events: Sequence[Event],
    open_spans: Iterable[Span],
    until: datetime,
    rules: JourneyRules,
    language: Language,
) -> tuple[RelationStage, ...]:
    """The stages from the first event (of `events` in order) until now, without gaps."""
    if not events:
        return ()
    first = events[0].at
    new = min(until, first + min(timedelta(days=rules.relationship.new_days), until - first))
    held_spans = [*_held(events, open_spans, until, rules), _Held("new", (first, new))]
    changes: list[tuple[RelationCode, datetime, int]] = [
        (code, moment, step) for code, span in held_spans for moment, step in zip(span, (1, -1), strict=True)
    ]
    changes.sort(key=lambda change: change[1])
    held: Counter[RelationCode] = Counter({"steady": 1})
    stages: list[tuple[RelationCode, datetime, datetime]] = []
    place = 0
    for begin, end in pairwise(sorted({first, until, *(moment for _, moment, _ in changes)})):
        while place < len(changes) and changes[place][1] <= begin:
            code, _, step = changes[place]
            held[code] += step
            place += 1
        now: RelationCode = next(rank for rank in _RANK if held[rank])
        if stages and stages[-1][0] == now:
            stages[-1] = now, stages[-1][1], end
        else:
            stages.append((now, begin, end))
    return tuple(
        RelationStage(code, begin, end, rules.relations[code].said(language)) for code, begin, end in stages
    )


def _held(
    events: Sequence[Event], open_spans: Iterable[Span], until: datetime, rules: JourneyRules
) -> Iterator[_Held]:
    yield from (_Held("complaint", span) for span in open_spans)
    ends = [*(event.at for event in events[1:]), until]
    for event, end in zip(events, ends, strict=True):
        if event.kind == "left":
            yield _Held("left", (event.at, end))
        elif days_between(event.at, end) >= rules.silence.quiet_days:
            yield _Held("quiet", (event.at, end))
