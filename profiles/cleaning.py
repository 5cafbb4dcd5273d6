"""Cells of exports made clean: times, lengths of time, amounts, answers to surveys, names, regions.

Each function gives None where the text cannot be read as what it should be; the caller says so with the
column. No value is ever guessed: a day of 03/04 needs the order of the file to be said.
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, Literal

DateOrder = Literal["ymd", "dmy", "mdy"]

_YMD = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(.*)", re.DOTALL)
_SHORT = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(.*)", re.DOTALL)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2}):?(\d{2}):?(\d{2})?)?")
_CLOCK = re.compile(
    r"[T\s,，]*(?:(上午|下午|中午|晚上|凌晨|早上|[AaPp]\.?[Mm]\.?)\s*)?(\d{1,2})[:：时点](\d{1,2})?(?:[:：分](\d{1,2}))?秒?分?"
    r"(?:\.(\d{1,9}))?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?\s*"
)
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3,6})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_AFTERNOON: Final = frozenset({"下午", "晚上", "中午", "pm"})
_MORNING: Final = frozenset({"上午", "凌晨", "早上", "am"})
_SECONDS = 10**8
"""An epoch of more digits than a year, in seconds; from a thousand times that it is in milliseconds."""


def moment(text: str, zone: tzinfo, order: DateOrder = "ymd") -> datetime | None:
    """A point in time in UTC; one without a zone is in `zone`, a day alone begins at midnight there."""
    if _ISO.fullmatch(text):
        return _machine_time(text, zone)
    text = unicodedata.normalize("NFKC", text).strip()
    if re.fullmatch(r"(?:\d{9,10}|\d{13}|\d{16})(?:\.\d+)?", text):
        return _epoch(float(text))
    day, rest = _day(text, order)
    if day is None:
        return None
    clock = _CLOCK.fullmatch(rest) if rest.strip() else None
    if rest.strip() and clock is None:
        return None
    try:
        at = datetime(*day, *((0, 0, 0, 0) if clock is None else _clock(clock)), tzinfo=zone)
        return at.replace(tzinfo=(clock and _offset(clock[7])) or zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _clock(said: re.Match[str]) -> tuple[int, int, int, int]:
    """Hour, minute, second and microsecond; 下午2时 is 14."""
    hour = int(said[2])
    part = (said[1] or said[6] or "").replace(".", "").lower()
    if part in _AFTERNOON and hour < 12 and not (part == "中午" and hour >= 11):
        hour += 12
    elif part in _MORNING and hour == 12:
        hour = 0
    return hour, int(said[3] or 0), int(said[4] or 0), int((said[5] or "0").ljust(6, "0")[:6])


def _machine_time(text: str, zone: tzinfo) -> datetime | None:
    """What machines write, which costs a tenth of what people write."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _epoch(seconds: float) -> datetime | None:
    while seconds >= _SECONDS * 1000:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC)


def _day(text: str, order: DateOrder) -> tuple[tuple[int, int, int] | None, str]:
    if match := _YMD.fullmatch(text):
        return (int(match[1]), int(match[2]), int(match[3])), match[4]
    if match := _COMPACT.fullmatch(text):
        hours = f" {match[4]}:{match[5]}:{match[6] or '00'}" if match[4] else ""
        return (int(match[1]), int(match[2]), int(match[3])), hours
    if (match := _SHORT.fullmatch(text)) and order != "ymd":
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        day, month = (first, second) if order == "dmy" else (second, first)
        return (year, month, day), match[4]
    return None, ""


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text in {"Z", "UTC", "GMT"}:
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


_LENGTH = re.compile(
    r"(?:(\d+(?:\.\d+)?)\s*(?:h|hrs?|hours?|小时|时))?\s*(?:(\d+(?:\.\d+)?)\s*(?:m|mins?|minutes?|分钟?))?"
    r"\s*(?:(\d+(?:\.\d+)?)\s*(?:s|secs?|seconds?|秒))?",
    re.IGNORECASE,
)


def seconds_of(text: str) -> float | None:
    """A length of time: 323, 05:23, 1:02:03, 5m23s, 5分23秒."""
    text = unicodedata.normalize("NFKC", text).strip().replace(",", "")
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    if re.fullmatch(r"\d{1,3}(?::\d{1,2}){1,2}", text):
        total = 0.0
        for part in text.split(":"):
            total = total * 60 + int(part)
        return total
    match = _LENGTH.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


_CURRENCIES: Final = {
    "¥": "CNY", "￥": "CNY", "元": "CNY", "RMB": "CNY", "人民币": "CNY", "$": "USD", "£": "GBP", "€": "EUR",
    "HK$": "HKD", "港币": "HKD", "美元": "USD",
}  # fmt: skip
_AMOUNT = re.compile(r"([^\d\-.,\s]*)\s*(-?\d[\d.,' ]*)\s*(万|千|k)?\s*([^\d\s]*)", re.IGNORECASE)
_TIMES: Final = {"万": 10_000, "千": 1_000, "k": 1_000}


def amount_of(text: str) -> tuple[float, str | None] | None:
    """An amount and its currency, where the text names one: ¥1,234.50, 1.234,50 €, 1.2万元."""
    text = unicodedata.normalize("NFKC", text).strip()
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return None
    number = _number(match[2])
    if number is None:
        return None
    sign = (match[1] or match[4]).strip().upper()
    currency = _CURRENCIES.get(sign) or (sign if re.fullmatch(r"[A-Z]{3}", sign) else None)
    if sign and currency is None:
        return None
    return number * _TIMES.get((match[3] or "").lower(), 1), currency


def _number(text: str) -> float | None:
    """With commas or points between thousands; the last of two different marks is the decimal one."""
    digits = re.sub(r"[ ']", "", text)
    point, comma = digits.rfind("."), digits.rfind(",")
    if comma > point and (point >= 0 or len(digits) - comma - 1 != 3):
        digits = digits.replace(".", "").replace(",", ".")
    else:
        digits = digits.replace(",", "")
    try:
        number = float(digits)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def score_of(text: str, top: float, answers: Mapping[str, Sequence[str]]) -> float | None:
    """An answer as 0..1; `top` is the best number the survey has, from 1 (0 where it is 10 or more)."""
    text = unicodedata.normalize("NFKC", text).strip().casefold()
    for score, words in answers.items():
        if text in words:
            return float(score)
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:/|分之|out of)\s*(\d+)", text):
        text, top = match[1], float(match[2])
    if not re.fullmatch(r"\d+(?:\.\d+)?\s*[分星]?", text):
        return None
    number, least = float(re.sub(r"[^\d.]", "", text)), (0.0 if top >= 10 else 1.0)
    return (number - least) / (top - least) if least <= number <= top else None


def name_of(text: str) -> str:
    """A name in its usual form: 张 三 as 张三, SMITH, JOHN as John Smith."""
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    if re.search(r"[\u3400-\u9fff]", text):
        return re.sub(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])", "", text)
    if match := re.fullmatch(r"([^,]+), ?([^,]+)", text):
        text = f"{match[2]} {match[1]}"
    return text.title() if text.isupper() or text.islower() else text


def region_of(text: str) -> str:
    """A region as one run of words: 浙江省-杭州市 / 西湖区 as 浙江省杭州市西湖区."""
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    if re.search(r"[\u3400-\u9fff]", text):
        return re.sub(r"(?<=[\u3400-\u9fff])[\s\-/>,·]+(?=[\u3400-\u9fff])", "", text)
    return re.sub(r"\s*[/>]\s*", ", ", text)
