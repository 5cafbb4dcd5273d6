"""Which pairs of people are looked at: those that agree in one of several keys, far fewer than all."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from profiles.duplicate_values import FAMILY, GIVEN, Columns

Places = NDArray[np.intp]

ALL: Final = 300
"""People up to which all pairs are looked at."""
MOST: Final = 100
"""People of a block; a key that more people share tells nothing."""
_KEYS: Final[tuple[tuple[tuple[str, int], ...], ...]] = (
    (("birth_date", 8),),
    (("family_name", 9), ("given_name", 9)),
    (("family_name", 4), ("postcode", 9)),
    (("given_name", 4), ("postcode", 9)),
    (("family_name", 3), ("given_name", 3), ("region", 9)),
    (("street", 20), ("street_number", 9)),
    (("street", 9), ("given_name", 3)),
    (("street", 9), ("family_name", 3)),
    (("street_line", 9), ("postcode", 9)),
    (("place", 5), ("family_name", 4)),
    (("place", 5), ("given_name", 4)),
    (("birth_date", 4), ("family_name", 3), ("given_name", 2)),
)
"""Kinds and how much of each: together they make a key."""


def pairs(columns: Columns, count: int) -> tuple[Places, Places]:
    """Each of shape (pairs,): the places of both, the smaller first, each pair once, in order."""
    if count <= ALL:
        first, second = np.triu_indices(count, 1)
        return first.astype(np.intp), second.astype(np.intp)
    found: set[int] = set()
    for blocks in _blocks(columns, count):
        for block in blocks:
            found.update(a * count + b for a, b in combinations(block, 2))
    codes = np.array(sorted(found), np.intp)
    return codes // count, codes % count


def _blocks(columns: Columns, count: int) -> Iterator[Iterator[list[int]]]:
    for parts in _KEYS:
        if all(kind in columns.texts for kind, _ in parts):
            keys = zip(*(_cut(columns, kind, length) for kind, length in parts), strict=True)
            yield _grouped((place, key) for place, key in enumerate(keys) if all(key))
    yield _grouped(_halves(columns))
    yield _grouped(_turned(columns))
    yield _grouped(_names_in_any_order(columns, count))
    for every in columns.contacts.values():
        yield _grouped((place, value) for place, values in enumerate(every) for value in values)


def _cut(columns: Columns, kind: str, length: int) -> list[str]:
    return [value[:length] for value in columns.texts[kind]]


def _halves(columns: Columns) -> Iterator[tuple[int, object]]:
    """Of a number with one mistake one half is right."""
    for place, number in enumerate(columns.texts.get("national_id", ())):
        if number:
            middle = (len(number) + 1) // 2
            yield place, ("first", number[:middle])
            yield place, ("last", number[middle:])


def _turned(columns: Columns) -> Iterator[tuple[int, object]]:
    """A date whose day and month may be swapped."""
    for place, day in enumerate(columns.texts.get("birth_date", ())):
        if len(day) == 8:
            yield place, (day[:4], *sorted((day[4:6], day[6:])))


def _names_in_any_order(columns: Columns, count: int) -> Iterator[tuple[int, object]]:
    nobody = [""] * count
    family, given = columns.texts.get(FAMILY, nobody), columns.texts.get(GIVEN, nobody)
    for place, names in enumerate(zip(family, given, strict=True)):
        if all(names):
            yield place, tuple(sorted(names))


def _grouped(keyed: Iterator[tuple[int, object]]) -> Iterator[list[int]]:
    blocks: defaultdict[object, list[int]] = defaultdict(list)
    for place, key in keyed:
        blocks[key].append(place)
    return (block for block in blocks.values() if 1 < len(block) <= MOST)
