"""The traits: what is computed of a customer, declared with its words in traits.toml."""

import functools
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from profiles.fact import Language
from profiles.owned import Code, Owned
from profiles.rules import load_rules

SHIPPED: Final = Path(__file__).with_name("traits.toml")

Dimension = Literal["basics", "behaviour", "emotion", "needs"]
"""What a customer is described in. Feelings are of contacts, never a label on the person."""
Way = Literal["behaviour", "expectation", "demographics", "market", "situation"]
"""How a customer is told apart. Demographics only help to speak with them: nothing is decided by them."""

Value = int | float | str | bool | None
"""None where it is not known."""
Traits = Mapping[str, Value]
"""Of one customer, by name; a name that is missing is not known either."""


class Trait(Owned):
    """One declared trait."""

    kind: Literal["number", "share", "flag", "word"]
    protected: bool = False
    """Says who the person is, not what happened: no risk, segment, urgency or commitment reads it."""
    dimension: Dimension = "behaviour"
    way: Way = "behaviour"
    zh: Annotated[str, Field(min_length=1, max_length=200)]
    en: Annotated[str, Field(min_length=1, max_length=200)]

    def said(self, value: Value, language: Language) -> str:
        """The trait with its value in words."""
        return (self.zh if language == "zh" else self.en).format(value=shown(value, self.kind))


class TraitRules(Owned):
    """Everything traits.toml declares."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    source: Annotated[str, Field(min_length=1, max_length=300)]
    valid_from: date
    traits: Annotated[dict[Code, Trait], Field(min_length=1)]
    words: dict[str, dict[Language, str]] = {}
    """Values that are codes, in words."""

    @classmethod
    def shipped(cls) -> "TraitRules":
        """Those that come with the product."""
        return _shipped()

    def said(self, name: str, value: Value, language: Language) -> str:
        """A trait in words; one that nobody declared by its name (columns of a company's own data)."""
        trait = self.traits.get(name)
        if trait is not None:
            return trait.said(self._in_words(value, language), language)
        # what two words of a name in a CSV are run together from is easier to read apart
        words = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name)
        return (
            f"{words}: {shown(value, 'number')}" if language == "en" else f"{words}：{shown(value, 'number')}"
        )

    def _in_words(self, value: Value, language: Language) -> Value:
        words = self.words.get(value) if isinstance(value, str) else None
        return value if words is None else words.get(language, value)


def shown(value: Value, kind: str) -> str:
    """A value in words: numbers without needless digits, shares as percent."""
    match value:
        case None:
            return "–"
        case bool():
            return "✓" if value else "✗"
        case int() if abs(value) > 10**15:
            return f"{value:,}" if abs(value) < 10**30 else "∞"
        case float() | int():
            return f"{value:.0%}" if kind == "share" else f"{value:,.2f}".rstrip("0").rstrip(".")
        case _:
            return value


@functools.cache
def _shipped() -> TraitRules:
    rules, _ = load_rules(SHIPPED, TraitRules)
    return rules
