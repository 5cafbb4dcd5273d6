"""How well the readings agree with labelled cases, per language and over all."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.triage.emotion import EmotionReading, read_emotion
from bot.triage.escalation import find_escalations
from bot.triage.needs import NeedFound, find_needs, looks_like_complaint
from bot.triage.urgency import UrgencyFacts, judge_urgency, read_situation
from bot.triage.vulnerability import find_vulnerability
from knowledge.case import EMOTIONS, ESCALATIONS, Case, EscalationKind, Urgency, Vulnerability

Scores = dict[str, float]


@dataclass(frozen=True, slots=True)
class _Read:
    """A case beside what was read from its text."""

    case: Case
    emotion: EmotionReading
    escalations: frozenset[EscalationKind]
    vulnerability: frozenset[Vulnerability]
    needs: tuple[NeedFound, ...]
    complaint: bool
    urgency: Urgency
    """By the words alone: no category is given."""


def measure(cases: Iterable[Case]) -> dict[str, dict[str, float | Scores]]:
    """Agreement with the labels, under `zh`, `en` and `all`; shares are 0..1.

    A label that a case does not have is left out of what measures it; a share of nothing is 0.
    """
    read = [_read(case) for case in cases]
    groups = {
        "zh": [r for r in read if r.case.language == "zh"],
        "en": [r for r in read if r.case.language == "en"],
    }
    return {name: _agreement(group) for name, group in {**groups, "all": read}.items()}


def _read(case: Case) -> _Read:
    text, language = case.text, case.language
    emotion = read_emotion(text, language)
    escalations: frozenset[EscalationKind] = frozenset(e.kind for e in find_escalations(text, language))
    vulnerability: frozenset[Vulnerability] = frozenset(v.kind for v in find_vulnerability(text, language))
    complaint, _ = looks_like_complaint(text, language)
    verdict = judge_urgency(
        UrgencyFacts(
            language=language,
            complaint=complaint,
            emotion=emotion.primary,
            intensity=emotion.intensity,
            escalations=escalations,
            vulnerability=vulnerability,
            situation=read_situation(text, language),
        )
    )
    needs = find_needs(text, language)
    return _Read(case, emotion, escalations, vulnerability, needs, complaint, verdict.urgency)


def _agreement(read: Sequence[_Read]) -> dict[str, float | Scores]:
    felt = [r for r in read if r.case.primary_emotion is not None]
    graded = [r for r in read if r.case.intensity is not None]
    urgent = [r for r in read if r.case.urgency is not None]
    f1 = {kind: _f1(felt, kind) for kind in EMOTIONS if any(r.case.primary_emotion == kind for r in felt)}
    return {
        "n": float(len(read)),
        "emotion_accuracy": _share(r.case.primary_emotion == r.emotion.primary for r in felt),
        "emotion_macro_f1": round(sum(f1.values()) / max(len(f1), 1), 3),
        "emotion_f1": f1,
        "intensity_exact": _share(r.case.intensity == r.emotion.intensity for r in graded),
        "intensity_within_1": _share(abs((r.case.intensity or 0) - r.emotion.intensity) <= 1 for r in graded),
        "complaint_accuracy": _share(r.case.complaint == r.complaint for r in read),
        "urgency_accuracy": _share(r.case.urgency == r.urgency for r in urgent),
        **_precision_recall(
            read, "escalation", ESCALATIONS, lambda r: r.case.escalations, lambda r: r.escalations
        ),
        **_precision_recall(
            read,
            "vulnerability",
            ("health", "life_event", "resilience", "capability"),
            lambda r: r.case.vulnerability,
            lambda r: r.vulnerability,
        ),
        **_needs(read),
    }


def _needs(read: Sequence[_Read]) -> dict[str, float | Scores]:
    """Explicit needs of the codebook's codes."""

    def labelled(r: _Read) -> Collection[str]:
        return {need.need for need in r.case.needs if need.kind == "explicit" and need.need != "other"}

    def found(r: _Read) -> Collection[str]:
        return {need.need for need in r.needs if need.kind == "explicit"}

    codes = sorted({code for r in read for code in labelled(r)})
    return _precision_recall(read, "needs", codes, labelled, found)


def _precision_recall(
    read: Sequence[_Read],
    name: str,
    kinds: Sequence[str],
    labelled: Callable[[_Read], Collection[str]],
    found: Callable[[_Read], Collection[str]],
) -> dict[str, float | Scores]:
    precision: Scores = {}
    recall: Scores = {}
    hits = named = wanted = 0
    for kind in kinds:
        of_found = [kind in labelled(r) for r in read if kind in found(r)]
        of_labelled = [kind in found(r) for r in read if kind in labelled(r)]
        precision[kind], recall[kind] = _share(of_found), _share(of_labelled)
        hits, named, wanted = hits + sum(of_found), named + len(of_found), wanted + len(of_labelled)
    return {
        f"{name}_precision": round(hits / max(named, 1), 3),
        f"{name}_recall": round(hits / max(wanted, 1), 3),
        f"{name}_precision_by_kind": precision,
        f"{name}_recall_by_kind": recall,
    }


def _f1(read: Sequence[_Read], kind: str) -> float:
    right = sum(r.case.primary_emotion == kind == r.emotion.primary for r in read)
    wrong = sum((r.case.primary_emotion == kind) != (r.emotion.primary == kind) for r in read)
    return round(2 * right / max(2 * right + wrong, 1), 3)


def _share(hits: Iterable[bool]) -> float:
    found = list(hits)
    return round(sum(found) / max(len(found), 1), 3)
