"""Who is in a group, said by a shallow decision tree: its branches become conditions of segments.toml.

The tree is grown on one half of the customers; how well its conditions tell the group is measured on the
other.
"""

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from profiles.expressions import AllOf, AnyOf, Compare, Expression, Known, holds
from profiles.segment_columns import Column, Matrix, number_of
from profiles.traits import TraitRules, Traits

DEEPEST: Final = 3
"""Conditions one after the other."""
BRANCHES: Final = 3
"""Sentences about one group."""
WORTH: Final = 0.02
"""F1 that a deeper tree has to add."""
TOLD: Final = 0.05
"""Share of the group a sentence has to cover."""
_DIGITS: Final = 3
"""Of a limit that is no whole number."""

Steps = tuple[tuple[int, bool, float], ...]
"""Of each: column, whether the number is above the limit, the limit."""
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Measured:
    """A condition and how well it tells a group, on customers it was not made from."""

    when: Expression
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Explained:
    """A group in conditions."""

    branches: tuple[Measured, ...]
    """The one that covers most first; none where no condition tells the group."""
    whole: Measured | None
    """All of them together."""


class Explainer:
    """Explains groups of the same customers, one after the other."""

    def __init__(
        self, rows: Sequence[Traits], columns: Sequence[Column], traits: TraitRules, smallest: int
    ) -> None:
        self._columns, self._traits, self._smallest = columns, traits, smallest
        self._grown, self._judged = rows[::2], rows[1::2]
        self._table = np.column_stack([_raw(column, self._grown) for column in columns])

    def explain(self, members: Flags) -> Explained:
        """The shortest conditions that tell the members from all others about as well as longer ones.

        `members` has the rows' order.
        """
        best = Explained((), None)
        for depth in range(1, DEEPEST + 1):
            found = self._with(depth, members[::2], members[1::2])
            gained = (found.whole.f1 if found.whole else 0) - (best.whole.f1 if best.whole else 0)
            if gained > WORTH:
                best = found
        return best

    def _with(self, depth: int, grown: Flags, judged: Flags) -> Explained:
        trees: Any = importlib.import_module("sklearn.tree")  # slow to import
        if not grown.any() or grown.all() or not judged.any():
            return Explained((), None)
        tree = trees.DecisionTreeClassifier(max_depth=depth, min_samples_leaf=self._smallest, random_state=0)
        tree.fit(self._table, grown)
        leaves = (self._condition(path) for path in _branches(tree.tree_))
        measured = [self._measure(when, judged) for when in leaves if when is not None]
        branches = sorted(measured, key=lambda branch: -branch.recall)[:BRANCHES]
        branches = [branch for branch in branches if branch.recall >= TOLD]
        if not branches:
            return Explained((), None)
        whole = branches[0].when if len(branches) == 1 else AnyOf(tuple(branch.when for branch in branches))
        return Explained(tuple(branches), self._measure(whole, judged))

    def _measure(self, when: Expression, members: Flags) -> Measured:
        met = np.array([holds(when, row) for row in self._judged], bool)
        hit = int((met & members).sum())
        return Measured(when, hit / max(int(met.sum()), 1), hit / max(int(members.sum()), 1))

    def _condition(self, path: Steps) -> Expression | None:
        """Of the steps to a part of the tree; None where there is no step."""
        tightest: dict[tuple[int, bool], float] = {}
        for place, above, limit in path:
            known = tightest.get((place, above), limit)
            tightest[place, above] = max(known, limit) if above else min(known, limit)
        parts = tuple(self._step(place, above, limit) for (place, above), limit in tightest.items())
        return None if not parts else parts[0] if len(parts) == 1 else AllOf(parts)

    def _step(self, place: int, above: bool, limit: float) -> Expression:
        column = self._columns[place]
        match column.part:
            case "word":
                return Compare(column.trait, "==" if above else "!=", column.word or "")
            case "unknown":
                return Known(column.trait, known=not above)
            case "value":
                return self._limited(place, above, limit)

    def _limited(self, place: int, above: bool, limit: float) -> Expression:
        column = self._columns[place]
        kind = self._traits.traits[column.trait].kind
        if kind == "flag":
            return Compare(column.trait, "==", above)
        if kind == "number" and np.equal(np.mod(self._table[:, place], 1), 0).all():
            whole = math.floor(limit) + above
            return Compare(column.trait, ">=" if above else "<=", float(whole))
        limit = min(1.0, round(limit, 2)) if kind == "share" else float(f"{limit:.{_DIGITS}g}")
        return Compare(column.trait, ">" if above else "<=", limit, kind == "share")


def _branches(tree: Any, node: int = 0, path: Steps = ()) -> list[Steps]:
    """The steps to each part of the tree in all leaves of which most customers are in the group."""
    low, high = int(tree.children_left[node]), int(tree.children_right[node])
    if _all_in(tree, node):
        return [path]
    if low < 0:
        return []
    place, limit = int(tree.feature[node]), float(tree.threshold[node])
    return [
        *_branches(tree, low, (*path, (place, False, limit))),
        *_branches(tree, high, (*path, (place, True, limit))),
    ]


def _all_in(tree: Any, node: int) -> bool:
    low, high = int(tree.children_left[node]), int(tree.children_right[node])
    if low >= 0:
        return _all_in(tree, low) and _all_in(tree, high)
    others, members = tree.value[node][0]
    return bool(members > others)


def _raw(column: Column, rows: Sequence[Traits]) -> Matrix:
    """The trait itself, as a tree asks for it: what is not known is the median."""
    values = [row.get(column.trait) for row in rows]
    if column.part == "word":
        return np.array([float(value == column.word) for value in values])
    numbers = [number_of(value) for value in values]
    if column.part == "unknown":
        return np.array([float(number is None) for number in numbers])
    known = [number for number in numbers if number is not None]
    middle = float(np.median(known)) if known else 0.0
    return np.array([middle if number is None else number for number in numbers])
