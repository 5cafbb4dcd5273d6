"""Labels that look wrong, and labels that look like two spellings of one.

Confident learning (Northcutt, Jiang and Chuang 2021): a label is doubted where a head that had not seen the
text, nor a near-duplicate of it, gives another label at least the probability that this label's own texts get
on average.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from knowledge.prediction import softmax
from knowledge.training import Learned

SURE: Final = 0.5
"""Probability below which the other label is no confident disagreement."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label that looks wrong."""

    place: int
    """Among the rows that were given, from 0."""
    given: str
    suggested: str
    probability: float
    """Of the suggested one."""
    given_probability: float


def doubtful_labels(learned: Learned, given: Sequence[str]) -> list[Doubt]:
    """The labels that look wrong, the surest first; `given` has the label of every row, in order."""
    places = np.flatnonzero(learned.used & learned.judged)
    labels = learned.head.labels
    p = softmax(learned.logits[learned.judged[learned.used]].astype(np.float32)).astype(np.float64)
    own = np.array([labels.index(given[place]) for place in places.tolist()])
    count = np.bincount(own, minlength=len(labels))
    typical = np.array([p[own == n, n].mean() if count[n] else 1.0 for n in range(len(labels))])
    best, every = p.argmax(axis=1), np.arange(len(places))
    # a label with one row was never learned while that row was held out: what it says of it means nothing
    sure = (best != own) & (p[every, best] >= np.maximum(typical[best], SURE)) & (count[own] > 1)
    order = sorted(np.flatnonzero(sure).tolist(), key=lambda n: p[n, own[n]] - p[n, best[n]])
    return [
        Doubt(
            place=int(places[n]),
            given=labels[int(own[n])],
            suggested=labels[int(best[n])],
            probability=round(float(p[n, best[n]]), 4),
            given_probability=round(float(p[n, own[n]]), 4),
        )
        for n in order
    ]


def spelled_alike(labels: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of labels that differ in case, width, spaces or hyphens only."""
    groups: dict[str, list[str]] = {}
    for label in sorted(set(labels)):
        plain = unicodedata.normalize("NFKC", label).casefold()
        groups.setdefault("".join(c for c in plain if c.isalnum()) or label, []).append(label)
    return [tuple(group) for group in groups.values() if len(group) > 1]
