"""Business days, and dates as they move: golden vectors, properties, and what is refused."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, strategies as st

from bot.clocks.calendars import Calendar, calendars
from bot.clocks.counting import Pause, Span, Unit
from bot.clocks.course import ALARMS, Course, Step, course
from bot.clocks.rules import Clocks
from bot.errors import CalendarEnds, Conflict, InvalidRequest
from knowledge.errors import InvalidRules

CLOCKS = Clocks.shipped()
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: str, hour: int = 9) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(hour), SHANGHAI)


@pytest.mark.parametrize(
    ("rule", "received", "due"),
    [
        ("cn.nfra.final", "2026-09-20", "2026-10-05"),
        ("cn.nfra.complex", "2026-09-20", "2026-10-20"),
        ("cn.nfra.limit", "2026-09-20", "2026-11-19"),
        ("uk.srq", "2026-12-24", "2026-12-31"),
        ("uk.final", "2026-01-05", "2026-03-02"),
        ("us.cfpb.final", "2026-02-20", "2026-03-07"),
        ("uk.psd.final", "2026-03-27", "2026-04-21"),
        ("uk.psd.limit", "2026-03-27", "2026-05-19"),
        # 调休: weekend days that are worked count, the holiday they pay for does not
        ("cn.samr.accept", "2025-09-26", "2025-10-13"),
        ("cn.samr.accept_2026", "2026-09-18", "2026-09-29"),
    ],
)
def test_golden_vectors(rule: str, received: str, due: str) -> None:
    if rule == "uk.psd.limit":
        due = "2026-05-20"  # the calendar has the bank holiday of 4 May
    assert CLOCKS.rule(rule).due(at(received)) == date.fromisoformat(due)


def test_after_a_holiday_the_first_day_worked_is_known() -> None:
    assert calendars()["cn"].next_worked(date(2026, 10, 5)) == date(2026, 10, 8)


def test_make_up_days_are_worked_and_their_holidays_are_not() -> None:
    china = calendars()["cn"]
    assert china.works(date(2026, 10, 10)) and date(2026, 10, 10).weekday() == 5
    assert not china.works(date(2026, 10, 7))
    assert not china.works(date(2026, 10, 11))


def test_the_calendar_of_china_agrees_with_a_library_that_keeps_one() -> None:
    library = pytest.importorskip("chinese_calendar")
    china = calendars()["cn"]
    for year in china.years:
        day = date(year, 1, 1)
        while day.year == year:
            assert china.works(day) == library.is_workday(day), day
            day += timedelta(days=1)


def test_a_year_nobody_wrote_down_is_refused_with_what_to_do() -> None:
    with pytest.raises(CalendarEnds, match=r"'cn' has no year 2031: .*calendars/cn\.toml"):
        CLOCKS.rule("cn.samr.accept_2026").due(at("2031-01-05"))


def test_a_date_that_cannot_be_computed_is_left_out_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    found = CLOCKS.due(
        at("2031-05-05"), today=date(2031, 5, 5), language="zh", urgency="normal", channel="12315"
    )
    assert found
    assert not [clock for clock in found if clock.rule.startswith("cn.samr")]
    assert "no date by cn.samr.accept_2026" in caplog.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("closed = [2025-01-01]", "stands under 2026"),
        ("closed = [2026-01-03]\nopen = [2026-01-03]", "closed and open"),
        ("closed = []\nopen = [2026-01-05]", "is no weekend day"),
    ],
)
def test_a_mistake_in_a_calendar_is_told(tmp_path: Path, text: str, said: str) -> None:
    head = 'version = "1"\nvalid_from = 2026-01-01\nid = "x"\nname = { zh = "x", en = "x" }\n'
    (tmp_path / "x.toml").write_text(f'{head}[years.2026]\nsource = "s"\n{text}\n', "utf-8")
    with pytest.raises(InvalidRules, match=said):
        calendars(tmp_path)


# ---- properties

days = st.dates(date(2025, 1, 1), date(2026, 10, 1))
units = st.sampled_from(get_args(Unit))


@st.composite
def moment(draw: st.DrawFn) -> datetime:
    return at(draw(days).isoformat(), draw(st.integers(0, 23)))


moments = moment()
spans = st.builds(Span, st.integers(1, 40), units, st.booleans(), st.just(calendars()["cn"]))


def weeks_fit(span: Span) -> bool:
    return span.unit != "week" or span.duration <= 8


@given(moments, spans)
def test_a_date_is_never_before_receipt_and_shares_come_in_order(start: datetime, span: Span) -> None:
    assume(weeks_fit(span))
    reached = [span.reached(start, share) for share in ALARMS]
    assert start.date() <= reached[0] <= reached[1] <= reached[2]


@given(moments, st.integers(0, 25), spans)  # all within the years the calendars know
def test_who_complains_later_is_never_answered_earlier(start: datetime, later: int, span: Span) -> None:
    assume(weeks_fit(span))
    assert span.reached(start) <= span.reached(start + timedelta(days=later))


@given(moments, st.integers(1, 30))
def test_business_days_are_counted_one_by_one(start: datetime, count: int) -> None:
    china = calendars()["cn"]
    due = Span(count, "business_day", True, china).reached(start)
    between = (start.date() + timedelta(days=n) for n in range(1, (due - start.date()).days + 1))
    assert sum(china.works(day) for day in between) == count
    assert china.works(due)


@given(moments, st.integers(0, 10), st.integers(0, 12), st.sampled_from(["day", "business_day"]))
def test_a_pause_never_brings_a_date_forward_and_moves_calendar_days_by_its_length(
    start: datetime, begins: int, length: int, unit: Unit
) -> None:
    span = Span(15, unit, True, calendars()["cn"])
    pause = Pause(start + timedelta(days=begins), start + timedelta(days=begins + length))
    due, moved = span.reached(start), span.reached(start, 1.0, [pause])
    assert moved >= due
    if unit == "day" and begins > 0:
        assert moved == due + timedelta(days=length)


# ---- the course


def follow(rule: str, received: str, *steps: Step, now: str, language: str = "en") -> Course:
    return course(CLOCKS, rule, at(received), steps, at(now, 12), language)  # pyright: ignore[reportArgumentType]


def test_an_extension_moves_the_date_and_says_why() -> None:
    extended = Step("extend", at("2026-09-30"), by="", reason="事实复杂", rule="cn.nfra.complex")
    found = follow("cn.nfra.final", "2026-09-20", extended, now="2026-10-06", language="zh")
    assert (found.due, found.state, found.rule) == (date(2026, 10, 20), "running", "cn.nfra.complex")
    assert any("事实复杂" in said for said in found.trace)
    assert found.trace[0].startswith("2026年9月20日收到")
    assert found.trace[-1] == "应在2026年10月20日或之前完成。"


def test_the_last_extension_needs_approval_and_notice_and_is_the_cap() -> None:
    first = Step("extend", at("2026-09-30"), by="", rule="cn.nfra.complex")

    def second(by: str, told: date | None) -> Course:
        step = Step("extend", at("2026-10-15"), by=by, rule="cn.nfra.limit", told_on=told)
        return follow("cn.nfra.final", "2026-09-20", first, step, now="2026-10-16")

    with pytest.raises(InvalidRequest, match="approval of the superior institution"):
        second("", date(2026, 10, 15))
    with pytest.raises(InvalidRequest, match="told of this extension first"):
        second("分管行长", None)
    found = second("分管行长", date(2026, 10, 15))
    assert found.due == date(2026, 11, 19)
    third = Step("extend", at("2026-11-01"), by="x", rule="cn.nfra.limit", told_on=date(2026, 11, 1))
    step = Step("extend", at("2026-10-15"), by="x", rule="cn.nfra.limit", told_on=date(2026, 10, 15))
    with pytest.raises(InvalidRequest, match="what does: none"):
        follow("cn.nfra.final", "2026-09-20", first, step, third, now="2026-11-02")


def test_an_extension_skips_no_stage_and_comes_in_time() -> None:
    skipped = Step("extend", at("2026-09-30"), by="x", rule="cn.nfra.limit", told_on=date(2026, 9, 30))
    with pytest.raises(InvalidRequest, match=r"what does: cn\.nfra\.complex"):
        follow("cn.nfra.final", "2026-09-20", skipped, now="2026-10-01")
    late = Step("extend", at("2026-10-06"), by="", rule="cn.nfra.complex")
    with pytest.raises(Conflict, match="passed on 2026-10-05"):
        follow("cn.nfra.final", "2026-09-20", late, now="2026-10-07")


def test_pause_resume_and_stop() -> None:
    paused = Step("pause", at("2026-09-25"), by="lin", reason="waiting for a test")
    resumed = Step("resume", at("2026-09-28"), by="lin")
    assert follow("cn.nfra.final", "2026-09-20", paused, now="2026-09-26").state == "paused"
    found = follow("cn.nfra.final", "2026-09-20", paused, resumed, now="2026-10-08")
    assert (found.due, found.state) == (date(2026, 10, 8), "running")
    assert follow("cn.nfra.final", "2026-09-20", paused, resumed, now="2026-10-09").state == "overdue"
    stopped = Step("stop", at("2026-10-01"), by="lin", reason="decision sent")
    done = follow("cn.nfra.final", "2026-09-20", paused, resumed, stopped, now="2026-12-01")
    assert done.state == "stopped"
    assert [alarm.passed for alarm in done.alarms] == [True, False, False]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([Step("resume", at("2026-09-25"), by="")], "not paused"),
        ([Step("pause", at("2026-09-25"), by=""), Step("pause", at("2026-09-26"), by="")], "paused already"),
        ([Step("stop", at("2026-09-25"), by=""), Step("pause", at("2026-09-26"), by="")], "after the stop"),
        ([Step("stop", at("2026-09-01"), by="")], "before the complaint"),
        ([Step("extend", at("2026-09-25"), by="", rule="cn.nfra.complx")], "did you mean cn.nfra.complex"),
    ],
)
def test_steps_that_contradict_each_other_are_refused(steps: list[Step], said: str) -> None:
    with pytest.raises((Conflict, InvalidRequest), match=said):
        follow("cn.nfra.final", "2026-09-20", *steps, now="2026-09-30")


def test_alarms_come_at_half_at_four_fifths_and_at_the_end() -> None:
    found = follow("cn.nfra.final", "2026-09-20", now="2026-10-02")
    assert [(alarm.share, alarm.on.isoformat(), alarm.passed) for alarm in found.alarms] == [
        (0.5, "2026-09-28", True),
        (0.8, "2026-10-02", True),
        (1.0, "2026-10-05", False),
    ]


@given(
    st.permutations(
        [
            Step("pause", at("2026-09-22"), by="a"),
            Step("resume", at("2026-09-24"), by="a"),
            Step("extend", at("2026-09-26"), by="b", rule="cn.nfra.complex"),
            Step("pause", at("2026-09-28"), by="a"),
            Step("resume", at("2026-10-09"), by="a"),
        ]
    ),
    st.integers(0, 60),
)
def test_replaying_gives_the_same_whatever_the_order(steps: list[Step], later: int) -> None:
    now = at("2026-09-21") + timedelta(days=later)
    whole = course(CLOCKS, "cn.nfra.final", at("2026-09-20"), steps, now, "en")
    known = [step for step in steps if step.at <= now]
    assert course(CLOCKS, "cn.nfra.final", at("2026-09-20"), known, now, "en") == whole
    assert whole.due >= date(2026, 10, 5)
    if later > 20:
        assert whole.due == date(2026, 10, 20) + timedelta(days=2 + 11)


def test_a_calendar_is_named_by_its_place() -> None:
    assert isinstance(calendars()["uk"], Calendar)
    assert datetime.now(UTC).year in calendars()["cn"].years, "write this year's holidays down"
