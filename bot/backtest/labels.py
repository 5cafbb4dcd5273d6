"""Labels that look wrong, and complaints that are nearly the same."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.backtest.history import Closed
from bot.backtest.replay import labelled
from knowledge.embedding import Embedder
from knowledge.errors import InvalidInput
from knowledge.label_doubts import doubtful_labels
from knowledge.training import Learned, learn
from knowledge.training.folds import near_duplicates

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
        learned: Learned = learn(labelled(rows), embedder, "categories")
    except InvalidInput:
        return [], 0  # too little in common to learn from: the replay says so already
    return [
        Doubt(
            row=rows[found.place].row,
            id=rows[found.place].id,
            given=found.given,
            suggested=found.suggested,
            probability=found.probability,
            given_probability=found.given_probability,
            excerpt=_excerpt(rows[found.place].case.text),
        )
        for found in doubtful_labels(learned, [closed.category for closed in rows])
    ], int(learned.used.sum())


def _excerpt(text: str) -> str:
    """The beginning, on one line, without half a placeholder."""
    line = " ".join(text.split())
    if len(line) <= EXCERPT:
        return line
    short = line[:EXCERPT]
    opened = short.rfind("⟦")
    return (short[:opened] if opened > short.rfind("⟧") else short).rstrip() + "…"
