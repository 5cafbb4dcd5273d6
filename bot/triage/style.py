"""How a text is written, whatever its words: capitals, repeated marks, questions that want no answer."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot.triage.language import is_common_english
from bot.triage.lexicon import Span
from knowledge.words import PLACEHOLDER

_HAN = re.compile(r"[\u3400-\u9fff]")
_LONG = 350
_LONG_CHINESE = 120
_CAPITALS = re.compile(r"\b[A-Z]{2,}(?:['’][A-Z]+)?\b(?:[ ,.!?'’-]+\b[A-Z]+\b)*")
_MARKS = re.compile(r"(?:[!！?？]\s?){2,}")
_FORMAL = re.compile(
    r"请(?!假|你们?吃|客)|烦请|敬请|恳请|特此|兹|如下|附件|附后|附上|附表|截图附|来电人|据|贵(?:司|行|公司|平台|社|园|店|方|校|院)|本人|核实|核查"
    r"|^\s*(?:\d+[.、）)]|[-*·•])\s|\b(?:please|kindly|attached|enclosed|hereby|regarding|reference|requested?|pursuant|clause"
    r"|dear sir|to whom|invoice|confirm|query|statement)\b",
    re.IGNORECASE | re.MULTILINE,
)
_PERSONAL = re.compile(
    r"你|[吗呢吧啊呀嘛哦哈咯嗦啦喽呗哇嗯喂]|咋|啥|累死|行了|算了|\b(?:you|your|yours|ye|youse|u|ur|y'all|lol|bro|mate|love)\b|[a-z]['’](?:t|ve|ll|re|m|d)\b",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[A-Za-z]")
_UPPER = re.compile(r"[A-Z]")


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
    length: float
    """0..1: how long the story is; 1 from about 120 Chinese characters or 350 others."""
    heated: bool
    """Any of these, or a single exclamation mark."""
    personal: bool
    """Speaks to someone: you, 你们, contractions, particles of spoken Chinese."""
    formal: bool
    """The tone of a form or a letter: lists, attachments, 请核实, "kindly"."""
    questions: int
    """All question marks."""


@lru_cache(maxsize=16)
def style_of(text: str) -> Style:
    """The style of the customer's words; placeholders of redaction do not count."""
    text = PLACEHOLDER.sub(lambda match: " " * len(match[0]), text)
    letters = len(_LETTER.findall(text))
    upper = len(_UPPER.findall(text))
    chinese = len(_HAN.findall(text))
    shouted = letters >= 12 and upper >= 0.6 * letters and chinese <= letters
    stressed = tuple(_spans(match for match in _CAPITALS.finditer(text) if _stress(match[0])))
    marks = tuple(_spans(_MARKS.finditer(text)))
    exclamations = text.count("!") + text.count("！")
    return Style(
        shouted=shouted,
        stressed=stressed,
        marks=marks,
        exclamations=exclamations,
        length=min(1.0, (len(text) - chinese) / _LONG + chinese / _LONG_CHINESE),
        heated=bool(shouted or stressed or marks or exclamations),
        personal=bool(_PERSONAL.search(text)),
        formal=bool(_FORMAL.search(text)),
        questions=text.count("?") + text.count("？"),
    )


def _spans(matches: Iterable[re.Match[str]]) -> Iterator[Span]:
    return (Span(match.start(), match.end(), match[0]) for match in matches)


def _stress(capitals: str) -> bool:
    """Two ordinary words in capitals: NOT AGAIN. One alone, or unknown ones, may be names (HSBC, UK GDPR)."""
    words = [word for word in re.findall(r"[A-Z]+", capitals) if len(word) > 1]
    return len(words) > 1 and 2 * sum(is_common_english(word) for word in words) > len(words)
