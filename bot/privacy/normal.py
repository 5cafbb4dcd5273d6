"""A text as the rules read it: one spelling for every character, and offsets that lead back to the original.

Full-width, mathematical and other-script digits become ASCII, dashes become hyphens, traditional characters
simplified ones, a phone number spelled out in Chinese (幺三八零零…) digits: always one character for one.
Invisible characters are left out; `Reading.written` turns a span back into one of the text as written.
"""

import re
import unicodedata
from dataclasses import dataclass

from bot.privacy.rules import simplified

FILLER = "\ufffc"
"""Stands for every character of a placeholder or mask: no rule matches it, no rule looks across it."""

PLACEHOLDER = re.compile(r"⟦([A-Z][A-Z_]*)_([0-9]+)⟧")

_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e01ef]"
)
_MASK = re.compile(r"(?<![A-Za-z._+@-])[Xx]{2,}(?![A-Za-z._+@-])|⟦[A-Z][A-Z_]*_[0-9]+⟧")
_SPOKEN = "零〇○幺一二两三四五六七八九壹贰叁肆伍陆柒捌玖洞拐"
_SPOKEN_RUN = re.compile(rf"[0-9{_SPOKEN}](?:[ -]?[0-9{_SPOKEN}]){{6,}}")
_COMPLETE = 10
"""ASCII digits from which a run is a number already: the 一 in 13800138000一直打不通 is a word."""
_TO_DIGIT = str.maketrans(_SPOKEN, "0001122345678912345678907")
_DASHES = dict.fromkeys([0x2010, 0x2011, 0x2012, 0x2013, 0x2212, 0xFE58, 0xFE63, 0xFF0D], 0x2D)
_REMEMBERED = 0x30000


class _Spelling(dict[int, int]):
    """Code point to the code point that stands for it, worked out when first asked for."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        compatible = unicodedata.normalize("NFKC", character)
        compatible = simplified().get(compatible, compatible)
        digit = unicodedata.decimal(character, None)
        plain = _DASHES.get(code, ord(compatible) if len(compatible) == 1 else code)
        plain = plain if digit is None else 0x30 + digit
        if code < _REMEMBERED:
            self[code] = plain
        return plain


_SPELLING = _Spelling()


@dataclass(frozen=True, slots=True)
class Reading:
    """One text, ready for the rules. Offsets of finds count characters of `text`."""

    text: str
    folded: str
    """`text` in lower case, of the same length."""
    offsets: tuple[int, ...] | None
    """Where each character of `text`, and its end, stands in the text as written; None where they agree."""
    has_digit: bool
    has_han: bool
    has_latin: bool
    """Whether two letters of the Latin alphabet stand side by side."""

    def written(self, start: int, end: int) -> tuple[int, int]:
        """The span of the text as written that a span of `text` stands for, invisible characters included."""
        return (start, end) if self.offsets is None else (self.offsets[start], self.offsets[end])


_DIGIT = re.compile("[0-9]")
_HAN = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]{2}")


def read(written: str) -> Reading:
    """The reading of a text; never raises, whatever the characters."""
    text, offsets, han = written, None, False
    if not written.isascii():
        if _HIDDEN.search(written):
            visible = [(at, c) for at, c in enumerate(written) if not _HIDDEN.match(c)]
            offsets = (*(at for at, _ in visible), len(written))
            text = "".join(c for _, c in visible)
        text = text.translate(_SPELLING)
        han = _HAN.search(text) is not None
        if han:
            text = _SPOKEN_RUN.sub(_in_digits, text)
    if "xx" in text or "XX" in text or "⟦" in text:
        text = _MASK.sub(lambda mask: FILLER * len(mask[0]), text)
    digit, latin = _DIGIT.search(text) is not None, _LATIN.search(text) is not None
    return Reading(text, fold(text), offsets, digit, han, latin)


def spell(written: str) -> str:
    """A short piece of text in the one spelling and in lower case: equal for two writings of one value."""
    if written.isascii():
        return written.lower()
    text = _HIDDEN.sub("", written).translate(_SPELLING)
    return fold(_SPOKEN_RUN.sub(_in_digits, text))


def _in_digits(run: re.Match[str]) -> str:
    """The run with its Chinese digits as ASCII, unless it is a number already and they stand beside it."""
    written = run[0]
    if written.isascii() or (
        sum(c.isascii() and c.isdigit() for c in written) >= _COMPLETE and written.strip(_SPOKEN).isascii()
    ):
        return written
    return written.translate(_TO_DIGIT)


def fold(text: str) -> str:
    """Lower case without changing the length."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
