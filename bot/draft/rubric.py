"""The rubric's words and limits (checks.toml), compiled."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from bot.draft.decision import RemedyKind
from bot.draft.lexicon import Lexicon
from knowledge.case import Language, Owned
from knowledge.rules import load_rules

FILE: Final = Path(__file__).with_name("checks.toml")
LEXICONS: Final = (
    "apology", "conditional_apology", "deflect", "blame", "cold", "labels", "vague", "promise", "open",
    "liability", "why", "servile", "claims", "absolute", "withdrawal", "threat", "internal", "others",
    "machine", "upsell",
)  # fmt: skip

DECIDED: Final = (
    "upheld", "partly", "wholly", "rejected", "goodwill", "granted", "verdict", "money", "together", "open",
    "pending", "found",
)  # fmt: skip


def _compiles(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            re.compile(pattern)
            if pattern != pattern.lower() and "\\" not in pattern:
                raise ValueError(f"{pattern!r} has capitals: texts are searched in lower case")
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    return patterns


Patterns = Annotated[tuple[str, ...], AfterValidator(_compiles)]


class _Lexicon(Owned):
    zh: Patterns
    en: Patterns


class _Range(Owned):
    zh: tuple[int, int]
    en: tuple[int, int]


class _Limit(Owned):
    zh: int
    en: int


class _Share(Owned):
    zh: Annotated[float, Field(ge=0, le=1)]
    en: Annotated[float, Field(ge=0, le=1)]


class _Closeness(Owned):
    zh: Annotated[float, Field(ge=0)]
    en: Annotated[float, Field(ge=0)]


class _Length(Owned):
    letter: _Range
    chat: _Range
    final: _Range
    final_chat: _Range
    thanks: _Range
    paragraph: _Limit
    sentence: _Limit
    apologies: Annotated[int, Field(ge=1)]
    exclamations: Annotated[int, Field(ge=0)]


class _Quotes(Owned):
    length: _Range
    shared: _Limit
    share: _Share
    closeness: _Closeness
    sure: Annotated[float, Field(ge=0, le=1)]
    internal_titles: _Lexicon
    staff: _Lexicon
    leaning: _Lexicon


def _all_there(lexicons: dict[str, _Lexicon]) -> dict[str, _Lexicon]:
    if wrong := set(lexicons) ^ set(LEXICONS):
        raise ValueError(f"lexicons missing or unknown: {', '.join(sorted(wrong))}")
    return lexicons


def _all_decided(lexicons: dict[str, _Lexicon]) -> dict[str, _Lexicon]:
    if wrong := set(lexicons) ^ set(DECIDED):
        raise ValueError(f"decided: missing or unknown: {', '.join(sorted(wrong))}")
    return lexicons


class _Checks(Owned):
    version: str
    source: str
    valid_from: date
    length: _Length
    lexicons: Annotated[dict[str, _Lexicon], AfterValidator(_all_there)]
    asks: dict[str, _Lexicon]
    needs: dict[str, _Lexicon]
    disclaimed: _Lexicon
    decided: Annotated[dict[str, _Lexicon], AfterValidator(_all_decided)]
    remedies: dict[RemedyKind, _Lexicon]
    quotes: _Quotes


@dataclass(frozen=True, slots=True)
class Rubric:
    """The rubric of one language."""

    lexicons: dict[str, Lexicon]
    asks: dict[str, Lexicon]
    needs: dict[str, Lexicon]
    disclaimed: Lexicon
    """Words before a promise that take it back: we cannot guarantee."""
    decided: dict[str, Lexicon]
    """How decisions and findings are worded."""
    remedies: dict[RemedyKind, Lexicon]
    """How remedies are worded."""
    letter: tuple[int, int]
    """Characters (zh) or words (en): least, most."""
    chat: tuple[int, int]
    final: tuple[int, int]
    final_chat: tuple[int, int]
    thanks: tuple[int, int]
    paragraph: int
    sentence: int
    apologies: int
    exclamations: int
    quote: tuple[int, int]
    shared: int
    """Pairs of characters (zh) or words (en) a quoted sentence shares with the complaint, at least."""
    share: float
    """Part of its own pairs or words that these have to be, 0..1."""
    closeness: float
    """What a passage needs to be named although no sentence of it can be quoted, from 0."""
    sure: float
    """Confidence of the category that it needs besides, 0..1."""
    internal_titles: Lexicon
    """Marks of a document that is for staff alone."""
    staff: Lexicon
    leaning: Lexicon

    def size(self, text: str, language: Language) -> int:
        """Characters without white space (zh), or words (en)."""
        return len("".join(text.split())) if language == "zh" else len(text.split())


@cache
def rubric(language: Language) -> Rubric:
    """The rubric of a language; read once.

    Raises:
        InvalidRules: the file breaks its schema.
    """
    rules = load_rules(FILE, _Checks)
    length, zh = rules.length, language == "zh"

    def compiled(lexicon: _Lexicon) -> Lexicon:
        return Lexicon.of(lexicon.zh if zh else lexicon.en)

    def of(limits: _Range) -> tuple[int, int]:
        return limits.zh if zh else limits.en

    return Rubric(
        lexicons={name: compiled(lexicon) for name, lexicon in rules.lexicons.items()},
        asks={kind: compiled(lexicon) for kind, lexicon in rules.asks.items()},
        needs={need: compiled(lexicon) for need, lexicon in rules.needs.items()},
        disclaimed=compiled(rules.disclaimed),
        decided={name: compiled(lexicon) for name, lexicon in rules.decided.items()},
        remedies={kind: compiled(lexicon) for kind, lexicon in rules.remedies.items()},
        letter=of(length.letter),
        chat=of(length.chat),
        final=of(length.final),
        final_chat=of(length.final_chat),
        thanks=of(length.thanks),
        paragraph=length.paragraph.zh if zh else length.paragraph.en,
        sentence=length.sentence.zh if zh else length.sentence.en,
        apologies=length.apologies,
        exclamations=length.exclamations,
        quote=of(rules.quotes.length),
        shared=rules.quotes.shared.zh if zh else rules.quotes.shared.en,
        share=rules.quotes.share.zh if zh else rules.quotes.share.en,
        closeness=rules.quotes.closeness.zh if zh else rules.quotes.closeness.en,
        sure=rules.quotes.sure,
        internal_titles=compiled(rules.quotes.internal_titles),
        staff=compiled(rules.quotes.staff),
        leaning=compiled(rules.quotes.leaning),
    )
