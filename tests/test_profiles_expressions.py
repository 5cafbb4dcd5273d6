"""Conditions over traits: what they mean, how they print, and what a person is told who mistyped one."""

import math
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from profiles.errors import InvalidRules
from profiles.expressions import (
    AllOf,
    Among,
    AnyOf,
    Compare,
    Expression,
    Known,
    Not,
    Sign,
    grounds_of,
    holds,
    leaves_of,
    traits_of,
)
from profiles.expressions_parser import DEEPEST, parse
from profiles.expressions_tokens import LONGEST, InvalidExpression
from profiles.traits import Trait, Traits, Value

TRAITS = {
    "complaints_90d": Trait(kind="number", zh="投诉 {value} 次", en="{value} complaints"),
    "escalated_365d": Trait(kind="number", zh="升级 {value} 次", en="{value} escalations"),
    "self_service_before": Trait(kind="share", zh="自助 {value}", en="tried alone {value}"),
    "channel": Trait(kind="word", zh="渠道 {value}", en="by {value}"),
    "member": Trait(kind="flag", zh="会员", en="a member"),
    "tier": Trait(kind="word", protected=True, zh="级别 {value}", en="tier {value}"),
}
SIGNS: tuple[Sign, ...] = ("<", "<=", ">", ">=", "==", "!=")
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SHARES = st.floats(0, 1)
WORDS = st.text(max_size=12)
LEAVES: st.SearchStrategy[Expression] = st.one_of(
    st.builds(Compare, st.just("complaints_90d"), st.sampled_from(SIGNS), NUMBERS),
    st.builds(Compare, st.just("self_service_before"), st.sampled_from(SIGNS), SHARES, st.just(True)),
    st.builds(Compare, st.just("channel"), st.sampled_from(("==", "!=")), WORDS),
    st.builds(Compare, st.just("member"), st.sampled_from(("==", "!=")), st.booleans()),
    st.builds(Among, st.just("channel"), st.lists(WORDS, min_size=1, max_size=4).map(tuple), st.booleans()),
    st.builds(
        Among,
        st.just("self_service_before"),
        st.lists(SHARES, min_size=1, max_size=3).map(tuple),
        st.booleans(),
        st.just(True),
    ),
    st.builds(Known, st.sampled_from(("channel", "complaints_90d")), st.booleans()),
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(AllOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "complaints_90d": st.none() | st.integers(-3, 9) | st.just(math.nan) | st.just("three") | st.booleans(),
    "self_service_before": st.none() | SHARES,
    "channel": st.none() | WORDS | st.just("phone") | st.integers(),
    "member": st.none() | st.booleans(),
}


def read(text: str) -> Expression:
    return parse(text, TRAITS)


def fault(text: str) -> InvalidExpression:
    with pytest.raises(InvalidExpression) as caught:
        read(text)
    return caught.value


def tried(text: str) -> Expression | InvalidExpression:
    try:
        return read(text)
    except InvalidExpression as error:
        return error


@given(EXPRESSIONS)
def test_what_is_printed_reads_back_as_the_same(expression: Expression) -> None:
    text = str(expression)
    if len(text) <= LONGEST:
        assert read(text) == expression
        assert str(read(text)) == text


@given(st.text(max_size=80))
def test_no_text_raises_anything_but_our_own_error(text: str) -> None:
    if isinstance(found := tried(text), InvalidExpression):
        assert 0 <= found.at <= len(text)


PIECES = st.sampled_from(
    [
        *("complaints_90d", "channel", "member", "tier", "(", ")", "[", "]", ",", "<", ">=", "==", "=", "!"),
        *("in", "not", "is", "known", "and", "or", "'a'", "“b”", '"', "3", "-2.5", "30%", "1e9", "true", "%"),
        *("且", "或", "非", "为", "不是", "在", "已知", "未知", "＞", "（", "）", "'", "\\", "\n"),
    ]
)


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=25).map(" ".join))
def test_no_jumble_of_pieces_raises_anything_but_our_own_error(text: str) -> None:
    found = tried(text)
    if isinstance(found, InvalidExpression):
        assert 0 <= found.at <= len(text)
    else:
        assert read(str(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "not " * 100_000,
        "(" * 900,
        "not " * 900 + "member",
        "非" * 1_000,
        "[" * 1_000,
        "9" * 3_900 + " < 2",
        "complaints_90d > " + "9" * 3_900,
        "complaints_90d > 1e999",
        "complaints_90d > 1e99999999999999999999",
        "self_service_before > 1e999%",
        "self_service_before > 1e-999%x",
        "channel == '\\",
        "\ud800",
        "complaints_90d > ١",
        "\0",
    ],
)
def test_however_deep_long_or_strange_it_is_our_own_error(text: str) -> None:
    assert isinstance(fault(text), InvalidRules)


def test_as_deep_as_allowed_is_read() -> None:
    assert read("(" * DEEPEST + "member" + ")" * DEEPEST) == read("member")
    assert "inside one another" in str(fault("(" * (DEEPEST + 1) + "member" + ")" * (DEEPEST + 1)))


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("complaints_90d ＞＝ ３ 且 channel 为 “phone”", "complaints_90d >= 3 and channel == 'phone'"),
        ("complaints_90d≥3或channel不是「phone」", "complaints_90d >= 3 or channel != 'phone'"),
        ("非（channel 为 未知）", "not channel is unknown"),
        ("channel 在 【“phone”，“app”】", "channel in ['phone', 'app']"),
        ("channel 不在 ['phone'、'app']", "channel not in ['phone', 'app']"),
        ("channel 已知 并且 self_service_before ＜ ３０％", "channel is known and self_service_before < 30%"),
        ("channel 不为 已知", "channel is unknown"),
        ("complaints_90d 不小于 3 或者 member 为 真", "complaints_90d >= 3 or member == true"),
        ("complaints_90d 等于 3", "complaints_90d == 3"),
    ],
)
def test_chinese_means_the_same(chinese: str, english: str) -> None:
    assert read(chinese) == read(english)
    assert str(read(english)).replace("(", "").replace(")", "") == english


@pytest.mark.parametrize(
    ("short", "canonical"),
    [
        ("member", "member == true"),
        ("not member", "not member == true"),
        ("self_service_before >= 0.3", "self_service_before >= 30%"),
        ("self_service_before >= 7%", "self_service_before >= 7%"),
        ("self_service_before == 100%", "self_service_before == 100%"),
        ("channel is 'a'", "channel == 'a'"),
        ('channel is not "it\'s"', "channel != 'it\\'s'"),
        ("COMPLAINTS_90D > 1", None),
        ("complaints_90d > 1 AND member", "complaints_90d > 1 and member == true"),
        ("complaints_90d > -1.50", "complaints_90d > -1.5"),
        (
            "member or member and complaints_90d = 1",
            "member == true or (member == true and complaints_90d == 1)",
        ),
        ("channel is not known", "channel is unknown"),
        ("channel is not unknown", "channel is known"),
    ],
)
def test_it_prints_one_way(short: str, canonical: str | None) -> None:
    if canonical is None:
        assert "did you mean complaints_90d" in str(fault(short))
    else:
        assert str(read(short)) == canonical


@pytest.mark.parametrize(
    ("text", "at", "remedy"),
    [
        ("complaint_90d > 1", 0, "did you mean complaints_90d"),
        ("member and zzz > 1", 11, "there are complaints_90d"),
        ("tier == 'gold'", 0, "leave it out"),
        ("channel < 'phone'", 8, "has no order"),
        ("member >= true", 7, "has no order"),
        ("complaints_90d => 3", 15, "write '>='"),
        ("complaints_90d && 3", 15, "write 'and'"),
        ("complaints_90d >> 3", 16, "a number"),
        ("complaints_90d adn 3", 15, "did you mean and"),
        ("member adn member", 7, "did you mean and"),
        ("complaints_90d > 3 < 5", 19, "one comparison at a time"),
        ("3 < complaints_90d", 0, "the name of a trait"),
        ("channel == phone", 11, "a word in quotes"),
        ("channel == 3", 11, "a word in quotes"),
        ("complaints_90d > '3'", 17, "a number"),
        ("complaints_90d > 3%", 17, "without %"),
        ("self_service_before > 30", 22, "write 30% or 0.3"),
        ("self_service_before > -1%", 22, "between 0% and 100%"),
        ("channel in 'phone'", 11, "a list such as"),
        ("channel in []", 12, "a word in quotes"),
        ("channel in ['a' 'b']", 16, "',' or ']'"),
        ("channel == 'phone", 11, "never closed"),
        ("(member", 7, "')'"),
        ("member)", 6, "'and' or 'or'"),
        ("", 0, "write a condition such as"),
        ("   ", 0, "write a condition such as"),
        ("complaints_90d", 14, "a sign"),
        ("member ? 1", 7, "cannot read '?'"),
        ("__import__('os')", 0, "no trait"),
    ],
)
def test_a_mistake_is_placed_and_has_a_remedy(text: str, at: int, remedy: str) -> None:
    error = fault(text)
    assert error.at == at
    assert remedy in str(error)


U = None
KLEENE: list[tuple[str, dict[str, Value], bool | None]] = [
    ("complaints_90d > 1 and member", {"complaints_90d": 0}, False),
    ("complaints_90d > 1 and member", {"complaints_90d": 2}, U),
    ("member and complaints_90d > 1", {"complaints_90d": 0}, False),
    ("complaints_90d > 1 or member", {"complaints_90d": 2}, True),
    ("complaints_90d > 1 or member", {"complaints_90d": 0}, U),
    ("member or complaints_90d > 1", {"complaints_90d": 2}, True),
    ("not member", {}, U),
    ("not not member", {"member": None}, U),
    ("member is unknown", {}, True),
    ("not member is unknown", {}, False),
    ("channel not in ['a']", {}, U),
    ("channel != 'a'", {"channel": None}, U),
    ("complaints_90d > 1", {"complaints_90d": math.nan}, U),
    ("complaints_90d is known", {"complaints_90d": math.nan}, False),
    ("complaints_90d > 1", {"complaints_90d": "5"}, U),
    ("complaints_90d >= 1", {"complaints_90d": True}, U),
    ("channel == '1'", {"channel": 1}, U),
    ("complaints_90d < 1", {"complaints_90d": -math.inf}, True),
    ("self_service_before >= 30%", {"self_service_before": 0.3}, True),
]


@pytest.mark.parametrize(("text", "traits", "outcome"), KLEENE)
def test_logic_has_three_values(text: str, traits: dict[str, Value], outcome: bool | None) -> None:
    assert read(text).test(traits) is outcome
    assert holds(read(text), traits) is (outcome is True)


@given(EXPRESSIONS, EXPRESSIONS, st.fixed_dictionaries({}, optional=VALUES))
def test_the_laws_of_de_morgan_hold_with_three_values(
    one: Expression, other: Expression, traits: Traits
) -> None:
    assert Not(AllOf((one, other))).test(traits) is AnyOf((Not(one), Not(other))).test(traits)
    assert Not(AnyOf((one, other))).test(traits) is AllOf((Not(one), Not(other))).test(traits)


@given(EXPRESSIONS, st.fixed_dictionaries({}, optional=VALUES))
def test_what_is_found_out_later_never_overturns_what_was_certain(
    expression: Expression, traits: dict[str, Value]
) -> None:
    if any(isinstance(leaf, Known) for leaf in leaves_of(expression)):
        return
    outcome = expression.test({name: traits[name] for name in list(traits)[:2]})
    if outcome is not None:
        assert expression.test(traits) is outcome


@given(EXPRESSIONS, st.fixed_dictionaries({}, optional=VALUES))
def test_what_holds_has_grounds_that_suffice(expression: Expression, traits: dict[str, Value]) -> None:
    if not holds(expression, traits):
        return
    grounds = {leaf.trait for leaf in grounds_of(expression, traits)}
    assert grounds and grounds <= set(traits_of(expression))
    if not any(isinstance(leaf, Known) for leaf in leaves_of(expression)):
        assert holds(expression, {name: value for name, value in traits.items() if name in grounds})
