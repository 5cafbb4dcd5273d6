"""Tables from outside, row by row in bounded memory: JSON Lines, CSV and XLSX."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, NoReturn, cast

from knowledge.encodings import is_broken, numbered_lines, open_text
from knowledge.errors import UnreadableFile
from knowledge.rows import Cells, Row, RowProblem, damaged, too_long
from knowledge.sheets import Record, csv_records, xlsx_records

KEYED: Final = frozenset({".jsonl", ".ndjson", ".json"})
"""Kinds of file whose rows name their own columns."""
TITLE_ROWS: Final = 10
"""Rows among which the header is looked for: titles may stand above it."""


def read_rows(path: Path) -> Iterator[Row | RowProblem]:
    """The rows of the table, in order; a row that cannot be read is a problem, and the rest goes on.

    Raises:
        UnreadableFile: it is missing, empty, of no kind or encoding we know, or no table at all.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UnreadableFile(
            f"{path.name}: files ending in {path.suffix or 'nothing'!r} are not read; "
            f"save it as .jsonl, .csv or .xlsx"
        )
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror}") from error
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise UnreadableFile(f"{path.name} is empty: there is nothing to read")
    return reader(path, head)


# ---- JSON Lines


def _read_jsonl(path: Path, head: bytes) -> Iterator[Row | RowProblem]:
    _require_text(path, head)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        raise UnreadableFile(f"{path.name} is one JSON array: write one object a line instead (jq -c '.[]')")
    return _jsonl_rows(path)


def _jsonl_rows(path: Path) -> Iterator[Row | RowProblem]:
    with open_text(path) as file:
        for number, line in numbered_lines(file):
            if line is None:
                yield too_long(number)
            elif line.strip():
                yield _jsonl_row(number, line)


def _jsonl_row(number: int, line: str) -> Row | RowProblem:
    if is_broken(line) or "\0" in line:
        return damaged(number)
    try:
        value = parse_json(line)
    except ValueError as error:
        if line[-1] not in "\r\n":
            return RowProblem(number, "", "the file ends in the middle of this line", "export it again")
        return RowProblem(number, "", f"is no JSON ({error})", "write one JSON object a line")
    if not isinstance(value, dict):
        return RowProblem(number, "", "is no JSON object", 'write {"column": "value", …}')
    return Row(number, cast("Cells", value))


def parse_json(text: str) -> Any:
    """The JSON value.

    Raises:
        ValueError: it is none; the message says where and never quotes the text.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg.removesuffix(' at')} at column {error.colno}") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


# ---- CSV and XLSX


def _read_csv(path: Path, head: bytes) -> Iterator[Row | RowProblem]:
    _require_text(path, head)
    return _with_header(path, csv_records(path))


def _read_xlsx(path: Path, head: bytes) -> Iterator[Row | RowProblem]:
    if not head.startswith(b"PK"):
        raise UnreadableFile(f"{path.name} is no XLSX workbook: open it and save it as .xlsx or .csv")
    return _with_header(path, xlsx_records(path))


def _with_header(path: Path, records: Iterator[Record | RowProblem]) -> Iterator[Row | RowProblem]:
    """Rows by the names of the first row that is a header; a title above it is passed over."""
    head = list(islice(records, TITLE_ROWS))
    start = _header(head)
    if start is None:
        raise UnreadableFile(f"{path.name} has no row that can be read: the first must name the columns")
    names = _names(cast("Record", head[start]).values)
    above = (record for record in head[:start] if isinstance(record, RowProblem))
    for record in chain(above, head[start + 1 :], records):
        if isinstance(record, RowProblem):
            yield record
        elif _filled(record):
            yield _row(record, names)


def _header(head: list[Record | RowProblem]) -> int | None:
    """Position of the first row that is no title; a title fills one cell of several."""
    filled = {n: _filled(record) for n, record in enumerate(head) if isinstance(record, Record)}
    wide = [n for n, count in filled.items() if count > 1 or len(cast("Record", head[n]).values) == count]
    return next(iter([n for n in wide if filled[n]] or [n for n in filled if filled[n]]), None)


def _names(values: list[Any]) -> list[str]:
    names = ["" if value is None else re.sub(r"\s+", " ", str(value)).strip("\ufeff ") for value in values]
    while names and not names[-1]:
        names.pop()
    return [name or f"(column {n})" for n, name in enumerate(names, start=1)]


def _row(record: Record, names: list[str]) -> Row | RowProblem:
    values = record.values
    if any(not _empty(value) for value in values[len(names) :]):
        return RowProblem(
            record.number, "", f"has more cells than the {len(names)} the header names",
            "put text that contains the delimiter in quotes",
        )  # fmt: skip
    if not record.complete and len(values) < len(names):
        return RowProblem(record.number, "", "the file ends in the middle of this row", "export it again")
    cells: Cells = {}
    for name, value in zip(names, values, strict=False):
        cells.setdefault(name, value)
    return Row(record.number, cells)


def _filled(record: Record) -> int:
    return sum(not _empty(value) for value in record.values)


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _require_text(path: Path, head: bytes) -> None:
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFile(
            f"{path.name} is a spreadsheet, not a {path.suffix} file: rename it to .xlsx, or save it as .csv"
        )


_READERS: Final[dict[str, Callable[[Path, bytes], Iterator[Row | RowProblem]]]] = {
    ".jsonl": _read_jsonl,
    ".ndjson": _read_jsonl,
    ".json": _read_jsonl,
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".txt": _read_csv,
    ".xlsx": _read_xlsx,
    ".xlsm": _read_xlsx,
}
