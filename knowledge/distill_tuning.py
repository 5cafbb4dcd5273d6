"""The rows of the static embedder, improved on pairs of texts that mean the same or belong together.

Teacher targets keep what the teacher knows; contrasts within a batch bring the two languages, and a complaint
and its resolution, together. No labels are used.
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

STEPS: Final = 600
RATE: Final = 3e-3
"""Of SparseAdam at the start; falls to a tenth."""
PAIRS: Final = 1024
"""Of Tatoeba in a step; in every second step a quarter of them bring their neighbours along."""
NEIGHBOURS: Final = 8
"""Sentences nearest in meaning, of which three come along as hard negatives."""
TEXTS: Final = 384
WORDS: Final = 512
CASES: Final = 64
"""Neighbours in the corpus, so of the same industry and language: hard negatives as they are."""
CASES_EVERY: Final = 4
HEAT: Final = 0.1
"""Temperature of the contrasts: 0.03 and 0.15 cost a point of translation on Tatoeba's development part."""
SAME: Final = 0.9
"""Cosine of the teacher from which another text of the batch is no negative: it says the same."""
SPLIT_TEXT: Final = 0.15
"""Share of Chinese words that are split into characters, so that these learn too; of headwords SPLIT_WORD."""
SPLIT_WORD: Final = 0.4

Numbers = NDArray[np.float32]
Ids = NDArray[np.int64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Texts of two languages, or two texts that belong together, as rows of the model."""

    left: Sequence[Ids]
    right: Sequence[Ids]
    meaning: Numbers
    """Shape (n, dimensions): the teacher's unit vector of the right text; empty where there is no teacher."""

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """What the rows are tuned on."""

    sentences: Pairs
    """Chinese, English."""
    words: Pairs
    """Headword, gloss."""
    texts: Pairs
    """English; left and right are the same."""
    cases: Pairs
    """Complaint, resolution; without a meaning."""
    characters: dict[int, Ids]
    """Row of a Chinese word to the rows of its characters."""


def tune(
    rows: Numbers, lessons: Lessons, *, seed: int, steps: int = STEPS, progress: Progress | None = None
) -> Numbers:
    """The rows after `steps` steps; row 0 stays zero. The same seed gives the same rows on one machine."""
    torch: Any = importlib.import_module("torch")  # 2 s and 300 MiB: only in training
    threads = torch.get_num_threads()
    torch.set_num_threads(
        1
    )  # the operations are small: more threads wait for each other, above all under load
    try:
        tuning = _Tuning(torch, rows, lessons, np.random.default_rng(seed))
        for step in range(steps):
            tuning.step(step, 1 - 0.9 * step / steps)
            if progress is not None:
                progress(step + 1, steps)
        return tuning.rows()
    finally:
        torch.set_num_threads(threads)


class _Tuning:
    def __init__(self, torch: Any, rows: Numbers, lessons: Lessons, random: np.random.Generator) -> None:
        self._torch: Final = torch
        self._random: Final = random
        self._lessons: Final = lessons
        self._near: Final = _nearest(lessons.sentences.meaning)
        self._table: Final = torch.nn.EmbeddingBag.from_pretrained(
            torch.from_numpy(rows.copy()), freeze=False, sparse=True, mode="sum"
        )
        self._optimiser: Final = torch.optim.SparseAdam(list(self._table.parameters()), lr=RATE)

    def rows(self) -> Numbers:
        found: Numbers = self._table.weight.detach().numpy().copy()
        found[0] = 0
        return found

    def step(self, number: int, rate: float) -> None:
        for group in self._optimiser.param_groups:
            group["lr"] = RATE * rate
        lessons = self._lessons
        self._optimiser.zero_grad()
        loss = self._translation(lessons.sentences, self._some_sentences(number), SPLIT_TEXT)
        loss = loss + self._translation(lessons.words, self._some(len(lessons.words), WORDS), SPLIT_WORD)
        loss = loss + self._imitation(lessons.texts, self._some(len(lessons.texts), TEXTS))
        if number % CASES_EVERY == 0 and len(lessons.cases):
            loss = loss + self._belonging(lessons.cases)
        loss.backward()
        self._optimiser.step()

    def _translation(self, pairs: Pairs, some: Ids, split: float) -> Any:
        left = self._vectors([self._split(text, split) for text in _picked(pairs.left, some)])
        right = self._vectors(_picked(pairs.right, some))
        aim = self._torch.from_numpy(pairs.meaning[some])
        same = self._same(aim)
        like = 2 - (left * aim).sum(1).mean() - (right * aim).sum(1).mean()
        taught = self._contrast(left, aim, same) + self._contrast(right, aim, same)
        across = self._contrast(left, right, same) + self._contrast(right, left, same)
        return like + 0.125 * taught + 0.25 * across

    def _imitation(self, texts: Pairs, some: Ids) -> Any:
        found = self._vectors(_picked(texts.left, some))
        aim = self._torch.from_numpy(texts.meaning[some])
        return 1 - (found * aim).sum(1).mean() + 0.25 * self._contrast(found, aim, self._same(aim))

    def _belonging(self, cases: Pairs) -> Any:
        start = int(self._random.integers(len(cases)))
        some = (start + np.arange(min(CASES, len(cases)))) % len(cases)
        complaint = self._vectors(_picked(cases.left, some))
        reply = self._vectors(_picked(cases.right, some))
        none = self._torch.zeros(len(some), len(some), dtype=self._torch.bool)
        return 0.1 * (self._contrast(complaint, reply, none) + self._contrast(reply, complaint, none))

    def _contrast(self, one: Any, other: Any, same: Any) -> Any:
        """InfoNCE (van den Oord et al. 2018) within the batch, without the negatives that say the same."""
        logits = (one @ other.T / HEAT).masked_fill(same, -1e4)
        return self._torch.nn.functional.cross_entropy(logits, self._torch.arange(len(one)))

    def _same(self, aim: Any) -> Any:
        same = aim @ aim.T > SAME
        return same.fill_diagonal_(False)

    def _vectors(self, texts: Sequence[Ids]) -> Any:
        lengths = np.array([len(text) for text in texts], np.int64)
        flat = self._torch.from_numpy(np.concatenate([np.asarray(text, np.int64) for text in texts]))
        starts = self._torch.from_numpy(np.cumsum(lengths) - lengths)
        return self._torch.nn.functional.normalize(self._table(flat, starts), dim=1)

    def _split(self, text: Ids, share: float) -> Ids:
        chosen = self._random.random(len(text)) < share
        if not chosen.any():
            return text
        known = self._lessons.characters
        parts = [
            known.get(int(row), text[n : n + 1]) if chosen[n] else text[n : n + 1]
            for n, row in enumerate(text)
        ]
        return np.concatenate(parts)

    def _some(self, size: int, wanted: int) -> Ids:
        return self._random.integers(size, size=min(wanted, size))

    def _some_sentences(self, number: int) -> Ids:
        """By chance, or in every second step a few with their neighbours; each once."""
        size = len(self._lessons.sentences)
        if number % 2:
            return np.unique(self._some(size, PAIRS))
        few = self._some(size, PAIRS // 4)
        near = self._near[few][:, self._random.permutation(self._near.shape[1])[:3]]
        return np.unique(np.concatenate((few, near.ravel())))


def _picked(texts: Sequence[Ids], some: Ids) -> list[Ids]:
    places: list[int] = some.tolist()
    return [texts[n] for n in places]


def _nearest(meaning: Numbers) -> Ids:
    """Shape (n, NEIGHBOURS): the nearest other texts that do not say the same."""
    found = np.empty((len(meaning), min(NEIGHBOURS, len(meaning) - 1)), np.int64)
    for start in range(0, len(meaning), 1024):
        closeness = meaning[start : start + 1024] @ meaning.T
        closeness[closeness > SAME] = -1
        found[start : start + 1024] = np.argpartition(-closeness, found.shape[1], axis=1)[:, : found.shape[1]]
    return found
