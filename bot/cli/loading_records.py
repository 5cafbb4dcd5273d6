"""Exports of any system into profiles: rows become records, records become people and what happened."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.cli.console import Progress
from bot.cli.loading import KEPT_PROBLEMS
from bot.wiring import redact_text
from knowledge.cells import DateOrder
from knowledge.rows import Row, RowProblem
from knowledge.tables import read_rows
from profiles.errors import ProfilesError
from profiles.histories import Histories
from profiles.reading import Reader
from profiles.recording import Record, Recorded, Recorder
from profiles.registry import Registry
from profiles.sources import SourceRules, flattened

BATCH = 10_000
"""Rows in one transaction."""


@dataclass(slots=True)
class RecordsReport:
    """What became of the rows of an export."""

    source: str = ""
    rows: int = 0
    bad: int = 0
    recorded: Recorded = field(default_factory=Recorded)
    problems: list[RowProblem] = field(default_factory=list[RowProblem])
    left_out: dict[str, int] = field(default_factory=dict[str, int])
    """Columns and words that nobody knows, and how often they were filled."""

    def add(self, problem: RowProblem) -> None:
        """Count a problem."""
        self.bad += problem.lost
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(problem)

    def public(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "source": self.source,
            "rows": self.rows,
            "bad": self.bad,
            "people": {"new": self.recorded.people_new, "changed": self.recorded.people_changed},
            "events": {"new": self.recorded.happened.new, "repeated": self.recorded.happened.repeated},
            "undecided": self.recorded.undecided,
            "left_out": self.left_out,
            "problems": [
                {"row": p.row, "problem": p.problem, "remedy": p.remedy, "lost": p.lost}
                for p in self.problems
            ],
        }


def load_records(
    path: Path,
    tenant: str,
    into: tuple[Recorder, Histories] | None,
    *,
    source: str | None,
    zone: ZoneInfo,
    order: DateOrder,
    progress: Progress,
) -> RecordsReport:
    """Read an export; what is good is stored, unless there is nothing to store into, and the rest reported.

    What events come to is written down at the end; whoever reads a customer meanwhile has it made for them.

    Raises:
        UnreadableFile: the file as a whole cannot be read.
        InvalidInput: nobody knows which system it comes from.
        StorageUnavailable: the database refuses; the batches before stay.
    """
    report, rules, fields = RecordsReport(), SourceRules.shipped(), Registry.shipped()
    reader: Reader | None = None
    batch: list[tuple[int, Record]] = []
    for row in read_rows(path):
        if isinstance(row, RowProblem):
            report.add(row)
            continue
        report.rows += 1
        if reader is None:
            headers = list(flattened(row.cells))
            key = rules.named(source) if source else rules.recognised(headers, fields)
            reader = Reader(key, zone, order, rules=rules, fields=fields)
            report.source = key
        batch += _read(reader, row, report)
        if len(batch) >= BATCH:
            _store(tenant, into, batch, report)
            progress(report.rows, 0)
    _store(tenant, into, batch, report)
    if into is not None:
        into[1].make_tallies(tenant)
    if reader is not None:
        report.left_out = {redact_text(what): count for what, count in reader.left_out.most_common(50)}
    return report


def _read(reader: Reader, row: Row, report: RecordsReport) -> Iterator[tuple[int, Record]]:
    try:
        yield row.number, reader.record(row.cells)
    except ProfilesError as error:
        report.add(RowProblem(row.number, "", str(error), "correct it, or leave the row out"))


def _store(
    tenant: str,
    into: tuple[Recorder, Histories] | None,
    batch: list[tuple[int, Record]],
    report: RecordsReport,
) -> None:
    if into is not None and batch:
        records = [record for _, record in batch]
        done = into[0].record(tenant, records, datetime.now(UTC), put_off=True)
        for refused in done.refused:
            number = batch[refused.place][0]
            report.add(RowProblem(number, "", refused.why, "correct it, or leave the row out"))
        report.recorded.add(done)
    batch.clear()
