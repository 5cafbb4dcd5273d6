"""Concepts, the features of heads, and the numbers of a head on disk and in memory."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from knowledge import concepts
from knowledge.concepts import FILE, GRAINS, Concepts, shipped_concepts
from knowledge.errors import ModelUnavailable
from knowledge.head_features import CHARACTERS, head_features, word_codes
from knowledge.head_weights import PLACES, Shelf, Weights, place_of, placed
from knowledge.static_embedding import SHIPPED_EMBEDDER, StaticEmbedder


@pytest.mark.parametrize(
    ("one", "other"),
    [("deducted", "debited"), ("refund", "refunded"), ("退款", "退钱"), ("invoice", "invoices")],
)
def test_words_of_near_meaning_share_a_concept(one: str, other: str) -> None:
    found = shipped_concepts().of_words([one, other, "giraffe"])
    assert (found[:, 0] == found[:, 1]).any()
    assert (found[:, 0] != found[:, 2]).all()


def test_the_two_languages_share_concepts() -> None:
    pairs = [("refund", "退款"), ("lawyer", "律师"), ("delivery", "送货"), ("insurance", "保险")]
    shared = [
        (shipped_concepts().of_words([one])[:, 0] == shipped_concepts().of_words([other])[:, 0]).any()
        for one, other in pairs
    ]
    assert sum(map(bool, shared)) >= 3


def test_concepts_of_another_embedder_are_refused(tmp_path: Path) -> None:
    with np.load(FILE) as file:
        np.savez(tmp_path / "other.npz", concepts=file["concepts"], embedder=np.array("another@1"))
        np.savez(tmp_path / "short.npz", concepts=file["concepts"][:, :9], embedder=file["embedder"])
    (tmp_path / "torn.npz").write_bytes(FILE.read_bytes()[:1000])
    for name, why in (("other", "made for another@1"), ("short", "does not fit"), ("torn", ""), ("none", "")):
        with pytest.raises(ModelUnavailable, match=f"{why}.*python -m knowledge.concepts"):
            Concepts.load(tmp_path / f"{name}.npz", StaticEmbedder.shipped())


def test_concepts_are_made_anew_for_an_embedder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(SHIPPED_EMBEDDER, tmp_path / "embedder")
    embedder = StaticEmbedder(tmp_path / "embedder")
    directions = embedder.directions()[:400]
    monkeypatch.setattr(embedder, "directions", lambda: directions)
    monkeypatch.setattr(concepts, "GRAINS", (40, 10))
    concepts.make(embedder, tmp_path / "made.npz")
    with np.load(tmp_path / "made.npz") as file:
        made, name = file["concepts"], str(file["embedder"])
    assert name == embedder.name
    assert made.shape == (2, 400)
    assert made[:, 0].tolist() == [0, 0]
    assert [len(np.unique(row[1:])) for row in made] == [40, 10]


@given(st.text(max_size=300))
def test_any_text_has_features_in_two_groups(text: str) -> None:
    found = head_features(text)
    words, characters = found.codes[: found.words], found.codes[found.words :]
    assert (words < CHARACTERS).all() and (characters >= CHARACTERS).all()
    assert (np.diff(found.codes.astype(np.int64)) > 0).all()
    assert (found.values > 1).all()
    assert bool(len(found.codes)) == any(character.isalnum() for character in text) or not text.isascii()


def test_a_word_has_the_features_it_gives_a_text() -> None:
    codes, known = word_codes(["refund", "退款", "qqxxzz"])
    assert codes.shape == known.shape == (3, 1 + len(GRAINS))
    assert known[:2].all() and known[2].tolist() == [True] + [False] * len(GRAINS)
    for word, own in zip(("refund", "退款"), codes, strict=False):
        assert np.isin(own, head_features(word).codes).all()


def weights(codes: list[int], labels: int = 2) -> Weights:
    k = len(codes)
    random = np.random.default_rng(3)
    return Weights.of(
        np.array(codes, np.uint32),
        np.ones(k, np.float32),
        random.normal(size=(k, labels)).astype(np.float32),
        np.empty((0, labels), np.float32),
        np.zeros(labels, np.float32),
    )


def test_weights_survive_the_file_to_a_hundredth_of_the_largest() -> None:
    codes = np.array([3, 70, 2**31 + 5, 2**32 - 1], np.uint32)
    grams = np.random.default_rng(5).normal(size=(4, 2)).astype(np.float32)
    made = Weights.of(
        codes, np.ones(4, np.float32), grams, np.empty((0, 2), np.float32), np.zeros(2, np.float32)
    )
    back = Weights.from_bytes(made.to_bytes())
    assert np.array_equal(back.codes, codes)
    assert np.array_equal(back.steps, made.steps)
    assert np.abs(back.grams - grams).max() <= np.abs(grams).max() / 200
    again = Weights.of(back.codes, back.idf, back.grams, back.vector, back.bias)
    assert np.array_equal(again.steps, back.steps)
    assert not weights([7, 7]).fits(2, 0)
    assert made.fits(2, 0) and not made.fits(3, 0)


def test_a_feature_at_the_place_of_another_is_not_taken_for_it() -> None:
    shelf = Shelf([(weights([5]), 0.25)])
    idf, steps = shelf.rows(np.array([5, 5 + PLACES, 6], np.uint32))
    assert idf[:, 0].tolist() == [1, 0.25, 0.25]
    assert steps[0].any() and not steps[1:].any()


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=60, unique=True))
def test_of_features_at_one_place_the_most_frequent_is_kept(codes: list[int]) -> None:
    codes += [(code + PLACES) % 2**32 for code in codes[:10] if (code + PLACES) % 2**32 not in codes]
    every = np.unique(np.array(codes, np.uint32))
    counts = np.arange(1, len(every) + 1)
    kept = placed(every, counts)
    assert len(np.unique(place_of(kept))) == len(kept) == len(np.unique(place_of(every)))
    for code in kept:
        rivals = counts[place_of(every) == place_of(np.array([code]))]
        assert counts[every == code][0] == rivals.max()


@given(st.text(max_size=200), st.text(max_size=200))
def test_heads_say_the_same_side_by_side_and_alone(text: str, other: str) -> None:
    found, more = head_features(text), head_features(other)
    some = [int(code) for code in placed(found.codes, np.ones(len(found.codes), np.int64))]
    few = [int(code) for code in placed(more.codes, np.ones(len(more.codes), np.int64))]
    heads = [(weights(some or [9]), 0.3), (weights(few or [9], labels=3), 0.7)]
    together = Shelf(heads)
    every = np.unique(np.concatenate([head.codes for head, _ in heads]))
    if len(np.unique(place_of(every))) < len(every):
        return  # two heads have a feature each at one place: only one of them keeps it
    for head, table in zip(heads, together.tables, strict=True):
        (alone,) = Shelf([head]).tables
        for each in (found, more, found):
            assert np.allclose(table.scores(each), alone.scores(each), atol=1e-5)
