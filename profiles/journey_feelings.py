"""How the feeling moved over the events of a complaint, and the event that turned it.

A feeling belongs to the event in which it was shown, never to the person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from profiles.event import Event
from profiles.fact import Language
from profiles.journey_rules import JourneyRules, ShapeCode
from profiles.journey_threads import reference

STEP: Final = 1
"""Degrees of distress from which a difference is a movement."""


def distress(event: Event) -> int | None:
    """-4 to 4: the intensity of a feeling that hurts; gratitude counts against it, calm is 0.

    None where no feeling is known.
    """
    match event.emotion:
        case None:
            return None
        case "gratitude":
            return -event.intensity
        case "neutral":
            return 0
        case _:
            return event.intensity


@dataclass(frozen=True, slots=True)
class Felt:
    """What one event showed."""

    event: str
    at: datetime
    distress: int
    """-4..4."""


@dataclass(frozen=True, slots=True)
class FeelingPath:
    """The feeling over a complaint."""

    shape: ShapeCode
    turned_by: str | None
    """The event from which it went the other way, or with which it moved most; None where it was steady."""
    worst: int
    """-4..4."""
    felt: tuple[Felt, ...]
    words: str


def felt_in(events: Iterable[Event]) -> tuple[Felt, ...]:
    """The events that show a feeling."""
    return tuple(
        Felt(reference(event), event.at, degree)
        for event in events
        if (degree := distress(event)) is not None
    )


def feeling_path(felt: Sequence[Felt], rules: JourneyRules, language: Language) -> FeelingPath | None:
    """The path over events in order; None where none shows a feeling.

    It turns where distress goes up and comes down again, or the other way round, by a degree or more on both
    sides; else it rises or falls from the first event to the last, or is steady.
    """
    if not felt:
        return None
    shape, at = _shape([one.distress for one in felt])
    return FeelingPath(
        shape=shape,
        turned_by=None if at is None else felt[at].event,
        worst=max(one.distress for one in felt),
        felt=tuple(felt),
        words=rules.shapes[shape].said(language),
    )


def _shape(path: Sequence[int]) -> tuple[ShapeCode, int | None]:
    at = _bend(path)
    if at is not None:
        return ("turning_better" if path[at] > path[0] else "turning_worse"), at
    moved = path[-1] - path[0]
    if abs(moved) < STEP:
        return "steady", None
    sign = 1 if moved > 0 else -1
    steps = [sign * (after - before) for before, after in pairwise(path)]
    return ("rising" if moved > 0 else "falling"), steps.index(max(steps)) + 1


def _bend(path: Sequence[int]) -> int | None:
    """Where the path is farthest from both its ends, on one side of them; the first of equals."""
    best, found = STEP - 1, None
    for at in range(1, len(path) - 1):
        away = max(
            min(path[at] - path[0], path[at] - path[-1]),
            min(path[0] - path[at], path[-1] - path[at]),
        )
        if away > best:
            best, found = away, at
    return found


def worsened(felt: Sequence[Felt]) -> tuple[int, Felt, Felt] | None:
    """The greatest rise of distress: degrees, from which event, to which; None where it never rose."""
    best: tuple[int, Felt, Felt] | None = None
    calmest: Felt | None = None
    for one in felt:
        if calmest is not None and one.distress - calmest.distress > (best[0] if best else 0):
            best = one.distress - calmest.distress, calmest, one
        if calmest is None or one.distress < calmest.distress:
            calmest = one
    return best
