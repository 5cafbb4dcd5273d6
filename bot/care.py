"""What a contact and the history behind it come to: the situation, needs nobody voiced, what to do."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Final

from bot.complaint import Complaint
from bot.suggestion import CareCard, Clock, ProfileView, Triage
from knowledge.case import Language
from profiles.behaviour import traits_of
from profiles.care import Care, CareRules, Served
from profiles.customer import Customer
from profiles.person import sentences
from profiles.registry import Registry
from profiles.risk import RiskScore
from profiles.risk_judge import RiskJudge
from profiles.tally import Tally
from profiles.traits import Value
from profiles.view import usable_facts

TAKEN_FURTHER: Final = frozenset({"regulator", "media", "legal", "collective"})
"""Escalations that mean the customer takes the matter elsewhere."""
FIRST_REPLY: Final = "first_reply"
"""The stage that is always due soon: no sign of a deadline that is close."""
REASONS: Final = 3
"""Facts behind a risk that are told, the strongest."""
SHOWN: Final = 12
"""Sentences of what earlier contacts come to."""


def contact_traits(
    complaint: Complaint, triage: Triage, clocks: Sequence[Clock], today: date, rules: CareRules
) -> dict[str, Value]:
    """The traits of the contact that is going on."""
    own = [turn.text.lower() for turn in complaint.turns if turn.speaker == "customer"]
    kinds = {hint.kind for hint in triage.vulnerability}
    due = [clock.due for clock in clocks if clock.due >= today and clock.stage != FIRST_REPLY]
    return {
        "now_emotion": triage.emotion.primary,
        "now_intensity": triage.emotion.intensity,
        "now_urgency": triage.urgency,
        "now_vulnerable": bool(kinds),
        "now_health": "health" in kinds,
        "now_life_event": "life_event" in kinds,
        "now_money_worry": "resilience" in kinds,
        "now_hard_to_follow": "capability" in kinds,
        "now_escalates": bool(TAKEN_FURTHER & {found.kind for found in triage.escalations}),
        "now_turns": len(own),
        "now_days_left": (min(due) - today).days if due else None,
        "now_abroad": any(word in text for text in own for word in rules.abroad),
    }


def attended(
    view: ProfileView,
    contact: dict[str, Value],
    known: tuple[Customer, Tally] | None,
    judge: RiskJudge,
    purpose: str,
    language: Language,
    today: date,
) -> tuple[ProfileView, Served]:
    """The view with what the contact, and the history where it may be used, come to.

    `known` is None where nobody may look at a history: unknown, unverified, or they object.
    """
    past: dict[str, Value] = {}
    risks: tuple[CareCard, ...] = ()
    if known is not None:
        customer, tally = known
        facts = usable_facts([customer], purpose, today, Registry.shipped()) or ()
        now = datetime.combine(today, datetime.min.time(), UTC)
        found = traits_of(tally, facts, now)
        past = {name: value for name, value in found.items() if value is not None}
        scores = judge.scores({**past, **contact}, language, today)
        risks = tuple(_risk_card(score, language) for score in scores if score.level != "low")
    served = CareRules.shipped().served({**past, **contact}, today, language)
    cards = {
        "history": sentences(past, language)[:SHOWN],
        "situations": _cards(served.situations),
        "needs": _cards(served.needs),
        "strategies": _cards(served.strategies),
        "risks": risks,
    }
    return view.model_copy(update=cards), served


def _cards(found: Iterable[Care]) -> tuple[CareCard, ...]:
    return tuple(CareCard(code=care.code, words=care.words, reasons=care.reasons) for care in found)


def _risk_card(score: RiskScore, language: Language) -> CareCard:
    reasons = tuple(reason.said(language) for reason in score.reasons if reason.raises)
    words = _LIKELY[language].format(score.name, score.probability)
    return CareCard(code=score.risk, words=words, reasons=reasons[:REASONS])


_LIKELY: Final[dict[Language, str]] = {"zh": "{}：约 {:.0%}", "en": "{}: about {:.0%}"}
