"""From scores to probabilities: the mix of the experts, temperatures, and Platt's slopes."""

import importlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from knowledge.case import LANGUAGES, Language
from knowledge.prediction import Kind, sigmoid, softmax
from knowledge.training.arrays import Bools, Numbers, Places
from knowledge.training.rows import TrainingData

LEAST: Final = 0.02
"""Weight in the mix below which an expert is left out."""
FEWEST_OF_LANGUAGE: Final = 300
"""Judged rows of a language from which it has a temperature of its own."""


def mix(data: TrainingData, scores: Sequence[Numbers]) -> tuple[Numbers, Numbers]:
    """What each expert's scores, (n, c), are multiplied by to lose least, none negative; and their sum."""
    minimize: Any = importlib.import_module("scipy.optimize").minimize  # untyped; only when one trains
    stacked = np.stack([each[data.judged] for each in scores])
    own = np.array([_inverse_temperature(data, each, data.judged) for each in scores])
    truth = data.truth[data.judged]

    aim = _smoothed(data.kind, truth)
    rows = len(truth) if data.kind == "one" else truth.size

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        logits = np.tensordot(weights * own, stacked, 1)
        error = probabilities_of(data.kind, logits) - aim
        slope = np.array([(error * each).sum() for each in stacked]) * own / rows
        return loss_of(data.kind, logits, truth), slope

    start = np.full(len(scores), 1 / len(scores))
    found: Any = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(scores))
    weights = np.asarray(found.x, np.float64)
    weights[weights < LEAST] = 0.0
    if not weights.any():  # a handful of rows, each judged by the others: no reason to say nothing
        weights = start
    weights = weights * own
    return weights, np.tensordot(weights, np.stack(scores), 1)


def calibrated(data: TrainingData, scores: Numbers, rows: Places | None = None) -> tuple[Numbers, Numbers]:
    """Slope and shift, (c,) each, that turn scores into logits.

    For one label: one slope for all, the inverse of the temperature (Guo et al. 2017). For many: one slope
    and shift a label (Platt 1999).
    """
    some = np.flatnonzero(data.judged) if rows is None else rows
    c = len(data.labels)
    if data.kind == "one":
        return np.full(c, _inverse_temperature(data, scores, some)), np.zeros(c)
    pairs = [_platt(scores[some, n], data.truth[some, n]) for n in range(c)]
    return np.array([slope for slope, _ in pairs]), np.array([shift for _, shift in pairs])


def slopes_by_language(data: TrainingData, scores: Numbers) -> dict[Language, float]:
    """The inverse temperature of each language, where there are two with enough rows."""
    if data.kind == "many":
        return {}
    languages = np.array(data.languages)
    found: dict[Language, float] = {}
    for language in LANGUAGES:
        rows = np.flatnonzero(data.judged & (languages == language))
        if len(rows) >= FEWEST_OF_LANGUAGE:
            found[language] = _inverse_temperature(data, scores, rows)
    return found if len(found) > 1 else {}


def _inverse_temperature(data: TrainingData, scores: Numbers, rows: Any) -> float:
    """Golden-section search over its logarithm, which has one minimum."""

    def loss(log: float) -> float:
        return loss_of(data.kind, scores[rows] * np.exp(log), data.truth[rows])

    low, high, ratio = -3.0, 5.0, (5**0.5 - 1) / 2
    for _ in range(40):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, b) if loss(a) < loss(b) else (a, high)
    return float(np.exp((low + high) / 2))


def _platt(score: Numbers, target: Bools) -> tuple[float, float]:
    """Newton's method on the log-loss of smoothed targets."""
    positive, negative = int(target.sum()), int((~target).sum())
    aim = np.where(target, (positive + 1) / (positive + 2), 1 / (negative + 2))
    slope, shift = 1.0, float(np.log((positive + 1) / (negative + 1)))
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(slope * score + shift, -30, 30)))
        error, spread = p - aim, p * (1 - p) + 1e-12
        gradient = np.array([float(error @ score), float(error.sum())])
        a, b, d = float(spread @ score**2), float(spread @ score), float(spread.sum())
        step = np.linalg.solve(np.array([[a + 1e-6, b], [b, d + 1e-6]]), gradient)
        slope, shift = slope - float(np.clip(step[0], -5, 5)), shift - float(np.clip(step[1], -5, 5))
        if float(np.abs(step).max()) < 1e-9:
            break
    return max(slope, 1e-3), shift


def probabilities_of(kind: Kind, logits: Numbers) -> Numbers:
    """Shape (n, c): of each label, given calibrated logits."""
    single = logits.astype(np.float32)
    return (softmax(single) if kind == "one" else sigmoid(single)).astype(np.float64)


def loss_of(kind: Kind, logits: Numbers, truth: Bools) -> float:
    """Mean log-loss of a row (`one`) or of a row and label (`many`).

    The truth is smoothed as if one more row were wrong: few rows without an error do not make certainty.
    """
    p, aim = np.maximum(probabilities_of(kind, logits), 1e-9), _smoothed(kind, truth)
    if kind == "one":
        return float(-(aim * np.log(p)).sum(axis=1).mean())
    return float(-(aim * np.log(p) + (1 - aim) * np.log(np.maximum(1 - p, 1e-9))).mean())


def _smoothed(kind: Kind, truth: Bools) -> Numbers:
    """The truth as if one more row were wrong."""
    doubt = 1 / (len(truth) + 2)
    return np.where(truth, 1 - doubt, doubt / (truth.shape[1] - 1) if kind == "one" else doubt)
