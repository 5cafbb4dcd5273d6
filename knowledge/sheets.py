"""Records of CSV files and XLSX workbooks, before anybody knows what the columns mean."""

import csv
import warnings
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, cast

from knowledge.encodings import is_broken, numbered_lines, open_text
from knowledge.errors import UnreadableFile
from knowledge.rows import RowProblem, damaged, too_long

MAX_CELL: Final = 2_000_000
"""Characters of one CSV cell: twice what a stored text may have, so that the store says what is too long."""
MAX_SHARED: Final = 200_000_000
"""Bytes of text that all cells of a workbook share: it is read into memory as a whole."""


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of a row."""

    number: int
    values: list[Any]
    complete: bool = True
    """False where the file ends without a line end after this record."""


class _LineTooLong(Exception):
    pass


class _Feed:
    """Lines for a CSV reader. Remembers those of the record in hand, so that a bad one costs one line."""

    def __init__(self, lines: Iterator[tuple[int, str | None]]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)[1]
        if line is None:
            raise _LineTooLong
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        """Read again what came after the first line of the record in hand."""
        self._again.extendleft(reversed(self.taken[1:]))


def csv_records(path: Path) -> Iterator[Record | RowProblem]:
    """The records of a file delimited by comma, semicolon or tab, numbered from 1."""
    csv.field_size_limit(MAX_CELL)
    with open_text(path) as file:
        delimiter = _delimiter([line for _, line in islice(numbered_lines(file), 20) if line is not None])
        file.seek(0)
        feed = _Feed(numbered_lines(file))
        records = csv.reader(feed, delimiter=delimiter, strict=True)
        number = 0
        while True:
            number += 1
            feed.taken.clear()
            try:
                values = next(records)
            except StopIteration:
                return
            except (csv.Error, _LineTooLong) as error:
                yield _bad_record(number, error, feed)
                feed.give_back()
                records = csv.reader(feed, delimiter=delimiter, strict=True)
                continue
            lines = "".join(feed.taken)
            yield (
                damaged(number)
                if is_broken(lines) or "\0" in lines
                else Record(number, list(values), lines[-1] in "\r\n")
            )


def _bad_record(number: int, error: Exception, feed: _Feed) -> RowProblem:
    if isinstance(error, _LineTooLong) and not feed.taken:
        return too_long(number)
    if len(feed.taken) == 1 and "expected after" in str(error):
        return RowProblem(number, "", "has text after a closing quote", 'write quotes inside a cell as ""')
    return RowProblem(number, "", "opens a quote that is not closed", 'write quotes inside a cell as ""')


def _delimiter(sample: list[str]) -> str:
    """The delimiter by which most of the first rows have as many columns as the first that has several."""

    def agreement(delimiter: str) -> tuple[float, int]:
        try:
            counts = [len(record) for record in csv.reader(sample, delimiter=delimiter)]
        except csv.Error:
            return 0.0, 0
        width = next((count for count in counts if count > 1), 0)
        return counts.count(width) / max(len(counts), 1), width

    return max(",;\t", key=agreement)


def xlsx_records(path: Path) -> Iterator[Record | RowProblem]:
    """The rows of a workbook's first sheet, numbered from 1.

    Raises:
        UnreadableFile: it is damaged, or holds more text than is read into memory.
    """
    _check_size(path)
    import openpyxl  # 0.3 s, needed for workbooks only

    load = cast("Callable[..., Any]", openpyxl.load_workbook)
    workbook: Any = None
    try:
        # warnings tell of styles and drop-downs that are not kept: we only read values
        with warnings.catch_warnings(action="ignore"):
            workbook = load(path, read_only=True, data_only=True)
            sheet = workbook.worksheets[0]
            sheet.reset_dimensions()  # some exporters write a size that hides all but the first cell
            rows: Iterator[tuple[Any, ...]] = sheet.iter_rows(values_only=True)
        number = 0
        while True:
            with warnings.catch_warnings(action="ignore"):
                some = list(islice(rows, 500))
            if not some:
                return
            for values in some:
                number += 1
                yield Record(number, [*values, None])
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, SyntaxError, OSError) as error:
        raise UnreadableFile(
            f"{path.name} is a damaged workbook ({type(error).__name__}): save it again as .xlsx or .csv"
        ) from error
    finally:
        if workbook is not None:
            workbook.close()


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            shared = sum(i.file_size for i in archive.infolist() if i.filename.endswith("sharedStrings.xml"))
    except (zipfile.BadZipFile, OSError) as error:
        raise UnreadableFile(f"{path.name} is a damaged workbook ({error}): export it again") from error
    if shared > MAX_SHARED:
        raise UnreadableFile(
            f"{path.name} holds {shared // 1_000_000} MB of text, more than {MAX_SHARED // 1_000_000} MB: "
            f"save it as .csv, which is read row by row"
        )
