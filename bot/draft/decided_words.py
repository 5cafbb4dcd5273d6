"""What a person decided, in the words of a reply: for the clauses and for the prompt."""

from typing import Final

from bot.draft.clauses import joined, wording
from bot.draft.commitments import remedy_words
from bot.draft.decision import WORDS_ALONE, RemedyKind
from bot.draft.plan import Plan
from knowledge.case import Language

_GIVEN_BY: Final[dict[str, tuple[RemedyKind, ...]]] = {
    "refund": ("refund",), "compensation": ("compensation", "service_credit"),
    "fee_waiver": ("fee_waiver", "refund"), "repair": ("repair", "replacement"),
    "replacement": ("replacement",), "correct_record": ("correction",), "cancel_service": ("correction",),
    "stop_contact": ("correction",), "data_deletion": ("correction",),
}  # fmt: skip
"""The remedies that meet a request."""


def decided_words(plan: Plan, language: Language) -> dict[str, str]:
    """`ask`, and of a decision `remedies`, `findings`, `reason` and `cause`; empty where there is nothing."""
    words, decision = wording(language), plan.decision
    values = {"ask": joined(tuple(words.asks[ask] for ask in plan.asks), language)}
    if decision is None:
        return values | dict.fromkeys(("remedies", "findings", "reason", "cause"), "")
    remedies = [
        remedy_words(remedy, language)
        if remedy.kind in WORDS_ALONE
        else _with_owner(remedy_words(remedy, language), remedy.owner or words.handler, language)
        for remedy in decision.remedies
    ]
    zh = language == "zh"
    sentences = " ".join(f"{_capital(finding)}." for finding in decision.findings)
    return {
        **values,
        "remedies": "；".join(remedies) if zh else ". ".join(map(_capital, remedies)),
        "findings": "；".join(decision.findings) if zh else sentences,
        "reason": decision.reason,
        "cause": words.causes[decision.cause] if decision.cause else "",
    }


def beyond(plan: Plan, language: Language) -> tuple[str, ...]:
    """What the customer asked for and the decision does not grant, in words."""
    if not plan.final:
        return ()
    words, granted = wording(language).needs, met_by_remedies(plan)
    asked = dict.fromkeys(need.need for need in plan.needs)
    return tuple(
        words[need].ask
        for need in asked
        if need in words and words[need].kind == "decide" and need not in granted
    )


def met_by_remedies(plan: Plan) -> dict[str, tuple[RemedyKind, ...]]:
    """The requests that remedies of the decision meet, and the kinds of these remedies."""
    given = {remedy.kind for remedy in plan.decision.remedies} if plan.decision else set[RemedyKind]()
    found: dict[str, tuple[RemedyKind, ...]] = {
        need: tuple(kind for kind in kinds if kind in given) for need, kinds in _GIVEN_BY.items()
    }
    return {need: kinds for need, kinds in found.items() if kinds}


def _with_owner(promise: str, owner: str, language: Language) -> str:
    return f"{promise}，由{owner}办理" if language == "zh" else f"{promise}; {owner} will see to it"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
