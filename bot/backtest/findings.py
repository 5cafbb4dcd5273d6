"""What a replay shows: routing over time, at which confidence, what precedents were found, what it saves."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import floor, log10
from typing import Final

from bot.backtest.history import Closed
from bot.backtest.replay import Judgement

THRESHOLDS: Final = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Confidences the table of savings has a row for."""
BINS: Final = 10
PERIODS: Final = 24
"""Points of a line over time, at most."""
RARE: Final = 10
"""Complaints below which a category is called rare."""


@dataclass(frozen=True, slots=True)
class Routing:
    """The whole replay in figures; shares are 0..1."""

    judged: int
    right: float
    """Share whose likeliest category is the one in the file."""
    by_commonest: float
    """The same for always naming the category that was commonest until then."""
    assigned: float
    """Share in which Redress would have spoken; it abstained in the others."""
    assigned_right: float | None
    """Of these; None where there is none."""
    new_category: int
    """Complaints of a category that nothing before them had: nobody could have named it."""
    calibration_error: float
    """Mean distance of stated confidence and truth, 0..1."""


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time."""

    start: date
    n: int
    right: float
    by_commonest: float
    assigned: float


@dataclass(frozen=True, slots=True)
class Covered:
    """A point of the curve: the most confident complaints, and how many of them are right."""

    share: float
    precision: float
    confidence: float
    """Of the least confident among them."""


@dataclass(frozen=True, slots=True)
class Stated:
    """Complaints of about the same stated confidence."""

    confidence: float
    right: float
    n: int


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a rule 'route by itself from this confidence on' would have done."""

    threshold: float | None
    """None for the rule that Redress itself applies."""
    handled: int
    share: float
    wrong: int
    error: float | None
    """Share of the handled that went to the wrong place; None where none was handled."""
    minutes: float
    """Saved: those rightly routed, less those that somebody had to route again."""


@dataclass(frozen=True, slots=True)
class Precedents:
    """How often a fitting case was among the first five; shares are 0..1."""

    n: int
    """Complaints that had anything closed before them."""
    first: float
    """The very first had the same category."""
    five: float
    blindly: float
    """The same for five cases drawn blindly from what was closed until then."""
    outcome_n: int
    """Complaints whose outcome is known."""
    outcome_five: float
    outcome_blindly: float
    redress_n: int
    """Complaints that were paid an amount."""
    redress_five: float
    """A case of the same currency and size of amount (1 to 9, 10 to 99, …) was among them."""


@dataclass(frozen=True, slots=True)
class OfCategory:
    """One category."""

    code: str
    rows: int
    """In the file."""
    n: int
    """Judged."""
    found: float | None
    """Share of its complaints that were named so."""
    precision: float | None
    """Share of those named so that are."""
    rare: bool


def routing(judged: Sequence[Judgement]) -> Routing:
    """The figures of the replay."""
    assigned = [one for one in judged if one.abstained is None]
    stated_ = stated(judged)
    gap = sum(abs(one.confidence - one.right) * one.n for one in stated_) / len(judged)
    return Routing(
        judged=len(judged),
        right=_share(one.right for one in judged),
        by_commonest=_share(one.commonest == one.closed.category for one in judged),
        assigned=_rounded(len(assigned) / len(judged)),
        assigned_right=_share(one.right for one in assigned) if assigned else None,
        new_category=sum(not one.known for one in judged),
        calibration_error=_rounded(gap),
    )


def over_time(judged: Sequence[Judgement]) -> list[Period]:
    """By day, week, month, quarter or year: the finest that gives few enough points."""
    for start_of in _CALENDARS:
        groups: dict[date, list[Judgement]] = {}
        for one in judged:
            groups.setdefault(start_of(one.closed.received.date()), []).append(one)
        if len(groups) <= PERIODS and len(judged) / len(groups) >= min(10, len(judged) / 4):
            break
    return [
        Period(
            start,
            len(group),
            _share(one.right for one in group),
            _share(one.commonest == one.closed.category for one in group),
            _share(one.abstained is None for one in group),
        )
        for start, group in sorted(groups.items())  # pyright: ignore[reportPossiblyUnboundVariable]
    ]


def coverage(judged: Sequence[Judgement]) -> list[Covered]:
    """Twenty points from the most confident to all; one complaint more or less moves the first of them."""
    order = sorted(judged, key=lambda one: -one.confidence)
    curve: list[Covered] = []
    for step in range(1, 21):
        some = order[: max(1, round(len(order) * step / 20))]
        right = sum(one.right for one in some)
        curve.append(
            Covered(
                _rounded(len(some) / len(order)), _rounded(right / len(some)), _rounded(some[-1].confidence)
            )
        )
    return curve


def stated(judged: Sequence[Judgement]) -> list[Stated]:
    """Tenths of confidence that hold anything."""
    bins: dict[int, list[Judgement]] = {}
    for one in judged:
        bins.setdefault(min(int(one.confidence * BINS), BINS - 1), []).append(one)
    return [
        Stated(
            _rounded(sum(one.confidence for one in group) / len(group)),
            _share(one.right for one in group),
            len(group),
        )
        for _, group in sorted(bins.items())
    ]


def thresholds(judged: Sequence[Judgement], minutes: float) -> list[Threshold]:
    """The table of savings, the rule of Redress first."""
    own = _threshold(None, [one for one in judged if one.abstained is None], len(judged), minutes)
    return [own] + [
        _threshold(limit, [one for one in judged if one.confidence >= limit], len(judged), minutes)
        for limit in THRESHOLDS
    ]


def precedents(judged: Sequence[Judgement]) -> Precedents:
    """How often precedents fit."""
    asked = [one for one in judged if one.precedents]
    outcomes = [one for one in asked if one.closed.case.outcome is not None]
    paid = [one for one in asked if _band(one.closed) is not None]
    return Precedents(
        n=len(asked),
        first=_share(one.precedents[0].category == one.closed.category for one in asked),
        five=_share(_any_alike(one, lambda closed: closed.category) for one in asked),
        blindly=_mean(one.chance for one in asked),
        outcome_n=len(outcomes),
        outcome_five=_share(_any_alike(one, lambda closed: closed.case.outcome) for one in outcomes),
        outcome_blindly=_mean(one.outcome_chance for one in outcomes),
        redress_n=len(paid),
        redress_five=_share(_any_alike(one, _band) for one in paid),
    )


def of_categories(rows: Sequence[Closed], judged: Sequence[Judgement]) -> list[OfCategory]:
    """Every category of the file, the commonest first."""
    counts = Counter(closed.category for closed in rows)
    true = Counter(one.closed.category for one in judged)
    said = Counter(one.guess for one in judged)
    hits = Counter(one.guess for one in judged if one.right)
    return [
        OfCategory(
            code,
            count,
            true[code],
            _rounded(hits[code] / true[code]) if true[code] else None,
            _rounded(hits[code] / said[code]) if said[code] else None,
            count < RARE,
        )
        for code, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


# ---- parts


def _threshold(limit: float | None, handled: list[Judgement], n: int, minutes: float) -> Threshold:
    wrong = sum(not one.right for one in handled)
    return Threshold(
        threshold=limit,
        handled=len(handled),
        share=_rounded(len(handled) / n),
        wrong=wrong,
        error=_rounded(wrong / len(handled)) if handled else None,
        minutes=round((len(handled) - 2 * wrong) * minutes, 1),
    )


def _any_alike(one: Judgement, trait: Callable[[Closed], object]) -> bool:
    return any(trait(closed) == trait(one.closed) for closed in one.precedents)


def _band(closed: Closed) -> tuple[str, int] | None:
    """Currency and size of what was paid."""
    redress = closed.case.redress
    if not redress.amount or redress.currency is None:
        return None
    return redress.currency, floor(log10(redress.amount))


def _week(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _quarter(day: date) -> date:
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


_CALENDARS: Final[tuple[Callable[[date], date], ...]] = (
    lambda day: day,
    _week,
    lambda day: day.replace(day=1),
    _quarter,
    lambda day: day.replace(month=1, day=1),
)


def days_between(start: datetime, end: datetime) -> int:
    """Calendar days, in the zone of the start."""
    return (end.astimezone(start.tzinfo).date() - start.date()).days


def _share(hits: Iterable[bool]) -> float:
    return _mean(float(hit) for hit in hits)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return _rounded(sum(found) / max(len(found), 1))


def _rounded(value: float) -> float:
    return round(value, 4)
