"""How the values of pairs of people agree, kind by kind, for millions of pairs at a time."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from profiles.duplicate_rules import Agreement, DuplicateRules, How
from profiles.duplicate_values import FAMILY, GIVEN, HAN, Columns

Places = NDArray[np.intp]
Levels = NDArray[np.int8]
"""Of `Agreement`."""

NEAR: Final = 0.9
"""Jaro-Winkler similarity from which words are nearly the same (Winkler 1990)."""
ALIKE: Final = 0.75
WITHIN: Final = 6
"""Signs from which an address may be found inside a longer one."""


def agreements(columns: Columns, first: Places, second: Places, rules: DuplicateRules) -> dict[str, Levels]:
    """Each of shape (pairs,), by kind: how the people at two places agree."""
    found: dict[str, Levels] = {}
    for kind, values in columns.texts.items():
        found[kind] = _levels(values, values, first, second, rules.kinds[kind].how)
    for kind, every in columns.contacts.items():
        found[kind] = _common(every, first, second)
    for kind, declared in rules.kinds.items():
        other = declared.swaps_with
        if other is not None and kind in found and other in found:
            _swap(found, kind, other, columns.texts, first, second)
    return found


def _levels(ours: Sequence[str], theirs: Sequence[str], first: Places, second: Places, how: How) -> Levels:
    """Each different pair of values is compared once."""
    names, places = np.unique(np.array([*ours, *theirs], object), return_inverse=True)
    left, right = places[: len(ours)][first], places[len(ours) :][second]
    codes, back = np.unique(left * len(names) + right, return_inverse=True)
    a, b = names[codes // len(names)].tolist(), names[codes % len(names)].tolist()
    levels = _HOW[how](a, b)
    known = np.array([bool(x and y) for x, y in zip(a, b, strict=True)])
    same = np.array([x == y for x, y in zip(a, b, strict=True)])
    levels[same] = Agreement.SAME
    levels[~known] = Agreement.UNKNOWN
    return levels[back]


def _texts(a: list[str], b: list[str]) -> Levels:
    fuzz = _library("distance")
    alike = _scores(a, b, fuzz.JaroWinkler.normalized_similarity)
    one_off = (_scores(a, b, fuzz.OSA.distance) <= 1) & _of_length(a, b, 4)
    # of a Chinese name one sign is a third: who differs in it is nearly always somebody else
    han = np.array([bool(HAN.search(x)) for x in a])
    han_near = (_scores(a, b, fuzz.OSA.distance) <= 1) & _of_length(a, b, 2)
    levels = np.full(len(a), Agreement.DIFFERENT, np.int8)
    levels[(alike >= ALIKE) & ~han] = Agreement.ALIKE
    levels[((alike >= NEAR) | one_off) & ~han] = Agreement.NEAR
    levels[han & han_near] = Agreement.NEAR
    return levels


def _places(a: list[str], b: list[str]) -> Levels:
    fuzz = _library("fuzz")
    whole = _scores(a, b, fuzz.ratio) / 100
    inside = np.where(_of_length(a, b, WITHIN), _scores(a, b, fuzz.partial_ratio) / 100, 0.0)
    levels = np.full(len(a), Agreement.DIFFERENT, np.int8)
    levels[np.maximum(whole, inside) >= ALIKE] = Agreement.ALIKE
    numbers = np.array([_numbers(x) == _numbers(y) for x, y in zip(a, b, strict=True)])
    levels[(np.maximum(whole, inside) >= NEAR) & numbers] = Agreement.NEAR
    return levels


def _numbers_one_off(a: list[str], b: list[str]) -> Levels:
    one_off = _scores(a, b, _library("distance").OSA.distance) <= 1
    levels = np.full(len(a), Agreement.DIFFERENT, np.int8)
    levels[one_off & _of_length(a, b, 3)] = Agreement.NEAR
    return levels


def _dates(a: list[str], b: list[str]) -> Levels:
    levels = _numbers_one_off(a, b)
    swapped = [len(x) == 8 and x[:4] + x[6:] + x[4:6] == y for x, y in zip(a, b, strict=True)]
    levels[np.array(swapped)] = Agreement.SWAPPED
    return levels


def _common(every: Sequence[frozenset[str]], first: Places, second: Places) -> Levels:
    levels = np.zeros(len(first), np.int8)
    known = np.array([bool(values) for values in every])
    for place in np.flatnonzero(known[first] & known[second]).tolist():
        shared = every[int(first[place])] & every[int(second[place])]
        levels[place] = Agreement.SAME if shared else Agreement.DIFFERENT
    return levels


def _swap(
    found: dict[str, Levels],
    kind: str,
    other: str,
    texts: Mapping[str, Sequence[str]],
    first: Places,
    second: Places,
) -> None:
    """Where the two kinds agree crosswise only, they count once, as swapped."""
    across = _levels(texts[kind], texts[other], first, second, "text")
    back = _levels(texts[other], texts[kind], first, second, "text")
    close = (Agreement.SAME, Agreement.NEAR)
    crossed = np.isin(across, close) & np.isin(back, (*close, Agreement.UNKNOWN))
    crossed |= np.isin(back, close) & (across == Agreement.UNKNOWN)
    crossed &= ~np.isin(found[kind], close) & ~np.isin(found[other], close)
    found[kind][crossed] = Agreement.SWAPPED
    found[other][crossed] = Agreement.UNKNOWN


def of_one_name(columns: Columns, levels: Mapping[str, Levels], first: Places) -> NDArray[np.bool_]:
    """Shape (pairs,): whether the given names may be those of one person; yes where one is not known."""
    given = levels.get(GIVEN)
    if given is None:
        return np.ones(len(first), bool)
    han = np.array([bool(HAN.search(name)) for name in columns.texts[GIVEN]])[first]
    may = np.isin(given, (Agreement.UNKNOWN, Agreement.SAME, Agreement.SWAPPED))
    may |= (given == Agreement.NEAR) & ~han
    family = levels.get(FAMILY)
    if family is not None:  # the family name in the place of a given name that is missing
        may |= (given == Agreement.DIFFERENT) & (family == Agreement.SWAPPED)
    return may


def _numbers(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def _of_length(a: Sequence[str], b: Sequence[str], least: int) -> NDArray[np.bool_]:
    return np.array([min(len(x), len(y)) >= least for x, y in zip(a, b, strict=True)])


def _scores(a: list[str], b: list[str], scorer: Any) -> NDArray[np.float64]:
    return np.asarray(_library("process").cpdist(a, b, scorer=scorer), np.float64)


def _library(part: str) -> Any:
    return importlib.import_module(f"rapidfuzz.{part}")  # only where duplicates are looked for


_HOW: Final[dict[How, Callable[[list[str], list[str]], Levels]]] = {
    "text": _texts,
    "place": _places,
    "number": _numbers_one_off,
    "date": _dates,
}
