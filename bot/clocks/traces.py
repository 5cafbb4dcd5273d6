"""Dates in words: as a letter writes them, and how each was computed."""

from datetime import date
from typing import Final

from bot.clocks.calendars import calendars
from bot.clocks.pack import Rule
from bot.suggestion import Clock
from knowledge.case import Language

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


def written(day: date, language: Language) -> str:
    """The day as a letter writes it: 2026年11月30日, 30 November 2026."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def clock_of(rule: Rule, start: date, day: date, language: Language) -> Clock:
    """A rule's date as an agent sees it, with how it was computed."""
    source = rule.source.say(language)
    return Clock(
        stage=rule.stage,
        due=day,
        rule=rule.id,
        trace=_trace_zh(rule, start, day, source)
        if language == "zh"
        else _trace_en(rule, start, day, source),
        source=source,
        verified=rule.verified,
    )


def _trace_zh(rule: Rule, start: date, day: date, source: str) -> str:
    event = "收到" if rule.counts_from == "receipt" else "起算（此前的时限已过）"
    first = "" if rule.unit == "hour" else "，当日不计" if rule.start_excluded else "，当日计入"
    unit = {"day": "天", "week": "周", "hour": "小时", "business_day": "个工作日"}[rule.unit]
    if rule.unit == "business_day":
        first += f"（按{calendars()[rule.place].name_zh}）"
    condition = f"{rule.condition.zh}。" if rule.condition else ""
    doubt = "" if rule.verified else "此规则未经核实，使用前请核对原文。"
    return (
        f"{rule.name.zh}：{written(start, 'zh')}{event}{first}，加{rule.duration}{unit}，"
        f"为{written(day, 'zh')}。{condition}来源：{source}（{rule.version}）。{doubt}"
    )


def _trace_en(rule: Rule, start: date, day: date, source: str) -> str:
    event = "received on" if rule.counts_from == "receipt" else "the earlier date has passed, so counted from"
    first = (
        ""
        if rule.unit == "hour"
        else ", that day not counted"
        if rule.start_excluded
        else ", that day counted"
    )
    unit = rule.unit.replace("_", " ") + ("" if rule.duration == 1 else "s")
    if rule.unit == "business_day":
        unit += f" ({calendars()[rule.place].name_en})"
    condition = f" {rule.condition.en}." if rule.condition else ""
    doubt = "" if rule.verified else " This rule is not verified: check its text before you rely on it."
    return (
        f"{rule.name.en}: {event} {written(start, 'en')}{first}, plus {rule.duration} {unit}, "
        f"is {written(day, 'en')}.{condition} Source: {source} ({rule.version}).{doubt}"
    )
