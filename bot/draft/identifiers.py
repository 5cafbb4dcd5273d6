"""Numbers and addresses that identify a person, and those that reach somebody."""

import re
from collections.abc import Iterator
from typing import Final

_PERSONAL: Final = re.compile(
    r"(?<!\d)(?:1[3-9]\d{9}|\d{17}[\dxX]|\d{3}-\d{2}-\d{4})(?!\d)|(?<![\w.+-])[\w.+-]+@[\w-]+\.\w+"
    r"|(?:\+|\b00)\d[\d -]{8,}\d|(?<!\d)0\d{9,10}(?!\d)"
)
_DIGITS: Final = re.compile(r"\d(?:[ -]?\d){8}")
_LONG_NUMBER: Final = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")

_DOT: Final = re.compile(r"\.[A-Za-z]{2}|@[A-Za-z0-9]|://")
_ADDRESS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@:/._+-%?=&~#")
_DOMAIN: Final = re.compile(
    r"@|://|^www\.|\.(?:com|cn|org|net|gov|uk|us|info|io|co|app|eu|de|fr|ie|hk|tw|me|tv|cc|biz|top|vip|xyz|shop|site|online|link|club|live|example)(?:[/:?]|$)|\.[a-z]{2,}/[a-z]"
)
_NUMBER: Final = re.compile(r"\+?\d[\d -]{1,18}\d")
_SPOKEN: Final = re.compile(
    r"(?:拨打|致电|电话|热线|短信至|(?<![a-z])(?:call|phone|ring|dial|text|helpline|hotline))"
    r"(?:\s?(?:是|为|[:：]|us|on|the|number|is|at))*\s?$"
)
_PHONE: Final = re.compile(
    r"\+\d[\d -]{7,}\d|0\d{2,4}[ -]?\d{3,4}[ -]?\d{3,4}|[48]00[ -]?\d{3}[ -]?\d{4}"
    r"|(?:1[ -])?\d{3}[ -]\d{3}[ -]\d{4}"
)


def looks_personal(text: str) -> bool:
    """Whether there is a phone, identity or card number or an e-mail address in it."""
    return find_personal(text) is not None


def find_personal(text: str) -> tuple[int, int] | None:
    """Where the first phone, identity or card number or e-mail address stands."""
    if "@" not in text and not _DIGITS.search(text):
        return None
    if found := _PERSONAL.search(text):
        return found.span()
    return next((match.span() for match in _LONG_NUMBER.finditer(text) if _luhn(match[0])), None)


def contacts(text: str) -> Iterator[str]:
    """Every link, e-mail address and number to call in a text, each once."""
    yield from dict.fromkeys(_addresses(text))
    for match in _NUMBER.finditer(text):
        before = text[max(0, match.start() - 24) : match.start()].lower()
        if _PHONE.fullmatch(match[0]) or _SPOKEN.search(before):
            yield match[0]


def _addresses(text: str) -> Iterator[str]:
    """Unbroken runs of address characters that end like a domain or hold an @."""
    done = 0
    for match in _DOT.finditer(text):
        start = end = match.start()
        if start < done:
            continue
        while start > done and text[start - 1] in _ADDRESS:
            start -= 1
        while end < len(text) and text[end] in _ADDRESS:
            end += 1
        done = end
        found = text[start:end].rstrip(".:?")
        if _DOMAIN.search(found.lower()):
            yield found


def _luhn(written: str) -> bool:
    digits = [int(character) for character in written if character.isdigit()][::-1]
    return (sum(digits[0::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0
