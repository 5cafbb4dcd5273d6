"""Triage: what it is about, how the customer feels, how urgent it is, and where it goes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from bot.suggestion import (
    Alternative,
    Emotion,
    Escalation,
    Evidence,
    FeltTurn,
    NeedRead,
    ReasonCode,
    Route,
    Triage,
    VulnerabilityHint,
)
from bot.triage.emotion import EmotionReading, is_sarcastic
from bot.triage.escalation import EscalationFound
from bot.triage.language import detect
from bot.triage.learned import Judge, Rules, shipped_judge
from bot.triage.needs import NeedFound
from bot.triage.reading import Reading, ReadTurn
from bot.triage.routing import route
from bot.triage.trajectory import trajectory
from bot.triage.urgency import UrgencyFacts, judge_urgency, read_situation
from bot.triage.vulnerability import VulnerabilityFound
from knowledge.case import EscalationKind, Language, Vulnerability
from knowledge.embedding import Vector
from knowledge.match import CaseMatch
from knowledge.prediction import Classifier, Prediction
from knowledge.search import Preference
from knowledge.taxonomy import Taxonomy

ALTERNATIVES: Final = 3
MIN_WORDS: Final = 2
"""Letters a text must have, murmurs and digits aside, before it can be judged at all."""
READ_FIRST: Final = 200
"""Characters in which they are looked for."""
_MURMUR: Final = re.compile("[嗯哦噢啊呃额呵哈嘿哎唉呀啦嘛]")


@dataclass(frozen=True, slots=True)
class Category:
    """The head's verdict, or why there is none."""

    code: str | None
    confidence: float
    margin: float
    reason_code: ReasonCode
    alternatives: tuple[Alternative, ...]
    words: tuple[str, ...] = ()
    """The customer's words that weighed most."""


class Triager:
    """Judges readings with one head and one taxonomy; feelings and intents with the judge that is shipped."""

    def __init__(
        self, head: Classifier | None, taxonomy: Taxonomy, judge: Judge | Rules | None = None
    ) -> None:
        self._head = head
        self._taxonomy = taxonomy
        self._judge = judge or shipped_judge()

    @property
    def models(self) -> dict[str, str]:
        """Name and revision of the heads that judge feelings and intents; empty where the rules do alone."""
        return self._judge.models

    def language(self, reading: Reading) -> Literal["zh", "en", "und"]:
        """The language the customer writes."""
        return detect(reading.text)

    def judge(
        self, reading: Reading, language: Literal["zh", "en", "und"], vector: Vector, reply_language: Language
    ) -> Triage:
        """Everything the words tell; the nearest cases are added by `with_precedent`."""
        category = self._category(reading.text, language, vector)
        turns = reading.customer
        read = [self._judge.read(turn.text, language) for turn in turns]
        emotion = _emotion(turns, [found.emotion for found in read])
        escalations = _escalations(turns, [found.escalations for found in read])
        vulnerability = _vulnerability(turns, [found.vulnerability for found in read])
        complains = self._judge.complains(reading.text, language)
        if (
            emotion.primary == "gratitude"
        ):  # thanks beside a failure are not read as gratitude: this is praise
            complains = False
        complains = complains or category.code not in {None, "other"} or bool(escalations)
        situation = replace(
            read_situation(reading.text, language),
            possible_danger=tuple(span for found in read for span in found.possible_danger),
        )
        verdict = judge_urgency(
            UrgencyFacts(
                language=reply_language,
                complaint=complains,
                category=category.code,
                emotion=emotion.primary,
                intensity=emotion.intensity,
                escalations=frozenset(found.kind for found in escalations),
                vulnerability=frozenset(found.kind for found in vulnerability),
                situation=situation,
            )
        )
        queue, skills = route(
            category.code,
            tuple(found.kind for found in escalations),
            verdict.urgency,
            reply_language,
            tuple(found.kind for found in vulnerability),
        )
        return Triage(
            category=category.code,
            confidence=category.confidence,
            margin=category.margin,
            abstained=category.code is None,
            reason_code=category.reason_code,
            alternatives=category.alternatives,
            complaint=complains,
            urgency=verdict.urgency,
            route=Route(queue=queue, skills=tuple(skills)),
            emotion=emotion,
            escalations=escalations,
            needs=_needs(turns, [found.needs for found in read]),
            vulnerability=vulnerability,
            reasons=(
                *self._category_reasons(category, reply_language),
                *verdict.reasons,
                *([_LEFT_OUT[reply_language].format(read=reading.limit)] if reading.left_out else []),
            ),
        )

    @staticmethod
    def preference(triage: Triage, sector: str | None, language: Language) -> Preference:
        """What recall may prefer: the sector, the language, and the categories that were considered."""
        considered = {found.category: found.confidence for found in triage.alternatives}
        if triage.category is not None:
            considered[triage.category] = triage.confidence
        return Preference(sector, language, considered)

    def with_precedent(self, triage: Triage, cases: Sequence[CaseMatch], language: Language) -> Triage:
        """The triage with the nearest labelled cases among its reasons."""
        wanted = triage.category or (triage.alternatives[0].category if triage.alternatives else None)
        near = [match for match in cases if wanted is not None and match.case.category == wanted][:3]
        if wanted is None or not near:
            return triage
        name, ids = self._taxonomy.display(wanted, language), [match.id for match in near]
        reason = (
            f"最相近的已结案件中有 {len(near)} 件同为“{name}”：{'、'.join(ids)}"
            if language == "zh"
            else f"Also “{name}” among the closest past cases: {', '.join(ids)}"
        )
        return triage.model_copy(update={"reasons": (*triage.reasons, reason)})

    def _category(self, text: str, language: Literal["zh", "en", "und"], vector: Vector) -> Category:
        if sum(character.isalpha() for character in _MURMUR.sub("", text[:READ_FIRST])) < MIN_WORDS:
            return _no_category("not_enough_text")
        if language == "und":
            return _no_category("language_unsupported")
        if self._head is None:
            return _no_category("model_failed")
        prediction = self._head.judge(text, vector)
        best = prediction.best
        alternatives = _alternatives(prediction)
        if prediction.abstain is not None:
            return Category(
                None,
                prediction.confidence,
                prediction.margin,
                prediction.abstain,
                alternatives[:ALTERNATIVES],
            )
        return Category(
            best,
            prediction.confidence,
            prediction.margin,
            "assigned",
            alternatives[1 : ALTERNATIVES + 1],
            self._head.contributions(text, best),
        )

    def _category_reasons(self, category: Category, language: Language) -> list[str]:
        percent = f"{category.confidence:.0%}"
        best = category.code or (category.alternatives[0].category if category.alternatives else None)
        name = self._taxonomy.display(best, language) if best else ""
        weighed = ("、" if language == "zh" else ", ").join(f"“{word}”" for word in category.words)
        return [_REASONS[language][category.reason_code].format(name=name, percent=percent)] + (
            [_WEIGHED[language].format(words=weighed)] if weighed else []
        )


_REASONS: Final[dict[Language, dict[ReasonCode, str]]] = {
    "zh": {
        "assigned": "诉求归为“{name}”，把握 {percent}",
        "out_of_scope": "不像是已知的任何一类（最接近“{name}”），请人工判断",
        "low_confidence": "不确定类别：最可能是“{name}”，把握只有 {percent}，请人工判断",
        "narrow_margin": "不确定类别：“{name}”（{percent}）与次选太接近，请人工判断",
        "language_unsupported": "文字既非中文也非英文，未判断类别，请人工阅读",
        "not_enough_text": "可读的文字太少，未判断类别",
        "model_failed": "分类模型不可用，未判断类别",
    },
    "en": {
        "assigned": "About “{name}”, {percent} sure",
        "out_of_scope": "Looks like none of the known categories (nearest is “{name}”): please decide",
        "low_confidence": "Not sure of the category: “{name}” is likeliest at only {percent}; please decide",
        "narrow_margin": "Not sure of the category: “{name}” {percent} and the next are close: please decide",
        "language_unsupported": "Neither Chinese nor English: the category was not judged; please read it",
        "not_enough_text": "Too few words to judge the category",
        "model_failed": "The category model cannot be used: the category was not judged",
    },
}
_LEFT_OUT: Final[dict[Language, str]] = {
    "zh": "文字过长，只判断了其中 {read:,} 个字，其余请人工阅读",
    "en": "A long text: {read:,} characters of it were judged; please read the rest",
}
_WEIGHED: Final[dict[Language, str]] = {
    "zh": "权重最大的字词：{words}",
    "en": "Words that weighed most: {words}",
}


def _no_category(reason: ReasonCode) -> Category:
    return Category(None, 0.0, 0.0, reason, ())


def _alternatives(prediction: Prediction) -> tuple[Alternative, ...]:
    ranked = sorted(zip(prediction.labels, prediction.probabilities, strict=True), key=lambda pair: -pair[1])
    return tuple(
        Alternative(category=label, confidence=round(float(probability), 4))
        for label, probability in ranked[: ALTERNATIVES + 1]
    )


def _emotion(turns: Sequence[ReadTurn], readings: Sequence[EmotionReading]) -> Emotion:
    """Of the newest turn that shows one; neutral where none does."""
    path = trajectory(
        [
            FeltTurn(turn=turn.position, primary=reading.primary, intensity=reading.intensity)
            for turn, reading in zip(turns, readings, strict=True)
        ]
    )
    for turn, reading in zip(reversed(turns), reversed(readings), strict=True):
        if reading.intensity > 0:
            return Emotion(
                primary=reading.primary,
                intensity=reading.intensity,
                scores={kind: round(score, 3) for kind, score in reading.scores.items()},
                evidence=tuple(turn.evidence(span) for span in reading.evidence),
                trajectory=path,
                sarcastic=reading.primary in {"anger", "disappointment"} and is_sarcastic(turn.text),
            )
    return Emotion(primary="neutral", intensity=0, scores={"neutral": 1.0}, trajectory=path)


def _escalations(
    turns: Sequence[ReadTurn], readings: Sequence[tuple[EscalationFound, ...]]
) -> tuple[Escalation, ...]:
    found: dict[EscalationKind, list[Evidence]] = {}
    for turn, escalations in zip(turns, readings, strict=True):
        for escalation in escalations:
            found.setdefault(escalation.kind, []).extend(map(turn.evidence, escalation.evidence))
    return tuple(Escalation(kind=kind, evidence=tuple(spans)) for kind, spans in found.items())


def _needs(turns: Sequence[ReadTurn], readings: Sequence[tuple[NeedFound, ...]]) -> tuple[NeedRead, ...]:
    """Each need once, as it was said last."""
    found: dict[tuple[str, str], NeedRead] = {}
    for turn, needs in zip(turns, readings, strict=True):
        for need in needs:
            read = NeedRead(
                kind=need.kind, need=need.need, text=need.text, evidence=(turn.evidence(need.span),)
            )
            found[need.kind, need.need] = read
    return tuple(found.values())


def _vulnerability(
    turns: Sequence[ReadTurn], readings: Sequence[tuple[VulnerabilityFound, ...]]
) -> tuple[VulnerabilityHint, ...]:
    found: dict[Vulnerability, list[Evidence]] = {}
    for turn, hints in zip(turns, readings, strict=True):
        for hint in hints:
            found.setdefault(hint.kind, []).extend(map(turn.evidence, hint.evidence))
    return tuple(VulnerabilityHint(kind=kind, evidence=tuple(spans)) for kind, spans in found.items())
