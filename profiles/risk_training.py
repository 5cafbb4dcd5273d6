"""Trains a risk model on a company's own customers.

Columns that say who somebody is (risk_rules.toml) and numbers or names of customers are left out whatever
they would gain; the model's card says which. Every measure is out of fold, with everything that is learnt or
chosen, from the ranges of numbers to the calibration, learnt and chosen anew inside each fold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from profiles.errors import InvalidInput
from profiles.risk_additive import Numbers
from profiles.risk_columns import RiskColumn, coded, learn_column
from profiles.risk_fits import Fitted, fit
from profiles.risk_metrics import Flags, measured, roc_auc
from profiles.risk_model import RiskCard, RiskModel, Trained
from profiles.risk_rules import RiskRules
from profiles.traits import Traits

FEWEST_ROWS: Final = 50
FEWEST_OF_CLASS: Final = 10
MOST_ROWS: Final = 20_000
"""Of more, as many are drawn: they cost minutes and gain nothing that could be measured."""
GIVES_AWAY: Final = 0.95
"""AUC of one column alone from which it was probably filled in afterwards."""
INNER: Final = 5
"""Folds by which penalty, pairs and calibration are chosen."""
RISK: Final = "leave"

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Known:
    """Customers, what came true of them, and whose rows they are."""

    rows: Sequence[Traits]
    truth: Flags
    owners: Places


def train(
    rows: Sequence[Traits],
    labels: Sequence[bool],
    ids: Sequence[str] | None = None,
    *,
    risk: str = RISK,
    label: str = "label",
    folds: int = 5,
    seed: int = 0,
    rules: RiskRules | None = None,
) -> RiskModel:
    """A calibrated model of what came true of these customers, measured out of fold.

    Args:
        rows: what was known of each before, by column.
        labels: what came true, in the order of the rows.
        ids: whose rows they are, where a customer may have several: they stay in one fold.
        risk: its code: complain_again, escalate, leave.
        label: name of the column the labels are from.
        folds: 2 to 20.
        seed: the same rows and seed give the same model.
        rules: declare the columns that are left out; by default those that come with the product.

    Raises:
        InvalidInput: too few rows, too few of a class, or no column is left; says what to do.
    """
    truth = np.array(labels, bool)
    owners = np.array(range(len(rows)) if ids is None else _numbered(ids), np.intp)
    _check(len(rows), truth, owners, folds)
    chosen = _drawn(truth, owners, seed)
    _check(len(chosen), truth[chosen], owners[chosen], folds)
    known = _Known(_at(rows, chosen), truth[chosen], owners[chosen])
    columns, left_out = learn_columns(known.rows, rules or RiskRules.shipped())
    names = [column.name for column in columns]
    probabilities = _out_of_fold(known, names, folds, seed)
    final = _fit(known, names, np.arange(len(known.rows)), seed)
    medium, high = np.quantile(probabilities, [0.7, 0.9]).tolist()
    return RiskModel(
        RiskCard(
            risk=risk,
            label=label,
            left_out=left_out,
            suspects=_suspects(final, known),
            trained=_trained(final, seed, folds),
            metrics=measured(known.truth, probabilities, seed),
            medium_above=medium,
            high_above=high,
            model=final.model,
        )
    )


def learn_columns(rows: Sequence[Traits], rules: RiskRules) -> tuple[tuple[RiskColumn, ...], dict[str, str]]:
    """The columns a model may read, and why each other one is left out.

    Raises:
        InvalidInput: none is left.
    """
    kept: list[RiskColumn] = []
    left_out: dict[str, str] = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        kind = rules.protected(name)
        column = f"protected: {kind}" if kind else learn_column(name, [row.get(name) for row in rows])
        if isinstance(column, str):
            left_out[name] = column
        else:
            kept.append(column)
    if not kept:
        why = "; ".join(f"{name[:60]}: {reason}" for name, reason in list(left_out.items())[:10])
        raise InvalidInput(f"no column is left to learn from ({why}): add columns of what happened")
    return tuple(kept), left_out


def folds_of(labels: Flags, owners: Places, folds: int, seed: int) -> Places:
    """Shape (rows,): the fold of each; a customer's rows in one, those of both classes dealt out evenly."""
    chance = np.random.default_rng(seed)
    known, owners = np.unique(owners, return_inverse=True)
    count = len(known)
    ever = np.bincount(owners, labels, count) > 0
    places = np.zeros(count, np.intp)
    for whether in (True, False):
        people = chance.permutation(np.flatnonzero(ever == whether))
        places[people] = np.arange(len(people)) % folds
    return places[owners]


def _numbered(ids: Sequence[str]) -> list[int]:
    numbers = {one: place for place, one in enumerate(dict.fromkeys(ids))}
    return [numbers[one] for one in ids]


def _check(rows: int, truth: Flags, owners: Places, folds: int) -> None:
    if not 2 <= folds <= 20:
        raise InvalidInput(f"{folds} folds cannot be made: take 5, or 2 to 20")
    if not rows == len(truth) == len(owners):
        raise InvalidInput(f"{rows} rows, {len(truth)} labels and {len(owners)} ids: each row needs one")
    if rows < FEWEST_ROWS:
        raise InvalidInput(f"{rows} rows are too few to train on: bring at least {FEWEST_ROWS}")
    if truth.all() or not truth.any():
        raise InvalidInput(
            f"all labels are {'yes' if truth.all() else 'no'}: a model needs customers of whom it came true "
            "and others; is it the right column?"
        )
    fewest = min(len(np.unique(owners[truth])), len(np.unique(owners[~truth])))
    if fewest < FEWEST_OF_CLASS:
        raise InvalidInput(
            f"{fewest} customers have the rarer label: bring at least {FEWEST_OF_CLASS}, "
            "until then the rules judge"
        )


def _drawn(truth: Flags, owners: Places, seed: int) -> Places:
    """The rows that are trained on, in order: all, or those of customers drawn until there are enough."""
    if len(truth) <= MOST_ROWS:
        return np.arange(len(truth))
    order = np.random.default_rng(seed).permutation(int(owners.max()) + 1)
    place = np.argsort(order)[owners]
    counts = np.cumsum(np.bincount(place))
    return np.flatnonzero(place < np.searchsorted(counts, MOST_ROWS, "right"))


def _out_of_fold(known: _Known, names: Sequence[str], folds: int, seed: int) -> Numbers:
    """Shape (rows,): the probability of each by a model that had not seen its fold."""
    places = folds_of(known.truth, known.owners, folds, seed)
    probabilities = np.zeros(len(known.rows))
    for fold in range(folds):
        held = np.flatnonzero(places == fold)
        part = _fit(known, names, np.flatnonzero(places != fold), seed)
        probabilities[held] = part.model.probabilities(_at(known.rows, held))
    return probabilities


def _fit(known: _Known, names: Sequence[str], seen: Places, seed: int) -> Fitted:
    """The model of some of the rows, which learns from them alone."""
    rows, truth = _at(known.rows, seen), known.truth[seen]
    learnt = (learn_column(name, [row.get(name) for row in rows]) for name in names)
    columns = [column for column in learnt if not isinstance(column, str)]
    if not columns:
        raise InvalidInput("columns differ too rarely between customers to learn from: bring more rows")
    return fit(columns, coded(columns, rows), truth, folds_of(truth, known.owners[seen], INNER, seed + 1))


def _at(rows: Sequence[Traits], places: Places) -> list[Traits]:
    return [rows[place] for place in places.tolist()]


def _suspects(fitted: Fitted, known: _Known) -> tuple[str, ...]:
    columns = fitted.model.columns
    codes = coded(columns, known.rows)
    return tuple(
        column.name
        for place, (column, table) in enumerate(zip(columns, fitted.model.tables, strict=True))
        if roc_auc(known.truth, np.array(table)[codes[:, place]]) > GIVES_AWAY
    )


def _trained(fitted: Fitted, seed: int, folds: int) -> Trained:
    names = [column.name for column in fitted.model.columns]
    return Trained(
        seed=seed,
        folds=folds,
        penalty=fitted.penalty,
        calibration=fitted.calibration,
        pairs=tuple((names[pair.first], names[pair.second]) for pair in fitted.model.pairs),
    )
