"""The course of one date: begun by the complaint, extended, paused, resumed, stopped; replayed from steps.

The same steps give the same date, whoever asks and whenever. An extension goes no further than its rule and
needs the approval and the notice that the rule asks for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from bot.clocks.counting import Pause
from bot.clocks.pack import Rule
from bot.clocks.rules import Clocks
from bot.clocks.traces import written
from bot.errors import Conflict, InvalidRequest
from knowledge.case import Language

ALARMS: Final = (0.5, 0.8, 1.0)
"""Shares of the time at which somebody is told."""

StepKind = Literal["extend", "pause", "resume", "stop"]
State = Literal["running", "paused", "stopped", "overdue"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a date."""

    kind: StepKind
    at: datetime
    by: str
    """Who did it; of an extension, who approved it."""
    reason: str = ""
    rule: str | None = None
    """Of an extension: the rule that allows it."""
    told_on: date | None = None
    """Of an extension: when the customer was told."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """When a share of the time has passed."""

    share: float
    on: date
    passed: bool


@dataclass(frozen=True, slots=True)
class Course:
    """A date as it stands."""

    rule: str
    """Of the date as it stands: the rule it began under, or the extension in force."""
    began_under: str
    stage: str
    due: date
    """While it is paused, as if it went on today."""
    state: State
    alarms: tuple[Alarm, ...]
    """None are passed once it was stopped in time."""
    trace: tuple[str, ...]
    """How it came to stand so, in sentences."""
    verified: bool


def course(
    clocks: Clocks, rule: str, received_at: datetime, steps: Sequence[Step], now: datetime, language: Language
) -> Course:
    """The course of a rule's date for a complaint.

    Args:
        clocks: the packs.
        rule: the rule it began under.
        received_at: in the company's own time zone, whose days count.
        steps: in any order; those after `now` do not count yet.
        now: in the same zone.
        language: of the trace.

    Raises:
        InvalidRequest: there is no such rule, or an extension lacks what its rule asks for.
        Conflict: steps contradict each other: resumed without a pause, or changed after the stop.
        CalendarEnds: a date reaches into a year the calendar does not have.
    """
    following = _Following(clocks, clocks.rule(rule), received_at, language)
    for step in sorted(steps, key=lambda step: step.at):
        if step.at <= now:
            following.take(step)
    return following.standing(now)


class _Following:
    """Takes the steps one by one."""

    def __init__(self, clocks: Clocks, rule: Rule, received_at: datetime, language: Language) -> None:
        self._clocks, self._first, self._rule, self._start = clocks, rule, rule, received_at
        self._language: Language = language
        self._pauses: list[Pause] = []
        self._paused_since: datetime | None = None
        self._stopped: datetime | None = None
        self._trace = [self._say("began", rule, day=received_at.date())]

    def take(self, step: Step) -> None:
        """One step.

        Raises:
            InvalidRequest, Conflict: see `course`.
        """
        if step.at < self._start:
            raise InvalidRequest(f"the {step.kind} lies before the complaint: correct its time")
        if self._stopped is not None:
            raise Conflict(
                f"the {step.kind} comes after the stop of {self._stopped:%Y-%m-%d}: nothing runs any more"
            )
        take = {"extend": self._extend, "pause": self._pause, "resume": self._resume, "stop": self._stop}
        take[step.kind](step)

    def _pause(self, step: Step) -> None:
        if self._paused_since is not None:
            raise Conflict("it is paused already: resume it first")
        self._paused_since = step.at
        self._trace.append(self._say("paused", self._rule, day=step.at.date(), why=step.reason))

    def _resume(self, step: Step) -> None:
        if self._paused_since is None:
            raise Conflict("it is not paused: nothing to resume")
        self._pauses.append(Pause(self._paused_since, step.at))
        self._paused_since = None
        self._trace.append(self._say("resumed", self._rule, day=step.at.date()))

    def _stop(self, step: Step) -> None:
        self._stopped = step.at
        self._trace.append(self._say("stopped", self._rule, day=step.at.date(), why=step.reason))

    def _extend(self, step: Step) -> None:
        rule = self._clocks.rule(step.rule or "")
        if rule.extends != self._rule.id:
            allowed = ", ".join(self._clocks.extensions(self._rule.id)) or "none"
            raise InvalidRequest(f"{rule.id!r} does not extend {self._rule.id!r}; what does: {allowed}")
        if rule.approval is not None and not step.by.strip():
            raise InvalidRequest(f"this extension needs the approval of {rule.approval.en}: say who gave it")
        if rule.notice and step.told_on is None:
            raise InvalidRequest("the customer has to be told of this extension first: say when they were")
        due = self._rule.span.reached(self._start, 1.0, self._all_pauses(step.at))
        if step.at.date() > due:
            raise Conflict(f"the date passed on {due}: what has run out cannot be extended")
        self._rule = rule
        self._trace.append(self._say("extended", rule, day=step.at.date(), why=step.reason, who=step.by))

    def _all_pauses(self, now: datetime) -> list[Pause]:
        if self._paused_since is None or self._paused_since >= now:
            return self._pauses
        return [*self._pauses, Pause(self._paused_since, now)]

    def standing(self, now: datetime) -> Course:
        """How it stands at a moment."""
        looked = self._stopped or now
        pauses = self._all_pauses(looked)
        due = self._rule.span.reached(self._start, 1.0, pauses)
        alarms = tuple(
            Alarm(share, on, passed=on <= looked.date())
            for share in ALARMS
            for on in [self._rule.span.reached(self._start, share, pauses)]
        )
        self._trace.append(self._say("due", self._rule, day=due))
        return Course(
            rule=self._rule.id,
            began_under=self._first.id,
            stage=self._first.stage,
            due=due,
            state=self._state(due, looked),
            alarms=alarms,
            trace=tuple(self._trace),
            verified=self._rule.verified,
        )

    def _state(self, due: date, looked: datetime) -> State:
        if self._stopped is not None:
            return "stopped"
        if self._paused_since is not None:
            return "paused"
        return "overdue" if looked.date() > due else "running"

    def _say(self, what: str, rule: Rule, *, day: date, why: str = "", who: str = "") -> str:
        return _WORDS[self._language][what].format(
            name=rule.name.say(self._language),
            rule=rule.id,
            day=written(day, self._language),
            why=f"（{why}）" if why and self._language == "zh" else f" ({why})" if why else "",
            who=f"，由{who}批准" if who and self._language == "zh" else f", approved by {who}" if who else "",
        )


_WORDS: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "began": "{day}收到，开始计算“{name}”（{rule}）。",
        "extended": "{day}延长{why}{who}，改按“{name}”（{rule}）计算。",
        "paused": "{day}起暂停{why}，暂停期间不计。",
        "resumed": "{day}恢复计算。",
        "stopped": "{day}停止{why}。",
        "due": "应在{day}或之前完成。",
    },
    "en": {
        "began": "Received on {day}; “{name}” ({rule}) begins.",
        "extended": "Extended on {day}{why}{who}; “{name}” ({rule}) counts from now on.",
        "paused": "Paused from {day}{why}; the pause does not count.",
        "resumed": "Resumed on {day}.",
        "stopped": "Stopped on {day}{why}.",
        "due": "Due on {day} at the latest.",
    },
}
