"""Counting days: calendar days, weeks, business days and hours, with pauses that do not count."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from bot.clocks.calendars import ONE, Calendar

Unit = Literal["day", "week", "business_day", "hour"]


@dataclass(frozen=True, slots=True)
class Pause:
    """A time that does not count."""

    begin: datetime
    end: datetime
    """Not part of it; for one that goes on, the moment it is looked at."""

    def covers(self, day: date) -> bool:
        """Whether the day does not count: the first day of a pause does not, the one it ends on does."""
        return self.begin.date() <= day < self.end.date()


@dataclass(frozen=True, slots=True)
class Span:
    """So much time."""

    duration: int
    unit: Unit
    start_excluded: bool = True
    """Whether the first day is not counted (for hours it makes no difference)."""
    calendar: Calendar | None = None
    """Of business days."""

    def reached(self, start: datetime, share: float = 1.0, pauses: Sequence[Pause] = ()) -> date:
        """The day on which this share (0 to 1) of the time has passed; for 1 the last day.

        Days are those of the time zone `start` carries. Never before the day of `start`.

        Raises:
            CalendarEnds: it reaches into a year the calendar does not have.
        """
        if self.unit == "hour":
            return self._hours(start, share, pauses).date()
        every = self.duration * (7 if self.unit == "week" else 1)
        wanted, day = math.ceil(share * every), start.date()
        if self.start_excluded:
            if wanted == 0:
                return day
            day += ONE
        counted = 0
        while True:
            counted += self._counts(day, pauses)
            if counted >= wanted:
                return day
            day += ONE

    def _counts(self, day: date, pauses: Sequence[Pause]) -> bool:
        if any(pause.covers(day) for pause in pauses):
            return False
        return self.unit != "business_day" or self.calendar is None or self.calendar.works(day)

    def _hours(self, start: datetime, share: float, pauses: Sequence[Pause]) -> datetime:
        end = start + timedelta(hours=share * self.duration)
        for pause in sorted(pauses, key=lambda pause: pause.begin):
            if pause.begin < end:
                end += pause.end - max(pause.begin, start)
        return end
