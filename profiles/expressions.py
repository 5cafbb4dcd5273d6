"""Conditions over the traits of a customer, as a product person writes them in a rules file.

    complaints_90d >= 3 and not escalated_365d > 0 and channel in ['phone', 'app']
    self_service_before >= 30% 且 channel 为 已知

    either     := all ("or" all)*
    all        := one ("and" one)*
    one        := "not" one | "(" either ")" | flag | trait sign value
                | trait ["not"] "in" "[" value ("," value)* "]" | trait "is" ["not"] ("known" | "unknown")

Logic has three values (Kleene): what is not known of a customer makes a comparison unknown; `not` of unknown
is unknown; `and` is false as soon as a part is false, `or` true as soon as one is true; unknown at the end
counts as false. So neither `escalated_365d > 0` nor `not escalated_365d > 0` holds of somebody of whom it is
not known: only `is known` and `is unknown` ask about that.
"""

import math
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from profiles.traits import Traits, Value

Sign = Literal["<", "<=", ">", ">=", "==", "!="]
Operand = float | str | bool


@dataclass(frozen=True, slots=True)
class Compare:
    """A trait against a value."""

    trait: str
    sign: Sign
    value: Operand
    percent: bool = False
    """A share, written as percent."""

    def __str__(self) -> str:
        return f"{self.trait} {self.sign} {_written(self.value, self.percent)}"

    def test(self, traits: Traits) -> bool | None:
        """Whether it holds; None where that is not known."""
        value = alike(traits.get(self.trait), self.value)
        return None if value is None else _COMPARE[self.sign](value, self.value)


@dataclass(frozen=True, slots=True)
class Among:
    """A trait that is one of several values, or none of them."""

    trait: str
    values: tuple[Operand, ...]
    negated: bool = False
    percent: bool = False

    def __str__(self) -> str:
        values = ", ".join(_written(value, self.percent) for value in self.values)
        return f"{self.trait} {'not in' if self.negated else 'in'} [{values}]"

    def test(self, traits: Traits) -> bool | None:
        """Whether it holds; None where that is not known."""
        value = alike(traits.get(self.trait), self.values[0])
        return None if value is None else (value in self.values) is not self.negated


@dataclass(frozen=True, slots=True)
class Known:
    """Whether a trait is known at all."""

    trait: str
    known: bool = True

    def __str__(self) -> str:
        return f"{self.trait} is {'known' if self.known else 'unknown'}"

    def test(self, traits: Traits) -> bool:
        """Whether it holds."""
        return (_sound(traits.get(self.trait)) is not None) is self.known


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: "Expression"

    def __str__(self) -> str:
        return f"not {_inside(self.part, (AllOf, AnyOf))}"

    def test(self, traits: Traits) -> bool | None:
        """Whether it holds; None where that is not known."""
        held = self.part.test(traits)
        return None if held is None else not held


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part; at least two."""

    parts: tuple["Expression", ...]

    def __str__(self) -> str:
        return " and ".join(_inside(part, (AllOf, AnyOf)) for part in self.parts)

    def test(self, traits: Traits) -> bool | None:
        """Whether it holds; None where that is not known."""
        whole: bool | None = True
        for part in self.parts:
            held = part.test(traits)
            if held is False:
                return False
            whole = whole and held
        return whole


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of two or more parts."""

    parts: tuple["Expression", ...]

    def __str__(self) -> str:
        return " or ".join(_inside(part, (AllOf, AnyOf)) for part in self.parts)

    def test(self, traits: Traits) -> bool | None:
        """Whether it holds; None where that is not known."""
        whole: bool | None = False
        for part in self.parts:
            held = part.test(traits)
            if held:
                return True
            whole = None if held is None else whole
        return whole


Expression = Compare | Among | Known | Not | AllOf | AnyOf
Leaf = Compare | Among | Known


def holds(expression: Expression, traits: Traits) -> bool:
    """Whether it is certain of this customer; what is not known counts as no."""
    return expression.test(traits) is True


def leaves_of(expression: Expression) -> Iterator[Leaf]:
    """The comparisons it is made of, from left to right."""
    match expression:
        case Not():
            yield from leaves_of(expression.part)
        case AllOf() | AnyOf():
            for part in expression.parts:
                yield from leaves_of(part)
        case _:
            yield expression


def traits_of(expression: Expression) -> tuple[str, ...]:
    """The traits it asks for, each once, from left to right."""
    return tuple(dict.fromkeys(leaf.trait for leaf in leaves_of(expression)))


def grounds_of(expression: Expression, traits: Traits, *, hold: bool = True) -> Iterator[Leaf]:
    """The comparisons that make an expression that is certain of this customer so, from left to right.

    With `hold=False` those that make one that is certainly not so.
    """
    match expression:
        case Not():
            yield from grounds_of(expression.part, traits, hold=not hold)
        case AllOf() | AnyOf():
            for part in expression.parts:
                yield from grounds_of(part, traits, hold=hold)
        case _:
            if expression.test(traits) is hold:
                yield expression


def alike(value: Value, other: Operand) -> Value:
    """The value where it is of one kind with `other`; None where it is not, or is not known."""
    value = _sound(value)
    match other:
        case bool():
            return value if isinstance(value, bool) else None
        case str():
            return value if isinstance(value, str) else None
        case _:
            return None if isinstance(value, (bool, str)) else value


def _sound(value: Value) -> Value:
    return None if isinstance(value, float) and math.isnan(value) else value


def _inside(part: Expression, grouped: tuple[type, ...]) -> str:
    return f"({part})" if isinstance(part, grouped) else str(part)


def _written(value: Operand, percent: bool) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{re.sub(_ESCAPED, _BACKSLASHED, value)}'"
        case _ if percent:
            # as decimals: 0.07 times 100 is not 7 in binary
            return f"{(Decimal(repr(value)) * 100).normalize():f}%"
        case _:
            return str(int(value)) if abs(value) < _EXACT and value == int(value) else repr(value)


_EXACT: Final = 1e15
_ESCAPED: Final = r"[\\'＇]"
_BACKSLASHED: Final = r"\\\g<0>"
_COMPARE: Final[dict[Sign, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
