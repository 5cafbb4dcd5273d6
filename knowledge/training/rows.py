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
from knowledge.head import FORMAT
from knowledge.head_features import CHARACTERS, HeadFeatures, head_features
from knowledge.head_weights import Codes, placed
from knowledge.prediction import Kind
from knowledge.training.arrays import Bools, Numbers, Places
from knowledge.training.folds import split

RARE: Final = 0.3
"""What a feature that training did not keep counts in the length of a text."""
FEWEST_TEXTS: Final = 3
"""That a feature occurs in to be kept, where there are MANY_TEXTS; 2 where there are fewer."""
MANY_TEXTS: Final = 3000
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
    found: list[HeadFeatures]
    vectors: Matrix | None
    """Shape (n, dimensions), or None where the vector has no part."""
    fold: Places
    """Shape (n,): the fold a row is judged in, -1 for one that only teaches."""
    warnings: list[str] = field(default_factory=list[str])


def fingerprint(rows: Sequence[LabelledText]) -> str:
    """Of the rows and of the features their texts have: another corpus or another tokeniser shows."""
    return fingerprint_of(rows, [head_features(row.text) for row in rows])


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


def _readable(rows: Sequence[LabelledText]) -> tuple[list[LabelledText], list[HeadFeatures], list[str]]:
    """The rows with something to learn from, their features, and a warning about the others."""
    if not rows:
        raise InvalidInput("there are no rows: give texts with labels, one JSON object a line")
    pairs = [(row, head_features(row.text)) for row in rows]
    used = [(row, found) for row, found in pairs if len(found.codes)]
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
class Vocabulary:
    """The features that training keeps."""

    codes: Codes
    """Shape (k,), ascending; those of words before those of characters."""
    idf: NDArray[np.float32]
    """Shape (k,): inverse document frequency, as a file keeps it."""
    unseen: float
    """What a feature that is not kept counts in the length of a text."""

    @property
    def words(self) -> int:
        """How many of the features are of words."""
        return int(np.searchsorted(self.codes, CHARACTERS))


def vocabulary_of(data: TrainingData) -> Vocabulary:
    """The features that several distinct texts have: a passage given for each of its labels is one text.

    Raises:
        InvalidInput: there are none.
    """
    distinct = {found.codes.tobytes(): found.codes for found in data.found}
    documents = len(distinct)
    codes, counts = np.unique(np.concatenate(list(distinct.values())), return_counts=True)
    repeated = counts >= (FEWEST_TEXTS if documents >= MANY_TEXTS else 2)
    if not repeated.any():
        raise InvalidInput("no word occurs in two texts: give more texts, at least a few for each label")
    kept = placed(codes[repeated], counts[repeated])
    idf = np.log((1 + documents) / (1 + counts[np.searchsorted(codes, kept)])) + 1
    stored = idf.astype(np.float16).astype(np.float32)
    return Vocabulary(kept, stored, RARE * (float(np.log(1 + documents)) + 1))


def gram_matrices(found: Sequence[HeadFeatures], known: Vocabulary) -> tuple[Any, Any]:
    """Of words, shape (n, known.words), and of characters, shape (n, k - known.words); sparse.

    Weighed as a head weighs a text.
    """
    from scipy.sparse import csr_matrix  # comes with scikit-learn: only when something is trained

    sizes = np.array([len(each.codes) for each in found])
    owner = np.repeat(np.arange(len(found)), sizes)
    codes = np.concatenate([each.codes for each in found])
    values = np.concatenate([each.values for each in found]).astype(np.float64)
    at = np.minimum(np.searchsorted(known.codes, codes), len(known.codes) - 1)
    kept = known.codes[at] == codes
    values *= np.where(kept, known.idf[at], np.float32(known.unseen))
    by_word = codes < CHARACTERS
    matrices: list[Any] = []
    for part, first, width in (
        (by_word, 0, known.words),
        (~by_word, known.words, len(known.codes) - known.words),
    ):
        squares = np.bincount(owner[part], values[part] ** 2, len(found))
        length = np.sqrt(np.where(squares > 0, squares, 1))
        some = part & kept
        entries: Any = (values[some] / length[owner[some]], (owner[some], at[some] - first))
        matrices.append(csr_matrix(entries, shape=(len(found), width)))
    return matrices[0], matrices[1]


def fingerprint_of(rows: Sequence[LabelledText], found: Sequence[HeadFeatures]) -> str:
    """Of the rows and the features they have."""
    digest = hashlib.sha256(f"{FORMAT}".encode())
    for row, each in zip(rows, found, strict=True):
        digest.update(f"\n{'|'.join(row.labels)}\t{row.weight}\t{row.judged}\t".encode("utf-8", "replace"))
        digest.update(each.codes.tobytes() + each.values.tobytes())
    return digest.hexdigest()
