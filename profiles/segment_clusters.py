"""Finds groups of customers by their traits, claims those that are stable, and describes them.

K-means on a sample, for every number of groups: the largest is taken in which any two stand further apart
than the halves of one cloud would, and all are found again in halves of the customers. They have to do better
than the same customers with each trait dealt out anew, and than one cloud in which traits hang together as
much; otherwise nothing is claimed. Only used where segments are refreshed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from profiles.segment_card import ClusterCard, Clusters, Group, Tried, Verdict
from profiles.segment_columns import Column, Matrix, known_enough, learn_columns, matrix
from profiles.segment_descriptions import Describer
from profiles.segment_figures import spread_of
from profiles.segment_fits import (
    Labels,
    cloud,
    fit,
    least_apart,
    nearest,
    shuffled,
    silhouettes,
    stability,
)
from profiles.segment_rules import SegmentRules, lasting
from profiles.traits import Traits

SEED: Final = 20_260_101
SAMPLE: Final = 5_000
"""Customers the groups are found in."""
MOST_GROUPS: Final = 10
FEWEST: Final = 5
"""Times the smallest group there have to be customers."""
APART: Final = 3.6
"""Spreads between any two groups: more than the halves of an even cloud have (`segment_fits.least_apart`)."""
FOUND_AGAIN: Final = 0.6
"""Jaccard below which a group is none at all (Hennig 2007), so that fewer groups are tried."""
STABLE: Final = 0.75
"""From which a group may be claimed (likewise)."""
CHANCES: Final = 5
"""Times customers without groups are made, of either kind."""
BETTER: Final = 0.02
"""Silhouette by which groups have to beat all of them."""


@dataclass(frozen=True, slots=True)
class _Found:
    centres: Matrix
    stable: Matrix
    silhouette: float
    each: Matrix
    """Silhouette by group."""


def find_clusters(
    rows: Mapping[str, Traits], rules: SegmentRules | None = None, *, seed: int = SEED
) -> Clusters:
    """Groups of these customers; the same customers give the same groups, in whichever order they come.

    Args:
        rows: traits by customer; those that segments may not read (`lasting`) are left out.
        rules: for the smallest group, the words and the declared traits; by default those shipped.
        seed: of everything that chance decides.
    """
    rules = rules or SegmentRules.shipped()
    names, readable = sorted(rows), lasting(rules.traits)
    rng = np.random.default_rng(seed)
    chosen = [rows[names[place]] for place in sorted(rng.permutation(len(names))[:SAMPLE].tolist())]
    columns = learn_columns(chosen, readable, rules.smallest_group)
    chosen = [row for row in chosen if known_enough(columns, row)]
    tried: list[Tried] = []
    found: _Found | None = None
    verdict: Verdict = "too_few"
    by_chance = 0.0
    table = matrix(columns, chosen)
    if len(chosen) >= FEWEST * rules.smallest_group and columns:
        found, tried = _search(table, seed)
        verdict = "no_groups" if found is None else "groups"
        if found is not None:
            by_chance = _by_chance(table, columns, len(found.centres), seed)
            verdict = "groups" if found.silhouette >= by_chance + BETTER else "like_chance"
    members, groups = dict[str, str | None].fromkeys(names), tuple[Group, ...]()
    if found is not None and verdict == "groups":
        known = {customer: rows[customer] for customer in names if known_enough(columns, rows[customer])}
        codes, groups = _claimed(found, by_chance, known, columns, rules)
        members.update(codes)
        verdict = "groups" if any(group.code for group in groups) else "no_groups"
    card = ClusterCard(
        verdict=verdict,
        customers=len(names),
        sampled=len(chosen),
        seed=seed,
        columns=columns,
        groups=groups,
        tried=tuple(tried),
        silhouette=found.silhouette if found else 0.0,
        by_chance=by_chance,
        spreads={
            trait: spread_of([row.get(trait) for row in rows.values()], declared, rules.smallest_group)
            for trait, declared in readable.items()
        },
        next_number=1 + sum(group.code is not None for group in groups),
    )
    return Clusters(card, members)


def _search(table: Matrix, seed: int) -> tuple[_Found | None, list[Tried]]:
    """The largest number of groups that stand apart and are found again; and all that were tried."""
    tried: dict[int, Tried] = {}
    standing: list[tuple[Matrix, Labels]] = []
    different = len(np.unique(table, axis=0))
    for groups in range(2, min(MOST_GROUPS, different) + 1):
        centres = fit(table, groups, seed)
        labels = nearest(table, centres)
        apart = min(least_apart(table, labels, centres), _FAR)
        mean, _ = silhouettes(table, labels, groups, seed)
        tried[groups] = Tried(groups=groups, apart=apart, silhouette=mean)
        if apart >= APART:
            standing.append((centres, labels))
    best: _Found | None = None
    # finding groups again takes longest, so it is begun with the most groups and ends with the first success
    for centres, labels in reversed(standing):
        groups = len(centres)
        stable = stability(table, labels, groups, seed)
        tried[groups] = tried[groups].model_copy(update={"jaccard": float(stable.min())})
        if stable.min() >= FOUND_AGAIN:
            best = _Found(centres, stable, *silhouettes(table, labels, groups, seed))
            break
    return best, list(tried.values())


_FAR: Final = 1e6


def _by_chance(table: Matrix, columns: Sequence[Column], groups: int, seed: int) -> float:
    """The best silhouette of as many groups where there are none."""
    rng = np.random.default_rng(seed)
    best = -1.0
    for _ in range(CHANCES):
        for without in (shuffled(table, columns, rng), cloud(table, rng)):
            labels = nearest(without, fit(without, groups, seed))
            best = max(best, silhouettes(without, labels, groups, seed)[0])
    return best


def _claimed(
    found: _Found,
    by_chance: float,
    known: Mapping[str, Traits],
    columns: tuple[Column, ...],
    rules: SegmentRules,
) -> tuple[dict[str, str | None], tuple[Group, ...]]:
    """The code of each of these customers, and all groups, largest first; those claimed are described."""
    rows = list(known.values())
    labels = nearest(matrix(columns, rows), found.centres)
    sizes = np.bincount(labels, minlength=len(found.centres))
    describer = Describer(rows, columns, rules, SEED)
    groups: dict[int, Group] = {}
    number = 0
    for place in np.argsort(-sizes, kind="stable").tolist():
        group = Group(
            code=None,
            size=int(sizes[place]),
            share=float(sizes[place] / len(rows)),
            jaccard=float(found.stable[place]),
            silhouette=float(found.each[place]),
            centre=tuple(found.centres[place].tolist()),
        )
        if group.jaccard >= STABLE and group.silhouette > by_chance and group.size >= rules.smallest_group:
            number += 1
            group = describer.described(
                group.model_copy(update={"code": f"group_{number}"}), labels == place, groups.values()
            )
        groups[place] = group
    codes = {customer: groups[label].code for customer, label in zip(known, labels.tolist(), strict=True)}
    return codes, tuple(groups.values())
