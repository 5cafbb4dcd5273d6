"""What a draft may draw on: the customer's words, policies in force, known facts, clocks and rights."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from bot.brief import Brief
from bot.draft.amounts import find_amounts
from bot.draft.lexicon import lowered
from bot.draft.numerals import EN_NUMBER, ZH_DIGITS, ZH_NUMBER, number
from bot.draft.passages import usable
from bot.draft.plan import Plan
from bot.draft.times import find_times

_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_WIDE: Final = re.compile("[０-９Ａ-Ｚａ-ｚ％]")
_NUMBER: Final = re.compile(rf"\d+(?:,\d{{3}})*(?:\.\d+)?[百千万亿]?|{ZH_NUMBER}|{EN_NUMBER}")
_TIMES: Final = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_PERCENT: Final = re.compile(
    rf"(?P<n>\d+(?:\.\d+)?)\s?(?:[%％]|per ?cent\b)|百分之(?P<zh>\d+(?:\.\d+)?|{ZH_NUMBER}|百)"
    rf"|(?P<en>{EN_NUMBER})\sper ?cent\b"
)
_QUOTED: Final = re.compile(
    r"“([^“”]{2,400})”|\"([^\"\n]{2,400})\"|《([^《》\n]{1,200})》|「([^「」]{2,400})」"
)
MASK: Final = "▢"
"""Stands for a character of words that need no judging."""
_SPLIT: Final = re.compile(rf"[{ZH_DIGITS}十百千万亿\d.,]")


@dataclass(frozen=True, slots=True)
class Sources:
    """The texts a draft of one complaint may draw on."""

    customer: str
    policies: tuple[str, ...]
    """Titles and passages in force."""
    facts: tuple[str, ...]
    """What is known about the customer, what they were promised, and what a person found and decided."""
    rules: tuple[str, ...]
    """Clocks, rights, crisis lines, the reference."""

    @classmethod
    def of(cls, brief: Brief, plan: Plan) -> "Sources":
        """The sources of this complaint."""
        matches = tuple(usable(brief))
        return cls(
            customer=brief.text,
            policies=tuple(text for match in matches for text in (match.article.title, match.passage.text)),
            facts=(
                *(fact.value for fact in brief.facts),
                *brief.open_promises,
                *(plan.decision.words if plan.decision else ()),
                *(promise.text for promise in plan.commitments if promise.amount is not None),
            ),
            rules=(plan.rights, plan.crisis, plan.reference, *(clock.trace for clock in brief.clocks)),
        )

    @property
    def others(self) -> tuple[str, ...]:
        """All but the customer's words and the policies."""
        return (*self.facts, *self.rules)

    @property
    def evidence(self) -> tuple[str, ...]:
        """All but the rules: what can bear out a figure."""
        return (self.customer, *self.policies, *self.facts)

    def all(self) -> tuple[str, ...]:
        """Every text."""
        return (*self.evidence, *self.rules)

    def says(self, words: str) -> bool:
        """Whether these very words, numbers whole, stand in one of the texts."""
        return any(occurs(words, text) for text in self.all())


def masked(text: str, words: str) -> str:
    """The text with some words hidden, as long as before."""
    return text.replace(words, MASK * len(words)) if words else text


def folded(text: str) -> str:
    """Lower case and half width, as the readers of amounts and times expect it; as long as before."""
    return lowered(text.translate(_FULL_WIDTH) if _WIDE.search(text) else text)


@lru_cache(maxsize=256)
def sums(text: str) -> frozenset[Decimal]:
    """The numbers in a text that can be money: amounts, and other numbers but years and single figures."""
    money = {amount.value for amount in find_amounts(folded(text))}
    return frozenset(money | {value for value in numbers(text) if value >= 10 and not 1900 <= value <= 2100})


@lru_cache(maxsize=256)
def numbers(text: str) -> frozenset[Decimal]:
    """Every number in a text, however it is written."""
    found: set[Decimal] = set()
    low = folded(text)
    for match in _NUMBER.finditer(low):
        written = match[0]
        times = _TIMES.get(written[-1], 1) if written[0].isdigit() else 1
        value = number(written[:-1] if times > 1 else written)
        if value is not None:
            found.add(value * times)
    return frozenset(found)


@lru_cache(maxsize=256)
def moments(text: str) -> frozenset[str]:
    """Every date and duration in a text, normalised; a date also without its year."""
    found: set[str] = set()
    for moment in find_times(folded(text)):
        found.add(plain(moment.value))
        if re.fullmatch(r"\d{4}-\d\d-\d\d", moment.value):
            found |= {f"-{moment.value[4:]}", moment.value[:7]}
    return frozenset(found)


def plain(value: str) -> str:
    """A duration in days where it is whole weeks: 2 weeks and 14 days are the same time."""
    amount, _, unit = value.partition(" ")
    if unit.startswith("week") and amount.isdigit():
        return f"{int(amount) * 7} days"
    return value


def percentages(text: str) -> Iterator[tuple[int, int, Decimal]]:
    """Every percentage: where it stands, and its value."""
    low = folded(text)
    if not any(sign in low for sign in ("%", "％", "百分之", "per cent", "percent")):
        return
    for match in _PERCENT.finditer(low):
        written = match["n"] or match["zh"] or match["en"]
        value = Decimal(100) if written == "百" else number(written)
        if value is not None:
            yield match.start(), match.end(), value


def quotations(text: str) -> Iterator[tuple[int, int, bool]]:
    """Where the words in quotation marks stand, and whether they are the title of a document."""
    for match in _QUOTED.finditer(text):
        group = next(number for number in (1, 2, 3, 4) if match[number])
        yield *match.span(group), group == 3


def occurs(words: str, text: str) -> bool:
    """Whether the words stand in the text, and not as part of a longer number."""
    at = text.find(words)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(words) : at + len(words) + 1]
        if not (before and _SPLIT.match(before)) and not (words[-1:].isdigit() and after.isdigit()):
            return True
        at = text.find(words, at + 1)
    return False
