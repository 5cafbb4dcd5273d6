"""Groups of customers: found where there are any, claimed where stable, described, and recognised again."""

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from profiles.expressions import holds
from profiles.expressions_parser import parse
from profiles.segment_card import Clusters
from profiles.segment_clusters import find_clusters
from profiles.segment_history import drift, rename
from profiles.segment_planted import Planted, planted, shuffled
from profiles.segment_rules import SegmentRules, lasting
from profiles.traits import TraitRules, Traits

READABLE = lasting(TraitRules.shipped())


@pytest.fixture(scope="module")
def some() -> Planted:
    return planted(1, groups=4, customers=1200)


@pytest.fixture(scope="module")
def clusters(some: Planted) -> Clusters:
    return find_clusters(some.rows)


def agreement(clusters: Clusters, truth: Mapping[str, int]) -> float:
    """The adjusted Rand index; all customers in no stable group are taken for one group."""
    metrics: Any = importlib.import_module("sklearn.metrics")  # untyped
    found = [clusters.members[one] or "" for one in truth]
    return float(metrics.adjusted_rand_score(list(truth.values()), found))


@pytest.mark.parametrize(("seed", "groups"), [(0, 3), (2, 5), (3, 6)])
def test_planted_groups_are_found(seed: int, groups: int) -> None:
    made = planted(seed, groups=groups, customers=1500)
    found = find_clusters(made.rows)
    assert agreement(found, made.truth) >= 0.9
    assert len(found.card.claimed) == groups


@pytest.mark.parametrize("seed", range(2))
def test_customers_without_groups_are_in_none(seed: int, some: Planted) -> None:
    for rows in (shuffled(some.rows, seed), planted(seed, groups=1, customers=1200).rows):
        found = find_clusters(rows)
        assert found.card.verdict in ("no_groups", "like_chance")
        assert found.card.claimed == ()
        assert set(found.members.values()) == {None}


@pytest.mark.parametrize("kind", ["one cloud", "two peaks in every trait", "heavy tails"])
def test_what_only_looks_like_groups_is_not_claimed(kind: str) -> None:
    rng = np.random.default_rng(7)
    common = rng.normal(size=(1000, 1))
    made = {
        "one cloud": 1.5 * common + rng.normal(size=(1000, 6)),
        "two peaks in every trait": rng.choice([0.0, 10.0], (1000, 6)) + rng.normal(size=(1000, 6)),
        "heavy tails": np.exp(0.9 * common + 0.5 * rng.normal(size=(1000, 6))),
    }
    assert find_clusters(numbered(made[kind])).card.claimed == ()


def numbered(table: Any) -> dict[str, Traits]:
    names = ("complaints_90d", "contacts_90d", "calls_90d", "known_days", "silent_days", "visits_30d")
    rows = ({name: float(value) for name, value in zip(names, row, strict=True)} for row in table)
    return {f"c{number}": row for number, row in enumerate(rows)}


NOTHING: list[dict[str, Traits]] = [
    {},
    {"one": {}},
    {"one": {"complaints_90d": 3}},
    {f"c{n}": {} for n in range(300)},
    {f"c{n}": {"complaints_90d": None, "channel": None} for n in range(300)},
    {f"c{n}": {"complaints_90d": 3, "channel": "phone"} for n in range(300)},
    {f"c{n}": {"nobody_declared_this": n % 2 * 100} for n in range(300)},
    {f"c{n}": {"tier": "ab"[n % 2], "age_band": "cd"[n % 2]} for n in range(300)},
    {f"c{n}": {"now_health": bool(n % 2), "now_turns": n % 2 * 9} for n in range(300)},
    {f"c{n}": {"complaints_90d": n} for n in range(30)},
    {f"c{n}": {"complaints_90d": float("nan"), "contacts_90d": "seven"} for n in range(300)},
]


@pytest.mark.parametrize("rows", NOTHING)
def test_where_there_is_nothing_to_find_nothing_is_claimed(rows: dict[str, Traits]) -> None:
    found = find_clusters(rows)
    assert found.card.claimed == ()
    assert set(found.members) == set(rows)
    assert set(found.members.values()) <= {None}


def test_strange_values_do_no_harm(some: Planted, clusters: Clusters) -> None:
    rows: dict[str, Traits] = {**some.rows}
    for name in list(rows)[:30]:
        rows[name] = {**rows[name], "calls_90d": float("inf"), "visits_30d": 10**400, "silent_days": -1e300}
    assert agreement(find_clusters(rows), some.truth) >= 0.9


def test_the_order_of_customers_changes_nothing(some: Planted, clusters: Clusters) -> None:
    backwards = dict(reversed(some.rows.items()))
    again = find_clusters(backwards)
    assert again.card == clusters.card
    assert again.members == clusters.members


def test_a_group_too_small_is_neither_claimed_nor_described(some: Planted, clusters: Clusters) -> None:
    smallest = min(clusters.card.claimed, key=lambda group: group.size)
    shipped = SegmentRules.shipped()
    rules = SegmentRules(shipped.version, smallest.size + 1, shipped.layers, shipped.words, shipped.traits)
    found = find_clusters(some.rows, rules)
    refused = [group for group in found.card.groups if group.code is None]
    assert len(found.card.claimed) == len(clusters.card.claimed) - 1
    assert [(group.name, group.persona, group.apart, group.sentences) for group in refused] == [
        (None, None, (), ())
    ]


def test_every_group_is_explained_in_conditions_that_hold(some: Planted, clusters: Clusters) -> None:
    names = [group.name.en for group in clusters.card.claimed if group.name]
    assert len(set(names)) == len(names)
    for group in clusters.card.claimed:
        assert group.jaccard >= 0.75
        assert group.precision >= 0.6 and group.recall >= 0.5
        for sentence in group.sentences:
            when = parse(sentence.when, READABLE)
            met = [name for name, row in some.rows.items() if holds(when, row)]
            right = sum(clusters.members[name] == group.code for name in met) / len(met)
            assert right == pytest.approx(sentence.precision, abs=0.12)
            assert f"{sentence.precision:.0%}" in sentence.said.en
            assert f"{sentence.precision:.0%}" in sentence.said.zh


def test_a_persona_is_made_of_figures_of_many(some: Planted, clusters: Clusters) -> None:
    written = clusters.card.model_dump_json()
    assert not any(name in written for name in some.rows)
    for group in clusters.card.claimed:
        assert group.persona is not None and group.name is not None
        assert f"{group.size:,} customers" in group.persona.en
        assert group.name.zh in group.persona.zh
        differences = [abs(apart.difference) for apart in group.apart]
        assert differences == sorted(differences, reverse=True)


def test_a_group_that_is_found_again_keeps_its_code_and_name(some: Planted, clusters: Clusters) -> None:
    # the largest group shrinks to the smallest, so that every code by size would change
    largest = clusters.card.claimed[0].code
    rows = {
        name: row
        for number, (name, row) in enumerate(some.rows.items())
        if clusters.members[name] != largest or number % 5 == 0
    }
    again = find_clusters(rows, seed=3)
    renamed = rename(again, clusters)
    assert renamed.by == "members"
    assert (renamed.new, renamed.vanished) == ((), ())
    same = sum(renamed.clusters.members[name] == clusters.members[name] for name in rows)
    assert same >= 0.95 * len(rows)
    before = {group.code: group.name for group in clusters.card.claimed}
    assert {group.code: group.name for group in renamed.clusters.card.claimed} == before
    report = drift(renamed.clusters, clusters, rows)
    assert report.stayed == same
    assert sum(move.customers for move in report.moves) + report.other_moves == len(rows) - same
    shrunk = next(group for group in report.groups if group.code == largest)
    assert shrunk.share_now < shrunk.share_before
    assert shrunk.shift is not None and shrunk.shift < 0.5


def test_new_groups_get_new_codes_and_vanished_ones_are_reported(some: Planted, clusters: Clusters) -> None:
    gone = clusters.card.claimed[0].code
    rows = {name: row for name, row in some.rows.items() if clusters.members[name] != gone}
    less = rename(find_clusters(rows), clusters)
    assert less.vanished == (gone,)
    back = rename(find_clusters(some.rows), less.clusters)
    assert back.new == ("group_5",)
    assert back.clusters.card.next_number == 6
    assert len({group.name.en for group in back.clusters.card.claimed if group.name}) == 4


def test_without_common_customers_centres_tell_the_groups(some: Planted) -> None:
    pairs = list(some.rows.items())
    one, other = find_clusters(dict(pairs[:600])), find_clusters(dict(pairs[600:]))
    renamed = rename(other, one)
    assert renamed.by == "centres"
    assert len(renamed.kept) == 4 and not renamed.new
    codes_of = {some.truth[name]: code for name, code in one.members.items() if code}
    agreed = [renamed.clusters.members[name] == codes_of[some.truth[name]] for name, _ in pairs[600:]]
    assert sum(agreed) >= 0.9 * len(agreed)


def test_unlike_groups_are_not_taken_for_the_same(clusters: Clusters) -> None:
    others = find_clusters(
        {f"x{name}": row for name, row in planted(77, groups=3, customers=1200).rows.items()}
    )
    renamed = rename(others, clusters)
    assert len(renamed.kept) <= 1
    assert not set(renamed.new) & {group.code for group in clusters.card.claimed}


def test_nothing_before_and_nothing_now(some: Planted, clusters: Clusters) -> None:
    nothing = find_clusters({})
    first = rename(clusters, nothing)
    assert (first.by, first.kept, first.vanished) == ("nothing", (), ())
    assert first.clusters.members == clusters.members
    last = rename(nothing, clusters)
    assert last.vanished == tuple(group.code for group in clusters.card.claimed)
    assert last.clusters.card.next_number == clusters.card.next_number
    report = drift(last.clusters, clusters, {})
    assert (report.groups, report.moves, report.stayed) == ((), (), 0)


def test_a_trait_that_shifts_is_reported_first(some: Planted, clusters: Clusters) -> None:
    rows: dict[str, Traits] = {
        name: {**row, "calls_90d": 40, "channel": "fax"} for name, row in some.rows.items()
    }
    report = drift(clusters, clusters, rows)
    assert set(report.shifted) == {"calls_90d", "channel"}
    assert list(report.index)[:2] == sorted(report.shifted, key=lambda trait: -report.index[trait])
    assert drift(clusters, clusters, some.rows).shifted == ()
