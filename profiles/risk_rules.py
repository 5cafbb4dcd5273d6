"""The rules of risks: points for what is known of a customer, declared in risk_rules.toml.

The file also declares which columns of a company's own data say who somebody is: no model is trained on them.
"""

import difflib
import functools
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from profiles.errors import InvalidRules
from profiles.fact import Language
from profiles.owned import Code, Owned
from profiles.rules import Location, load_rules, located
from profiles.segment_columns import number_of
from profiles.traits import Trait, TraitRules, Traits, Value

SHIPPED: Final = Path(__file__).with_name("risk_rules.toml")

MOST: Final = 5.0
"""Log-odds one rule may add or take: odds times 150. More would be a decision, not a sign."""

Words = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, lt=1)]
Fault = tuple[Location, str]


class RiskRule(Owned):
    """Points for one thing that is known of a customer."""

    trait: Code
    least: Annotated[Number | None, Field(alias="from")] = None
    most: Annotated[Number | None, Field(alias="to")] = None
    equal: Annotated[bool | Number | str | None, Field(alias="is")] = None
    missing: Literal[True] | None = None
    points: Annotated[float, Field(ge=-MOST, le=MOST, allow_inf_nan=False)]
    """Log-odds."""

    def holds(self, value: Value) -> bool:
        """Of a customer whose trait has this value; both ends of a range belong to it."""
        number = number_of(value)
        if self.missing:
            return number is None and not isinstance(value, str)
        if self.equal is not None:
            return value is not None and value == self.equal
        if number is None:
            return False
        return (self.least is None or self.least <= number) and (self.most is None or number <= self.most)


class Risk(Owned):
    """What may happen, and what speaks for and against it."""

    zh: Words
    en: Words
    source: Annotated[str, Field(min_length=1, max_length=300)]
    version: Annotated[str, Field(min_length=1, max_length=40)]
    valid_from: date
    verified: bool
    """Whether the points were compared with what customers did."""
    base: Annotated[float, Field(ge=-10, le=10, allow_inf_nan=False)]
    """Log-odds where no rule holds."""
    medium: Share
    high: Share
    """Probabilities from which it is called so."""
    rules: Annotated[dict[Code, RiskRule], Field(min_length=1)]

    def named(self, language: Language) -> str:
        """Its name."""
        return self.zh if language == "zh" else self.en


class _Protected(Owned):
    of_whom: tuple[Words, ...]
    columns: Annotated[dict[Code, tuple[Words, ...]], Field(min_length=1)]


class _File(Owned):
    version: Annotated[str, Field(min_length=1, max_length=40)]
    source: Annotated[str, Field(min_length=1, max_length=300)]
    valid_from: date
    verified: bool
    risks: Annotated[dict[Code, Risk], Field(min_length=1)]
    protected: _Protected


@dataclass(frozen=True, slots=True)
class RiskRules:
    """Everything risk_rules.toml declares."""

    version: str
    risks: Mapping[str, Risk]
    traits: TraitRules
    _protected: Mapping[str, str]
    """By header, as `_plain` has it: who-somebody-is that its column tells."""

    @classmethod
    def shipped(cls) -> "RiskRules":
        """Those that come with the product."""
        return _shipped()

    @classmethod
    def load(cls, path: Path, traits: TraitRules | None = None) -> "RiskRules":
        """The rules of a file, over the traits that are declared.

        Raises:
            InvalidRules: the file is missing, is no TOML, breaks the schema, or a rule reads a trait that is
                protected or that nobody declared; says in which line and what to write instead.
        """
        declared = traits or TraitRules.shipped()
        file, text = load_rules(path, _File)
        faults = list(_faults(file, declared))
        if faults:
            raise InvalidRules(located(path, text, faults))
        before = ("", *map(_plain, file.protected.of_whom))
        protected = {
            start + _plain(alias): kind
            for kind, aliases in file.protected.columns.items()
            for alias in aliases
            for start in before
        }
        return cls(file.version, file.risks, declared, protected)

    def protected(self, column: str) -> str | None:
        """What a column says of who somebody is: gender, age, …; None where it is not known to."""
        trait = self.traits.traits.get(column)
        if trait is not None:
            return column if trait.protected else None
        return self._protected.get(_plain(column))

    def named(self, risk: str, language: Language) -> str:
        """The name of a risk; its code where the rules do not know it."""
        known = self.risks.get(risk)
        return risk if known is None else known.named(language)

    def in_force(self, on: date | None, traits: Traits) -> Iterator[tuple[str, Risk, tuple[RiskRule, ...]]]:
        """Each risk that counts on a day, with those of its rules that hold; None for whichever day."""
        for code, risk in self.risks.items():
            if on is None or risk.valid_from <= on:
                held = tuple(rule for rule in risk.rules.values() if rule.holds(traits.get(rule.trait)))
                yield code, risk, held


def _plain(header: str) -> str:
    """A header without case, spaces and marks."""
    return "".join(c for c in unicodedata.normalize("NFKC", header).casefold() if c.isalnum())


def _faults(file: _File, traits: TraitRules) -> Iterator[Fault]:
    for code, risk in file.risks.items():
        where = ("risks", code)
        if risk.medium >= risk.high:
            yield (*where, "high"), "must be above medium"
        for name, rule in risk.rules.items():
            yield from _faults_of(rule, traits, (*where, "rules", name))


def _faults_of(rule: RiskRule, traits: TraitRules, where: Location) -> Iterator[Fault]:
    trait = traits.traits.get(rule.trait)
    if trait is None:
        close = difflib.get_close_matches(rule.trait, traits.traits, n=2)
        meant = f"did you mean {' or '.join(map(repr, close))}?" if close else "declare it in traits.toml"
        yield (*where, "trait"), f"no trait is called {rule.trait!r}: {meant}"
        return
    if trait.protected:
        yield (*where, "trait"), f"{rule.trait!r} says who a customer is and is protected: take the rule out"
    if rule.points == 0:
        yield (*where, "points"), "0 changes nothing: give points, or take the rule out"
    ranged = rule.least is not None or rule.most is not None
    if ranged + (rule.equal is not None) + (rule.missing is not None) != 1:
        yield where, "give either from and to, or is, or missing = true"
    elif ranged:
        yield from _faults_of_range(rule, trait, where)
    elif rule.equal is not None and type(rule.equal) not in _KINDS[trait.kind]:
        yield (*where, "is"), f"{rule.trait!r} is a {trait.kind}: {_HOW[trait.kind]}"


def _faults_of_range(rule: RiskRule, trait: Trait, where: Location) -> Iterator[Fault]:
    key = "from" if rule.least is not None else "to"
    if trait.kind in {"flag", "word"}:
        yield (*where, key), f"{rule.trait!r} is a {trait.kind}, which has no range: {_HOW[trait.kind]}"
    elif rule.least is not None and rule.most is not None and rule.least > rule.most:
        yield (*where, "from"), "lies above to: no value satisfies the rule"
    elif trait.kind == "share" and any(
        not 0 <= end <= 1 for end in (rule.least, rule.most) if end is not None
    ):
        yield (*where, key), f"{rule.trait!r} is a share, 0 to 1: write 40 % as 0.4"


_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "number": (int, float),
    "share": (int, float),
    "flag": (bool,),
    "word": (str,),
}
_HOW: Final = {
    "number": "write a number",
    "share": "write a share, 40 % as 0.4",
    "flag": "write is = true or is = false",
    "word": 'write is = "…"',
}


@functools.cache
def _shipped() -> RiskRules:
    return RiskRules.load(SHIPPED)
