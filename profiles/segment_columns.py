"""Traits as numbers that can be compared: one row of columns a customer, all on one scale.

A number or share is a column: its logarithm where its tail is heavy, less the median, in units of its robust
spread, and no further out than `OUT`, so that a strange value moves nobody's group. What is not known stands
at the median, and a column of its own says so. A word is a column for each of its common values.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from profiles.owned import Code, Owned
from profiles.traits import Trait, Traits, Value

Matrix = NDArray[np.float64]

OUT: Final = 3.0
"""Spreads from the median."""
HEAVY: Final = 1.0
"""Skewness from which a tail is heavy."""
SOUGHT: Final = 0.5
"""Weight of a trait being unknown, which says less than its value."""
COMMON: Final = 0.02
"""Share of customers who have a word that gets a column."""
MOST_WORDS: Final = 12
ENOUGH: Final = 1 / 3
"""Share of the traits that has to be known of a customer."""
HUGE: Final = 1e12
"""A number beyond it is taken for it, so that no sum overflows."""
_NORMAL: Final = 1.349
"""The middle half of a normal distribution is this many standard deviations wide."""


class Column(Owned):
    """One number of a customer."""

    trait: Code
    part: Literal["value", "unknown", "word"]
    word: str | None = None
    log: bool = False
    middle: float = 0.0
    """The median, of the logarithm where `log`."""
    spread: float = 1.0
    """Likewise; above 0."""
    weight: float = 1.0

    def of(self, value: Value) -> float:
        """Of a customer whose trait has this value."""
        if self.part == "word":
            return self.weight if value == self.word and isinstance(value, str) else 0.0
        number = number_of(value)
        if self.part == "unknown":
            return self.weight if number is None else 0.0
        if number is None:
            return 0.0
        place = (self.scaled(number) - self.middle) / self.spread
        return self.weight * min(OUT, max(-OUT, place))

    def scaled(self, number: float) -> float:
        """A number as it is compared."""
        return math.copysign(math.log1p(abs(number)), number) if self.log else number

    def restored(self, place: float) -> float:
        """The number that stands at this place of the column."""
        scaled = place / self.weight * self.spread + self.middle
        return math.copysign(math.expm1(abs(scaled)), scaled) if self.log else scaled


def numbers_of(values: Iterable[Value]) -> Matrix:
    """Shape (values,): as `number_of` has them, NaN where it is not known."""
    numbers = (number_of(value) for value in values)
    return np.array([math.nan if number is None else number for number in numbers], np.float64)


def number_of(value: Value) -> float | None:
    """A number, share or flag as a number; None where it is not known."""
    if value is None or isinstance(value, str) or (isinstance(value, float) and math.isnan(value)):
        return None
    # a whole number may be too long for a float, so it is cut before it becomes one
    return float(max(-HUGE, min(HUGE, value)))


def vector(columns: Iterable[Column], traits: Traits) -> Matrix:
    """Shape (columns,): a customer."""
    return np.array([column.of(traits.get(column.trait)) for column in columns])


def matrix(columns: Sequence[Column], rows: Sequence[Traits]) -> Matrix:
    """Shape (rows, columns): several customers, each as `vector` has them."""
    table = np.zeros((len(rows), len(columns)))
    by_trait: dict[str, list[int]] = {}
    for place, column in enumerate(columns):
        by_trait.setdefault(column.trait, []).append(place)
    for trait, places in by_trait.items():
        values = [row.get(trait) for row in rows]
        numbers = numbers_of(values)
        for place in places:
            table[:, place] = _filled(columns[place], values, numbers)
    return table


def learn_columns(rows: Sequence[Traits], traits: Mapping[str, Trait], smallest: int) -> tuple[Column, ...]:
    """The columns of the traits that tell these customers apart.

    Args:
        rows: the customers.
        traits: those that may be read; all others are left out, as nobody said whether they are protected.
        smallest: customers who have to share a word, and have to lack or to have a trait, for it to count.
    """
    found = (
        _of_word(name, [row.get(name) for row in rows], smallest)
        if trait.kind == "word"
        else _of_number(name, trait, numbers_of([row.get(name) for row in rows]), smallest)
        for name, trait in traits.items()
    )
    return tuple(chain.from_iterable(found))


def _of_word(name: str, values: Sequence[Value], smallest: int) -> list[Column]:
    counts: dict[str, int] = {}
    for value in values:
        if isinstance(value, str):
            counts[value] = counts.get(value, 0) + 1
    enough = max(smallest, COMMON * len(values))
    common = sorted(
        (word for word in counts if enough <= counts[word] < len(values)), key=lambda w: (-counts[w], w)
    )
    return [Column(trait=name, part="word", word=word) for word in common[:MOST_WORDS]]


def _of_number(name: str, trait: Trait, numbers: Matrix, smallest: int) -> list[Column]:
    known = numbers[~np.isnan(numbers)]
    if len(known) < smallest:
        return []
    log = trait.kind == "number" and _skewness(known) > HEAVY
    column = Column(trait=name, part="value", log=log)
    scaled = _scaled(column, known)
    low, middle, high = np.quantile(scaled, [0.25, 0.5, 0.75]).tolist()
    # where many of them have one value the middle half is too narrow a measure, or none
    spread = max((high - low) / _NORMAL, _trimmed(scaled, 0.05)) or _trimmed(scaled, 0.01)
    found: list[Column] = []
    if spread > 0:
        found.append(column.model_copy(update={"middle": middle, "spread": spread}))
    if smallest <= len(numbers) - len(known):
        found.append(Column(trait=name, part="unknown", weight=SOUGHT))
    return found


def _trimmed(scaled: Matrix, off: float) -> float:
    """The standard deviation with this share at either end pulled in."""
    low, high = np.quantile(scaled, [off, 1 - off]).tolist()
    return float(np.clip(scaled, low, high).std())


def _filled(column: Column, values: Sequence[Value], numbers: Matrix) -> Matrix:
    unknown = np.isnan(numbers)
    match column.part:
        case "word":
            held = np.array([value == column.word for value in values], bool)
        case "unknown":
            held = unknown
        case "value":
            place = (_scaled(column, np.where(unknown, 0, numbers)) - column.middle) / column.spread
            return column.weight * np.where(unknown, 0.0, np.clip(place, -OUT, OUT))
    return column.weight * held.astype(np.float64)


def _scaled(column: Column, numbers: Matrix) -> Matrix:
    return np.copysign(np.log1p(np.abs(numbers)), numbers) if column.log else numbers


def _skewness(known: Matrix) -> float:
    away = known - known.mean()
    spread = float(away.std())
    return float(np.power(away / spread, 3).mean()) if spread > 0 else 0.0


def known_enough(columns: Iterable[Column], traits: Traits) -> bool:
    """Whether enough of the traits that the columns read are known to compare a customer with others."""
    names = {column.trait for column in columns}
    known = sum(traits.get(name) is not None for name in names)
    return known >= ENOUGH * len(names)
