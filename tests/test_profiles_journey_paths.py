"""The paths that complaints of many customers took, and that no single one can be read from them."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from profiles.errors import InvalidInput
from profiles.event import Event
from profiles.journey_paths import PathStep, common_paths
from tests.test_profiles_journey import EVENTS, RULES, TODAY, story


def customer(name: int, *told: tuple[str, float] | tuple[str, float, dict[str, Any]]) -> list[Event]:
    return [one.model_copy(update={"id": f"{name}-{one.id}"}) for one in story(*told)]


PHONE = {"channel": "phone"}
UPHELD = {"outcome": "upheld"}


def test_common_paths_count_episodes_and_customers() -> None:
    quick = [customer(n, ("complaint", 0, PHONE), ("closed", n, UPHELD)) for n in range(4)]
    hard = [
        customer(n, ("complaint", 0, PHONE), ("turn", 1), ("turn", 1.5), ("escalated", 2), ("left", 5))
        for n in range(10, 13)
    ]
    rare = [customer(20, ("complaint", 0, {"channel": "letter"}), ("reopened", 1))]
    found = common_paths(iter([*quick, *hard, *rare, []]), today=TODAY, k=3)
    assert (found.customers, found.episodes, len(found.paths)) == (8, 8, 2)
    first, second = found.paths
    assert first.steps == (PathStep("complaint", "phone"), PathStep("closed"))
    assert (first.episodes, first.customers, first.median_days) == (4, 4, 1.5)
    assert first.ends is not None
    assert first.ends.upheld == 1
    assert [step.kind for step in second.steps] == ["complaint", "turn", "escalated"]
    assert second.ends is not None
    assert (second.ends.escalated, second.ends.left, second.ends.upheld) == (1, 1, 0)
    assert found.other is not None
    assert (found.other.episodes, found.other.ends, found.other.median_days) == (1, None, None)
    moves = {(one.begin.kind, one.end.kind): (one.count, one.median_days) for one in found.transitions}
    assert moves == {
        ("complaint", "closed"): (4, 1.5),
        ("complaint", "turn"): (3, 1.0),
        ("turn", "escalated"): (3, 0.5),
    }
    assert json.loads(found.dump())["paths"][0]["steps"][0] == {"kind": "complaint", "channel": "phone"}


def test_a_customer_who_took_a_path_often_is_one_customer() -> None:
    same = customer(1, *[(kind, day, PHONE) for day in range(0, 100, 20) for kind in ("complaint", "closed")])
    found = common_paths([same], today=TODAY, k=2)
    assert (found.customers, found.episodes, found.paths, found.transitions) == (1, 5, (), ())
    assert found.other is not None
    assert (found.other.customers, found.other.ends) == (1, None)


def test_long_paths_are_told_apart_by_their_beginning() -> None:
    kinds = ("turn", "call") * 10
    told = [(kind, day, {**PHONE, "case": "c"}) for day, kind in enumerate(kinds, 1)]
    found = common_paths([customer(1, ("complaint", 0, PHONE | {"case": "c"}), *told)], today=TODAY, k=1)
    (only,) = found.paths
    assert len(only.steps) == RULES.paths.longest + 1
    assert only.steps[-1] == PathStep(None)
    assert only.steps[-1].said(RULES, "en") == "and so on"


def test_no_customers_and_a_senseless_k() -> None:
    found = common_paths([], today=TODAY)
    assert (found.k, found.customers, found.paths, found.other) == (RULES.paths.k, 0, (), None)
    with pytest.raises(InvalidInput, match="give at least 1"):
        common_paths([], today=TODAY, k=0)


@given(st.lists(EVENTS, max_size=6), st.integers(1, 3), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_common_paths_do_not_depend_on_order_and_hide_the_few(
    customers: list[list[Event]], k: int, chance: random.Random
) -> None:
    found = common_paths(customers, today=TODAY, k=k)
    shuffled = list(customers)
    chance.shuffle(shuffled)
    assert common_paths(shuffled, today=TODAY, k=k) == found
    rest = found.other.episodes if found.other else 0
    assert sum(one.episodes for one in found.paths) + rest == found.episodes
    assert all(one.customers >= k for one in found.paths)
    if found.other is not None and found.other.ends is not None:
        assert found.other.customers >= k
