"""The rubric: what every draft is held to, whoever wrote it. The same Brief gives the same result.

R1  reference, names, no gaps      R9  only permitted promises       R18 length and form
R2  language                       R11 answers needs, asks nothing   R19 您 only, not servile
R3  restates a concrete fact           twice                         R20 no selling
R4  acknowledges the feeling       R12 rights where they are due     C1  citations verbatim and in force
R5  an apology without if          R13 no admission of liability     C2  contacts from approved sources only
R6  no blame, no deflection        R14 no absolute promise           S1  safety: the approved block, verbatim
R7  amounts from the sources       R15 no bargain, no threat
R8  dates from the sources, one    R16 no identifiers
    exact next date                R17 nothing internal or others'
"""

from collections.abc import Callable
from typing import Final

from bot.brief import Brief
from bot.draft import manners, truth
from bot.draft.clauses import Clauses, fill
from bot.draft.exhibit import Exhibit, Problem
from bot.draft.plan import Plan
from bot.draft.problems import say
from bot.suggestion import CheckResult

BLOCKING: Final[frozenset[str]] = frozenset(
    {"R1", "R2", "R6", "R7", "R8", "R9", "R12", "R13", "R14", "R15", "R16", "R17", "R20", "C1", "C2", "S1"}
)
"""Checks a draft must pass before anybody sees it; the others are advice to the agent."""

_CHECKS: Final[dict[str, Callable[[Exhibit], Problem]]] = {
    "R1": truth.right_person,
    "R2": manners.right_language,
    "R3": truth.restates_a_fact,
    "R4": manners.acknowledges_feeling,
    "R5": manners.plain_apology,
    "R6": manners.no_blame,
    "R7": truth.amounts_from_sources,
    "R8": truth.times_from_sources,
    "R9": truth.permitted_promises,
    "R11": truth.answers_needs,
    "R12": truth.states_rights,
    "R13": manners.no_liability,
    "R14": manners.no_absolute_promise,
    "R15": manners.no_bargain,
    "R16": truth.no_identifiers,
    "R17": truth.nothing_internal,
    "R18": manners.length_and_form,
    "R19": manners.not_servile,
    "R20": manners.no_selling,
    "C1": truth.verbatim_citations,
    "C2": truth.approved_contacts,
}
_PASSED: Final = {name: CheckResult(id=name, passed=True) for name in ("S1", *_CHECKS)}


def check(text: str, brief: Brief, plan: Plan) -> tuple[CheckResult, ...]:
    """Every check on a draft, in the order of the rubric; a safety reply is only compared with its block."""
    if plan.stage == "safety_hold":
        return (_result("S1", _approved_block(text, brief, plan)),)
    exhibit = Exhibit(text, brief, plan)
    return tuple(_result(name, judge(exhibit)) for name, judge in _CHECKS.items())


def blocked(results: tuple[CheckResult, ...]) -> bool:
    """Whether a check failed that a draft must pass."""
    return any(not result.passed and result.id in BLOCKING for result in results)


def _approved_block(text: str, brief: Brief, plan: Plan) -> Problem:
    blocks = Clauses.shipped(brief.language).texts_of("safety")
    if text in {fill(block, {"crisis": plan.crisis}) for block in blocks}:
        return ""
    return say("not_approved_block", brief.language)


def _result(name: str, problem: Problem) -> CheckResult:
    return CheckResult(id=name, passed=False, detail=problem) if problem else _PASSED[name]
