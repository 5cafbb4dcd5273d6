"""Models of transformers by name, tried with tiny ones made on the spot."""

import importlib
from collections.abc import Iterable
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


def make_tiny(folder: Path, labels: tuple[str, ...], texts: Iterable[str] = ()) -> Path:
    """A text classifier of one narrow layer with random weights, saved like a real one."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    torch: Any = importlib.import_module("torch")
    transformers: Any = importlib.import_module("transformers")
    pieces = sorted(
        {character for text in (*(case.text for case in CASES), *texts) for character in text.lower()}
    )
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
        pad_token_id=1,
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


def taught(folder: Path, rows: dict[str, str], *, several: bool = False) -> Path:
    """A tiny classifier that has learned these texts by heart, each with its label."""
    torch: Any = importlib.import_module("torch")
    transformers: Any = importlib.import_module("transformers")
    labels = tuple(dict.fromkeys(rows.values()))
    make_tiny(folder, labels, rows)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(str(folder))
    tokens = transformers.AutoTokenizer.from_pretrained(str(folder))(
        list(rows), padding=True, return_tensors="pt"
    )
    wanted = torch.tensor([labels.index(label) for label in rows.values()])
    if several:
        model.config.problem_type = "multi_label_classification"
        wanted = torch.nn.functional.one_hot(wanted, len(labels)).float()
    steps = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(60):
        steps.zero_grad()
        model(**tokens, labels=wanted).loss.backward()
        steps.step()
    model.save_pretrained(str(folder))
    return folder


FRAMES = (
    "我的{}有问题",
    "{}太让人生气了",
    "请处理{}的事",
    "为什么{}还是这样",
    "你们的{}不合理",
    "又是{}，烦死了",
)
TAUGHT = {
    frame.format(word): label for frame in FRAMES for word, label in (("快递", "late"), ("手续费", "fees"))
}


def test_the_words_without_which_the_label_would_be_less_likely_are_reasons(tmp_path: Path) -> None:
    model = TextClassifier(str(taught(tmp_path / "taught", TAUGHT)), "category model", "CATEGORY")
    said = model.judge("我的快递有问题", BLANK)
    assert said.chosen == ("late",)
    assert model.contributions("我的快递有问题", "late", 1) == ("快递",)
    long = "你好。请处理这件事。我的快递有问题！\n谢谢你们，" * 20
    shown = model.contributions(long, "late", 2)
    assert 0 < len(shown) <= 2 and all(word in long for word in shown)
    assert any(word in "手续费" for word in model.contributions("ＡＰＰ里的手续费太让人生气了", "fees", 1))
    assert model.contributions("", "fees") == () and model.contributions("⟦PHONE_1⟧ 123", "late") == ()


def test_a_classifier_of_several_labels_says_each_that_holds(tmp_path: Path) -> None:
    folder = taught(tmp_path / "several", TAUGHT, several=True)
    model = TextClassifier(str(folder), "escalation model", "ESCALATION")
    assert model.judge("你们的手续费不合理", BLANK).chosen == ("fees",)
    unknown = model.judge("", BLANK)
    assert (unknown.abstain is None) == bool(unknown.chosen)
    assert all(0 <= probability <= 1 for probability in unknown.probabilities)


def test_a_model_of_few_positions_reads_the_beginning_of_a_long_text(tmp_path: Path) -> None:
    import json

    folder = make_tiny(tmp_path / "short", LABELS)
    config = json.loads((folder / "config.json").read_text())
    assert config["max_position_embeddings"] == 512
    transformers: Any = importlib.import_module("transformers")
    short = transformers.BertConfig.from_pretrained(str(folder), max_position_embeddings=32)
    transformers.BertForSequenceClassification(short).save_pretrained(str(folder))
    model = TextClassifier(str(folder), "category model", "CATEGORY")
    assert model.judge("慢" * 400, BLANK).best in LABELS


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
