"""Fits the tables of an additive model: ridge on steps and ramps, pairs where they help, calibration.

Each number is written as small steps and as ramps over its ranges, each word as itself, and a logistic
regression with a ridge weighs them: small steps let the table jump where it has to, ramps keep it smooth
elsewhere (in the manner of P-splines, Eilers & Marx 1996). What is fitted is a table for each column.

Boosting with trees of one column each gives such tables too. On the churn data of a telephone company
(4,950 rows, the mean of three runs of five folds) it had an AUC of 0.853 and a log-loss of 0.408 against
0.855 and 0.405 of the ridge, at six times the cost, and the mean of both 0.8545: so only the ridge is left.
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from profiles.risk_additive import Additive, Isotonic, Numbers, Pair
from profiles.risk_columns import Codes, RiskColumn
from profiles.risk_metrics import Flags, losses

PENALTIES: Final = (0.01, 0.03, 0.1, 0.3, 1.0)
"""Inverse strengths of the ridge that are tried."""
STEP: Final = 0.3
"""Height of a step beside a ramp of 1 and a word of 1: the smaller, the more the ridge holds it down."""
KNOTS: Final = 8
CELL: Final = 0.5
"""Height of a cell of a pair."""
MOST_PAIRS: Final = 3
SURE: Final = 2.0
"""Standard errors by which a pair has to lower the log-loss."""
MOST_COLUMNS: Final = 60
"""Columns whose pairs are looked at, those that vary most in what they say."""
GROUPS: Final = 5
"""A column has at most these many groups of steps in a pair, besides the one of what is not known."""
_ROUNDS: Final = 2_000

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Fitted:
    """An additive model and how it came about."""

    model: Additive
    penalty: float
    calibration: str


@dataclass(frozen=True, slots=True)
class _Grouped:
    """Two columns of which pairs of groups are cells."""

    first: int
    second: int
    first_groups: Places
    second_groups: Places

    @property
    def width(self) -> int:
        return int(self.second_groups.max()) + 1

    @property
    def cells(self) -> int:
        return (int(self.first_groups.max()) + 1) * self.width

    def of(self, codes: Codes) -> Places:
        """Shape (rows,): the cell of each."""
        return (
            self.first_groups[codes[:, self.first]] * self.width + self.second_groups[codes[:, self.second]]
        )


def fit(columns: Sequence[RiskColumn], codes: Codes, labels: Flags, folds: Places) -> Fitted:
    """The model of these customers.

    Args:
        columns: what the codes mean.
        codes: shape (rows, columns).
        labels: shape (rows,), both classes in the complement of each fold.
        folds: shape (rows,): by which penalty, pairs and calibration are chosen, each row judged by a fit
            that had not seen its fold.
    """
    bases = [_basis(column) for column in columns]
    design = np.hstack([basis[codes[:, place]] for place, basis in enumerate(bases)])
    judged = {penalty: _out_of_fold(design, labels, folds, penalty) for penalty in PENALTIES}
    penalty = min(PENALTIES, key=lambda each: float(_losses(labels, judged[each]).mean()))
    logits, pairs = judged[penalty], list[_Grouped]()
    for pair in _likely_pairs(columns, codes, labels, logits):
        wider = np.hstack([design, _cells(pair, codes)])
        tried = _out_of_fold(wider, labels, folds, penalty)
        gain = _losses(labels, logits) - _losses(labels, tried)
        if gain.mean() <= SURE * gain.std() / np.sqrt(len(gain)):
            break  # those after it promise less
        design, logits = wider, tried
        pairs.append(pair)
    weights, intercept = _weights(design, labels, penalty)
    model = _tables(columns, bases, pairs, codes, weights, intercept)
    return _calibrated(model, penalty, logits, labels, folds)


def _basis(column: RiskColumn) -> Numbers:
    """Shape (steps, features): how each step of a column is written for the regression."""
    steps = column.steps
    if column.kind == "word":
        return np.eye(steps)
    code = np.arange(steps)[:, None]
    known = code > 0
    along = (code - 1) / max(steps - 2, 1)
    ramps = np.maximum(along - np.linspace(0, 1, KNOTS, endpoint=False), 0) * known
    rises = STEP * (code >= np.arange(2, steps))
    return np.hstack([~known, rises, ramps]).astype(np.float64)


def _weights(design: Numbers, labels: Flags, penalty: float) -> tuple[Numbers, float]:
    """Shape (features,), and the intercept, which no ridge holds down."""
    linear: Any = importlib.import_module("sklearn.linear_model")  # slow to import
    # few features beside many rows: ten times as fast as the usual solver
    regression = linear.LogisticRegression(C=penalty, max_iter=_ROUNDS, solver="newton-cholesky")
    fitted = regression.fit(design, labels)
    return np.asarray(fitted.coef_[0], np.float64), float(fitted.intercept_[0])


def _out_of_fold(design: Numbers, labels: Flags, folds: Places, penalty: float) -> Numbers:
    """Shape (rows,): log-odds by a fit that had not seen the row's fold."""
    logits = np.zeros(len(labels))
    for fold in np.unique(folds):
        held = folds == fold
        weights, intercept = _weights(design[~held], labels[~held], penalty)
        logits[held] = design[held] @ weights + intercept
    return logits


def _losses(labels: Flags, logits: Numbers) -> Numbers:
    return np.logaddexp(0, np.where(labels, -logits, logits))


# ---- pairs


def _likely_pairs(
    columns: Sequence[RiskColumn], codes: Codes, labels: Flags, logits: Numbers
) -> list[_Grouped]:
    """The pairs whose cells explain most of what is left, the best first (a score test, cell by cell)."""
    chances = 0.5 * (1 + np.tanh(0.5 * logits))
    left, spread = labels - chances, chances * (1 - chances)
    groups = [_groups(column) for column in columns]
    varied = sorted(range(len(columns)), key=lambda place: -_entropy(columns[place]))[:MOST_COLUMNS]
    found: list[tuple[float, _Grouped]] = []
    for first, second in combinations(sorted(varied), 2):
        pair = _Grouped(first, second, groups[first], groups[second])
        cells = pair.of(codes)
        sums = np.bincount(cells, left, pair.cells)
        found.append((float((sums**2 / (np.bincount(cells, spread, pair.cells) + 1)).sum()), pair))
    # each cell that is filled explains about 1 by chance
    return [pair for _, pair in sorted(found, key=lambda one: -one[0] + one[1].cells)[:MOST_PAIRS]]


def _entropy(column: RiskColumn) -> float:
    shares = np.array([share for share in column.shares if share > 0])
    return float(-(shares * np.log(shares)).sum())


def _groups(column: RiskColumn) -> Places:
    """Shape (steps,): steps in groups of about as many customers; common words by themselves."""
    steps = column.steps
    if column.kind == "word":
        return np.minimum(np.arange(steps), GROUPS + 1)
    known = np.array(column.shares[1:])
    total = max(float(known.sum()), 1e-9)
    middle = (np.cumsum(known) - known / 2) / total
    _, dense = np.unique(np.minimum((GROUPS * middle).astype(np.intp), GROUPS - 1), return_inverse=True)
    return np.concatenate([[0], dense + 1])


def _cells(pair: _Grouped, codes: Codes) -> Numbers:
    """Shape (rows, cells)."""
    return CELL * np.eye(pair.cells)[pair.of(codes)]


# ---- tables


def _tables(
    columns: Sequence[RiskColumn],
    bases: Sequence[Numbers],
    pairs: Sequence[_Grouped],
    codes: Codes,
    weights: Numbers,
    intercept: float,
) -> Additive:
    tables: list[Numbers] = []
    at = 0
    for basis in bases:
        tables.append(basis @ weights[at : at + basis.shape[1]])
        at += basis.shape[1]
    found: list[Pair] = []
    for pair in pairs:
        cells = CELL * weights[at : at + pair.cells].reshape(-1, pair.width)
        at += pair.cells
        counts = np.bincount(pair.of(codes), minlength=pair.cells).reshape(cells.shape)
        alone, rows, across = _apart(cells, counts)
        tables[pair.first] = tables[pair.first] + rows[pair.first_groups]
        tables[pair.second] = tables[pair.second] + across[pair.second_groups]
        found.append(_pair(pair, alone))
    for place, column in enumerate(columns):
        shares = np.array(column.shares)
        mean = float(shares @ tables[place])
        intercept += mean
        # of what was never seen nothing is known, so it says what the average customer says
        tables[place] = np.where(shares > 0, tables[place] - mean, 0.0)
    return Additive(
        intercept=intercept,
        columns=tuple(columns),
        tables=tuple(tuple(table.tolist()) for table in tables),
        pairs=tuple(found),
    )


def _pair(pair: _Grouped, cells: Numbers) -> Pair:
    return Pair(
        first=pair.first,
        second=pair.second,
        first_groups=tuple(pair.first_groups.tolist()),
        second_groups=tuple(pair.second_groups.tolist()),
        table=tuple(tuple(row) for row in cells.tolist()),
    )


def _apart(cells: Numbers, counts: NDArray[np.intp]) -> tuple[Numbers, Numbers, Numbers]:
    """What two columns say only together, and what of it each says alone: the three add up to `cells`.

    Weighted means of rows and columns are taken out in turn until none is left (Lengerich et al. 2020).
    """
    left = np.where(counts > 0, cells, 0.0)
    rows, across = np.zeros(len(left)), np.zeros(left.shape[1])
    for _ in range(50):
        by_row = (left * counts).sum(axis=1) / np.maximum(counts.sum(axis=1), 1)
        left = left - by_row[:, None]
        by_column = (left * counts).sum(axis=0) / np.maximum(counts.sum(axis=0), 1)
        left = left - by_column
        rows, across = rows + by_row, across + by_column
    return np.where(counts > 0, left, 0.0), rows, across


# ---- calibration


def _calibrated(model: Additive, penalty: float, logits: Numbers, labels: Flags, folds: Places) -> Fitted:
    """The model calibrated the way that loses least on folds the calibration had not seen.

    Args:
        model: not calibrated.
        penalty: it was fitted with.
        logits: out of fold.
        labels: of the same rows.
        folds: likewise.
    """
    platt, isotonic = np.zeros(len(labels)), np.zeros(len(labels))
    for fold in np.unique(folds):
        held = folds == fold
        slope, shift = _platt(logits[~held], labels[~held])
        platt[held] = 0.5 * (1 + np.tanh(0.5 * (slope * logits[held] + shift)))
        curve = _isotonic(logits[~held], labels[~held])
        isotonic[held] = np.interp(logits[held], curve.logits, curve.probabilities)
    if losses(labels, isotonic).mean() < losses(labels, platt).mean():
        update: dict[str, object] = {"isotonic": _isotonic(logits, labels)}
        return Fitted(model.model_copy(update=update), penalty, "isotonic")
    return Fitted(_scaled(model, *_platt(logits, labels)), penalty, "platt")


def _platt(logits: Numbers, labels: Flags) -> tuple[float, float]:
    """Slope, at least 0, and shift of log-odds that lose least (Platt 1999)."""
    weights, shift = _weights(logits[:, None], labels, 1e6)
    slope = float(weights[0])
    if slope > 0:
        return slope, shift
    # what ranks customers the wrong way round knows nothing: everybody has the base rate
    rate = float(labels.mean())
    return 0.0, float(np.log(rate / (1 - rate)))


def _isotonic(logits: Numbers, labels: Flags) -> Isotonic:
    """Never falling, and never quite 0 or 1 (Zadrozny & Elkan 2002)."""
    isotonic: Any = importlib.import_module("sklearn.isotonic").IsotonicRegression  # slow to import
    least = 0.5 / len(labels)
    fitted = isotonic(y_min=least, y_max=1 - least).fit(logits, labels)
    return Isotonic(
        logits=tuple(fitted.X_thresholds_.tolist()), probabilities=tuple(fitted.y_thresholds_.tolist())
    )


def _scaled(model: Additive, slope: float, shift: float) -> Additive:
    return model.model_copy(
        update={
            "intercept": slope * model.intercept + shift,
            "tables": tuple(tuple(slope * value for value in table) for table in model.tables),
            "pairs": tuple(
                pair.model_copy(
                    update={"table": tuple(tuple(slope * value for value in row) for row in pair.table)}
                )
                for pair in model.pairs
            ),
        }
    )
