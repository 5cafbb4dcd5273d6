"""A sum of tables: each column of a customer adds its own log-odds, and a few pairs of columns theirs.

A generalised additive model (Hastie & Tibshirani 1986) with pairs (Lou, Caruana, Gehrke & Hooker 2013) over
steps of columns. Nothing is hidden in it: the tables are the model, so every contribution is exact.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from profiles.owned import Owned
from profiles.risk_columns import Codes, RiskColumn, coded
from profiles.traits import Traits

Numbers = NDArray[np.float64]
LogOdds = Annotated[float, Field(allow_inf_nan=False)]
Place = Annotated[int, Field(ge=0)]


class Pair(Owned):
    """What two columns say together beyond what each says alone."""

    first: Place
    """Place of the column."""
    second: Place
    first_groups: tuple[Place, ...]
    """Row of the table, by step of the column."""
    second_groups: tuple[Place, ...]
    table: tuple[tuple[LogOdds, ...], ...]


class Isotonic(Owned):
    """Probabilities at ascending log-odds; straight lines between them, level outside."""

    logits: Annotated[tuple[LogOdds, ...], Field(min_length=1)]
    probabilities: tuple[Annotated[float, Field(gt=0, lt=1)], ...]


class Additive(Owned):
    """The model: log-odds are the intercept and the sum of all tables."""

    intercept: LogOdds
    """Of the average customer: over those it was trained on each table has the mean 0."""
    columns: Annotated[tuple[RiskColumn, ...], Field(min_length=1)]
    tables: tuple[tuple[LogOdds, ...], ...]
    """By column, then by step."""
    pairs: tuple[Pair, ...] = ()
    isotonic: Isotonic | None = None
    """None where the log-odds are calibrated as they are (Platt's slope and shift are in the tables)."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        steps = [column.steps for column in self.columns]
        if [len(table) for table in self.tables] != steps or any(
            len(column.shares) != column.steps for column in self.columns
        ):
            raise ValueError("a table does not fit its column")
        for pair in self.pairs:
            if max(pair.first, pair.second) >= len(steps):
                raise ValueError("a pair names a column that is not there")
            if (len(pair.first_groups), len(pair.second_groups)) != (steps[pair.first], steps[pair.second]):
                raise ValueError("the groups of a pair do not fit their columns")
            rows, width = len(pair.table), {len(row) for row in pair.table}
            if rows <= max(pair.first_groups) or width != {max(pair.second_groups) + 1}:
                raise ValueError("the table of a pair does not fit its groups")
        if self.isotonic and len(self.isotonic.logits) != len(self.isotonic.probabilities):
            raise ValueError("the calibration needs as many probabilities as log-odds")
        return self

    def contributions(self, traits: Traits) -> Iterator[tuple[tuple[RiskColumn, ...], float]]:
        """What each column, and each pair of them, adds to a customer's log-odds."""
        codes = [column.code(traits.get(column.name)) for column in self.columns]
        for column, table, code in zip(self.columns, self.tables, codes, strict=True):
            yield (column,), table[code]
        for pair in self.pairs:
            row, cell = pair.first_groups[codes[pair.first]], pair.second_groups[codes[pair.second]]
            yield (self.columns[pair.first], self.columns[pair.second]), pair.table[row][cell]

    def logits(self, rows: Sequence[Traits]) -> Numbers:
        """Shape (rows,): log-odds, before a calibration that is isotonic."""
        return self.logits_of(coded(self.columns, rows))

    def logits_of(self, codes: Codes) -> Numbers:
        """Likewise of customers whose steps, shape (rows, columns), are known."""
        total = np.full(len(codes), self.intercept)
        for place, table in enumerate(self.tables):
            total += np.array(table)[codes[:, place]]
        for pair in self.pairs:
            first = np.array(pair.first_groups)[codes[:, pair.first]]
            second = np.array(pair.second_groups)[codes[:, pair.second]]
            total += np.array(pair.table)[first, second]
        return total

    def probabilities(self, rows: Sequence[Traits]) -> Numbers:
        """Shape (rows,): 0..1, calibrated."""
        return self.calibrated(self.logits(rows))

    def calibrated(self, logits: Numbers) -> Numbers:
        """Shape (rows,): the probabilities of log-odds."""
        if self.isotonic is None:
            return 0.5 * (1 + np.tanh(0.5 * logits))
        return np.interp(logits, self.isotonic.logits, self.isotonic.probabilities)
