"""Dates: golden vectors, what always holds, and what a pack may not say."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from inline_snapshot import snapshot

from bot.clocks.rules import Clocks
from bot.clocks.traces import written
from bot.errors import InvalidRules
from bot.suggestion import Clock
from knowledge.case import URGENCIES, Language, Urgency
from knowledge.errors import InvalidRules as InvalidPack
from tests.briefs import SECTORS

CLOCKS = Clocks.shipped()


def clocks(
    received: str,
    *,
    today: str | None = None,
    sector: str | None = "banking",
    language: Language = "zh",
    urgency: Urgency = "normal",
    jurisdiction: str | None = None,
    category: str | None = None,
) -> dict[str, Clock]:
    at = datetime.combine(date.fromisoformat(received), datetime.min.time(), UTC) + timedelta(hours=9)
    due = CLOCKS.due(
        at,
        today=date.fromisoformat(today or received),
        sector=sector,
        language=language,
        urgency=urgency,
        jurisdiction=jurisdiction,
        category=category,
    )
    return {clock.rule: clock for clock in due}


@pytest.mark.parametrize(
    ("rule", "received", "due", "where"),
    [
        ("cn.nfra.final", "2026-09-20", "2026-10-05", "cn"),
        ("cn.nfra.complex", "2026-09-20", "2026-10-20", "cn"),
        ("cn.nfra.limit", "2026-09-20", "2026-11-19", "cn"),
        ("uk.final", "2026-01-05", "2026-03-02", "uk"),
        ("us.cfpb.final", "2026-02-20", "2026-03-07", "us"),
        ("us.cfpb.limit", "2026-02-20", "2026-04-21", "us"),
    ],
)
def test_calendar_day_rules_give_the_published_dates(rule: str, received: str, due: str, where: str) -> None:
    assert clocks(received, jurisdiction=where)[rule].due == date.fromisoformat(due)


def test_a_day_that_counts_is_counted() -> None:
    found = clocks("2026-07-01", jurisdiction="uk", category="privacy_data")
    assert found["uk.dp"].due == date(2026, 7, 30)
    assert "uk.dp" not in clocks("2026-07-01", jurisdiction="uk", category="delay")
    assert "uk.dp" not in clocks("2026-06-18", jurisdiction="uk", category="privacy_data")


def test_chinese_complaints_follow_chinese_rules_unless_told_otherwise() -> None:
    assert "cn.nfra.final" in clocks("2026-09-20")
    assert "uk.final" in clocks("2026-09-20", jurisdiction="uk")
    assert "cn.nfra.final" not in clocks("2026-09-20", jurisdiction="uk")
    assert all(rule.startswith("company.") for rule in clocks("2026-09-20", language="en"))


def test_sectors_pick_the_statutory_rules() -> None:
    statutory = {
        sector: sorted(
            rule for rule in clocks("2026-09-20", sector=sector) if not rule.startswith("company.")
        )
        for sector in (*SECTORS, None)
    }
    assert statutory == snapshot(
        {
            "banking": ["cn.nfra.complex", "cn.nfra.final", "cn.nfra.limit"],
            "insurance": ["cn.nfra.complex", "cn.nfra.final", "cn.nfra.limit"],
            "telecom": ["cn.telecom.final"],
            "ecommerce": [],
            "travel": [],
            "utilities": [],
            None: [],
        }
    )


def test_urgent_complaints_are_due_sooner() -> None:
    firsts = [next(iter(clocks("2026-09-20", urgency=urgency).values())).due for urgency in URGENCIES]
    assert firsts == sorted(firsts, reverse=True)
    assert len(set(firsts)) == len(URGENCIES)


def test_a_trace_says_the_rule_the_day_what_was_added_and_the_source() -> None:
    def trace(rule: str, **situation: Any) -> list[str]:
        return re.split(r"(?<=[。：])|(?<=[.:]) ", clocks("2026-09-20", **situation)[rule].trace)

    assert trace("cn.nfra.final") == snapshot(
        [
            "作出处理决定并告知投诉人：",
            "2026年9月20日收到，当日不计，加15天，为2026年10月5日。",
            "适用于事实清楚、争议情况简单的投诉。",
            "来源：",
            "《银行业保险业消费投诉处理管理办法》（银保监会令2020年第3号）。",
            "",
        ]
    )
    assert trace("uk.final", jurisdiction="uk", language="en") == snapshot(
        [
            "Final response, or a written reason why not yet:",
            "received on 20 September 2026, that day not counted, plus 8 weeks, is 15 November 2026.",
            "Payment-services complaints have a shorter limit, in business days.",
            "Source:",
            "FCA Handbook, DISP 1.6 (in force 1 June 2026).",
        ]
    )
    assert trace("company.first_reply.high", urgency="high", language="en") == snapshot(
        [
            "First reply (high):",
            "received on 20 September 2026, plus 24 hours, is 21 September 2026.",
            "Source:",
            "company service targets (2026.11).",
        ]
    )


def test_when_the_date_for_progress_has_passed_there_is_a_new_one() -> None:
    late = clocks("2026-09-20", today="2026-10-10")
    assert late["company.progress.overdue"].due == date(2026, 10, 11)
    assert "company.progress.overdue" not in clocks("2026-09-20", today="2026-09-25")


def test_days_are_those_of_the_time_zone_given() -> None:
    beijing = datetime(2026, 3, 2, 1, 0, tzinfo=timezone(timedelta(hours=8)))
    same = beijing.astimezone(UTC)
    one, other = (
        CLOCKS.due(at, today=date(2026, 3, 2), sector="banking", language="zh", urgency="normal")
        for at in (beijing, same)
    )
    assert {c.rule: c.due for c in one}["cn.nfra.final"] == date(2026, 3, 17)
    assert {c.rule: c.due for c in other}["cn.nfra.final"] == date(2026, 3, 16)


SITUATIONS = st.fixed_dictionaries(
    {
        "sector": st.sampled_from((*SECTORS, "unheard_of", None)),
        "language": st.sampled_from(("zh", "en")),
        "urgency": st.sampled_from(URGENCIES),
        "jurisdiction": st.sampled_from(("cn", "uk", "us", "fr", None)),
        "category": st.sampled_from(("privacy_data", "delay", None)),
    }
)
MOMENTS = st.datetimes(datetime(2015, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants naive bounds


@given(received=MOMENTS, later=st.timedeltas(timedelta(0), timedelta(days=400)), where=SITUATIONS)
def test_no_date_is_before_receipt_and_all_are_in_order(
    received: datetime, later: timedelta, where: dict[str, str]
) -> None:
    due = CLOCKS.due(received, today=(received + later).date(), **where)  # pyright: ignore[reportArgumentType]  # drawn from the right values
    days = [clock.due for clock in due]
    assert days == sorted(days)
    assert all(day >= received.date() for day in days)
    assert any(clock.due >= (received + later).date() for clock in due)


@given(received=MOMENTS, later=st.timedeltas(timedelta(0), timedelta(days=400)), where=SITUATIONS)
def test_who_complains_later_is_never_due_earlier(
    received: datetime, later: timedelta, where: dict[str, str]
) -> None:
    today = received.date()
    one, other = (
        {
            clock.rule: clock.due
            for clock in CLOCKS.due(at, today=today, **where)  # pyright: ignore[reportArgumentType]  # drawn from the right values
        }
        for at in (received, received + later)
    )
    assert all(one[rule] <= other[rule] for rule in one.keys() & other.keys())


def test_places_to_turn_are_known_by_jurisdiction_and_sector() -> None:
    def remedies(where: str | None, sector: str | None) -> str:
        rights = CLOCKS.rights(where, sector, date(2026, 11, 22))
        return rights.remedies.say("zh" if where == "cn" else "en") if rights else ""

    assert "12378" in remedies("cn", "insurance")
    assert "12315" in remedies("cn", "ecommerce")
    assert "Ombudsman" in remedies("uk", "banking")
    assert "Consumer Financial Protection Bureau" in remedies("us", "banking")
    assert remedies("uk", "ecommerce") == remedies(None, "banking") == ""


def test_the_jurisdiction_is_read_back_from_the_clocks() -> None:
    uk = tuple(clocks("2026-09-20", jurisdiction="uk").values())
    assert CLOCKS.jurisdiction(uk, "zh") == "uk"
    assert CLOCKS.jurisdiction((), "zh") == "cn"
    assert CLOCKS.jurisdiction((), "en") is None


def test_dates_are_written_as_in_letters() -> None:
    assert (written(date(2026, 11, 30), "zh"), written(date(2026, 11, 30), "en")) == (
        "2026年11月30日",
        "30 November 2026",
    )


PACK = """version = "1"
source = "test"
valid_from = 2026-01-01
jurisdiction = "xx"

[[rules]]
id = "xx.one"
jurisdiction = "xx"
stage = "final"
duration = 15
unit = "day"
version = "1"
effective_from = 2020-01-01
verified = false
name = { zh = "答复", en = "Reply" }
source = { zh = "测试", en = "test" }
"""


def load(tmp_path: Path, **packs: str) -> Clocks:
    for name, text in packs.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return Clocks.load(tmp_path)


def test_an_unverified_rule_says_so(tmp_path: Path) -> None:
    due = load(tmp_path, one=PACK).due(
        datetime(2026, 1, 1, tzinfo=UTC),
        today=date(2026, 1, 1),
        language="en",
        urgency="low",
        jurisdiction="xx",
    )
    assert [(clock.due, clock.verified) for clock in due] == [(date(2026, 1, 16), False)]
    assert "not verified" in due[0].trace


@pytest.mark.parametrize(
    ("was", "now", "message"),
    [
        (
            'unit = "day"',
            'unit = "business_day"',
            "6: rules.0: .*business days in .xx. need a calendar: name one of cn",
        ),
        ("duration = 15", "duration = 0\nstart_excluded = false", "use at least 1"),
        ("verified = false", "", "verified"),
    ],
)
def test_a_rule_that_cannot_be_counted_is_refused_with_its_line(
    tmp_path: Path, was: str, now: str, message: str
) -> None:
    with pytest.raises(InvalidPack, match=message):
        load(tmp_path, one=PACK.replace(was, now))


def test_a_rule_of_another_jurisdiction_does_not_hide_in_a_pack(tmp_path: Path) -> None:
    with pytest.raises(InvalidRules, match=r"'xx\.one' is of 'yy', its pack of 'xx': move the rule"):
        load(tmp_path, one=PACK.replace('"xx"\nstage', '"yy"\nstage'))


def test_two_rules_cannot_share_an_id(tmp_path: Path) -> None:
    with pytest.raises(InvalidRules, match=r"'xx\.one': rename one"):
        load(tmp_path, one=PACK, two=PACK)
