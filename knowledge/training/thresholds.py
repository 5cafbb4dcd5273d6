"""When a label is assigned, and how good a head is on rows it had not seen."""

from collections.abc import Sequence
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from knowledge.case import Language
from knowledge.figures import Judged, measure
from knowledge.prediction import Thresholds, familiarity
from knowledge.training.arrays import Bools, Numbers, Places
from knowledge.training.rows import TrainingData

MARGINS: Final = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2)
STRANGE: Final = 0.05
"""Share of the rows, while they were not seen, that may look out of scope."""
FEWEST_FAMILIAR: Final = 100
"""Judged rows from which that share can be told."""
FEWEST_OF_LABEL: Final = 40
"""Rows that a label is likeliest for, from which it has a limit of its own; likewise in one language."""
FEWEST_ASSIGNED: Final = 10
"""Assigned rows below which a precision is chance."""


def choose_thresholds(
    data: TrainingData, probabilities: Numbers, logits: Numbers, precision: float
) -> Thresholds:
    """When a label is assigned, so that `precision` of what is assigned is right."""
    judged = data.judged
    if data.kind == "many":
        limits = [
            _best_limit(probabilities[judged, n], data.truth[judged, n]) for n in range(len(data.labels))
        ]
        return Thresholds(per_label=tuple(limits))
    scope = _scope(logits[judged])
    p, truth = probabilities[judged], data.truth[judged]
    right = truth[np.arange(len(p)), p.argmax(axis=1)]
    two = np.sort(p, axis=1)[:, -2:]
    confidence, margin = two[:, 1], two[:, 1] - two[:, 0]
    options = [_limit(confidence, right, margin >= least, precision) for least in MARGINS]
    reached = [(n, *option) for n, option in enumerate(options) if option[1] >= precision]
    if not reached:
        limit, got, _ = max(options, key=lambda option: option[1])
        data.warnings.append(
            f"a precision of {precision:.2f} was not reached, {got:.2f} is the best: give more rows a label"
        )
        number = next(n for n, option in enumerate(options) if option[1] == got)
        return Thresholds(min_confidence=limit, min_margin=MARGINS[number], scope=scope)
    number, limit, _, _ = max(reached, key=lambda option: (option[3], -option[0]))
    wide = margin >= MARGINS[number]
    languages = np.array(data.languages)[judged]
    return Thresholds(
        min_confidence=limit,
        min_margin=MARGINS[number],
        scope=scope,
        confidence=_by_label(p.argmax(axis=1), confidence, right, wide, languages, precision, limit),
    )


def _by_label(
    said: Places,
    confidence: Numbers,
    right: Bools,
    wide: Bools,
    languages: NDArray[np.str_],
    precision: float,
    overall: float,
) -> dict[Language | Literal["any"], tuple[float, ...]]:
    """The least confidence at which what is assigned as a label is right often enough, by language.

    A label with few rows in a language has the limit it has in both, and with few in both that of all; no
    limit is below these where the precision is out of reach.
    """
    labels = int(said.max()) + 1

    def limits(some: Bools, otherwise: Sequence[float]) -> tuple[float, ...]:
        found: list[float] = []
        for label in range(labels):
            rows = wide & some & (said == label)
            if int(rows.sum()) < FEWEST_OF_LABEL:
                found.append(otherwise[label])
                continue
            limit, got, _ = _limit(confidence, right, rows, precision)
            found.append(limit if got >= precision else max(limit, otherwise[label]))
        return tuple(found)

    every = limits(np.ones(len(said), np.bool_), [overall] * labels)
    by_language: dict[Language | Literal["any"], tuple[float, ...]] = {"any": every}
    for language in get_args(Language):
        if (own := limits(languages == language, every)) != every:
            by_language[language] = own
    return by_language


def _scope(logits: Numbers) -> float | None:
    """The familiarity that all but a STRANGE share of the rows reach."""
    if len(logits) < FEWEST_FAMILIAR:
        return None
    return round(float(np.quantile(familiarity(logits.astype(np.float32)), STRANGE)), 4)


def _limit(confidence: Numbers, right: Bools, allowed: Bools, precision: float) -> tuple[float, float, int]:
    """The least confidence that reaches the precision among `allowed`, what it reaches, on how many rows.

    Where nothing reaches it, the one that comes closest.
    """
    order = np.argsort(-confidence[allowed], kind="stable")
    if not len(order):
        return 1.0, 0.0, 0
    sorted_confidence = confidence[allowed][order]
    reached = np.cumsum(right[allowed][order]) / np.arange(1, len(order) + 1)
    fewest = min(FEWEST_ASSIGNED, len(order))
    good = np.flatnonzero(reached >= precision)
    good = good[good >= fewest - 1]
    at = int(good[-1]) if len(good) else fewest - 1 + int(np.argmax(reached[fewest - 1 :]))
    # halfway to the next row below, which was not good enough
    below = float(sorted_confidence[at + 1]) if at + 1 < len(order) else 0.0
    limit = (float(sorted_confidence[at]) + below) / 2 if at + 1 < len(order) else 0.0
    return round(limit, 6), float(reached[at]), at + 1


def _best_limit(probability: Numbers, target: Bools) -> float:
    """The probability from which the label's F1 is best, between 0.05 and 0.95."""
    if not target.any():
        return 0.5
    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(target[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + int(target.sum()))
    at = int(np.argmax(f1))
    below = float(probability[order[at + 1]]) if at + 1 < len(order) else 0.0
    return round(float(np.clip((float(probability[order[at]]) + below) / 2, 0.05, 0.95)), 6)


def measured(
    data: TrainingData, probabilities: Numbers, thresholds: Thresholds, chosen: dict[str, float]
) -> dict[str, Any]:
    """What model.json says of a head: figures on rows that were judged while they were not seen."""
    judged = np.flatnonzero(data.judged)
    p = probabilities[judged]
    abstained: Bools
    if data.kind == "many":
        holds = p >= np.array(thresholds.per_label)
        abstained = np.logical_not(holds.any(axis=1))
    else:
        holds = p == p.max(axis=1, keepdims=True)
        two = np.sort(p, axis=1)[:, -2:]
        narrow = (two[:, 1] - two[:, 0]) < thresholds.min_margin
        said: list[int] = p.argmax(axis=1).tolist()
        least = [
            thresholds.least_confidence(n, data.languages[row]) for n, row in zip(said, judged, strict=True)
        ]
        abstained = np.logical_or(two[:, 1] < np.array(least), narrow)
    rows = Judged(
        labels=data.labels,
        kind=data.kind,
        probabilities=p,
        holds=holds,
        abstained=abstained,
        truth=data.truth[judged],
        languages=tuple(data.languages[n] for n in judged),
    )
    return {**measure(rows), "rows": len(data.fold), "out_of_fold": True, **chosen}
