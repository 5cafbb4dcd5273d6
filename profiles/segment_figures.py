"""Figures of many customers: what sets a group apart, how a trait is spread. None is of one customer."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from profiles.segment_card import Apart, Spread
from profiles.segment_columns import Column, Matrix, matrix, numbers_of
from profiles.traits import Trait, Traits, Value

BINS: Final = 10
TELLING: Final = 0.3
"""Standard deviations from which a trait is worth telling."""
MOST_APART: Final = 8
_DIGITS: Final = 3

Flags = NDArray[np.bool_]


class Figures:
    """Of the same customers, for one group after the other."""

    def __init__(self, rows: Sequence[Traits], columns: Sequence[Column], smallest: int) -> None:
        self._columns = [column for column in columns if column.part != "unknown"]
        self._table = matrix(self._columns, rows)
        self._values = {
            column.trait: numbers_of([row.get(column.trait) for row in rows])
            for column in self._columns
            if column.part == "value"
        }
        self._smallest = smallest

    def apart(self, members: Flags) -> tuple[Apart, ...]:
        """What sets the members apart from all others, strongest first; `members` has the rows' order.

        A trait that is known of fewer than `smallest` members, or others, is left out.
        """
        found = (self._one(place, column, members) for place, column in enumerate(self._columns))
        telling = [one for one in found if one is not None and abs(one.difference) >= TELLING]
        return tuple(sorted(telling, key=lambda one: -abs(one.difference))[:MOST_APART])

    def _one(self, place: int, column: Column, members: Flags) -> Apart | None:
        if column.part == "word":
            known = np.ones(len(members), bool)
        else:
            known = ~np.isnan(self._values[column.trait])
        inside, outside = self._table[members & known, place], self._table[~members & known, place]
        if min(len(inside), len(outside)) < self._smallest:
            return None
        spread = math.sqrt((float(inside.var()) + float(outside.var())) / 2)
        if spread == 0:
            return None
        typical = (
            (float(inside.mean()), float(outside.mean()))
            if column.part == "word"
            else (
                middle_mean(self._values[column.trait][members & known]),
                middle_mean(self._values[column.trait][~members & known]),
            )
        )
        if column.word is not None and 0 < len(inside) * typical[0] < self._smallest:
            return None
        return Apart(
            trait=column.trait,
            word=column.word,
            difference=round(float(inside.mean() - outside.mean()) / spread, _DIGITS),
            inside=_rounded(typical[0]),
            outside=_rounded(typical[1]),
        )


def middle_mean(numbers: Matrix) -> float:
    """The mean of the middle half: typical as the median is, and no customer's own number."""
    ordered = np.sort(numbers)
    quarter = len(ordered) // 4
    return float(ordered[quarter : len(ordered) - quarter].mean())


def spread_of(values: Sequence[Value], trait: Trait, smallest: int) -> Spread:
    """How a trait is spread; a word that fewer than `smallest` customers have is among all others."""
    if trait.kind != "word":
        known = numbers_of(values)
        known = known[~np.isnan(known)]
        inner = np.linspace(0, 1, BINS + 1)[1:-1]
        cuts: list[float] = np.quantile(known, inner).tolist() if len(known) >= smallest else []
        empty = Spread(edges=tuple(dict.fromkeys(map(_rounded, cuts))), shares=())
    else:
        counts: dict[str, int] = {}
        for value in values:
            if isinstance(value, str):
                counts[value] = counts.get(value, 0) + 1
        words = sorted((word for word in counts if counts[word] >= smallest), key=lambda word: -counts[word])
        empty = Spread(words=tuple(sorted(words[:BINS])), shares=())
    return empty.model_copy(update={"shares": counted(empty, values, words=trait.kind == "word")})


def counted(spread: Spread, values: Sequence[Value], *, words: bool) -> tuple[float, ...]:
    """The share of the values in each bin of a spread, and of those not known; 0 of no values at all."""
    if words:
        places = {word: place for place, word in enumerate(spread.words)}
        bins = len(spread.words) + 1
        found = [places.get(value, bins - 1) if isinstance(value, str) else bins for value in values]
    else:
        numbers = numbers_of(values)
        bins = len(spread.edges) + 1
        below = np.searchsorted(np.array(spread.edges), np.nan_to_num(numbers), side="left")
        found = np.where(np.isnan(numbers), bins, below)
    counts = np.bincount(np.asarray(found, np.intp), minlength=bins + 1)
    return tuple((counts / max(len(values), 1)).round(6).tolist())


def _rounded(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")
