"""How a feeling moves over the turns of a conversation, and the turn that turned it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from bot.suggestion import FeltTurn, Trajectory, TrajectoryShape

STEP: Final = 1
"""Degrees of distress from which a difference is a movement."""
FEWEST: Final = 2
"""Turns of the customer that make a path."""


def distress(felt: FeltTurn) -> int:
    """-4 to 4: the intensity of a feeling that hurts; gratitude counts against it, calm is 0."""
    return -felt.intensity if felt.primary == "gratitude" else felt.intensity


def trajectory(turns: Sequence[FeltTurn]) -> Trajectory | None:
    """The path over the customer's turns, in order; None for a single turn.

    It turns where distress goes up and comes down again, or the other way round, by a degree or more on both
    sides; else it rises or falls from the first turn to the last, or is steady.
    """
    if len(turns) < FEWEST:
        return None
    path = [distress(felt) for felt in turns]
    at = _bend(path)
    if at is not None:
        return Trajectory(shape="turning", turned_at=turns[at].turn, turns=tuple(turns))
    moved = path[-1] - path[0]
    if abs(moved) < STEP:
        return Trajectory(shape="steady", turned_at=None, turns=tuple(turns))
    shape: TrajectoryShape = "rising" if moved > 0 else "falling"
    sign = 1 if moved > 0 else -1
    steps = [sign * (after - before) for before, after in pairwise(path)]
    return Trajectory(shape=shape, turned_at=turns[steps.index(max(steps)) + 1].turn, turns=tuple(turns))


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
