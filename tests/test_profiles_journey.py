"""The path of one customer, what it cost them, and the paths that many have in common."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings, strategies as st

from profiles.errors import InvalidRules
from profiles.event import EVENT_KINDS, Event
from profiles.journey import Journey, journey
from profiles.journey_rules import SHIPPED, JourneyRules

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TODAY = date(2026, 6, 30)
RULES = JourneyRules.shipped()


def event(number: int, kind: str, days: float = 0, **more: Any) -> Event:
    base = {"id": f"e{number}", "kind": kind, "at": NOON + timedelta(days=days), "source": "crm"}
    return Event.model_validate({**base, **more})


def story(*told: tuple[str, float] | tuple[str, float, dict[str, Any]]) -> list[Event]:
    """Events by kind, day and further fields, numbered from 1."""
    return [
        event(number, one[0], one[1], **(one[2] if len(one) > 2 else {}))
        for number, one in enumerate(told, 1)
    ]


def path(events: list[Event], today: date = TODAY) -> Journey:
    return journey(events, today=today, language="en")


ANY_EVENT = st.builds(
    event,
    st.integers(0, 10**6),
    st.sampled_from(EVENT_KINDS),
    st.one_of(st.floats(-400, 300), st.integers(-3, 3)),
    channel=st.sampled_from((None, "phone", "web", "fax_line")),
    category=st.sampled_from((None, "delay", "多收费")),
    case=st.sampled_from((None, None, "c1", "c2")),
    emotion=st.sampled_from((None, "anger", "neutral", "gratitude")),
    intensity=st.integers(0, 4),
    outcome=st.sampled_from((None, "upheld", "<rejected>")),
    seconds=st.sampled_from((None, 30.0, 600.0)),
    transfers=st.integers(0, 3),
)
EVENTS = st.lists(ANY_EVENT, max_size=40)


@given(EVENTS, st.randoms(use_true_random=False))
@settings(max_examples=80)
def test_any_order_gives_the_same_journey(events: list[Event], chance: random.Random) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert path(shuffled) == path(sorted(events, key=lambda one: one.at))


@given(EVENTS)
@settings(max_examples=80)
def test_steps_cover_every_event_once_and_episodes_at_most_once(events: list[Event]) -> None:
    made = path(events)
    inside = {f"crm:{one.id}" for one in events} if not made.future else None
    covered = [name for step in made.steps for name in step.events]
    assert len(covered) == len(set(covered)) == len(events) - made.duplicates - made.future
    assert inside is None or set(covered) == inside
    of_episodes = [name for episode in made.episodes for name in episode.events]
    assert len(of_episodes) == len(set(of_episodes))
    assert set(of_episodes) <= set(covered)
    for episode in made.episodes:
        staged = [name for stage in episode.stages for name in stage.events]
        assert sorted(staged) == sorted(episode.events)
    begins = [step.begin for step in made.steps]
    assert begins == sorted(begins)


@given(EVENTS)
@settings(max_examples=60)
def test_relationship_stages_leave_no_gap_and_never_repeat(events: list[Event]) -> None:
    stages = path(events).stages
    for before, after in pairwise(stages):
        assert before.end == after.begin
        assert before.code != after.code


@given(EVENTS, st.floats(0, 60), st.integers(0, 39))
@settings(max_examples=120)
def test_effort_stays_in_bounds_and_never_falls(events: list[Event], later: float, place: int) -> None:
    complaint = event(10**7, "complaint", -50, case="c1")
    events = [*events, complaint]
    before = path(events)
    assert all(0 <= episode.effort.score <= 100 for episode in before.episodes)

    broken = event(10**7 + 1, "broken", -50 + later + 0.01, case="c1")
    assert _effort(path([*events, broken])) >= _effort(before)

    handed_on = list(events)
    place %= len(events)
    changed = events[place].model_copy(update={"transfers": events[place].transfers + 1})
    handed_on[place] = changed
    known = {one.id for one in events}
    if len(known) == len(events):
        after = path(handed_on)
        for low, high in zip(before.episodes, after.episodes, strict=True):
            assert low.effort.score <= high.effort.score


def _effort(made: Journey) -> float:
    return next(episode.effort.score for episode in made.episodes if episode.case == "c1")


def test_nothing_gives_an_empty_journey() -> None:
    made = path([])
    assert (made.steps, made.episodes, made.stages, made.silence) == ((), (), (), None)
    assert made.words == "nothing on record yet"
    assert journey([], today=TODAY, language="zh").words == "还没有任何记录"


def test_one_event_is_one_step_and_silence_until_now() -> None:
    made = path(story(("complaint", 0, {"channel": "phone", "emotion": "anger", "intensity": 3})))
    step, silence = made.steps
    assert step.words == "complaint (phone), anger 3 of 4"
    assert (silence.kind, silence.open, silence.days) == ("silence", True, 180)
    assert made.silence is not None
    assert made.silence.words == "nothing for 180 days now, complaint open"


def test_many_of_a_kind_that_lie_together_are_one_step() -> None:
    visits = [("visit", number / 4, {"channel": "app"}) for number in range(9)]
    made = path(story(*visits, ("call", 1.1, {"channel": "phone"})))
    assert [step.words for step in made.steps[:2]] == ["9 visits in 3 days (app)", "call (phone)"]
    chinese = journey(story(*visits), today=TODAY, language="zh")
    assert chinese.steps[0].words == "3 天内 9 次访问（应用）".replace("内 9", "内9")


def test_steps_of_different_feelings_or_far_apart_are_not_merged() -> None:
    calm, angry = {"emotion": "neutral"}, {"emotion": "anger", "intensity": 2}
    made = path(
        story(("contact", 0, calm), ("contact", 1, angry), ("contact", 2, angry), ("contact", 9, angry))
    )
    assert [step.count for step in made.steps if step.kind != "silence"] == [1, 2, 1]


def test_duplicates_and_the_future_are_left_out_and_counted() -> None:
    events = story(("complaint", 0), ("call", 1), ("visit", 400))
    twice = [*events, events[0], events[1].model_copy(update={"seconds": 60.0})]
    made = path(twice)
    assert (made.duplicates, made.future) == (2, 1)
    assert made == path(twice[::-1])
    other_source = [events[0], events[0].model_copy(update={"source": "branch"})]
    assert path(other_source).duplicates == 0


def test_silence_counts_earlier_while_a_complaint_is_open() -> None:
    limit, open_limit = RULES.silence.quiet_days, RULES.silence.open_days

    def silent(*told: tuple[str, float]) -> list[tuple[int, bool]]:
        return [(step.days, step.open) for step in path(story(*told)).steps if step.kind == "silence"]

    assert silent(("visit", 0), ("visit", limit - 1)) == [(180 - limit + 1, False)]
    assert silent(("visit", 0), ("visit", limit))[0] == (limit, False)
    assert silent(("complaint", 0), ("turn", open_limit))[0] == (open_limit, True)
    assert silent(("complaint", 0), ("closed", 1), ("visit", 1 + open_limit))[0][1] is False


def test_who_has_left_is_not_silent() -> None:
    made = path(story(("visit", 0), ("left", 1)))
    assert [step.kind for step in made.steps] == ["visit", "left"]
    assert made.silence is not None
    assert not made.silence.counts
    assert made.stages[-1].code == "left"


def test_it_is_json_and_both_languages_say_the_same() -> None:
    events = story(("complaint", 0, {"emotion": "anger", "intensity": 2}), ("broken", 3), ("closed", 30))
    english, chinese = (json.loads(journey(events, today=TODAY, language=one).dump()) for one in ("en", "zh"))
    assert english["steps"][0]["begin"] == "2026-01-01T12:00:00+00:00"
    assert _without_words(english) == _without_words(chinese)
    assert chinese["episodes"][0]["pains"][0]["words"] == "承诺落空"


def _without_words(value: Any) -> Any:
    if isinstance(value, dict):
        fields = cast(dict[str, Any], value)
        return {
            key: _without_words(inner) for key, inner in fields.items() if key not in {"words", "language"}
        }
    return [_without_words(inner) for inner in cast(list[Any], value)] if isinstance(value, list) else value


def test_notes_never_reach_the_journey() -> None:
    events = story(("complaint", 0, {"note": "secret words"}), ("call", 1, {"note": "secret words"}))
    assert "secret" not in path(events).dump()


def test_the_ends_of_time_and_all_at_once() -> None:
    first = Event.model_validate(
        {"id": "a", "kind": "complaint", "at": "0001-01-02T00:00:00Z", "source": "crm"}
    )
    last = first.model_copy(update={"id": "b", "at": datetime(9999, 12, 31, 23, tzinfo=UTC)})
    made = path([last, first], date.max)
    assert [episode.state for episode in made.episodes] == ["lapsed", "open"]
    at_once = [event(number, kind, case="c") for number, kind in enumerate(EVENT_KINDS)]
    assert path(at_once) == path(at_once[::-1])


def test_ten_thousand_events_are_each_told_once() -> None:
    chance = random.Random(5)
    events = [
        event(
            number,
            chance.choice(EVENT_KINDS),
            chance.uniform(-900, 100),
            channel=chance.choice(("phone", "web", "app")),
            case=chance.choice((None, f"c{number % 40}")),
            emotion=chance.choice((None, "anger")),
            intensity=chance.randint(0, 4),
        )
        for number in range(10_000)
    ]
    found = path(events)
    told = [name for step in found.steps for name in step.events]
    assert len(told) == len(set(told)) == len(events)
    assert len(found.episodes) > 40


def test_rules_that_cannot_be_used_say_where(tmp_path: Path) -> None:
    text = SHIPPED.read_text(encoding="utf-8")

    def fault(old: str, new: str) -> str:
        path = tmp_path / "journey.toml"
        path.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(InvalidRules) as caught:
            JourneyRules.load(path)
        return str(caught.value)

    line = text.splitlines().index("quiet_days = 60") + 1
    assert f"journey.toml:{line}: silence.quiet_days" in fault("quiet_days = 60", "quiet_days = 0")
    assert "[kinds] has nothing for visit" in fault("\nvisit = {", "\n# visit = {")
    assert "{name} is no name" in fault('"沉默 {n} 天"', '"沉默 {name} 天"')
    assert "braces do not match" in fault('"沉默 {n} 天"', '"沉默 {n 天"')
