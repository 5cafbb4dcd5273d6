"""What a rule pack says: rules by which something is due, rights, and whom to call in danger."""

from datetime import date, datetime
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bot.clocks.calendars import calendars
from bot.clocks.counting import Span, Unit
from knowledge.case import Language, Owned, Urgency

ANYWHERE: Final = "any"
"""Jurisdiction of the company's own rules."""


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
    final: Words | None = None
    """What a letter that decides has to say; the remedies where there is nothing of its own."""
    final_mention: tuple[tuple[str, ...], ...] = ()
    """Words of which one of each group has to stand there then."""


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
