"""What Chinese words mean in English: CC-CEDICT's entries and our own complaint words as weighted glosses."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from knowledge.case import Owned
from knowledge.rules import load_rules

COMPLAINT_WORDS: Final = Path(__file__).with_name("complaint_words.toml")
MOST_GLOSSES: Final = 4
"""Of a word: later ones are rare senses."""
PROPER_NAME: Final = 0.25
"""What a gloss of a reading that is a name (pinyin in capitals) counts beside one of a common word."""
LONGEST_GLOSS: Final = 70
"""Characters: longer ones explain and do not translate."""

_ENTRY: Final = re.compile(r"^(\S+) (\S+) \[([^\]]*)\] /(.*)/\s*$")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]{1,8}")
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\]]*\]")
_REFERENCE: Final = re.compile(
    r"^(CL:|see |see also|variant of|old variant|archaic variant|also written|also pr|Taiwan pr|"
    r"abbr\. (for|of) [\u3400-\u9fff]|used in |Japanese variant|erhua variant|same as|surname )"
)
_FOREIGN: Final = re.compile(r"[\u3400-\u9fff|]+")


@dataclass(frozen=True, slots=True)
class Gloss:
    """One English meaning of a word."""

    text: str
    weight: float
    """Above 0, at most 1."""


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Chinese words of one to eight characters, simplified, with their meanings."""

    glosses: dict[str, list[Gloss]] = field(default_factory=dict[str, list[Gloss]])
    """At most MOST_GLOSSES a word, the first senses first; none for a word that only refers to another."""
    traditional: dict[str, str] = field(default_factory=dict[str, str])
    """Traditional form to the simplified one, where they differ."""

    @property
    def headwords(self) -> list[str]:
        """The words with a meaning."""
        return [word for word, meanings in self.glosses.items() if meanings]


class _Words(Owned):
    version: str
    source: str
    valid_from: date
    words: dict[str, tuple[str, ...]]


def complaint_words() -> dict[str, list[Gloss]]:
    """Our own words, whose meanings go before the dictionary's.

    Raises:
        InvalidRules: the file breaks its schema.
    """
    words = load_rules(COMPLAINT_WORDS, _Words).words
    return {word: [Gloss(text, 1.0) for text in meanings] for word, meanings in words.items()}


def read_dictionary(lines: Iterable[str]) -> Dictionary:
    """CC-CEDICT's lines, and our own words in place of the entries of the same name."""
    found: dict[str, list[Gloss]] = {}
    traditional: dict[str, str] = {}
    for line in lines:
        entry = _ENTRY.match(line)
        if entry is None or not _CHINESE.fullmatch(entry[2]):
            continue
        form, word, reading, meanings = entry[1], entry[2], entry[3], entry[4]
        if form != word and len(form) == len(word):
            traditional.setdefault(form, word)
        weight = PROPER_NAME if reading[:1].isupper() else 1.0
        found.setdefault(word, []).extend(Gloss(text, weight) for text in clean_glosses(meanings.split("/")))
    own = complaint_words()
    glosses = {word: own.get(word) or _first(meanings) for word, meanings in found.items()}
    return Dictionary({**glosses, **own}, traditional)


def clean_glosses(meanings: Sequence[str]) -> list[str]:
    """The meanings without brackets, readings and references to other entries."""
    found: list[str] = []
    for meaning in meanings:
        if _REFERENCE.match(meaning):
            continue
        bare = _FOREIGN.sub(" ", _BRACKETS.sub(" ", meaning)).replace("abbr. for", " ")
        text = " ".join(bare.split()).strip(" ,;:.")
        if text and len(text) <= LONGEST_GLOSS and any(c.isalpha() for c in text):
            found.append(text)
    return found


def _first(meanings: list[Gloss]) -> list[Gloss]:
    """The first senses of every text once, common words before names."""
    ordered = sorted(meanings, key=lambda gloss: -gloss.weight)
    return list({gloss.text: gloss for gloss in reversed(ordered)}.values())[::-1][:MOST_GLOSSES]
