"""Training of a risk model: what it refuses, what it never reads, what it finds, and what it claims."""

import math
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from profiles.errors import InvalidInput
from profiles.risk_columns import coded
from profiles.risk_fits import fit
from profiles.risk_metrics import measured, roc_auc
from profiles.risk_model import RiskModel
from profiles.risk_rows import read_rows
from profiles.risk_rules import RiskRules
from profiles.risk_training import FEWEST_OF_CLASS, FEWEST_ROWS, MOST_ROWS, folds_of, learn_columns, train
from profiles.traits import Traits, Value
from tests.conftest import SHARED

TELCO: Final = SHARED / "data" / "evaluate" / "telco_churn" / "train.csv"
Rows = list[dict[str, Value]]


def plain(count: int) -> tuple[Rows, list[bool]]:
    """A column that says something, and both labels."""
    rows: Rows = [{"visits": number % 9} for number in range(count)]
    return rows, [number % 9 < 3 or number % 11 == 0 for number in range(count)]


def planted(seed: int, count: int = 600) -> tuple[Rows, list[bool], list[float]]:
    """Rows, labels drawn from an additive truth, and the log-odds of the truth."""
    chance = np.random.default_rng(seed)
    usage, late, noise = chance.normal(0, 1, count), chance.poisson(1.0, count), chance.normal(0, 1, count)
    plan = chance.choice(["basic", "gold", "team"], count)
    said = {"basic": 0.9, "gold": -0.9, "team": 0.0}
    truth = [
        -0.8 - 1.3 * float(a) + 0.7 * int(b) + said[str(c)] for a, b, c in zip(usage, late, plan, strict=True)
    ]
    labels = [chance.random() < 1 / (1 + math.exp(-one)) for one in truth]
    rows: Rows = [
        {"usage": float(a), "late": int(b), "plan": str(c), "noise": float(d)}
        for a, b, c, d in zip(usage, late, plan, noise, strict=True)
    ]
    return rows, labels, truth


def xor(count: int, seed: int = 3) -> tuple[Rows, list[bool]]:
    """Only both columns together say who: each alone says nothing."""
    chance = np.random.default_rng(seed)
    first, second = chance.random(count) < 0.5, chance.random(count) < 0.5
    labels = chance.random(count) < np.where(first ^ second, 0.85, 0.15)
    noise = chance.normal(0, 1, count)
    rows: Rows = [
        {"app": bool(a), "autopay": bool(b), "noise": float(c)}
        for a, b, c in zip(first, second, noise, strict=True)
    ]
    return rows, labels.tolist()


@pytest.fixture(scope="module")
def learnt() -> RiskModel:
    rows, labels, _ = planted(1)
    return train(rows, labels)


# ---- refusals


@pytest.mark.parametrize("folds", [-1, 0, 1, 21])
def test_folds_out_of_range_are_refused(folds: int) -> None:
    with pytest.raises(InvalidInput, match=f"{folds} folds cannot be made: take 5"):
        train(*plain(100), folds=folds)


@pytest.mark.parametrize("count", [0, 1, FEWEST_ROWS - 1])
def test_few_rows_are_refused(count: int) -> None:
    with pytest.raises(InvalidInput, match=f"{count} rows are too few .* at least {FEWEST_ROWS}"):
        train(*plain(count))


def test_the_fewest_rows_are_enough() -> None:
    model = train(*plain(FEWEST_ROWS))
    assert model.card.metrics.rows == FEWEST_ROWS


@pytest.mark.parametrize(("label", "said"), [(True, "yes"), (False, "no")])
def test_one_class_is_refused(*, label: bool, said: str) -> None:
    rows, _ = plain(80)
    with pytest.raises(InvalidInput, match=f"all labels are {said}: .*right column"):
        train(rows, [label] * 80)


@pytest.mark.parametrize("rarer", [True, False])
def test_few_customers_of_a_class_are_refused(*, rarer: bool) -> None:
    rows, _ = plain(100)
    few = FEWEST_OF_CLASS - 1
    labels = [rarer] * few + [not rarer] * (100 - few)
    with pytest.raises(InvalidInput, match=f"{few} customers have the rarer label: bring at least"):
        train(rows, labels)


def test_many_rows_of_one_customer_are_one_customer() -> None:
    rows, _ = plain(100)
    labels = [True] * 30 + [False] * 70
    ids = ["a"] * 30 + [str(number) for number in range(70)]
    with pytest.raises(InvalidInput, match="1 customers have the rarer label"):
        train(rows, labels, ids)


def test_lists_of_different_lengths_are_refused() -> None:
    rows, labels = plain(100)
    with pytest.raises(InvalidInput, match="100 rows, 99 labels and 100 ids"):
        train(rows, labels[:-1])
    with pytest.raises(InvalidInput, match="100 rows, 100 labels and 3 ids"):
        train(rows, labels, ["a", "b", "c"])


def test_a_table_of_which_no_column_is_left_is_refused_with_each_reason() -> None:
    labels = [number % 3 == 0 for number in range(90)]
    rows: Rows = [{"gender": "fm"[number % 2], "fixed": 3, "ticket": 5000 + number} for number in range(90)]
    with pytest.raises(InvalidInput, match="no column is left") as refused:
        train(rows, labels)
    told = str(refused.value)
    assert "gender: protected: gender" in told
    assert "fixed: the same for everybody" in told
    assert "ticket: another value for everybody" in told
    assert told.endswith("add columns of what happened")
    nothing: Rows = [{} for _ in labels]
    with pytest.raises(InvalidInput, match="no column is left"):
        train(nothing, labels)


def test_a_column_only_one_customer_has_does_not_break_the_folds() -> None:
    """In the fold that lacks them it is the same for everybody."""
    rows, labels = plain(100)
    rows[7]["rare"] = 1
    rows[8]["rare"] = 2
    model = train(rows, labels)
    score = model.judge({"visits": 3, "rare": 2}, "en")
    assert 0 < score.probability < 1


# ---- what no model reads


def test_who_somebody_is_is_left_out_however_well_it_predicts() -> None:
    rows, labels = plain(200)
    for number, (row, label) in enumerate(zip(rows, labels, strict=True)):
        row |= {
            "gender": "f" if label else "m",
            "Customer Age": 70 if label else 30,
            "age_band": "60+" if label else "30-39",
            "tier": "A" if label else "B",
            "性别": "女" if label else "男",
            "customerID": f"{label}-{number % 20}",
            "case": f"K-{number}",
        }
    model = train(rows, labels)
    bare = train([{"visits": row["visits"]} for row in rows], labels)
    assert [column.name for column in model.card.model.columns] == ["visits"]
    assert model.card.model == bare.card.model
    assert model.card.left_out == {
        "gender": "protected: gender",
        "Customer Age": "protected: age",
        "age_band": "protected: age_band",
        "tier": "protected: tier",
        "性别": "protected: gender",
        "customerID": "protected: id",
        "case": "another value for everybody: a number or a name of somebody",
    }
    assert model.judge(rows[0], "en").probability == bare.judge(rows[0], "en").probability
    text = model.card.model_dump_json()
    assert "60+" not in text and "K-1" not in text


def test_columns_are_kept_in_their_order_with_those_some_rows_lack() -> None:
    rows: list[Traits] = [{"b": n % 4} if n % 2 else {"a": n % 6, "sex": "f"} for n in range(60)]
    kept, left = learn_columns(rows, RiskRules.shipped())
    assert [column.name for column in kept] == ["a", "b"]
    assert left == {"sex": "protected: gender"}
    assert kept[1].shares[0] == 0.5


def test_a_column_that_gives_the_label_away_is_a_suspect() -> None:
    rows, labels, _ = planted(2)
    for number, (row, label) in enumerate(zip(rows, labels, strict=True)):
        row["closing reason"] = "asked to close" if label and number % 25 else "none"
    model = train(rows, labels, label="churn", folds=2)
    assert model.card.suspects == ("closing reason",)
    assert model.card.label == "churn"
    assert model.card.metrics.roc_auc > 0.95


def test_a_column_that_is_the_label_is_learnt_without_a_warning() -> None:
    rows, labels = plain(120)
    for row, label in zip(rows, labels, strict=True):
        row["left"] = label
    model = train(rows, labels)
    assert "left" in model.card.suspects
    assert model.card.metrics.roc_auc == 1
    chances = model.card.model.probabilities(rows)
    assert np.isfinite(chances).all()
    assert ((chances > 0.5) == np.array(labels)).all()


# ---- what it finds


def test_a_planted_signal_is_found_and_nothing_else(learnt: RiskModel) -> None:
    rows, labels, truth = planted(1)
    best = roc_auc(np.array(labels), np.array(truth))
    assert learnt.card.metrics.roc_auc > best - 0.03
    fresh_rows, fresh_labels, fresh_truth = planted(2, 4000)
    told = learnt.evaluate(fresh_rows, fresh_labels)
    assert told.roc_auc > roc_auc(np.array(fresh_labels), np.array(fresh_truth)) - 0.03
    assert told.ece < 0.06
    assert learnt.card.suspects == ()
    assert learnt.card.metrics.rows == len(rows)
    assert learnt.card.metrics.base_rate == pytest.approx(sum(labels) / len(labels))


def test_the_direction_of_a_planted_signal_is_told(learnt: RiskModel) -> None:
    worse = learnt.judge({"usage": -2.0, "late": 4, "plan": "basic", "noise": 0.0}, "en")
    better = learnt.judge({"usage": 2.0, "late": 0, "plan": "gold", "noise": 0.0}, "en")
    assert (worse.level, better.level) == ("high", "low")
    assert {reason.trait for reason in worse.reasons[:3]} == {"usage", "late", "plan"}
    assert all(reason.raises for reason in worse.reasons[:3])
    assert not any(reason.raises for reason in better.reasons[:3])
    assert any(reason.words == "usage: -2, among the lowest fifth" for reason in worse.reasons)
    nobody = learnt.judge({}, "en")
    assert nobody.probability == pytest.approx(learnt.card.metrics.base_rate, abs=0.1)


def test_levels_are_of_three_customers_in_ten(learnt: RiskModel) -> None:
    rows, _, _ = planted(1)
    levels = [learnt.judge(row, "en").level for row in rows]
    assert levels.count("high") == pytest.approx(0.1 * len(rows), abs=0.05 * len(rows))
    assert levels.count("medium") == pytest.approx(0.2 * len(rows), abs=0.06 * len(rows))


def test_a_table_says_nothing_of_the_average_customer(learnt: RiskModel) -> None:
    for column, table in zip(learnt.card.model.columns, learnt.card.model.tables, strict=True):
        assert float(np.array(column.shares) @ np.array(table)) == pytest.approx(0, abs=1e-9)
        assert not table[0]  # nobody lacked a value, so nothing is known of those who do


def test_rows_and_seed_decide_the_model() -> None:
    rows, labels, _ = planted(1, 150)
    one, again, other = (train(rows, labels, folds=3, seed=seed) for seed in (0, 0, 7))
    assert (one.card, one.name) == (again.card, again.name)
    assert (other.card.trained.seed, other.card.trained.folds) == (7, 3)
    assert other.card.metrics != one.card.metrics
    assert other.name != one.name


def test_two_columns_that_say_something_only_together_are_found() -> None:
    rows, labels = xor(1500)
    model = train(rows, labels, folds=3)
    assert set(model.card.trained.pairs[0]) == {"app", "autopay"}
    assert model.card.metrics.roc_auc > 0.8
    one, both = (
        model.judge({"app": True, "autopay": second, "noise": 0.0}, "en") for second in (False, True)
    )
    assert one.probability > 0.75 > 0.25 > both.probability
    strongest = one.reasons[0]
    assert {strongest.trait, strongest.also} == {"app", "autopay"}
    assert strongest.said("en").endswith("(raises the risk)")
    assert " together with " in strongest.words


def test_an_additive_truth_needs_no_pairs(learnt: RiskModel) -> None:
    assert learnt.card.trained.pairs == ()


@pytest.mark.parametrize("seed", [1, 2])
def test_labels_by_chance_give_everybody_the_base_rate(seed: int) -> None:
    rows, _, _ = planted(seed)
    chance = np.random.default_rng(100 + seed)
    labels = (chance.random(len(rows)) < 0.3).tolist()
    model = train(rows, labels, folds=3)
    metrics = model.card.metrics
    assert abs(metrics.roc_auc - 0.5) < 0.08
    chances = model.card.model.probabilities(rows)
    assert float(np.abs(chances - metrics.base_rate).mean()) < 0.05
    assert model.card.suspects == ()


@pytest.mark.parametrize("seed", [1, 2])
def test_an_isotonic_calibration_that_was_chosen_never_falls(seed: int) -> None:
    chance = np.random.default_rng(seed)
    flags = chance.random((1500, 8)) < 0.5
    # a jump where five hold is nothing that a slope and a shift of their sum could say
    labels = chance.random(1500) < np.where(flags.sum(axis=1) >= 5, 0.9, 0.05)
    rows: Rows = [{f"flag{place}": bool(flag) for place, flag in enumerate(row)} for row in flags]
    columns, _ = learn_columns(rows, RiskRules.shipped())
    found = fit(columns, coded(columns, rows), labels, np.arange(1500) % 5)
    assert found.calibration == "isotonic"
    chances = found.model.calibrated(np.linspace(-20, 20, 500))
    assert (np.diff(chances) >= 0).all()
    assert (chances > 0).all() and (chances < 1).all()
    assert measured(labels, found.model.probabilities(rows)).ece < 0.03


def test_strange_values_are_learnt_from() -> None:
    rows, labels = plain(120)
    odd: Sequence[Value] = [math.nan, math.inf, -math.inf, 1e308, None, True, 0]
    for number, row in enumerate(rows):
        row["odd"] = odd[number % len(odd)]
        row["mixed"] = [1, "one", " ", None][number % 4]
    model = train(rows, labels)
    assert {"visits", "odd", "mixed"} == {column.name for column in model.card.model.columns}
    for value in (*odd, "never seen", ""):
        assert 0 < model.judge({"visits": value, "odd": value, "mixed": value}, "en").probability < 1


# ---- folds

OWNED = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=10, max_size=120)


@given(OWNED, st.integers(2, 8), st.integers(0, 5))
@settings(max_examples=60)
def test_a_customers_rows_stay_in_one_fold(owned: list[tuple[int, bool]], folds: int, seed: int) -> None:
    owners = np.array([owner for owner, _ in owned], np.intp)
    labels = np.array([label for _, label in owned])
    places = folds_of(labels, owners, folds, seed)
    assert ((places >= 0) & (places < folds)).all()
    for owner in np.unique(owners):
        assert len(np.unique(places[owners == owner])) == 1
    assert (places == folds_of(labels, owners, folds, seed)).all()


def test_both_classes_are_dealt_out_evenly() -> None:
    labels = np.arange(100) < 20
    places = folds_of(labels, np.arange(100), 5, 0)
    assert np.bincount(places[labels]).tolist() == [4] * 5
    assert np.bincount(places[~labels]).tolist() == [16] * 5


def test_both_classes_are_dealt_out_evenly_among_some_of_the_customers() -> None:
    """As inside a fold, where the numbers of the customers who are held out are missing."""
    owners = np.arange(0, 400, 4)
    labels = np.arange(100) < 20
    places = folds_of(labels, owners, 5, 0)
    assert np.bincount(places[labels]).tolist() == [4] * 5
    assert np.bincount(places[~labels]).tolist() == [16] * 5


@pytest.mark.parametrize("count", [MOST_ROWS + 1, MOST_ROWS * 3 // 2])
def test_of_many_rows_as_many_as_can_be_used_are_drawn(count: int) -> None:
    rows: Rows = [{"late": number % 3 == 0} for number in range(count)]
    model = train(rows, [number % 3 == 0 or number % 7 == 0 for number in range(count)], folds=2)
    assert 0.95 * MOST_ROWS <= model.card.metrics.rows <= MOST_ROWS


def test_what_is_rare_among_many_rows_is_learnt_or_refused() -> None:
    count = 5 * MOST_ROWS + 1
    rows: Rows = [{"late": number % 3 == 0} for number in range(count)]
    labels = [number % 9_000 == 0 for number in range(count)]
    # refused or learnt, but never an error of the library below
    with suppress(InvalidInput):
        model = train(rows, labels, folds=2)
        # a draw that keeps all of them must not make them look frequent
        assert model.card.model.probabilities(rows[:999]).mean() < 3 * sum(labels) / count


def test_a_customer_is_not_learnt_by_heart() -> None:
    """Each customer has a number of their own in every row, which says the label and nothing of others."""
    chance = np.random.default_rng(4)
    rows: Rows = []
    labels: list[bool] = []
    ids: list[str] = []
    for customer in range(30):
        label = bool(chance.random() < 0.5)
        for _ in range(15):
            rows.append({"shop": f"s{customer}"})
            labels.append(label)
            ids.append(f"k{customer}")
    blind = train(rows, labels)
    honest = train(rows, labels, ids)
    assert blind.card.metrics.roc_auc > 0.95
    assert honest.card.metrics.roc_auc < 0.7


# ---- real data, and what service imports


@pytest.mark.shared
def test_churn_of_a_telephone_company_is_foretold_and_calibrated() -> None:
    told = read_rows(TELCO, "Churn")
    assert told.labels is not None
    model = train(told.rows, told.labels, label="Churn", folds=3)
    metrics = model.card.metrics
    assert metrics.roc_auc >= 0.84
    assert metrics.ece <= 0.03
    assert metrics.lift_top_decile > 2
    assert set(model.card.left_out) == {"customerID", "gender", "SeniorCitizen", "Partner", "Dependents"}
    assert model.card.suspects == ()


def test_service_imports_no_slow_library() -> None:
    told = subprocess.run(
        [sys.executable, "-c",
         "import sys, profiles.risk_model, profiles.risk_rows;"
         "print(any(name.startswith(('sklearn', 'scipy')) for name in sys.modules))"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert told.stdout.strip() == "False"
