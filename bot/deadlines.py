"""The dates of stored complaints as they move: steps in SQL, replayed whenever somebody looks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy import insert, select

from bot.access import Tenants, TenantSettings
from bot.clocks.course import Alarm, Course, State, Step, StepKind, course
from bot.clocks.rules import Clocks
from bot.errors import CalendarEnds, NotFound
from bot.schema import ClockStepRow
from bot.store import DeskStore, Sessions, new_id
from bot.suggestion import Clock
from knowledge.case import Language, Owned

LOOKED_AT: Final = 200
"""Complaints, the newest, whose dates are looked at for the list of what is due."""


class AlarmShown(Owned):
    """When a share of the time has passed."""

    share: float
    on: date
    passed: bool


class CourseShown(Owned):
    """A date of a complaint as it stands."""

    complaint_id: str
    rule: str
    """Of the date as it stands: the rule it began under, or the extension in force."""
    began_under: str
    stage: str
    due: date
    state: State
    alarms: tuple[AlarmShown, ...]
    trace: tuple[str, ...]
    """How it came to stand so, in sentences."""
    verified: bool
    """Whether somebody has read the rule in its primary text."""


class StepIn(Owned):
    """Something that happens to a date."""

    rule: str = Field(min_length=1, max_length=80)
    """Under which the date began."""
    kind: StepKind
    by: str = Field("", max_length=200)
    """Who does it; of an extension, who approved it."""
    reason: str = Field("", max_length=2000)
    to_rule: str | None = Field(None, max_length=80)
    """Of an extension: the rule that allows it."""
    told_on: date | None = None
    """Of an extension: when the customer was told."""


class Deadlines:
    """Dates of every tenant's complaints."""

    def __init__(self, sessions: Sessions, store: DeskStore, tenants: Tenants, clocks: Clocks) -> None:
        self._sessions, self._store, self._tenants, self._clocks = sessions, store, tenants, clocks

    def of(self, tenant: str, complaint_id: str, now: datetime, language: Language) -> list[CourseShown]:
        """All dates of a complaint, earliest first.

        Raises:
            NotFound: no such complaint, or it has no suggestion yet.
        """
        received, found = self._began(tenant, complaint_id)
        steps = self.steps(tenant, complaint_id)
        shown = [
            _shown(complaint_id, following)
            for clock in found
            for following in [self._course(clock.rule, received, steps.get(clock.rule, ()), now, language)]
            if following is not None
        ]
        return sorted(shown, key=lambda each: (each.due, each.rule))

    def take(
        self, tenant: str, complaint_id: str, step: StepIn, now: datetime, language: Language
    ) -> CourseShown:
        """Record a step and say how the date stands now.

        Raises:
            NotFound: no such complaint, or no such date of it.
            InvalidRequest, Conflict: the step lacks something, or contradicts those before.
            CalendarEnds: a date reaches into a year the calendar does not have.
        """
        received, found = self._began(tenant, complaint_id)
        if step.rule not in {clock.rule for clock in found}:
            known = ", ".join(clock.rule for clock in found)
            raise NotFound(f"complaint {complaint_id!r} has no date by {step.rule!r}; it has: {known}")
        fresh = Step(step.kind, now, step.by, step.reason, step.to_rule, step.told_on)
        steps = [*self.steps(tenant, complaint_id).get(step.rule, ()), fresh]
        zone = ZoneInfo(self._settings(tenant).timezone)
        following = course(self._clocks, step.rule, received, steps, now.astimezone(zone), language)
        row = {
            **step.model_dump(),
            "id": new_id("stp"),
            "complaint_id": complaint_id,
            "at": now,
        }
        with self._sessions.write(tenant) as session:
            session.execute(insert(ClockStepRow), [row])
        return _shown(complaint_id, following)

    def due(self, tenant: str, now: datetime, language: Language) -> list[CourseShown]:
        """Dates that run and of which an alarm has passed, the most urgent first."""
        found: list[CourseShown] = []
        for status in self._store.newest(tenant, LOOKED_AT):
            if status.suggested_turns:
                found += self.of(tenant, status.id, now, language)
        alarmed = [
            each
            for each in found
            if each.state in {"running", "overdue"} and any(alarm.passed for alarm in each.alarms)
        ]
        return sorted(alarmed, key=lambda each: (each.due, each.complaint_id, each.rule))

    def steps(self, tenant: str, complaint_id: str) -> dict[str, list[Step]]:
        """What happened to the dates of a complaint, by the rule each began under."""
        found: defaultdict[str, list[Step]] = defaultdict(list)
        query = select(ClockStepRow).where(ClockStepRow.complaint_id == complaint_id)
        with self._sessions.read(tenant) as session:
            for row in session.scalars(query.order_by(ClockStepRow.at, ClockStepRow.id)):
                kind: StepKind = row.kind  # pyright: ignore[reportAssignmentType]
                found[row.rule].append(Step(kind, row.at, row.by, row.reason, row.to_rule, row.told_on))
        return found

    def _began(self, tenant: str, complaint_id: str) -> tuple[datetime, tuple[Clock, ...]]:
        complaint = self._store.complaint(tenant, complaint_id)
        suggestion = self._store.newest_suggestion(tenant, complaint_id)
        if suggestion is None:
            raise NotFound(f"complaint {complaint_id!r} has no suggestion yet: GET its suggestion first")
        zone = ZoneInfo(self._settings(tenant).timezone)
        return complaint.received_at.astimezone(zone), suggestion.clocks

    def _course(
        self, rule: str, received: datetime, steps: Sequence[Step], now: datetime, language: Language
    ) -> Course | None:
        """None for a date that began with another one's passing, or that no calendar reaches."""
        if self._clocks.rule(rule).counts_from != "receipt":
            return None
        try:
            return course(self._clocks, rule, received, steps, now.astimezone(received.tzinfo), language)
        except CalendarEnds:
            return None

    def _settings(self, tenant: str) -> TenantSettings:
        return self._tenants.settings(tenant) or TenantSettings()


def moved(
    clocks: Clocks,
    found: Sequence[Clock],
    steps: Mapping[str, Sequence[Step]],
    received: datetime,
    now: datetime,
    language: Language,
) -> tuple[Clock, ...]:
    """Dates of a complaint with what happened to them since; those that were stopped are gone."""
    if not steps:
        return tuple(found)
    standing: list[Clock] = []
    for clock in found:
        if clock.rule not in steps:
            standing.append(clock)
            continue
        following = course(clocks, clock.rule, received, steps[clock.rule], now, language)
        if following.state != "stopped":
            update: dict[str, object] = {"due": following.due, "trace": _join(following.trace, language)}
            standing.append(clock.model_copy(update=update))
    return tuple(sorted(standing, key=lambda clock: (clock.due, clock.rule)))


def _join(sentences: Sequence[str], language: Language) -> str:
    return ("" if language == "zh" else " ").join(sentences)


def _shown(complaint_id: str, following: Course) -> CourseShown:
    return CourseShown(
        complaint_id=complaint_id,
        rule=following.rule,
        began_under=following.began_under,
        stage=following.stage,
        due=following.due,
        state=following.state,
        alarms=tuple(map(_alarm, following.alarms)),
        trace=following.trace,
        verified=following.verified,
    )


def _alarm(alarm: Alarm) -> AlarmShown:
    return AlarmShown(share=alarm.share, on=alarm.on, passed=alarm.passed)
