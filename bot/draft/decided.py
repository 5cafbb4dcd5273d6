"""R10: a reply that decides says what was decided, and why; any other decides nothing."""

import re
from typing import Final

from bot.draft.exhibit import Exhibit, Verdict
from bot.draft.sources import moments, numbers
from knowledge.case import Language, language_of

_OPPOSITE: Final[dict[str, tuple[str, ...]]] = {
    "upheld": ("rejected",),
    "partly": ("wholly",),
    "rejected": ("upheld",),
    "goodwill": (),
}
_OWN: Final[dict[str, tuple[str, ...]]] = {
    "upheld": ("upheld", "granted"),
    "partly": ("partly", "rejected", "upheld"),
    "rejected": ("rejected",),
    "goodwill": ("goodwill", "granted"),
}
"""Lexicons of which one shows that the decision is stated."""
_CONTENT: Final = {"zh": re.compile("[一-鿿]{2,}"), "en": re.compile(r"[a-z]{4,}")}
_BORNE_OUT: Final = 0.4
"""Part of a clause's words that the findings have to share before it counts as one of them."""
_SHARED: Final = 0.35
"""Part of a ground's words that a reply which gives it shows, at least."""


def says_the_decision(draft: Exhibit) -> Verdict:
    """A final reply states its decision and a ground for it; every other one states neither."""
    stage = draft.plan.stage
    if not draft.plan.answers_complaint:
        return None
    if not draft.plan.final:
        return _decides_nothing(draft)
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
    return None if _gives_ground(draft) else draft.flaw("no_ground")


def _decides_nothing(draft: Exhibit) -> Verdict:
    """No verdict and no finding in a reply that comes before them, but those a person gave."""
    left_open = draft.rules.lexicons["open"]
    for name in ("upheld", "partly", "rejected", "found"):
        for match in draft.rules.decided[name].find(draft.lowered):
            start, end = match.span()
            before, after = draft.clause(start, end)
            if left_open.search(draft.lowered[before:after]):
                continue
            if name != "found" or not _known_finding(draft.text[before:after], draft):
                return draft.flaw("early_decision", (start, end))
    return None


def _known_finding(clause: str, draft: Exhibit) -> bool:
    """Whether a clause says no more than the findings that a person gave."""
    decision = draft.plan.decision
    language = draft.brief.language
    said = _words(clause, language)
    given = _words(" ".join(decision.findings), language) if decision else frozenset[str]()
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
    return not grounds or any(_tells(draft.text, ground, language) for ground in grounds)


def tells_a_finding(draft: Exhibit) -> bool:
    """Whether one of the findings of the decision is in the text; so where there is none to tell."""
    decision, language = draft.plan.decision, draft.brief.language
    findings = [found for found in decision.findings if language_of(found) == language] if decision else []
    return not findings or any(_tells(draft.text, found, language) for found in findings)


def _tells(text: str, ground: str, language: Language) -> bool:
    if ground in text:
        return True
    wanted, said = _words(ground, language), _words(text, language)
    if wanted and len(wanted & said) / len(wanted) >= _SHARED:
        return True
    figures = {value for value in numbers(ground) if value >= 2} & {
        value for value in numbers(text) if value >= 2
    }
    return bool(figures) and bool(moments(ground) & moments(text))


def _words(text: str, language: Language) -> frozenset[str]:
    """Pairs of characters, or the beginnings of words."""
    found = _CONTENT[language].findall(text.lower())
    if language == "en":
        return frozenset(word[:6] for word in found)
    return frozenset(run[at : at + 2] for run in found for at in range(len(run) - 1))
