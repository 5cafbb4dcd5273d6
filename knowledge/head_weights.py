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
MOST_STEPS: Final = 127
"""Of the weights of features in a file, to either side of 0: what is lost moves no logit by 0.01."""

Codes = NDArray[np.uint32]
Steps = NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The numbers of a head, as coarse as a file keeps them; `labels` in the order of the card."""

    codes: Codes
    """Shape (k,), ascending: the features training kept, no two of them at one place (see `place_of`)."""
    idf: Floats
    """Shape (k,): inverse document frequency."""
    steps: Steps
    """Shape (k, labels): weights of words, concepts and n-grams, in steps of `scale`."""
    scale: Floats
    """Shape (labels,)."""
    vector: Floats
    """Shape (dimensions, labels), or (0, labels) where the vector has no part."""
    bias: Floats
    """Shape (labels,)."""

    @classmethod
    def of(cls, codes: Codes, idf: Floats, grams: Floats, vector: Floats, bias: Floats) -> "Weights":
        """The nearest ones to these numbers; `grams` has shape (k, labels)."""
        most = np.abs(grams).max(axis=0) if len(grams) else np.zeros(grams.shape[1])
        scale = (most / MOST_STEPS).astype(np.float32)
        steps = np.rint(grams / np.where(scale > 0, scale, 1)).astype(np.int8)
        return cls(codes, _half(idf), steps, scale, _half(vector), bias.astype(np.float32))

    @property
    def grams(self) -> Floats:
        """Shape (k, labels): what the steps amount to."""
        return self.steps * self.scale

    def to_bytes(self) -> bytes:
        """As an npz file; the same numbers give the same bytes."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            # gaps between ascending numbers repeat more than the numbers themselves, and compress better
            codes=np.diff(self.codes, prepend=np.uint32(0)).astype(np.uint32),
            idf=self.idf.astype(np.float16),
            grams=self.steps,
            scale=self.scale,
            vector=self.vector.astype(np.float16),
            bias=self.bias,
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Weights":
        """What `to_bytes` wrote; raises OSError, KeyError, ValueError, EOFError or BadZipFile for others."""
        with np.load(io.BytesIO(raw), allow_pickle=False) as file:
            read: Callable[[str], Floats] = lambda name: np.asarray(file[name], np.float32)  # noqa: E731
            codes, steps = np.cumsum(file["codes"], dtype=np.uint32), np.asarray(file["grams"], np.int8)
            return cls(codes, read("idf"), steps, read("scale"), read("vector"), read("bias"))

    def fits(self, labels: int, dimensions: int) -> bool:
        """Whether every shape agrees with the others, and every number is one."""
        k = len(self.codes)
        return (
            k > 0
            and bool((self.codes[1:] > self.codes[:-1]).all())
            and self.idf.shape == (k,)
            and self.steps.shape == (k, labels)
            and self.vector.shape in {(0, labels), (dimensions, labels)}
            and self.scale.shape == self.bias.shape == (labels,)
            and all(bool(np.isfinite(part).all()) for part in (self.idf, self.scale, self.vector, self.bias))
        )


class Shelf:
    """The rows of several heads side by side, so that a text's features are looked up once for all of them.

    Each look is a wait for memory, and a text has hundreds of features: rows are kept small.
    """

    def __init__(self, heads: Sequence[tuple[Weights, float]]) -> None:
        """Lay out the weights of each head; a feature it did not keep has its second number for weight."""
        codes = np.sort(np.concatenate([weights.codes for weights, _ in heads]))
        codes = codes[
            np.diff(codes, prepend=codes[:1] - np.uint32(1)) > 0
        ]  # np.unique takes thirty times as long
        self._place = np.zeros(PLACES, np.int32)
        self._place[place_of(codes)] = np.arange(1, len(codes) + 1)
        self._codes = np.concatenate((np.zeros(1, np.uint32), codes))
        ends = np.cumsum([len(weights.scale) for weights, _ in heads]).tolist()
        self._steps = np.zeros((len(self._codes), ends[-1]), np.int8)
        self._idf = np.zeros((len(self._codes), len(heads)), np.float32)
        for column, (end, (weights, unseen)) in enumerate(zip(ends, heads, strict=True)):
            at = self._place.take(place_of(weights.codes))
            kept = self._codes.take(at) == weights.codes  # at its place another head may have another
            at = at[kept]
            self._idf[:, column] = unseen
            self._idf[at, column] = weights.idf[kept]
            self._steps[at, end - len(weights.scale) : end] = weights.steps[kept]
        self.tables: Final = tuple(
            Table(self, column, slice(end - len(weights.scale), end), weights.scale)
            for column, (end, (weights, _)) in enumerate(zip(ends, heads, strict=True))
        )
        self._latest: tuple[HeadFeatures, tuple[Floats, Floats]] | None = None

    def rows(self, codes: Codes) -> tuple[Floats, Floats]:
        """Shape (n, heads): what each feature weighs. Shape (n, labels of every head): its steps."""
        at = self._place.take(place_of(codes))
        at[self._codes.take(at) != codes] = 0
        return self._idf.take(at, axis=0), self._steps.take(at, axis=0).astype(np.float32)

    def rows_of(self, found: HeadFeatures) -> tuple[Floats, Floats]:
        """The same of a text's features, remembered until the next text: one head asks after the other."""
        latest = self._latest
        if latest is None or latest[0] is not found:
            latest = self._latest = found, self.rows(found.codes)
        return latest[1]


class Table:
    """What one head has on a shelf."""

    def __init__(self, shelf: Shelf, column: int, labels: slice, scale: Floats) -> None:
        self._shelf, self._column, self._labels, self._scale = shelf, column, labels, scale

    def weighed(self, codes: Codes) -> Floats:
        """Shape (n, labels): how much a feature speaks for a label."""
        idf, steps = self._shelf.rows(codes)
        return steps[:, self._labels] * self._scale * idf[:, self._column, None]

    def scores(self, found: HeadFeatures) -> Floats:
        """Shape (labels,): each group of features at length 1, times the weights."""
        idf, steps = self._shelf.rows_of(found)
        weighed, own = found.values * idf[:, self._column], steps[:, self._labels]
        total = np.zeros(own.shape[1], np.float32)
        for part in (slice(0, found.words), slice(found.words, None)):
            length = np.sqrt(weighed[part] @ weighed[part])
            if length > 0:
                total += (weighed[part] @ own[part]) / length
        return total * self._scale


def place_of(codes: Codes) -> NDArray[np.intp]:
    """Shape (n,): where each feature's row is looked up."""
    return (codes & np.uint32(PLACES - 1)).astype(np.intp)


def placed(codes: Codes, counts: NDArray[np.int64]) -> Codes:
    """Ascending, those that have a place: of several at one place the most frequent."""
    order = np.lexsort((codes, -counts, place_of(codes)))
    _, first = np.unique(place_of(codes)[order], return_index=True)
    return np.sort(codes[order][first])


def _half(values: Floats) -> Floats:
    return values.astype(np.float16).astype(np.float32)
