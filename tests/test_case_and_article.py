"""Cases and articles: what is accepted, and how an article becomes passages."""

from datetime import date

import pytest
from hypothesis import example, given, strategies as st
from pydantic import ValidationError

from knowledge.article import PASSAGE_CHARS, Article
from knowledge.case import Case, Redress, storable


def _article(text: str, **more: object) -> Article:
    return Article.model_validate({"id": "a", "language": "en", "title": "T", "text": text, **more})


def test_paragraphs_are_passages_and_headings_stay_with_them() -> None:
    passages = _article("# Fees\n\nThe fee is 20.\n\n## Waivers\n\nOne a year.\n\nAsk us.").passages()
    assert [(p.id, p.text) for p in passages] == [
        ("a#1", "Fees\nThe fee is 20."),
        ("a#2", "Waivers\nOne a year."),
        ("a#3", "Ask us."),
    ]


@example("a\n\n#")
@example("." + " " * 2000 + "a")
@given(st.text(alphabet="甲乙。！a b.\n#", min_size=1, max_size=3000).filter(lambda text: text.strip("# \n")))
def test_passages_hold_every_letter_and_are_never_long_or_empty(text: str) -> None:
    passages = _article(text).passages()
    assert passages
    assert all(0 < len(p.text) <= 2 * PASSAGE_CHARS for p in passages)
    kept = sum(p.text.count(letter) for p in passages for letter in "甲乙ab")
    assert kept == sum(text.count(letter) for letter in "甲乙ab")


def test_validity_has_two_ends() -> None:
    article = _article("x", valid_from="2026-01-01", valid_to="2026-06-30")
    assert [article.in_force(day) for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30))] == [
        False,
        True,
        True,
    ]
    assert not article.in_force(date(2026, 7, 1))
    with pytest.raises(ValidationError, match="swap them"):
        _article("x", valid_from="2026-07-01", valid_to="2026-06-30")
    with pytest.raises(ValidationError, match="itself"):
        _article("x", supersedes="a")


@given(st.text())
def test_what_no_store_can_hold_is_replaced_and_the_length_stays(text: str) -> None:
    kept = storable(text + "\x00\ud83d")
    assert len(kept) == len(text) + 2
    assert kept.encode()
    assert "\x00" not in kept


def test_money_needs_its_currency() -> None:
    with pytest.raises(ValidationError, match="go together"):
        Redress.model_validate({"kind": "refund", "amount": 5})
    assert Redress.model_validate({"kind": "refund", "amount": "5.10", "currency": "GBP"}).amount


def test_a_case_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValidationError):
        Case.model_validate({"id": "1", "language": "zh", "text": "x", "colour": "red"})
    with pytest.raises(ValidationError):
        Case.model_validate({"id": "1", "language": "zh", "text": ""})
