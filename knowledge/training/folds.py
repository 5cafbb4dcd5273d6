"""Folds in which near-duplicates stay together, so that no row is judged by a model that saw its twin."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.head_features import HeadFeatures, head_features
from knowledge.head_weights import Codes
from knowledge.training.arrays import Bools, Places

FOLDS: Final = 5
MANY_ROWS: Final = 6000
"""Rows beyond which three folds are enough."""
SIMILAR: Final = 0.6
"""Jaccard overlap of features from which two texts are one for cross-validation."""


def near_duplicates(texts: Sequence[str]) -> list[int]:
    """For each text the position of the first that is nearly the same: most of their features agree."""
    return _groups([head_features(text).codes for text in texts])


def split(found: Sequence[HeadFeatures], truth: Bools, judged: Bools) -> Places:
    """A fold for each judged row: near-duplicates together, every label spread evenly."""
    folds = FOLDS if int(judged.sum()) <= MANY_ROWS else 3
    members: dict[int, list[int]] = {}
    for number, group in enumerate(_groups([each.codes for each in found])):
        members.setdefault(group, []).append(number)
    fold = np.full(len(found), -1, np.intp)
    load = np.zeros((folds, truth.shape[1]))
    size = np.zeros(folds)
    for rows in sorted(members.values(), key=lambda rows: (-len(rows), rows[0])):
        taught = [n for n in rows if judged[n]]
        if not taught:
            continue
        labels = truth[taught].sum(axis=0)
        least = int(np.lexsort((size, load @ labels))[0])
        load[least] += labels
        size[least] += len(taught)
        fold[rows] = least  # one that only teaches leaves the training of that fold with its twin
    return fold


def _groups(found: Sequence[Codes]) -> list[int]:
    """A group number for each text; two texts with most features in common have the same."""
    parent = list(range(len(found)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    sketches = _sketches(found)
    for band in range(sketches.shape[1]):
        first: dict[int, int] = {}
        for number, key in enumerate(sketches[:, band].tolist()):
            other = first.setdefault(key, number)
            if root(other) != root(number) and _overlap(found[other], found[number]) >= SIMILAR:
                parent[max(root(other), root(number))] = min(root(other), root(number))
    return [root(number) for number in range(len(found))]


def _sketches(found: Sequence[Codes]) -> NDArray[np.uint64]:
    """Shape (n, 16): MinHash bands of two (Broder 1997); an overlap of 0.6 is met 999 times of 1,000."""
    odd = np.random.default_rng(7).integers(1, 2**63, 32, dtype=np.uint64) | np.uint64(1)
    least = np.empty((len(found), 32), np.uint64)
    for number, each in enumerate(found):
        wide = each.astype(np.uint64)
        least[number] = [(wide * factor).min() for factor in odd]
    return least[:, ::2] * np.uint64(1099511628211) + least[:, 1::2]


def _overlap(one: Codes, other: Codes) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)
