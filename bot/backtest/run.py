"""A replay from file to findings."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.backtest.findings import (
    Covered,
    OfCategory,
    Period,
    Precedents,
    Routing,
    Stated,
    Threshold,
    coverage,
    of_categories,
    over_time,
    precedents,
    routing,
    stated,
    thresholds,
)
from bot.backtest.history import read_history
from bot.backtest.labels import Labels, check_labels
from bot.backtest.replay import Checkpoint, Progress, replay
from bot.backtest.warnings import Warnings, warnings
from knowledge.case import Language
from knowledge.cells import DateOrder
from knowledge.embedding import Embedder
from knowledge.rows import RowProblem

MINUTES = 4.0
"""Of a person who routes one complaint. An assumption of ours, to be replaced by the company's own figure."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of the file."""

    read: int
    used: int
    left_out: int
    first: date
    """Day on which the first of the used ones was received."""
    last: date
    judged_from: date


@dataclass(frozen=True, slots=True)
class Findings:
    """All that a replay shows."""

    file: str
    language: Language
    """Most complaints are in."""
    embedder: str
    minutes_each: float
    rows: Rows
    checkpoints: tuple[Checkpoint, ...]
    routing: Routing
    over_time: list[Period]
    coverage: list[Covered]
    reliability: list[Stated]
    thresholds: list[Threshold]
    """The rule of Redress first."""
    precedents: Precedents
    categories: list[OfCategory]
    escalations: Warnings
    labels: Labels
    problems: tuple[RowProblem, ...]
    """Rows left out, and remarks on rows that were kept."""

    def public(self) -> dict[str, Any]:
        """The JSON form; days and times are written by ISO 8601."""
        return asdict(self)


def backtest(
    path: Path,
    embedder: Embedder,
    *,
    clean: Callable[[str], str],
    minutes: float = MINUTES,
    order: DateOrder = "ymd",
    progress: Progress = lambda _done, _all: None,
) -> Findings:
    """Replay the closed complaints of a file.

    Args:
        path: JSON Lines, CSV or XLSX, as `redress import cases` reads it.
        embedder: as the service would use it.
        clean: takes personal data out of a text, before anything else sees it.
        minutes: what routing one complaint costs a person.
        order: of days that do not begin with the year.
        progress: told how many complaints have been replayed.

    Raises:
        InvalidInput: the file cannot be read or replayed; says why and what to do.
    """
    history = read_history(path, clean=clean, order=order)
    rows = history.rows
    played = replay(history, embedder, progress)
    judged = played.judged
    languages: Counter[Language] = Counter(closed.case.language for closed in rows)
    return Findings(
        file=clean(path.name),
        language=languages.most_common(1)[0][0],
        embedder=embedder.name,
        minutes_each=minutes,
        rows=Rows(
            read=history.read,
            used=len(rows),
            left_out=len(history.left_out),
            first=rows[0].received.date(),
            last=rows[-1].received.date(),
            judged_from=judged[0].closed.received.date(),
        ),
        checkpoints=played.checkpoints,
        routing=routing(judged),
        over_time=over_time(judged),
        coverage=coverage(judged),
        reliability=stated(judged),
        thresholds=thresholds(judged, minutes),
        precedents=precedents(judged),
        categories=of_categories(rows, judged),
        escalations=warnings(rows),
        labels=check_labels(rows, embedder),
        problems=history.problems,
    )
