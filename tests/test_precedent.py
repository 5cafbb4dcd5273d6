"""What comparable cases got: the band, the warning outside it, and advice from superseded policy."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.brief import Brief
from bot.draft.composer import Composer
from bot.draft.decision import Decision
from bot.draft.precedent import LEAST, precedent
from knowledge.case import Case, Redress, RedressKind
from knowledge.match import CaseMatch
from tests.briefs import TODAY, brief, triage


def paid(amount: str, kind: RedressKind = "compensation") -> Redress:
    return Redress(kind=kind, amount=Decimal(amount), currency="CNY")


def past(number: int, amount: str | None, **changes: Any) -> CaseMatch:
    superseded = changes.pop("superseded", False)
    similarity = changes.pop("similarity", 0.5)
    values: dict[str, Any] = {
        "id": f"k{number}", "language": "zh", "text": "年费", "category": "fees_pricing",
        "industry": "banking",
        "outcome": "upheld",
        "redress": paid(amount) if amount else Redress(),
    }  # fmt: skip
    case = Case.model_validate(values | changes)
    return CaseMatch(case, similarity, ("dense",), superseded)


def subject(
    *cases: CaseMatch, stage: str = "upheld", amount: str | None = "60", kind: str = "compensation"
) -> Brief:
    values: dict[str, Any] = {"stage": stage, "reason": "记录能够证明"}
    if amount:
        values["remedies"] = [{"kind": kind, "amount": amount, "currency": "CNY", "by": TODAY}]
    one = brief("11月3日扣了我300元年费", triage=triage(category="fees_pricing"))
    return replace(one, precedents=cases, decision=Decision.model_validate(values))


def warned(one: Brief) -> str:
    draft = Composer.shipped().compose(one)
    found = next(each for each in draft.checks if each.id == "P1")
    assert not found.blocking, "a person may have a reason"
    return "" if found.passed else found.detail


def test_the_band_is_that_of_comparable_cases_in_force() -> None:
    one = subject(
        past(1, "50"), past(2, "80"), past(3, "60"),
        past(4, "900", superseded=True), past(5, "700", category="delay"), past(6, "800", similarity=0.1),
        past(7, "750", industry="telecom"), past(8, None, outcome="rejected"),
    )  # fmt: skip
    found = precedent(one)
    assert found is not None
    assert found.cases == ("k1", "k2", "k3", "k8") and found.advisory == ("k4",)
    assert found.outcomes == {"upheld": 3, "rejected": 1}
    (band,) = found.bands
    assert (band.low, band.median, band.high, band.cases) == (Decimal(50), Decimal(60), Decimal(80), 3)


@pytest.mark.parametrize(
    ("amount", "says"), [("49", "50元到80元"), ("50", ""), ("80", ""), ("81", "50元到80元")]
)
def test_an_amount_outside_the_band_is_pointed_out(amount: str, says: str) -> None:
    cases = past(1, "50"), past(2, "80"), past(3, "60")
    found = warned(subject(*cases, amount=amount))
    assert says in found and bool(says) == bool(found)


def test_too_few_cases_are_no_band_and_superseded_ones_count_for_nothing() -> None:
    few = [past(n, "50") for n in range(LEAST - 1)]
    assert warned(subject(*few, amount="200")) == ""
    assert warned(subject(*few, *(past(9 + n, "50", superseded=True) for n in range(5)), amount="200")) == ""


def test_giving_back_what_was_paid_is_never_outside() -> None:
    cases = [past(n, "50", redress=paid("50", "refund")) for n in range(4)]
    assert warned(subject(*cases, amount="300", kind="refund")) == ""
    assert "50元到50元" in warned(subject(*cases, amount="301", kind="refund"))


def test_turning_down_what_all_others_got_is_pointed_out() -> None:
    met = [past(n, "50") for n in range(3)]
    assert "结果都相反" in warned(subject(*met, stage="rejected", amount=None))
    assert warned(subject(*met, past(9, None, outcome="rejected"), stage="rejected", amount=None)) == ""


def test_without_comparable_cases_there_is_nothing_to_say() -> None:
    assert precedent(subject()) is None
    assert Composer.shipped().compose(subject()).precedent is None
