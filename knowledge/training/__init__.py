"""Makes heads: linear experts, mixed and calibrated on predictions for rows they had not seen.

    rows -> features, vectors -> groups of near-duplicates -> folds
         -> out-of-fold scores of each expert -> mix -> temperature -> thresholds, metrics
         -> the experts once more on all rows, added up -> Head

One expert reads words and concepts, one character n-grams: linear support-vector classifiers, which on the
sample corpus beat logistic regression on the same features by 4 points and on banking77 equal it in a twelfth
of the time. Where there are few labels another reads words and concepts scaled by naive Bayes. The vector's
expert is a logistic regression, trained only for embedders that see more than words: the lexical one's vector
is a projection of n-grams.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from knowledge.embedding import Embedder
from knowledge.errors import InvalidInput
from knowledge.evaluation import LabelledText
from knowledge.head import Card, Head
from knowledge.head_features import head_features
from knowledge.head_weights import Weights
from knowledge.prediction import Kind
from knowledge.training.arrays import Bools, Numbers, Places
from knowledge.training.calibration import calibrated, mix, probabilities_of, slopes_by_language
from knowledge.training.experts import (
    BAYES_STRENGTHS,
    GRAM_STRENGTHS,
    VECTOR_STRENGTHS,
    Expert,
    fit_bayes,
    fit_grams,
    fit_vector,
    out_of_fold,
)
from knowledge.training.rows import (
    TrainingData,
    Vocabulary,
    fingerprint_of,
    gram_matrices,
    prepare,
    vocabulary_of,
)
from knowledge.training.thresholds import choose_thresholds, measured

PRECISION: Final = 0.9
"""Share of assigned labels that shall be right."""
FEW_LABELS: Final = 30
"""Labels up to which naive Bayes may have a part. It adds .7 to 2.5 points of macro-F1 on sets of 6 to 10
labels and nothing on banking77's 77, where it costs twice the time."""
Progress = Callable[[int, int], None]
"""Called with (steps done, steps in all)."""


def train_categories(
    rows: Sequence[LabelledText],
    embedder: Embedder,
    *,
    precision: float = PRECISION,
    progress: Progress | None = None,
) -> Head:
    """A head that gives each text exactly one of the labels in `rows`. The same rows give the same head.

    Args:
        rows: each with exactly one label, of any name.
        embedder: the head will refuse the vectors of any other.
        precision: 0..1, share of assigned labels that shall be right; the rest is left to a person.
        progress: told how far training is.

    Raises:
        InvalidInput: the rows cannot be learned from; says why and what to do.
    """
    return learn(rows, embedder, "categories", precision=precision, progress=progress).head


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """A head, and what it says of the rows it learned from while it had not seen them."""

    head: Head
    used: Bools
    """Shape (rows,): those with a letter or digit; the others were left out."""
    judged: Bools
    """Shape (rows,): those that do not only teach."""
    logits: Numbers
    """Shape (used rows, labels), calibrated; without meaning for a row that only teaches."""
    fold: Places
    """Shape (used rows,): near-duplicates have the same; -1 for a row that only teaches."""


def learn(
    rows: Sequence[LabelledText],
    embedder: Embedder,
    subject: str,
    *,
    precision: float = PRECISION,
    progress: Progress | None = None,
) -> Learned:
    """A head for a subject, with what it says of its rows while it has not seen them.

    Raises:
        InvalidInput: the rows cannot be learned from; says why and what to do.
    """
    if subject == "categories":
        for number, row in enumerate(rows, start=1):
            if len(row.labels) != 1:
                raise InvalidInput(f"row {number} has {len(row.labels)} labels: give every row exactly one")
    single = subject != "escalation" and all(len(row.labels) == 1 for row in rows)
    return _train(rows, embedder, subject, "one" if single else "many", precision, progress)


def learn_many(rows: Sequence[LabelledText], embedder: Embedder, subject: str) -> Learned:
    """A head of any number of labels a text, with its out-of-fold logits for a judge that stands on it.

    Raises:
        InvalidInput: the rows cannot be learned from; says why and what to do.
    """
    return _train(rows, embedder, subject, "many", PRECISION, None)


def _train(
    rows: Sequence[LabelledText],
    embedder: Embedder,
    subject: str,
    kind: Kind,
    precision: float,
    progress: Progress | None,
) -> Learned:
    if not 0 < precision < 1:
        raise InvalidInput(f"precision is {precision}: give a share between 0 and 1, such as 0.9")
    data = prepare(rows, embedder, subject, kind)
    known = vocabulary_of(data)
    tried = _tried(data, known)
    steps = _Steps(progress, 2 * len(tried))
    strengths: dict[str, float] = {}
    scores: list[Numbers] = []
    for name, (reads, fit, options) in tried.items():
        strengths[name], unseen = out_of_fold(data, reads, fit, options)
        scores.append(unseen)
        steps.done()
    shares, mixed = mix(data, scores)
    experts: dict[str, Expert] = {}
    for (name, (reads, fit, _)), share in zip(tried.items(), shares.tolist(), strict=True):
        expert = fit(reads, data.truth, data.weight, strengths[name]) if share else None
        if expert is not None:
            experts[name] = Expert(expert.weights * share, expert.bias * share)
        steps.done()
    by_word = _sum(experts, ("words", "bayes"), known.words, data)
    by_character = _sum(experts, ("characters",), len(known.codes) - known.words, data)
    vector = _sum(experts, ("vector",), 0, data)
    slope, shift = calibrated(data, mixed)
    slopes = slopes_by_language(data, mixed)
    logits = mixed * slope + shift
    for language, own in slopes.items():
        rows_of = np.array([each == language for each in data.languages], np.bool_)
        logits[rows_of] = mixed[rows_of] * own
    probabilities = probabilities_of(data.kind, logits)
    thresholds = choose_thresholds(data, probabilities, logits, precision)
    inverse = 1.0 if kind == "many" else float(slope[0])
    per_label = slope if kind == "many" else np.ones_like(slope)  # for `one`, the temperature stays apart
    weights = Weights.of(
        known.codes,
        known.idf,
        (np.concatenate((by_word.weights, by_character.weights)) * per_label).astype(np.float32),
        (vector.weights * per_label).astype(np.float32),
        ((by_word.bias + by_character.bias + vector.bias) * per_label + shift).astype(np.float32),
    )
    every = [head_features(row.text) for row in rows]
    card = Card(
        subject=subject,
        kind=kind,
        labels=data.labels,
        embedder=embedder.name,
        dimensions=embedder.dimensions,
        unseen=round(known.unseen, 6),
        vector_share=round(_vector_share(tried, shares, scores), 3),
        temperature=round(1 / inverse, 6),
        temperatures={language: round(1 / own, 6) for language, own in slopes.items()},
        thresholds=thresholds,
        fingerprint=fingerprint_of(rows, every),
        metrics=measured(
            data,
            probabilities,
            thresholds,
            {**{f"strength_{name}": c for name, c in strengths.items()}, "precision": precision},
        ),
        warnings=tuple(data.warnings),
    )
    used = np.array([len(found.codes) > 0 for found in every], np.bool_)
    asked = np.array([row.judged for row in rows], np.bool_)
    return Learned(Head(card, weights), used, asked, logits, data.fold)


_Fit = Callable[[Any, Bools, Numbers, float], Expert]


def _tried(data: TrainingData, known: Vocabulary) -> dict[str, tuple[Any, _Fit, tuple[float, ...]]]:
    """The experts that may have a part: what each reads, and the strengths of regularisation to try."""
    by_word, by_character = gram_matrices(data.found, known)
    tried: dict[str, tuple[Any, _Fit, tuple[float, ...]]] = {
        "words": (by_word, fit_grams, GRAM_STRENGTHS),
        "characters": (by_character, fit_grams, GRAM_STRENGTHS),
    }
    if len(data.labels) <= FEW_LABELS and known.words:
        tried["bayes"] = by_word, fit_bayes, BAYES_STRENGTHS
    if data.vectors is not None:
        tried["vector"] = data.vectors, fit_vector, VECTOR_STRENGTHS
    return tried


def _sum(experts: Mapping[str, Expert], names: Sequence[str], rows: int, data: TrainingData) -> Expert:
    """One expert in place of several of the same features; `rows` features of nothing where there is none."""
    some = [experts[name] for name in names if name in experts]
    if not some:
        return Expert(np.zeros((rows, len(data.labels))), np.zeros(len(data.labels)))
    return Expert(
        np.sum([each.weights for each in some], axis=0), np.sum([each.bias for each in some], axis=0)
    )


def _vector_share(tried: Iterable[str], shares: Numbers, scores: Sequence[Numbers]) -> float:
    """The vector's part of the spread of the mix."""
    spread = {name: w * float(each.std()) for name, w, each in zip(tried, shares, scores, strict=True)}
    return spread.get("vector", 0.0) / max(sum(spread.values()), 1e-12)


class _Steps:
    """Counts the steps of training and tells whoever asked."""

    def __init__(self, progress: Progress | None, steps: int) -> None:
        self._progress = progress
        self._all = steps
        self._done = 0

    def done(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._all)
