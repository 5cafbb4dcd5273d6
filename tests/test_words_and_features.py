"""Words and hashed features: Chinese and English alike, any text at all."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from knowledge.features import BUCKETS, features, features_of
from knowledge.words import normalise, words


def test_chinese_is_segmented_and_long_words_yield_the_words_inside() -> None:
    assert words("我的信用卡被盗刷了") == ["我", "的", "信用", "信用卡", "被盗", "刷", "了"]


def test_english_words_keep_apostrophes_and_numbers() -> None:
    assert words("I wasn't charged £12.50 for SO-448213!") == [
        "i",
        "wasn't",
        "charged",
        "12.50",
        "for",
        "so-448213",
    ]


def test_full_width_reads_like_half_width() -> None:
    assert normalise("ＡＰＰ　１２３") == "app 123"
    assert set(words("ＡＰＰ闪退")) == set(words("app闪退"))


@given(st.text(max_size=300))
def test_any_text_has_words_and_features(text: str) -> None:
    assert all(words(text))
    found = features(text)
    assert len(found.hashes) == len(found.counts) == len(found.buckets)
    assert (found.counts > 0).all()
    assert ((found.buckets >= 0) & (found.buckets < BUCKETS)).all()
    assert (np.diff(found.hashes.astype(object)) > 0).all()


@given(st.lists(st.text(max_size=60), max_size=6))
def test_texts_taken_together_have_the_features_each_has_alone(texts: list[str]) -> None:
    rows = features_of(texts)
    assert rows.texts == len(texts)
    for n, text in enumerate(texts):
        alone, own = features(text), rows.owner == n
        assert np.array_equal(rows.found.hashes[own], alone.hashes)
        assert np.array_equal(rows.found.counts[own], alone.counts)


def test_the_same_words_have_the_same_features_and_others_do_not() -> None:
    one, same, other = features("退款没到账"), features("退款没到账！！"), features("网速很慢")
    assert np.array_equal(one.hashes, same.hashes)
    assert len(np.intersect1d(one.hashes, other.hashes)) == 0


def test_features_are_the_same_on_every_machine() -> None:
    """Pinned: vectors in an index and weights in a head were made from these numbers."""
    found = features("refund 退款")
    assert (len(found.hashes), int(found.hashes[0]), int(found.hashes[-1])) == PINNED
    assert float(found.counts.sum()) == pytest.approx(PINNED_WEIGHT, abs=1e-4)


@pytest.mark.parametrize("text", ["", "   ", "😀😡", "!!!", "\ud800"])
def test_a_text_without_letters_has_no_features(text: str) -> None:
    assert len(features(text).hashes) == 0


PINNED = (21, 587422784173259286, 18411310125772396131)
PINNED_WEIGHT = 9.0
