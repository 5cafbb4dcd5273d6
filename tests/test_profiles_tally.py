"""What events come to: kept up to date event by event, the same as made afresh."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from profiles.behaviour import feelings_over, traits_of
from profiles.event import EVENT_KINDS, Event
from profiles.fact import Fact
from profiles.tally import KEPT_DAYS, MOST, Tally, order
from profiles.traits import TraitRules

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def event(number: int, kind: str = "contact", days: float = 0, **more: Any) -> Event:
    """An event some days after noon of June 1st."""
    base = {"id": f"e{number}", "kind": kind, "at": NOON + timedelta(days=days), "source": "crm"}
    return Event.model_validate({**base, **more})


EVENTS = st.lists(
    st.builds(
        event,
        st.integers(0, 10**6),
        st.sampled_from(EVENT_KINDS),
        st.floats(-900, 0),
        channel=st.sampled_from((None, "phone", "web")),
        category=st.sampled_from((None, "delay", "多收费")),
        case=st.sampled_from((None, "c1", "c2")),
        emotion=st.sampled_from((None, "anger", "neutral", "gratitude")),
        intensity=st.integers(0, 4),
        product=st.sampled_from((None, "loan", "理财")),
        amount=st.sampled_from((None, 12.5, 100.0)),
        seconds=st.sampled_from((None, 30.0, 600.0)),
        transfers=st.integers(0, 3),
        score=st.sampled_from((None, 0.0, 0.5, 1.0)),
    ),
    max_size=60,
    unique_by=lambda made: made.id,
)


@given(EVENTS, st.data())
@settings(max_examples=60)
def test_a_tally_kept_up_to_date_in_any_steps_equals_one_made_afresh(
    events: list[Event], data: st.DataObject
) -> None:
    whole = Tally.of(events)
    kept = Tally()
    for one in sorted(events, key=order):
        kept.add(one)
        if data.draw(st.booleans()):
            loaded = Tally.load(kept.dump())
            assert loaded is not None
            kept = loaded
    assert kept == whole
    assert Tally.of(reversed(events)) == whole


@given(EVENTS, st.integers(0, 900))
@settings(max_examples=60)
def test_traits_are_declared_and_shares_lie_between_0_and_1(events: list[Event], later: int) -> None:
    rules = TraitRules.shipped().traits
    traits = traits_of(Tally.of(events), (), NOON + timedelta(days=later))
    assert set(traits) <= set(rules)
    for name, value in traits.items():
        assert rules[name].kind != "share" or value is None or 0 <= float(value) <= 1
        assert value is None or (rules[name].said(value, "zh") and rules[name].said(value, "en"))


def test_an_older_event_cannot_be_added() -> None:
    tally = Tally.of([event(1, days=2)])
    with pytest.raises(ValueError, match="make the tally afresh"):
        tally.add(event(2, days=1))
    with pytest.raises(ValueError, match="make the tally afresh"):
        tally.add(event(1, days=2))


def test_traits_say_what_happened() -> None:
    tally = Tally.of(
        [
            event(1, "self_service", -41),
            event(2, "complaint", -40, channel="phone", category="delay", case="c1",
                  emotion="anger", intensity=3),
            event(3, "promise", -39, case="c1"),
            event(4, "call", -38, channel="phone", seconds=600, transfers=2),
            event(5, "closed", -35, case="c1"),
            event(6, "survey", -34, score=0.25),
            event(7, "complaint", -10, channel="web", category="delay", case="c2",
                  emotion="disappointment", intensity=1),
            event(8, "broken", -9, case="c1"),
            event(9, "purchase", -300, product="loan", amount=10),
        ]
    )  # fmt: skip
    traits = traits_of(tally, (), NOON)
    assert {name: value for name, value in traits.items() if value not in {None, 0}} == {
        "complaints_90d": 2, "complaints_365d": 2, "days_since_complaint": 10, "days_between_complaints": 30,
        "open_complaints": 1, "self_service_before": 0.5, "category": "delay", "contacts_90d": 3,
        "calls_90d": 1, "call_minutes_90d": 10.0, "transfers_90d": 2, "channels": 2, "channel": "phone",
        "hours": "afternoon", "negative_90d": 1, "worst_intensity_90d": 3, "satisfaction_365d": 0.25,
        "last_satisfaction": 0.25, "broken_promises_365d": 1, "products": 1, "purchases_365d": 1,
        "days_since_purchase": 300, "silent_days": 9, "known_days": 300,
    }  # fmt: skip
    assert feelings_over(tally, NOON) == {"anger": 1, "disappointment": 1}
    assert feelings_over(tally, NOON, 20) == {"disappointment": 1}


def test_nobody_without_events_has_traits_but_those_of_facts() -> None:
    region = Fact.model_validate(
        {"field": "region", "value": "无锡", "source": "crm", "observed_at": "2026-01-01",
         "purpose": "complaint_handling", "basis": "contract"}
    )  # fmt: skip
    traits = traits_of(Tally(), [region], NOON)
    assert {name: value for name, value in traits.items() if value is not None} == {"region": "无锡"}


def test_ten_thousand_events_stay_small() -> None:
    tally = Tally.of(
        event(n, "complaint" if n % 3 else "purchase", -n / 10, case=f"c{n}", product=f"p{n}")
        for n in range(10_000)
    )
    assert tally.events == 10_000
    assert len(tally.open_cases) == MOST and len(tally.products) == MOST
    assert len(tally.days) <= KEPT_DAYS + 1
    assert len(tally.dump()) < 150_000


def test_a_tally_of_another_format_is_made_afresh() -> None:
    assert Tally.load(Tally().dump().replace('"format":2', '"format":0')) is None


def test_what_nobody_closed_or_settled_does_not_stay_open_for_ever() -> None:
    tally = Tally.of([event(1, "complaint", -100, case="c1"), event(2, "promise", -95, case="c1")])
    shown = [traits_of(tally, (), NOON + timedelta(days=later)) for later in (-10, 0, 100)]
    assert [traits["open_complaints"] for traits in shown] == [1, 1, 0]
    assert [traits["open_promises"] for traits in shown] == [1, 0, 0]
