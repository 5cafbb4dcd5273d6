"""The rules and the trained heads together: what the service reads in a text.

Every feeling and every intent still points at words of the text. What the heads alone find is shown by the
words that weighed most; what has no words to show is not said. Without the model files the rules answer
alone.
"""

import logging
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from bot.triage.circumstances import Circumstances, RuledCircumstances
from bot.triage.emotion import MOST_EVIDENCE, EmotionReading
from bot.triage.escalation import MOST_EVIDENCE as MOST_WORDS, EscalationFound
from bot.triage.fusion import INPUTS, Fusion, Judgement, ordered, row_of
from bot.triage.lexicon import Scan, Span
from bot.triage.mixing import SHOWN, spans_of
from bot.triage.needs import NeedFound
from bot.triage.own import NO_OWN, OwnReaders
from bot.triage.signals import RuleReading, read_rules
from bot.triage.vulnerability import VulnerabilityFound
from knowledge.case import EMOTIONS, ESCALATIONS, EmotionKind, EscalationKind
from knowledge.errors import ModelUnavailable
from knowledge.head import Head, side_by_side
from knowledge.head_features import recent_head_features
from knowledge.prediction import Prediction

log = logging.getLogger(__name__)

MODEL: Final = Path(__file__).with_name("model")
LEAST_LETTERS: Final = 6
"""Letters a text must have before the heads are asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What one text shows."""

    emotion: EmotionReading
    escalations: tuple[EscalationFound, ...]
    needs: tuple[NeedFound, ...] = ()
    vulnerability: tuple[VulnerabilityFound, ...] = ()
    possible_danger: tuple[Span, ...] = ()
    """Words that make the heads suspect a danger to a person, too little for an escalation."""


class Judge:
    """Reads with the rules and, where there are letters enough, with the heads and what joins them."""

    def __init__(
        self,
        emotion: Head,
        escalation: Head,
        fusion: Fusion,
        circumstances: Circumstances,
        own: OwnReaders = NO_OWN,
    ) -> None:
        """Join heads to the fusion that was fitted to them; a company's own models come before them.

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
        self._circumstances, self._own = circumstances, own
        self._order = ordered(emotion), ordered(escalation)
        self._blank = np.zeros(0, np.float32)

    @classmethod
    def load(cls, folder: Path, own: OwnReaders = NO_OWN) -> "Judge":
        """The judge in a folder that `bot.triage.shipped` wrote, behind a company's own models.

        Raises:
            ModelUnavailable: a file is missing, damaged, or does not belong to the others.
        """
        circumstances, fusion = Circumstances.load(folder), Fusion.load(folder / "fusion.json")
        alone = Head.load(folder / "emotion"), Head.load(folder / "escalation")
        emotion, escalation, *others = side_by_side([*alone, *circumstances.heads])
        return cls(emotion, escalation, fusion, circumstances.with_heads(others, own), own)

    @property
    def models(self) -> dict[str, str]:
        """Name and revision of the heads, by subject."""
        feelings = {"emotion": self._emotion.name, "escalation": self._escalation.name}
        return {**feelings, **self._circumstances.models, **self._own.models}

    def read(self, text: str, language: str) -> Read:
        """What the words show."""
        if not _readable(text, language):
            return Rules().read(text, language)
        rules = read_rules(text, language)
        said = self._judgement(text, rules)
        meant = tuple(self._meant(text, rules, said))
        suspected = self._fusion.suspects_danger(said.escalations["safety"], rules.signals)
        told = any(found.kind == "safety" for found in meant)
        danger = self._words(text, rules.found, "safety") if suspected and not told else ()
        return Read(
            self._felt(text, rules, said),
            meant,
            self._circumstances.needs(text, language),
            self._circumstances.vulnerability(text, language),
            danger,
        )

    def complains(self, text: str, language: str) -> bool:
        """Whether something is wrong, failed or unfair."""
        by = self._circumstances if _readable(text, language) else _RULED
        return by.complains(text, language)

    def _judgement(self, text: str, rules: RuleReading) -> Judgement:
        found = recent_head_features(text)
        emotion = self._emotion.logits(found, self._blank)[self._order[0]]
        escalation = self._escalation.logits(found, self._blank)[self._order[1]]
        return self._fusion.judge(row_of(emotion, escalation, rules.signals))

    def _felt(self, text: str, rules: RuleReading, said: Judgement) -> EmotionReading:
        if self._own.emotion is not None:
            said = _with_own_emotion(said, self._own.emotion.judge(text))
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
        words = self._own.emotion.words(text, primary) if self._own.emotion is not None else ()
        words = words or self._emotion.contributions(text, primary, SHOWN)
        return spans_of(words, rules.found)[:MOST_EVIDENCE]

    def _meant(self, text: str, rules: RuleReading, said: Judgement) -> "list[EscalationFound]":
        by_rules = {found.kind: found for found in rules.escalations}
        own = self._own_intents(text)
        found: list[EscalationFound] = []
        for kind in ESCALATIONS:
            probability = said.escalations[kind]
            holds = self._fusion.holds(kind, probability, rules.signals)
            if kind in own:
                probability, own_holds = own[kind]
                holds = own_holds or (holds and kind == "safety")  # no model of its own silences a danger
            if not holds:
                continue
            if kind in by_rules:
                found.append(by_rules[kind])
            elif spans := self._words(text, rules.found, kind):
                found.append(EscalationFound(kind, spans, probability))
        return found

    def _own_intents(self, text: str) -> dict[str, tuple[float, bool]]:
        """What a model of the company says of the kinds it knows: probability, and whether it holds."""
        if self._own.escalation is None:
            return {}
        said = self._own.escalation.judge(text)
        return {
            kind: (float(probability), kind in said.chosen)
            for kind, probability in zip(said.labels, said.probabilities, strict=True)
        }

    def _words(self, text: str, found: Scan, kind: EscalationKind) -> tuple[Span, ...]:
        words = self._own.escalation.words(text, kind) if self._own.escalation is not None else ()
        words = words or self._escalation.contributions(text, kind, SHOWN)
        return tuple(
            span
            for span in spans_of(words, found)
            if not any(hit.start < span.end and span.start < hit.end for hit in found.misleading)
        )[:MOST_WORDS]


def _with_own_emotion(said: Judgement, own: Prediction) -> Judgement:
    """The shipped judgement, its feelings replaced by those a company's model is sure of."""
    held = {kind: float(own.probabilities[own.labels.index(kind)]) for kind in EMOTIONS if kind in own.chosen}
    if not held:
        return said
    primary = max(held, key=lambda kind: held[kind])
    if primary == "neutral":
        return replace(said, primary=primary, kinds={primary: 1.0}, intensity=0)
    held.pop("neutral", None)
    return replace(said, primary=primary, kinds=held, intensity=max(said.intensity, 1))


class Rules:
    """The rules alone, where the model files cannot be used."""

    models: Final[dict[str, str]] = {}

    def read(self, text: str, language: str) -> Read:
        """What the words show."""
        rules = read_rules(text, language)
        return Read(
            rules.emotion,
            rules.escalations,
            _RULED.needs(text, language),
            _RULED.vulnerability(text, language),
        )

    def complains(self, text: str, language: str) -> bool:
        """Whether something is wrong, failed or unfair."""
        return _RULED.complains(text, language)


_RULED: Final = RuledCircumstances()


def _readable(text: str, language: str) -> bool:
    """Whether the heads can say anything of the text."""
    return language in {"zh", "en"} and sum(map(str.isalpha, text[:200])) >= LEAST_LETTERS


@cache
def shipped_judge(folder: Path = MODEL, own: OwnReaders = NO_OWN) -> Judge | Rules:
    """The judge that comes with Redress; the rules alone, with a warning said once, where it is damaged."""
    try:
        return Judge.load(folder, own)
    except ModelUnavailable as error:
        log.warning("feelings, intents and needs are judged by the rules alone: %s", error)
        return Rules()
