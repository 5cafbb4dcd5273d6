"""Early warning: rules, scores, columns, rows of a CSV, metrics, the additive model and its file."""

import importlib
import json
import math
import traceback
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from profiles.errors import InvalidInput, InvalidRules
from profiles.fact import Language
from profiles.risk import Reason, RiskScore, logistic, rule_scores
from profiles.risk_additive import Additive, Isotonic, Pair
from profiles.risk_columns import FEWEST, MOST_WORDS, RiskColumn, coded, learn_column, number_in
from profiles.risk_metrics import lift, losses, measured, reliability, roc_auc
from profiles.risk_model import FORMAT, RiskCard, RiskModel, RiskModelUnavailable, Trained
from profiles.risk_rows import read_rows
from profiles.risk_rules import SHIPPED, Risk, RiskRule, RiskRules
from profiles.traits import TraitRules, Traits, Value

TRAITS = TraitRules.shipped()
WHO = ("age_band", "region", "occupation", "tier", "gender", "sex", "性别", "ethnicity")
"""Traits that say who somebody is, declared and not."""
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(), st.text(max_size=5)
)  # fmt: skip
KNOWN = st.dictionaries(st.sampled_from(sorted(TRAITS.traits)), VALUES, max_size=12)


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def score_of(
    traits: Traits, risk: str, language: Language = "en", rules: RiskRules | None = None
) -> RiskScore:
    return next(score for score in rule_scores(traits, language, rules) if score.risk == risk)


# ---- rules

HEAD = """\
version = "1"
source = "a test"
valid_from = 2026-01-01
verified = false
[protected]
of_whom = ["customer"]
[protected.columns]
gender = ["gender"]
[risks.leave]
zh = "流失"
en = "Leaves"
source = "a test"
version = "1"
valid_from = 2026-01-01
verified = false
base = -1.0
medium = 0.2
high = 0.5
"""


def load(folder: Path, rules: str, head: str = HEAD) -> RiskRules:
    file = folder / "risks.toml"
    file.write_text(head + rules, encoding="utf-8")
    return RiskRules.load(file)


def rule(body: str, name: str = "one") -> str:
    return f"[risks.leave.rules.{name}]\n{body}\n"


def test_the_rules_that_ship_name_every_risk_in_both_languages() -> None:
    rules = RiskRules.shipped()
    assert list(rules.risks) == ["complain_again", "escalate", "leave"]
    for code, risk in rules.risks.items():
        assert rules.named(code, "en") == risk.en
        assert rules.named(code, "zh") == risk.zh != risk.en
        assert any("一" <= character <= "鿿" for character in risk.zh)
        assert not risk.verified
        assert logistic(risk.base) < risk.medium
    assert rules.named("marry", "zh") == "marry"


def test_a_file_that_is_missing_or_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRules, match=r"nowhere\.toml"):
        RiskRules.load(tmp_path / "nowhere.toml")
    with pytest.raises(InvalidRules, match=r"risks\.toml"):
        load(tmp_path, "[[[")


@pytest.mark.parametrize(
    ("body", "key", "message"),
    [
        ('trait = "complaint_90d"\nfrom = 1\npoints = 1', "trait", "did you mean 'complaints_90d'"),
        ('trait = "zzzzzz"\nfrom = 1\npoints = 1', "trait", "declare it in traits.toml"),
        ('trait = "age_band"\nis = "60+"\npoints = 1', "trait", "'age_band' .* protected: take the rule out"),
        ('trait = "tier"\nmissing = true\npoints = -1', "trait", "'tier' .* protected"),
        ('trait = "complaints_90d"\nfrom = 1\npoints = 0', "points", "0 changes nothing"),
        ('trait = "complaints_90d"\nfrom = 1\npoints = 9', "points", "less than or equal to 5"),
        ('trait = "complaints_90d"\nfrom = 1\npoints = nan', "points", "finite"),
        ('trait = "complaints_90d"\nfrom = 3\nto = 2\npoints = 1', "from", "lies above to"),
        ('trait = "last_satisfaction"\nfrom = 40\npoints = 1', "from", "40 % as 0.4"),
        ('trait = "last_satisfaction"\nto = 1.2\npoints = 1', "to", "40 % as 0.4"),
        ('trait = "complaints_90d"\nis = "3"\npoints = 1', "is", "is a number: write a number"),
        ('trait = "complaints_90d"\nis = true\npoints = 1', "is", "is a number: write a number"),
        ('trait = "now_escalates"\nis = 1\npoints = 1', "is", "is = true or is = false"),
        ('trait = "now_escalates"\nis = "yes"\npoints = 1', "is", "is = true or is = false"),
        ('trait = "channel"\nis = 3\npoints = 1', "is", 'write is = "…"'),
        ('trait = "now_escalates"\nfrom = 1\npoints = 1', "from", "has no range"),
        ('trait = "channel"\nto = 1\npoints = 1', "to", "has no range"),
        ('trait = "channel"\nmissing = false\npoints = 1', "missing", "True"),
        ('trait = "channel"\nif = 1\npoints = 1', "if", "not permitted"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_with_its_line(
    tmp_path: Path, body: str, key: str, message: str
) -> None:
    text = HEAD + rule(body)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if n > 18 and row.startswith(f"{key} ="))
    with pytest.raises(InvalidRules, match=message) as refused:
        load(tmp_path, rule(body))
    assert f"risks.toml:{line}: risks.leave.rules.one" in str(refused.value)


@pytest.mark.parametrize("body", ["", "from = 1\nis = 2", "to = 1\nmissing = true", "is = 1\nmissing = true"])
def test_a_rule_has_one_condition(tmp_path: Path, body: str) -> None:
    with pytest.raises(InvalidRules, match=r"risks\.toml:19: .*either from and to, or is, or missing = true"):
        load(tmp_path, rule(f'trait = "complaints_90d"\n{body}\npoints = 1'))


@pytest.mark.parametrize("medium", [0.5, 0.7])
def test_medium_lies_below_high(tmp_path: Path, medium: float) -> None:
    head = HEAD.replace("medium = 0.2", f"medium = {medium}")
    with pytest.raises(InvalidRules, match=r"risks\.toml:18: risks\.leave\.high: must be above medium"):
        load(tmp_path, rule('trait = "complaints_90d"\nfrom = 1\npoints = 1'), head)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    both = rule('trait = "tier"\nis = "A"\npoints = 1') + rule('trait = "no"\nfrom = 1\npoints = 1', "two")
    with pytest.raises(InvalidRules) as refused:
        load(tmp_path, both)
    assert len(str(refused.value).splitlines()) == 2


def test_a_risk_counts_from_its_day(tmp_path: Path) -> None:
    head = HEAD.replace('version = "1"\nvalid_from = 2026-01-01', 'version = "1"\nvalid_from = 2027-01-01')
    rules = load(tmp_path, rule('trait = "complaints_90d"\nfrom = 1\npoints = 1'), head)
    assert rule_scores({}, "en", rules, date(2026, 12, 31)) == ()
    assert len(rule_scores({}, "en", rules, date(2027, 1, 1))) == 1
    assert len(rule_scores({}, "en", rules)) == 1


def test_overlapping_ranges_add_up_to_one_reason(tmp_path: Path) -> None:
    body = 'trait = "complaints_90d"\nfrom = {}\npoints = {}'
    rules = load(tmp_path, rule(body.format(1, 0.5)) + rule(body.format(2, 0.6), "two"))
    (one,) = rule_scores({"complaints_90d": 1}, "en", rules)[0].reasons
    (two,) = rule_scores({"complaints_90d": 2}, "en", rules)[0].reasons
    assert (one.contribution, two.contribution) == (0.5, pytest.approx(1.1))


def test_points_that_cancel_each_other_are_no_reason(tmp_path: Path) -> None:
    body = 'trait = "complaints_90d"\nfrom = 1\npoints = {}'
    rules = load(tmp_path, rule(body.format(0.5)) + rule(body.format(-0.5), "two"))
    (score,) = rule_scores({"complaints_90d": 1}, "en", rules)
    assert score.reasons == ()
    assert score.probability == logistic(-1)


@pytest.mark.parametrize("value", [None, math.nan, "absent"])
def test_what_is_not_known_satisfies_only_missing(tmp_path: Path, value: Value) -> None:
    rules = load(
        tmp_path,
        rule('trait = "complaints_90d"\nto = 3\npoints = 1')
        + rule('trait = "complaints_90d"\nfrom = 0\npoints = 1', "two")
        + rule('trait = "now_escalates"\nis = false\npoints = 1', "three")
        + rule('trait = "complaints_90d"\nmissing = true\npoints = 0.3', "four"),
    )
    traits = {} if value == "absent" else {"complaints_90d": value, "now_escalates": value}
    (reason,) = rule_scores(traits, "en", rules)[0].reasons
    assert (reason.trait, reason.contribution) == ("complaints_90d", 0.3)
    assert "not known" in reason.said("en")
    (known,) = rule_scores({"complaints_90d": 9}, "en", rules)[0].reasons
    assert known.contribution == 1


@given(VALUES)
def test_every_shipped_rule_takes_every_value(value: Value) -> None:
    for risk in RiskRules.shipped().risks.values():
        for one in risk.rules.values():
            assert one.holds(value) in {True, False}


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("gender", "gender"), ("GENDER", "gender"), ("Customer Gender", "gender"), ("cust_sex", "gender"),
        ("客户性别", "gender"), ("性别", "gender"), ("ｇｅｎｄｅｒ", "gender"), ("SeniorCitizen", "age"),
        ("date-of-birth", "age"), ("age_band", "age_band"), ("年龄", "age"), ("Geography", "region"),
        ("customerID", "id"), ("RowNumber", "id"), ("客户号", "id"), ("Surname", "name"),
        ("Partner", "family"),
        ("tier", "tier"), ("Tier", "standing"), ("tenure", None), ("Contract", None), ("usage", None),
        ("complaints_90d", None), ("", None), ("average", None),
    ],
)  # fmt: skip
def test_columns_of_who_somebody_is_are_known_by_their_header(column: str, kind: str | None) -> None:
    assert RiskRules.shipped().protected(column) == kind


# ---- scores


@given(KNOWN)
def test_base_and_reasons_add_up_to_the_log_odds(traits: dict[str, Value]) -> None:
    for score in rule_scores(traits, "en"):
        total = score.base + sum(reason.contribution for reason in score.reasons)
        assert score.probability == pytest.approx(logistic(total), rel=1e-9)
        assert logit(score.probability) == pytest.approx(total, abs=1e-6)
        strengths = [abs(reason.contribution) for reason in score.reasons]
        assert strengths == sorted(strengths, reverse=True)
        assert all(strengths)
        assert (score.source, score.calibrated) == ("rules", False)


@given(KNOWN, st.dictionaries(st.sampled_from(WHO), VALUES, min_size=1), st.sampled_from(["zh", "en"]))
def test_who_somebody_is_changes_no_score(
    traits: dict[str, Value], who: dict[str, Value], language: Language
) -> None:
    without = {name: value for name, value in traits.items() if name not in WHO}
    assert rule_scores({**without, **who}, language) == rule_scores(without, language)


def test_nothing_in_a_score_can_lower_urgency() -> None:
    assert [field.name for field in fields(RiskScore)] == [
        "risk", "name", "probability", "level", "base", "reasons", "source", "calibrated",
    ]  # fmt: skip
    assert [field.name for field in fields(Reason)] == ["trait", "words", "contribution", "also"]
    assert set(Risk.model_fields) & {"urgency", "redress", "deadline", "priority", "tone"} == set()
    assert set(RiskRule.model_fields) == {"trait", "least", "most", "equal", "missing", "points"}


def test_reasons_are_said_in_both_languages_with_their_direction() -> None:
    traits = {"complaints_90d": 3, "last_satisfaction": 0.9}
    english, chinese = score_of(traits, "complain_again"), score_of(traits, "complain_again", "zh")
    assert english.reasons[0].said("en") == "complaints in 90 days: 3 (raises the risk)"
    assert chinese.reasons[0].said("zh") == "近 90 天投诉 3 次（提高风险）"
    assert english.reasons[-1].said("en") == "last answer to a survey: 90% (lowers the risk)"
    assert chinese.reasons[-1].said("zh") == "最近一次满意度 90%（降低风险）"
    assert (english.name, chinese.name) == ("Complains again", "再次投诉")


def test_levels_follow_the_probability_and_care_grows_with_points() -> None:
    risk = RiskRules.shipped().risks["escalate"]
    quiet, threat = score_of({}, "escalate"), score_of({"now_escalates": True}, "escalate")
    worst = score_of(
        {"now_escalates": True, "escalated_365d": 1, "broken_promises_365d": 2, "now_days_left": -3},
        "escalate",
    )
    assert (quiet.level, threat.level, worst.level) == ("low", "medium", "high")
    assert quiet.probability < risk.medium <= threat.probability < risk.high <= worst.probability
    assert quiet.reasons == ()


def test_a_flag_that_is_not_set_is_said_as_such(tmp_path: Path) -> None:
    rules = load(tmp_path, rule('trait = "now_escalates"\nis = false\npoints = -1'))
    (reason,) = rule_scores({"now_escalates": False}, "en", rules)[0].reasons
    assert reason.said("en").startswith("not the case: ")
    assert reason.said("en").endswith("(lowers the risk)")


@pytest.mark.parametrize("count", [10**400, math.inf], ids=["long", "infinite"])
def test_a_number_of_any_length_is_judged(count: float) -> None:
    assert score_of({"complaints_90d": count}, "complain_again").probability > 0.2


@pytest.mark.parametrize("extreme", [-1e6, -40.0, 0.0, 40.0, 1e6])
def test_the_probability_of_any_log_odds_is_one(extreme: float) -> None:
    assert 0 <= logistic(extreme) <= 1
    assert logistic(extreme) + logistic(-extreme) == pytest.approx(1)


# ---- columns


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12), (" 12 ", 12), ("-3.5", -3.5), ("+4", 4), ("1,234", 1234), ("1,234,567.8", 1234567.8),
        ("1,23", None), ("5%", 5), ("12.5%", 12.5), ("５％", 5), ("１，２３４", 1234), ("3e2", 300),
        ("7.", 7),
        ("", None), ("-", None), ("%", None), ("abc", None), ("12 months", None), ("1-2", None),
        ("nan", None), ("inf", None), ("1e999", None), ("9" * 400, None), ("0x10", None),
        ("1_000", None), ("2026-01-01", None),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(text: str, number: float | None) -> None:
    assert number_in(text) == number


def learnt(name: str, values: list[Value]) -> RiskColumn:
    column = learn_column(name, values)
    assert isinstance(column, RiskColumn)
    return column


@given(
    st.lists(st.one_of(st.none(), st.integers(-5, 60), st.floats(-1e6, 1e6)), min_size=40, max_size=200),
    st.lists(st.floats(allow_nan=False), min_size=2, max_size=8),
)
def test_steps_of_a_number_rise_with_it(values: list[Value], asked: list[float]) -> None:
    column = learn_column("x", values)
    if isinstance(column, str):
        return
    assert list(column.edges) == sorted(set(column.edges))
    assert math.isclose(sum(column.shares), 1) and len(column.shares) == column.steps
    steps = [column.code(value) for value in sorted(asked)]
    assert steps == sorted(steps)
    assert all(1 <= step < column.steps for step in steps)
    for nothing in (None, math.nan, "", "often"):
        assert column.code(nothing) == 0


def test_each_step_of_what_was_learnt_has_customers() -> None:
    column = learnt("x", [float(value % 7) for value in range(700)])
    assert column.edges == (0, 1, 2, 3, 4, 5)
    assert column.shares == (0, *[pytest.approx(1 / 7)] * 7)
    many = learnt("y", [value * 1.5 for value in range(1000)])
    assert min(many.shares[1:]) * 1000 >= FEWEST
    assert many.code("1,000.5") == many.code(1000.5) > many.code("３") > 0


def test_words_have_their_own_step_when_common_and_share_the_last_otherwise() -> None:
    column = learnt("plan", [*["gold"] * 30, *["basic"] * 60, *["odd"] * (FEWEST - 1), None])
    assert column.words == ("basic", "gold")
    assert [column.code(value) for value in (None, " ", "basic", " gold ", "odd", "new", 7, True)] == [
        0, 0, 1, 2, 3, 3, 3, 3,
    ]  # fmt: skip
    table = coded([column], [{"plan": "gold"}, {}, {"plan": "never seen"}])
    assert table.tolist() == [[2], [0], [3]]
    assert coded([column], []).shape == (0, 1)


def test_a_column_has_a_limited_number_of_words() -> None:
    column = learnt("branch", [f"b{n % 50:02}" for n in range(50 * FEWEST)])
    assert len(column.words) == MOST_WORDS


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([None] * 60, "empty"),
        ([], "empty"),
        ([3] * 60, "the same for everybody"),
        (["yes"] * 60, "the same for everybody"),
        ([1000 + n for n in range(60)], "another value for everybody"),
        ([823_417 + 1777 * n for n in range(60)], "another value for everybody"),
        ([f"K-{n}" for n in range(60)], "another value for everybody"),
        ([None, *[f"wrote {n} times" for n in range(99)]], "nearly as many values as customers"),
        (
            [f"on day {n // 2}" for n in range(100)] + [f"day {n}" for n in range(100)],
            "nearly as many values",
        ),
    ],
)
def test_columns_that_say_nothing_or_name_somebody_are_left_out(values: list[Value], why: str) -> None:
    left = learn_column("x", values)
    assert isinstance(left, str)
    assert left.startswith(why)


@pytest.mark.parametrize(
    "values", [[n * 0.37 for n in range(60)], [n % 30 for n in range(60)], [5, None] * 30]
)
def test_columns_that_only_look_like_it_are_kept(values: list[Value]) -> None:
    assert isinstance(learn_column("x", values), RiskColumn)


def test_a_place_among_customers_is_said_in_words() -> None:
    column = learnt("amount", [n * 0.5 for n in range(1000)])
    places = [column.place(value, "en") for value in (0, 120, 250, 370, 499, 1e9)]
    assert places == [
        "among the lowest fifth", "rather low", "in the middle", "rather high",
        "among the highest fifth", "among the highest fifth",
    ]  # fmt: skip
    assert column.place(0, "zh") == "处于最低的五分之一"
    assert column.place("499", "en") == "among the highest fifth"
    assert column.place(None, "en") == column.place(True, "en") == column.place("often", "en") == ""
    common = learnt("late", [*[0] * 80, *range(1, 21)])
    assert common.place(0, "en") == "as for about 80% of customers"
    assert common.place(0, "zh") == "约 80% 的客户也是如此"
    assert learnt("plan", ["a", "b"] * 50).place("a", "en") == ""


# ---- rows


def csv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "customers.csv"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_is_read_as_spreadsheets_save_it(tmp_path: Path, encoding: str, mark: str, end: str) -> None:
    lines = ["月消费,套餐,流失", '"1,234",畅享,是', "50%, ,否", "-,基础,0"]
    text = end.join(lines)
    if mark != ",":
        text = text.replace('"1,234"', "1234").replace(",", mark)
    told = read_rows(csv(tmp_path, text + end, encoding), "流失")
    assert told.labels == (True, False, False)
    assert told.rows == (
        {"月消费": 1234, "套餐": "畅享"},
        {"月消费": 50, "套餐": None},
        {"月消费": None, "套餐": "基础"},
    )


def test_a_table_without_labels_keeps_all_columns(tmp_path: Path) -> None:
    told = read_rows(csv(tmp_path, 'a,"b, c",\n1,"x, ""y""",z\n\n,,\n2,w,\n'))
    assert told.labels is None
    assert told.rows == ({"a": 1, "b, c": 'x, "y"'}, {"a": 2, "b, c": "w"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no rows: it needs a header and one row"),
        ("\n\n", "has no rows"),
        ("a,churn\n", "has no rows"),
        ("a,a,churn\n1,2,yes\n", "two columns are called 'a': rename one"),
        ("a,churn\n1,yes\n2\n", "row 3 has 1 cells, the header 2"),
        ("a,churn\n1,yes,secret\n", "row 2 has 3 cells"),
        ("a,Churned\n1,yes\n", "no column 'churn' with labels: did you mean 'Churned'"),
        ("a,b\n1,yes\n", "no column 'churn' with labels: name another"),
        ("a,churn\n1,yes\n2,secret\n", "row 3: .*'churn' is neither yes nor no: write yes or no"),
        ("a,churn\n1,2\n", "row 2: .*neither yes nor no"),
        ("a,churn\n1,yes\n2,\n", "row 3: .*'churn' is empty"),
        ("churn\nyes\n", "no column besides the label"),
        ("a,churn\n1,\x00secret\n", "neither yes nor no"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_without_its_cells(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        read_rows(csv(tmp_path, text), "churn")
    assert "secret" not in str(refused.value)


def test_the_row_that_is_named_is_that_of_the_file_also_after_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"row 4: .*neither yes nor no"):
        read_rows(csv(tmp_path, "a,churn\n1,yes\n\n2,perhaps\n"), "churn")


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"cannot read .*nowhere"):
        read_rows(tmp_path / "nowhere.csv")
    with pytest.raises(InvalidInput, match="neither UTF-8 nor GB18030"):
        read_rows(csv(tmp_path, "a,b\n1,2\n", "utf-16"))


@pytest.mark.parametrize(("odd", "numeric"), [(0, True), (4, True), (5, True), (6, False), (10, False)])
def test_a_column_is_one_of_numbers_when_nearly_all_cells_are(
    tmp_path: Path, odd: int, *, numeric: bool
) -> None:
    cells = ["unclear"] * odd + [str(n) for n in range(100 - odd)]
    values = [
        row["x"] for row in read_rows(csv(tmp_path, "\n".join(["x,y", *[f"{c},1" for c in cells]]))).rows
    ]
    assert values[-1] == (99 - odd if numeric else str(99 - odd))
    assert values[:odd] == [None if numeric else "unclear"] * odd


@pytest.mark.parametrize(
    ("cell", "label"),
    [("YES", True), ("Ｙ", True), ("1.0", True), ("True", True), ("是", True), ("已流失", True),
     ("No", False), ("0.0", False), ("f", False), ("否", False), ("未流失", False), (" n ", False)],
)  # fmt: skip
def test_yes_and_no_are_read_in_every_spelling(tmp_path: Path, cell: str, *, label: bool) -> None:
    assert read_rows(csv(tmp_path, f"a,churn\n1,{cell}\n"), "churn").labels == (label,)


# ---- metrics

CASES = st.lists(st.tuples(st.booleans(), st.integers(0, 12)), min_size=2, max_size=80).filter(
    lambda cases: len({label for label, _ in cases}) == 2
)


@given(CASES)
def test_roc_auc_is_what_scikit_learn_says_also_with_ties(cases: list[tuple[bool, int]]) -> None:
    labels = np.array([label for label, _ in cases])
    scores = np.array([(score + 1) / 14 for _, score in cases])
    reference: Any = importlib.import_module("sklearn.metrics")  # has no types
    assert roc_auc(labels, scores) == pytest.approx(reference.roc_auc_score(labels, scores))
    assert losses(labels, scores).mean() == pytest.approx(reference.log_loss(labels, scores))
    told = measured(labels, scores)
    assert told.brier == pytest.approx(reference.brier_score_loss(labels, scores))
    assert 0 <= told.roc_auc_low <= told.roc_auc_high <= 1
    assert sum(bin.rows for bin in told.reliability) == len(labels)


def test_calibration_and_lift_of_a_small_table() -> None:
    labels = np.array([True, False, False, False, True, True, True, False, True, True])
    sure = np.array([0.1] * 4 + [0.9] * 6)
    told = measured(labels, sure)
    # 4 customers foretold 0.1, of whom 1 in 4 came true; 6 foretold 0.9, of whom 5 in 6
    assert told.ece == pytest.approx((4 * 0.15 + 6 * (0.9 - 5 / 6)) / 10)
    assert [(bin.rows, bin.predicted, bin.observed) for bin in told.reliability] == [
        (4, pytest.approx(0.1), 0.25),
        (6, pytest.approx(0.9), pytest.approx(5 / 6)),
    ]
    # six are tied for the one place at the top: five sixths of a hit, over a rate of 0.6
    assert told.lift_top_decile == pytest.approx(5 / 6 / 0.6)
    assert (told.rows, told.base_rate) == (10, 0.6)


def test_lift_counts_those_tied_at_the_end_of_the_top_tenth_in_part() -> None:
    labels = np.array([True, True, False, False, False] + [True] * 2 + [False] * 13)
    chances = np.array([0.9] + [0.5] * 4 + [0.1] * 15)
    # one is surely at the top, for the second place four are tied, one in four of them a hit; 4 in 20 at all
    assert lift(labels, chances) == pytest.approx((1 + 0.25) / 2 / (4 / 20))


def test_perfect_and_useless_scores() -> None:
    labels = np.arange(100) < 10
    perfect = measured(labels, labels.astype(float))
    assert (perfect.roc_auc, perfect.roc_auc_low, perfect.ece, perfect.brier) == (1, 1, 0, 0)
    assert perfect.log_loss == pytest.approx(0, abs=1e-9)
    assert perfect.lift_top_decile == 10
    useless = measured(labels, np.full(100, 0.1))
    assert (useless.roc_auc, useless.roc_auc_low, useless.roc_auc_high) == (0.5, 0.5, 0.5)
    assert useless.ece == pytest.approx(0, abs=1e-9)
    assert useless.lift_top_decile == pytest.approx(1)
    wrong = measured(labels, 1 - labels.astype(float))
    assert (wrong.roc_auc, wrong.ece, wrong.lift_top_decile) == (0, 1, 0)
    assert math.isfinite(wrong.log_loss)


def test_the_ends_of_the_scale_have_a_bin() -> None:
    bins = reliability(np.array([True, False]), np.array([1.0, 0.0]))
    assert [(bin.low, bin.high) for bin in bins] == [(0, pytest.approx(1 / 15)), (pytest.approx(14 / 15), 1)]
    assert lift(np.array([True, False]), np.array([1.0, 0.0])) == 2


# ---- the additive model

AMOUNT = RiskColumn(name="monthlyAmount", kind="number", edges=(10.0, 20.0), shares=(0.1, 0.3, 0.3, 0.3))
PLAN = RiskColumn(name="plan", kind="word", words=("basic", "gold"), shares=(0.0, 0.6, 0.3, 0.1))
TOGETHER = Pair(
    first=0, second=1, first_groups=(0, 1, 1, 2), second_groups=(0, 1, 2, 2),
    table=((0.0, 0.0, 0.0), (0.0, 0.2, -0.2), (0.0, -0.3, 0.4)),
)  # fmt: skip
BOTH: dict[str, Any] = {
    "intercept": -1.1,
    "columns": (AMOUNT, PLAN),
    "tables": ((0.3, -0.4, 0.0, 0.7), (0.0, -0.1, 0.6, 1 / 3)),
}
CURVE = Isotonic(logits=(-2.0, -1.0, 1.0), probabilities=(0.05, 0.3, 0.8))
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "monthlyAmount": st.one_of(VALUES, st.floats(0, 30)),
        "plan": st.one_of(VALUES, st.sampled_from(["basic", "gold", "other"])),
    },
)


@given(LIKELY)
def test_contributions_add_up_to_the_log_odds(traits: dict[str, Value]) -> None:
    model = Additive(**BOTH, pairs=(TOGETHER,))
    found = list(model.contributions(traits))
    assert [tuple(column.name for column in columns) for columns, _ in found] == [
        ("monthlyAmount",), ("plan",), ("monthlyAmount", "plan"),
    ]  # fmt: skip
    total = model.intercept + sum(value for _, value in found)
    assert model.logits([traits])[0] == pytest.approx(total)
    assert model.probabilities([traits])[0] == pytest.approx(logistic(total))


def test_a_table_is_read_by_hand() -> None:
    model = Additive(**BOTH, pairs=(TOGETHER,))
    rows: list[Traits] = [{"monthlyAmount": 25, "plan": "gold"}, {"plan": "other"}, {}]
    assert model.logits(rows) == pytest.approx([-1.1 + 0.7 + 0.6 + 0.4, -1.1 + 0.3 + 1 / 3, -1.1 + 0.3])
    assert model.logits([]).shape == (0,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tables": ((0.3, -0.4, 0.0), (0.0, -0.1, 0.6, 0.1))}, "does not fit its column"),
        ({"tables": ((0.3, -0.4, 0.0, 0.7),)}, "does not fit its column"),
        ({"columns": (AMOUNT, PLAN.model_copy(update={"shares": (1.0,)}))}, "does not fit its column"),
        ({"columns": (), "tables": ()}, "at least 1 item"),
        ({"intercept": math.nan}, "finite"),
        ({"pairs": (TOGETHER.model_copy(update={"second": 2}),)}, "a column that is not there"),
        (
            {"pairs": (TOGETHER.model_copy(update={"first_groups": (0, 1, 1)}),)},
            "groups of a pair do not fit",
        ),
        ({"pairs": (TOGETHER.model_copy(update={"second_groups": ()}),)}, "groups of a pair do not fit"),
        ({"pairs": (TOGETHER.model_copy(update={"first_groups": (0, 1, 1, 3)}),)}, "table of a pair"),
        ({"pairs": (TOGETHER.model_copy(update={"second_groups": (0, 1, 2, 3)}),)}, "table of a pair"),
        (
            {"pairs": (TOGETHER.model_copy(update={"table": ((0.0,), (0.0, 1.0), (1.0,))}),)},
            "table of a pair",
        ),
        ({"isotonic": Isotonic(logits=(0.0, 1.0), probabilities=(0.5,))}, "as many probabilities"),
        ({"isotonic": {"logits": (), "probabilities": ()}}, "at least 1 item"),
        ({"isotonic": {"logits": (0.0,), "probabilities": (1.0,)}}, "less than 1"),
    ],
)
def test_tables_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Additive(**{**BOTH, **change})


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=20))
def test_an_isotonic_calibration_never_falls(logits: list[float]) -> None:
    told = Additive(**BOTH, isotonic=CURVE).calibrated(np.array(sorted(logits)))
    assert (np.diff(told) >= 0).all()
    assert (told >= 0.05).all() and (told <= 0.8).all()


# ---- saving and loading


def card(**changes: Any) -> RiskCard:
    labels, chances = np.arange(60) % 3 == 0, np.linspace(0.05, 0.9, 60)
    told: dict[str, Any] = {
        "risk": "leave",
        "label": "Churn",
        "left_out": {"gender": "protected: gender"},
        "suspects": (),
        "trained": Trained(seed=0, folds=5, penalty=0.1, calibration="platt", pairs=()),
        "metrics": measured(labels, chances),
        "medium_above": 0.3,
        "high_above": 0.5,
        "model": Additive(**BOTH, pairs=(TOGETHER,)),
    }
    return RiskCard(**{**told, **changes})


@given(
    LIKELY,
    st.lists(st.floats(-10, 10), min_size=9, max_size=9),
    st.sampled_from([None, CURVE]),
)
def test_a_model_read_back_judges_the_same_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory,
    traits: dict[str, Value],
    numbers: list[float],
    isotonic: Isotonic | None,
) -> None:
    tables = (tuple(numbers[:4]), tuple(numbers[4:8]))
    told: dict[str, Any] = {**BOTH, "tables": tables, "intercept": numbers[8], "isotonic": isotonic}
    model = RiskModel(card(model=Additive(**told)))
    folder = tmp_path_factory.mktemp("models")
    model.save(folder)
    again = RiskModel.load(folder, "leave")
    assert again.card == model.card
    assert again.name == model.name
    assert again.judge(traits, "en") == model.judge(traits, "en")
    first = RiskModel.file(folder, "leave").read_bytes()
    again.save(folder)
    assert RiskModel.file(folder, "leave").read_bytes() == first
    assert [file.name for file in folder.iterdir()] == ["leave.json"]


def changed(key: str, value: object) -> Callable[[str], str]:
    return lambda text: json.dumps({**json.loads(text), key: value})


def with_(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


def half(text: str) -> str:
    return text[: len(text) // 2]


DAMAGES: list[tuple[Callable[[str], str], str]] = [
    (with_('"intercept": -1.1', '"intercept": -9.1'), "not what was written"),
    (with_("protected: gender", "constant"), "not what was written"),
    (changed("sha256", "0" * 64), "not what was written"),
    (changed("format", FORMAT + 1), f"it has format {FORMAT + 1}, this version reads {FORMAT}"),
    (half, "cannot be read"),
    (with_('"kind": "word"', '"kind": "gold"'), "cannot be read"),
    (with_('"sha256"', '"md5"'), "cannot be read"),
    (changed("model", {"gold": 1}), "cannot be read"),
    (lambda _: "", "cannot be read"),
    (lambda _: "[]", "cannot be read"),
]


@pytest.mark.parametrize(("damage", "what"), DAMAGES)
def test_a_file_that_cannot_be_trusted_is_refused_without_its_words(
    tmp_path: Path, damage: Callable[[str], str], what: str
) -> None:
    RiskModel(card()).save(tmp_path)
    file = RiskModel.file(tmp_path, "leave")
    before = file.read_text("utf-8")
    file.write_text(damage(before), "utf-8")
    assert file.read_text("utf-8") != before
    with pytest.raises(RiskModelUnavailable, match=what) as refused:
        RiskModel.load(tmp_path, "leave")
    assert "train it again with 'redress train risk'" in str(refused.value)
    told = "".join(traceback.format_exception(refused.value))
    for word in ("gold", "basic", "monthlyAmount", "gender"):
        assert word not in told.replace(str(tmp_path), "")


def test_a_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    RiskModel(card()).save(tmp_path)
    with pytest.raises(RiskModelUnavailable, match=r"escalate\.json: it is missing; train it again"):
        RiskModel.load(tmp_path, "escalate")


def test_the_model_of_one_risk_does_not_judge_another(tmp_path: Path) -> None:
    RiskModel(card()).save(tmp_path)
    RiskModel.file(tmp_path, "leave").rename(RiskModel.file(tmp_path, "escalate"))
    with pytest.raises(RiskModelUnavailable, match="train it again"):
        RiskModel.load(tmp_path, "escalate")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    RiskModel.file(tmp_path, "leave").mkdir()
    with pytest.raises(RiskModelUnavailable, match="cannot be read"):
        RiskModel.load(tmp_path, "leave")


@given(LIKELY)
def test_any_customer_is_judged_and_told_why(traits: dict[str, Value]) -> None:
    model = RiskModel(card())
    for language in ("en", "zh"):
        score = model.judge(traits, language)
        total = score.base + sum(reason.contribution for reason in score.reasons)
        assert score.probability == pytest.approx(logistic(total))
        strengths = [abs(reason.contribution) for reason in score.reasons]
        assert strengths == sorted(strengths, reverse=True)
        assert (score.source, score.calibrated) == (model.name, True)
        for reason in score.reasons:
            said, ends = reason.said(language), {"en": " the risk)", "zh": "风险）"}[language]
            assert said.endswith(ends)
            assert ("raises" in said or "提高" in said) == (reason.contribution > 0)


@pytest.mark.parametrize("amount", [10**400, -(10**400), math.inf], ids=["long", "below", "infinite"])
def test_a_model_judges_a_number_of_any_length(amount: float) -> None:
    assert 0 < RiskModel(card()).judge({"monthlyAmount": amount}, "en").probability < 1


def test_reasons_of_foreign_columns_read_as_words() -> None:
    model = RiskModel(card())
    score = model.judge({"monthlyAmount": 1250.5, "plan": "gold"}, "en")
    assert [reason.said("en") for reason in score.reasons] == [
        "monthly Amount: 1,250.5, as for about 33% of customers (raises the risk)",
        "plan: gold (raises the risk)",
        "monthly Amount: 1,250.5, as for about 33% of customers together with plan: gold (raises the risk)",
    ]
    assert [(reason.trait, reason.also) for reason in score.reasons] == [
        ("monthlyAmount", None), ("plan", None), ("monthlyAmount", "plan"),
    ]  # fmt: skip
    chinese = model.judge({"plan": "gold"}, "zh")
    assert [reason.said("zh") for reason in chinese.reasons] == [
        "plan：gold（提高风险）",
        "monthly Amount：–（未知）（提高风险）",
    ]
    assert (score.name, chinese.name) == ("Leaves", "流失")


def test_levels_are_above_their_limits() -> None:
    model = RiskModel(card())
    assert [model.level(chance) for chance in (0.0, 0.3, 0.31, 0.5, 0.51)] == [
        "low", "low", "medium", "medium", "high",
    ]  # fmt: skip


def test_a_model_measures_itself_on_new_customers() -> None:
    rows: list[Traits] = [{"monthlyAmount": 25 if number < 10 else 5} for number in range(20)]
    told = RiskModel(card()).evaluate(rows, [True] * 10 + [False] * 10)
    assert (told.rows, told.roc_auc) == (20, 1)


def test_the_shipped_rules_are_beside_their_reader() -> None:
    assert SHIPPED.is_file()
    assert RiskRules.load(SHIPPED) == RiskRules.shipped()
