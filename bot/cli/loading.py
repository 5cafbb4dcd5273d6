"""Rows of a file into the stores, some hundred in one transaction, and the index brought up to date."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar
from zoneinfo import ZoneInfo

from bot.access import TenantSettings
from bot.cli.console import Progress
from bot.models import company_taxonomy
from bot.wiring import StoreParts, redact_text
from knowledge.cells import DateOrder
from knowledge.ingest import read_articles, read_cases
from knowledge.rows import Row, RowProblem
from knowledge.tables import read_rows
from profiles.customer import Customer
from profiles.errors import ProfilesError
from profiles.ingest import NESTED, customer_from_row, unknown_columns

BATCH: Final = 500
"""Rows in one transaction."""
KEPT_PROBLEMS: Final = 1000
"""Problems that a report lists; it counts them all."""

_Item = TypeVar("_Item")


class _Written(Protocol):
    @property
    def new(self) -> int: ...
    @property
    def changed(self) -> int: ...
    @property
    def unchanged(self) -> int: ...


@dataclass(slots=True)
class Report:
    """What became of the rows of a file."""

    good: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    """Rows that were lost."""
    problems: list[RowProblem] = field(default_factory=list[RowProblem])
    """The first of them, with remarks on rows that were kept."""

    def written(self, written: _Written) -> None:
        """Count what a transaction did."""
        self.new += written.new
        self.changed += written.changed
        self.unchanged += written.unchanged

    def add(self, problem: RowProblem) -> None:
        """Count a problem."""
        self.bad += problem.lost
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(problem)

    def public(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "good": self.good,
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "bad": self.bad,
            "problems": [
                {
                    "row": problem.row,
                    "field": problem.field,
                    "problem": problem.problem,
                    "remedy": problem.remedy,
                    "lost": problem.lost,
                }
                for problem in self.problems
            ],
        }


class Loader:
    """Reads files into one tenant's stores, or only reads them."""

    def __init__(
        self,
        stored: StoreParts,
        tenant: str,
        *,
        dry_run: bool = False,
        order: DateOrder = "ymd",
        progress: Progress = lambda _done, _total: None,
    ) -> None:
        self._stored = stored
        self._tenant = tenant
        self._dry_run = dry_run
        self._order: DateOrder = order
        self._progress = progress
        self._taxonomy = company_taxonomy(stored.settings)
        self._settings = stored.tenants.settings(tenant) or TenantSettings()

    def load(self, kind: str, path: Path) -> Report:
        """Read a file of `cases`, `articles` or `customers`; what is good is kept, the rest reported.

        Raises:
            UnreadableFile: the file as a whole cannot be read.
            StorageUnavailable: the database refuses; the batches before stay.
        """
        return {"cases": self.cases, "articles": self.articles, "customers": self.customers}[kind](path)

    def cases(self, path: Path) -> Report:
        """Read cases; personal data is taken out of them first."""
        zone = ZoneInfo(self._settings.timezone)
        found = read_cases(path, clean=redact_text, taxonomy=self._taxonomy, zone=zone, order=self._order)

        def put(items: Sequence[Any], report: Report) -> None:
            report.written(self._stored.knowledge.put_cases(self._tenant, items))

        return self._each(found, put)

    def articles(self, path: Path) -> Report:
        """Read articles."""
        found = read_articles(path, taxonomy=self._taxonomy, order=self._order)

        def put(items: Sequence[Any], report: Report) -> None:
            report.written(self._stored.knowledge.put_articles(self._tenant, items))

        return self._each(found, put)

    def customers(self, path: Path) -> Report:
        """Read customers; a record that is not complete brings the one on file up to date."""
        return self._each(_customers(path), self._put_customers)

    def _put_customers(self, items: "Sequence[tuple[int, Customer]]", report: Report) -> None:
        try:
            report.written(
                self._stored.profiles.merge_customers(self._tenant, [customer for _, customer in items])
            )
        except ProfilesError as error:
            if len(items) == 1:
                report.good -= 1
                report.add(_customer_problem(items[0][0], error))
                return
            for item in items:  # one record spoils the batch: find it
                self._put_customers([item], report)

    def _each(
        self, found: Iterable[_Item | RowProblem], put: Callable[[Sequence[_Item], Report], None]
    ) -> Report:
        report, batch = Report(), list[_Item]()

        def flush() -> None:
            if batch and not self._dry_run:
                put(batch, report)
            batch.clear()
            self._progress(report.good + report.bad, 0)

        for item in found:
            if isinstance(item, RowProblem):
                report.add(item)
                continue
            report.good += 1
            batch.append(item)
            if len(batch) == BATCH:
                flush()
        flush()
        return report


def _customers(path: Path) -> Iterator[tuple[int, Customer] | RowProblem]:
    said: set[str] = set()
    for row in read_rows(path):
        if isinstance(row, RowProblem):
            yield row
            continue
        unknown = () if NESTED & row.cells.keys() else unknown_columns(row.cells)
        for column in [column for column in unknown if column not in said and len(said) < 20]:
            said.add(column)
            yield RowProblem(
                row.number, redact_text(column[:60]), "is a column we do not know, and was left out",
                "declare it in profiles/fields.toml if it is needed", lost=False,
            )  # fmt: skip
        yield _customer(row, unknown)


def _customer(row: Row, unknown: Sequence[str]) -> tuple[int, Customer] | RowProblem:
    try:
        return row.number, customer_from_row(row.cells, leave_out=unknown)
    except ProfilesError as error:
        return _customer_problem(row.number, error)


def _customer_problem(number: int, error: ProfilesError) -> RowProblem:
    return RowProblem(number, "", str(error), "correct it, or leave the row out")
