"""A customer in four dimensions, and the five ways by which one is told apart, in sentences.

It orders what traits, facts, segments and rules of care say already; it knows nothing of its own.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from profiles.care import CareRules
from profiles.fact import Fact, Language
from profiles.owned import Owned
from profiles.registry import Registry
from profiles.traits import Dimension, TraitRules, Traits, Way

SITUATION: Final = "situation"
"""The layer of segments that says where things stand."""
GROUP: Final = "group"
_PREFERENCES: Final = ("preferred_channel", "preferred_contact_time", "language", "accessibility_need")
"""Fields of what a customer asked of the way we speak with them."""
_BASICS: Final = ("title", "company", "product", "plan", "customer_since")
_MARKET: Final = ("product", "plan", "segment")


class SegmentShown(Owned):
    """A segment the person is in: the situation it names, never their worth."""

    layer: str
    code: str
    name: str
    reasons: tuple[str, ...]


class Portrait(Owned):
    """Sentences; empty where nothing is known."""

    dimensions: dict[Dimension, tuple[str, ...]] = {}
    """The needs each with the reason it was inferred."""
    ways: dict[Way, tuple[str, ...]] = {}


def portrait(
    traits: Traits,
    facts: Sequence[Fact],
    segments: Sequence[SegmentShown],
    language: Language,
    today: date,
) -> Portrait:
    """The portrait of a customer as the facts that may be seen tell it."""
    rules = TraitRules.shipped()
    dimensions: dict[Dimension, list[str]] = {"basics": [], "behaviour": [], "emotion": [], "needs": []}
    ways: dict[Way, list[str]] = {
        "behaviour": [], "expectation": [], "demographics": [], "market": [], "situation": [],
    }  # fmt: skip
    dimensions["basics"] += _said(facts, _BASICS, language)
    ways["expectation"] += _said(facts, _PREFERENCES, language)
    ways["market"] += _said(facts, _MARKET, language)
    for name, trait in rules.traits.items():
        if traits.get(name):
            sentence = rules.said(name, traits[name], language)
            dimensions[trait.dimension].append(sentence)
            ways[trait.way].append(sentence)
    for segment in segments:
        way: Way = "situation" if segment.layer == SITUATION else "behaviour"
        ways["market" if segment.layer == GROUP else way].insert(0, segment.name)
    served = CareRules.shipped().served(traits, today, language)
    for need in served.needs:
        dimensions["needs"].append(f"{need.words} ({'; '.join(need.reasons)})")
        ways["expectation"].append(need.words)
    return Portrait(
        dimensions={name: _once(said) for name, said in dimensions.items() if said},
        ways={name: _once(said) for name, said in ways.items() if said},
    )


def _said(facts: Sequence[Fact], names: Sequence[str], language: Language) -> Iterator[str]:
    fields = Registry.shipped().fields
    for fact in facts:
        if fact.field in names and fact.field in fields:
            field = fields[fact.field]
            meaning = f"{field.meaning_zh}：" if language == "zh" else f"{field.meaning_en}: "
            yield f"{meaning}{fact.value}"


def _once(said: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(said))
