"""The numbers of a head, on disk and in memory."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.head_features import HeadFeatures
from knowledge.prediction import Floats

PLACES: Final = 1 << 21
"""Where a feature's row is looked up: a power of two, some eight times the features of a large head."""
STEPS: Final = 127
"""Of the weights of features in a file, to either side of 0: what is lost moves no logit by 0.01."""

Codes = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The numbers of a head; `labels` in the order of the card."""

    codes: Codes
    """Shape (k,), ascending: the features training kept, no two of them at one place (see `place_of`)."""
    idf: Floats
    """Shape (k,): inverse document frequency."""
    grams: Floats
    """Shape (k, labels): of words, concepts and n-grams."""
    vector: Floats
    """Shape (dimensions, labels), or (0, labels) where the vector has no part."""
    bias: Floats
    """Shape (labels,)."""

    def stored(self) -> "Weights":
        """The same numbers as a file keeps them."""
        small, scale = _small(self.grams)
        bias = self.bias.astype(np.float32)
        return Weights(self.codes, _half(self.idf), small * scale, _half(self.vector), bias)

    def to_bytes(self) -> bytes:
        """As an npz file; the same numbers give the same bytes."""
        small, scale = _small(self.grams)
        file = io.BytesIO()
        np.savez_compressed(
            file,
            # gaps between ascending numbers repeat more than the numbers themselves, and compress better
            codes=np.diff(self.codes, prepend=np.uint32(0)).astype(np.uint32),
            idf=self.idf.astype(np.float16),
            grams=small,
            scale=scale,
            vector=self.vector.astype(np.float16),
            bias=self.bias.astype(np.float32),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Weights":
        """What `to_bytes` wrote; raises OSError, KeyError, ValueError, EOFError or BadZipFile for others."""
        with np.load(io.BytesIO(raw), allow_pickle=False) as file:
            read: Callable[[str], Floats] = lambda name: np.asarray(file[name], np.float32)  # noqa: E731
            codes = np.cumsum(file["codes"], dtype=np.uint32)
            return cls(codes, read("idf"), read("grams") * read("scale"), read("vector"), read("bias"))

    def fits(self, labels: int, dimensions: int) -> bool:
        """Whether every shape agrees with the others, and every number is one."""
        k = len(self.codes)
        return (
            k > 0
            and bool((self.codes[1:] > self.codes[:-1]).all())
            and self.idf.shape == (k,)
            and self.grams.shape == (k, labels)
            and self.vector.shape in {(0, labels), (dimensions, labels)}
            and self.bias.shape == (labels,)
            and all(bool(np.isfinite(part).all()) for part in (self.idf, self.grams, self.vector, self.bias))
        )


class Shelf:
    """The rows of several heads side by side, so that a text's features are looked up once for all of them.

    Each look is a wait for memory, and a text has hundreds of features.
    """

    def __init__(self, heads: Sequence[tuple[Weights, float]]) -> None:
        """Lay out the weights of each head; a feature it did not keep has its second number for weight."""
        every, counts = np.unique(np.concatenate([weights.codes for weights, _ in heads]), return_counts=True)
        self.codes: Final = placed(every, counts)
        self._place = np.zeros(PLACES, np.int32)
        self._place[place_of(self.codes)] = np.arange(1, len(self.codes) + 1)
        self._known = np.concatenate((np.zeros(1, np.uint32), self.codes))
        ends = np.cumsum([1 + weights.grams.shape[1] for weights, _ in heads]).tolist()
        self._rows = np.zeros((len(self._known), ends[-1]), np.float32)
        self.tables: Final = tuple(
            Table(self, start, end) for start, end in zip([0, *ends], ends, strict=False)
        )
        for table, (weights, unseen) in zip(self.tables, heads, strict=True):
            own = table.of(self._rows)
            own[:, 0] = unseen
            kept = np.isin(weights.codes, self.codes)
            at = self._place[place_of(weights.codes[kept])]
            own[at, 0] = weights.idf[kept]
            own[at, 1:] = weights.grams[kept] * weights.idf[kept][:, None]
        self._latest: tuple[HeadFeatures, Floats] | None = None

    def rows(self, codes: Codes) -> Floats:
        """Shape (n, columns of every table)."""
        at = self._place.take(place_of(codes))
        at[self._known.take(at) != codes] = 0
        return self._rows.take(at, axis=0)

    def rows_of(self, found: HeadFeatures) -> Floats:
        """The same of a text's features, remembered until the next text: one head asks after the other."""
        latest = self._latest
        if latest is None or latest[0] is not found:
            latest = self._latest = found, self.rows(found.codes)
        return latest[1]


class Table:
    """The columns of one head on a shelf."""

    def __init__(self, shelf: Shelf, start: int, end: int) -> None:
        self._shelf, self._start, self._end = shelf, start, end

    def of(self, rows: Floats) -> Floats:
        """Its columns, shape (n, 1 + labels): what a feature weighs, and that times its weight per label."""
        return rows[:, self._start : self._end]

    def rows(self, codes: Codes) -> Floats:
        """Its columns for these features."""
        return self.of(self._shelf.rows(codes))

    def scores(self, found: HeadFeatures) -> Floats:
        """Shape (labels,): each group of features at length 1, times the weights."""
        rows = self.of(self._shelf.rows_of(found))
        total = np.zeros(rows.shape[1] - 1, np.float32)
        for part in (slice(0, found.words), slice(found.words, None)):
            values = found.values[part]
            weighed = values * rows[part, 0]
            length = np.sqrt(weighed @ weighed)
            if length > 0:
                total += (values @ rows[part, 1:]) / length
        return total


def place_of(codes: Codes) -> NDArray[np.intp]:
    """Shape (n,): where each feature's row is looked up."""
    return (codes & np.uint32(PLACES - 1)).astype(np.intp)


def placed(codes: Codes, counts: NDArray[np.int64]) -> Codes:
    """Ascending, those that have a place: of several at one place the most frequent."""
    order = np.lexsort((codes, -counts, place_of(codes)))
    _, first = np.unique(place_of(codes)[order], return_index=True)
    return np.sort(codes[order][first])


def _small(grams: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Whole steps, shape (k, labels), and the size of a step for each label."""
    most = np.abs(grams).max(axis=0) if len(grams) else np.zeros(grams.shape[1])
    scale = (most / STEPS).astype(np.float32)
    return np.rint(grams / np.where(scale > 0, scale, 1)).astype(np.int8), scale


def _half(values: Floats) -> Floats:
    return values.astype(np.float16).astype(np.float32)
