"""How a text is written, whatever its words: capitals, repeated marks, questions that want no answer."""

import re
from dataclasses import dataclass

from bot.triage.lexicon import Span

_CAPITALS = re.compile(r"\b[A-Z]{2,}(?:['’][A-Z]+)?\b(?:[ ,.!?'’-]+\b[A-Z]+\b)*")
_MARKS = re.compile(r"(?:[!！?？]\s?){2,}")
_LETTER = re.compile(r"[A-Za-z]")
_UPPER = re.compile(r"[A-Z]")
_PLACEHOLDER = re.compile(r"⟦[^⟦⟧\n]{1,40}⟧")


@dataclass(frozen=True, slots=True)
class Style:
    """How it is written."""

    shouted: bool
    """Most of it in capitals."""
    stressed: tuple[Span, ...]
    """Capitals among ordinary words, abbreviations left out."""
    marks: tuple[Span, ...]
    """Repeated exclamation and question marks."""
    exclamations: int
    """All exclamation marks."""
    questions: int
    """All question marks."""


def style_of(text: str) -> Style:
    """The style of the customer's words; placeholders of redaction do not count."""
    text = _PLACEHOLDER.sub(lambda match: " " * len(match[0]), text)
    letters = len(_LETTER.findall(text))
    upper = len(_UPPER.findall(text))
    return Style(
        shouted=letters >= 12 and upper >= 0.6 * letters and not _mostly_chinese(text, letters),
        stressed=tuple(
            Span(match.start(), match.end(), match[0])
            for match in _CAPITALS.finditer(text)
            if _stress(match[0])
        ),
        marks=tuple(Span(match.start(), match.end(), match[0]) for match in _MARKS.finditer(text)),
        exclamations=text.count("!") + text.count("！"),
        questions=text.count("?") + text.count("？"),
    )


def _stress(capitals: str) -> bool:
    """Two words and a long one: NOT AGAIN; a single one may be a name or an abbreviation (FREE, HSBC)."""
    words = re.findall(r"[A-Z]+", capitals)
    return len(words) > 1 and sum(len(word) for word in words) >= 7


def _mostly_chinese(text: str, letters: int) -> bool:
    return sum("\u3400" <= character <= "\u9fff" for character in text) > letters
