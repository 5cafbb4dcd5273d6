"""Tables of any company, small enough to be read whole."""

import csv
import io
from pathlib import Path
from typing import Final

from profiles.errors import InvalidInput
from profiles.owned import storable

_LONGEST: Final = 1_000_000
"""Characters of a cell."""


def table_of(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header and the rows of a CSV in UTF-8 or GB18030, with commas, semicolons or tabs.

    Each row comes with its number in the file.

    Raises:
        InvalidInput: the file cannot be read or is no table; says in which row, never what a cell holds.
    """
    text = _text(path)
    first = text.split("\n", 1)[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    csv.field_size_limit(_LONGEST)
    try:
        numbered = enumerate(lines, start=1)
        table = [(number, row) for number, row in numbered if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InvalidInput(
            f"{path.name}, line {lines.line_num}: {error}; save it as CSV once more"
        ) from error
    if len(table) < 2:
        raise InvalidInput(f"{path.name} has no rows: it needs a header and one row for each customer")
    (_, header), *cells = ((number, [storable(cell).strip() for cell in row]) for number, row in table)
    if twice := {name for name in header if name and header.count(name) > 1}:
        raise InvalidInput(f"{path.name}: two columns are called {min(twice)[:60]!r}: rename one")
    for number, row in cells:
        if len(row) != len(header):
            raise InvalidInput(
                f"{path.name}: row {number} has {len(row)} cells, the header {len(header)}: "
                "put cells with commas in quotes"
            )
    return header, cells


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput(f"{path.name} is neither UTF-8 nor GB18030: save it as CSV in UTF-8 and try again")
