from typing import Literal

import numpy as np
import pytest
from hypothesis import given, strategies as st

from bot.complaint import Turn
from bot.privacy.redaction import Redactor
from bot.suggestion import FeltTurn, TrajectoryShape
from bot.triage.reading import read
from bot.triage.trajectory import distress, trajectory
from bot.triage.triage import Triager
from knowledge.case import EmotionKind
from knowledge.taxonomy import Taxonomy

Felt = tuple[Literal["anger", "anxiety", "gratitude", "neutral"], int]
CALM: Felt = ("neutral", 0)


def turns(*felt: Felt) -> list[FeltTurn]:
    """Turns of the customer at the even places of a conversation."""
    return [FeltTurn(turn=2 * n, primary=kind, intensity=size) for n, (kind, size) in enumerate(felt)]


@pytest.mark.parametrize(
    ("felt", "shape", "turned_at"),
    [
        ([CALM, ("anger", 1), ("anger", 3)], "rising", 4),
        ([("anger", 3), ("anger", 1), CALM], "falling", 2),
        ([("anger", 3), ("gratitude", 2)], "falling", 2),
        ([CALM, ("anger", 4), CALM], "turning", 2),
        ([("anger", 3), ("gratitude", 1), ("anger", 4)], "turning", 2),
        ([("anger", 2), ("anxiety", 2), ("anger", 2)], "steady", None),
        ([CALM, CALM], "steady", None),
    ],
)
def test_the_shape_and_the_turn_that_turned_it(
    felt: list[Felt], shape: TrajectoryShape, turned_at: int | None
) -> None:
    path = trajectory(turns(*felt))
    assert path is not None
    assert (path.shape, path.turned_at) == (shape, turned_at)
    assert len(path.turns) == len(felt)


def test_one_turn_has_no_path() -> None:
    assert trajectory(turns(("anger", 4))) is None


@given(
    st.lists(
        st.tuples(st.sampled_from(["anger", "sadness", "gratitude"]), st.integers(1, 4)),
        min_size=2,
        max_size=50,
    )
)
def test_the_turn_named_is_one_of_the_customers_and_fits_the_shape(
    felt: list[tuple[EmotionKind, int]],
) -> None:
    said = [FeltTurn(turn=n, primary=kind, intensity=size) for n, (kind, size) in enumerate(felt)]
    path = trajectory(said)
    assert path is not None
    moved = distress(said[-1]) - distress(said[0])
    if path.turned_at is None:
        assert path.shape == "steady" and moved == 0
    elif path.shape == "turning":
        away = {distress(said[path.turned_at]) - distress(end) for end in (said[0], said[-1])}
        assert min(away) > 0 or max(away) < 0
    else:
        step = distress(said[path.turned_at]) - distress(said[path.turned_at - 1])
        assert (step > 0) == (moved > 0) == (path.shape == "rising")


def test_triage_tells_which_turn_of_a_conversation_turned_it() -> None:
    said = (
        Turn(text="Could you tell me when my parcel arrives?"),
        Turn(text="It is on its way.", speaker="agent"),
        Turn(text="THIS IS DISGUSTING!!! You lied to me, I am absolutely FURIOUS, you useless thieves!!!"),
    )
    triage = Triager(None, Taxonomy.core()).judge(
        read(said, Redactor({}), 1000), "en", np.zeros(1, np.float32), "en"
    )
    path = triage.emotion.trajectory
    assert path is not None
    assert (path.shape, path.turned_at) == ("rising", 2)
    assert [felt.turn for felt in path.turns] == [0, 2]
