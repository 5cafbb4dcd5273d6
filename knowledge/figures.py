"""What predictions are worth: accuracy, F1, calibration and coverage, with how sure these figures are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import InvalidInput
from knowledge.prediction import Kind

BINS: Final = 15
"""Of confidence, for the calibration error and the reliability curve."""
PRECISE: Final = 0.9
"""What `coverage_at_p90` asks for."""
CHANCES: Final = 20
"""Times that chance is played to see how far a perfect calibration strays."""
DRAWS: Final = 1000
"""Samples of the bootstrap (Efron 1979)."""
DRAWN_AT_ONCE: Final = 2_000_000
"""Numbers of the bootstrap that are in memory at a time."""
SEED: Final = 7

Numbers = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Rows with what a head said of them and what is true; n rows, c labels."""

    labels: tuple[str, ...]
    kind: Kind
    probabilities: Numbers
    """Shape (n, c)."""
    holds: Bools
    """Shape (n, c): what the head answers, without abstaining where the text has one label."""
    abstained: Bools
    """Shape (n,)."""
    truth: Bools
    """Shape (n, c)."""
    languages: tuple[str, ...]

    @property
    def right(self) -> Bools:
        """Shape (n,): rows whose labels are all right, and no other said."""
        return (self.truth == self.holds).all(axis=1)


def measure(rows: Judged) -> dict[str, Any]:
    """How answers compare with the truth.

    Keys: n, accuracy (of the best label; of the whole set for several labels), macro_f1 (over the labels
    that occur in the rows or among the answers), ece (expected calibration error, 0..1), ece_by_chance (what
    it would be on so many rows if every confidence were right), coverage_at_p90 (largest share of rows, most
    confident first, that is right nine times of ten), abstained (rows), assigned_precision; intervals (95 %,
    by bootstrap, of accuracy and macro_f1); reliability (per bin of confidence: from, to, n, confidence,
    accuracy); per_class (precision, recall, f1, n); per_language.
    """
    every = np.arange(len(rows.truth))
    languages = np.array(rows.languages)
    return {
        **_figures(rows, every),
        "intervals": _intervals(rows),
        "reliability": _reliability(*_judgements(rows, every)),
        "per_class": _per_class(rows),
        "per_language": {
            name: _figures(rows, np.flatnonzero(languages == name)) for name in sorted(set(rows.languages))
        },
    }


def compare(rows: Judged, other: Judged) -> dict[str, dict[str, float]]:
    """How much better `rows` are than `other`, judgements of the same texts: accuracy and macro_f1.

    Each with difference, low and high (95 %, by paired bootstrap), and better: the share of samples in which
    the first is ahead, ties half.

    Raises:
        InvalidInput: the two did not judge the same rows.
    """
    if rows.labels != other.labels or not np.array_equal(rows.truth, other.truth):
        raise InvalidInput("two heads are compared on the same rows and labels: judge both on one file")
    draws = list(_draws(len(rows.truth)))
    compared: dict[str, dict[str, float]] = {}
    for name, figure in _FIGURES.items():
        gaps = np.concatenate([figure(rows, draw) - figure(other, draw) for draw in draws])
        whole = np.ones((1, len(rows.truth)))
        low, high = np.quantile(gaps, (0.025, 0.975))
        compared[name] = {
            "difference": round(float((figure(rows, whole) - figure(other, whole))[0]), 4),
            "low": round(float(low), 4),
            "high": round(float(high), 4),
            "better": round(float((gaps > 0).mean() + (gaps == 0).mean() / 2), 4),
        }
    return compared


def _figures(rows: Judged, some: NDArray[np.intp]) -> dict[str, Any]:
    truth, holds = rows.truth[some], rows.holds[some]
    right, assigned = rows.right[some], ~rows.abstained[some]
    precision = round(float(right[assigned].mean()), 4) if assigned.any() else None
    sure, correct = _judgements(rows, some)
    return {
        "n": len(some),
        "accuracy": round(float(right.mean()), 4),
        "macro_f1": round(_macro_f1(truth, holds), 4),
        "ece": round(calibration_error(sure, correct), 4),
        "ece_by_chance": round(_error_by_chance(sure), 4),
        "coverage_at_p90": round(_coverage(rows.probabilities[some].max(axis=1), right), 4),
        "abstained": int((~assigned).sum()),
        "assigned_precision": precision,
    }


def _judgements(rows: Judged, some: NDArray[np.intp]) -> tuple[Numbers, Bools]:
    """The confidence of each judgement and whether it is right: one a row, or one a label of every row."""
    p, truth = rows.probabilities[some], rows.truth[some]
    if rows.kind == "one":
        return p.max(axis=1), rows.right[some]
    return np.where(p >= 0.5, p, 1 - p).ravel(), ((p >= 0.5) == truth).ravel()


def f1(said: Bools, truth: Bools) -> float:
    """Of yes-or-no answers taken together, 0..1."""
    return 2 * int((said & truth).sum()) / max(int(said.sum()) + int(truth.sum()), 1)


def _macro_f1(truth: Bools, holds: Bools) -> float:
    hits = (truth & holds).sum(axis=0)
    both = holds.sum(axis=0) + truth.sum(axis=0)
    occurs = both > 0
    return float((2 * hits[occurs] / both[occurs]).mean()) if occurs.any() else 0.0


def _per_class(rows: Judged) -> dict[str, dict[str, float]]:
    hits = (rows.truth & rows.holds).sum(axis=0)
    said, true = rows.holds.sum(axis=0), rows.truth.sum(axis=0)
    return {
        label: {
            "precision": round(float(hits[n] / max(said[n], 1)), 4),
            "recall": round(float(hits[n] / max(true[n], 1)), 4),
            "f1": round(float(2 * hits[n] / (said[n] + true[n])), 4),
            "n": int(true[n]),
        }
        for n, label in enumerate(rows.labels)
        if said[n] + true[n]
    }


# ---- calibration


def _reliability(sure: Numbers, correct: Bools) -> list[dict[str, float]]:
    """The bins that hold anything, from least to most confident."""
    at = np.minimum((sure * BINS).astype(int), BINS - 1)
    return [
        {
            "from": round(n / BINS, 4),
            "to": round((n + 1) / BINS, 4),
            "n": int((at == n).sum()),
            "confidence": round(float(sure[at == n].mean()), 4),
            "accuracy": round(float(correct[at == n].mean()), 4),
        }
        for n in range(BINS)
        if (at == n).any()
    ]


def calibration_error(sure: Numbers, correct: Bools) -> float:
    """Mean distance of confidence and accuracy over bins of confidence, by their size."""
    if not len(sure):
        return 0.0
    at = np.minimum((sure * BINS).astype(int), BINS - 1)
    return float(np.abs(np.bincount(at, sure - correct)).sum()) / len(sure)


def _error_by_chance(sure: Numbers) -> float:
    """Mean calibration error of judgements that are right as often as they say: bins of few rows stray."""
    random = np.random.default_rng(SEED)
    errors = [calibration_error(sure, random.random(len(sure)) < sure) for _ in range(CHANCES)]
    return float(np.mean(errors))


def _coverage(sure: Numbers, right: Bools) -> float:
    order = np.argsort(-sure, kind="stable")
    reached = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(reached >= PRECISE)
    return (int(good[-1]) + 1) / len(order) if len(good) else 0.0


# ---- how sure the figures are


def _intervals(rows: Judged) -> dict[str, list[float]]:
    draws = list(_draws(len(rows.truth)))
    intervals: dict[str, list[float]] = {}
    for name, figure in _FIGURES.items():
        low, high = np.quantile(np.concatenate([figure(rows, draw) for draw in draws]), (0.025, 0.975))
        intervals[name] = [round(float(low), 4), round(float(high), 4)]
    return intervals


def _draws(n: int) -> Iterator[Numbers]:
    """How often each row is in each sample: shape (some, n), some of the samples at a time."""
    random = np.random.default_rng(SEED)
    at_once = max(1, min(DRAWS, DRAWN_AT_ONCE // max(n, 1)))
    for start in range(0, DRAWS, at_once):
        size = min(at_once, DRAWS - start)
        yield random.multinomial(n, np.full(n, 1 / n), size).astype(np.float64)


def _accuracies(rows: Judged, draw: Numbers) -> Numbers:
    return draw @ rows.right.astype(np.float64) / draw.sum(axis=1)


def _macro_f1s(rows: Judged, draw: Numbers) -> Numbers:
    """As `_macro_f1`, for every sample at once."""
    hits = draw @ (rows.truth & rows.holds).astype(np.float64)
    both = draw @ (rows.holds.astype(np.float64) + rows.truth.astype(np.float64))
    occurs = both > 0
    scores = np.where(occurs, 2 * hits / np.where(occurs, both, 1), 0.0)
    return scores.sum(axis=1) / np.maximum(occurs.sum(axis=1), 1)


_FIGURES: Final[dict[str, Callable[[Judged, Numbers], Numbers]]] = {
    "accuracy": _accuracies,
    "macro_f1": _macro_f1s,
}
