"""What comparable past cases got: the band a decision is seen against.

Comparable is a case of the same category that is close in meaning and was decided under rules still in force.
A case decided under a policy since replaced is advice only: it is named, and counts for nothing.
"""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING, Final

from bot.brief import Brief
from bot.draft.restate import money
from bot.suggestion import Band, Precedent
from knowledge.case import CaseOutcome
from knowledge.match import CaseMatch

if TYPE_CHECKING:
    from bot.draft.decision import Decision, Remedy
    from bot.draft.exhibit import Exhibit, Verdict

CLOSE: Final = 0.2
"""Cosine from which a case of the same category is comparable."""
LEAST: Final = 3
"""Comparable cases from which a band is worth a warning."""


def precedent(brief: Brief) -> Precedent | None:
    """The outcomes and amounts of comparable cases; None where memory has no comparable one."""
    near = [match for match in brief.precedents if _comparable(match, brief)]
    advisory = tuple(match.id for match in near if match.superseded)
    cases = [match for match in near if not match.superseded]
    if not near:
        return None
    outcomes: Counter[CaseOutcome] = Counter(
        match.case.outcome for match in cases if match.case.outcome is not None
    )
    return Precedent(
        comparable=len(cases),
        outcomes=dict(outcomes),
        bands=tuple(_bands(cases)),
        cases=tuple(match.id for match in cases),
        advisory=advisory,
    )


def _comparable(match: CaseMatch, brief: Brief) -> bool:
    category = brief.triage.category
    return (
        match.case.outcome is not None
        and match.similarity >= CLOSE
        and (category is None or match.case.category == category)
        and (not brief.sector or not match.case.industry or match.case.industry == brief.sector)
    )


def _bands(cases: Sequence[CaseMatch]) -> list[Band]:
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for match in cases:
        redress = match.case.redress
        if redress.amount is not None and redress.currency is not None:
            sums.setdefault((redress.kind, redress.currency), []).append(redress.amount)
    return [
        Band(
            kind=kind,
            currency=currency,
            low=min(paid),
            median=Decimal(median(paid)),
            high=max(paid),
            cases=len(paid),
        )
        for (kind, currency), paid in sorted(sums.items(), key=lambda item: -len(item[1]))
    ]


def comparable_redress(draft: "Exhibit") -> "Verdict":
    """P1: a decision unlike those in comparable cases is pointed out; a person may have a reason."""
    decision, brief = draft.plan.decision, draft.brief
    if decision is None or not draft.plan.final or (found := precedent(brief)) is None:
        return None
    for remedy in decision.remedies:
        band = _outside(remedy, found, brief)
        if band is not None and remedy.amount is not None:
            words = money(f"{remedy.amount:f} {remedy.currency}", brief.language)
            at = draft.text.find(words)
            return draft.flaw(
                "outside_band",
                (at, at + len(words)) if at >= 0 else None,
                amount=words,
                low=money(f"{band.low:f} {band.currency}", brief.language),
                high=money(f"{band.high:f} {band.currency}", brief.language),
                count=band.cases,
            )
    if _unlike(decision, found):
        return draft.flaw("unlike_others", count=found.comparable)
    return None


def _outside(remedy: "Remedy", found: Precedent, brief: Brief) -> Band | None:
    """The band an amount lies outside of; none for giving back no more than the customer says they paid."""
    if remedy.amount is None:
        return None
    paid = [Decimal(fact.value.partition(" ")[0]) for fact in brief.stated if fact.kind == "amount"]
    if remedy.kind in {"refund", "fee_waiver"} and any(remedy.amount <= sum_ for sum_ in paid):
        return None
    for band in found.bands:
        same = band.kind == remedy.kind and band.currency == remedy.currency and band.cases >= LEAST
        if same and not band.low <= remedy.amount <= band.high:
            return band
    return None


def _unlike(decision: "Decision", found: Precedent) -> bool:
    """Whether a complaint is turned down where every comparable one was met at least in part."""
    met = sum(count for outcome, count in found.outcomes.items() if outcome in {"upheld", "partly_upheld"})
    turned_down = found.outcomes.get("rejected", 0)
    if decision.stage == "rejected":
        return met >= LEAST and not turned_down
    return decision.stage == "upheld" and turned_down >= LEAST and not met
