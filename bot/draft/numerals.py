"""Numbers written in words: 三百二十, 四千二, 1.2万, six hundred and seventy-five."""

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

ZH_DIGITS: Final = "零〇一二两三四五六七八九"
MOST_CHARACTERS: Final = 24
ZH_NUMBER: Final = rf"[{ZH_DIGITS}十][{ZH_DIGITS}十百千万亿]{{0,{MOST_CHARACTERS - 1}}}"
"""A Chinese number as a regular expression; it starts with a digit, so 千万 and 万一 are none."""

_DIGIT: Final = {character: value for value, character in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
}
_UNIT: Final = {"十": 10, "百": 100, "千": 1000}
_BIG: Final = {"万": 10_000, "亿": 100_000_000}

_ONES: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_EN_VALUE: Final[dict[str, int]] = {
    **{word: value for value, word in enumerate(_ONES)},
    **{word: 10 * value for value, word in enumerate(_TENS, 2)},
    "a": 1,
    "an": 1,
}
_EN_SCALE: Final = {"hundred": 100, "thousand": 1000, "million": 1_000_000}

_ZH: Final = re.compile(f"[{ZH_DIGITS}十百千万亿]+")
_EN_WORD: Final = "|".join(sorted((*_ONES, *_TENS, *_EN_SCALE), key=len, reverse=True))
EN_NUMBER: Final = (
    rf"\b(?:an?[ ](?=hundred|thousand|million))?(?:{_EN_WORD})\b"
    rf"(?:(?:[ ]and[ ]|[ -])(?:{_EN_WORD})\b){{0,11}}"
)
"""An English number in words as a regular expression, for lower-cased text."""


def zh_number(text: str) -> Decimal | None:
    """The value of a Chinese number; None for a row of digits (二零二六) or an approximation (二三十)."""
    if len(text) > MOST_CHARACTERS or (len(text) > 1 and all(character in _DIGIT for character in text)):
        return None
    total = section = digit = 0
    last_unit = 1
    for character in text:
        if character in _DIGIT:
            if digit:
                return None
            digit = _DIGIT[character]
            last_unit = last_unit if digit else 1
        elif character in _UNIT:
            last_unit = _UNIT[character]
            section += (digit or (1 if last_unit == 10 else 0)) * last_unit
            digit = 0
        else:
            last_unit = _BIG[character]
            section += digit
            total = (total + section) * last_unit if last_unit > 10_000 else total + section * last_unit
            section = digit = 0
    # 四千二 is 4200, 一万二 is 12000: a last digit after a unit above ten counts tenths of that unit
    return Decimal(total + section + (digit * (last_unit // 10) if last_unit >= 100 else digit))


def en_number(text: str) -> Decimal | None:
    """The value of an English number in words, lower case, or None where it is none."""
    total, section, seen = 0, 0, False
    for word in re.split(r"[ -]+", text.strip()):
        if word == "and":
            continue
        if word in _EN_SCALE:
            section = max(section, 1) * _EN_SCALE[word]
            if _EN_SCALE[word] > 100:
                total, section = total + section, 0
        elif word in _EN_VALUE:
            section += _EN_VALUE[word]
        else:
            return None
        seen = True
    return Decimal(total + section) if seen else None


def arabic(text: str) -> Decimal | None:
    """The value of 1,234.50, １２３４ or 1.2, or None."""
    try:
        return Decimal(text.replace(",", "").replace("，", "").rstrip("."))
    except InvalidOperation:
        return None


@lru_cache(maxsize=4096)
def number(text: str) -> Decimal | None:
    """The value of a number however it is written."""
    value = arabic(text)
    if value is None and _ZH.fullmatch(text):
        return zh_number(text)
    return en_number(text.lower()) if value is None else value
