"""Complaints that escalated, and when their words would have warned of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Final, Literal

from bot.backtest.findings import days_between
from bot.backtest.history import Closed, first_turn
from bot.triage.escalation import find_escalations
from knowledge.case import ESCALATIONS, EscalationKind

LISTED: Final = 50
"""Escalated complaints that the report names."""

When = Literal["first_turn", "later_turn", "never"]
"""Where in the customer's words the warning stands."""


@dataclass(frozen=True, slots=True)
class Escalated:
    """A complaint that escalated by the file, or whose words threaten it."""

    row: int
    id: str
    received: date
    kinds: tuple[EscalationKind, ...]
    """That Redress reads in its words."""
    by_file: bool | None
    """None where the file does not say."""
    escalated: date | None
    warned: When
    days_ahead: int | None
    """From receipt, when Redress warned, to the date the file gives; None without a warning or a date."""


@dataclass(frozen=True, slots=True)
class Warnings:
    """All complaints with a date, those that only teach too: reading words needs no training."""

    n: int
    by_words: int
    by_kind: dict[str, int]
    said: int
    """Complaints of which the file says whether they escalated."""
    by_file: int
    """Of these, those that did."""
    first_turn: int
    """Of those that did: the warning stands in the customer's first words."""
    later_turn: int
    never: int
    false_alarms: int
    """Of those that did not, by the file: warned all the same."""
    dated: int
    """Warned, and the file gives the date."""
    median_days_ahead: float | None
    """Of these."""
    worth: int
    """Complaints that escalated by the file, or whose words threaten it."""
    listed: tuple[Escalated, ...]
    """By the file first, then by time."""


def warnings(rows: Sequence[Closed]) -> Warnings:
    """What the words of every complaint warn of, beside what the file says became of it."""
    read = [_read(closed) for closed in rows]
    told = [one for one in read if one.by_file is not None]
    became = [one for one in told if one.by_file]
    ahead = [one.days_ahead for one in became if one.days_ahead is not None]
    when = Counter(one.warned for one in became)
    kinds = Counter(kind for one in read for kind in one.kinds)
    worth = [one for one in read if one.by_file or one.kinds]
    worth.sort(key=lambda one: (not one.by_file, one.received, one.row))
    return Warnings(
        n=len(read),
        by_words=sum(bool(one.kinds) for one in read),
        by_kind={kind: kinds[kind] for kind in ESCALATIONS},
        said=len(told),
        by_file=len(became),
        first_turn=when["first_turn"],
        later_turn=when["later_turn"],
        never=when["never"],
        false_alarms=sum(one.by_file is False and bool(one.kinds) for one in told),
        dated=len(ahead),
        median_days_ahead=float(median(ahead)) if ahead else None,
        worth=len(worth),
        listed=tuple(worth[:LISTED]),
    )


def _read(closed: Closed) -> Escalated:
    text, language = closed.case.text, closed.case.language
    kinds: tuple[EscalationKind, ...] = tuple(found.kind for found in find_escalations(text, language))
    warned: When = "never"
    if kinds:
        first = first_turn(text)
        in_first = first == text or bool(find_escalations(first, language))
        warned = "first_turn" if in_first else "later_turn"
    at = closed.escalated_at
    return Escalated(
        row=closed.row,
        id=closed.id,
        received=closed.received.date(),
        kinds=kinds,
        by_file=closed.escalated,
        escalated=None if at is None else at.date(),
        warned=warned,
        days_ahead=None if at is None or warned != "first_turn" else days_between(closed.received, at),
    )
