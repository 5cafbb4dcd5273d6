"""The closed complaints of a file, in the order they came in, and what keeps a row out."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from knowledge.case import Case, Owned
from knowledge.cells import BadCell, DateOrder, key, moment, text_of
from knowledge.errors import InvalidInput
from knowledge.features import features
from knowledge.headers import Columns, Headers
from knowledge.ingest import read_cases
from knowledge.rows import Row, RowProblem
from knowledge.rules import load_rules
from knowledge.tables import read_rows
from knowledge.taxonomy import Taxonomy

FEWEST: Final = 50
"""Usable rows below which a replay is chance."""
MOST_NAME: Final = 80
"""Characters a category may have."""
NOTHING: Final = frozenset({"", "[]", "none", "无", "没有"})


class _Rules(Owned):
    version: str
    source: str
    valid_from: date
    columns: dict[str, tuple[str, ...]]
    speakers: dict[str, tuple[str, ...]]


@cache
def _rules() -> _Rules:
    return load_rules(Path(__file__).with_name("columns.toml"), _Rules)


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed complaint."""

    row: int
    """As the file counts."""
    id: str
    """By the file, without personal data; empty where it gives none."""
    case: Case
    category: str
    received: datetime
    known_from: datetime
    """When its outcome may be learned from: the midnight after the day it was closed."""
    escalated: bool | None
    """By the file's own label; None where the file does not say."""
    escalated_at: datetime | None


@dataclass(frozen=True, slots=True)
class History:
    """What a file holds."""

    rows: tuple[Closed, ...]
    """By the time they came in."""
    read: int
    """Rows of the file."""
    problems: tuple[RowProblem, ...]
    """Rows left out, and remarks on rows that were kept."""

    @property
    def left_out(self) -> list[RowProblem]:
        """The rows that have no part."""
        return [problem for problem in self.problems if problem.lost]


class CompanyCategories:
    """Any name is a category; one that means a category of ours is that."""

    def __init__(self, clean: Callable[[str], str]) -> None:
        self._clean = cache(clean)
        self._core = Taxonomy.core()

    def find(self, name: str) -> str | None:
        """The code, or the name itself without personal data."""
        return self._core.find(name) or self._clean(name.strip())[:MOST_NAME].strip() or None


def read_history(path: Path, *, clean: Callable[[str], str], order: DateOrder = "ymd") -> History:
    """The closed complaints of a JSON Lines, CSV or XLSX file.

    Args:
        path: as `redress import cases` reads it, with a text, a date and a category in every row.
        clean: takes personal data out of a text.
        order: of days that do not begin with the year.

    Raises:
        UnreadableFile: the file as a whole cannot be read, or no column holds the text.
        InvalidInput: its rows cannot be replayed; says why and what to do.
    """
    problems: list[RowProblem] = []
    good: dict[str, Closed] = {}
    read = 0
    for row, case, remarks in _with_cases(path, clean, order):
        read += 1
        problems += remarks
        if isinstance(case, RowProblem):
            problems.append(case)
        elif isinstance(row, Row):
            closed = _closed(row, case, clean, order, problems)
            if closed is not None and good.setdefault(closed.id or f"row {row.number}", closed) is not closed:
                problems.append(
                    RowProblem(row.number, "id", "is the id of a row before", "give each its own")
                )
    rows = tuple(sorted(good.values(), key=lambda closed: (closed.received, closed.row)))
    history = History(rows, read, tuple(problems))
    _require_replayable(path.name, history)
    return history


def first_turn(text: str) -> str:
    """What the customer wrote before anybody answered; the whole text where it shows no turns."""
    customer, company = _speaker_lines()
    if customer.search(text) is None or (answer := company.search(text)) is None:
        return text
    return text[: answer.start()] if text[: answer.start()].strip() else text


# ---- rows


def _with_cases(
    path: Path, clean: Callable[[str], str], order: DateOrder
) -> Iterator[tuple[Row | RowProblem, Case | RowProblem, list[RowProblem]]]:
    """Each row of the file with the case it is, or what is wrong with it, and the remarks on it."""
    extra = {key(name) for field, names in _rules().columns.items() for name in (field, *names)}
    found = read_cases(path, clean=clean, taxonomy=CompanyCategories(clean), order=order)
    rows = read_rows(path)
    remarks: list[RowProblem] = []
    for item in found:
        if isinstance(item, RowProblem) and not item.lost:
            if key(item.field) not in extra:
                remarks.append(item)
            continue
        yield next(rows), item, remarks
        remarks = []


def _closed(
    row: Row, case: Case, clean: Callable[[str], str], order: DateOrder, problems: list[RowProblem]
) -> Closed | None:
    came = case.received_at
    if came is None and case.resolved_at is not None:
        came = datetime.combine(case.resolved_at, time(), UTC)
    if came is None:
        problems.append(RowProblem(row.number, "received_at", "is empty", "fill it, or leave the row out"))
        return None
    if case.category is None:
        problems.append(RowProblem(row.number, "category", "is empty", "fill it, or leave the row out"))
        return None
    if not len(features(case.text).hashes):
        problems.append(RowProblem(row.number, "text", "has no letter or digit", "leave the row out"))
        return None
    last = max(case.resolved_at or came.date(), came.date())
    if case.resolved_at is not None and case.resolved_at < came.date():
        problem = "is before the day it was received, which was taken instead"
        problems.append(RowProblem(row.number, "resolved_at", problem, "correct one of the two", lost=False))
    escalated, at = _escalation(row, case, order, problems)
    known = datetime.combine(last, time(), came.tzinfo) + timedelta(days=1)
    named = "id" in Columns(Headers.shipped().case).given(row.cells).values
    return Closed(
        row.number, clean(case.id) if named else "", case, case.category, came, known, escalated, at
    )


def _escalation(
    row: Row, case: Case, order: DateOrder, problems: list[RowProblem]
) -> tuple[bool | None, datetime | None]:
    """Whether the file says that the complaint escalated, and when."""
    own = Columns(_rules().columns).given(row.cells)
    try:
        at = moment("escalated_at", own.values.get("escalated_at"), UTC, order)
    except BadCell as bad:
        problems.append(RowProblem(row.number, bad.field, bad.problem, bad.remedy, lost=False))
        at = None
    if at is not None or case.escalations:
        return True, at
    columns = Columns(Headers.shipped().case)
    said = [own.values.get("escalated"), columns.given(row.cells).values.get("escalations")]
    told = [answer for value in said if (answer := _truth(value)) is not None]
    if any(told):
        return True, None
    asked = columns.knows(row.cells, "escalations") or any(
        Columns(_rules().columns).knows(row.cells, field) for field in _rules().columns
    )
    return (False if asked else None), None


def _truth(value: Any) -> bool | None:
    """Whether a cell says yes; None for an empty one. A name of anything is a yes."""
    if isinstance(value, list):
        return bool(value)  # pyright: ignore[reportUnknownArgumentType]  # items of somebody's JSON: anything
    text = text_of(value).strip()
    if value is None or not text:
        return None
    return Headers.shipped().labels("truth").find(text) != "no" and text.casefold() not in NOTHING


@cache
def _speaker_lines() -> tuple[re.Pattern[str], re.Pattern[str]]:
    customer, company = (
        re.compile(rf"(?im)^\s*(?:{'|'.join(map(re.escape, _rules().speakers[who]))})\s*[:：]")
        for who in ("customer", "company")
    )
    return customer, company


# ---- files that cannot be replayed


def _require_replayable(name: str, history: History) -> None:
    rows, lost = history.rows, history.left_out
    if not history.read:
        raise InvalidInput(f"{name} has a header and no rows: export the closed complaints once more")
    if not rows:
        raise InvalidInput(f"{name}: {_why_none(lost)}")
    if len(rows) < FEWEST:
        dropped = f" ({_counted(lost)})" if lost else ""
        raise InvalidInput(
            f"{name} has {len(rows)} of {history.read} rows with a text, a date and a category{dropped}: "
            f"a replay needs {FEWEST} at least; export a longer period"
        )
    if len({closed.category for closed in rows}) < 2:
        raise InvalidInput(
            f"{name}: every row has the same category, so there is nothing to choose between; "
            "name the column that tells complaints apart 'category'"
        )
    if len({closed.received.date() for closed in rows}) < 2:
        raise InvalidInput(
            f"{name}: every row was received on {rows[0].received.date()}, so nothing came before anything; "
            "export the day each complaint came in as 'received_at', not the day of the export"
        )


def _why_none(lost: list[RowProblem]) -> str:
    fields = Counter(problem.field for problem in lost)
    if fields["received_at"] == len(lost):
        return (
            "no row has a date that can be read, and a replay goes by dates; call the column 'received_at' "
            "(受理时间) and write it as 2026-03-31, or say how days are written with --dates"
        )
    if fields["category"] == len(lost):
        return "no row has a category; call the column that holds it 'category' (投诉类型)"
    return f"none of its {len(lost)} rows can be used ({_counted(lost)}); the first: {lost[0]}"


def _counted(lost: list[RowProblem]) -> str:
    fields = Counter(problem.field or "row" for problem in lost)
    return ", ".join(f"{field}: {count}" for field, count in fields.most_common())
