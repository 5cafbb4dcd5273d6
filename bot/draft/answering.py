"""What a draft owes the customer: an answer to every request, no question twice, their rights."""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from bot.draft.amounts import find_amounts
from bot.draft.asking import already_given
from bot.draft.clauses import wording
from bot.draft.decided import tells, tells_of, tells_why
from bot.draft.decided_words import met_by_remedies
from bot.draft.exhibit import Exhibit, Verdict
from bot.draft.lexicon import lowered
from bot.draft.plan import rights_due
from bot.draft.sources import folded, moments, numbers
from bot.draft.truth import TELLING

_SENTENCE: Final = re.compile(r"[。！？!?\n]|\.(?=\s|$)")
_MONEY: Final = frozenset({"refund", "compensation"})
_DECIDED: Final = frozenset({*_MONEY, "fee_waiver", "repair", "replacement", "cancel_service"})
"""Requests that a rejection answers."""
_TOLD: Final = frozenset({"explanation", "investigation", "written_answer", "speed_up", "certainty_of_date"})
"""Requests that a letter with a decision and its ground meets by itself."""


def answers_needs(draft: Exhibit) -> Verdict:
    """R11: every request gets a line, and nothing already told is asked again."""
    low = draft.text.lower()
    answers = draft.rules.needs
    asked = dict.fromkeys(need.need for need in draft.plan.needs) if _answers_all(draft) else {}
    granted = _granted(draft, low)
    granted |= _left_open(draft, asked)
    if missed := [
        need for need in asked if need in answers and need not in granted and not answers[need].search(low)
    ] or [*_apology_owed(draft, asked), *_unexplained(draft, asked)]:
        words = wording(draft.brief.language).needs
        named = [words[need].ask if need in words else need for need in missed]
        return draft.flaw("missed_needs", needs=("、" if draft.brief.language == "zh" else ", ").join(named))
    known = already_given(draft.brief)
    for kind, words in draft.rules.asks.items():
        if kind in known and (match := words.first(draft.lowered)):
            return draft.flaw("asks_known", match.span())
    return None


def _granted(draft: Exhibit, low: str) -> frozenset[str]:
    """The requests that a decision meets, as far as the reply tells of it."""
    decision, words = draft.plan.decision, draft.rules.remedies
    remedies = decision.remedies if decision else ()
    told = {remedy.kind for remedy in remedies if tells_of(draft, remedy)}
    told |= {
        each.kind for each in remedies if each.amount and each.kind in words and words[each.kind].search(low)
    }
    met = {need for need, kinds in met_by_remedies(draft.plan).items() if not told.isdisjoint(kinds)}
    answered = _TOLD if draft.plan.final and tells_why(draft) else frozenset[str]()
    if not _refuses_in_part(draft):
        met |= _MONEY.intersection(met) and _MONEY  # money by another name answers for money
    if draft.plan.stage == "rejected" and draft.rules.decided["rejected"].search(draft.lowered):
        met |= _DECIDED
    return frozenset(met | answered)


def _left_open(draft: Exhibit, asked: Iterable[str]) -> frozenset[str]:
    """Money of which the reply names the sum and says that it is still open."""
    if draft.plan.final:
        return frozenset()
    wanted = {fact.value.split(" ")[0] for fact in draft.brief.stated if fact.kind == "amount"}
    language, still_open = draft.brief.language, draft.rules.decided["open"]
    for one, after in pairwise((*(sentence.text for sentence in draft.sentences), "")):
        named = {str(amount.value) for amount in find_amounts(folded(one), language)}
        if not named.isdisjoint(wanted) and still_open.search(f"{one} {after}" if one.endswith("?") else one):
            return _MONEY.intersection(asked)
    return frozenset()


def _refuses_in_part(draft: Exhibit) -> bool:
    """Whether part of what was asked is not granted, and no word of the reply says so."""
    if draft.plan.stage != "partly":
        return False
    return not any(draft.rules.decided[name].search(draft.lowered) for name in ("rejected", "partly"))


def _apology_owed(draft: Exhibit, asked: Iterable[str]) -> list[str]:
    """An apology that somebody else has promised: the one in the letter is not it."""
    decision = draft.plan.decision
    if decision is None or "apology" not in asked:
        return []
    owed = [remedy for remedy in decision.remedies if remedy.kind == "apology" and remedy.owner]
    return [] if all(tells_of(draft, remedy) for remedy in owed) else ["apology"]


def _unexplained(draft: Exhibit, asked: Iterable[str]) -> list[str]:
    """An explanation that leaves out how a sum came about, or what happened on a day nobody had told."""
    decision = draft.plan.decision
    if decision is None or not draft.plan.final or "explanation" not in asked:
        return []
    complaint = draft.brief.text
    questions = [
        each for each in _SENTENCE.split(complaint) if draft.rules.lexicons["why"].search(lowered(each))
    ]
    of = {value for value in numbers(" ".join(questions)) if value >= TELLING}
    for finding in decision.findings:
        news = numbers(finding) - numbers(complaint)
        if of & numbers(finding) and news and not news & numbers(draft.text):
            return ["explanation"]
        if questions and moments(finding) - moments(complaint) and not tells(draft, finding):
            return ["explanation"]
    return []


def _answers_all(draft: Exhibit) -> bool:
    """Whether this reply has to answer every request: one that only asks back need not."""
    return draft.plan.answers_complaint and draft.plan.stage != "ask"


def states_rights(draft: Exhibit) -> Verdict:
    """R12: where the customer may turn, where that is due."""
    if not rights_due(draft.plan):
        return None
    if all(any(word in draft.text for word in group) for group in draft.plan.rights_words):
        return None
    return draft.flaw("no_rights")
