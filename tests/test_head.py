"""A head says what it was trained with, abstains on two grounds, shows its evidence, and is hard to break."""

import dataclasses
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from knowledge.embedding import DocumentFrequency, LexicalEmbedder
from knowledge.errors import EmbedderMismatch, ModelUnavailable
from knowledge.evaluation import LabelledText
from knowledge.head import Card, Head
from knowledge.head_features import head_features
from knowledge.head_weights import Weights
from knowledge.prediction import Prediction, Thresholds, sigmoid, softmax
from knowledge.training import train_categories

TEXTS = {
    "delay": (
        "the parcel is weeks late",
        "still waiting, delivery overdue",
        "快递还没到，等了十天",
        "发货太慢了",
    ),
    "billing": (
        "charged twice for one order",
        "the invoice amount is wrong",
        "重复扣款，多收了钱",
        "账单金额错了",
    ),
}
ROWS = [
    LabelledText(f"{text} {n}", (label,)) for label, texts in TEXTS.items() for n in "abc" for text in texts
]


@cache
def embedder() -> LexicalEmbedder:
    return LexicalEmbedder(DocumentFrequency.learn([row.text for row in ROWS]))


@cache
def head() -> Head:
    return train_categories(ROWS, embedder())


def judge(text: str, by: Head | None = None) -> Prediction:
    return (by or head()).predict(head_features(text), embedder().embed_query(text))


def with_thresholds(confidence: float = 0, margin: float = 0) -> Head:
    limits = Thresholds(min_confidence=confidence, min_margin=margin)
    return dataclasses.replace(head(), card=head().card.model_copy(update={"thresholds": limits}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    head().save(tmp_path / "head")
    return tmp_path / "head"


def test_a_prediction_is_a_distribution_with_its_best_first() -> None:
    said = judge("my parcel is late")
    assert said.labels == ("billing", "delay")
    assert said.best == "delay"
    assert float(said.probabilities.sum()) == pytest.approx(1, abs=1e-5)
    assert said.confidence == pytest.approx(float(said.probabilities.max()))
    assert said.margin == pytest.approx(abs(float(said.probabilities[0] - said.probabilities[1])))


def test_a_saved_head_says_the_same(folder: Path) -> None:
    again = Head.load(folder)
    assert again.card == head().card
    assert again.name == head().name == f"categories@{head().fingerprint[:12]}"
    for text in ("my parcel is late", "重复扣款", ""):
        assert np.array_equal(judge(text).probabilities, judge(text, again).probabilities)


def test_it_abstains_for_little_confidence_or_a_narrow_margin() -> None:
    assert judge("the parcel is late", with_thresholds()).abstain is None
    unsure = judge("the parcel is late", with_thresholds(confidence=1))
    assert (unsure.abstain, unsure.chosen, unsure.best) == ("low_confidence", (), "delay")
    close = judge("the parcel is late", with_thresholds(margin=1))
    assert (close.abstain, close.chosen) == ("narrow_margin", ())


@given(st.text(max_size=60))
def test_any_text_gets_finite_probabilities(text: str) -> None:
    said = judge(text)
    assert np.isfinite(said.probabilities).all()
    assert 0 <= said.margin <= said.confidence <= 1
    assert head().contributions(text, said.best) == head().contributions(text, said.best)


def test_evidence_is_words_of_the_text_that_spoke_for_the_label() -> None:
    text = "I was charged twice and the invoice is wrong ⟦PERSON_1⟧ 2026"
    words = head().contributions(text, "billing")
    assert {"charged", "twice"} & set(words)
    assert not {"person", "1", "2026", "the", "is"} & set(words)
    assert head().contributions(text, "billing", limit=1) == words[:1]
    assert "扣款" in "".join(head().contributions("你们重复扣款了", "billing"))
    assert head().contributions("?!", "billing") == ()


def test_vectors_of_another_embedder_are_refused_with_both_names() -> None:
    head().require(embedder().name)
    with pytest.raises(EmbedderMismatch) as caught:
        head().require("mini@1")
    assert embedder().name in str(caught.value)
    assert "'mini@1'" in str(caught.value)
    if head().needs_vector:
        with pytest.raises(EmbedderMismatch, match="3 dimensions"):
            head().predict(head_features("late"), np.zeros(3, np.float32))
    else:  # what reads no vector goes with any embedder
        assert head().predict(head_features("late"), np.zeros(3, np.float32)).best in head().labels


@pytest.mark.parametrize("missing", ["model.json", "weights.npz"])
def test_a_missing_file_says_which_and_what_to_do(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(ModelUnavailable, match=f"{missing} is missing; train it again"):
        Head.load(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1}', "\udcff"])
def test_a_description_that_is_none_is_one_clear_line(folder: Path, text: str) -> None:
    (folder / "model.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    check_refused(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 99}, {"labels": ["only"]}, {"labels": ["billing", "delay", "third"]}, {"temperature": 0},
        {"weights_sha256": "0"}, {"surprise": 1}, {"kind": "many"}, {"dimensions": "wide"},
    ],
)  # fmt: skip
def test_a_description_that_does_not_fit_is_one_clear_line(folder: Path, change: dict[str, object]) -> None:
    card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    (folder / "model.json").write_text(json.dumps({**card, **change}), encoding="utf-8")
    check_refused(folder)


def check_refused(folder: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        Head.load(folder)
    assert "\n" not in str(caught.value)
    assert "train it again" in str(caught.value)


@given(st.data())
def test_a_flipped_byte_in_the_weights_is_found(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("head")
    head().save(folder)
    raw = bytearray((folder / "weights.npz").read_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    (folder / "weights.npz").write_bytes(raw)
    with pytest.raises(ModelUnavailable):
        Head.load(folder)


def test_pickled_weights_are_not_read(folder: Path) -> None:
    import hashlib
    import io

    file = io.BytesIO()
    np.savez(file, buckets=np.array([{"a": 1}], object))
    (folder / "weights.npz").write_bytes(file.getvalue())
    card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    card["weights_sha256"] = hashlib.sha256(file.getvalue()).hexdigest()
    (folder / "model.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelUnavailable):
        Head.load(folder)


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelUnavailable, match="give a folder that can be written"):
        head().save(tmp_path / "file" / "head")


def test_several_labels_hold_at_once_from_their_own_thresholds() -> None:
    card = Card.model_validate(
        {
            **head().card.model_dump(),
            "kind": "many",
            "temperature": 1.0,
            "thresholds": {"per_label": (0.4, 0.9)},
        }
    )
    weights = Weights.of(
        np.array([1], np.uint32), np.ones(1, np.float32), np.zeros((1, 2), np.float32),
        np.empty((0, 2), np.float32), np.array([0.0, 2.0], np.float32),
    )  # fmt: skip
    said = judge("anything", Head(card, weights))
    assert said.probabilities == pytest.approx([0.5, 0.8808], abs=1e-4)
    assert said.best == "delay"
    assert said.chosen == ("billing",)
    nothing = card.model_copy(update={"thresholds": Thresholds(per_label=(0.95, 0.95))})
    assert judge("anything", Head(nothing, weights)).abstain == "low_confidence"


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=9))
def test_probabilities_survive_large_logits(logits: list[float]) -> None:
    numbers = np.array(logits, np.float32)
    assert float(softmax(numbers).sum()) == pytest.approx(1, abs=1e-4)
    assert ((sigmoid(numbers) >= 0) & (sigmoid(numbers) <= 1)).all()
