"""The composer on complaints it has not seen, at every stage: does every draft hold, is every one its own?

The decisions are made up from the complaint's own facts, as a person might decide: back what was paid, or a
part, or nothing, or a small credit.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from bot.brief import Brief
from bot.complaint import ComplaintIn
from bot.desk import on_paper
from bot.draft.composer import Composer
from bot.draft.decision import Decision, Remedy
from bot.draft.plan import make_plan
from bot.draft.suspicion import steers
from bot.draft.truth import restates
from bot.errors import InvalidRequest, TextMissing
from bot.suggestion import Draft
from bot.trials.desks import TENANT
from bot.wiring import Parts
from knowledge.case import Language

STAGES: Final = ("acknowledge", "ask", "progress", "upheld", "partly", "rejected", "goodwill")
_CREDIT: Final[dict[Language, tuple[Decimal, str]]] = {"zh": (Decimal(50), "CNY"), "en": (Decimal(20), "GBP")}
_WORDS: Final[dict[Language, dict[str, tuple[str, ...]]]] = {
    "zh": {
        "findings": ("记录与您说的一致", "当时的操作没有按流程登记", "系统里有两条相同的记录"),
        "reason": ("现行规定没有这样的限制", "合同里对此没有另外的约定", "记录能够证明您的说法"),
        "against": ("办理时的书面材料写明了这一点", "记录显示当时已经告知并得到确认"),
    },
    "en": {
        "findings": ("our records agree with what you told us", "the step was not entered at the time"),
        "reason": (
            "the rules in force do not set such a limit",
            "the contract says nothing else on this point",
        ),
        "against": ("the papers signed at the time say so", "the record shows that this was said and agreed"),
    },
}


def compose_all(
    parts: Parts, complaints: Iterable[ComplaintIn], progress: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Every complaint at every stage.

    Returns:
        How many complaints and drafts; the share that passes every check it must; how many are the approved
        block for customers in danger; how many of the others are not the only one of their kind; the share
        that restates a fact where there is one; the share of complaints of which a model would not be
        given every sentence; what failed.
    """
    seen, bare = Counter[str](), Counter[str]()
    failed, advice = Counter[str](), Counter[str]()
    count = steering = drafts = passed = held = restating = with_facts = 0
    examples: list[dict[str, Any]] = []
    composer = Composer.shipped()
    for number, complaint in enumerate(complaints):
        try:
            brief = parts.desk.assess(TENANT, on_paper(complaint, f"trial-{number}")).brief
        except TextMissing:
            continue
        count += 1
        steering += steers(brief.text)
        for stage, draft, facts in _drafts(composer, brief):
            drafts += 1
            passed += draft.sendable
            if draft.stage == "safety_hold":  # the approved block, the same for everybody on purpose
                held += 1
            else:
                seen[draft.text] += 1
                bare[_bare(draft.text, brief)] += 1
            with_facts += facts is not None
            restating += bool(facts)
            wrong = [each for each in draft.checks if not each.passed]
            failed.update(each.id for each in wrong if each.blocking)
            advice.update(each.id for each in wrong if not each.blocking)
            if not draft.sendable and len(examples) < 12:
                examples.append({"n": number, "stage": stage, "failed": [each.id for each in wrong]})
        progress()
    return {
        "complaints": count,
        "drafts": drafts,
        "passed": _share(passed, drafts),
        "approved_block": held,
        "same_text": _repeated(seen),
        "same_but_for_the_reference": _repeated(bare),
        "restates_a_fact": _share(restating, with_facts),
        "with_facts": with_facts,
        "kept_from_the_model": _share(steering, count),
        "failed": dict(failed),
        "advice": dict(advice),
        "examples": examples,
    }


def _drafts(composer: Composer, brief: Brief) -> Iterator[tuple[str, Draft, bool | None]]:
    """Stage, draft, and whether it restates a fact; None where there is none to restate."""
    stages = STAGES if brief.triage.complaint else ("acknowledge",)
    for stage in stages:
        try:
            mine = replace(brief, decision=decision_for(stage, brief))
            plan = make_plan(mine)
        except InvalidRequest:  # nothing left to ask for
            continue
        draft = composer.compose(mine, plan)
        facts = [fact for fact in plan.restated.facts if fact.kind != "product"]
        due = bool(facts) and plan.stage not in {"thanks", "safety_hold"}
        yield stage, draft, any(restates(draft.text, fact, plan) for fact in facts) if due else None


def decision_for(stage: str, brief: Brief) -> Decision | None:
    """What a person might decide, picked by the complaint's own words."""
    if stage == "acknowledge":
        return None
    words, pick = _WORDS[brief.language], len(brief.text)
    values: dict[str, Any] = {"stage": stage, "danger_over": True}
    if stage == "progress":
        values["cause"] = ("records_requested", "technical_investigation", "complex")[pick % 3]
    elif stage != "ask":
        against = words["against"]
        values["findings"] = (words["findings"][pick % len(words["findings"])],)
        values["reason"] = (against if stage in {"rejected", "partly"} else words["reason"])[pick % 2]
    if stage in {"upheld", "partly", "goodwill"}:
        values["remedies"] = (_remedy(stage, brief),)
    return Decision.model_validate(values)


def _remedy(stage: str, brief: Brief) -> Remedy:
    amount, currency = _CREDIT[brief.language]
    kind = "service_credit" if stage == "goodwill" else "compensation"
    paid = next((fact.value.split(" ") for fact in brief.stated if fact.kind == "amount"), None)
    if paid is not None and stage != "goodwill" and 1 <= Decimal(paid[0]) <= 1_000_000_000:
        kind, currency = "refund", paid[1]
        whole = Decimal(paid[0]).quantize(Decimal("0.01"))
        amount = whole if stage == "upheld" else (whole / 2).quantize(Decimal("0.01"))
    return Remedy.model_validate(
        {"kind": kind, "amount": amount, "currency": currency, "by": brief.today + timedelta(days=7)}
    )


def _bare(text: str, brief: Brief) -> str:
    """The text without what makes every letter its own by itself: name and reference."""
    bare = text.replace(brief.reference or "\0", "")
    return re.sub(r"\s+", " ", bare)


def _repeated(texts: Counter[str]) -> int:
    return sum(times - 1 for times in texts.values())


def _share(count: int, total: int) -> float | None:
    return round(count / total, 4) if total else None
