"""Segments: rules in layers, what a customer is told to be in and why, files, figures."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, strategies as st

from profiles.errors import InvalidInput, InvalidRules
from profiles.expressions import traits_of
from profiles.expressions_parser import parse
from profiles.segment import Segments
from profiles.segment_card import Clusters
from profiles.segment_clusters import find_clusters
from profiles.segment_columns import HUGE, OUT, Column, learn_columns, matrix, vector
from profiles.segment_figures import middle_mean, spread_of
from profiles.segment_fits import least_apart, nearest, overlap
from profiles.segment_history import stability_index
from profiles.segment_planted import Planted, planted
from profiles.segment_rules import SHIPPED, SegmentRules, lasting
from profiles.segment_words import condition
from profiles.traits import TraitRules, Traits, Value

DAY = date(2026, 6, 1)
TRAITS = TraitRules.shipped()
READABLE = lasting(TRAITS)


@pytest.fixture(scope="module")
def some() -> Planted:
    return planted(1, groups=4, customers=1200)


@pytest.fixture(scope="module")
def clusters(some: Planted) -> Clusters:
    return find_clusters(some.rows)


def codes(traits: Traits) -> tuple[str, ...]:
    return Segments(SegmentRules.shipped()).assign(traits, DAY).codes


@pytest.mark.parametrize(
    ("traits", "expected"),
    [
        ({}, ()),
        ({"known_days": None}, ()),
        ({"known_days": 10}, ("new_customer",)),
        ({"complaints_90d": 4, "known_days": 400}, ("often_in_touch", "established")),
        ({"complaints_365d": 1, "known_days": 900}, ("longstanding_first_problem", "longstanding")),
        ({"complaints_365d": 1, "known_days": 30}, ("first_complaint", "new_customer")),
        (
            {"escalated_365d": 1, "days_since_complaint": 5, "complaints_90d": 9, "transfers_90d": 3},
            ("recently_escalated", "high_effort"),
        ),
        (
            {"silent_days": 70, "days_since_complaint": 80, "last_satisfaction": 0.2},
            ("silent_after_bad_experience",),
        ),
        ({"silent_days": 70, "days_since_complaint": 80}, ()),
        ({"self_service_before": 0.5, "complaints_365d": 2}, ("self_service_first",)),
        ({"known_days": "many", "transfers_90d": float("nan")}, ()),
    ],
)
def test_the_first_rule_of_a_layer_that_holds_wins(
    traits: dict[str, Value], expected: tuple[str, ...]
) -> None:
    assert codes(traits) == expected


def test_an_assignment_says_why_in_both_languages() -> None:
    assigned = Segments(SegmentRules.shipped()).assign({"complaints_90d": 4, "complaints_365d": 5}, DAY)
    (placed,) = assigned.layers
    assert assigned.group is None
    assert (placed.layer, placed.named("zh"), placed.named("en")) == (
        "situation",
        "近期常因问题联系",
        "Often in touch about problems",
    )
    # of the two limits of the rule only the one that was reached is a reason
    assert placed.reasons("en") == (TRAITS.said("complaints_90d", 4, "en"),)
    assert placed.reasons("zh") == (TRAITS.said("complaints_90d", 4, "zh"),)


def test_a_rule_counts_from_its_day_on() -> None:
    segments = Segments(SegmentRules.shipped())
    assert segments.assign({"known_days": 3}, date(2025, 12, 31)).codes == ()
    assert segments.assign({"known_days": 3}, date(2026, 1, 1)).codes == ("new_customer",)


def test_the_shipped_rules_read_no_protected_or_passing_trait_and_judge_nobody() -> None:
    rules = SegmentRules.shipped()
    words = " ".join(
        text for layer in rules.layers for rule in layer.rules for text in (rule.en.lower(), rule.zh)
    )
    for layer in rules.layers:
        for rule in layer.rules:
            assert set(traits_of(rule.when)) <= set(READABLE)
    for judging in ("difficult", "value", "bad customer", "troubl", "heavy", "刁", "难缠", "价值", "恶意"):
        assert judging not in words
    assert set(rules.words) <= set(READABLE)


@pytest.mark.parametrize(
    ("old", "new", "place", "remedy"),
    [
        ('"known_days <= 90"', '"known_dys <= 90"', ":9: ", "did you mean known_days"),
        ('"known_days <= 90"', "\"tier == 'gold'\"", ":9: ", "leave it out"),
        ('"known_days <= 90"', '"known_days <= 90 and now_health"', ":30: ", "leave it out"),
        ('"known_days <= 90"', '"""\\nknown_days > 1\\n and\\nchannel < 3"""', ":9: ", "has no order"),
        ('"known_days <= 90"', '"known_days \\u003c\\u003c 90"', ": ", "character 13"),
        ("rules.new_customer]", "rules.first_complaint]", ": ", "choose another"),
        ("smallest_group = 20", "smallest_group = 1", ": ", "greater than or equal to 5"),
        ("smallest_group = 20", "smallest_grp = 20", ": ", "smallest_group"),
    ],
)
def test_a_fault_in_the_file_names_line_column_and_remedy(
    tmp_path: Path, old: str, new: str, place: str, remedy: str
) -> None:
    new = new.replace("\\n", "\n")
    text = SHIPPED.read_text(encoding="utf-8")
    path = tmp_path / "segments.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidRules) as caught:
        SegmentRules.load(path)
    message = str(caught.value)
    line = text[: text.index(old)].count("\n") + 1 + ("\nchannel" in new) * 3
    if "smallest_grp" not in new and "first_complaint" not in new:
        assert f"{path}:{line}{place}" in message
    assert remedy in message


def test_a_missing_file_of_rules_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRules, match=r"none\.toml"):
        SegmentRules.load(tmp_path / "none.toml")


def test_conditions_read_as_sentences() -> None:
    text = "complaints_90d >= 3 and complaints_90d <= 5 and channel == 'phone' and self_service_before > 30%"
    found = parse(text, READABLE)
    assert condition(found, TRAITS, "en") == "; ".join(
        [
            TRAITS.said("complaints_90d", "3 to 5", "en"),
            TRAITS.said("channel", "phone", "en"),
            TRAITS.said("self_service_before", "more than 30%", "en"),
        ]
    )
    assert condition(found, TRAITS, "zh").startswith("近 90 天投诉 3 到 5 次；")
    assert condition(parse("not channel != 'a' or calls_90d is unknown", READABLE), TRAITS, "zh")
    assert condition(parse("calls_90d >= 2", READABLE), TRAITS, "zh") == "近 90 天来电至少 2 次"


def test_a_loaded_file_assigns_as_the_refresh_did(some: Planted, clusters: Clusters, tmp_path: Path) -> None:
    path = tmp_path / "groups.json"
    clusters.save(path)
    segments = Segments.load(path)
    for name, row in some.rows.items():
        group = segments.assign(row, DAY).group
        assert (group.code if group else None) == clusters.members[name]
        if group:
            assert len(group.reasons("zh")) == len(group.reasons("en")) <= 3
    assert segments.assign({}, DAY).group is None
    assert segments.assign({"complaints_90d": 3}, DAY).group is None


def test_assigning_is_quick_and_loads_no_training_library(
    some: Planted, clusters: Clusters, tmp_path: Path
) -> None:
    path = tmp_path / "groups.json"
    clusters.save(path)
    segments, rows = Segments.load(path), list(some.rows.values())[:300]
    took: list[float] = []
    for row in rows:
        begun = perf_counter()
        segments.assign(row)
        took.append(perf_counter() - begun)
    # on an idle core about 0.11 ms; the limit leaves room for a busy machine
    assert sorted(took)[len(took) // 2] < 0.5e-3
    script = (
        "import sys, profiles.segment; print(any(m.startswith(('sklearn', 'scipy')) for m in sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "False"


def test_the_same_card_gives_the_same_bytes_and_comes_back(clusters: Clusters, tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    clusters.save(one)
    back = Clusters.load(one, clusters.members)
    back.save(other)
    assert back == clusters
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("damage", ["missing", "cut", "figure", "format", "centre", "no json"])
def test_a_damaged_file_is_refused_with_a_remedy(damage: str, clusters: Clusters, tmp_path: Path) -> None:
    path = tmp_path / "groups.json"
    clusters.save(path)
    text = path.read_text()
    card = json.loads(text)
    match damage:
        case "missing":
            path.unlink()
        case "cut":
            path.write_text(text[: len(text) // 2])
        case "figure":
            path.write_text(json.dumps({**card, "customers": card["customers"] + 1}))
        case "format":
            path.write_text(json.dumps({**card, "format": 99}))
        case "centre":
            card["groups"][0]["centre"].pop()
            path.write_text(json.dumps(card))
        case _:
            path.write_bytes(b"\xff\x00")
    with pytest.raises(InvalidInput, match="refresh the segments"):
        Segments.load(path)


SPREADS = st.lists(st.floats(0, 1), min_size=3, max_size=3)


@given(SPREADS, SPREADS)
def test_the_stability_index_is_never_below_zero(one: list[float], other: list[float]) -> None:
    assert stability_index(one, other) >= 0
    assert stability_index(one, one) == 0


@given(st.lists(st.none() | st.floats() | st.integers() | st.booleans() | st.text(max_size=3), max_size=40))
def test_any_values_are_spread_over_bins_that_sum_to_one(values: list[Value]) -> None:
    for trait in (READABLE["calls_90d"], READABLE["channel"]):
        spread = spread_of(values, trait, 5)
        assert sum(spread.shares) == pytest.approx(1 if values else 0, abs=1e-4)


NUMBERS = st.none() | st.floats() | st.integers() | st.just("seven")


@given(
    st.lists(st.fixed_dictionaries({"calls_90d": NUMBERS, "channel": st.sampled_from("abc")}), max_size=60)
)
def test_one_customer_is_placed_as_all_are_and_never_far_out(rows: list[dict[str, Value]]) -> None:
    columns = learn_columns(rows, READABLE, 5)
    table = matrix(columns, rows)
    assert table.shape == (len(rows), len(columns))
    assert np.isfinite(table).all() and (np.abs(table) <= OUT).all()
    for row, line in zip(rows, table, strict=True):
        assert vector(columns, row) == pytest.approx(line)


@given(st.floats(-1e6, 1e6), st.booleans())
def test_a_place_in_a_column_leads_back_to_the_number(number: float, log: bool) -> None:
    column = Column(trait="calls_90d", part="value", log=log, middle=1.0, spread=HUGE)
    assert column.restored(column.of(number)) == pytest.approx(number, rel=1e-2, abs=1e-2)


def test_halves_of_one_cloud_stand_less_apart_than_two_clouds() -> None:
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(4000, 1))
    halves = np.array([[-0.8], [0.8]])
    assert least_apart(cloud, nearest(cloud, halves), halves) == pytest.approx(2.65, abs=0.1)
    even = rng.uniform(-1, 1, (4000, 1))
    assert least_apart(even, nearest(even, halves), halves) == pytest.approx(3.46, abs=0.1)


def test_the_overlap_leaves_out_who_is_in_no_group() -> None:
    found = overlap(np.array([0, 0, 1, -1]), np.array([1, 1, 0, 0]), 2)
    assert found.tolist() == [[0.0, 1.0], [0.5, 0.0]]


def test_the_middle_mean_is_moved_by_no_single_customer() -> None:
    assert middle_mean(np.array([1.0, 2.0, 3.0, 1e9])) == 2.5
    assert middle_mean(np.array([4.0])) == 4.0
