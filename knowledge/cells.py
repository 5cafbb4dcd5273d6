"""What a cell of somebody else's table means: dates, money, labels, lists, languages."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final, Literal

from knowledge.case import Language

DateOrder = Literal["ymd", "dmy", "mdy"]
"""How a file writes days; "ymd" refuses 03/04/2026 rather than guess."""

EXACT_DIGITS: Final = 15
"""Digits of a number that a spreadsheet keeps exactly."""

MAX_LABEL: Final = 80
"""Characters of a label; what is longer is prose."""

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_NO_WORD = re.compile(r"[\W_]+")
_LIST = re.compile(r"[,;|/、，；\n]+")
_DAY = re.compile(r"(\d{1,4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,4})\s*日?")
_CLOCK = re.compile(
    r"(?P<half>上午|下午|[ap]m)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})分?"
    r"(?:\s*:?\s*(?P<second>\d{1,2})(?:\.\d+)?秒?)?\s*(?P<after>[ap]m)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"-?\d[\d.,' ]*")
_ROUNDED = re.compile(r"\d(?:\.\d+)?e\+?\d{2}", re.IGNORECASE)
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*", re.IGNORECASE)
_OTHER = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]|[\u0370-\u1fff]+")
"""Kana and Hangul by the character, the alphabets from Greek onwards by the word."""


class BadCell(Exception):
    """A cell that cannot be used; never holds more of it than a number or a date."""

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}; {remedy}")
        self.field = field
        self.problem = problem
        self.remedy = remedy


def text_of(value: Any) -> str:
    """The cell as text: numbers without a needless `.0`, days as 2026-03-31."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**EXACT_DIGITS:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value).strip().removeprefix("\ufeff")


@lru_cache(4096)  # column names and labels come again in every row
def key(name: str) -> str:
    """The name without what does not count: case, width, spaces, punctuation, and what is in brackets."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return _NO_WORD.sub("", _BRACKETS.sub("", plain)) or _NO_WORD.sub("", plain)


def identifier(field: str, value: Any) -> str:
    """An id or customer number, as text.

    Raises:
        BadCell: a spreadsheet has rounded it.
    """
    text = text_of(value)
    rounded = isinstance(value, (int, float)) and abs(value) >= 10**EXACT_DIGITS
    if rounded or _ROUNDED.fullmatch(text):
        raise BadCell(
            field, f"is a number of more than {EXACT_DIGITS} digits that the spreadsheet has rounded",
            "format the column as text and export it again",
        )  # fmt: skip
    return text


def day(field: str, value: Any, order: DateOrder) -> date | None:
    """The day; None for an empty cell.

    Raises:
        BadCell: it is no date, or could be two.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = text_of(value)
    if not text:
        return None
    found = _day_and_rest(text, order)
    if found is None:
        raise _no_date(field)
    return found[0]


def moment(field: str, value: Any, zone: tzinfo, order: DateOrder) -> datetime | None:
    """The moment, in `zone` where the cell names none; None for an empty cell.

    Raises:
        BadCell: it is no date and time, or could be two.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime.combine(value, time(), zone)
    text = text_of(value)
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        found = _day_and_rest(text, order)
        clock = None if found is None else _clock(found[1])
        if found is None or clock is None:
            raise _no_date(field) from None
        parsed = datetime.combine(found[0], clock)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)


def money(field: str, value: Any, signs: Mapping[str, str]) -> tuple[Decimal | None, str | None]:
    """The amount and the currency its sign names; (None, None) for an empty cell.

    Args:
        field: named in the error.
        value: the cell.
        signs: sign or word of a currency to its ISO code.

    Raises:
        BadCell: it is no amount.
    """
    text = unicodedata.normalize("NFKC", text_of(value)).casefold()
    number = _NUMBER.search(text)
    if not text or text in {"-", "/", "无", "none", "null"}:
        return None, None
    rest = text if number is None else text[: number.start()] + text[number.end() :]
    names = [sign for sign in signs if sign in rest]
    currency = signs[max(names, key=len)] if names else None
    unit = rest
    for sign in sorted(names, key=len, reverse=True):
        unit = unit.replace(sign, "")
    times = {"": 1, "万": 10_000, "千": 1_000}.get(unit.strip())
    amount = None if number is None else _decimal(number.group())
    if times is None or amount is None or amount < 0:
        raise BadCell(field, "is no amount of money", "write a number such as 1280.50, and a currency")
    return amount * times, currency


def several(value: Any) -> list[Any]:
    """The items of a list, or of a cell that separates them by comma, semicolon, bar, slash or 、."""
    if isinstance(value, list):
        return list(value)  # pyright: ignore[reportUnknownArgumentType]  # items of somebody's JSON: anything
    return [item.strip() for item in _LIST.split(text_of(value)) if item.strip()]


class Labels:
    """Codes by the names people use for them."""

    def __init__(self, names: Mapping[str, Iterable[str]]) -> None:
        self.codes: Final = tuple(names)
        self._codes = {key(name): code for code, others in names.items() for name in (code, *others)}

    def find(self, name: str) -> str | None:
        """The code; None for a name we do not know."""
        return self._codes.get(key(name)) if len(name) <= MAX_LABEL else None


def language_of(text: str) -> Language | None:
    """Chinese where Chinese characters outnumber Latin words, else English; None where others prevail."""
    han, words = len(_HAN.findall(text)), len(_WORD.findall(text))
    if max(han, words) <= 2 * len(_OTHER.findall(text)):
        return None
    return "zh" if han >= words else "en"


def _day_and_rest(text: str, order: DateOrder) -> tuple[date, str] | None:
    """The day a text begins with, and what follows; None where it begins with none."""
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if (found := _DAY.match(text)) is None:
        return None
    a, b, c = (int(part) for part in found.groups())
    year_first = len(found.group(1)) == 4
    if not year_first and (order == "ymd" or len(found.group(3)) != 4):
        return None
    year, month, number = (a, b, c) if year_first else (c, b, a) if order == "dmy" else (c, a, b)
    try:
        return date(year, month, number), text[found.end() :]
    except ValueError:
        return None


def _clock(text: str) -> time | None:
    """The time of day; midnight where nothing is said, None where it is no time."""
    text = text.strip().removeprefix("T")
    if not text:
        return time()
    if (found := _CLOCK.fullmatch(text)) is None:
        return None
    hour, half = int(found["hour"]), (found["half"] or found["after"] or "").lower()
    if half in {"下午", "pm"} and hour < 12:
        hour += 12
    elif half in {"上午", "am"} and hour == 12:
        hour = 0
    try:
        return time(hour, int(found["minute"]), int(found["second"] or 0))
    except ValueError:
        return None


def _decimal(text: str) -> Decimal | None:
    """The number, whichever of point and comma marks its decimals."""
    digits = re.sub(r"[' ]", "", text).rstrip(".,")
    point, comma = digits.rfind("."), digits.rfind(",")
    if point >= 0 and comma > point:
        digits = digits.replace(".", "").replace(",", ".")
    elif comma >= 0 and point < 0 and not re.fullmatch(r"-?\d{1,3}(,\d{3})+", digits):
        digits = digits.replace(",", ".")
    try:
        return Decimal(digits.replace(",", ""))
    except InvalidOperation:
        return None


def _no_date(field: str) -> BadCell:
    return BadCell(field, "is no date, or could be two", "write it as 2026-03-31 10:15")
