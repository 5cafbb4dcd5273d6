"""The rule packs, and the dates they give for one complaint."""

import difflib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from bot.clocks.pack import ANYWHERE, Pack, Rights, Rule
from bot.clocks.traces import clock_of
from bot.errors import CalendarEnds, InvalidRequest, InvalidRules
from bot.suggestion import Clock
from knowledge.case import Language, Urgency
from knowledge.rules import load_rules

log = logging.getLogger(__name__)

PACKS: Final = Path(__file__).with_name("packs")
HOME: Final[dict[Language, str]] = {"zh": "cn"}
"""Jurisdiction of a language where the caller names none. English is spoken in too many to guess."""


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
        clocks = [clock_of(rule, start, day, language) for day, rule in dated]
        for rule in rules:
            if rule.counts_from == "overdue" and own.get(rule.stage, today) < today:
                now = received_at + timedelta(days=(today - start).days)
                clocks.append(clock_of(rule, today, rule.due(now), language))
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
