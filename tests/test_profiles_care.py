"""How a customer is best served now: rules with reasons, which only add."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from profiles.care import SHIPPED, CareRules
from profiles.errors import InvalidRules
from profiles.traits import TraitRules, Value

TODAY = date(2026, 11, 23)


def codes(**traits: Value) -> dict[str, set[str]]:
    served = CareRules.shipped().served(traits, TODAY, "en")
    return {
        "needs": {care.code for care in served.needs},
        "situations": {care.code for care in served.situations},
        "strategies": {care.code for care in served.strategies},
    }


def test_nothing_is_known_so_nothing_is_said() -> None:
    assert codes() == {"needs": set(), "situations": set(), "strategies": set()}


@pytest.mark.parametrize(
    ("traits", "situation", "strategy"),
    [
        ({"now_life_event": True}, "bereaved_or_ill", "claims_adviser"),
        ({"open_promises": 2}, "promise_pending", "updates_every_two_days"),
        ({"reopened_365d": 1}, "again_after_closing", "one_contact"),
        ({"now_escalates": True}, "taking_it_further", "senior_review"),
        ({"now_turns": 3}, "reminder", "updates_every_two_days"),
        ({"now_abroad": True}, "abroad", None),
        ({"now_days_left": 1}, "deadline_near", None),
        ({"complaints_365d": 0, "known_days": 40}, "first_contact", None),
    ],
)
def test_situations_and_what_to_do(traits: dict[str, Value], situation: str, strategy: str | None) -> None:
    found = codes(**traits)
    assert situation in found["situations"]
    assert strategy is None or strategy in found["strategies"]


def test_every_need_says_what_it_was_inferred_from() -> None:
    for language, reason in (("en", "promises not kept in a year: 2"), ("zh", "近一年有 2 次承诺未兑现")):
        served = CareRules.shipped().served({"broken_promises_365d": 2}, TODAY, language)  # pyright: ignore[reportArgumentType]
        (need,) = served.needs
        assert need.code == "certainty_of_date" and need.reasons == (reason,)
    felt = CareRules.shipped().served({"now_emotion": "anger", "now_intensity": 4}, TODAY, "zh")
    assert felt.needs[0].reasons[0] == "此刻情绪：愤怒"


@given(
    st.dictionaries(
        st.sampled_from(sorted(TraitRules.shipped().traits)),
        st.one_of(st.none(), st.booleans(), st.integers(-5, 400), st.floats(0, 1), st.text(max_size=8)),
    )
)
def test_any_traits_give_care_with_reasons(traits: dict[str, Value]) -> None:
    served = CareRules.shipped().served(traits, TODAY, "zh")
    for care in (*served.needs, *served.situations, *served.strategies):
        assert care.words and len(care.reasons) <= 3
    assert len(served.skills) == len(set(served.skills))


def test_rules_do_not_count_before_their_day() -> None:
    served = CareRules.shipped().served({"open_promises": 1}, date(2025, 12, 31), "zh")
    assert not served.needs and not served.strategies


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("open_promise >= 1", "open_promises"),
        ("open_promises >=", "when"),
        ("region == '上海'", "region"),
        ("channel < 3", "channel"),
    ],
)
def test_a_rule_with_a_mistake_says_where_and_what(tmp_path: Path, when: str, said: str) -> None:
    file = tmp_path / "care.toml"
    text = SHIPPED.read_text(encoding="utf-8").replace('when = "now_abroad"', f'when = "{when}"')
    file.write_text(text, encoding="utf-8")
    line = next(n for n, row in enumerate(text.splitlines(), start=1) if row == f'when = "{when}"')
    with pytest.raises(InvalidRules, match=rf"care\.toml:{line}: .*{said}"):
        CareRules.load(file)


def test_only_what_is_about_writing_reaches_whoever_drafts() -> None:
    traits: dict[str, Value] = {
        "now_hard_to_follow": True, "now_money_worry": True, "broken_promises_365d": 2, "open_complaints": 3,
    }  # fmt: skip
    served = CareRules.shipped().served(traits, TODAY, "zh")
    assert len(served.strategies) > 3
    assert served.manners == tuple(c.words for c in served.strategies if c.code == "plain_language")
