"""What journey.toml says: when silence counts, what belongs to a complaint, what costs effort, and words."""

import functools
from collections.abc import Collection
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from profiles.event import EVENT_KINDS, EventKind
from profiles.fact import EmotionKind, Language
from profiles.owned import Code, Owned
from profiles.rules import load_rules
from profiles.traits import shown

SHIPPED: Final = Path(__file__).with_name("journey.toml")

EffortCode = Literal[
    "contacts",
    "channel_switches",
    "transfers",
    "repeats",
    "call_minutes",
    "waiting_days",
    "failed_self_service",
    "broken_promises",
]
PainCode = Literal[
    "waited_too_long",
    "had_to_repeat",
    "handed_on",
    "promise_broken",
    "self_service_failed",
    "reopened",
    "silence_from_us",
    "feeling_worsened",
]
StageCode = Literal["before", "first_contact", "waiting", "follow_up", "escalation", "resolution", "after"]
RelationCode = Literal["new", "steady", "complaint", "quiet", "left"]
ShapeCode = Literal["steady", "rising", "falling", "turning_better", "turning_worse"]
StateCode = Literal["open", "closed", "lapsed"]
WordCode = Literal[
    "on", "span", "same_day", "felt", "felt_calm", "handed_on", "handed_on_once", "outcome", "silence",
    "silence_open", "silence_now", "silence_now_open", "episode", "empty", "journey", "title", "paths_title",
    "paths_note", "paths_empty", "feeling", "strong", "calm", "complaints", "our_side", "no_channel",
    "other_channels", "today", "days", "more", "other", "further", "promise_kept", "promise_broken",
    "promise_open", "key_silence", "key_break", "path_median", "path_upheld", "path_escalated",
    "path_reopened", "path_left",
]  # fmt: skip

_NAMES: Final = frozenset({
    "n", "what", "channel", "emotion", "outcome", "number", "state", "begin", "end", "steps", "episodes",
    "customers",
})  # fmt: skip


def _fillable(template: str) -> str:
    try:
        names = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise ValueError(f"the braces do not match: {error}") from error
    if strange := sorted(names - _NAMES):
        raise ValueError(f"{{{strange[0]}}} is no name: use one of {', '.join(sorted(_NAMES))}")
    return template


Template = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_fillable)]
Days = Annotated[int, Field(ge=1, le=36500)]
Positive = Annotated[float, Field(gt=0, le=1e6)]


class Said(Owned):
    """Words in both languages, with names in braces."""

    zh: Template
    en: Template

    def said(self, language: Language, **values: object) -> str:
        """The words, filled in."""
        return (self.zh if language == "zh" else self.en).format(**values)


class Counted(Said):
    """Words that go with a number."""

    one_zh: Template | None = None
    one_en: Template | None = None

    def counted(self, number: float, language: Language) -> str:
        """The words for so many."""
        one = self.one_zh if language == "zh" else self.one_en
        if number == 1 and one is not None:
            return one
        return self.said(language, n=shown(round(number, 1), "number"))


class Weight(Counted):
    """Of one part of effort."""

    points: Annotated[float, Field(ge=0, le=1000)]
    """For each one counted."""


class SilenceRules(Owned):
    """Days without any event that count as silence."""

    quiet_days: Days
    open_days: Days
    """While a complaint is open."""


class MergeRules(Owned):
    """Which events make one step."""

    days: Days
    """Most between neighbours."""
    span_days: Days
    """Most from first to last."""
    runs: frozenset[EventKind]
    background: frozenset[EventKind]


class EpisodeRules(Owned):
    """Which events belong to one complaint."""

    before_days: Days
    before: frozenset[EventKind]
    """Kinds that belong to the complaint they come before."""
    after_days: Days
    stale_days: Days
    """After so many days without any event of its own a complaint no longer counts as open."""
    follows: frozenset[EventKind]
    """Kinds that belong to an open complaint though they name none."""
    needs_category: frozenset[EventKind]
    """Of these, those that must not be about something else."""
    contacts: frozenset[EventKind]
    ours: frozenset[EventKind]
    """A word or deed of ours that the customer sees."""
    waiting_days: Days


class RelationshipRules(Owned):
    """Stages of the whole relationship."""

    new_days: Days


class EffortRules(Owned):
    """What a complaint costs the customer."""

    source: Annotated[str, Field(min_length=1, max_length=300)]
    verified: bool
    scale: Positive
    repeat_days: Days
    weights: dict[EffortCode, Weight]


class PainRules(Owned):
    """From when on something hurts."""

    resolve_days: Days
    ours_days: Days
    handed_on: Days
    """Times."""
    told_days: Days
    """On so many days the customer asked and saw no answer of ours in between."""
    worsened_by: Annotated[int, Field(ge=1, le=8)]
    """Degrees."""
    words: dict[PainCode, Counted]


class PathRules(Owned):
    """Common paths."""

    k: Annotated[int, Field(ge=1, le=10**6)]
    longest: Annotated[int, Field(ge=2, le=50)]
    left_days: Days
    left_out: frozenset[EventKind]
    upheld: frozenset[str]


class JourneyRules(Owned):
    """Everything journey.toml says."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    source: Annotated[str, Field(min_length=1, max_length=300)]
    valid_from: date
    verified: bool
    silence: SilenceRules
    merge: MergeRules
    episodes: EpisodeRules
    relationship: RelationshipRules
    effort: EffortRules
    pains: PainRules
    paths: PathRules
    kinds: dict[EventKind, Counted]
    channels: dict[Code, Said]
    emotions: dict[EmotionKind, Said]
    stages: dict[StageCode, Said]
    relations: dict[RelationCode, Said]
    shapes: dict[ShapeCode, Said]
    states: dict[StateCode, Said]
    words: dict[WordCode, Said]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        wanted: tuple[tuple[str, Collection[str], tuple[str, ...]], ...] = (
            ("kinds", self.kinds, EVENT_KINDS),
            ("emotions", self.emotions, get_args(EmotionKind)),
            ("stages", self.stages, get_args(StageCode)),
            ("relations", self.relations, get_args(RelationCode)),
            ("shapes", self.shapes, get_args(ShapeCode)),
            ("states", self.states, get_args(StateCode)),
            ("words", self.words, get_args(WordCode)),
            ("effort.weights", self.effort.weights, get_args(EffortCode)),
            ("pains.words", self.pains.words, get_args(PainCode)),
        )
        for table, given, names in wanted:
            if missing := [name for name in names if name not in given]:
                raise ValueError(f"[{table}] has nothing for {', '.join(missing)}: add it with zh and en")
        return self

    @classmethod
    def shipped(cls) -> "JourneyRules":
        """Those that come with the product."""
        return _shipped()

    @classmethod
    def load(cls, path: Path) -> "JourneyRules":
        """Those of a file.

        Raises:
            InvalidRules: it breaks the schema; says where and what.
        """
        rules, _ = load_rules(path, cls)
        return rules

    def channel(self, code: str, language: Language) -> str:
        """A channel in words; one without words as it is written."""
        known = self.channels.get(code)
        return code if known is None else known.said(language)

    def say(self, word: WordCode, language: Language, **values: object) -> str:
        """Words of the table `words`, filled in; numbers without needless digits."""
        filled = {
            name: shown(value, "number") if isinstance(value, (int, float)) else value
            for name, value in values.items()
        }
        return self.words[word].said(language, **filled)


@functools.cache
def _shipped() -> JourneyRules:
    return JourneyRules.load(SHIPPED)
