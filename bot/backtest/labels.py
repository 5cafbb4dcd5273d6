"""Labels that look wrong, and complaints that are nearly the same.

Confident learning (Northcutt, Jiang and Chuang 2021): a label is doubted where a head that had not seen the
complaint, nor a near-duplicate of it, gives another category at least the probability that this category's
own complaints get on average.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.backtest.history import Closed
from bot.backtest.replay import labelled
from knowledge.embedding import Embedder
from knowledge.errors import InvalidInput
from knowledge.head import softmax
from knowledge.training import Learned, learn_categories, near_duplicates

SURE: Final = 0.5
"""Probability below which the other category is no confident disagreement."""
LISTED: Final = 50
EXCERPT: Final = 80
"""Characters of the redacted text that are shown."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label that looks wrong."""

    row: int
    id: str
    given: str
    suggested: str
    probability: float
    """Of the suggested one."""
    given_probability: float
    excerpt: str
    """Redacted."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Complaints that are nearly the same and have different categories."""

    rows: tuple[int, ...]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """The state of the labels; all complaints with a date, not only those replayed."""

    checked: int
    """Rows whose label was judged by a head that had not seen it; 0 where none could be made."""
    doubted: int
    doubts: tuple[Doubt, ...]
    """The surest first."""
    alike_groups: int
    """Groups of near-duplicates."""
    alike_rows: int
    """Complaints beyond the first of each group."""
    contradictions: int
    """Groups with more than one category."""
    contradicting: tuple[Alike, ...]


def check_labels(rows: Sequence[Closed], embedder: Embedder) -> Labels:
    """Doubtful labels and near-duplicates among the rows."""
    doubts, checked = _doubts(rows, embedder)
    members: dict[int, list[Closed]] = defaultdict(list)
    for group, closed in zip(near_duplicates([r.case.text for r in rows]), rows, strict=True):
        members[group].append(closed)
    alike = [group for group in members.values() if len(group) > 1]
    torn = [
        Alike(tuple(sorted(c.row for c in group)), tuple(sorted({c.category for c in group})))
        for group in alike
        if len({closed.category for closed in group}) > 1
    ]
    return Labels(
        checked=checked,
        doubted=len(doubts),
        doubts=tuple(doubts[:LISTED]),
        alike_groups=len(alike),
        alike_rows=sum(len(group) - 1 for group in alike),
        contradictions=len(torn),
        contradicting=tuple(torn[:LISTED]),
    )


def _doubts(rows: Sequence[Closed], embedder: Embedder) -> tuple[list[Doubt], int]:
    try:
        learned: Learned = learn_categories(labelled(rows), embedder)
    except InvalidInput:
        return [], 0  # too little in common to learn from: the replay says so already
    used = [closed for closed, kept in zip(rows, learned.used.tolist(), strict=True) if kept]
    p = softmax(learned.logits.astype(np.float32)).astype(np.float64)
    labels = learned.head.labels
    given = np.array([labels.index(closed.category) for closed in used])
    typical = np.array([p[given == n, n].mean() for n in range(len(labels))])
    # a category with one complaint was never learned out of fold: what it gets on average means nothing
    single = np.bincount(given, minlength=len(labels)) < 2
    best = p.argmax(axis=1)
    every = np.arange(len(used))
    sure = (best != given) & (p[every, best] >= np.maximum(typical[best], SURE)) & ~single[given]
    order = sorted(np.flatnonzero(sure).tolist(), key=lambda n: p[n, given[n]] - p[n, best[n]])
    return [
        Doubt(
            row=used[n].row,
            id=used[n].id,
            given=used[n].category,
            suggested=labels[int(best[n])],
            probability=round(float(p[n, best[n]]), 4),
            given_probability=round(float(p[n, given[n]]), 4),
            excerpt=_excerpt(used[n].case.text),
        )
        for n in order
    ], len(used)


def _excerpt(text: str) -> str:
    """The beginning, on one line, without half a placeholder."""
    line = " ".join(text.split())
    if len(line) <= EXCERPT:
        return line
    short = line[:EXCERPT]
    opened = short.rfind("⟦")
    return (short[:opened] if opened > short.rfind("⟧") else short).rstrip() + "…"
