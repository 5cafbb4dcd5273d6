"""The dated path of one customer through contacts, channels, feelings, promises, outcomes and silence.

Everything here is computed from events and changes with them. Nothing is a label on the person: a feeling
belongs to the event in which it was shown, effort and pain points belong to one complaint.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import orjson

from profiles.event import Event
from profiles.fact import Language
from profiles.journey_effort import Course, Effort, Pain, effort_of, pains_of
from profiles.journey_feelings import FeelingPath, feeling_path, felt_in
from profiles.journey_rules import JourneyRules, StateCode
from profiles.journey_stages import RelationStage, Stage, relation_stages, stages_of
from profiles.journey_steps import OpenTimes, Silence, Step, in_order, silences_of, steps_of
from profiles.journey_threads import (
    Known,
    Promise,
    Span,
    Thread,
    days_between,
    end_of,
    known_events,
    promises_of,
    reference,
    threads_of,
)


@dataclass(frozen=True, slots=True)
class Episode:
    """One complaint from before its first contact until after its close."""

    number: int
    """From 1, by opening."""
    case: str | None
    category: str | None
    begin: datetime
    """Of its opening."""
    end: datetime | None
    """When it was closed; None while it is not."""
    state: StateCode
    outcome: str | None
    """Of the last close, in the words of its source."""
    events: tuple[str, ...]
    stages: tuple[Stage, ...]
    answered_days: float | None
    """To the first word of ours that is on record; None where none is."""
    resolved_days: float | None
    """To the last close; None while it is open."""
    open_days: float
    """Without the time between a close and being opened again."""
    contacts: int
    channel_changes: int
    reopened: bool
    feeling: FeelingPath | None
    promises: tuple[Promise, ...]
    effort: Effort
    pains: tuple[Pain, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Journey:
    """The whole path until a day."""

    today: date
    language: Language
    rules: str
    """Version of the rules."""
    steps: tuple[Step, ...]
    """By their beginning; those of the background may overlap others."""
    episodes: tuple[Episode, ...]
    promises: tuple[Promise, ...]
    """All that were made, in order of settling, the open ones last."""
    stages: tuple[RelationStage, ...]
    """Of the relationship, without gaps from the first event until now."""
    silence: Silence | None
    """Until now; None without events."""
    duplicates: int
    future: int
    """Events left out because they lie after today."""
    words: str

    def dump(self) -> str:
        """As JSON; moments in ISO 8601 with their zone."""
        return orjson.dumps(self).decode()


def journey(
    events: Sequence[Event], *, today: date, language: Language, rules: JourneyRules | None = None
) -> Journey:
    """The path of one customer until the end of `today` (UTC), whatever the order of their events.

    Events that come twice (by source and id) count once; events after today are left out and counted.
    """
    rules = rules or JourneyRules.shipped()
    known, until = known_events(events, today), end_of(today)
    threads = threads_of(known.events, rules.episodes)
    spans = [thread.open_spans(until, rules.episodes.stale_days) for thread in threads]
    episodes = tuple(
        _episode(number, thread, opened, until, rules, language)
        for number, (thread, opened) in enumerate(zip(threads, spans, strict=True), start=1)
    )
    flat = [span for opened in spans for span in opened]
    numbers = {name: episode.number for episode in episodes for name in episode.events}
    silences, silence = silences_of(known.events, OpenTimes(flat), until, rules, language)
    steps = steps_of(known.events, numbers, rules, language)
    return Journey(
        today=today,
        language=language,
        rules=rules.version,
        steps=in_order([*steps, *silences]),
        episodes=episodes,
        promises=_promises(known, numbers, episodes),
        stages=relation_stages(known.events, flat, until, rules, language),
        silence=silence,
        duplicates=known.duplicates,
        future=known.future,
        words=_words(known, len(steps), episodes, rules, language),
    )


def _episode(
    number: int,
    thread: Thread,
    spans: Sequence[Span],
    until: datetime,
    rules: JourneyRules,
    language: Language,
) -> Episode:
    opening, state = thread.opening(), thread.state(spans, until)
    course = Course.of(thread.events, opening, spans, rules)
    felt = felt_in(thread.events)
    effort = effort_of(course, rules, language)
    closed = course.kind("closed")
    answers = (
        event.at for event in thread.events if event.kind in rules.episodes.ours and event.at >= opening.at
    )
    answer = next(answers, None)
    end = closed[-1].at if closed and state == "closed" else None
    return Episode(
        number=number,
        case=thread.case,
        category=thread.category,
        begin=opening.at,
        end=end,
        state=state,
        outcome=closed[-1].outcome if closed else None,
        events=tuple(reference(event) for event in thread.events),
        stages=stages_of(thread.events, opening, spans, rules, language),
        answered_days=None if answer is None else _rounded(opening.at, answer),
        resolved_days=None if end is None else _rounded(opening.at, end),
        open_days=round(course.open_days, 2),
        contacts=len(course.contacts),
        channel_changes=len(course.switches),
        reopened=bool(course.kind("reopened")),
        feeling=feeling_path(felt, rules, language),
        promises=promises_of(thread.events),
        effort=effort,
        pains=pains_of(course, felt, rules, language),
        words=rules.say(
            "episode",
            language,
            number=str(number),
            state=rules.states[state].said(language),
            n=round(effort.score),
        ),
    )


def _rounded(begin: datetime, end: datetime) -> float:
    """Days to a hundredth; 0 where the end comes first, as dates of closing without a time may."""
    return round(max(0.0, days_between(begin, end)), 2)


def _promises(known: Known, numbers: dict[str, int], episodes: Sequence[Episode]) -> tuple[Promise, ...]:
    rest = promises_of(event for event in known.events if reference(event) not in numbers)
    found = [*rest, *(promise for episode in episodes for promise in episode.promises)]
    latest = datetime.max.replace(tzinfo=UTC)
    return tuple(
        sorted(
            found,
            key=lambda promise: (
                promise.settled_at or latest,
                promise.made_at or latest,
                promise.made or promise.settled or "",
            ),
        )
    )


def _words(
    known: Known, steps: int, episodes: Sequence[Episode], rules: JourneyRules, language: Language
) -> str:
    if not known.events:
        return rules.say("empty", language)
    return rules.say(
        "journey",
        language,
        begin=known.events[0].at.date().isoformat(),
        end=known.events[-1].at.date().isoformat(),
        steps=steps,
        episodes=len(episodes),
        n=sum(len(episode.pains) for episode in episodes),
    )
