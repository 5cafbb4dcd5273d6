"""Groups over time: a group that is found again keeps its code and name, and what changed is reported."""

import importlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from profiles.segment_card import ClusterCard, Clusters, Group, Said
from profiles.segment_columns import Column, Matrix
from profiles.segment_figures import counted
from profiles.segment_rules import SegmentRules
from profiles.segment_words import named, persona_of
from profiles.traits import Traits

SAME: Final = 0.5
"""Jaccard overlap from which two groups are one; below it a group counts as dissolved (Hennig 2007)."""
NEAR: Final = 0.5
"""Likewise of centres: the old one is this much closer than the nearest other group."""
ALIKE: Final = 0.5
"""Share of the columns both have to have before centres are compared."""
SHIFTED: Final = 0.1
CHANGED: Final = 0.25
"""Population stability index from which a trait has shifted, or changed for good (Siddiqi 2006)."""
_LEAST: Final = 1e-4
"""An empty bin counts as this share, as the index has no value for 0."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """Groups with the codes and names of those they continue."""

    clusters: Clusters
    by: Literal["members", "centres", "nothing"]
    """What they were recognised by; nothing where there are no old groups, or nothing to compare."""
    kept: tuple[str, ...]
    new: tuple[str, ...]
    vanished: tuple[str, ...]
    """Codes."""


@dataclass(frozen=True, slots=True)
class GroupDrift:
    """What became of a group that was kept."""

    code: str
    name: Said
    fits: Said
    """What it would be called if it were new: where this differs much, the name has outlived the group."""
    share_before: float
    share_now: float
    shift: float | None
    """Of its centre, in spreads a column; None where the columns have too little in common."""


@dataclass(frozen=True, slots=True)
class Move:
    """Customers who went from one group to another; None for no stable group."""

    before: str | None
    now: str | None
    customers: int


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed between two refreshes: counts and shares, nobody by name."""

    groups: tuple[GroupDrift, ...]
    new: tuple[str, ...]
    vanished: tuple[str, ...]
    index: dict[str, float]
    """Population stability index by trait, largest first."""
    stayed: int
    """Customers known to both, whose group is the same."""
    moves: tuple[Move, ...]
    """Most customers first; those of fewer than the smallest group are added up in `other_moves`."""
    other_moves: int

    @property
    def shifted(self) -> tuple[str, ...]:
        """Traits that are spread over customers in another way than before."""
        return tuple(trait for trait, index in self.index.items() if index >= SHIFTED)


def rename(new: Clusters, old: Clusters, rules: SegmentRules | None = None) -> Renamed:
    """The new groups; each that continues an old one has its code and name, every other a code never used.

    Groups are one where their members among the customers known to both overlap; where too few are
    known to both, where their centres are near.
    """
    rules = rules or SegmentRules.shipped()
    claimed, before = new.card.claimed, old.card.claimed
    likeness, by = _likeness(new, old, rules.smallest_group)
    pairs = _assigned(likeness) if by != "nothing" else {}
    found = {claimed[place].code: before[other] for place, other in pairs.items()}
    codes: dict[str | None, str] = {}
    number, groups = old.card.next_number, list[Group]()
    taken: list[Said] = [group.name for group in found.values() if group.name]
    for group in new.card.groups:
        if group.code is None:
            groups.append(group)
            continue
        if group.code in found:
            code, name = found[group.code].code or group.code, found[group.code].name
        else:
            code, name = f"group_{number}", named(group.apart, rules, taken)
            number += 1
        name = name or named(group.apart, rules, taken)
        taken.append(name)
        codes[group.code] = code
        words = persona_of(name, group.size, group.share, group.apart, rules.traits)
        groups.append(group.model_copy(update={"code": code, "name": name, "persona": words}))
    card = new.card.model_copy(update={"groups": tuple(groups), "next_number": number})
    members = {customer: codes.get(code) for customer, code in new.members.items()}
    kept = {group.code for group in found.values()}
    return Renamed(
        replace(new, card=card, members=members),
        by,
        kept=tuple(group.code for group in before if group.code and group.code in kept),
        new=tuple(code for code in codes.values() if code not in kept),
        vanished=tuple(group.code for group in before if group.code and group.code not in kept),
    )


def drift(
    new: Clusters, old: Clusters, rows: Mapping[str, Traits], rules: SegmentRules | None = None
) -> Drift:
    """What changed from `old` to `new`, which `rename` gave its codes; `rows` are the customers of `new`."""
    rules = rules or SegmentRules.shipped()
    before = {group.code: group for group in old.card.claimed}
    now = {group.code: group for group in new.card.claimed}
    common = [customer for customer in new.members if customer in old.members]
    flows = Counter((old.members[customer], new.members[customer]) for customer in common)
    moves = [Move(*pair, customers) for pair, customers in flows.most_common() if pair[0] != pair[1]]
    told = [move for move in moves if move.customers >= rules.smallest_group]
    moved = sum(move.customers for move in moves)
    return Drift(
        groups=tuple(
            _group(before[code], now[code], new.card, old.card, rules) for code in now if code in before
        ),
        new=tuple(code for code in now if code and code not in before),
        vanished=tuple(code for code in before if code and code not in now),
        index=_indices(old.card, list(rows.values()), rules),
        stayed=len(common) - moved,
        moves=tuple(told),
        other_moves=moved - sum(move.customers for move in told),
    )


def stability_index(before: Sequence[float], now: Sequence[float]) -> float:
    """The population stability index of two spreads over the same bins: 0 where they are the same.

    The sum over the bins of (now - before) * ln(now / before).
    """
    floors = ((max(one, _LEAST), max(other, _LEAST)) for one, other in zip(before, now, strict=True))
    return sum((other - one) * math.log(other / one) for one, other in floors)


def _group(before: Group, now: Group, new: ClusterCard, old: ClusterCard, rules: SegmentRules) -> GroupDrift:
    shared = _shared(new.columns, old.columns)
    shift = _distance(now, before, shared) if shared else None
    fits = named(now.apart, rules, ())
    return GroupDrift(now.code or "", now.name or fits, fits, before.share, now.share, shift)


def _indices(old: ClusterCard, rows: Sequence[Traits], rules: SegmentRules) -> dict[str, float]:
    found: dict[str, float] = {}
    for trait, spread in old.spreads.items():
        declared = rules.traits.traits.get(trait)
        if declared is None:
            continue
        now = counted(spread, [row.get(trait) for row in rows], words=declared.kind == "word")
        found[trait] = round(stability_index(spread.shares, now), 4)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _likeness(
    new: Clusters, old: Clusters, enough: int
) -> tuple[Matrix, Literal["members", "centres", "nothing"]]:
    """Shape (new groups, old groups): 1 for the same, and 0 for what is too unlike to be."""
    claimed, before = new.card.claimed, old.card.claimed
    overlap = np.zeros((len(claimed), len(before)))
    if not claimed or not before:
        return overlap, "nothing"
    common = [customer for customer in new.members if customer in old.members]
    if len(common) >= enough:
        flows = Counter((new.members[customer], old.members[customer]) for customer in common)
        now = Counter(new.members[customer] for customer in common)
        then = Counter(old.members[customer] for customer in common)
        for place, group in enumerate(claimed):
            for other, old_group in enumerate(before):
                both = flows[group.code, old_group.code]
                overlap[place, other] = both / max(now[group.code] + then[old_group.code] - both, 1)
        return np.where(overlap >= SAME, overlap, 0), "members"
    shared = _shared(new.card.columns, old.card.columns)
    return (_near(new.card, before, shared), "centres") if shared else (overlap, "nothing")


def _near(
    new: ClusterCard, before: Sequence[Group], shared: Sequence[tuple[int, int, Column, Column]]
) -> Matrix:
    """Likewise, by how much closer an old centre is than the nearest other new group."""
    found = np.zeros((len(new.claimed), len(before)))
    own = [(place, place, column, column) for place, _, column, _ in shared]
    for place, group in enumerate(new.claimed):
        others = [other for other in new.groups if other is not group]
        room = min((_distance(group, other, own) for other in others), default=1 / NEAR)
        for number, old_group in enumerate(before):
            distance = _distance(group, old_group, shared)
            found[place, number] = max(0.0, 1 - distance / max(room, 1e-9)) if distance < NEAR * room else 0
    return found


def _shared(new: Sequence[Column], old: Sequence[Column]) -> list[tuple[int, int, Column, Column]]:
    """The columns of both, by their places; none where they have too little in common."""
    places = {(column.trait, column.part, column.word): place for place, column in enumerate(old)}
    found = [
        (place, places[key], column, old[places[key]])
        for place, column in enumerate(new)
        if (key := (column.trait, column.part, column.word)) in places
    ]
    return found if len(found) >= ALIKE * max(len(new), len(old), 1) else []


def _distance(group: Group, other: Group, shared: Sequence[tuple[int, int, Column, Column]]) -> float:
    """Between two centres, the root of the mean square over the columns of both, as the first has them."""
    apart = [
        group.centre[place] - _carried(other.centre[old_place], column, old_column)
        for place, old_place, column, old_column in shared
    ]
    return math.sqrt(sum(step * step for step in apart) / len(apart))


def _carried(place: float, column: Column, old: Column) -> float:
    """A place of the old column as a place of the new."""
    if column.part != "value":
        return place / old.weight * column.weight
    return column.of(old.restored(place))


def _assigned(likeness: Matrix) -> dict[int, int]:
    """Each new group with at most one old, so that they are as alike as possible in all."""
    optimize: Any = importlib.import_module("scipy.optimize")  # slow to import
    rows, columns = optimize.linear_sum_assignment(-likeness)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {row: column for row, column in pairs if likeness[row, column] > 0}
