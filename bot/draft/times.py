"""Dates and durations in a text: 3月2日, 2 March, 02/03/2026, 两三天, two weeks."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final, Literal, NamedTuple

from bot.draft.numerals import EN_NUMBER, ZH_DIGITS, ZH_NUMBER, number
from knowledge.case import Language


class Moment(NamedTuple):
    """A date or a duration, and where it is written."""

    start: int
    end: int
    kind: Literal["date", "duration"]
    value: str
    """2026-03-02; --03-02 without a year; 2026-03 without a day; the words themselves where they are relative
    (上周五, yesterday); 3 days; 2-3 days."""


_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_ISO: Final = re.compile(
    r"(?<![\d.-])(?P<y>(?:19|20)\d\d)(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?![\d-])"
)
_SLASH: Final = re.compile(r"(?<![\d/])(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4}|\d\d)(?![\d/])")
_ZH_DATE: Final = re.compile(
    rf"(?:(?P<y>\d{{4}}|[{ZH_DIGITS}]{{4}})\s?年\s?)?(?<!\d)(?P<m>\d{{1,2}}|[{ZH_DIGITS}十]{{1,2}})\s?月\s?"
    rf"(?:(?P<d>\d{{1,2}}|[{ZH_DIGITS}十]{{1,3}})\s?[日号]|(?P<bare>\d{{1,2}})(?![\d.个年天次元块万%]))"
)
_ZH_MONTH: Final = re.compile(r"(?P<y>(?:19|20)\d\d)\s?年\s?(?P<m>\d{1,2})\s?月")
_ZH_RELATIVE: Final = re.compile(
    r"大?前天|昨[天日晚]|上上?个?(?:周|星期|礼拜)[一二三四五六日天]|(?:上个?|本|这个)月\d{1,2}[日号]"
)
_EN_MONTH: Final = re.compile(rf"(?P<m>{_MONTH})\b")
_EN_DAY_BEFORE: Final = re.compile(r"(?<![\d.£$€/])(?P<d>\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+$")
_EN_YEAR_AFTER: Final = re.compile(r"\.?,?\s+(?P<y>(?:19|20)\d\d)\b")
_EN_DAY_AFTER: Final = re.compile(
    r"\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?\b(?![.:]\d)(?:,?\s+(?P<y>(?:19|20)\d\d)\b)?"
)
_EN_RELATIVE: Final = re.compile(
    r"\b(?:yesterday|last\s+(?:night|week|month|(?:mon|tues|wednes|thurs|fri|satur|sun)day))\b"
)
_ZH_DURATION: Final = re.compile(
    rf"(?<![第\d.:{ZH_DIGITS}十])(?P<n>\d{{1,4}}(?:\.\d+)?(?:\s?[-~到至—–]\s?\d{{1,4}})?|{ZH_NUMBER}|半)\s?(?P<ge>个)?"
    r"(?P<more>[多半])?\s?(?P<unit>工作日|小时|钟头|分钟|天|周(?!年|[一二三四五六日])|星期(?![一二三四五六日])|礼拜(?![一二三四五六日])|月|年|日)"
    r"(?P<tail>以内|之内|内|(?=的?(?:犹豫|冷静|宽限|等待|无理由|试用|保修|质保)))?"
)
_EN_UNIT: Final = re.compile(r"(?P<unit>minute|min|hour|hr|day|week|month|year)s?\b(?![\s-]*old)")
_EN_AMOUNT: Final = re.compile(
    rf"(?:(?<![\d.,£$€])(?P<n>\d{{1,4}}(?:\.\d+)?(?:\s?(?:-|–|to)\s?\d{{1,4}})?)|\b(?P<words>half\s+an?|{EN_NUMBER}|an?))"
    r"[\s-]+(?P<work>(?:working|business)\s+)?$"
)
_EN_AMOUNT_MOST: Final = 48
"""Characters before a unit in which its number must stand."""
_FIGURES: Final = re.compile(r"\d[-/.]\d")
_UNIT: Final = {
    "工作日": "working day", "小时": "hour", "钟头": "hour", "分钟": "minute", "天": "day", "日": "day",
    "周": "week", "星期": "week", "礼拜": "week", "月": "month", "年": "year", "min": "minute", "hr": "hour",
}  # fmt: skip
_HAN: Final = re.compile("[一-鿿]")


def find_times(folded: str, language: Language | None = None) -> Iterator[Moment]:
    """Every date and duration; `folded` is lower case, half-width digits. Without a language both are read.

    A date in figures with slashes is read day first, as in the UK, where both readings are possible.
    """
    if _FIGURES.search(folded):
        for pattern in (_ISO, _SLASH):
            yield from _dates(pattern, folded)
    if language != "en" and _HAN.search(folded):
        if "月" in folded:
            for pattern in (_ZH_DATE, _ZH_MONTH):
                yield from _dates(pattern, folded)
        yield from _relative(_ZH_RELATIVE, folded)
        yield from _zh_durations(folded)
    if language != "zh":
        yield from _en_dates(folded)
        if "last" in folded or "yesterday" in folded:
            yield from _relative(_EN_RELATIVE, folded)
        yield from _en_durations(folded)


def duration(amount: str, unit: str) -> str:
    """The one spelling of a duration: 1 day, 2-3 weeks."""
    return f"{amount} {unit}" if amount == "1" else f"{amount} {unit}s"


def _dates(pattern: re.Pattern[str], folded: str) -> Iterator[Moment]:
    for match in pattern.finditer(folded):
        found = match.groupdict()
        month, day = found["m"], found.get("d") or found.get("bare")
        if pattern is _SLASH and day and int(month) > 12:
            month, day = day, month  # 03/25/2026 can only be the American order
        if value := _date_value(found.get("y"), month, day):
            yield Moment(match.start(), match.end(), "date", value)


def _date_value(year: str | None, month: str, day: str | None) -> str | None:
    y = _year(year)
    m, d = _month(month), None if day is None else number(day)
    if m is None or not 1 <= m <= 12:
        return None
    if d is None:
        return f"{y:04}-{m:02}" if y else None
    try:
        day_of = date(y or 2024, m, int(d))
    except ValueError:
        return None
    return day_of.isoformat() if y else f"--{m:02}-{day_of.day:02}"


def _year(year: str | None) -> int | None:
    if year is None:
        return None
    if year.isdigit():
        value = int(year)
        return value + 2000 if value < 100 else value or None
    return (
        int(
            "".join(str("零一二三四五六七八九".find(c.replace("〇", "零").replace("两", "二"))) for c in year)
        )
        or None
    )


def _month(month: str) -> int | None:
    if month[:3] in _MONTHS:
        return _MONTHS.index(month[:3]) + 1
    value = number(month)
    return None if value is None else int(value)


def _relative(pattern: re.Pattern[str], folded: str) -> Iterator[Moment]:
    for match in pattern.finditer(folded):
        yield Moment(match.start(), match.end(), "date", match[0])


def _zh_durations(folded: str) -> Iterator[Moment]:
    for match in _ZH_DURATION.finditer(folded):
        unit, amount = match["unit"], _amount(match["n"])
        if amount is None or (unit == "月" and not match["ge"]) or (unit == "日" and match["tail"] is None):
            continue
        if unit == "年" and (match["ge"] or not amount.isdigit() or int(amount) > 99):
            continue
        yield Moment(match.start(), match.end(), "duration", duration(amount, _UNIT[unit]))


def _en_dates(folded: str) -> Iterator[Moment]:
    """Months first, then the day beside them: most words are no months."""
    for month in _EN_MONTH.finditer(folded):
        start, end = month.span()
        if start and folded[start - 1].isalnum():
            continue
        if before := _EN_DAY_BEFORE.search(folded, max(0, start - 12), start):
            after = _EN_YEAR_AFTER.match(folded, end)
            start, end, day, year = (
                before.start(),
                after.end() if after else end,
                before["d"],
                after and after["y"],
            )
        elif after := _EN_DAY_AFTER.match(folded, end):
            end, day, year = after.end(), after["d"], after["y"]
        else:
            continue
        if value := _date_value(year, month["m"], day):
            yield Moment(start, end, "date", value)


def _en_durations(folded: str) -> Iterator[Moment]:
    for unit in _EN_UNIT.finditer(folded):
        before = _EN_AMOUNT.search(folded, max(0, unit.start() - _EN_AMOUNT_MOST), unit.start())
        if before is None:
            continue
        words = before["words"] or ""
        amount = "0.5" if words.startswith("half") else _amount(before["n"] or words)
        if amount is not None:
            name = _UNIT.get(unit["unit"], unit["unit"])
            name = f"working {name}" if before["work"] else name
            yield Moment(before.start(), unit.end(), "duration", duration(amount, name))


def _amount(written: str) -> str | None:
    """3, 2-3 or 0.5, in figures."""
    if written == "半":
        return "0.5"
    ends = re.split(r"\s?(?:[-~到至—–]|to)\s?", written)
    if len(ends) == 2 and written[0].isdigit():
        low, high = number(ends[0]), number(ends[1])
        return None if low is None or high is None else f"{low:f}-{high:f}"
    value = number(written)
    if value is None and len(written) == 2:
        low, high = (number(character) for character in written)
        return None if low is None or high is None or not low < high else f"{low}-{high}"
    return None if value is None else f"{value.normalize():f}"
