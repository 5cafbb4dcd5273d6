"""Embedders: ours, and any sentence-transformers model, tried with a tiny one made on the spot."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knowledge.embedding import (
    DocumentFrequency,
    LexicalEmbedder,
    SentenceEmbedder,
    load_embedder,
    unit,
)
from knowledge.errors import ModelUnavailable
from tests.memories import small_embedder

TEXTS = ("退款没到账", "my refund never came", "网速很慢", "the parcel was late")


def test_the_lexical_embedder_makes_unit_vectors_that_share_words() -> None:
    embedder = small_embedder()
    rows = embedder.embed_documents(TEXTS)
    assert rows.shape == (4, embedder.dimensions)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    near = embedder.embed_query("退款还没有到账")
    similarities = rows @ near
    assert int(np.argmax(similarities)) == 0
    assert similarities[0] > 2 * max(similarities[1:])


def test_nothing_to_see_is_a_zero_vector() -> None:
    assert not small_embedder().embed_query("😀").any()
    assert small_embedder().embed_documents([]).shape == (0, small_embedder().dimensions)
    assert not unit(np.array([np.nan, 1], np.float32)).any()


def test_the_frequency_table_survives_a_round_trip(tmp_path: Path) -> None:
    table = DocumentFrequency.learn(TEXTS)
    table.save(tmp_path / "table.npz")
    again = DocumentFrequency.load(tmp_path / "table.npz")
    assert again.revision == table.revision
    assert np.array_equal(again.weights, table.weights)
    assert LexicalEmbedder(again).name == LexicalEmbedder(table).name
    (tmp_path / "table.npz").write_bytes(b"PK damaged")
    with pytest.raises(ModelUnavailable, match="reinstall"):
        DocumentFrequency.load(tmp_path / "table.npz")


def test_the_shipped_embedder_is_the_default_and_names_its_revision() -> None:
    embedder = load_embedder("lexical")
    assert embedder.name.startswith("redress-lexical@")
    assert embedder.name == LexicalEmbedder.shipped().name


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A static sentence-transformers model with random weights and prompts, saved like a real one."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    pieces = sorted({piece for text in TEXTS for piece in (*text, *text.split())})
    tokenizer = Tokenizer(models.WordLevel({piece: n for n, piece in enumerate(["[UNK]", *pieces])}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    weights = np.random.default_rng(3).normal(size=(len(pieces) + 1, 16)).astype(np.float32)
    model: Any = SentenceTransformer(
        modules=[StaticEmbedding(tokenizer, embedding_weights=weights)],
        prompts={"query": "refund ", "document": ""},
        device="cpu",
    )
    folder = tmp_path_factory.mktemp("models") / "tiny"
    model.save(str(folder))
    return folder


def test_a_local_model_is_loaded_with_its_prompts_and_revision(tiny_model: Path) -> None:
    embedder = load_embedder(str(tiny_model))
    assert isinstance(embedder, SentenceEmbedder)
    name, _, revision = embedder.name.partition("@")
    assert name == "tiny"
    assert len(revision) == 12
    assert embedder.dimensions == 16
    rows = embedder.embed_documents(list(TEXTS))
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    # the query prompt is put in front: a query and a document of the same words differ
    assert not np.allclose(embedder.embed_query(TEXTS[3]), rows[3], atol=1e-3)
    assert np.allclose(embedder.embed_query("x"), embedder.embed_documents(["refund x"])[0], atol=1e-5)


def test_other_weights_are_another_revision(tiny_model: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(tiny_model, tmp_path / "tiny")
    before = SentenceEmbedder(str(tmp_path / "tiny")).name
    weights = next((tmp_path / "tiny").rglob("*.safetensors"))
    raw = bytearray(weights.read_bytes())
    raw[-1] ^= 1
    weights.write_bytes(raw)
    assert SentenceEmbedder(str(tmp_path / "tiny")).name != before


@pytest.mark.parametrize("source", ["no-such/model-anywhere", "no-such/model@abc123", "/no/such/folder"])
def test_a_missing_model_is_one_clear_line(source: str) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        load_embedder(source)
    message = str(caught.value)
    assert "\n" not in message
    assert "REDRESS_EMBEDDER" in message
    assert source.partition("@")[0] in message
