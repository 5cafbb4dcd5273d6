"""Concepts: groups of words of near meaning, in both languages, at three grains.

Rows of the shipped embedder that point the same way are one concept, so what a head learns of "debited" it
knows of "deducted" too, and what it learns of "refund" of 退款. `python -m
knowledge.concepts` makes the file anew from the embedder, in some minutes.
"""

import importlib
import io
import sys
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import ModelUnavailable
from knowledge.static_embedding import StaticEmbedder

FILE: Final = Path(__file__).with_name("model") / "concepts.npz"
GRAINS: Final = (16_000, 4_000, 1_000)
"""Concepts at each grain: on the sample corpus three beat two, and two beat any alone."""
SEED: Final = 0

Ids = NDArray[np.uint16]


class Concepts:
    """The concepts of texts."""

    def __init__(self, embedder: StaticEmbedder, table: Ids) -> None:
        """Take in the concept of each row of the embedder; `table` has shape (grains, rows), 0 is none."""
        self._embedder = embedder
        self._by_row = np.ascontiguousarray(table.T)  # what is looked up together lies together

    @classmethod
    def load(cls, path: Path, embedder: StaticEmbedder) -> "Concepts":
        """The concepts that `make` wrote for this embedder.

        Raises:
            ModelUnavailable: the file is missing, damaged, or of another embedder; says what to do.
        """
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
                table, name = np.asarray(file["concepts"]), str(file["embedder"])
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise _unusable(path, (str(error).splitlines() or ["it cannot be read"])[0][:200]) from error
        if name != embedder.name:
            raise _unusable(path, f"it was made for {name}, not for {embedder.name}")
        if table.dtype != np.uint16 or table.shape != (len(GRAINS), embedder.rows):
            raise _unusable(path, "it does not fit the embedder")
        return cls(embedder, table)

    def of(self, text: str) -> Ids:
        """Shape (grains, n): those of the words of a text, in order."""
        found = self._by_row.take(self._embedder.rows_of_words(text), axis=0)
        return found.compress(found[:, 0] > 0, axis=0).T

    def of_words(self, words: Sequence[str]) -> Ids:
        """Shape (grains, words): that of each word; 0 for one that the embedder reads in pieces."""
        return self._by_row.take([self._embedder.row_of_word(word) for word in words], axis=0).T


@cache
def shipped_concepts() -> Concepts:
    """Those that come with Redress.

    Raises:
        ModelUnavailable: they or the shipped embedder are damaged.
    """
    return Concepts.load(FILE, StaticEmbedder.shipped())


def make(embedder: StaticEmbedder, path: Path = FILE) -> None:
    """Group the rows of the embedder by k-means on the unit sphere, and write the file."""
    kmeans: Any = importlib.import_module("sklearn.cluster").MiniBatchKMeans  # only when they are made
    directions = embedder.directions()
    known = np.flatnonzero(np.square(directions).sum(axis=1) > 0)
    table = np.zeros((len(GRAINS), len(directions)), np.uint16)
    for grain, count in enumerate(GRAINS):
        groups = kmeans(count, random_state=SEED, n_init=1, batch_size=8192, max_iter=20)
        table[grain, known] = groups.fit(directions[known]).labels_ + 1
    file = io.BytesIO()
    np.savez_compressed(file, concepts=table, embedder=np.array(embedder.name))
    path.write_bytes(file.getvalue())


def _unusable(path: Path, why: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"cannot use the concepts in {path}: {why}; reinstall redress, "
        "or make them anew with 'python -m knowledge.concepts'"
    )


if __name__ == "__main__":
    make(StaticEmbedder.shipped())
    sys.stdout.write(f"{FILE}\n")
