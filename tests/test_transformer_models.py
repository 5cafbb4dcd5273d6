"""Models of transformers by name, tried with tiny ones made on the spot."""

import importlib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.database import Database
from bot.models import category_model, company_taxonomy
from bot.settings import Settings
from knowledge.errors import ModelUnavailable
from knowledge.search import Search
from knowledge.static_embedding import StaticEmbedder
from knowledge.transformer_models import Reranker, TextClassifier
from tests.memories import CASES, memory

TODAY = date(2026, 11, 22)
BLANK = np.zeros(4, np.float32)
LABELS = ("网络", "fees, charges", "late")


def make_tiny(folder: Path, labels: tuple[str, ...]) -> Path:
    """A text classifier of one narrow layer with random weights, saved like a real one."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    torch: Any = importlib.import_module("torch")
    transformers: Any = importlib.import_module("transformers")
    pieces = sorted({character for case in CASES for character in case.text.lower()})
    words = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", *pieces]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    special: Any = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(str(folder))
    torch.manual_seed(5)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: n for n, label in enumerate(labels)},
        initializer_range=0.5,
    )
    transformers.BertForSequenceClassification(config).save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def tiny_classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("models") / "tiny", LABELS)


@pytest.fixture(scope="module")
def tiny_reranker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("models") / "rerank", ("fits",))


def test_a_classifier_gives_a_distribution_over_its_own_labels(tiny_classifier: Path) -> None:
    model = TextClassifier(str(tiny_classifier), "category model", "REDRESS_CATEGORY_MODEL")
    assert model.labels == LABELS
    assert model.name == "tiny@local"
    said = model.judge("退款申请半个月了，钱还没有到账", BLANK)
    assert float(said.probabilities.sum()) == pytest.approx(1, abs=1e-5)
    assert said.best in LABELS
    assert (said.abstain is None) == (said.confidence >= 0.5)
    long = model.judge("rude " * 5000, BLANK)
    assert np.isfinite(long.probabilities).all()
    assert np.isfinite(model.judge("", BLANK).probabilities).all()


def test_the_settings_put_it_in_the_place_of_the_head(tiny_classifier: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, category_model=str(tiny_classifier))
    model = category_model(settings, StaticEmbedder.shipped())
    assert isinstance(model, TextClassifier)
    codes = {category.code for category in company_taxonomy(settings).categories}
    assert {"fees_pricing", *LABELS} <= codes


@pytest.mark.parametrize("what", ["category_model", "reranker"])
def test_a_missing_model_is_one_clear_line(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    source = str(tmp_path / "nobody" / "has-this")
    with pytest.raises(ModelUnavailable) as caught:
        TextClassifier(
            source, "category model", "REDRESS_CATEGORY_MODEL"
        ) if what == "category_model" else Reranker(source)
    said = str(caught.value)
    assert "\n" not in said
    assert source in said and f"REDRESS_{what.upper()}" in said


def test_one_label_is_no_classifier(tiny_reranker: Path) -> None:
    with pytest.raises(ModelUnavailable, match="1 label"):
        TextClassifier(str(tiny_reranker), "category model", "REDRESS_CATEGORY_MODEL")


def test_search_answers_in_the_order_of_the_reranker(
    tiny_reranker: Path, database: Database, tmp_path: Path
) -> None:
    reranker = Reranker(str(tiny_reranker))
    with memory(database, tmp_path / "index") as m:
        m.store.put_cases("t", CASES)
        m.index.catch_up()
        search = Search(m.store, m.index, m.embedder, reranker)
        question = search.question("t", "refund fee rude 退款 年费", TODAY)
        found = search.cases(question, len(CASES))
        scores = reranker.scores(question.text, [match.case.text for match in found])
        assert scores == sorted(scores, reverse=True) and len(set(scores)) > 1
        plain = {match.id for match in m.search.cases(question, len(CASES))}
        assert {match.id for match in found} == plain
        recalled, _ = search.recall(question, 3, 0)
        assert [match.id for match in recalled] == [match.id for match in found][:3]
    assert reranker.scores("x", []) == []
