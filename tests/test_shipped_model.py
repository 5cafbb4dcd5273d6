"""The shipped model was made from the corpus as it is now, and judges fresh sentences sensibly."""

from functools import cache

import numpy as np
import pytest

from bot.complaint import Turn
from bot.privacy.redaction import Redactor
from bot.triage.reading import read
from bot.triage.triage import Triager
from knowledge.embedding import DocumentFrequency, shipped_frequencies
from knowledge.head import Head
from knowledge.head_features import head_features
from knowledge.prediction import Prediction
from knowledge.shipped import FREQUENCIES, SHIPPED_HEAD, corpus_texts, sample_rows
from knowledge.static_embedding import StaticEmbedder
from knowledge.taxonomy import Taxonomy
from knowledge.training.rows import fingerprint

REMAKE = "run 'python -m knowledge.shipped DATA' and keep the files it writes"


@cache
def head() -> Head:
    return Head.load(SHIPPED_HEAD)


@cache
def embedder() -> StaticEmbedder:
    return StaticEmbedder.shipped()


def judge(text: str) -> Prediction:
    return head().predict(head_features(text), embedder().embed_query(text))


def test_the_head_was_trained_on_the_corpus_as_it_is() -> None:
    assert head().card.metrics["corpus"] == fingerprint(sample_rows()), REMAKE


def test_the_frequencies_were_counted_in_the_corpus_as_it_is() -> None:
    assert shipped_frequencies().revision == DocumentFrequency.learn(corpus_texts()).revision, REMAKE


def test_head_embedder_and_taxonomy_belong_together() -> None:
    head().require(embedder().name)
    assert set(head().labels) == {category.code for category in Taxonomy.core().categories}


def test_the_model_is_small_enough_to_ship() -> None:
    size = sum(file.stat().st_size for file in SHIPPED_HEAD.iterdir())
    assert size <= 4_000_000
    assert FREQUENCIES.stat().st_size <= 600_000


def test_teaching_rows_are_never_judged_and_every_case_is() -> None:
    metrics = head().card.metrics
    assert metrics["n"] == sum(row.judged for row in sample_rows()) + metrics["borrowed"]
    assert metrics["rows"] == len(sample_rows()) + metrics["borrowed"]


def test_the_quality_it_was_shipped_with_is_stated_and_not_lost() -> None:
    metrics = head().card.metrics
    assert metrics["out_of_fold"] is True
    assert metrics["accuracy"] > 0.55
    assert metrics["macro_f1"] > 0.55
    assert metrics["per_language"]["zh"]["accuracy"] > 0.58
    assert metrics["per_language"]["en"]["accuracy"] > 0.48
    assert metrics["assigned_precision"] >= metrics["precision"]


FRESH = [
    ("昨天凌晨有人在境外用我的信用卡刷了六千多，我人一直在家，卡也在手里", "fraud_unauthorised"),
    ("催收的天天打我爸妈的电话，还威胁要到村里贴条子", "collection_conduct"),
    ("同一笔电费从我卡里扣了两遍，多扣的那一笔到现在没退回来", "billing_error"),
    ("营业厅那个柜员翻着白眼说爱办不办，态度太恶劣了", "service_attitude"),
    ("买的充电器插上就冒烟起火，孩子的手被烫伤了", "safety"),
    ("App 更新以后一直闪退，登录都登不上", "system_failure"),
    ("说好三天发货，半个月过去了还没有发出来，一直让我等", "delay"),
    ("我的手机号和住址被你们泄露给了卖保险的，请删除我的个人信息", "privacy_data"),
    ("Someone in another country used my debit card for purchases I never made", "fraud_unauthorised"),
    (
        "Your debt collector keeps ringing my sister and threatens to come to her workplace",
        "collection_conduct",
    ),
    ("I have been billed twice for the same month and the duplicate was never refunded", "billing_error"),
    ("The lady at the desk was rude, rolled her eyes and hung up on my wife", "service_attitude"),
    ("The heater caught fire overnight and my son was burned", "safety"),
    ("The app crashes whenever I try to log in, error after error", "system_failure"),
    ("My order should have arrived three weeks ago and I am still waiting", "delay"),
    ("You shared my phone number and personal data with other companies without my consent", "privacy_data"),
]


@pytest.mark.parametrize(("text", "category"), FRESH)
def test_fresh_sentences_go_where_a_person_would_put_them(text: str, category: str) -> None:
    assert judge(text).best == category


@pytest.mark.parametrize(
    "text",
    [
        "",
        "asdf qwer zxcv uiop",
        "阿斯顿发生打发斯蒂芬",
        "😀😀😀",
        "Lorem ipsum dolor",
    ],
)
def test_it_abstains_on_what_is_no_complaint_at_all(text: str) -> None:
    assert judge(text).abstain is not None


@pytest.mark.parametrize("text", ["1234567890", "嗯嗯哦哦啊啊", "12 34", "哈哈哈", "?!…"])
def test_murmurs_and_digits_are_not_enough_to_judge(text: str) -> None:
    triager = Triager(head(), Taxonomy.core())
    reading = read((Turn(text=text),), Redactor({}), 1000)
    said = triager.judge(reading, "zh", embedder().embed_query(text), "zh")
    assert (said.category, said.reason_code) == (None, "not_enough_text")


def test_evidence_for_a_verdict_is_in_the_text() -> None:
    text = "The app crashes whenever I try to log in"
    words = head().contributions(text, "system_failure")
    assert words
    assert all(word in text.lower() for word in words)


def test_an_empty_text_leans_to_no_category() -> None:
    probabilities = judge("").probabilities
    assert float(probabilities.max()) < 0.3
    assert np.isfinite(probabilities).all()
