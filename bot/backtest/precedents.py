"""A memory that grows as complaints are closed, and is searched as the product searches.

Both rankings, fused and moved by the same preference as in `knowledge.search`. The dense one is exact here;
the words are weighed by what was closed until then, so a later complaint changes nothing.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bot.backtest.history import Closed
from knowledge.embedding import Matrix, Vector
from knowledge.lexical import Words, joined
from knowledge.prediction import Prediction
from knowledge.search import PREFERRED, WINDOW, Preference, fuse, trust_in_words
from knowledge.store import About

SHOWN: Final = 5
"""Precedents an agent is shown."""
CONSIDERED: Final = 4
"""Categories a search prefers: the likeliest and the alternatives that are shown."""


class Memory:
    """What was closed before the moment it was last brought up to."""

    def __init__(self, rows: Sequence[Closed], vectors: Matrix, folder: Path) -> None:
        """An empty one; `vectors` has shape (rows, dimensions), `folder` is ours to write."""
        self._rows = rows
        self._vectors = vectors
        self._waiting = sorted(range(len(rows)), key=lambda n: rows[n].known_from)
        self._next = 0
        self._known = np.empty_like(vectors)
        self._places: list[int] = []
        self._words: Final = Words(folder)
        self.categories: Final = Counter[str]()
        """How many of each are known."""
        self.outcomes: Final = Counter[str]()

    def __len__(self) -> int:
        return len(self._places)

    def bring_up_to(self, now: Closed) -> None:
        """Take in everything closed before `now` was received."""
        fresh: list[int] = []
        while self._next < len(self._waiting):
            place = self._waiting[self._next]
            if self._rows[place].known_from > now.received:
                break
            fresh.append(place)
            self._next += 1
        if not fresh:
            return
        start = len(self._places)
        self._known[start : start + len(fresh)] = self._vectors[fresh]
        self._places += fresh
        self.categories.update(self._rows[n].category for n in fresh)
        self.outcomes.update(outcome for n in fresh if (outcome := self._rows[n].case.outcome) is not None)
        self._words.apply("backtest", "case", {str(n): joined(self._rows[n].case.text) for n in fresh}, ())

    def nearest(self, asked: Closed, vector: Vector, prediction: Prediction | None) -> tuple[Closed, ...]:
        """The precedents an agent would have been shown, best first."""
        if not self._places:
            return ()
        scores = self._known[: len(self._places)] @ vector
        best: list[int] = np.argsort(-scores, kind="stable")[:WINDOW].tolist()
        dense = [(str(self._places[n]), float(scores[n])) for n in best]
        lexical = self._words.nearest("backtest", "case", asked.case.text, WINDOW)
        hits = fuse(dense, lexical, WINDOW, trust_in_words(asked.case.text), PREFERRED)
        preference = _preference(asked, prediction)

        def weight(found: Closed) -> float:
            return preference.weight(
                "case", About(found.case.language, found.case.industry, (found.category,))
            )

        hits.sort(key=lambda hit: -hit.score * weight(self._rows[int(hit.id)]))
        return tuple(self._rows[int(hit.id)] for hit in hits[:SHOWN])

    def close(self) -> None:
        """Release the folder."""
        self._words.close()


def _preference(asked: Closed, prediction: Prediction | None) -> Preference:
    industry = asked.case.industry or None
    if prediction is None:
        return Preference(industry, asked.case.language)
    ranked = sorted(
        zip(prediction.labels, prediction.probabilities.tolist(), strict=True), key=lambda p: -p[1]
    )
    return Preference(industry, asked.case.language, dict(ranked[:CONSIDERED]))
