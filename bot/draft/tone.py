"""How the customer feels, and what that asks of the wording (tone.toml).

Tone changes words and their order, never what is promised.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, Field

from bot.brief import Brief
from knowledge.case import EmotionKind, EscalationKind, Language, Owned
from knowledge.rules import load_rules

Family = Literal[
    "anger", "threat", "sarcasm", "anxiety", "disappointment", "sadness", "grief", "confusion", "gratitude",
    "neutral", "safety",
]  # fmt: skip
FAMILIES: Final[tuple[Family, ...]] = get_args(Family)
NEAREST: Final[dict[Family, Family]] = {"threat": "anger", "sarcasm": "anger", "grief": "sadness"}
"""Whose wording serves where a family has none of its own."""
Form = Literal["letter", "chat"]
Order = tuple[tuple[str, ...], ...]
"""Paragraphs of slots."""

FILE: Final = Path(__file__).with_name("tone.toml")
_KIND: Final[dict[EmotionKind, Family]] = {
    "anger": "anger", "anxiety": "anxiety", "disappointment": "disappointment", "sadness": "sadness",
    "confusion": "confusion", "gratitude": "gratitude", "neutral": "neutral",
}  # fmt: skip


class WordLists(Owned):
    """Words of both languages."""

    zh: tuple[str, ...]
    en: tuple[str, ...]

    def of(self, language: Language) -> tuple[str, ...]:
        """The words of one language."""
        return self.zh if language == "zh" else self.en


class FamilyRules(Owned):
    """What one feeling asks of a reply."""

    letter: Annotated[Order, Field(min_length=1)]
    chat: Annotated[Order, Field(min_length=1)]
    signs: WordLists

    def order(self, form: Form) -> Order:
        """The paragraphs of this form."""
        return self.letter if form == "letter" else self.chat


def _complete(families: dict[Family, FamilyRules]) -> dict[Family, FamilyRules]:
    if missing := [family for family in FAMILIES if family not in families]:
        raise ValueError(f"families without rules: {', '.join(missing)}")
    return families


class StageRules(Owned):
    """The parts of a reply after the first, in order."""

    letter: Annotated[Order, Field(min_length=1)]
    chat: Annotated[Order, Field(min_length=1)]
    families: dict[Family, Order] = {}
    """Feelings for which a letter has another order."""

    def order(self, family: Family, form: Form) -> Order:
        """The paragraphs for this feeling and form."""
        return self.chat if form == "chat" else self.families.get(family, self.letter)


class ToneRules(Owned):
    """tone.toml."""

    version: str
    source: str
    valid_from: date
    chat_channels: tuple[str, ...]
    quote_similarity: Annotated[float, Field(ge=0, le=1)]
    stages: dict[str, StageRules]
    threats: tuple[EscalationKind, ...]
    grief: WordLists
    families: Annotated[dict[Family, FamilyRules], AfterValidator(_complete)]

    def order(self, stage: str, family: Family, form: Form) -> Order:
        """The paragraphs of a reply."""
        if stage in self.stages:
            return self.stages[stage].order(family, form)
        return self.families[family].order(form)


@dataclass(frozen=True, slots=True)
class Tone:
    """How this reply sounds."""

    family: Family
    intensity: int
    """0..4."""
    form: Form
    rising: bool = False
    """Whether the distress has grown over the customer's turns."""


@cache
def tone_rules() -> ToneRules:
    """The rules; read once.

    Raises:
        InvalidRules: the file breaks its schema, or a family is missing.
    """
    return load_rules(FILE, ToneRules)


def read_tone(brief: Brief) -> Tone:
    """The tone that fits what the customer wrote and where they wrote it."""
    emotion = brief.triage.emotion
    path = emotion.trajectory
    channel = brief.channel.lower()
    chat = any(part in tone_rules().chat_channels for part in (channel, *re.split(r"[._-]", channel)))
    rising = path is not None and path.shape == "rising"
    return Tone(_family(brief), emotion.intensity, "chat" if chat else "letter", rising)


def _family(brief: Brief) -> Family:
    """Danger before grief, grief before everything else; a threat is told from plain anger, and irony too."""
    emotion = brief.triage.emotion
    kinds = {escalation.kind for escalation in brief.triage.escalations}
    if "safety" in kinds:
        return "safety"
    if _grieves(brief):
        return "grief"
    if emotion.sarcastic:
        return "sarcasm"
    if emotion.primary in {"anger", "neutral"} and kinds.intersection(tone_rules().threats):
        return "threat"
    return _KIND[emotion.primary]


def acknowledges(text: str, family: Family, language: Language) -> bool:
    """Whether a reply names the feeling; always for those that need no naming."""
    signs = _signs(family, language)
    return signs is None or signs.search(text.lower()) is not None


def _grieves(brief: Brief) -> bool:
    """Somebody died, and it shows in more than one word."""
    triage = brief.triage
    sad = triage.emotion.primary == "sadness" or "sadness" in triage.emotion.scores
    if not sad and not any(hint.kind == "life_event" for hint in triage.vulnerability):
        return False
    return _grief(brief.language).search(brief.text.lower()) is not None


@cache
def _signs(family: Family, language: Language) -> re.Pattern[str] | None:
    """The signs of a feeling as one pattern: English ones begin a word, and go on as they like."""
    signs = "|".join(tone_rules().families[family].signs.of(language))
    if not signs:
        return None
    return re.compile(rf"(?<![a-z])(?:{signs})" if language == "en" else signs)


@cache
def _grief(language: Language) -> re.Pattern[str]:
    words = "|".join(map(re.escape, tone_rules().grief.of(language)))
    return re.compile(rf"(?<![a-z])(?:{words})(?![a-z])" if language == "en" else words)
