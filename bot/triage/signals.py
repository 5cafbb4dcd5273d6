"""What the rules read in a text, as a row of numbers for the learned judges beside them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.triage.complaint import is_complaint, wrongs
from bot.triage.emotion import EmotionReading, read_emotion
from bot.triage.escalation import EscalationFound, find_escalations
from bot.triage.lexicon import Scan, scan
from bot.triage.style import Style, style_of
from knowledge.case import EMOTIONS, ESCALATIONS

_WORDS: Final = (
    "anger",
    "insult",
    "ultimatum",
    "rhetorical",
    "sarcasm",
    "sarcasm_beside_failure",
    "anxiety",
    "disappointment",
    "sadness",
    "confusion",
    "gratitude",
    "polite",
    "intensifier",
)
"""Kinds of the emotion lexicon."""
_CIRCUMSTANCES: Final = ("deadline", "danger_now", "money_now", "home", "repeated", "fraud", "trivial")
_PEOPLE: Final = ("health", "life_event", "resilience", "capability")
_ASKING: Final = ("question", "request", "suggestion", "praise", "contrast")

NAMES: Final = (
    *(f"score.{kind}" for kind in EMOTIONS),
    *(f"primary.{kind}" for kind in EMOTIONS),
    "intensity",
    *(f"escalation.{kind}" for kind in ESCALATIONS),
    "misleading",
    *(f"word.{kind}" for kind in _WORDS),
    *(f"situation.{kind}" for kind in _CIRCUMSTANCES),
    *(f"person.{kind}" for kind in _PEOPLE),
    *(f"says.{kind}" for kind in _ASKING),
    "complaint",
    "wrongs",
    "note",
    "shouted",
    "stressed",
    "marks",
    "exclamations",
    "questions",
    "length",
    "heated",
    "personal",
    "formal",
    "chinese",
)
"""Of the numbers of a row, each about 0..1."""


@dataclass(frozen=True, slots=True, eq=False)
class RuleReading:
    """What the rules say of one text."""

    found: Scan
    emotion: EmotionReading
    escalations: tuple[EscalationFound, ...]
    signals: NDArray[np.float32]
    """Shape (len(NAMES),)."""


def read_rules(text: str, language: str) -> RuleReading:
    """The readings of the rules, and the row of numbers they make."""
    found, style = scan(text), style_of(text)
    emotion, escalations = read_emotion(text, language), find_escalations(text, language)
    row = [
        *_readings(emotion, escalations),
        min(len(found.misleading), 2) / 2,
        *_words(found),
        float(is_complaint(found)),
        min(sum(weight for weight, _ in wrongs(found)), 12) / 6,
        float(bool(found.of("note", "note"))),
        *_style(style),
        float("\u3400" <= max(text, default="") <= "\u9fff" or language == "zh"),
    ]
    return RuleReading(found, emotion, escalations, np.array(row, np.float32))


def _readings(emotion: EmotionReading, escalations: tuple[EscalationFound, ...]) -> list[float]:
    strengths = {found.kind: found.strength for found in escalations}
    return [
        *(emotion.scores.get(kind, 0.0) for kind in EMOTIONS),
        *(float(emotion.primary == kind) for kind in EMOTIONS),
        emotion.intensity / 4,
        *(strengths.get(kind, 0.0) for kind in ESCALATIONS),
    ]


def _words(found: Scan) -> list[float]:
    strongest = dict.fromkeys(_WORDS, 0.0)
    for hit in found.hits["emotion"]:
        for kind in hit.kinds:
            if kind in strongest:
                strongest[kind] = max(strongest[kind], hit.weight / 4)
    told = {kind for hit in found.hits["situation"] for kind in hit.kinds}
    people = {kind for hit in found.hits["vulnerability"] for kind in hit.kinds}
    says = {kind for hit in found.hits["complaint"] for kind in hit.kinds}
    return [
        *strongest.values(),
        *(float(kind in told) for kind in _CIRCUMSTANCES),
        *(float(kind in people) for kind in _PEOPLE),
        *(float(kind in says) for kind in _ASKING),
    ]


def _style(style: Style) -> list[float]:
    return [
        float(style.shouted),
        min(len(style.stressed), 3) / 3,
        min(len(style.marks), 3) / 3,
        min(style.exclamations, 4) / 4,
        min(style.questions, 4) / 4,
        style.length,
        float(style.heated),
        float(style.personal),
        float(style.formal),
    ]
