"""How a customer is best served now: needs they did not voice, the situation of this contact, what to do.

Rules of care.toml over the traits of the customer and of the contact. Care only adds: nothing here can lower
urgency, redress or politeness.
"""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from profiles.errors import InvalidRules
from profiles.expressions import Expression, grounds_of, holds
from profiles.expressions_parser import parse
from profiles.expressions_tokens import InvalidExpression
from profiles.fact import Language
from profiles.owned import Code, Owned
from profiles.rules import load_rules, located
from profiles.traits import TraitRules, Traits

SHIPPED: Final = Path(__file__).with_name("care.toml")
MOST_REASONS: Final = 3

Words = Annotated[str, Field(min_length=1, max_length=200)]


class _Rule(Owned):
    zh: Words
    en: Words
    when: str
    skill: Code | None = None
    writing: bool = False


class _File(Owned):
    version: Annotated[str, Field(min_length=1, max_length=40)]
    source: Annotated[str, Field(min_length=1, max_length=300)]
    valid_from: date
    verified: bool
    abroad: tuple[Words, ...]
    needs: dict[Code, _Rule]
    situations: dict[Code, _Rule]
    strategies: dict[Code, _Rule]


@dataclass(frozen=True, slots=True)
class Care:
    """One thing to know or to do, and why."""

    code: str
    words: str
    reasons: tuple[str, ...]
    """The traits that speak for it, in words."""
    skill: str | None = None
    """What whoever answers should be able to do."""
    writing: bool = False
    """Whether it is about how the reply is written."""


@dataclass(frozen=True, slots=True)
class Served:
    """How a customer is best served now."""

    needs: tuple[Care, ...] = ()
    situations: tuple[Care, ...] = ()
    strategies: tuple[Care, ...] = ()

    @property
    def skills(self) -> tuple[str, ...]:
        """Of all strategies, each once."""
        return tuple(dict.fromkeys(care.skill for care in self.strategies if care.skill is not None))

    @property
    def manners(self) -> tuple[str, ...]:
        """How the reply is to be written."""
        return tuple(care.words for care in self.strategies if care.writing)


@dataclass(frozen=True, slots=True)
class _Condition:
    rule: _Rule
    when: Expression


@dataclass(frozen=True, slots=True)
class CareRules:
    """The rules, ready to be asked."""

    version: str
    valid_from: date
    abroad: tuple[str, ...]
    """Words, in lower case, that tell somebody is abroad."""
    _needs: Mapping[str, _Condition]
    _situations: Mapping[str, _Condition]
    _strategies: Mapping[str, _Condition]
    _traits: TraitRules

    @classmethod
    def shipped(cls) -> "CareRules":
        """Those that come with the product."""
        return _shipped()

    @classmethod
    def load(cls, path: Path, traits: TraitRules | None = None) -> "CareRules":
        """The rules in a file.

        Raises:
            InvalidRules: it breaks the schema, or a condition cannot be read; says where and what.
        """
        declared = traits or TraitRules.shipped()
        file, text = load_rules(path, _File)

        def read(table: str, rules: Mapping[str, _Rule]) -> dict[str, _Condition]:
            found: dict[str, _Condition] = {}
            for code, rule in rules.items():
                try:
                    found[code] = _Condition(rule, parse(rule.when, declared.traits))
                except InvalidExpression as error:
                    raise InvalidRules(located(path, text, [((table, code, "when"), str(error))])) from error
            return found

        needs, situations = read("needs", file.needs), read("situations", file.situations)
        return cls(
            file.version,
            file.valid_from,
            file.abroad,
            needs,
            situations,
            read("strategies", file.strategies),
            declared,
        )

    def served(self, traits: Traits, today: date, language: Language) -> Served:
        """What holds of these traits today; nothing before the rules are in force."""
        if today < self.valid_from:
            return Served()
        return Served(
            tuple(self._found(self._needs, traits, language)),
            tuple(self._found(self._situations, traits, language)),
            tuple(self._found(self._strategies, traits, language)),
        )

    def _found(self, rules: Mapping[str, _Condition], traits: Traits, language: Language) -> Iterator[Care]:
        for code, condition in rules.items():
            if not holds(condition.when, traits):
                continue
            names = dict.fromkeys(leaf.trait for leaf in grounds_of(condition.when, traits))
            reasons = tuple(
                self._traits.said(name, traits[name], language)
                for name in names
                if traits.get(name) is not None
            )
            words = condition.rule.zh if language == "zh" else condition.rule.en
            yield Care(code, words, reasons[:MOST_REASONS], condition.rule.skill, condition.rule.writing)


@functools.cache
def _shipped() -> CareRules:
    return CareRules.load(SHIPPED)
