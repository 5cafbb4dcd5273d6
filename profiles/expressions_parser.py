"""Reads conditions: a recursive descent over their pieces, which knows the declared traits."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, cast, get_args

from profiles.expressions import AllOf, Among, AnyOf, Compare, Expression, Known, Not, Operand, Sign
from profiles.expressions_tokens import SIGNS, InvalidExpression, Token, suggest, tokens_of
from profiles.traits import Trait

DEEPEST: Final = 20
"""How deep parentheses and `not` may stand in one another."""


def parse(text: str, traits: Mapping[str, Trait]) -> Expression:
    """A condition over these traits.

    Raises:
        InvalidExpression: it cannot be read, names a trait that is not declared or is protected, or compares
            a trait with what it cannot be; says where and what to write instead.
    """
    return _Parser(text, traits).whole()


class _Parser:
    def __init__(self, text: str, traits: Mapping[str, Trait]) -> None:
        self._traits = traits
        self._tokens = tokens_of(text)
        self._place = 0

    def whole(self) -> Expression:
        if self._at_end:
            raise InvalidExpression("it is empty: write a condition such as complaints_90d >= 3", 0)
        found = self._either(0)
        if self._at_end:
            return found
        if self._next.text in _SIGNS:
            raise self._fault("one comparison at a time: write 'x > 1 and x < 5'")
        raise self._expected(
            ("and", "or") if self._next.kind == "name" else (), "'and' or 'or' between two conditions"
        )

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    @property
    def _at_end(self) -> bool:
        return self._next.kind == "end"

    def _take(self) -> Token:
        token = self._next
        self._place += token.kind != "end"
        return token

    def _took(self, *signs: str) -> bool:
        """Whether these signs came next; they are taken then."""
        coming = self._tokens[self._place : self._place + len(signs)]
        if [(token.kind, token.text) for token in coming] != [("sign", sign) for sign in signs]:
            return False
        self._place += len(signs)
        return True

    def _either(self, depth: int) -> Expression:
        parts = [self._all(depth)]
        while self._took("or"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all(self, depth: int) -> Expression:
        parts = [self._one(depth)]
        while self._took("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _one(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise self._fault(f"more than {DEEPEST} conditions inside one another: make several rules of it")
        if self._took("not"):
            return Not(self._one(depth + 1))
        if self._took("("):
            found = self._either(depth + 1)
            if not self._took(")"):
                raise self._expected((), "')'")
            return found
        return self._comparison()

    def _comparison(self) -> Expression:
        name, trait = self._trait()
        if self._took("not", "in") or self._took("not in"):
            return self._among(name, trait, negated=True)
        if self._took("in"):
            return self._among(name, trait, negated=False)
        known = self._knowledge()
        if known is not None:
            return Known(name, known)
        if trait.kind == "flag" and not self._sign_comes:
            return Compare(name, "==", value=True)
        sign = self._sign(name, trait)
        value = self._value(name, trait)
        return Compare(name, sign, value, trait.kind == "share")

    def _trait(self) -> tuple[str, Trait]:
        token = self._next
        if token.kind != "name":
            raise self._expected((), "the name of a trait such as complaints_90d")
        trait = self._traits.get(token.text)
        if trait is None:
            known = tuple(name for name, trait in self._traits.items() if not trait.protected)
            raise self._fault(
                f"no trait is called {token.text[:60]!r}: {suggest(token.text, known, 'there are')}"
            )
        if trait.protected:
            raise self._fault(
                f"{token.text!r} says who a customer is, not what happened: no rule may read it, leave it out"
            )
        return self._take().text, trait

    def _knowledge(self) -> bool | None:
        """Whether the trait has to be known or unknown; None where the condition asks something else."""
        for signs, known in _KNOWLEDGE:
            if self._took(*signs):
                return known
        return None

    @property
    def _sign_comes(self) -> bool:
        return self._next.kind == "sign" and self._next.text in (*_SIGNS, "is", "is not")

    def _sign(self, name: str, trait: Trait) -> Sign:
        token = self._next
        if not self._sign_comes:
            raise self._expected(SIGNS, f"a sign after {name!r}")
        if trait.kind in ("word", "flag") and token.text in _ORDER:
            raise self._fault(
                f"{name!r} is {_KINDS[trait.kind]} and has no order: use == != in, not {token.text}"
            )
        self._take()
        if token.text == "is not" or (token.text == "is" and self._took("not")):
            return "!="
        return "==" if token.text == "is" else cast(Sign, token.text)

    def _among(self, name: str, trait: Trait, negated: bool) -> Expression:
        if not self._took("["):
            raise self._expected((), "a list such as ['phone', 'app']")
        values = [self._value(name, trait)]
        while self._took(","):
            values.append(self._value(name, trait))
        if not self._took("]"):
            raise self._expected((), "',' or ']'")
        return Among(name, tuple(values), negated, trait.kind == "share")

    def _value(self, name: str, trait: Trait) -> Operand:
        token = self._next
        match trait.kind:
            case "word" if token.kind == "text":
                return self._take().text
            case "flag" if token.kind == "sign" and token.text in ("true", "false"):
                return self._take().text == "true"
            case "number" | "share" if token.kind == "number":
                return self._number(name, trait)
            case _:
                raise self._expected((), f"{_WANTED[trait.kind]} (as {name!r} is {_KINDS[trait.kind]})")

    def _number(self, name: str, trait: Trait) -> float:
        text = self._next.text
        if text.endswith("%") and trait.kind == "number":
            raise self._fault(f"{name!r} is a number, not a share: write it without %")
        value = float(Decimal(text[:-1]).scaleb(-2) if text.endswith("%") else text)
        if not math.isfinite(value):
            raise self._fault("this number is too large")
        if trait.kind == "share" and not 0 <= value <= 1:
            raise self._fault(f"{name!r} is a share and lies between 0% and 100%: write 30% or 0.3")
        self._take()
        return value

    def _fault(self, message: str) -> InvalidExpression:
        return InvalidExpression(message, self._next.at)

    def _expected(self, known: tuple[str, ...], what: str) -> InvalidExpression:
        """Something else had to come next."""
        token = self._next
        shown = "the end" if token.kind == "end" else repr(token.text[:60])
        meant = f"; {suggest(token.text, known, 'there are')}" if known and token.kind == "name" else ""
        return self._fault(f"here should be {what}, not {shown}{meant}")


_SIGNS: Final = get_args(Sign)
_ORDER: Final = ("<", "<=", ">", ">=")
_KINDS: Final = {"number": "a number", "share": "a share", "flag": "a yes or no", "word": "a word"}
_WANTED: Final = {
    "number": "a number",
    "share": "a share such as 30%",
    "flag": "true or false",
    "word": "a word in quotes",
}
_KNOWLEDGE: Final[tuple[tuple[tuple[str, ...], bool], ...]] = (
    (("is", "known"), True),
    (("is", "unknown"), False),
    (("is", "not", "known"), False),
    (("is", "not", "unknown"), True),
    (("is not", "known"), False),
    (("is not", "unknown"), True),
    (("known",), True),
    (("unknown",), False),
)
