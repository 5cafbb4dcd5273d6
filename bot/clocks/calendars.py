"""Business calendars: which days are worked, year by year, each year with its source.

Weekends are not worked but where a calendar says so (调休 in China). A year that a calendar does not have is
refused: a guessed holiday would be a wrong promise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, model_validator

from bot.errors import CalendarEnds, InvalidRules
from knowledge.case import Language, Owned
from knowledge.rules import load_rules

CALENDARS: Final = Path(__file__).with_name("calendars")
SATURDAY: Final = 5
ONE: Final = timedelta(days=1)


class _Words(Owned):
    zh: str
    en: str


class _Year(Owned):
    source: Annotated[str, Field(min_length=1)]
    closed: tuple[date, ...]
    """Days that are not worked; weekends need not be among them."""
    open: tuple[date, ...] = ()
    """Weekend days that are worked."""


class _File(Owned):
    version: str
    valid_from: date
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: _Words
    years: dict[int, _Year]

    @model_validator(mode="after")
    def _days_of_their_years(self) -> "_File":
        for year, days in self.years.items():
            if strange := [day for day in (*days.closed, *days.open) if day.year != year]:
                raise ValueError(f"{strange[0]} stands under {year}: move it to its year")
            if both := set(days.closed) & set(days.open):
                raise ValueError(f"{min(both)} is closed and open: take it out of one")
            if week := [day for day in days.open if day.weekday() < SATURDAY]:
                raise ValueError(f"{week[0]} is no weekend day: it is open anyway, take it out")
        return self


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that are worked in one place."""

    id: str
    name_zh: str
    name_en: str
    years: Mapping[int, str]
    """Source by year."""
    _closed: frozenset[date]
    _open: frozenset[date]

    def named(self, language: Language) -> str:
        """What its days are called."""
        return self.name_zh if language == "zh" else self.name_en

    def works(self, day: date) -> bool:
        """Whether the day is worked.

        Raises:
            CalendarEnds: its year is not known.
        """
        if day.year not in self.years:
            raise CalendarEnds(
                f"the calendar {self.id!r} has no year {day.year}: write its holidays and their source into "
                f"bot/clocks/calendars/{self.id}.toml"
            )
        return day in self._open or (day.weekday() < SATURDAY and day not in self._closed)

    def next_worked(self, day: date) -> date:
        """The day itself, or the first one behind it that is worked.

        Raises:
            CalendarEnds: its year is not known.
        """
        while not self.works(day):
            day += ONE
        return day


@cache
def calendars(folder: Path = CALENDARS) -> Mapping[str, Calendar]:
    """The calendars of a folder by their ids.

    Raises:
        InvalidRules: a file breaks its schema, or two have one id.
    """
    found: dict[str, Calendar] = {}
    for path in sorted(folder.glob("*.toml")):
        file = load_rules(path, _File)
        if file.id in found:
            raise InvalidRules(f"{path}: another calendar has the id {file.id!r}: rename one")
        found[file.id] = Calendar(
            file.id,
            file.name.zh,
            file.name.en,
            {year: days.source for year, days in file.years.items()},
            frozenset(day for days in file.years.values() for day in days.closed),
            frozenset(day for days in file.years.values() for day in days.open),
        )
    return found
