"""A time axis that keeps real proportions where something happens and folds long gaps, visibly."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median_low
from typing import Final

from profiles.fact import Language
from profiles.journey_text import width

BREAK: Final = 76.0
"""Width of a folded gap."""
MOST_BREAKS: Final = 4
FOLDED_FROM: Final = 21.0
"""Days from which a gap may be folded."""
FOLDED_SHARE: Final = 0.2
"""Share of the time shown in proportion from which it is."""
FOLDED_TIMES: Final = 6.0
"""How much longer than an ordinary gap it then is."""
LEAST: Final = 34.0
"""Width that a piece of time between folds gets at least."""
APART: Final = 10.0
"""Room between labels of the axis."""
SIZE: Final = 11.0
"""Of the axis' text."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: Final = (1, 2, 7, 14, 30, 61, 91, 182, 365, 730, 1826, 3652, 18262, 36524, 182621)
"""Days between ticks; from 30 on whole months, from 365 on whole years."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time and where it lies; days count from 1970."""

    begin: float
    end: float
    left: float
    right: float
    folded: bool

    def x(self, days: float) -> float:
        """Where a moment within lies."""
        if self.end <= self.begin:
            return (self.left + self.right) / 2
        return self.left + (days - self.begin) / (self.end - self.begin) * (self.right - self.left)


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of the axis: a day, and the year where it is not that of the label before."""

    x: float
    above: str
    below: str


def in_days(moment: datetime) -> float:
    """Days since 1970."""
    return (moment - _EPOCH) / timedelta(days=1)


class Scale:
    """Where a moment lies, from left to right."""

    def __init__(self, moments: Iterable[datetime], left: float, right: float) -> None:
        """Fit the moments at which something happens between two edges."""
        days = sorted({in_days(moment) for moment in moments})
        if not days:
            raise ValueError("a scale needs a moment")
        self.pieces = tuple(_pieces(days, left, right))
        self._begins = [piece.begin for piece in self.pieces]

    def x(self, moment: datetime) -> float:
        """Where the moment lies; at the edge where it is beyond."""
        days = in_days(moment)
        piece = self.pieces[max(0, bisect_right(self._begins, days) - 1)]
        return min(max(piece.x(days), self.pieces[0].left), self.pieces[-1].right)

    @property
    def folds(self) -> tuple[Piece, ...]:
        """The folded gaps."""
        return tuple(piece for piece in self.pieces if piece.folded)

    def ticks(self, language: Language, taken: Sequence[tuple[float, float]] = ()) -> list[Tick]:
        """Labels that do not touch one another nor the stretches `taken`, first to last."""
        ticks: list[Tick] = []
        occupied = list(taken)
        year: int | None = None
        for piece in self.pieces:
            if piece.folded:
                year = None
                continue
            for days, unit in _days_of(piece):
                tick = _tick(piece.x(days), _date(days), unit, year, language)
                reach = _reach(tick)
                if all(reach[1] + APART <= low or reach[0] - APART >= high for low, high in occupied):
                    ticks.append(tick)
                    occupied.append(reach)
                    year = _date(days).year
        return ticks


def _pieces(days: Sequence[float], left: float, right: float) -> Iterator[Piece]:
    gaps = list(pairwise(days))
    if not gaps:
        yield Piece(days[0] - 1, days[0] + 1, left, right, folded=False)
        return
    folded = _folded(gaps)
    runs: list[tuple[float, float, bool]] = []
    begin = days[0]
    for low, high in gaps:
        if (low, high) in folded:
            runs += [(begin, low, False), (low, high, True)]
            begin = high
    runs.append((begin, days[-1], False))
    shown = sum(high - low for low, high, fold in runs if not fold)
    free = right - left - sum(BREAK if fold else LEAST for _, _, fold in runs)
    x = left
    for low, high, fold in runs:
        share = (high - low) / shown if shown else 1 / sum(not fold for _, _, fold in runs)
        wide = BREAK if fold else LEAST + free * share
        yield Piece(low, high, x, x + wide, fold)
        x += wide


def _folded(gaps: Sequence[tuple[float, float]]) -> set[tuple[float, float]]:
    """The gaps that would leave too little room for the rest, longest first."""
    shown = gaps[-1][1] - gaps[0][0]
    least = max(FOLDED_FROM, FOLDED_TIMES * median_low(high - low for low, high in gaps))
    folded: set[tuple[float, float]] = set()
    for low, high in sorted(gaps, key=lambda gap: (gap[0] - gap[1], gap[0]))[:MOST_BREAKS]:
        if high - low < max(least, FOLDED_SHARE * shown):
            break
        folded.add((low, high))
        shown -= high - low
    return folded


def _date(days: float) -> date:
    return (_EPOCH + timedelta(days=days)).date()


def _days_of(piece: Piece) -> Iterator[tuple[float, int]]:
    """Moments of ticks within a piece, and the unit they are apart; its first day where none fits."""
    wide, long = piece.right - piece.left, piece.end - piece.begin
    unit = next((unit for unit in _UNITS if unit * wide >= 92 * long), _UNITS[-1])
    first, last = _date(piece.begin), _date(piece.end)
    found = [float(day.toordinal() - _EPOCH.toordinal()) for day in _round_days(first, last, unit)]
    inside = [days for days in found if piece.begin <= days <= piece.end]
    if not inside:
        yield piece.begin, 1
    yield from ((days, unit) for days in inside)


def _round_days(first: date, last: date, unit: int) -> Iterator[date]:
    if unit < 30:
        for ordinal in range(-(-first.toordinal() // unit) * unit, last.toordinal() + 1, unit):
            yield date.fromordinal(max(ordinal, 1))
        return
    months = round(unit / 30.44)
    start = -(-(first.year * 12 + first.month - 1) // months) * months
    for number in range(start, last.year * 12 + last.month, months):
        if number // 12 > 9999:
            return
        yield date(number // 12, number % 12 + 1, 1)


_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _tick(x: float, day: date, unit: int, year: int | None, language: Language) -> Tick:
    shown_year = f"{day.year} 年" if language == "zh" else str(day.year)
    if unit >= 365:
        return Tick(x, shown_year, "")
    month = f"{day.month} 月" if language == "zh" else _MONTHS[day.month - 1]
    if unit < 30:
        month = f"{day.month}月{day.day}日" if language == "zh" else f"{day.day} {month}"
    return Tick(x, month, shown_year if day.year != year else "")


def _reach(tick: Tick) -> tuple[float, float]:
    half = max(width(tick.above, SIZE), width(tick.below, SIZE)) / 2
    return tick.x - half, tick.x + half
