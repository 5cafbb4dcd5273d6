"""R10: a reply that decides says what was decided, and why; any other decides nothing."""

import re
from itertools import pairwise
from typing import Final

from bot.draft.amounts import find_amounts
from bot.draft.commitments import remedy_words
from bot.draft.decision import WORDS_ALONE, Remedy
from bot.draft.exhibit import Exhibit, Verdict, trimmed
from bot.draft.sources import folded, moments, numbers
from knowledge.case import Language, language_of

_OPPOSITE: Final[dict[str, tuple[str, ...]]] = {
    "upheld": ("rejected",),
    "partly": ("wholly",),
    "rejected": ("upheld",),
    "goodwill": ("verdict",),
}
_OWN: Final[dict[str, tuple[str, ...]]] = {
    "upheld": ("upheld", "granted"),
    "partly": ("partly", "rejected", "upheld"),
    "rejected": ("rejected",),
    "goodwill": ("goodwill", "granted"),
}
"""Lexicons of which one shows that the decision is stated."""
_CONTENT: Final = {"zh": re.compile("[一-鿿]{2,}"), "en": re.compile(r"[a-z]{4,}")}
_PART: Final = re.compile("[，；,;。]|\\bbut\\b")
_CAUSE: Final = {
    "zh": re.compile("造成|导致|引起|因为|由于|原因|所致"),
    "en": re.compile(r"because|caused?\b|due to|owing to|reason"),
}
_BORNE_OUT: Final = 0.4
"""Part of a clause's words that the findings have to share before it counts as one of them."""
_SHARED: Final = 0.25
"""Part of a ground's words that a reply which gives it shows, at least."""


def says_the_decision(draft: Exhibit) -> Verdict:
    """A final reply states its decision and a ground for it; every other one states neither."""
    stage = draft.plan.stage
    if not draft.plan.answers_complaint:
        return None
    if not draft.plan.final:
        return _decides_nothing(draft)
    return _other_verdict(draft, stage) or _incomplete(draft)


def _other_verdict(draft: Exhibit, stage: str) -> Verdict:
    """Where the decision is not stated, left open, or another one."""
    lexicons, text = draft.rules.decided, draft.lowered
    if not any(lexicons[name].search(text) for name in _OWN[stage]):
        return draft.flaw("no_decision", verdict=stage)
    for name in _OPPOSITE[stage]:
        match = lexicons[name].first(text)
        if match and (
            stage == "partly"
            or not any(
                own.start() <= match.start() and match.end() <= own.end()
                for kind in _OWN[stage]
                for own in lexicons[kind].find(text)
            )
        ):
            return draft.flaw("other_decision", match.span(), verdict=stage)
    if match := lexicons["pending"].first(text):
        return draft.flaw("other_decision", match.span(), verdict=stage)
    if other := _grants_more(draft):
        return draft.flaw("other_decision", other, verdict=stage)
    return None


def _incomplete(draft: Exhibit) -> Verdict:
    """Where a remedy or the ground is left out."""
    if untold := _untold(draft):
        return draft.flaw("missed_remedy", remedy=remedy_words(untold, draft.brief.language))
    return None if _gives_ground(draft) else draft.flaw("no_ground")


def _grants_more(draft: Exhibit) -> tuple[int, int] | None:
    """Where a request that the decision does not grant is said to be granted."""
    remedies, lexicons = draft.rules.remedies, draft.rules.decided
    decision = draft.plan.decision
    granted = {str(remedy.kind) for remedy in decision.remedies} if decision else set[str]()
    refused = {need.need for need in draft.plan.needs}.intersection(remedies) - granted
    for sentence in draft.sentences:
        if lexicons["rejected"].search(sentence.text) or lexicons["partly"].search(sentence.text):
            continue
        named = {kind for kind, words in remedies.items() if words.search(sentence.text)}
        if named & refused and not named & granted:
            for match in lexicons["upheld"].find(sentence.text):
                return sentence.start + match.start(), sentence.start + match.end()
    return None


def _untold(draft: Exhibit) -> Remedy | None:
    """A remedy of the decision that no sentence tells of."""
    decision = draft.plan.decision
    for remedy in decision.remedies if decision else ():
        if remedy.kind not in WORDS_ALONE and not tells_of(draft, remedy):
            return remedy
    return None


def tells_of(draft: Exhibit, remedy: Remedy) -> bool:
    """Whether a remedy is told: its sum, if it has one, and beside it who does it, by when, or what it is."""
    sentences = [sentence.text for sentence in draft.sentences]
    language = draft.brief.language
    decision = draft.plan.decision
    paid = [each for each in decision.remedies if each.amount] if decision else []
    if len(paid) == 1 and remedy.amount and _sum_in(draft.lowered, remedy, language):
        # the only sum: by whom or when it is paid may stand apart from it, in a sentence about the money
        about = draft.rules.decided["money"]
        if any(about.search(one) and _remedy_in(one, remedy, draft) for one in sentences):
            return True
    if len(paid) > 1 and all(_sum_in(draft.lowered, each, language) for each in paid):
        together = draft.rules.decided["together"]
        if any(together.search(one) and _remedy_in(one, remedy, draft) for one in sentences):
            return True
    return any(
        _sum_in(one, remedy, language) and _remedy_in(f"{one} {after}", remedy, draft)
        for one, after in pairwise((*sentences, ""))
    )


def _sum_in(sentence: str, remedy: Remedy, language: Language) -> bool:
    return not remedy.amount or any(
        amount.value == remedy.amount for amount in find_amounts(folded(sentence), language)
    )


def _remedy_in(sentence: str, remedy: Remedy, draft: Exhibit) -> bool:
    decision = draft.plan.decision
    others = [each for each in decision.remedies if each is not remedy] if decision else []
    alone = (
        bool(remedy.amount) or remedy.kind in WORDS_ALONE
    )  # what tells it from the others of its owner and day
    if (
        remedy.owner
        and remedy.owner.lower() in sentence
        and (alone or remedy.owner not in {e.owner for e in others})
    ):
        return True
    day = str(remedy.by) if remedy.by and (alone or remedy.by not in {e.by for e in others}) else ""
    if day and not {day, f"-{day[4:]}"}.isdisjoint(moments(sentence)):
        return True
    words = draft.rules.remedies.get(remedy.kind)
    return remedy.kind not in WORDS_ALONE and (words is None or words.search(sentence))


def _decides_nothing(draft: Exhibit) -> Verdict:
    """No verdict and no finding in a reply that comes before them, but those a person gave."""
    left_open = draft.rules.lexicons["open"]
    for name in ("upheld", "partly", "rejected", "found"):
        for match in draft.rules.decided[name].find(draft.lowered):
            start, end = match.span()
            before, after = draft.clause(start, end)
            around = f"{draft.lowered[before:start]}…{draft.lowered[end:after]}"
            if left_open.search(around if name == "found" else draft.lowered[before:after]):
                continue
            if name != "found" or not tells_what_was_given(draft.text[before:after], draft):
                return draft.flaw("early_decision", (start, end))
    for sentence, found in draft.faults:
        claimed = draft.rules.lexicons["claims"].search(sentence.text)
        if "finding" in found and not claimed and not tells_what_was_given(sentence.text, draft):
            return draft.flaw("early_decision", trimmed(sentence))
    return None


def tells_what_was_given(clause: str, draft: Exhibit) -> bool:
    """Whether a clause says no more than the findings and the reason that a person gave."""
    decision = draft.plan.decision
    language = draft.brief.language
    said = _words(clause, language)
    told = (*decision.findings, decision.reason) if decision else ()
    given = _words(" ".join(told), language)
    return bool(said) and len(said & given) / len(said) >= _BORNE_OUT


def _gives_ground(draft: Exhibit) -> bool:
    """Whether a reason, a finding or the policy is in the text, worded the same or nearly so."""
    decision, language = draft.plan.decision, draft.brief.language
    if decision is None:
        return True
    policies = [citation.quote for citation in draft.plan.citations]
    policies += [citation.title for citation in draft.plan.citations]
    # a ground in the other language cannot be found again in a translation
    grounds = [
        ground
        for ground in (*decision.findings, decision.reason, *policies)
        if ground and language_of(ground) == language
    ]
    news = [ground for ground in grounds if _news(draft, ground)] or grounds
    return not grounds or any(tells(draft, ground) for ground in news)


def _news(draft: Exhibit, ground: str) -> bool:
    """Whether a ground says more than the customer did: to give them back their own words is no reason."""
    language = draft.brief.language
    return len(_words(ground, language) - _words(draft.brief.text, language)) > 1


def tells_why(draft: Exhibit) -> bool:
    """Whether it tells what happened: a finding of the decision, or its reason.

    So too where there is nothing to tell. Of the reason of a gesture, only what it says of a cause counts.
    """
    decision, language = draft.plan.decision, draft.brief.language
    reason = (decision.reason,) if decision else ()
    if decision and draft.plan.stage == "goodwill":
        reason = tuple(part for part in _PART.split(decision.reason) if _CAUSE[language].search(part))
        if not reason and not decision.findings:
            return False
    told = (*decision.findings, *reason) if decision else ()
    grounds = [ground for ground in told if ground and language_of(ground) == language]
    return not grounds or any(tells(draft, ground) for ground in grounds)


def tells(draft: Exhibit, ground: str) -> bool:
    """Whether a ground is in a draft, worded nearly so: by what the complaint does not say itself."""
    text, complaint, language = draft.text, draft.brief.text, draft.brief.language
    if ground in text:
        return True
    wanted, said = _words(ground, language), _words(text, language)
    news = wanted - _words(complaint, language) or wanted
    if wanted and len(news & said) / len(news) >= _SHARED:
        return True
    figures = {value for value in numbers(ground) if value >= 2} - numbers(complaint)
    return bool(figures & numbers(text)) and bool(moments(ground) & moments(text))


def _words(text: str, language: Language) -> frozenset[str]:
    """Pairs of characters, or the beginnings of words."""
    found = _CONTENT[language].findall(text.lower())
    if language == "en":
        return frozenset(word[:6] for word in found)
    return frozenset(run[at : at + 2] for run in found for at in range(len(run) - 1))
