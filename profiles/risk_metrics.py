"""How well probabilities tell who will and who will not, and whether they can be believed."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from profiles.owned import Owned

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

BINS: Final = 15
"""Of equal width, for the calibration error."""
RESAMPLES: Final = 500
TOP: Final = 0.1
_SMALLEST: Final = 1e-12


class Bin(Owned):
    """One point of the reliability curve."""

    low: float
    high: float
    rows: int
    predicted: float
    """Mean probability."""
    observed: float
    """Share of those of whom it came true."""


class RiskMetrics(Owned):
    """What was measured on rows the model had not seen."""

    rows: int
    base_rate: float
    roc_auc: float
    """Chance that of two customers the one of whom it came true has the higher probability."""
    roc_auc_low: float
    roc_auc_high: float
    """95 % of 500 resamples (percentile bootstrap, each class by itself)."""
    log_loss: float
    """Mean, in nats."""
    brier: float
    """Mean squared error."""
    ece: float
    """Expected calibration error over 15 bins of equal width (Naeini, Cooper & Hauskrecht 2015)."""
    lift_top_decile: float
    """How many times as often it came true among the tenth with the highest probabilities."""
    reliability: tuple[Bin, ...]
    """Bins with no rows are left out."""


def measured(labels: Flags, probabilities: Numbers, seed: int = 0) -> RiskMetrics:
    """The metrics of probabilities, 0..1; both classes must be among the labels."""
    low, high = _interval(labels, probabilities, seed)
    curve = reliability(labels, probabilities)
    return RiskMetrics(
        rows=len(labels),
        base_rate=float(labels.mean()),
        roc_auc=roc_auc(labels, probabilities),
        roc_auc_low=low,
        roc_auc_high=high,
        log_loss=float(losses(labels, probabilities).mean()),
        brier=float(np.square(probabilities - labels).mean()),
        ece=sum(bin.rows * abs(bin.observed - bin.predicted) for bin in curve) / len(labels),
        lift_top_decile=lift(labels, probabilities),
        reliability=curve,
    )


def roc_auc(labels: Flags, scores: Numbers) -> float:
    """Area under the ROC curve, ties counted half (Mann & Whitney 1947)."""
    values, places = np.unique(scores, return_inverse=True)
    will = np.bincount(places[labels], minlength=len(values))
    will_not = np.bincount(places[~labels], minlength=len(values))
    return _area(will, will_not)


def losses(labels: Flags, probabilities: Numbers) -> Numbers:
    """Shape (rows,): the log-loss of each, in nats."""
    held = np.clip(np.where(labels, probabilities, 1 - probabilities), _SMALLEST, 1)
    return -np.log(held)


def reliability(labels: Flags, probabilities: Numbers) -> tuple[Bin, ...]:
    """Predicted against observed, bin by bin."""
    places = np.minimum((probabilities * BINS).astype(np.intp), BINS - 1)
    found: list[Bin] = []
    for place in np.unique(places).tolist():
        inside = places == place
        found.append(
            Bin(
                low=place / BINS,
                high=(place + 1) / BINS,
                rows=int(inside.sum()),
                predicted=float(probabilities[inside].mean()),
                observed=float(labels[inside].mean()),
            )
        )
    return tuple(found)


def lift(labels: Flags, probabilities: Numbers) -> float:
    """Rate in the top tenth over the rate of all; those tied at its end count in part."""
    top = max(1, round(TOP * len(labels)))
    limit = np.sort(probabilities)[-top]
    above, tied = probabilities > limit, probabilities == limit
    hits = labels[above].sum() + labels[tied].mean() * (top - above.sum())
    return float(hits / top / labels.mean())


def _interval(labels: Flags, scores: Numbers, seed: int) -> tuple[float, float]:
    chance = np.random.default_rng(seed)
    values, places = np.unique(scores, return_inverse=True)
    will, will_not = places[labels], places[~labels]
    areas = [
        _area(
            np.bincount(chance.choice(will, len(will)), minlength=len(values)),
            np.bincount(chance.choice(will_not, len(will_not)), minlength=len(values)),
        )
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(areas, [0.025, 0.975]).tolist()
    return low, high


def _area(will: NDArray[np.intp], will_not: NDArray[np.intp]) -> float:
    """Of counts by ascending score."""
    below = np.cumsum(will_not) - will_not
    return float((will * (below + will_not / 2)).sum() / (will.sum() * will_not.sum()))
