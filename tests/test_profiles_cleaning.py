"""Cells of exports made clean."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from profiles.cleaning import amount_of, moment, name_of, region_of, score_of, seconds_of
from profiles.sources import SourceRules

SHANGHAI = ZoneInfo("Asia/Shanghai")
ANSWERS = SourceRules.shipped().answers


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-03-05", (2026, 3, 4, 16, 0)),
        ("2026-03-05 14:30", (2026, 3, 5, 6, 30)),
        ("2026/3/5 下午2:30", (2026, 3, 5, 6, 30)),
        ("2026年3月5日 14时30分", (2026, 3, 5, 6, 30)),
        ("２０２６－０３－０５　１４：３０", (2026, 3, 5, 6, 30)),
        ("2026-03-05T14:30:00.000+0000", (2026, 3, 5, 14, 30)),
        ("2026-03-05T14:30:00Z", (2026, 3, 5, 14, 30)),
        ("2026-03-05 02:30 PM", (2026, 3, 5, 6, 30)),
        ("2026-03-05 12:05 AM", (2026, 3, 4, 16, 5)),
        ("20260305", (2026, 3, 4, 16, 0)),
        ("20260305143000", (2026, 3, 5, 6, 30)),
        ("99999999999999", None),
        ("1772721000", (2026, 3, 5, 14, 30)),
        ("1772721000000", (2026, 3, 5, 14, 30)),
        ("2026-13-05", None),
        ("2026-02-30 10:00", None),
        ("03/04/2026", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_of_exports(text: str, when: tuple[int, ...] | None) -> None:
    assert moment(text, SHANGHAI) == (None if when is None else datetime(*when, tzinfo=UTC))


def test_a_short_day_needs_the_order_of_the_file() -> None:
    assert moment("03/04/2026 1:05 PM", UTC, "dmy") == datetime(2026, 4, 3, 13, 5, tzinfo=UTC)
    assert moment("03/04/2026 1:05 PM", UTC, "mdy") == datetime(2026, 3, 4, 13, 5, tzinfo=UTC)


@given(st.text(max_size=40))
def test_no_text_breaks_the_cleaning(text: str) -> None:
    for cleaned in (moment(text, UTC), seconds_of(text), amount_of(text), score_of(text, 5, ANSWERS)):
        assert cleaned is None or cleaned is not None
    assert name_of(name_of(text)) is not None
    assert region_of(text) is not None
    score = score_of(text, 5, ANSWERS)
    assert score is None or 0 <= score <= 1
    length = seconds_of(text)
    assert length is None or length >= 0


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001  # written without a zone
def test_what_is_written_plainly_is_read_back(when: datetime) -> None:
    for text in (when.isoformat(), f"{when:%Y-%m-%d %H:%M:%S.%f}"):
        assert moment(text, UTC) == when.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("323", 323), ("05:23", 323), ("1:02:03", 3723), ("5m23s", 323), ("5分23秒", 323), ("1小时", 3600),
     ("2.5 min", 150), ("long", None), ("", None), ("-5", None)],
)  # fmt: skip
def test_lengths_of_time(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1234.50", (1234.5, None)), ("¥1,234.50", (1234.5, "CNY")), ("1.234,50 €", (1234.5, "EUR")),
     ("1.2万元", (12000.0, "CNY")), ("USD 99", (99.0, "USD")), ("99 usd", (99.0, "USD")),
     ("1,234", (1234.0, None)), ("-5", (-5.0, None)), ("£12.5", (12.5, "GBP")), ("five", None),
     ("12 apples", None), ("", None)],
)  # fmt: skip
def test_amounts(text: str, amount: tuple[float, str | None] | None) -> None:
    assert amount_of(text) == amount


@pytest.mark.parametrize(
    ("text", "top", "score"),
    [("5", 5, 1), ("1", 5, 0), ("3", 5, 0.5), ("0", 10, 0), ("10", 10, 1), ("4/5", 10, 0.75),
     ("4星", 5, 0.75), ("非常满意", 5, 1),
     ("Dissatisfied", 5, 0.25), ("7", 5, None), ("0", 5, None), ("so-so", 5, None)],
)  # fmt: skip
def test_answers_to_surveys(text: str, top: float, score: float | None) -> None:
    assert score_of(text, top, ANSWERS) == score


@pytest.mark.parametrize(
    ("text", "name"),
    [("张 三", "张三"), ("SMITH, JOHN", "John Smith"), ("  mary   jones ", "Mary Jones"),
     ("McDonald", "McDonald"), ("欧阳 娜 娜", "欧阳娜娜"), ("", "")],
)  # fmt: skip
def test_names(text: str, name: str) -> None:
    assert name_of(text) == name


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("浙江省-杭州市", "浙江省杭州市"),
        ("北京市 / 海淀区", "北京市海淀区"),
        ("Leeds / UK", "Leeds, UK"),
        ("上海", "上海"),
    ],
)
def test_regions(text: str, region: str) -> None:
    assert region_of(text) == region
