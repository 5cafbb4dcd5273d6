"""Many patterns looked for in one short text: a word that must be there is tried before its pattern."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_GROUP: Final = re.compile(
    r"\((?:[^()\\]|\\.)*\)[?*+]?(?:\{\d*,?\d*\}\??)?|\[(?:[^\]\\]|\\.)*\][?*+]?(?:\{\d*,?\d*\}\??)?"
)
_OPTIONAL: Final = re.compile(r".[?*]|.\{\d*,?\d*\}")
_SPECIAL: Final = re.compile(r"\\.|[.^$+|\0]+")


def lowered(text: str) -> str:
    """Lower case of the same length: the few letters that grow with it stay as they are."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(small if len(small := character.lower()) == 1 else character for character in text)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Patterns, each with a literal that every match of it contains (empty where there is none)."""

    patterns: tuple[tuple[str, re.Pattern[str]], ...]

    @classmethod
    def of(cls, patterns: Iterable[str]) -> "Lexicon":
        """A lexicon of regular expressions written in lower case."""
        return cls(tuple((required(pattern), re.compile(pattern)) for pattern in patterns))

    def search(self, lowered: str) -> bool:
        """Whether any pattern is in a lower-case text."""
        return any(literal in lowered and pattern.search(lowered) for literal, pattern in self.patterns)

    def first(self, lowered: str) -> re.Match[str] | None:
        """The earliest match of any pattern in a lower-case text."""
        found = (
            match
            for literal, pattern in self.patterns
            if literal in lowered and (match := pattern.search(lowered))
        )
        return min(found, key=_start, default=None)

    def find(self, lowered: str) -> Iterator[re.Match[str]]:
        """Every match of every pattern in a lower-case text."""
        for literal, pattern in self.patterns:
            if literal in lowered:
                yield from pattern.finditer(lowered)

    def count(self, lowered: str) -> int:
        """How often the patterns are in a lower-case text."""
        return sum(len(pattern.findall(lowered)) for literal, pattern in self.patterns if literal in lowered)


def _start(match: re.Match[str]) -> int:
    return match.start()


def required(pattern: str) -> str:
    """The longest literal that every match of the pattern contains; empty where none is sure."""
    flat = pattern
    while (shorter := _GROUP.sub("\0", flat)) != flat:
        flat = shorter
    if "|" in flat or "(" in flat or "[" in flat:
        return ""
    flat = _OPTIONAL.sub("\0", re.sub(r"\\[a-zA-Z]", "\0", flat))
    return max(_SPECIAL.split(flat), key=len)
