"""What is compared to find customers on record twice, declared in duplicates.toml."""

import functools
from datetime import date
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from profiles.errors import InvalidRules
from profiles.fact import Language
from profiles.owned import Code, Owned
from profiles.rules import load_rules, located

SHIPPED: Final = Path(__file__).with_name("duplicates.toml")

Words = Annotated[str, Field(min_length=1, max_length=60)]
How = Literal["text", "place", "number", "date", "contact"]
Says = Literal["own", "household", "name", "family"]


class Agreement(IntEnum):
    """How two values of one kind agree."""

    UNKNOWN = 0
    """One of them is missing."""
    SAME = 1
    NEAR = 2
    ALIKE = 3
    SWAPPED = 4
    DIFFERENT = 5


class _Said(Owned):
    zh: Annotated[str, Field(pattern=r"\{\}")]
    en: Annotated[str, Field(pattern=r"\{\}")]


class Kind(Owned):
    """One kind of value."""

    zh: Words
    en: Words
    how: How
    says: Says
    swaps_with: Code | None = None
    """The kind it is often mixed up with in forms."""
    aliases: tuple[Words, ...] = ()
    """Headers of its column in tables, beside its own name."""


class DuplicateRules(Owned):
    """Everything duplicates.toml declares."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    source: Annotated[str, Field(min_length=1, max_length=300)]
    valid_from: date
    compound_surnames: tuple[Words, ...] = ()
    place_signs: str = ""
    agreement: dict[Literal["same", "near", "alike", "swapped", "different"], _Said]
    kinds: Annotated[dict[Code, Kind], Field(min_length=1)]

    @classmethod
    def shipped(cls) -> "DuplicateRules":
        """Those that come with the product."""
        return _shipped()

    @classmethod
    def load(cls, path: Path) -> "DuplicateRules":
        """The rules of a file.

        Raises:
            InvalidRules: it is missing, is no TOML or breaks the schema; says in which line.
        """
        rules, text = load_rules(path, cls)
        faults = [
            (
                ("kinds", name, "swaps_with"),
                f"no kind is called {kind.swaps_with!r}: declare it, or take it out",
            )
            for name, kind in rules.kinds.items()
            if kind.swaps_with is not None and kind.swaps_with not in rules.kinds
        ]
        missing = {level.name.lower() for level in Agreement if level} - set(rules.agreement)
        faults += [(("agreement",), f"needs words for {name!r}") for name in sorted(missing)]
        if faults:
            raise InvalidRules(located(path, text, faults))
        return rules

    def said(self, kind: str, agreement: Agreement, language: Language) -> str:
        """How a kind agrees, in words without any value."""
        words = self.agreement[_CODES[agreement]]
        known = self.kinds[kind]
        return words.zh.format(known.zh) if language == "zh" else words.en.format(known.en)


_CODES: Final[dict[Agreement, Literal["same", "near", "alike", "swapped", "different"]]] = {
    Agreement.SAME: "same",
    Agreement.NEAR: "near",
    Agreement.ALIKE: "alike",
    Agreement.SWAPPED: "swapped",
    Agreement.DIFFERENT: "different",
}


@functools.cache
def _shipped() -> DuplicateRules:
    return DuplicateRules.load(SHIPPED)
