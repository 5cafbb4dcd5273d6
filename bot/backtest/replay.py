"""The replay: each complaint is judged by a head that learned only from what had been closed before.

rows by date -> stretches of time -> a head of all that was closed before the stretch began
             -> a judgement and precedents for every complaint in it
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from bot.backtest.history import Closed, History
from bot.backtest.precedents import SHOWN, Memory
from knowledge.embedding import Embedder
from knowledge.errors import InvalidInput
from knowledge.evaluation import LabelledText
from knowledge.head import Head
from knowledge.prediction import Abstention, Prediction
from knowledge.training import train_categories

FIRST: Final = 0.2
"""Part of the rows that only teach."""
FEWEST_LEARNED: Final = 20
"""Closed complaints a head needs."""
STRETCH: Final = 10
"""Complaints that a head judges, at least."""
HEADS: Final = ((2000, 8), (5000, 6), (1_000_000_000, 4))
"""Up to so many rows, so many heads: training on a long history costs minutes."""

Progress = Callable[[int, int], None]
"""Called with (complaints done, complaints in all)."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head, and the stretch of time it judged."""

    trained_at: datetime
    """It learned what was closed before."""
    learned: int
    """Rows it learned from; 0 where they were too few for a head."""
    labels: int
    judged: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """What Redress would have said of a complaint on the day it came in."""

    closed: Closed
    guess: str
    """The likeliest category."""
    confidence: float
    abstained: Abstention | None
    known: bool
    """Whether its true category had been seen before."""
    commonest: str
    """The category that most complaints before it had: what guessing without reading gives."""
    precedents: tuple[Closed, ...]
    """At most five, best first."""
    chance: float
    """0..1: how often five cases drawn blindly from the same memory hold its category."""
    outcome_chance: float
    """The same for its outcome; 0 where that is not known."""

    @property
    def right(self) -> bool:
        """Whether the likeliest category is the one in the file."""
        return self.guess == self.closed.category


@dataclass(frozen=True, slots=True)
class Replay:
    """All judgements, in the order the complaints came."""

    checkpoints: tuple[Checkpoint, ...]
    judged: tuple[Judgement, ...]


def replay(history: History, embedder: Embedder, progress: Progress = lambda _done, _all: None) -> Replay:
    """Judge the complaints one after the other, as on the day each came in.

    Raises:
        InvalidInput: no head could be made of what was closed before the others came.
    """
    rows = history.rows
    stretches = _stretches(rows)
    vectors = embedder.embed_documents([closed.case.text for closed in rows])
    checkpoints: list[Checkpoint] = []
    judged: list[Judgement] = []
    done = stretches[0].start
    # on Windows the words' files may still be open when the folder goes
    with tempfile.TemporaryDirectory(prefix="redress-backtest-", ignore_cleanup_errors=True) as place:
        memory = Memory(rows, vectors, Path(place))
        try:
            for stretch in stretches:
                start = rows[stretch.start].received
                past = [closed for closed in rows if closed.known_from <= start]
                head = _head(past, embedder)
                for n in stretch:
                    memory.bring_up_to(rows[n])
                    if head is not None:
                        judged.append(_judged(rows[n], head, memory, embedder))
                    done += 1
                    progress(done, len(rows))
                learned = 0 if head is None else len(past)
                checkpoints.append(
                    Checkpoint(start, learned, len({c.category for c in past}), len(stretch) if head else 0)
                )
        finally:
            memory.close()
    if not judged:
        raise InvalidInput(
            f"when the later complaints came in, fewer than {FEWEST_LEARNED} of two categories had been "
            "closed, so there was nothing to learn from: export a longer period, and check 'resolved_at'"
        )
    return Replay(tuple(checkpoints), tuple(judged))


def _stretches(rows: Sequence[Closed]) -> list[range]:
    """Where each head's work begins and ends."""
    first = max(FEWEST_LEARNED, int(len(rows) * FIRST))
    most = next(heads for limit, heads in HEADS if len(rows) <= limit)
    count = max(1, min(most, (len(rows) - first) // STRETCH))
    edges = np.linspace(first, len(rows), count + 1).round().astype(int).tolist()
    return [range(start, end) for start, end in pairwise(edges)]


def _head(past: Sequence[Closed], embedder: Embedder) -> Head | None:
    """A head of what was closed; None where that is too little."""
    if len(past) < FEWEST_LEARNED or len({closed.category for closed in past}) < 2:
        return None
    return train_categories(labelled(past), embedder)


def labelled(rows: Sequence[Closed]) -> list[LabelledText]:
    """The rows as texts to learn from."""
    return [LabelledText(closed.case.text, (closed.category,), closed.case.language) for closed in rows]


def _judged(closed: Closed, head: Head, memory: Memory, embedder: Embedder) -> Judgement:
    text = closed.case.text
    vector = embedder.embed_query(text)
    prediction: Prediction = head.judge(text, vector)
    outcome = closed.case.outcome
    return Judgement(
        closed=closed,
        guess=prediction.best,
        confidence=prediction.confidence,
        abstained=prediction.abstain,
        known=closed.category in head.labels,
        commonest=max(sorted(memory.categories), key=memory.categories.__getitem__),
        precedents=memory.nearest(closed, vector, prediction),
        chance=_blindly(memory.categories[closed.category], len(memory)),
        outcome_chance=_blindly(memory.outcomes[outcome], len(memory)) if outcome else 0.0,
    )


def _blindly(fitting: int, known: int) -> float:
    return 1 - (1 - fitting / known) ** SHOWN if known else 0.0
