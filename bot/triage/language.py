"""Which language a complaint is written in: Chinese, English, or neither ("und").

Chinese is seen by its characters, traditional ones too; kana and Hangul make it Japanese or Korean. English
is seen by its common words, because French, German and romanised text use the same letters. In a mixed text
it is Chinese where there are as many Chinese characters as Latin words.
"""

import re
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import field_validator

from bot.triage.phrases import inflected
from knowledge.case import Owned
from knowledge.rules import load_rules
from knowledge.words import PLACEHOLDER

Detected = Literal["zh", "en", "und"]

_ADDRESS = re.compile(r"(?:https?://|www\.)[\x21-\x7e]+|[\w.+-]*@[\w.-]+|\b[Xx]{2,}\b", re.ASCII)
"""Links, mail addresses, @names, and the XXXX that other people's redaction leaves: no language."""
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_KANA_OR_HANGUL = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+(?:['’][A-Za-z]+)*")
_OTHER_LETTER = re.compile(r"[\u0370-\u1cff]")
"""Greek, Cyrillic, Hebrew, Arabic, the Indic and South-East Asian scripts."""

_CONTRACTIONS = ("'s", "'ll", "'re", "'ve", "'d", "'m", "n't")

READ_AT_MOST = 4000
"""Characters that are enough to tell."""
_ENGLISH_SHARE = 0.2
"""Of the Latin words, how many must be common English ones; running English has about 0.6."""


class _Words(Owned):
    version: str
    source: str
    valid_from: str
    english: frozenset[str]
    other: frozenset[str]

    @field_validator("english", mode="before")
    @classmethod
    def _with_endings(cls, words: str) -> frozenset[str]:
        return frozenset(
            form for word in words.split() for form in (inflected(word) if len(word) > 3 else (word,))
        )

    @field_validator("other", mode="before")
    @classmethod
    def _split(cls, words: str) -> frozenset[str]:
        return frozenset(words.split())


def detect(text: str) -> Detected:
    """The language that carries the message."""
    text = _ADDRESS.sub(" ", PLACEHOLDER.sub(" ", text[:READ_AT_MOST]))
    han = len(_HAN.findall(text))
    words = [word.lower().replace("’", "'") for word in _LATIN_WORD.findall(text)]
    foreign = len(_KANA_OR_HANGUL.findall(text))
    if foreign * 8 > han + foreign and foreign * 2 > len(words):
        return "und"
    if len(_OTHER_LETTER.findall(text)) > max(han, 3 * len(words)):
        return "und"
    if han and han >= len(words):
        return "zh"
    if _english(words):
        return "en"
    return "zh" if han * 3 >= len(words) and han > 1 else "und"


def _english(words: list[str]) -> bool:
    lists = _lists()
    english = sum(word in lists.english or word.endswith(_CONTRACTIONS) for word in words)
    other = sum(word in lists.other and word not in lists.english for word in words)
    return english > other and english >= _ENGLISH_SHARE * len(words)


def is_common_english(word: str) -> bool:
    """Whether it is one of the words by which English is told, in any case."""
    return word.lower() in _lists().english


@cache
def _lists() -> _Words:
    return load_rules(Path(__file__).parent / "lexicons" / "language.toml", _Words)
