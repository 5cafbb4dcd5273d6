"""What a customer still has to tell us, and what never needs asking (asking.toml)."""

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator

from bot.brief import Brief
from bot.draft.decision import AskKind
from bot.draft.lexicon import Lexicon
from bot.errors import InvalidRequest
from knowledge.case import Language, Owned
from knowledge.rules import load_rules

FILE: Final = Path(__file__).with_name("asking.toml")
MOST: Final = 2
"""Things asked for unasked: who is asked for more does not answer."""
_FACTS: Final[dict[AskKind, frozenset[str]]] = {
    "order": frozenset({"order", "flight"}),
    "date": frozenset({"date"}),
    "amount": frozenset({"amount"}),
}
"""The kinds of stated facts that answer a question."""


def _compiles(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    return patterns


Patterns = Annotated[tuple[str, ...], AfterValidator(_compiles)]


class _Signs(Owned):
    zh: Patterns
    en: Patterns


class _Asking(Owned):
    version: str
    source: str
    valid_from: date
    needed: dict[str, tuple[AskKind, ...]]
    given: dict[AskKind, _Signs]


def already_given(brief: Brief) -> frozenset[str]:
    """The kinds of facts and papers that this customer has given: nobody asks for them again."""
    low = brief.text.lower()
    kinds = {fact.kind for fact in brief.stated}
    told = {ask for ask, facts in _FACTS.items() if facts & kinds}
    return frozenset(
        kinds | told | {ask for ask, signs in _given(brief.written_in).items() if signs.search(low)}
    )


def what_to_ask(brief: Brief, wanted: tuple[AskKind, ...]) -> tuple[AskKind, ...]:
    """What to ask for: what is wanted, or what such complaints need, less what the customer has given.

    Raises:
        InvalidRequest: there is nothing left to ask for.
    """
    needed = _rules().needed
    usual = needed.get(brief.triage.category or "other", needed["other"])
    known = already_given(brief)
    every: dict[AskKind, None] = dict.fromkeys(wanted or usual)
    asks: tuple[AskKind, ...] = tuple(ask for ask in every if ask not in known)
    if not asks:
        have = ", ".join(sorted(set(wanted or usual)))
        raise InvalidRequest(
            f"the customer has already given {have}: ask for something else in `ask`, or choose another stage"
        )
    return asks if wanted else asks[:MOST]


@cache
def _rules() -> _Asking:
    return load_rules(FILE, _Asking)


@cache
def _given(language: Language) -> dict[AskKind, Lexicon]:
    given = _rules().given
    return {ask: Lexicon.of(signs.zh if language == "zh" else signs.en) for ask, signs in given.items()}
