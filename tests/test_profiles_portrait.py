"""Four dimensions and five ways, each from what may be seen and from nothing else."""

from datetime import date

import pytest
from hypothesis import given, strategies as st

from profiles.fact import Fact, Language
from profiles.portrait import Portrait, SegmentShown, portrait
from profiles.traits import TraitRules, Value

TODAY = date(2026, 11, 23)
TRAITS: dict[str, Value] = {
    "complaints_90d": 2, "broken_promises_365d": 1, "negative_90d": 3, "region": "上海市", "tier": "gold",
    "known_days": 900, "hours": "evening", "open_complaints": 1, "age_band": "60+",
}  # fmt: skip


def fact(field: str, value: str) -> Fact:
    return Fact(
        field=field,
        value=value,
        source="crm",
        observed_at=TODAY,
        purpose="complaint_handling",
        basis="contract",
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_known_has_its_dimension_and_its_way(language: Language) -> None:
    facts = [fact("preferred_channel", "电话"), fact("product", "理财A"), fact("name", "陈晓梅")]
    segments = [
        SegmentShown(layer="situation", code="a", name="仍在等待", reasons=()),
        SegmentShown(layer="effort", code="b", name="周折很多", reasons=()),
        SegmentShown(layer="group", code="group_1", name="常来电", reasons=()),
    ]
    found = portrait(TRAITS, facts, segments, language, TODAY)
    assert set(found.dimensions) == {"basics", "behaviour", "emotion", "needs"}
    assert set(found.ways) == {"behaviour", "expectation", "demographics", "market", "situation"}
    assert found.ways["situation"][0] == "仍在等待"
    assert found.ways["behaviour"][0] == "周折很多"
    assert found.ways["market"][0] == "常来电"
    assert any("电话" in said for said in found.ways["expectation"])
    assert any("上海市" in said for said in found.ways["demographics"])
    assert all("(" in need for need in found.dimensions["needs"]), "each need says why"
    assert "陈晓梅" not in str(found)


def test_of_nobody_nothing_is_said() -> None:
    assert portrait({}, [], [], "zh", TODAY) == Portrait()


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(TRAITS, st.none() | st.integers(0, 5))))
def test_whatever_is_known_is_said_once_in_each(traits: dict[str, Value]) -> None:
    found = portrait(traits, [], [], "en", TODAY)
    for said in (*found.dimensions.values(), *found.ways.values()):
        assert len(said) == len(set(said)) > 0
    known = [name for name, value in traits.items() if value]
    spoken = [s for name, said in found.dimensions.items() if name != "needs" for s in said]
    assert len(spoken) == len({TraitRules.shipped().said(name, traits[name], "en") for name in known})
