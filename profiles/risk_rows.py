"""Customers with labels from a CSV of any company: what is a number becomes one, all else stays a word."""

import difflib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from profiles.cells import EMPTY, NO, YES
from profiles.errors import InvalidInput
from profiles.risk_columns import number_in
from profiles.tables import table_of
from profiles.traits import Traits, Value

MOSTLY: Final = 0.95
"""Share of the filled cells that have to be numbers for a column to be one; the others are not known."""
_YES: Final = YES | {"t", "1.0", "churned", "left", "对", "有", "已流失", "流失"}
_NO: Final = NO | {"f", "0.0", "stayed", "retained", "错", "没有", "未流失", "留存"}


@dataclass(frozen=True, slots=True)
class RiskRows:
    """Customers, by column, and what came true of them."""

    rows: tuple[Traits, ...]
    """Without the column of the labels."""
    labels: tuple[bool, ...] | None
    """None where no column of labels was asked for."""


def read_rows(path: Path, label_column: str | None = None) -> RiskRows:
    """The customers of a CSV in UTF-8 or GB18030, with commas, semicolons or tabs.

    Raises:
        InvalidInput: the file cannot be read, has no rows, or the labels are missing or neither yes nor no;
            says in which row and what to do, never what a cell holds.
    """
    header, cells = table_of(path)
    labels = None
    if label_column is not None:
        place = _place(header, label_column, path)
        labels = tuple(_label(row[place], number, label_column) for number, row in cells)
    kept = [place for place, name in enumerate(header) if name and name != label_column]
    columns = {header[place]: _values([row[place] for _, row in cells]) for place in kept}
    rows = tuple(dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    if not rows:
        raise InvalidInput(f"{path.name} has no column besides the label: add what is known of the customers")
    return RiskRows(rows, labels)


def _place(header: Sequence[str], label: str, path: Path) -> int:
    if label in header:
        return header.index(label)
    close = difflib.get_close_matches(label, [name for name in header if name], n=2, cutoff=0.5)
    meant = f"did you mean {' or '.join(repr(name[:60]) for name in close)}?" if close else "name another"
    raise InvalidInput(f"{path.name} has no column {label[:60]!r} with labels: {meant}")


def _label(cell: str, number: int, column: str) -> bool:
    word = unicodedata.normalize("NFKC", cell).casefold()
    if word in _YES or word in _NO:
        return word in _YES
    what = "is neither yes nor no" if word else "is empty"
    raise InvalidInput(
        f"row {number}: the label in column {column[:60]!r} {what}: write yes or no, 1 or 0, 是 or 否, "
        "or take the row out"
    )


def _values(cells: Sequence[str]) -> list[Value]:
    filled = [cell for cell in cells if cell not in EMPTY]
    numbers = {cell: number_in(cell) for cell in set(filled)}
    if filled and sum(numbers[cell] is not None for cell in filled) >= MOSTLY * len(filled):
        return [numbers.get(cell) for cell in cells]
    return [None if cell in EMPTY else cell for cell in cells]
