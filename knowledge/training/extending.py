"""New labels for a head that is in use, from a few examples; what it says of its old labels stays as it is.

    examples of the new label, rows of the old ones -> the experts, new against old, judged out of fold
         -> how much their scores weigh beside the old logits, by maximum likelihood -> one more column

Words the head never kept come in with the weight it gives any unknown word, so that old texts keep their
length and their logits.
"""

import hashlib
import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from knowledge.embedding import Embedder, Matrix
from knowledge.errors import InvalidInput
from knowledge.evaluation import LabelledText
from knowledge.head import Card, Head
from knowledge.head_features import HeadFeatures, head_features
from knowledge.head_weights import Weights, place_of, placed
from knowledge.training.arrays import Bools, Numbers, Places
from knowledge.training.experts import Expert, fit_grams, fit_vector
from knowledge.training.folds import split
from knowledge.training.rows import Vocabulary, gram_matrices, vectors_of

FEWEST_EXAMPLES: Final = 3
"""Of a new label."""
FEWEST_OLD: Final = 50
"""Rows of old labels: the new one has to be told from something."""
GRAM_STRENGTH: Final = 1.0
VECTOR_STRENGTH: Final = 10.0
"""As the experts of a whole head mostly choose them."""
RIDGE: Final = 0.5
"""On the weights of the scores: a handful of examples must not make the head sure of itself."""


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows as numbers: n rows, d dimensions of the vector, which may be 0."""

    texts: list[LabelledText]
    found: list[HeadFeatures]
    vectors: Matrix
    """Shape (n, d)."""


def extend(head: Head, rows: Sequence[LabelledText], embedder: Embedder) -> Head:
    """The head with the labels of `rows` that it lacks.

    Args:
        head: of categories.
        rows: examples of the new labels, and rows of the old ones to tell them from.
        embedder: the one the head was trained with.

    Raises:
        InvalidInput: the rows do not serve; says why and what to do.
        EmbedderMismatch: the head was trained with another embedder.
    """
    if head.needs_vector:
        head.require(embedder.name)
    data = _read(head, rows, embedder)
    counts = {label: sum(row.labels[0] == label for row in data.texts) for label in _labels(data)}
    fresh = sorted(set(counts) - set(head.labels))
    _check(head, counts, fresh)
    extended = head
    for label in fresh:
        known = [n for n, row in enumerate(data.texts) if row.labels[0] in {*extended.labels, label}]
        extended = _one_more(extended, label, _some(data, known))
    digest = hashlib.sha256(head.fingerprint.encode())
    for row in data.texts:
        digest.update(f"\n{row.labels[0]}\t{row.text}".encode("utf-8", "replace"))
    metrics = {
        "extended": head.name,
        "rows": len(data.texts),
        "new": {label: counts[label] for label in fresh},
    }
    card = extended.card.model_copy(
        update={"fingerprint": digest.hexdigest(), "metrics": {**extended.card.metrics, **metrics}}
    )
    return Head(card, extended.weights)


def _read(head: Head, rows: Sequence[LabelledText], embedder: Embedder) -> _Rows:
    if head.card.kind != "one":
        raise InvalidInput("only a head that gives each text one label takes new ones: train it again")
    for number, row in enumerate(rows, start=1):
        if len(row.labels) != 1:
            raise InvalidInput(f"row {number} has {len(row.labels)} labels: give every row exactly one")
    pairs = [(row, head_features(row.text)) for row in rows]
    used = [(row, found) for row, found in pairs if len(found.codes)]
    texts = [row for row, _ in used]
    vectors = vectors_of([row.text for row in texts], embedder) if head.needs_vector else None
    return _Rows(
        texts,
        [found for _, found in used],
        np.zeros((len(texts), 0), np.float32) if vectors is None else vectors,
    )


def _labels(data: _Rows) -> set[str]:
    return {row.labels[0] for row in data.texts}


def _check(head: Head, counts: dict[str, int], fresh: Sequence[str]) -> None:
    if not fresh:
        raise InvalidInput(
            f"the rows have no label that {head.name} lacks: give examples of the new one, "
            "or train on all rows to better the old ones"
        )
    for label in fresh:
        if counts[label] < FEWEST_EXAMPLES:
            raise InvalidInput(
                f"label {label!r} has {counts[label]} rows: give at least {FEWEST_EXAMPLES} examples"
            )
    old = sum(count for label, count in counts.items() if label in head.labels)
    if old < FEWEST_OLD:
        raise InvalidInput(
            f"{old} rows have labels of {head.name}: give at least {FEWEST_OLD} of them too, "
            "for the new label is told from the old ones by their rows"
        )


def _some(data: _Rows, places: list[int]) -> _Rows:
    return _Rows([data.texts[n] for n in places], [data.found[n] for n in places], data.vectors[places])


def _one_more(head: Head, label: str, data: _Rows) -> Head:
    """The head with one more column."""
    new = np.array([row.labels[0] == label for row in data.texts])
    widened = _with_words(head, [data.found[n] for n in np.flatnonzero(new)])
    read = _read_by_experts(widened, head.card.unseen, data)
    fold = split(data.found, new[:, None], np.ones(len(new), np.bool_))
    scores = np.zeros((len(new), len(read)))
    for each in range(int(fold.max()) + 1):
        train, test = np.flatnonzero(fold != each), np.flatnonzero(fold == each)
        for column, (x, expert) in enumerate(zip(read, _experts(read, new, train), strict=True)):
            scores[test, column] = np.asarray(x[test] @ expert.weights + expert.bias)[:, 0]
    old = np.stack([head.logits(f, v) for f, v in zip(data.found, data.vectors, strict=True)])
    truth = np.array([_column(head, row.labels[0]) for row in data.texts])
    weights, bias = _weigh(old.astype(np.float64) / head.card.temperature, scores, truth)
    scale = weights * head.card.temperature
    whole = _experts(read, new, np.arange(len(new)))
    columns = [expert.weights[:, 0] * by for expert, by in zip(whole, scale.tolist(), strict=True)]
    shift = bias * head.card.temperature + sum(
        float(expert.bias[0]) * by for expert, by in zip(whole, scale.tolist(), strict=True)
    )
    vector = np.empty((0, len(head.labels) + 1), np.float32)
    if data.vectors.size:
        vector = np.column_stack((widened.vector, columns[2])).astype(np.float32)
    return Head(
        _card(head, label),
        Weights.of(
            widened.codes,
            widened.idf,
            np.column_stack((widened.grams, np.concatenate(columns[:2]))).astype(np.float32),
            vector,
            np.append(widened.bias, shift).astype(np.float32),
        ),
    )


def _card(head: Head, label: str) -> Card:
    return head.card.model_copy(update={"labels": (*head.labels, label)})


def _column(head: Head, label: str) -> int:
    return head.labels.index(label) if label in head.labels else len(head.labels)


def _with_words(head: Head, examples: Sequence[HeadFeatures]) -> Weights:
    """The head's weights with rows for the features that two examples share and the head never kept."""
    old = head.weights
    codes, counts = np.unique(np.concatenate([found.codes for found in examples]), return_counts=True)
    free = ~np.isin(place_of(codes), place_of(old.codes)) & (counts >= 2)
    fresh = placed(codes[free], counts[free])
    codes = np.concatenate((old.codes, fresh))
    order = np.argsort(codes)
    idf = np.concatenate((old.idf, np.full(len(fresh), head.card.unseen, np.float32)))
    steps = np.concatenate((old.steps, np.zeros((len(fresh), len(head.labels)), np.int8)))
    return replace(old, codes=codes[order], idf=idf[order], steps=steps[order])


def _read_by_experts(weights: Weights, unseen: float, data: _Rows) -> list[Any]:
    """What each expert reads: words, characters and, where it has a part, the vector."""
    read: list[Any] = [*gram_matrices(data.found, Vocabulary(weights.codes, weights.idf, unseen))]
    return [*read, data.vectors] if data.vectors.size else read


def _experts(read: Sequence[Any], new: Bools, rows: Places) -> list[Expert]:
    """Each expert of the new label against the rest."""
    truth, weight = new[rows][:, None], np.ones(len(rows))
    fits = ((fit_grams, GRAM_STRENGTH), (fit_grams, GRAM_STRENGTH), (fit_vector, VECTOR_STRENGTH))
    return [fit(x[rows], truth, weight, by) for x, (fit, by) in zip(read, fits, strict=False)]


def _weigh(old: Numbers, scores: Numbers, truth: Places) -> tuple[Numbers, float]:
    """Weights of the scores, none negative, and a bias, that make the truth likeliest.

    Rows of the new label together count as much as those of an old label do on average.
    """
    minimize: Any = importlib.import_module("scipy.optimize").minimize  # untyped; only when one trains

    labels = old.shape[1]
    new = truth == labels
    weight = np.where(new, (~new).sum() / labels / new.sum(), 1.0)

    def loss(p: Numbers) -> tuple[float, Numbers]:
        logits = np.column_stack((old, scores @ p[:-1] + p[-1]))
        top = logits.max(axis=1, keepdims=True)
        log = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
        pull = weight * (np.exp(log[:, -1]) - new)
        value = -float(weight @ log[np.arange(len(truth)), truth]) + RIDGE / 2 * float(p[:-1] @ p[:-1])
        return value, np.append(scores.T @ pull + RIDGE * p[:-1], pull.sum())

    start = np.append(np.ones(scores.shape[1]), 0.0)
    bounds: Any = [(0.0, None)] * scores.shape[1] + [(None, None)]
    found: Any = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    solution = np.asarray(found.x, np.float64)
    return solution[:-1], float(solution[-1])
