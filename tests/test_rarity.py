"""Why a match was found: the rare words both sides have."""

import pytest
from hypothesis import given, strategies as st

from bot.matches import SHARED, case_card
from knowledge.case import Case
from knowledge.match import CaseMatch
from knowledge.rarity import rare_words, shared_words
from knowledge.words import normalise, words


@pytest.mark.parametrize(
    ("text", "other", "words"),
    [
        (
            "短信余额提醒费扣了三年，滞纳金也收了",
            "每月的短信提醒费从没有人说过，还有滞纳金",
            {"滞纳金", "短信"},
        ),
        (
            "My overdraft fee doubled after the direct debit",
            "An overdraft fee was taken twice",
            {"overdraft"},
        ),
    ],
)
def test_rare_words_are_named_and_common_ones_are_not(text: str, other: str, words: set[str]) -> None:
    shared = shared_words(text, other, 5)
    assert words <= set(shared)
    assert not {"的", "了", "the", "was", "my"} & set(shared)


_PIECES = st.lists(
    st.sampled_from(
        ["信用卡", "滞纳金", "overdraft", "fee", "漏水", "5G", "don’t", " ", "，", "refund", "退款", "😀"]
    ),
    max_size=12,
).map("".join)


@given(_PIECES | st.text(max_size=80), _PIECES | st.text(max_size=80), st.integers(0, 6))
def test_shared_words_are_in_both_and_never_too_many(text: str, other: str, limit: int) -> None:
    shared = shared_words(text, other, limit)
    assert len(shared) == len(set(shared)) <= limit
    assert set(shared) <= rare_words(text).keys()
    assert all(word in normalise(other).replace("’", "'") for word in shared)


@given(_PIECES, _PIECES)
def test_no_word_that_both_have_is_missed(text: str, other: str) -> None:
    shared = shared_words(text, other, 99)
    both = rare_words(text).keys() & set(words(other))
    assert {word for word in both if not any(word in longer for longer in shared)} <= set()


@pytest.mark.parametrize(
    ("text", "other", "shared"),
    [
        ("overdraft", "overdrafts", ()),
        ("overdraft", "my over-draft", ()),
        ("滞纳金", "收了滞纳金额", ("滞纳金",)),
    ],
)
def test_an_english_word_is_shared_as_a_whole_and_a_chinese_one_as_it_stands(
    text: str, other: str, shared: tuple[str, ...]
) -> None:
    assert shared_words(text, other, 5) == shared


def test_a_card_says_what_it_shares_with_the_question() -> None:
    match = CaseMatch(Case(id="1", language="en", text="The overdraft fee was wrong."), 0.4, ("dense",))
    assert "overdraft" in case_card(match, "an overdraft on my account").shared
    assert case_card(match, "宽带断网了").shared == ()
    assert len(case_card(match, "overdraft " * 50).shared) <= SHARED
