"""What a complaint cost the customer, 0 to 100 and part by part, and where it hurt.

Both grow only: one more promise that was not kept, or one more handover, never makes a complaint look easier.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from profiles.event import Event
from profiles.fact import Language
from profiles.journey_feelings import Felt, worsened
from profiles.journey_rules import EffortCode, JourneyRules, PainCode
from profiles.journey_threads import Span, days_between, reference
from profiles.tally import order

MOST: Final = 100.0


@dataclass(frozen=True, slots=True)
class EffortPart:
    """One kind of effort."""

    code: EffortCode
    amount: float
    """As counted: times, minutes, days."""
    points: float
    words: str


@dataclass(frozen=True, slots=True)
class Effort:
    """What a complaint cost the customer so far."""

    score: float
    """0..100, to a tenth."""
    parts: tuple[EffortPart, ...]
    """Those that are not nothing, heaviest first."""
    source: str
    """Where the weights come from."""
    verified: bool
    """Whether anybody has checked them against what customers say."""


@dataclass(frozen=True, slots=True)
class Pain:
    """Something that hurt, with the events that show it."""

    code: PainCode
    at: datetime
    """When it showed, or when it became too much."""
    amount: float
    events: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Course:
    """The events of one complaint, in order, and when it was open."""

    events: Sequence[Event]
    opening: Event
    spans: Sequence[Span]
    contacts: tuple[Event, ...]
    """By which the customer came to us, from the opening on."""
    tried_before: tuple[Event, ...]
    """Looking for help alone that did not prevent the complaint."""
    switches: tuple[Event, ...]
    """Contacts by another channel than the one before."""
    repeats: tuple[tuple[Event, Event], ...]
    """Contacts that were handed on, each with the one soon after."""

    @classmethod
    def of(
        cls, events: Sequence[Event], opening: Event, spans: Sequence[Span], rules: JourneyRules
    ) -> "Course":
        """Read what the numbers rest on from events in order."""
        begin = order(opening)
        kinds = rules.episodes.contacts
        contacts = tuple(event for event in events if event.kind in kinds and order(event) >= begin)
        by_channel = [event for event in contacts if event.channel is not None]
        handed_on = (event for event in pairwise(contacts) if event[0].transfers)
        return cls(
            events=events,
            opening=opening,
            spans=spans,
            contacts=contacts,
            tried_before=tuple(
                event for event in events if event.kind == "self_service" and order(event) < begin
            ),
            switches=tuple(
                after for before, after in pairwise(by_channel) if after.channel != before.channel
            ),
            repeats=tuple(
                (before, after)
                for before, after in handed_on
                if days_between(before.at, after.at) <= rules.effort.repeat_days
            ),
        )

    @property
    def open_days(self) -> float:
        """Days it was open, with fractions."""
        return sum(days_between(begin, end) for begin, end in self.spans)

    @property
    def transfers(self) -> int:
        return sum(event.transfers for event in self.events)

    def kind(self, kind: str) -> list[Event]:
        """The events of a kind."""
        return [event for event in self.events if event.kind == kind]


def effort_of(course: Course, rules: JourneyRules, language: Language) -> Effort:
    """What it cost: 100 * (1 - e ** (-points / scale)), so that it never falls and never passes 100."""
    amounts: dict[EffortCode, float] = {
        "contacts": len(course.contacts),
        "channel_switches": len(course.switches),
        "transfers": course.transfers,
        "repeats": len(course.repeats),
        "call_minutes": sum(event.seconds or 0 for event in course.events if event.kind == "call") / 60,
        "waiting_days": course.open_days,
        "failed_self_service": len(course.tried_before),
        "broken_promises": len(course.kind("broken")),
    }
    weights = rules.effort.weights
    parts = [
        EffortPart(code, round(amount, 1), round(amount * weights[code].points, 2), "")
        for code, amount in amounts.items()
        if round(amount, 1) > 0
    ]
    points = sum(amount * weights[code].points for code, amount in amounts.items())
    said = [
        EffortPart(part.code, part.amount, part.points, _said(part, rules, language))
        for part in sorted(parts, key=lambda part: (-part.points, part.code))
    ]
    score = round(MOST * (1 - math.exp(-points / rules.effort.scale)), 1)
    return Effort(score, tuple(said), rules.effort.source, rules.effort.verified)


def _said(part: EffortPart, rules: JourneyRules, language: Language) -> str:
    amount = round(part.amount) if part.amount >= 1 else part.amount
    return rules.effort.weights[part.code].counted(amount, language)


def pains_of(
    course: Course, felt: Sequence[Felt], rules: JourneyRules, language: Language
) -> tuple[Pain, ...]:
    """Where it hurt, in order of time: one of each kind at most, with all the events that show it."""
    found = [*_from_waiting(course, rules), *_from_handling(course, rules), *_from_feeling(felt, rules)]
    return tuple(
        Pain(code, at, amount, events, rules.pains.words[code].counted(amount, language))
        for code, at, amount, events in sorted(found, key=lambda pain: (pain[1], pain[0]))
    )


_Found = tuple[PainCode, datetime, float, tuple[str, ...]]


def _from_waiting(course: Course, rules: JourneyRules) -> Iterator[_Found]:
    limit = rules.pains.resolve_days
    if course.open_days > limit:
        yield (
            "waited_too_long",
            _when_open_for(limit, course.spans),
            int(course.open_days),
            _references(course.opening, *course.kind("closed")),
        )
    unanswered = list(_unanswered(course, rules))
    if unanswered:
        longest, _, _ = max(unanswered, key=lambda gap: gap[0])
        first = min(asked.at for _, asked, _ in unanswered)
        shown = dict.fromkeys(
            reference(event) for _, asked, answer in unanswered for event in (asked, answer) if event
        )
        yield "silence_from_us", first + timedelta(days=rules.pains.ours_days), int(longest), tuple(shown)


def _when_open_for(days: int, spans: Sequence[Span]) -> datetime:
    """The moment at which it had been open for so many days."""
    left = timedelta(days=days)
    for begin, end in spans:
        if end - begin >= left:
            return begin + left
        left -= end - begin
    return spans[-1][1]


def _unanswered(course: Course, rules: JourneyRules) -> Iterator[tuple[float, Event, Event | None]]:
    """Times without a word of ours while it was open that were too long: days, who asked, what ended it."""
    limit = rules.pains.ours_days
    asked: Event | None = None
    for event in course.events:
        if event.kind in rules.episodes.ours:
            if asked is not None and (days := days_between(asked.at, event.at)) > limit:
                yield days, asked, event
            asked = None
        elif asked is None and event.kind in rules.episodes.contacts and _is_open(event.at, course.spans):
            asked = event
    if asked is not None and (days := days_between(asked.at, course.spans[-1][1])) > limit:
        yield days, asked, None


def _is_open(moment: datetime, spans: Sequence[Span]) -> bool:
    at = bisect_right(spans, moment, key=lambda span: span[0]) - 1
    return at >= 0 and moment < spans[at][1]


def _from_handling(course: Course, rules: JourneyRules) -> Iterator[_Found]:
    told, events = _told_again(course, rules)
    if told:
        yield "had_to_repeat", events[-1].at, told, _references(*events)
    if course.transfers >= rules.pains.handed_on:
        handed_on = [event for event in course.events if event.transfers]
        yield "handed_on", handed_on[-1].at, course.transfers, _references(*handed_on)
    counted: tuple[tuple[PainCode, Sequence[Event]], ...] = (
        ("promise_broken", course.kind("broken")),
        ("self_service_failed", course.tried_before),
        ("reopened", course.kind("reopened")),
    )
    for code, events in counted:
        if events:
            yield code, events[0].at, len(events), _references(*events)


def _told_again(course: Course, rules: JourneyRules) -> tuple[int, Sequence[Event]]:
    """How often, and the contacts that show it: behind a handover, else on days without a word of ours."""
    if course.repeats:
        by_reference = {reference(event): event for pair in course.repeats for event in pair}
        return len(course.repeats), sorted(by_reference.values(), key=order)
    longest: list[Event] = []
    streak: list[Event] = []
    for event in course.events:
        if event.kind in rules.episodes.ours:
            streak = []
        elif event.kind in rules.episodes.contacts and _is_open(event.at, course.spans):
            if not streak or event.at.date() != streak[-1].at.date():
                streak.append(event)
            longest = max(longest, streak, key=len)
    return (len(longest) - 1, longest) if len(longest) >= rules.pains.told_days else (0, ())


def _from_feeling(felt: Sequence[Felt], rules: JourneyRules) -> Iterator[_Found]:
    rise = worsened(felt)
    if rise is not None and rise[0] >= rules.pains.worsened_by:
        degrees, calm, strong = rise
        yield "feeling_worsened", strong.at, degrees, (calm.event, strong.event)


def _references(*events: Event) -> tuple[str, ...]:
    return tuple(reference(event) for event in events)
