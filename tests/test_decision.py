"""A person's decision: what it may hold, who may promise what, and what is refused."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from bot.draft.authority import Authority, examine, in_language
from bot.draft.decision import ROLES, Decision, Remedy
from bot.errors import InvalidRequest

TODAY = date(2026, 11, 23)
LATER = TODAY + timedelta(days=7)


def refund(amount: str = "300", **changes: Any) -> dict[str, Any]:
    return {"kind": "refund", "amount": amount, "currency": "CNY", "by": LATER, **changes}


def upheld(**changes: Any) -> Decision:
    values = {"stage": "upheld", "reason": "合同约定首年免年费", "remedies": (refund(),), **changes}
    return Decision.model_validate(values)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"stage": "rejected"}, "can promise no remedy"),
        ({"stage": "progress"}, "can promise no remedy"),
        ({"stage": "goodwill", "remedies": ()}, "needs the remedy"),
        ({"stage": "upheld", "reason": ""}, "needs a ground"),
        ({"stage": "partly", "reason": "", "findings": ("查到了",)}, "why not all of it"),
        ({"approved_by": "manager"}, "where it is recorded"),
        ({"remedies": ({"kind": "refund", "by": LATER},)}, "needs its amount and currency"),
        ({"remedies": (refund(by=None),)}, "needs `by`"),
        ({"remedies": (refund(kind="repair"),)}, "is no money"),
        ({"remedies": ({"kind": "fee_waiver", "amount": 3, "by": LATER},)}, "go together"),
        ({"remedies": (refund("0"),)}, "greater than 0"),
        ({"remedies": (refund("1.234"),)}, "2 decimal places"),
        ({"findings": ("x" * 241,)}, "at most 240"),
        ({"verdict": "yes"}, "not permitted"),
    ],
)
def test_a_decision_that_does_not_hold_together_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        upheld(**changes)


def test_sentences_come_on_one_line_without_their_full_stop() -> None:
    decision = upheld(findings=(" 记录显示\n重复扣款。", "the fee\twas charged twice. "))
    assert decision.findings == ("记录显示 重复扣款", "the fee was charged twice")


def test_what_was_to_be_done_yesterday_is_refused_with_the_first_day_that_works() -> None:
    late = upheld(remedies=(refund(by=TODAY - timedelta(days=1)),))
    with pytest.raises(
        InvalidRequest, match=r"by 2026-11-22, which has passed: give a day from 2026-11-23 on"
    ):
        examine(late, TODAY)
    examine(upheld(remedies=(refund(by=TODAY),)), TODAY)


@pytest.mark.parametrize(
    ("amount", "role"),
    [
        ("1000", "handler"),
        ("1000.01", "team_lead"),
        ("5000", "team_lead"),
        ("50000", "manager"),
        ("50001", "director"),
    ],
)
def test_an_amount_above_a_limit_needs_the_next_role(amount: str, role: str) -> None:
    remedy = Remedy.model_validate(refund(amount))
    assert Authority.shipped().needed(remedy) == role


def test_two_refunds_of_one_reply_count_together() -> None:
    two = upheld(remedies=(refund("800"), refund("800")))
    with pytest.raises(InvalidRequest, match=r"a refund of 800 CNY needs the approval of a team lead"):
        examine(two, TODAY)
    examine(upheld(remedies=(refund("800"), refund("800")), approved_by="team_lead", approval="AP-7"), TODAY)


def test_a_currency_nobody_listed_and_the_admission_of_fault_need_more_than_a_handler() -> None:
    with pytest.raises(InvalidRequest, match=r"10 ISK needs the approval of a director"):
        examine(upheld(remedies=(refund("10", currency="ISK"),)), TODAY)
    with pytest.raises(InvalidRequest, match=r"admitting the company's fault needs .* a manager"):
        examine(upheld(fault_confirmed=True), TODAY)
    examine(upheld(fault_confirmed=True, approved_by="manager", approval="LEGAL-3"), TODAY)


@given(
    st.decimals(min_value="0.01", max_value="900000", places=2), st.sampled_from(["CNY", "GBP", "USD", "EUR"])
)
def test_more_money_never_needs_less_approval(amount: Decimal, currency: str) -> None:
    table = Authority.shipped()

    def rank(sum_: Decimal) -> int:
        remedy = Remedy.model_validate(refund(str(sum_), currency=currency))
        return ROLES.index(table.needed(remedy))

    assert rank(amount) <= rank(amount * 2)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("请联系13800138000", "phone"),
        ("write to jane.ellis@example.com", "email"),
        ("卡号6222021234567890128", "card"),
    ],
)
def test_personal_data_in_a_decision_is_refused_without_repeating_it(words: str, kind: str) -> None:
    with pytest.raises(InvalidRequest, match="personal data") as refused:
        examine(upheld(findings=(words,)), TODAY)
    assert kind in str(refused.value)
    assert "13800138000" not in str(refused.value) and "jane" not in str(refused.value)


def test_words_in_the_other_language_are_refused_with_what_to_do() -> None:
    in_language(upheld(), "zh")
    with pytest.raises(
        InvalidRequest, match=r"the reply is in English, and the decision has words in Chinese"
    ):
        in_language(upheld(), "en")
