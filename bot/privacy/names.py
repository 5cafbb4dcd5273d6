"""People: by the words that introduce them, and wherever else in the text the same name stands.

Chinese names `names_zh.py`, names in Latin letters `names_en.py`.
"""

import re
from collections.abc import Iterable

from bot.privacy.candidates import Candidate
from bot.privacy.kinds import Kind
from bot.privacy.names_en import english_names
from bot.privacy.names_zh import chinese_names
from bot.privacy.normal import Reading
from bot.privacy.rules import privacy_rules

MOST_SOUGHT = 200
"""Different values of one text that are looked for in the rest of it: a bound on the work."""
_SHORTEST = 2
_SHORTEST_PART = 3


def find_names(reading: Reading) -> list[Candidate]:
    """Every person of the reading that something introduces."""
    found = chinese_names().find(reading) if reading.has_han else []
    return found + english_names().find(reading)


def find_again(reading: Reading, names: Iterable[str]) -> list[Candidate]:
    """Every place where one of these names, in lower case, stands; of a name of several words, each word too.

    One word in Latin letters counts only with a capital, and only if it is no ordinary word (Will, Mark).
    """
    found: list[Candidate] = []
    for name in names:
        if len(name) >= _SHORTEST and not (name.isascii() and name.isalpha()):
            found += _everywhere(reading.folded, name, "a name found elsewhere")
        for part in _parts(name) if name.isascii() else ():
            found += _everywhere(reading.text, part.capitalize(), "a name found elsewhere")
            found += _everywhere(reading.text, part.upper(), "a name found elsewhere")
    return found


def _everywhere(text: str, value: str, reason: str) -> list[Candidate]:
    return [Candidate(*span, Kind.PERSON, reason) for span in occurrences(text, value)]


def occurrences(text: str, value: str) -> list[tuple[int, int]]:
    """Spans of a value in a text, not inside a longer word or number of Latin letters and digits."""
    spans: list[tuple[int, int]] = []
    at = text.find(value)
    while at >= 0:
        end = at + len(value)
        if not (_glued(text, at - 1, value[0]) or _glued(text, end, value[-1])):
            spans.append((at, end))
        at = text.find(value, end)
    return spans


def _parts(name: str) -> list[str]:
    """The words of a name in lower-case Latin letters that mean the person on their own."""
    words = privacy_rules().names_en
    return [
        part
        for part in re.split(r"[^a-z']+", name)
        if len(part) >= _SHORTEST_PART and part not in words.no_names and part not in words.ambiguous
    ]


def _glued(text: str, at: int, edge: str) -> bool:
    """Whether the character at `at` continues a word whose edge is `edge`."""
    if not 0 <= at < len(text) or not edge.isascii():
        return False
    return text[at].isascii() and text[at].isalnum()
