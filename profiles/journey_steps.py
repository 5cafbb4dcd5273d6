"""The steps of a journey: what happened, merged where many of a kind lie together, and silence between."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, NamedTuple

from profiles.event import Event, EventKind
from profiles.fact import EmotionKind, Language
from profiles.journey_rules import JourneyRules, MergeRules
from profiles.journey_threads import Span, days_between, reference

SHOWN: Final = 40
"""Characters of a source's own words, such as an outcome, that go into ours."""

StepKind = EventKind | Literal["silence"]


@dataclass(frozen=True, slots=True)
class Step:
    """One or more events of a kind, or silence."""

    kind: StepKind
    begin: datetime
    end: datetime
    count: int
    """Events; 0 for silence."""
    events: tuple[str, ...]
    channel: str | None = None
    episode: int | None = None
    """Number of the complaint it belongs to."""
    category: str | None = None
    emotion: EmotionKind | None = None
    """Shown in these events."""
    intensity: int = 0
    """The strongest, 0..4."""
    transfers: int = 0
    seconds: float = 0
    outcome: str | None = None
    days: int = 0
    """Of silence: whole days."""
    open: bool = False
    """Of silence: a complaint was open."""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """How long nothing has happened until now."""

    since: datetime
    days: int
    open: bool
    """A complaint is open."""
    counts: bool
    """Longer than the rules call normal."""
    words: str


@dataclass(slots=True)
class _Group:
    key: tuple[object, ...]
    episode: int | None
    events: list[Event] = field(default_factory=list[Event])

    def takes(self, event: Event, rules: MergeRules) -> bool:
        near = days_between(self.events[-1].at, event.at) <= rules.days
        return near and days_between(self.events[0].at, event.at) <= rules.span_days


def steps_of(
    events: Sequence[Event], episodes: Mapping[str, int], rules: JourneyRules, language: Language
) -> list[Step]:
    """The steps of events in order, by their beginning; every event is in exactly one.

    `episodes` has the number of the complaint by `reference` of an event.
    """
    words: dict[_Content, str] = {}
    return [_step(group, rules, language, words) for group in _groups(events, episodes, rules.merge)]


def _groups(events: Iterable[Event], episodes: Mapping[str, int], rules: MergeRules) -> Iterator[_Group]:
    groups: list[_Group] = []
    background: dict[tuple[object, ...], _Group] = {}
    for event in events:
        number = episodes.get(reference(event))
        key = event.kind, event.channel, event.emotion, number
        group = groups[-1] if groups and groups[-1].key == key and event.kind in rules.runs else None
        if event.kind in rules.background:
            group = background.get(key)
        if group is None or not group.takes(event, rules):
            group = _Group(key, number)
            groups.append(group)
            background[key] = group
        group.events.append(event)
    yield from groups


class _Content(NamedTuple):
    """What the words of a step say."""

    kind: EventKind
    channel: str | None
    times: int
    days: int
    outcome: str | None
    transfers: int
    emotion: EmotionKind | None
    intensity: int


def _step(group: _Group, rules: JourneyRules, language: Language, known_words: dict[_Content, str]) -> Step:
    events = group.events
    first, last = events[0], events[-1]
    content = _Content(
        first.kind,
        first.channel,
        len(events),
        last.at.toordinal() - first.at.toordinal() + 1,
        last.outcome,
        sum(event.transfers for event in events),
        first.emotion,
        max(event.intensity for event in events),
    )
    # few steps differ in their words, and at ten thousand steps the words are what takes the time
    if content not in known_words:
        known_words[content] = _words(content, rules, language)
    return Step(
        kind=first.kind,
        begin=first.at,
        end=last.at,
        count=len(events),
        events=tuple(reference(event) for event in events),
        channel=first.channel,
        episode=group.episode,
        category=first.category if all(event.category == first.category for event in events) else None,
        emotion=first.emotion,
        intensity=content.intensity,
        transfers=content.transfers,
        seconds=sum(event.seconds or 0 for event in events),
        outcome=last.outcome,
        words=known_words[content],
    )


def _words(content: _Content, rules: JourneyRules, language: Language) -> str:
    what = rules.kinds[content.kind].counted(content.times, language)
    if content.times > 1:
        word = "same_day" if content.days == 1 else "span"
        what = rules.say(word, language, what=what, n=content.days)
    if content.channel is not None:
        what = rules.say("on", language, what=what, channel=rules.channel(content.channel, language))
    if content.kind == "closed" and content.outcome:
        what = rules.say("outcome", language, what=what, outcome=content.outcome[:SHOWN])
    if content.transfers:
        handed_on = "handed_on_once" if content.transfers == 1 else "handed_on"
        what = rules.say(handed_on, language, what=what, n=content.transfers)
    if content.emotion is not None:
        emotion = rules.emotions[content.emotion].said(language)
        felt = "felt" if content.intensity else "felt_calm"
        what = rules.say(felt, language, what=what, emotion=emotion, n=content.intensity)
    return what


class OpenTimes:
    """When any complaint was open."""

    def __init__(self, spans: Iterable[Span]) -> None:
        known = list(spans)
        self._begins = sorted(begin for begin, _ in known)
        self._ends = sorted(end for _, end in known)

    def after(self, moment: datetime) -> bool:
        """Whether one is open right after the moment."""
        return bisect_right(self._begins, moment) > bisect_right(self._ends, moment)


def silences_of(
    events: Sequence[Event], open_times: OpenTimes, until: datetime, rules: JourneyRules, language: Language
) -> tuple[list[Step], Silence | None]:
    """The silences among events in order, and the one that lasts until now; None without events.

    Who has left is not silent, they are gone: after that only a return begins a silence again.
    """
    steps: list[Step] = []
    if not events:
        return steps, None
    ends = [*(event.at for event in events[1:]), until]
    days, is_open, counts = 0, False, False
    for event, end in zip(events, ends, strict=True):
        days, is_open = int(days_between(event.at, end)), open_times.after(event.at)
        limit = rules.silence.open_days if is_open else rules.silence.quiet_days
        counts = days >= limit and event.kind != "left"
        if counts:
            words = rules.say("silence_open" if is_open else "silence", language, n=days)
            steps.append(Step("silence", event.at, end, 0, (), days=days, open=is_open, words=words))
    words = rules.say("silence_now_open" if is_open else "silence_now", language, n=days)
    return steps, Silence(events[-1].at, days, is_open, counts, words)


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """By beginning; silence behind what it follows."""
    return tuple(sorted(steps, key=lambda step: (step.begin, step.kind == "silence")))
