"""The rules and the trained heads together: what the service reads in a text.

Every feeling and every intent still points at words of the text. What the heads alone find is shown by the
words that weighed most; what has no words to show is not said. Without the model files the rules answer
alone.
"""

import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from bot.triage.emotion import MOST_EVIDENCE, EmotionReading
from bot.triage.escalation import MOST_EVIDENCE as MOST_WORDS, EscalationFound
from bot.triage.fusion import INPUTS, Fusion, Judgement, ordered, row_of
from bot.triage.lexicon import Scan, Span
from bot.triage.signals import RuleReading, read_rules
from knowledge.case import ESCALATIONS, EmotionKind, EscalationKind
from knowledge.errors import ModelUnavailable
from knowledge.features import recent_features
from knowledge.head import Head

log = logging.getLogger(__name__)

MODEL: Final = Path(__file__).with_name("model")
SHOWN: Final = 3
"""Words that show what a head alone found."""
_LATIN: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyz")
LEAST_LETTERS: Final = 6
"""Letters a text must have before the heads are asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What one text shows."""

    emotion: EmotionReading
    escalations: tuple[EscalationFound, ...]
    possible_danger: tuple[Span, ...] = ()
    """Words that make the heads suspect a danger to a person, too little for an escalation."""


class Judge:
    """Reads with the rules and, where there are any, with two heads and their fusion."""

    def __init__(self, emotion: Head, escalation: Head, fusion: Fusion) -> None:
        """Join heads to the fusion that was fitted to them.

        Raises:
            ModelUnavailable: the fusion was made for other heads or other signals.
        """
        made_for = {"emotion": emotion.name, "escalation": escalation.name}
        if fusion.card.heads != made_for or fusion.card.inputs != INPUTS:
            raise ModelUnavailable(
                f"{fusion.name} was made for other heads or signals: make all of them again with "
                "'python -m bot.triage.shipped DATA'"
            )
        self._emotion, self._escalation, self._fusion = emotion, escalation, fusion
        self._order = ordered(emotion), ordered(escalation)
        self._blank = np.zeros(0, np.float32)

    @classmethod
    def load(cls, folder: Path) -> "Judge":
        """The judge in a folder that `bot.triage.shipped` wrote.

        Raises:
            ModelUnavailable: a file is missing, damaged, or does not belong to the others.
        """
        return cls(
            Head.load(folder / "emotion"),
            Head.load(folder / "escalation"),
            Fusion.load(folder / "fusion.json"),
        )

    @property
    def models(self) -> dict[str, str]:
        """Name and revision of the heads, by subject."""
        return {"emotion": self._emotion.name, "escalation": self._escalation.name}

    def read(self, text: str, language: str) -> Read:
        """The feeling and the intents of the words."""
        rules = read_rules(text, language)
        if language not in {"zh", "en"} or sum(map(str.isalpha, text[:200])) < LEAST_LETTERS:
            return Read(rules.emotion, rules.escalations)
        said = self._judgement(text, rules)
        meant = tuple(self._meant(text, rules, said))
        suspected = self._fusion.suspects_danger(said.escalations["safety"], rules.signals)
        told = any(found.kind == "safety" for found in meant)
        danger = self._words(text, rules.found, "safety") if suspected and not told else ()
        return Read(self._felt(text, rules, said), meant, danger)

    def _judgement(self, text: str, rules: RuleReading) -> Judgement:
        found = recent_features(text)
        emotion = self._emotion.logits(found, self._blank)[self._order[0]]
        escalation = self._escalation.logits(found, self._blank)[self._order[1]]
        return self._fusion.judge(row_of(emotion, escalation, rules.signals))

    def _felt(self, text: str, rules: RuleReading, said: Judgement) -> EmotionReading:
        if said.primary == "neutral":
            return EmotionReading("neutral", 0, {"neutral": 1.0}, ())
        spans = self._shown(text, rules, said.primary)
        if not spans:
            return rules.emotion
        return EmotionReading(
            primary=said.primary,
            intensity=said.intensity,
            scores={kind: round(p, 3) for kind, p in said.kinds.items()},
            evidence=spans,
        )

    def _shown(self, text: str, rules: RuleReading, primary: EmotionKind) -> tuple[Span, ...]:
        """The words the rules saw where they saw the same feeling, else those that weighed most."""
        if primary in rules.emotion.scores and rules.emotion.evidence:
            return rules.emotion.evidence
        words = self._emotion.contributions(text, primary, SHOWN)
        return spans_of(words, rules.found)[:MOST_EVIDENCE]

    def _meant(self, text: str, rules: RuleReading, said: Judgement) -> "list[EscalationFound]":
        by_rules = {found.kind: found for found in rules.escalations}
        found: list[EscalationFound] = []
        for kind in ESCALATIONS:
            probability = said.escalations[kind]
            if not self._fusion.holds(kind, probability, rules.signals):
                continue
            if kind in by_rules:
                found.append(by_rules[kind])
            elif spans := self._words(text, rules.found, kind):
                found.append(EscalationFound(kind, spans, probability))
        return found

    def _words(self, text: str, found: Scan, kind: EscalationKind) -> tuple[Span, ...]:
        words = self._escalation.contributions(text, kind, SHOWN)
        return tuple(
            span
            for span in spans_of(words, found)
            if not any(hit.start < span.end and span.start < hit.end for hit in found.misleading)
        )[:MOST_WORDS]


def spans_of(words: tuple[str, ...], found: Scan) -> tuple[Span, ...]:
    """Where normalised words first stand in the text, in its order; one that cannot be found is left out."""
    starts = ((_first(word, found.folded), word) for word in words)
    return tuple(
        Span(start, start + len(word), found.text[start : start + len(word)])
        for start, word in sorted(starts)
        if start >= 0
    )


def _first(word: str, folded: str) -> int:
    """Where a word first stands, an English one not inside another; -1 where it does not."""
    start = folded.find(word)
    while start >= 0 and word.isascii() and _cut_out(folded, start, start + len(word)):
        start = folded.find(word, start + 1)
    return start


def _cut_out(folded: str, start: int, end: int) -> bool:
    return folded[start - 1 : start] in _LATIN or folded[end : end + 1] in _LATIN


class Rules:
    """The rules alone, where the model files cannot be used."""

    models: Final[dict[str, str]] = {}

    def read(self, text: str, language: str) -> Read:
        """The feeling and the intents of the words."""
        rules = read_rules(text, language)
        return Read(rules.emotion, rules.escalations)


@cache
def shipped_judge(folder: Path = MODEL) -> Judge | Rules:
    """The judge that comes with Redress; the rules alone, with a warning said once, where it is damaged."""
    try:
        return Judge.load(folder)
    except ModelUnavailable as error:
        log.warning("emotion and escalation are judged by the rules alone: %s", error)
        return Rules()
