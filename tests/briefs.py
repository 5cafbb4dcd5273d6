"""Briefs for tests: as the desk makes them, with everything changeable."""

from datetime import UTC, date, datetime, time
from typing import Any

from bot.brief import Brief, Utterance
from bot.clocks.rules import Clocks
from bot.draft.stated import find_stated
from bot.suggestion import (
    Emotion,
    Escalation,
    Evidence,
    FactCard,
    NeedRead,
    Route,
    Triage,
    VulnerabilityHint,
)
from knowledge.article import Article
from knowledge.case import Case, EmotionKind, EscalationKind, Language, Urgency, Vulnerability
from knowledge.match import CaseMatch, PassageMatch

TODAY = date(2026, 11, 22)


def triage(
    *,
    category: str | None = "fees_pricing",
    emotion: EmotionKind = "anger",
    intensity: int = 2,
    complaint: bool = True,
    escalations: tuple[EscalationKind, ...] = (),
    needs: tuple[str, ...] = (),
    vulnerability: tuple[Vulnerability, ...] = (),
    urgency: Urgency = "normal",
) -> Triage:
    """A triage of a given outcome; every reading rests on the same made-up evidence."""
    evidence = (Evidence(start=0, end=1, text="…"),)
    return Triage(
        category=category,
        confidence=0.9 if category else 0.2,
        margin=0.5 if category else 0.0,
        abstained=category is None,
        reason_code="assigned" if category else "low_confidence",
        alternatives=(),
        complaint=complaint,
        urgency=urgency,
        route=Route(queue="complaints"),
        emotion=Emotion(primary=emotion, intensity=intensity, scores={emotion: 0.8}, evidence=evidence),
        escalations=tuple(Escalation(kind=kind, evidence=evidence) for kind in escalations),
        needs=tuple(NeedRead(kind="explicit", need=need, text="…") for need in needs),
        vulnerability=tuple(VulnerabilityHint(kind=kind, evidence=evidence) for kind in vulnerability),
        reasons=(),
    )


def passages(
    article: Article, similarity: float = 0.6, *, superseded: bool = False
) -> tuple[PassageMatch, ...]:
    """Every passage of an article, as search finds them."""
    return tuple(
        PassageMatch(passage, article, similarity, ("dense",), superseded) for passage in article.passages()
    )


def case(case: Case, similarity: float = 0.6) -> CaseMatch:
    """A case as search finds it."""
    return CaseMatch(case, similarity, ("dense",))


def fact(field: str, value: str) -> FactCard:
    """Something known about the customer."""
    return FactCard(field=field, value=value, source="crm", observed_at=date(2026, 1, 5), confidence=1.0)


def brief(
    text: str = "3月2日扣了我300元年费，打了三次电话都没人理。",
    *,
    language: Language = "zh",
    jurisdiction: str | None = None,
    triage: Triage | None = None,
    **changes: Any,
) -> Brief:
    """A Brief about `text`, its stated facts and clocks computed; `changes` replace any field of it."""
    judged = triage or _triage()
    sector = changes.pop("sector", "banking")
    received = changes.pop("received_on", TODAY)
    today = changes.pop("today", TODAY)
    values: dict[str, Any] = {
        "complaint_id": "cmp_1",
        "reference": None,
        "company": "远山银行" if language == "zh" else "Thornby Bank",
        "channel": "email",
        "turns": (Utterance("customer", text),),
        "stated": find_stated(text, language),
        "cases": (),
        "passages": (),
        "facts": (),
        "open_promises": (),
        "clocks": Clocks.shipped().due(
            datetime.combine(received, time(9), UTC),
            today=today,
            sector=sector,
            language=language,
            urgency=judged.urgency,
            jurisdiction=jurisdiction,
        ),
    }
    return Brief(
        language=language,
        sector=sector,
        received_on=received,
        today=today,
        text=text,
        triage=judged,
        **{**values, **changes},
    )


def _triage() -> Triage:
    return triage()
