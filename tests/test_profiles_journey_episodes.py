"""The complaints within a journey: what belongs to each, its stages, what it cost and where it hurt."""

from datetime import date

import pytest

from profiles.event import Event
from profiles.journey import Episode
from tests.test_profiles_journey import RULES, TODAY, path, story


def only_episode(events: list[Event], today: date = TODAY) -> Episode:
    (episode,) = path(events, today).episodes
    return episode


def test_complaints_that_interleave_are_told_apart_by_their_case() -> None:
    made = path(
        story(
            ("complaint", 0, {"case": "a"}),
            ("complaint", 1, {"case": "b"}),
            ("turn", 2, {"case": "a"}),
            ("closed", 3, {"case": "b", "outcome": "rejected"}),
            ("closed", 9, {"case": "a", "outcome": "upheld"}),
        )
    )
    first, second = made.episodes
    assert (first.case, first.events, first.resolved_days, first.outcome) == (
        "a",
        ("crm:e1", "crm:e3", "crm:e5"),
        9,
        "upheld",
    )
    assert (second.case, second.contacts, second.resolved_days) == ("b", 1, 2)


def test_events_without_a_case_belong_to_the_complaint_they_lie_in() -> None:
    after = RULES.episodes.after_days
    made = path(
        story(
            ("self_service", -20),  # too long before
            ("self_service", -1),
            ("complaint", 0, {"category": "delay"}),
            ("call", 1, {"category": "多收费"}),  # something else
            ("call", 1.5),
            ("visit", 2),  # the background
            ("closed", 3),
            ("survey", 3 + after),
            ("contact", 5 + after),  # too late
        )
    )
    (episode,) = made.episodes
    assert episode.events == ("crm:e2", "crm:e3", "crm:e5", "crm:e7", "crm:e8")
    assert [stage.code for stage in episode.stages] == [
        "before",
        "first_contact",
        "follow_up",
        "resolution",
        "after",
    ]


def test_a_complaint_nobody_closed_goes_stale() -> None:
    stale = RULES.episodes.stale_days
    events = story(("complaint", 0), ("complaint", stale + 1))
    first, second = path(events, date(2026, 8, 1)).episodes
    assert (first.state, first.open_days, first.end) == ("lapsed", stale, None)
    assert second.state == "open"


def test_a_reopened_complaint_is_open_again() -> None:
    episode = only_episode(story(("complaint", 0), ("closed", 2), ("reopened", 10), ("closed", 13)))
    assert episode.reopened
    assert (episode.open_days, episode.resolved_days, episode.state) == (5, 13, "closed")
    assert [(pain.code, pain.events) for pain in episode.pains] == [("reopened", ("crm:e3",))]


def test_stages_of_a_hard_complaint() -> None:
    episode = only_episode(
        story(
            ("complaint", 0),
            ("promise", 1),
            ("turn", 6),
            ("broken", 7),
            ("escalated", 8),
            ("turn", 8.5),
            ("closed", 9),
        )
    )
    assert [(stage.code, len(stage.events)) for stage in episode.stages] == [
        ("first_contact", 1),
        ("waiting", 1),
        ("follow_up", 1),
        ("waiting", 1),
        ("escalation", 2),
        ("resolution", 1),
    ]
    assert episode.answered_days == 1


@pytest.mark.parametrize(
    ("degrees", "shape", "turned_by"),
    [
        ([2], "steady", None),
        ([2, 2], "steady", None),
        ([1, 1, 3], "rising", "crm:e3"),
        ([4, 2, 1], "falling", "crm:e2"),
        ([1, 4, 2], "turning_better", "crm:e2"),
        ([3, 1, 3], "turning_worse", "crm:e2"),
        ([2, -3], "falling", "crm:e2"),
    ],
)
def test_how_the_feeling_moved(degrees: list[int], shape: str, turned_by: str | None) -> None:
    felt = [
        (
            "complaint" if day == 0 else "turn",
            day,
            {"emotion": "anger" if degree > 0 else "gratitude", "intensity": abs(degree), "case": "c"},
        )
        for day, degree in enumerate(degrees)
    ]
    feeling = only_episode(story(*felt)).feeling
    assert feeling is not None
    assert (feeling.shape, feeling.turned_by, feeling.worst) == (shape, turned_by, max(degrees))


def test_no_feeling_is_not_calm() -> None:
    assert only_episode(story(("complaint", 0), ("closed", 1))).feeling is None


def test_promises_are_settled_oldest_first_and_within_their_complaint() -> None:
    made = path(
        story(
            ("complaint", 0, {"case": "a"}),
            ("promise", 1, {"case": "a"}),
            ("promise", 2, {"case": "a"}),
            ("complaint", 2.5, {"case": "b"}),
            ("broken", 3, {"case": "b"}),
            ("kept", 4, {"case": "a"}),
        )
    )
    assert [(one.made, one.state, one.settled) for one in made.promises] == [
        (None, "broken", "crm:e5"),
        ("crm:e2", "kept", "crm:e6"),
        ("crm:e3", "open", None),
    ]


def test_every_pain_shows_its_events() -> None:
    phone, web = {"channel": "phone"}, {"channel": "web"}
    episode = only_episode(
        story(
            ("self_service", -1, web),
            ("complaint", 0, {**web, "emotion": "anger", "intensity": 1}),
            ("call", 1, {**phone, "transfers": 2, "seconds": 600}),
            ("call", 2, {**phone, "emotion": "anger", "intensity": 4}),
            ("promise", 3),
            ("broken", 5),
            ("turn", 6, web),
            ("closed", 20),
            ("reopened", 21, web),
        )
    )
    pains = {pain.code: (pain.amount, pain.events, pain.words) for pain in episode.pains}
    assert pains == {
        "self_service_failed": (1, ("crm:e1",), "found no help alone"),
        "had_to_repeat": (1, ("crm:e3", "crm:e4"), "had to tell it again"),
        "handed_on": (2, ("crm:e3",), "handed on 2 times"),
        "feeling_worsened": (3, ("crm:e2", "crm:e4"), "feeling worse by 3 degrees"),
        "promise_broken": (1, ("crm:e6",), "promise not kept"),
        "silence_from_us": (159, ("crm:e7", "crm:e8", "crm:e9"), "no word from us for 159 days"),
        "waited_too_long": (179, ("crm:e2", "crm:e8"), "waited 179 days"),
        "reopened": (1, ("crm:e9",), "opened again"),
    }
    assert [pain.at for pain in episode.pains] == sorted(pain.at for pain in episode.pains)
    parts = {part.code: part.amount for part in episode.effort.parts}
    assert parts == {
        "contacts": 5,
        "channel_switches": 2,
        "transfers": 2,
        "repeats": 1,
        "call_minutes": 10,
        "waiting_days": 179.5,
        "failed_self_service": 1,
        "broken_promises": 1,
    }
    assert not episode.effort.verified


def test_asking_again_on_many_days_without_an_answer_is_repeating() -> None:
    asked = [("turn", day, {"case": "c"}) for day in (1, 2)]
    pains = only_episode(story(("complaint", 0, {"case": "c"}), *asked, ("closed", 3, {"case": "c"}))).pains
    assert [(pain.code, pain.amount) for pain in pains] == [("had_to_repeat", 2)]
    same_day = [("turn", hour / 24, {"case": "c"}) for hour in (1, 2, 3)]
    assert not only_episode(
        story(("complaint", 0, {"case": "c"}), *same_day, ("closed", 1, {"case": "c"}))
    ).pains


def test_an_easy_complaint_costs_little_and_a_hard_one_much() -> None:
    easy = only_episode(story(("complaint", 0), ("closed", 1)))
    hard = only_episode(story(("complaint", 0), *[("call", day, {"transfers": 1}) for day in range(1, 9)]))
    assert easy.effort.score < 10 < 80 < hard.effort.score
    assert [part.words for part in easy.effort.parts] == ["1 contact", "1 day of waiting"]
