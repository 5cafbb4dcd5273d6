"""The linear experts, and their scores for rows they had not seen."""

import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from knowledge.training.arrays import Bools, Numbers, Places
from knowledge.training.calibration import calibrated, loss_of
from knowledge.training.rows import TrainingData

GRAM_STRENGTHS: Final = (0.3, 1.0, 3.0)
BAYES_STRENGTHS: Final = (0.1, 0.3, 1.0)
VECTOR_STRENGTHS: Final = (1.0, 10.0, 100.0)
"""Of regularisation, inverse, that are tried."""
SMOOTHED: Final = 1.0
"""Rows that every feature is taken to occur in besides, inside and outside a label."""
MOST_CORES: Final = 4
"""That training takes: each needs memory of its own."""
WORTH_SHARING: Final = 1_000_000
"""Rows times labels times fits from which processes that share the work save more than they cost."""
TUNED_ROWS: Final = 4000
"""Rows the strength of regularisation is chosen on."""


@dataclass(frozen=True, slots=True, eq=False)
class Expert:
    """A linear classifier: scores are `x @ weights + bias`."""

    weights: Numbers
    bias: Numbers


_Fit = Callable[[Any, Bools, Numbers, float], Expert]


def out_of_fold(data: TrainingData, x: Any, fit: _Fit, strengths: tuple[float, ...]) -> tuple[float, Numbers]:
    """The strength that serves best, and the scores (n, c) of the judged rows with it."""
    some = np.flatnonzero(data.judged)
    tuned = some if len(some) <= TUNED_ROWS else some[:: len(some) // TUNED_ROWS + 1]
    teaching = np.flatnonzero(~data.judged)
    rows = np.sort(np.concatenate((tuned, teaching)))
    best: tuple[float, float, Numbers] | None = None
    for strength, scores in zip(strengths, _scores(data, x, fit, strengths, rows), strict=True):
        slope, shift = calibrated(data, scores, tuned)
        loss = loss_of(data.kind, scores[tuned] * slope + shift, data.truth[tuned])
        if best is None or loss < best[0]:
            best = (loss, strength, scores)
    assert best is not None
    _, strength, scores = best
    if len(tuned) < len(some):
        (scores,) = _scores(data, x, fit, (strength,), np.arange(len(data.fold)))
    return strength, scores


def _scores(data: TrainingData, x: Any, fit: _Fit, strengths: Sequence[float], rows: Places) -> list[Numbers]:
    """Of each strength, shape (n, c): every judged row of `rows` scored by an expert that had not seen it."""
    folds: list[tuple[Places, Places]] = []
    for fold in range(int(data.fold.max()) + 1):
        inside = data.fold[rows] == fold
        train, test = rows[~inside], rows[inside & data.judged[rows]]
        if len(test):
            folds.append((train, test))
    work = [(strength, train, test) for strength in strengths for train, test in folds]
    tasks = (
        (fit, x[train], data.truth[train], data.weight[train], strength, x[test])
        for strength, train, test in work
    )
    found = _each(tasks, len(work), len(work) * len(rows) * data.truth.shape[1])
    scores = {strength: np.zeros(data.truth.shape) for strength in strengths}
    for (strength, _, test), of_test in zip(work, found, strict=True):
        scores[strength][test] = of_test
    return [scores[strength] for strength in strengths]


_Task = tuple[_Fit, Any, Bools, Numbers, float, Any]


def _each(tasks: Iterator[_Task], count: int, cells: int) -> list[Numbers]:
    """The scores of each task; much work is shared by the cores.

    By processes: liblinear draws from one source of random numbers, which threads would take turns at.
    """
    cores = min(count, os.cpu_count() or 1, MOST_CORES)
    if cores < 2 or cells < WORTH_SHARING:
        return [_scored(task) for task in tasks]
    joblib: Any = importlib.import_module("joblib")  # untyped; comes with scikit-learn
    return joblib.Parallel(n_jobs=cores, max_nbytes="1M")(joblib.delayed(_scored)(task) for task in tasks)


def _scored(task: _Task) -> Numbers:
    fit, x, truth, weight, strength, unseen = task
    expert = fit(x, truth, weight, strength)
    return unseen @ expert.weights + expert.bias


def _row_weights(truth: Bools, weight: Numbers) -> Numbers:
    """Shape (c,): how much a positive of each label counts, so that a rare label is learned like others."""
    mass = (truth * weight[:, None]).sum(axis=0)
    return np.where(mass > 0, weight.sum() / (truth.shape[1] * np.maximum(mass, 1e-12)), 1.0)


def fit_grams(x: Any, truth: Bools, weight: Numbers, strength: float) -> Expert:
    """One against the rest, for each label."""
    rare = np.clip(_row_weights(truth, weight), 0.2, 20.0)
    weights, bias = np.zeros((x.shape[1], truth.shape[1])), np.full(truth.shape[1], -1.0)
    if not len(weights):
        return Expert(weights, bias)
    present = np.flatnonzero(truth.any(axis=0))
    if len(present) > 2 and bool((truth.sum(axis=1) == 1).all()):
        # the library takes one against the rest by itself, several times faster than label by label
        found = _support_vectors(x, truth.argmax(axis=1), weight, strength, dict(enumerate(rare)))
        weights[:, present], bias[present] = found.coef_.T, found.intercept_
        return Expert(weights, bias)
    for column in present:
        target = truth[:, column]
        if target.all():
            bias[column] = 1.0
            continue
        found = _support_vectors(x, target, weight, strength, {True: rare[column], False: 1.0})
        weights[:, column], bias[column] = found.coef_[0], found.intercept_[0]
    return Expert(weights, bias)


def fit_bayes(x: Any, truth: Bools, weight: Numbers, strength: float) -> Expert:
    """One against the rest on features scaled by how much likelier they are in one (Wang and Manning 2012).

    The scale is multiplied into the weights, so that the expert reads the features as the others do.
    """
    diags: Any = importlib.import_module("scipy.sparse").diags  # untyped; only when one trains
    rare = np.clip(_row_weights(truth, weight), 0.2, 20.0)
    weights, bias = np.zeros((x.shape[1], truth.shape[1])), np.full(truth.shape[1], -1.0)
    occurs: Any = (x > 0).astype(np.float64)
    for column in np.flatnonzero(truth.any(axis=0)):
        target = truth[:, column]
        if target.all():
            bias[column] = 1.0
            continue
        inside = SMOOTHED + np.asarray(occurs.T @ (weight * target), np.float64).ravel()
        outside = SMOOTHED + np.asarray(occurs.T @ (weight * ~target), np.float64).ravel()
        scale = np.log(inside / inside.sum()) - np.log(outside / outside.sum())
        scale /= max(float(np.abs(scale).mean()), 1e-12)
        scaled: Any = x @ diags(scale)
        found = _support_vectors(scaled, target, weight, strength, {True: rare[column], False: 1.0})
        weights[:, column], bias[column] = found.coef_[0] * scale, found.intercept_[0]
    return Expert(weights, bias)


def _support_vectors(x: Any, target: Any, weight: Numbers, strength: float, rare: dict[Any, float]) -> Any:
    """`rare`: how much more a row counts where its label is the one that is told from the rest."""
    from sklearn.svm import LinearSVC  # 0.8 s and 113 MiB: only when something is trained

    some = {label: rare[label] for label in np.unique(target).tolist()}
    model: Any = LinearSVC(C=strength, tol=1e-3, max_iter=20_000, random_state=0, class_weight=some)
    return model.fit(x, target, sample_weight=weight)


def fit_vector(x: Any, truth: Bools, weight: Numbers, strength: float) -> Expert:
    """Multinomial where each row has one label, else one against the rest."""
    rare = np.clip(_row_weights(truth, weight), 0.2, 20.0)
    present = np.flatnonzero(truth.any(axis=0))
    weights, bias = np.zeros((x.shape[1], truth.shape[1])), np.full(truth.shape[1], -10.0)
    if len(present) > 2 and bool((truth.sum(axis=1) == 1).all()):
        column = truth.argmax(axis=1)
        model = _logistic(x, column, weight * rare[column], strength)
        weights[:, present], bias[present] = model.coef_.T, model.intercept_
        return Expert(weights, bias)
    for column in present:
        target = truth[:, column]
        if target.all():
            bias[column] = 10.0
            continue
        model = _logistic(x, target, weight * np.where(target, rare[column], 1.0), strength)
        weights[:, column], bias[column] = model.coef_[0], model.intercept_[0]
    return Expert(weights, bias)


def _logistic(x: Any, target: Any, weight: Numbers, strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression  # see LinearSVC

    # measured on banking77: a tolerance of 1e-3 stops too early, 1e-6 and double precision cost four times
    # as much and find nothing better
    model: Any = LogisticRegression(C=strength, tol=1e-4, max_iter=20_000)
    return model.fit(np.asarray(x, np.float32), target, sample_weight=weight)
