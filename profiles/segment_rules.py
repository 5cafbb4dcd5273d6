"""The rules of segments: layers of named conditions over traits, declared in segments.toml.

Within a layer the first rule that holds names the segment; the layers do not know each other.
"""

import functools
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from profiles.errors import InvalidRules
from profiles.expressions import Expression, grounds_of, holds, traits_of
from profiles.expressions_parser import parse
from profiles.expressions_tokens import InvalidExpression
from profiles.fact import Language
from profiles.owned import Code, Owned
from profiles.rules import load_rules, located
from profiles.traits import Trait, TraitRules, Traits

SHIPPED: Final = Path(__file__).with_name("segments.toml")

PASSING: Final = "now_"
"""Begins the names of traits of the contact that is going on."""

Name = Annotated[str, Field(min_length=1, max_length=100)]


class _Rule(Owned):
    zh: Name
    en: Name
    when: str
    source: Annotated[str, Field(min_length=1, max_length=300)]
    version: Annotated[str, Field(min_length=1, max_length=40)]
    valid_from: date


class _Layer(Owned):
    zh: Name
    en: Name
    rules: Annotated[dict[Code, _Rule], Field(min_length=1)]


class Tendencies(Owned):
    """How a group that has more, or less, of a trait than others is called."""

    more: Name
    less: Name


class Tendency(Owned):
    """The words for a trait in both languages."""

    zh: Tendencies
    en: Tendencies


class _File(Owned):
    version: Annotated[str, Field(min_length=1, max_length=40)]
    source: Annotated[str, Field(min_length=1, max_length=300)]
    valid_from: date
    smallest_group: Annotated[int, Field(ge=5, le=10_000)]
    layers: Annotated[dict[Code, _Layer], Field(min_length=1)]
    words: dict[Code, Tendency]


@dataclass(frozen=True, slots=True)
class SegmentRule:
    """One segment and the condition of belonging to it."""

    code: str
    zh: str
    en: str
    when: Expression
    source: str
    version: str
    valid_from: date

    def named(self, language: Language) -> str:
        """Its name."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Layer:
    """Segments of which a customer has at most one."""

    code: str
    zh: str
    en: str
    rules: tuple[SegmentRule, ...]
    """The first that holds is the customer's."""

    def of(self, traits: Traits, on: date) -> SegmentRule | None:
        """The customer's segment on a day; None where no rule that is in force holds."""
        for rule in self.rules:
            if rule.valid_from <= on and holds(rule.when, traits):
                return rule
        return None


@dataclass(frozen=True, slots=True)
class SegmentRules:
    """Everything segments.toml declares."""

    version: str
    smallest_group: int
    """Customers a group has to have before anything is said of it."""
    layers: tuple[Layer, ...]
    words: dict[str, Tendency]
    """By trait."""
    traits: TraitRules

    @classmethod
    def shipped(cls) -> "SegmentRules":
        """Those that come with the product."""
        return _shipped()

    @classmethod
    def load(cls, path: Path, traits: TraitRules | None = None) -> "SegmentRules":
        """The rules of a file, over the traits that are declared.

        Raises:
            InvalidRules: the file is missing, is no TOML, breaks the schema, or a condition cannot be read;
                says in which line, at which column, and what to write instead.
        """
        known = traits or TraitRules.shipped()
        file, text = load_rules(path, _File)
        _check_codes(path, text, file)
        layers = tuple(
            Layer(code, layer.zh, layer.en, tuple(_rules(path, text, code, layer, known)))
            for code, layer in file.layers.items()
        )
        return cls(file.version, file.smallest_group, layers, file.words, known)


def reasons_of(rule: SegmentRule, traits: Traits, words: TraitRules, language: Language) -> tuple[str, ...]:
    """What made the rule hold, in words; a trait that had to be unknown has none."""
    found = dict.fromkeys(leaf.trait for leaf in grounds_of(rule.when, traits))
    return tuple(words.said(name, traits[name], language) for name in found if traits.get(name) is not None)


def _check_codes(path: Path, text: str, file: _File) -> None:
    """Outside its layer too a code names one segment."""
    seen: dict[str, str] = {}
    for layer, rules in file.layers.items():
        for code in rules.rules:
            if code in seen:
                fault = (
                    ("layers", layer, "rules", code),
                    f"layer {seen[code]!r} has this code: choose another",
                )
                raise InvalidRules(located(path, text, [fault]))
            seen[code] = layer


def _rules(path: Path, text: str, layer: str, declared: _Layer, traits: TraitRules) -> list[SegmentRule]:
    found: list[SegmentRule] = []
    for code, rule in declared.rules.items():
        try:
            when = _lasting(rule.when, parse(rule.when, traits.traits))
        except InvalidExpression as error:
            where = ("layers", layer, "rules", code, "when")
            raise InvalidRules(_placed(path, text, where, rule.when, error)) from error
        found.append(SegmentRule(code, rule.zh, rule.en, when, rule.source, rule.version, rule.valid_from))
    return found


def _lasting(text: str, when: Expression) -> Expression:
    """The condition.

    Raises:
        InvalidExpression: it asks for a trait of the contact that is going on.
    """
    for name in traits_of(when):
        if name.startswith(PASSING):
            message = f"{name!r} is of the contact that is going on and makes no segment: leave it out"
            raise InvalidExpression(message, text.index(name))
    return when


def _placed(path: Path, text: str, where: tuple[str, ...], when: str, error: InvalidExpression) -> str:
    """The fault with file, line and column, both from 1."""
    begun = int(located(path, text, [(where, "")])[len(str(path)) + 1 :].split(":", 1)[0])
    before = sum(len(line) for line in text.splitlines(keepends=True)[: begun - 1])
    start = text.find(when, before)
    way = ".".join(where)
    if start < 0:
        # escapes stand in the file for other characters, so only the line is certain
        return f"{path}:{begun}: {way}: {error} (character {error.at + 1} of the condition)"
    fault = start + error.at
    line = text.count("\n", 0, fault) + 1
    column = fault - (text.rfind("\n", 0, fault) + 1) + 1
    return f"{path}:{line}:{column}: {way}: {error}"


def lasting(traits: TraitRules) -> dict[str, Trait]:
    """The traits that segments may read: not protected, and not of the contact that is going on.

    What somebody tells in one contact, of their health or their money, is for that contact, and makes no
    segment of them.
    """
    return {
        name: trait
        for name, trait in traits.traits.items()
        if not trait.protected and not name.startswith(PASSING)
    }


@functools.cache
def _shipped() -> SegmentRules:
    return SegmentRules.load(SHIPPED)
