"""A row of a table from outside, and what can be wrong with one."""

from dataclasses import dataclass
from typing import Any

from knowledge.encodings import MAX_LINE

Cells = dict[str, Any]
"""Column name as the file writes it, to the value: text, number, date, or what JSON holds."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that could be read."""

    number: int
    """As the file counts: the line of a JSON Lines file, the row a spreadsheet shows for the others."""
    cells: Cells


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a row, without its text."""

    row: int
    """As for `Row.number`."""
    field: str
    """Column or field; empty where the whole row is meant."""
    problem: str
    remedy: str
    lost: bool = True
    """False for a remark on a row that was kept."""

    def __str__(self) -> str:
        where = f"row {self.row}" + (f", {self.field}" if self.field else "")
        return f"{where}: {self.problem}; {self.remedy}"


def too_long(number: int) -> RowProblem:
    """The problem of a line that is passed over."""
    problem = f"is a line of more than {MAX_LINE} characters"
    return RowProblem(number, "", problem, "check for missing line ends")


def damaged(number: int) -> RowProblem:
    """The problem of a row with bytes that do not decode."""
    problem = "holds bytes that are no text in the file's encoding"
    return RowProblem(number, "", problem, "export it again as UTF-8")
