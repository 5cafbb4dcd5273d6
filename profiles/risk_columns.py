"""Columns of customers as a few steps each: ranges of numbers, words, and one for what is not known.

A step is a whole number, the column's code: 0 where the value is not known, from 1 the ranges of a number
from below, or the words in order and after them one step for all others.
"""

import math
import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from profiles.fact import Language
from profiles.owned import Owned
from profiles.segment_columns import number_of
from profiles.traits import Traits, Value

Codes = NDArray[np.intp]

BINS: Final = 32
"""Ranges a number is cut into at most, each with about as many customers."""
FEWEST: Final = 10
"""Customers of a range, and of a word that has its own step."""
MOST_WORDS: Final = 30
OWN_VALUE: Final = 0.5
"""Share of different values among those known from which a text is free text or a name."""
SAME: Final = 0.3
"""Share of customers in one range from which a place among fifths would say nothing."""
_LONG: Final = 6
"""Digits from which whole numbers that are all different are somebody's number."""
_NUMBER: Final = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?([eE][+-]?\d{1,3})?%?")


class RiskColumn(Owned):
    """How the values of one column become steps."""

    name: str
    kind: Literal["number", "word"]
    edges: tuple[float, ...] = ()
    """Of a number: the highest value of each range but the last, ascending."""
    words: tuple[str, ...] = ()
    shares: tuple[float, ...]
    """Of the customers it was learnt from, by step."""

    @property
    def steps(self) -> int:
        """How many there are, with the one of what is not known."""
        return (len(self.edges) if self.kind == "number" else len(self.words)) + 2

    def code(self, value: Value) -> int:
        """The step of a value."""
        if self.kind == "number":
            number = number_in(value) if isinstance(value, str) else number_of(value)
            return 0 if number is None else bisect_left(self.edges, number) + 1
        word = word_of(value)
        if word is None:
            return 0
        return self.words.index(word) + 1 if word in self.words else len(self.words) + 1

    def place(self, value: Value, language: Language) -> str:
        """Where a number lies among all customers, in words; nothing where that says nothing."""
        code = self.code(value)
        if self.kind == "word" or code == 0 or isinstance(value, bool):
            return ""
        known = sum(self.shares[1:])
        at = self.shares[code] / known
        if at > SAME:
            return _SAME[language].format(at)
        fifth = int(5 * (sum(self.shares[1:code]) / known + at / 2))
        return _FIFTHS[language][min(fifth, 4)]


def coded(columns: Sequence[RiskColumn], rows: Sequence[Traits]) -> Codes:
    """Shape (rows, columns): the step of each value."""
    table = np.zeros((len(rows), len(columns)), np.intp)
    for place, column in enumerate(columns):
        table[:, place] = [column.code(row.get(column.name)) for row in rows]
    return table


def learn_column(name: str, values: Sequence[Value]) -> RiskColumn | str:
    """The column that tells these customers apart, or why it is left out."""
    words = [word_of(value) for value in values]
    known = [word for word in words if word is not None]
    if len(set(known)) <= 1 and len(known) in {0, len(values)}:
        return "the same for everybody" if known else "empty"
    numeric = not any(isinstance(value, str) for value in values)
    if _is_number_of_somebody(values, known):
        return "another value for everybody: a number or a name of somebody"
    if not numeric and len(set(known)) > max(MOST_WORDS, OWN_VALUE * len(known)):
        return "nearly as many values as customers: free text, dates or names"
    column = _of_numbers(name, values) if numeric else _of_words(name, known)
    counts = np.bincount([column.code(value) for value in values], minlength=column.steps)
    return column.model_copy(update={"shares": tuple((counts / len(values)).tolist())})


def word_of(value: Value) -> str | None:
    """A value as a word; None where it is not known."""
    match value:
        case str():
            return value.strip() or None
        case bool():
            return str(value)
        case _:
            number = number_of(value)
            return None if number is None else f"{number:.12g}"


def number_in(text: str) -> float | None:
    """The number a text is; None where it is none. Thousands may have commas; 5% is 5."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not _NUMBER.fullmatch(plain):
        return None
    number = float(plain.removesuffix("%").replace(",", ""))
    return number if math.isfinite(number) else None


def _is_number_of_somebody(values: Sequence[Value], known: Sequence[str]) -> bool:
    """Whether each customer has their own: texts, or whole numbers that run on or are long."""
    if len(known) < len(values) or len(set(known)) < len(known):
        return False
    if any(isinstance(value, str) for value in values):
        return True
    numbers = [number_of(value) or 0.0 for value in values]
    if not all(number.is_integer() for number in numbers):
        return False
    run_on = max(numbers) - min(numbers) < 2 * len(numbers)
    long = len({len(word) for word in known}) == 1 and len(known[0]) >= _LONG
    return run_on or long


def _of_numbers(name: str, values: Sequence[Value]) -> RiskColumn:
    known = np.array([number for value in values if (number := number_of(value)) is not None])
    bins = max(4, min(BINS, len(known) // FEWEST))
    different = np.unique(known)
    if len(different) > bins:
        # whole values of the data, so that a tie never falls on both sides of an edge
        cuts = np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf")
        edges = np.unique(cuts[cuts < different[-1]])
    else:
        edges = different[:-1]
    return RiskColumn(name=name, kind="number", edges=tuple(edges.tolist()), shares=())


def _of_words(name: str, known: Sequence[str]) -> RiskColumn:
    counts = Counter(known)
    common = [word for word, count in counts.items() if count >= FEWEST]
    common.sort(key=lambda word: (-counts[word], word))
    return RiskColumn(name=name, kind="word", words=tuple(common[:MOST_WORDS]), shares=())


_SAME: Final[dict[Language, str]] = {
    "zh": "约 {:.0%} 的客户也是如此",
    "en": "as for about {:.0%} of customers",
}
_FIFTHS: Final[dict[Language, tuple[str, ...]]] = {
    "zh": ("处于最低的五分之一", "中等偏低", "居中", "中等偏高", "处于最高的五分之一"),
    "en": ("among the lowest fifth", "rather low", "in the middle", "rather high", "among the highest fifth"),
}
