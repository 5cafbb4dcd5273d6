"""What is found in the customer's words, and what is left alone."""

from decimal import Decimal
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given, settings, strategies as st
from inline_snapshot import snapshot

from bot.draft.identifiers import contacts, looks_personal
from bot.draft.numerals import number
from bot.draft.stated import find_stated
from knowledge.case import Language


def found(text: str, language: Language, *kinds: str) -> list[tuple[str, str]]:
    facts = find_stated(text, language)
    return [(fact.text, fact.value) for fact in facts if not kinds or fact.kind in kinds]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("扣了¥128.00", "128.00 CNY"),
        ("收了￥1,280整", "1280.00 CNY"),
        ("128元手续费", "128.00 CNY"),
        ("三百元年费", "300.00 CNY"),
        ("转了1.2万", "12000.00 CNY"),
        ("存四千八百元", "4800.00 CNY"),
        ("余下的四千二既没有退", "4200.00 CNY"),
        ("一万二的货款", "12000.00 CNY"),
        ("46块8", "46.80 CNY"),
        ("五百块钱", "500.00 CNY"),
        ("多扣了300", "300.00 CNY"),
        ("入的是4100.00", "4100.00 CNY"),
        ("一百零五元", "105.00 CNY"),
        ("35英镑", "35.00 GBP"),
        ("USD 20", "20.00 USD"),
        ("１２８元", "128.00 CNY"),
    ],
)
def test_chinese_amounts_are_read(text: str, value: str) -> None:
    assert [fact for _, fact in found(text, "zh", "amount")] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "千万别这样",
        "百分之五",
        "来了三百人",
        "走了两千米",
        "百分之百",
        "一块儿去",
        "窗宽3.20m",
        "第三百名",
        "一百二三十",
        "3楼2单元",
    ],
)
def test_what_is_no_money_is_not_read_as_money(text: str) -> None:
    assert found(text, "zh", "amount") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a £35 fee", "35.00 GBP"),
        ("$1,200.50 gone", "1200.50 USD"),
        ("€640 paid", "640.00 EUR"),
        ("£5k", "5000.00 GBP"),
        ("twenty-five quid for that", "25.00 GBP"),
        ("six hundred and seventy five pounds", "675.00 GBP"),
        ("300 EUR", "300.00 EUR"),
        ("CNY 300", "300.00 CNY"),
    ],
)
def test_english_amounts_are_read(text: str, value: str) -> None:
    assert [fact for _, fact in found(text, "en", "amount")] == [value]


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("3月2日", "zh", "--03-02"),
        ("2026年3月2日", "zh", "2026-03-02"),
        ("二〇二六年三月二日", "zh", "2026-03-02"),
        ("六月十一号", "zh", "--06-11"),
        ("2025年12月", "zh", "2025-12"),
        ("上周五", "zh", "上周五"),
        ("2026-03-02", "zh", "2026-03-02"),
        ("on 2 March", "en", "--03-02"),
        ("March 2nd, 2026", "en", "2026-03-02"),
        ("2nd of May", "en", "--05-02"),
        ("02/03/2026", "en", "2026-03-02"),
        ("03/25/2026", "en", "2026-03-25"),
        ("yesterday", "en", "yesterday"),
    ],
)
def test_dates_are_read(text: str, language: Language, value: str) -> None:
    assert [fact for _, fact in found(text, language, "date")] == [value]


@pytest.mark.parametrize("text", ["13月2日", "2月31日", "may 3 of us", "31 February"])
def test_impossible_dates_are_not_read(text: str) -> None:
    dates = [value for _, value in found(text, "zh", "date") + found(text, "en", "date")]
    assert dates == (["--05-03"] if text.startswith("may") else [])


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("等了30天", "zh", "30 days"),
        ("三个星期", "zh", "3 weeks"),
        ("半个月", "zh", "0.5 months"),
        ("两三天", "zh", "2-3 days"),
        ("3-7天", "zh", "3-7 days"),
        ("5个工作日", "zh", "5 working days"),
        ("two weeks", "en", "2 weeks"),
        ("3-5 working days", "en", "3-5 working days"),
        ("half an hour", "en", "0.5 hours"),
        ("Forty-four years", "en", "44 years"),
    ],
)
def test_durations_are_read(text: str, language: Language, value: str) -> None:
    assert [fact for _, fact in found(text, language, "duration")] == [value]


@pytest.mark.parametrize(
    ("text", "language"), [("74 years old", "en"), ("第3天", "zh"), ("2026年", "zh"), ("周三", "zh")]
)
def test_ages_and_places_in_a_row_are_no_durations(text: str, language: Language) -> None:
    assert found(text, language, "duration") == []


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("打了三次电话", "zh", ["3 calls"]),
        ("给你们打了3个电话", "zh", ["3 calls"]),
        ("跑了两趟网点", "zh", ["2 visits"]),
        ("这是第三次投诉", "zh", ["3 complaints"]),
        ("重复扣款两次", "zh", ["2 charges"]),
        ("你们一天打了五次电话推销", "zh", []),
        ("I called four times", "en", ["4 calls"]),
        ("I rang twice", "en", ["2 calls"]),
        ("charged me twice", "en", ["2 charges"]),
        ("my third complaint", "en", ["3 complaints"]),
        ("they called me 4 times", "en", []),
        ("I've called you three times", "en", ["3 calls"]),
    ],
)
def test_counts_are_the_customers_own(text: str, language: Language, value: list[str]) -> None:
    assert [fact for _, fact in found(text, language, "count")] == value


def test_numbers_of_things_are_told_apart() -> None:
    text = "订单号SO-448213，运单 SF1234567890，保单号：PL-88213，尾号4471，航班CA1234，G102次高铁"
    assert found(text, "zh", "order", "tail", "flight") == snapshot(
        [
            ("SO-448213", "SO-448213"),
            ("SF1234567890", "SF1234567890"),
            ("PL-88213", "PL-88213"),
            ("4471", "4471"),
            ("CA1234", "CA1234"),
            ("G102", "G102"),
        ]
    )
    assert found(
        "Order SO-448213, policy number AB-12345, card ending in 4471, flight BA0123", "en"
    ) == snapshot(
        [
            ("Order", "your order"),
            ("SO-448213", "SO-448213"),
            ("policy", "your policy"),
            ("AB-12345", "AB-12345"),
            ("4471", "4471"),
            ("flight", "your flight"),
            ("BA0123", "BA0123"),
        ]
    )


def test_personal_numbers_and_placeholders_are_no_facts() -> None:
    text = (
        "订单号13800138000，卡号6222021234567890123，合同号110101199003074514，⟦ORDER_1⟧，客服⟦PHONE_1⟧300元"
    )
    assert found(text, "zh") == [("300元", "300.00 CNY")]


def test_products_are_named_as_a_reply_names_them() -> None:
    assert found("我的贷记卡年费", "zh", "product") == [("贷记卡", "信用卡"), ("年费", "年费")]
    assert found("the annual fee on my credit card", "en", "product") == [
        ("annual fee", "the annual fee"),
        ("credit card", "your credit card"),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("三百二十", "320"), ("三百二", "320"), ("十", "10"), ("十五", "15"),
        ("二十", "20"), ("一百零五", "105"), ("四千二", "4200"),
        ("一万二千", "12000"), ("一亿二千万", "120000000"), ("1,234.50", "1234.50"), ("seventy-five", "75"),
        ("six hundred and seventy five", "675"), ("two thousand", "2000"),
    ],
)  # fmt: skip
def test_numbers_in_words_have_their_value(text: str, value: str) -> None:
    assert number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["二零二六", "一百二三十", "abc", "", "万"])
def test_what_is_no_number_has_no_value(text: str) -> None:
    assert number(text) is None or text == "万"


@pytest.mark.parametrize(
    "text", ["13800138000", "+44 7700 900123", "a.b@example.com", "6222021234567894", "123-45-6789"]
)
def test_identifiers_are_recognised(text: str) -> None:
    assert looks_personal(f"x {text} y")


def test_contacts_are_found_with_their_numbers() -> None:
    text = "See www.example.org/help, write to a@b.com or call 0800 123 4567; 拨打95588。 It is done.Thanks"
    assert list(contacts(text)) == ["www.example.org/help", "a@b.com", "0800 123 4567", "95588"]


@pytest.mark.parametrize(
    "piece", ["一", "1,", "打了", "hundred and ", "called you ", "a@", "a.b", "两三", "3月", "they "]
)
def test_no_text_takes_long(piece: str) -> None:
    hostile = piece * (20_000 // len(piece))
    before = process_time()
    for language in ("zh", "en"):
        find_stated(hostile, language)
    list(contacts(hostile))
    assert process_time() - before < 2


@settings(max_examples=400)
@given(
    text=st.text(max_size=300)
    | st.text(
        "0123456789.,-/月日年号元块万千百十一二三两次天个£$¥ 第订单尾等了打电话abMyRch⟦⟧", max_size=120
    ),
    language=st.sampled_from(("zh", "en")),
)
def test_any_text_gives_facts_at_their_place(text: str, language: Language) -> None:
    facts = find_stated(text, language)
    assert all(text[fact.start : fact.end] == fact.text and fact.text for fact in facts)
    assert all(one.end <= other.start for one, other in pairwise(facts))
