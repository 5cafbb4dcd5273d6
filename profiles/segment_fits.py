"""How well customers fall into groups, in numbers: k-means, how far groups stand apart, how stable they are.

Only used where segments are refreshed: scikit-learn is slow to import.
"""

import importlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from profiles.segment_columns import Column, Matrix

Labels = NDArray[np.intp]

SUBSAMPLES: Final = 20
"""Halves of the customers on which each group has to be found again."""
JUDGED: Final = 2_000
"""Customers whose silhouette is computed, which takes the square of them."""
_CHUNK: Final = 20_000


def fit(table: Matrix, groups: int, seed: int, tries: int = 20) -> Matrix:
    """Shape (groups, columns): centres by k-means, the best of several tries."""
    kmeans: Any = importlib.import_module("sklearn.cluster").KMeans  # slow to import
    return np.asarray(kmeans(groups, n_init=tries, random_state=seed).fit(table).cluster_centers_)


def nearest(table: Matrix, centres: Matrix) -> Labels:
    """Shape (rows,): the centre next to each row."""
    lengths = np.square(centres).sum(axis=1)
    parts = [
        (lengths - 2 * table[start : start + _CHUNK] @ centres.T).argmin(axis=1)
        for start in range(0, len(table), _CHUNK)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.intp)


def least_apart(table: Matrix, labels: Labels, centres: Matrix) -> float:
    """Between the two groups that are closest to one another, how many of their spreads lie.

    Measured along the line through both centres: the distance of the means over the root of the mean variance
    (Ashman, Bird & Zepf 1994). A normal cloud that was merely cut in two halves has 2.6, an even one 3.5.
    """
    least = np.inf
    for later in range(1, len(centres)):
        for earlier in range(later):
            line = centres[later] - centres[earlier]
            line = line / max(float(np.linalg.norm(line)), 1e-12)
            one, other = table[labels == earlier] @ line, table[labels == later] @ line
            if not len(one) or not len(other):
                return 0.0
            spread = np.sqrt((one.var() + other.var()) / 2)
            least = min(least, float((other.mean() - one.mean()) / max(float(spread), 1e-12)))
    return float(least)


def stability(table: Matrix, labels: Labels, groups: int, seed: int) -> Matrix:
    """Shape (groups,), 0..1: how much of each group is found again in halves of the customers.

    The mean over the halves of the Jaccard overlap with the group most like it (Hennig 2007).
    """
    rng = np.random.default_rng(seed)
    found = np.zeros((SUBSAMPLES, groups))
    for number in range(SUBSAMPLES):
        half = rng.permutation(len(table))[: len(table) // 2]
        again = nearest(table, fit(table[half], groups, seed + number, tries=10))
        found[number] = overlap(labels, again, groups).max(axis=1)
    return found.mean(axis=0)


def overlap(labels: Labels, others: Labels, groups: int, of_others: int | None = None) -> Matrix:
    """Shape (groups, groups of the others), 0..1: Jaccard of each with each; below 0 is no group."""
    shared = np.zeros((groups, of_others or groups))
    both = (labels >= 0) & (others >= 0)
    np.add.at(shared, (labels[both], others[both]), 1)
    sizes = np.bincount(labels[labels >= 0], minlength=groups)[:, None]
    other_sizes = np.bincount(others[others >= 0], minlength=shared.shape[1])[None]
    return shared / np.maximum(sizes + other_sizes - shared, 1)


def silhouettes(table: Matrix, labels: Labels, groups: int, seed: int) -> tuple[float, Matrix]:
    """How much closer customers are to their own group than to the next, -1..1: of all, and of each group.

    Of a sample of `JUDGED` customers; a group without a customer in it has 0 (Rousseeuw 1987).
    """
    metrics: Any = importlib.import_module("sklearn.metrics")  # slow to import
    chosen = np.random.default_rng(seed).permutation(len(table))[:JUDGED]
    found = labels[chosen]
    if len(np.unique(found)) < 2:
        return 0.0, np.zeros(groups)
    each = np.asarray(metrics.silhouette_samples(table[chosen], found))
    return float(each.mean()), np.array(
        [each[found == group].mean() if (found == group).any() else 0.0 for group in range(groups)]
    )


def shuffled(table: Matrix, columns: Sequence[Column], rng: Generator) -> Matrix:
    """The same customers with each trait dealt out anew; the columns of one trait stay together."""
    dealt = np.empty_like(table)
    for trait in dict.fromkeys(column.trait for column in columns):
        places = [place for place, column in enumerate(columns) if column.trait == trait]
        dealt[:, places] = table[rng.permutation(len(table))][:, places]
    return dealt


def cloud(table: Matrix, rng: Generator) -> Matrix:
    """One normal cloud with the covariance of the customers: traits hang together, and there is no group.

    What groups have to beat by Liu, Hayes, Nobel & Marron (2008).
    """
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(table, rowvar=False)))
    spread = np.sqrt(np.maximum(values, 0))
    return table.mean(axis=0) + (rng.normal(size=table.shape) * spread) @ vectors.T
