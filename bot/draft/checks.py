"""The rubric: what every draft is held to, whoever wrote it. The same Brief gives the same result.

R1  reference, names, no gaps      R9  only permitted promises       R17 nothing internal or others'
R2  language                       R10 says what was decided and     R18 length and form
R3  restates a concrete fact           why; decides nothing itself   R19 您 only, not servile
R4  acknowledges the feeling       R11 answers needs, asks nothing   R20 no selling
R5  an apology without if              twice                         C1  citations verbatim and in force
R6  no blame, no deflection        R12 rights where they are due     C2  contacts from approved sources only
R7  amounts from the sources       R13 no admission of liability     P1  redress like that of comparable cases
R8  dates from the sources, one    R14 no absolute promise           S1  safety: the approved block, verbatim
    exact next date                R15 no bargain, no threat
                                   R16 no identifiers
"""

from collections.abc import Callable
from typing import Final

from bot.brief import Brief
from bot.draft import addressing, answering, decided, disclosing, manners, precedent, promised, truth
from bot.draft.clauses import Clauses, fill
from bot.draft.exhibit import Exhibit, Flaw, Verdict
from bot.draft.plan import Plan
from bot.draft.problems import say
from bot.suggestion import CheckResult, Span

BLOCKING: Final[frozenset[str]] = frozenset(
    {
        "R1",
        "R2",
        "R6",
        "R7",
        "R8",
        "R9",
        "R10",
        "R12",
        "R13",
        "R14",
        "R15",
        "R16",
        "R17",
        "R20",
        "C1",
        "C2",
        "S1",
    }
)
"""Checks a draft must pass before anybody sees it; the others are advice to the agent."""

_CHECKS: Final[dict[str, Callable[[Exhibit], Verdict]]] = {
    "R1": addressing.right_person,
    "R2": manners.right_language,
    "R3": truth.restates_a_fact,
    "R4": manners.acknowledges_feeling,
    "R5": manners.plain_apology,
    "R6": manners.no_blame,
    "R7": truth.amounts_from_sources,
    "R8": truth.times_from_sources,
    "R9": promised.permitted_promises,
    "R10": decided.says_the_decision,
    "R11": answering.answers_needs,
    "R12": answering.states_rights,
    "R13": manners.no_liability,
    "R14": manners.no_absolute_promise,
    "R15": manners.no_bargain,
    "R16": disclosing.no_identifiers,
    "R17": disclosing.nothing_internal,
    "R18": manners.length_and_form,
    "R19": manners.not_servile,
    "R20": manners.no_selling,
    "C1": disclosing.verbatim_citations,
    "C2": disclosing.approved_contacts,
    "P1": precedent.comparable_redress,
}
CHECKS: Final[tuple[str, ...]] = (*_CHECKS, "S1")
"""Ids, in the order of the rubric."""
_PASSED: Final = {
    name: CheckResult(id=name, passed=True, blocking=name in BLOCKING) for name in ("S1", *_CHECKS)
}


def check(text: str, brief: Brief, plan: Plan) -> tuple[CheckResult, ...]:
    """Every check on a draft, in the order of the rubric; a safety reply is only compared with its block."""
    if plan.stage == "safety_hold":
        return (result("S1", _approved_block(text, brief, plan), text),)
    exhibit = Exhibit(text, brief, plan)
    return tuple(result(name, judge(exhibit), text) for name, judge in _CHECKS.items())


def blocked(results: tuple[CheckResult, ...]) -> bool:
    """Whether a check failed that a draft must pass."""
    return any(each.blocking and not each.passed for each in results)


def result(name: str, flaw: Verdict, text: str, *, blocking: bool | None = None) -> CheckResult:
    """The result of a check on a text."""
    if flaw is None:
        return _PASSED.get(name) or CheckResult(id=name, passed=True, blocking=bool(blocking))
    span = None
    if flaw.start is not None and flaw.end is not None:
        span = Span(start=flaw.start, end=flaw.end, text=text[flaw.start : flaw.end])
    stops = name in BLOCKING if blocking is None else blocking
    return CheckResult(id=name, passed=False, detail=flaw.detail, span=span, blocking=stops)


def _approved_block(text: str, brief: Brief, plan: Plan) -> Verdict:
    blocks = Clauses.shipped(brief.language).texts_of("safety")
    if text in {fill(block, {"crisis": plan.crisis}) for block in blocks}:
        return None
    return Flaw(say("not_approved_block", brief.language))
