"""What stands where in the picture of a journey: lanes, marks that never touch, feelings, labels in rows."""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Final, Literal

from profiles.event import EventKind
from profiles.fact import EmotionKind
from profiles.journey import Journey
from profiles.journey_rules import WordCode
from profiles.journey_scale import Scale
from profiles.journey_steps import Step
from profiles.journey_text import width

MOST_MARKS: Final = 60
MOST_LANES: Final = 6
"""Channels with a lane of their own; the rest share one."""
MOST_LINES: Final = 10
"""Steps that the tooltip of a mark tells one by one."""
ROUND: Final = 20.0
"""Width of a mark without a number."""
COUNT_SIZE: Final = 11.0
SPREAD: Final = 110.0
"""Widest mark that keeps its exact place; denser ones stand in a grid."""
_CELLS: Final = (24.0, 34.0, 44.0, 56.0, 72.0, 96.0, 130.0, 180.0, 250.0, 350.0, 500.0, 1000.0, 2000.0)

OURS: Final = "(ours)"
UNKNOWN: Final = "(unknown)"
OTHERS: Final = "(others)"
"""No channel can be called so: a channel has no brackets."""
WORDED: Final[dict[str, WordCode]] = {OURS: "our_side", UNKNOWN: "no_channel", OTHERS: "other_channels"}
Lane = str
"""A channel's code, or one of the three above."""

_OUR_KINDS: Final = frozenset({"promise", "kept", "broken", "closed"})
_RANK: Final[tuple[EventKind, ...]] = (
    "left", "escalated", "broken", "complaint", "reopened", "closed", "promise", "kept", "call", "turn",
    "contact", "mention", "self_service", "survey", "purchase", "visit",
)  # fmt: skip
"""Of several kinds in one mark the first is drawn."""

Role = Literal["them", "ours", "bad", "quiet"]


def role(kind: EventKind) -> Role:
    """Whose it is, or that it is grave: the colour of its mark."""
    if kind in {"escalated", "broken", "left", "reopened"}:
        return "bad"
    if kind in _OUR_KINDS:
        return "ours"
    return "quiet" if kind in {"visit", "purchase", "survey", "self_service", "mention"} else "them"


@dataclass(frozen=True, slots=True)
class Mark:
    """One or more steps at a place of a lane."""

    lane: Lane
    left: float
    right: float
    kind: EventKind
    count: int
    """Events."""
    steps: tuple[Step, ...]

    @property
    def number(self) -> str:
        """What is written beside the sign; empty for a single event."""
        return f"{self.count:,}" if self.count > 1 else ""


@dataclass(frozen=True, slots=True)
class Feeling:
    """A point of the curve."""

    x: float
    level: int
    """0 calm to 4 strong; gratitude is calm."""
    emotion: EmotionKind
    day: float
    """Since the first of them, to see gaps."""
    words: str


def lanes_of(journey: Journey) -> tuple[Lane, ...]:
    """The lanes that are needed: channels by how much they were used, then those without, then our side."""
    used: Counter[str] = Counter()
    for step in journey.steps:
        if step.kind != "silence" and step.kind not in _OUR_KINDS and step.channel is not None:
            used[step.channel] += step.count
    channels = sorted(used, key=lambda code: (-used[code], code))
    lanes = channels if len(channels) <= MOST_LANES else [*channels[: MOST_LANES - 1], OTHERS]
    own = {_own_lane(step) for step in journey.steps if step.kind != "silence"}
    return (*lanes, *(lane for lane in (UNKNOWN, OURS) if lane in own))


def _own_lane(step: Step) -> Lane:
    if step.kind in _OUR_KINDS:
        return OURS
    return step.channel or UNKNOWN


def marks_of(journey: Journey, scale: Scale, lanes: Sequence[Lane]) -> list[Mark]:
    """The marks, which touch one another in no lane: 60 at most."""
    by_lane: dict[Lane, list[Mark]] = {lane: [] for lane in lanes}
    for step in journey.steps:
        if step.kind == "silence":
            continue
        lane = _own_lane(step)
        lane = lane if lane in by_lane else OTHERS
        by_lane[lane].append(_mark(lane, step.kind, (step,), scale))
    exact = [mark for marks in by_lane.values() for mark in _apart(marks, scale)]
    if len(exact) <= MOST_MARKS and all(
        mark.right - mark.left <= SPREAD and len(mark.steps) <= MOST_MARKS for mark in exact
    ):
        return exact
    grid: list[Mark] = []
    for cell in _CELLS:
        grid = [mark for marks in by_lane.values() for mark in _in_cells(marks, scale, cell)]
        if len(grid) <= MOST_MARKS and all(mark.right - mark.left <= cell - 2 for mark in grid):
            break
    return grid


def _mark(lane: Lane, kind: EventKind, steps: tuple[Step, ...], scale: Scale) -> Mark:
    """A mark around the middle of the steps, as long as they last where that is more than it needs.

    A single step that lasts very long keeps its place though it is drawn shorter.
    """
    count = sum(step.count for step in steps)
    begin, end = scale.x(min(step.begin for step in steps)), scale.x(max(step.end for step in steps))
    lasts = min(end - begin, SPREAD) if len(steps) == 1 else end - begin
    half = max(natural(count), lasts) / 2
    return Mark(lane, (begin + end) / 2 - half, (begin + end) / 2 + half, kind, count, steps)


def natural(count: int) -> float:
    """Width that a mark of so many events needs."""
    return ROUND if count == 1 else ROUND + width(f"{count:,}", COUNT_SIZE, bold=True) + 6


def _together(first: Mark, second: Mark, scale: Scale) -> Mark:
    kind = _gravest({first.kind, second.kind})
    return _mark(first.lane, kind, (*first.steps, *second.steps), scale)


def _gravest(kinds: Set[EventKind]) -> EventKind:
    return next(kind for kind in _RANK if kind in kinds)


def _apart(marks: Iterable[Mark], scale: Scale) -> list[Mark]:
    """Neighbours that would touch put together, until none does."""
    placed: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: mark.left):
        while placed and placed[-1].right + 2 > mark.left:
            # what is larger than allowed goes to the grid anyway: no need to go on
            if max(mark.right - mark.left, placed[-1].right - placed[-1].left) > SPREAD:
                break
            if max(len(mark.steps), len(placed[-1].steps)) > MOST_MARKS:
                break
            mark = _together(placed.pop(), mark, scale)
        placed.append(mark)
    return placed


def _in_cells(marks: Iterable[Mark], scale: Scale, cell: float) -> list[Mark]:
    left = scale.pieces[0].left
    cells: dict[int, list[Mark]] = {}
    for mark in marks:
        cells.setdefault(int(((mark.left + mark.right) / 2 - left) // cell), []).append(mark)
    placed: list[Mark] = []
    for number, within in sorted(cells.items()):
        count = sum(mark.count for mark in within)
        half = natural(count) / 2
        low, high = left + number * cell + 1, left + (number + 1) * cell - 1
        middle = sum((mark.left + mark.right) / 2 for mark in within) / len(within)
        middle = max(low + half, min(middle, high - half))
        kind = _gravest({mark.kind for mark in within})
        steps = tuple(step for mark in within for step in mark.steps)
        placed.append(Mark(within[0].lane, middle - half, middle + half, kind, count, steps))
    return placed


def feelings_of(steps: Iterable[Step], scale: Scale, apart: float = 10.0) -> list[Feeling]:
    """Points of the curve, from left to right: of those that would touch the strongest."""
    cells: dict[int, Feeling] = {}
    for step in steps:
        if step.emotion is None:
            continue
        level = 0 if step.emotion in {"gratitude", "neutral"} else step.intensity
        x = scale.x(step.begin)
        point = Feeling(x, level, step.emotion, step.begin.timestamp() / 86400, step.words)
        known = cells.get(int(x // apart))
        if known is None or known.level < level:
            cells[int(x // apart)] = point
    points = sorted(cells.values(), key=lambda point: point.x)
    kept: list[Feeling] = []
    for point in points:
        if kept and point.x - kept[-1].x < apart:
            if point.level > kept[-1].level:
                kept[-1] = point
        else:
            kept.append(point)
    return kept


def rows_of(extents: Sequence[tuple[float, float]], apart: float, most: int) -> list[int | None]:
    """A row for each stretch so that none overlap, the first row first; None where `most` rows are full."""
    rows: list[list[tuple[float, float]]] = []
    found: list[int | None] = []
    for low, high in extents:
        free = next(
            (
                number
                for number, row in enumerate(rows)
                if all(high + apart <= left or low - apart >= right for left, right in row)
            ),
            None,
        )
        if free is None and len(rows) < most:
            rows.append([])
            free = len(rows) - 1
        if free is not None:
            rows[free].append((low, high))
        found.append(free)
    return found
