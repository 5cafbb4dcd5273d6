"""The rule packs, and the dates they give for one complaint."""

import difflib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bot.clocks.calendars import calendars
from bot.clocks.counting import Span, Unit
from bot.errors import CalendarEnds, InvalidRequest, InvalidRules
from bot.suggestion import Clock
from knowledge.case import Language, Owned, Urgency
from knowledge.rules import load_rules

log = logging.getLogger(__name__)

PACKS: Final = Path(__file__).with_name("packs")
ANYWHERE: Final = "any"
"""Jurisdiction of the company's own rules."""
HOME: Final[dict[Language, str]] = {"zh": "cn"}
"""Jurisdiction of a language where the caller names none. English is spoken in too many to guess."""

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


def written(day: date, language: Language) -> str:
    """The day as a letter writes it: 2026年11月30日, 30 November 2026."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _known_calendar(name: str | None) -> str | None:
    if name is not None and name not in calendars():
        raise ValueError(f"there is no calendar {name!r}: use {', '.join(calendars())}, or write one")
    return name


class Words(Owned):
    """The same thing in both languages."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    def say(self, language: Language) -> str:
        """In this language."""
        return self.zh if language == "zh" else self.en


class Scope(Owned):
    """Where and when something holds."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")]
    jurisdiction: Annotated[str, Field(min_length=2, max_length=20)]
    sectors: tuple[str, ...] = ()
    """Empty: all."""
    source: Words
    version: str
    effective_from: date
    effective_to: date | None = None
    """Last day it holds; None while it is in force."""
    verified: bool
    """Whether somebody has read it in the primary text or an official publication of it."""

    def holds(self, jurisdiction: str | None, sector: str | None, day: date) -> bool:
        """Whether it applies there, in that sector, on that day."""
        return (
            self.jurisdiction in (jurisdiction, ANYWHERE)
            and (not self.sectors or sector in self.sectors)
            and self.effective_from <= day
            and (self.effective_to is None or day <= self.effective_to)
        )


class Rule(Scope):
    """By when one stage is due."""

    stage: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    name: Words
    """What is due."""
    condition: Words | None = None
    """When it counts, where it does not always count."""
    duration: Annotated[int, Field(ge=0, le=1000)]
    unit: Unit
    calendar: Annotated[str | None, AfterValidator(_known_calendar)] = None
    """Of business days; by default that of the jurisdiction."""
    start_excluded: bool = True
    """Whether the day of receipt is not counted (for hours it makes no difference)."""
    extends: str | None = None
    """The rule whose date may move to this one."""
    approval: Words | None = None
    """Who has to approve that."""
    notice: bool = False
    """Whether the customer has to be told of that first."""
    owner: Literal["company", "authority"] = "company"
    """Whose date it is."""
    channels: tuple[str, ...] = ()
    """Empty: whatever way it came."""
    counts_from: Literal["receipt", "overdue"] = "receipt"
    """`overdue`: from today, and only once every other company rule of the same stage has passed."""
    urgencies: tuple[Urgency, ...] = ()
    """Empty: any."""
    categories: tuple[str, ...] = ()
    """Empty: any."""

    @model_validator(mode="after")
    def _first_day_exists(self) -> Self:
        if not self.start_excluded and self.duration == 0:
            raise ValueError("duration 0 with the first day counted ends before it starts: use at least 1")
        if self.unit == "business_day" and self.place not in calendars():
            raise ValueError(
                f"business days in {self.place!r} need a calendar: name one of {', '.join(calendars())}"
            )
        return self

    @property
    def place(self) -> str:
        """Id of the calendar."""
        return self.calendar or self.jurisdiction

    @property
    def span(self) -> Span:
        """How much time it gives."""
        calendar = calendars()[self.place] if self.unit == "business_day" else None
        return Span(self.duration, self.unit, self.start_excluded, calendar)

    def due(self, start: datetime) -> date:
        """The last day, counted from `start`.

        Raises:
            CalendarEnds: it reaches into a year the calendar does not have.
        """
        return self.span.reached(start)


class Rights(Scope):
    """Where a customer of this jurisdiction and sector may turn."""

    deadline: Words | None = None
    """The statutory date in words; `{due}` stands for it. Used only where its clock is verified."""
    remedies: Words
    short: Words
    """The remedies for a short message."""
    mention: tuple[str, ...] = Field(min_length=1)
    """Words of which one shows that a reply states these rights."""


class Crisis(Owned):
    """Whom to call when someone is in danger."""

    lines: Words
    spoken: Annotated[tuple[Language, ...], Field(min_length=1)]
    """Languages in which these lines are given where the place is unknown."""


class Pack(Owned):
    """One file."""

    version: str
    source: str
    valid_from: date
    jurisdiction: str
    rules: tuple[Rule, ...]
    rights: tuple[Rights, ...] = ()
    crisis: Crisis | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """All rule packs."""

    packs: tuple[Pack, ...]

    @classmethod
    def shipped(cls) -> "Clocks":
        """The packs that come with the product; read once.

        Raises:
            InvalidRules: a pack breaks its schema, or two rules share an id.
        """
        return _shipped()

    @classmethod
    def load(cls, folder: Path) -> "Clocks":
        """The packs of a folder.

        Raises:
            InvalidRules: a pack breaks its schema or has a rule of another jurisdiction, or two share an id.
        """
        packs = tuple(load_rules(path, Pack) for path in sorted(folder.glob("*.toml")))
        seen: set[str] = set()
        for pack in packs:
            for scope in (*pack.rules, *pack.rights):
                if scope.jurisdiction != pack.jurisdiction:
                    raise InvalidRules(
                        f"{folder}: {scope.id!r} is of {scope.jurisdiction!r}, its pack of "
                        f"{pack.jurisdiction!r}: move the rule or change its jurisdiction"
                    )
                if scope.id in seen:
                    raise InvalidRules(f"{folder}: two rules have the id {scope.id!r}: rename one")
                seen.add(scope.id)
        for pack in packs:
            for rule in pack.rules:
                if rule.extends is not None and rule.extends not in seen:
                    raise InvalidRules(
                        f"{folder}: {rule.id!r} extends {rule.extends!r}, which is no rule: correct it"
                    )
        return cls(packs)

    def due(
        self,
        received_at: datetime,
        *,
        today: date,
        sector: str | None = None,
        language: Language,
        urgency: Urgency,
        jurisdiction: str | None = None,
        category: str | None = None,
        channel: str | None = None,
    ) -> tuple[Clock, ...]:
        """What is due when, earliest first; never before the day of receipt.

        Days are counted in the time zone `received_at` carries: give it in the company's own. A date in
        business days that reaches into a year without a calendar is left out and logged: none is better than
        a wrong one.
        """
        where = jurisdiction or HOME.get(language)
        start = received_at.date()
        rules = [
            rule
            for rule in self._rules()
            if rule.holds(where, sector, start)
            and (not rule.urgencies or urgency in rule.urgencies)
            and (not rule.categories or category in rule.categories)
            and (not rule.channels or channel in rule.channels)
        ]
        dated = list(_dated(rules, received_at))
        own = {rule.stage: day for day, rule in sorted(dated, key=_by_date) if rule.jurisdiction == ANYWHERE}
        clocks = [_clock(rule, start, day, language) for day, rule in dated]
        for rule in rules:
            if rule.counts_from == "overdue" and own.get(rule.stage, today) < today:
                now = received_at + timedelta(days=(today - start).days)
                clocks.append(_clock(rule, today, rule.due(now), language))
        return tuple(sorted(clocks, key=lambda clock: (clock.due, clock.rule)))

    def jurisdiction(self, clocks: tuple[Clock, ...], language: Language) -> str | None:
        """The jurisdiction that clocks were computed for; the language's own where they do not show it."""
        of_rule = {rule.id: rule.jurisdiction for rule in self._rules()}
        for clock in clocks:
            found = of_rule.get(clock.rule, ANYWHERE)
            if found != ANYWHERE:
                return found
        return HOME.get(language)

    def rights(self, jurisdiction: str | None, sector: str | None, day: date) -> Rights | None:
        """Where a customer may turn, where we know it."""
        for pack in self.packs:
            for rights in pack.rights:
                if jurisdiction is not None and rights.holds(jurisdiction, sector, day):
                    return rights
        return None

    def crisis(self, jurisdiction: str | None, language: Language) -> str:
        """Whom to call in danger: there, or everywhere we know of where the place is unknown."""
        known = [
            pack.crisis.lines.say(language)
            for pack in self.packs
            if pack.crisis
            and (
                language in pack.crisis.spoken if jurisdiction is None else pack.jurisdiction == jurisdiction
            )
        ]
        if not known:
            return self.crisis(None, language)
        return ("" if language == "zh" else " ").join(known)

    def rule(self, name: str) -> Rule:
        """The rule of that id.

        Raises:
            InvalidRequest: there is none; says what comes near.
        """
        known = {rule.id: rule for rule in self._rules()}
        if name not in known:
            close = difflib.get_close_matches(name, known, n=2)
            meant = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(known)}"
            raise InvalidRequest(f"there is no rule {name[:80]!r}: {meant}")
        return known[name]

    def extensions(self, name: str) -> tuple[str, ...]:
        """The rules to which the date of a rule may move."""
        return tuple(rule.id for rule in self._rules() if rule.extends == name)

    def _rules(self) -> Iterator[Rule]:
        for pack in self.packs:
            yield from pack.rules


def _dated(rules: Sequence[Rule], received_at: datetime) -> Iterator[tuple[date, Rule]]:
    for rule in rules:
        if rule.counts_from != "receipt":
            continue
        try:
            yield rule.due(received_at), rule
        except CalendarEnds as error:
            log.warning("no date by %s: %s", rule.id, error)


@cache
def _shipped() -> Clocks:
    return Clocks.load(PACKS)


def _by_date(dated: tuple[date, Rule]) -> date:
    return dated[0]


def _clock(rule: Rule, start: date, day: date, language: Language) -> Clock:
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
