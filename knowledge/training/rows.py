"""The rows a head is trained on, as numbers: features, vectors, labels, and the fold each is judged in."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from knowledge.case import Language, language_of
from knowledge.embedding import Embedder, LexicalEmbedder, Matrix
from knowledge.errors import InvalidInput
from knowledge.evaluation import LabelledText
from knowledge.features import BUCKETS, Features, features
from knowledge.head import FORMAT, Kind, weigh
from knowledge.training.arrays import Bools, Numbers, Places
from knowledge.training.folds import split

RARE: Final = 0.3
"""What a feature that training did not keep counts in the length of a text."""
FEW: Final = 8
"""Rows of a label below which its figures say little."""


@dataclass(slots=True, eq=False)
class TrainingData:
    """The rows as numbers; n rows, c labels."""

    subject: str
    kind: Kind
    labels: tuple[str, ...]
    truth: Bools
    """Shape (n, c)."""
    weight: Numbers
    judged: Bools
    languages: list[Language]
    found: list[Features]
    vectors: Matrix | None
    """Shape (n, dimensions), or None where the vector has no part."""
    fold: Places
    """Shape (n,): the fold a row is judged in, -1 for one that only teaches."""
    warnings: list[str] = field(default_factory=list[str])


def fingerprint(rows: Sequence[LabelledText]) -> str:
    """Of the rows and of the features their texts have: another corpus or another tokeniser shows."""
    return fingerprint_of(rows, [features(row.text) for row in rows])


def prepare(rows: Sequence[LabelledText], embedder: Embedder, subject: str, kind: Kind) -> TrainingData:
    """The rows that can be read, with their features, vectors and folds.

    Raises:
        InvalidInput: they cannot be learned from; says why and what to do.
    """
    used, found, warnings = _readable(rows)
    labels = tuple(sorted({label for row in used for label in row.labels}))
    if len(labels) < 2:
        raise InvalidInput(f"{len(labels)} label in {len(used)} rows: give rows of at least two labels")
    column = {label: n for n, label in enumerate(labels)}
    truth = np.zeros((len(used), len(labels)), np.bool_)
    for number, row in enumerate(used):
        truth[number, [column[label] for label in row.labels]] = True
    judged = np.array([row.judged for row in used], np.bool_)
    if not judged.any():
        raise InvalidInput("no row is to be judged: the quality of a head without any would be unknown")
    warnings += _rare(labels, truth[judged].sum(axis=0).tolist(), truth.sum(axis=0).tolist())
    return TrainingData(
        subject=subject,
        kind=kind,
        labels=labels,
        truth=truth,
        weight=np.array([row.weight for row in used], np.float64),
        judged=judged,
        languages=[row.language or language_of(row.text) for row in used],
        found=found,
        vectors=vectors_of([row.text for row in used], embedder),
        fold=split(found, truth, judged),
        warnings=warnings,
    )


def _rare(labels: Sequence[str], judged: Sequence[int], taught: Sequence[int]) -> list[str]:
    """A remark for every label with too few rows to be learned or measured well."""
    remarks: list[str] = []
    for label, measured, count in zip(labels, judged, taught, strict=True):
        if count == 1:
            remarks.append(f"label {label!r} has 1 row: it is learned, but its quality cannot be measured")
        elif measured < FEW:
            remarks.append(f"label {label!r} has {measured} rows: give it {FEW} or more to be judged well")
    return remarks


def _readable(rows: Sequence[LabelledText]) -> tuple[list[LabelledText], list[Features], list[str]]:
    """The rows with something to learn from, their features, and a warning about the others."""
    if not rows:
        raise InvalidInput("there are no rows: give texts with labels, one JSON object a line")
    pairs = [(row, features(row.text)) for row in rows]
    used = [(row, found) for row, found in pairs if len(found.hashes)]
    if not used:
        raise InvalidInput("no row has a text with a letter or digit: check the column that holds the text")
    lost = len(rows) - len(used)
    warnings = [f"{lost} rows without a letter or digit were left out"] if lost else []
    return [row for row, _ in used], [found for _, found in used], warnings


def vectors_of(texts: list[str], embedder: Embedder) -> Matrix | None:
    """As a complaint is embedded at run time, which is as a query; in batches where that is the same."""
    if isinstance(embedder, LexicalEmbedder):
        return None
    probe = texts[:3]
    one_by_one = np.stack([embedder.embed_query(text) for text in probe])
    if np.allclose(one_by_one, embedder.embed_documents(probe), atol=1e-4):
        return embedder.embed_documents(texts)
    return np.stack([embedder.embed_query(text) for text in texts])


@dataclass(frozen=True, slots=True, eq=False)
class _Frequency:
    """Document frequency in the training texts."""

    counts: NDArray[np.int64]
    """Shape (BUCKETS,)."""
    weights: Numbers
    """Shape (BUCKETS,)."""
    unseen: float


def document_frequency(data: TrainingData) -> _Frequency:
    """Of distinct texts: a passage given once for each of its labels is one document."""
    counts = np.zeros(BUCKETS, np.int64)
    seen: set[bytes] = set()
    for found in data.found:
        key = found.hashes.tobytes()
        if key not in seen:
            seen.add(key)
            counts[np.unique(found.buckets)] += 1
    documents = len(seen)
    weights = np.log((1 + documents) / (1 + counts)) + 1
    return _Frequency(counts, weights, RARE * (float(np.log(1 + documents)) + 1))


def gram_matrix(found: list[Features], idf: _Frequency, kept: NDArray[np.uint32]) -> Any:
    """Shape (n, kept), sparse: as `Head` weighs a text."""
    return gram_rows(found, idf.weights.astype(np.float16).astype(np.float32), idf.unseen, kept)


def gram_rows(
    found: list[Features], idf: NDArray[np.float32], unseen: float, kept: NDArray[np.uint32]
) -> Any:
    """The same; `idf`, shape (BUCKETS,), is used for the features in `kept`, `unseen` for the others."""
    from scipy.sparse import csr_matrix  # comes with scikit-learn: only when something is trained

    place = np.full(BUCKETS, -1, np.int64)
    place[kept] = np.arange(len(kept))
    columns: list[NDArray[np.int64]] = []
    values: list[NDArray[np.float32]] = []
    starts = [0]
    for each in found:
        at = place[each.buckets]
        value = weigh(each, np.where(at >= 0, idf[each.buckets], np.float32(unseen)))
        columns.append(at[at >= 0])
        values.append(value[at >= 0])
        starts.append(starts[-1] + len(columns[-1]))
    parts: Any = (np.concatenate(values).astype(np.float64), np.concatenate(columns), starts)
    matrix: Any = csr_matrix(parts, shape=(len(found), len(kept)))
    matrix.sum_duplicates()
    return matrix


def fingerprint_of(rows: Sequence[LabelledText], found: Sequence[Features]) -> str:
    """Of the rows and the features they have."""
    digest = hashlib.sha256(f"{FORMAT}".encode())
    for row, each in zip(rows, found, strict=True):
        digest.update(f"\n{'|'.join(row.labels)}\t{row.weight}\t{row.judged}\t".encode("utf-8", "replace"))
        digest.update(each.hashes.tobytes() + each.counts.tobytes())
    return digest.hexdigest()
