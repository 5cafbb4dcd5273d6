"""Training is honest: judged on unseen rows, the same twice, and clear about rows it cannot use."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knowledge.embedding import DocumentFrequency, LexicalEmbedder, Matrix, Vector, unit
from knowledge.errors import InvalidInput
from knowledge.evaluation import LabelledText, evaluate_labels
from knowledge.head import Head
from knowledge.head_features import head_features
from knowledge.ingest import read_labelled
from knowledge.training import learn, thresholds, train_categories
from knowledge.training.extending import extend
from knowledge.training.rows import fingerprint
from tests.conftest import SHARED

WORDS = {
    "delay": ("late", "waiting", "slow", "weeks", "overdue", "还没到", "等了"),
    "billing": ("charged", "twice", "refund", "amount", "invoice", "扣了", "多收"),
    "attitude": ("rude", "shouted", "ignored", "manners", "hung", "骂人", "态度"),
}
FILLER = (
    "parcel",
    "account",
    "card",
    "shop",
    "monday",
    "branch",
    "订单",
    "银行",
    "电话",
    "app",
    "ticket",
    "phone",
)


def made_rows(n: int = 90, seed: int = 1) -> list[LabelledText]:
    """Sentences of random filler with two words that give the label away."""
    random = np.random.default_rng(seed)
    rows: list[LabelledText] = []
    for number in range(n):
        label = sorted(WORDS)[number % 3]
        chosen = [*random.choice(FILLER, 4, replace=False), *random.choice(WORDS[label], 2, replace=False)]
        rows.append(LabelledText(" ".join(str(word) for word in random.permutation(chosen)), (label,)))
    return rows


class Meaning:
    """An embedder that sees what the n-grams cannot: which list a word is from."""

    name = "meaning@1"
    dimensions = 8

    def embed_query(self, text: str) -> Vector:
        vector = np.full(8, 0.1, np.float32)
        for n, label in enumerate(sorted(WORDS)):
            vector[n] += sum(word in text for word in WORDS[label])
        return unit(vector)

    def embed_documents(self, texts: Sequence[str]) -> Matrix:
        return np.stack([self.embed_query(text) for text in texts])


class Told(Meaning):
    """Knows the label of every text, which the n-grams do not show."""

    name = "told@1"

    def __init__(self, labels: dict[str, str]) -> None:
        self._labels = labels

    def embed_query(self, text: str) -> Vector:
        vector = np.full(8, 0.1, np.float32)
        vector[sorted(WORDS).index(self._labels[text])] = 1
        return unit(vector)


class Prompted(Meaning):
    """Documents are embedded otherwise than queries."""

    name = "prompted@1"

    def embed_documents(self, texts: Sequence[str]) -> Matrix:
        return np.full((len(texts), 8), 0.35, np.float32)


def lexical() -> LexicalEmbedder:
    return LexicalEmbedder(DocumentFrequency.learn([row.text for row in made_rows()]))


def test_a_head_learns_what_words_tell_and_says_how_well() -> None:
    seen: list[tuple[int, int]] = []
    head = train_categories(made_rows(), lexical(), progress=lambda done, total: seen.append((done, total)))
    assert head.labels == ("attitude", "billing", "delay")
    metrics = head.card.metrics
    assert metrics["n"] == 90
    assert metrics["accuracy"] > 0.9
    assert metrics["assigned_precision"] >= 0.9
    assert set(metrics["per_language"]) == {"en", "zh"}
    assert seen[-1] == (6, 6)
    report = evaluate_labels(head, lexical(), made_rows(30, seed=2))
    assert report["accuracy"] > 0.9


def test_the_same_rows_make_byte_identical_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        train_categories(made_rows(), lexical()).save(tmp_path / name)
    for file in ("model.json", "weights.npz"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_labels_without_a_pattern_are_measured_as_chance_and_mostly_left_to_people() -> None:
    random = np.random.default_rng(5)
    rows = [LabelledText(row.text, (str(random.choice(["x", "y", "z"])),)) for row in made_rows(120)]
    head = train_categories(rows, lexical())
    assert head.card.metrics["accuracy"] < 0.55
    assert any("precision of 0.90 was not reached" in warning for warning in head.card.warnings)


def test_a_copied_text_cannot_vouch_for_its_copy() -> None:
    random = np.random.default_rng(9)
    base = [LabelledText(row.text, (str(random.choice(["x", "y"])),)) for row in made_rows(60)]
    copies = [LabelledText(f"{row.text}!", row.labels) for row in base]
    accuracy = train_categories([*base, *copies], lexical()).card.metrics["accuracy"]
    assert accuracy < 0.75  # 1.0 if a copy were in the training folds


def test_a_row_that_only_teaches_is_never_judged_nor_is_its_copy_in_the_training_of_its_twin() -> None:
    random = np.random.default_rng(9)
    judged = [LabelledText(row.text, (str(random.choice(["x", "y"])),)) for row in made_rows(80)]
    teaching = [LabelledText(f"{row.text}?", row.labels, judged=False) for row in judged]
    metrics = train_categories([*judged, *teaching], lexical()).card.metrics
    assert metrics["n"] == 80
    assert metrics["rows"] == 160
    assert metrics["accuracy"] < 0.75


def test_the_vector_takes_the_part_it_deserves() -> None:
    random = np.random.default_rng(3)
    labels = [sorted(WORDS)[n % 3] for n in range(60)]
    rows = [LabelledText(" ".join(map(str, random.choice(FILLER, 5))), (label,)) for label in labels]
    head = train_categories(rows, Told({row.text: row.labels[0] for row in rows}))
    assert head.card.vector_share > 0
    assert head.weights.vector.shape == (8, 3)
    assert head.card.metrics["accuracy"] > 0.95
    assert train_categories(made_rows(60), lexical()).weights.vector.shape == (0, 3)


def test_vectors_are_made_as_queries_are() -> None:
    same = train_categories(made_rows(60), Meaning())
    prompted = train_categories(made_rows(60), Prompted())
    assert np.array_equal(same.weights.vector, prompted.weights.vector)


def test_a_rare_label_is_kept_with_a_warning() -> None:
    rows = [*made_rows(60), LabelledText("kitchen fire smoke hazard", ("safety",))]
    head = train_categories(rows, lexical())
    assert "safety" in head.labels
    assert any("'safety' has 1 row" in warning for warning in head.card.warnings)


def test_texts_without_words_are_left_out_with_a_warning() -> None:
    head = train_categories([*made_rows(60), LabelledText("!!!", ("delay",))], lexical())
    assert head.card.warnings[0] == "1 rows without a letter or digit were left out"


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([], "there are no rows"),
        ([LabelledText("a b c", ("x",)), LabelledText("a b d", ("x",))], "at least two labels"),
        ([LabelledText("?", ("x",)), LabelledText("!", ("y",))], "check the column that holds the text"),
        ([LabelledText("late", ())], "row 1 has 0 labels"),
        ([LabelledText("late", ("x", "y"))], "row 1 has 2 labels"),
        ([LabelledText("abc", ("x",)), LabelledText("退款", ("y",))], "no word occurs in two texts"),
        ([LabelledText("late", ("x",), judged=False), LabelledText("late", ("y",), judged=False)], "judged"),
    ],
)
def test_rows_that_cannot_be_learned_from_say_why(rows: list[LabelledText], problem: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(problem)):
        train_categories(rows, lexical())


@pytest.mark.parametrize("precision", [0.0, 1.0, 90.0])
def test_a_precision_must_be_a_share(precision: float) -> None:
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        train_categories(made_rows(30), lexical(), precision=precision)


def test_two_labels_are_enough() -> None:
    rows = [row for row in made_rows(90) if row.labels != ("delay",)]
    head = train_categories(rows, Meaning())
    assert head.labels == ("attitude", "billing")
    assert head.card.metrics["accuracy"] > 0.9


def test_emotions_may_be_several_at_once() -> None:
    rows = [
        LabelledText(f"{one.text} {other.text}", tuple(sorted({*one.labels, *other.labels})))
        for one, other in zip(made_rows(120), made_rows(120, seed=8)[1:] + made_rows(1), strict=True)
    ]
    rows += [LabelledText(f"{FILLER[n % 12]} {FILLER[n % 7]} {FILLER[n % 5]}", ()) for n in range(12)]
    head = learn(rows, lexical(), "emotion").head
    assert head.card.kind == "many"
    assert head.card.subject == "emotion"
    assert len(head.card.thresholds.per_label) == 3
    assert head.card.metrics["macro_f1"] > 0.85
    text = "rude and shouted and charged twice, wrong invoice"
    said = head.predict(head_features(text), lexical().embed_query(text))
    assert set(said.chosen) == {"attitude", "billing"}
    assert all(0 <= p <= 1 for p in said.probabilities)


def test_emotions_are_one_each_where_every_row_has_one() -> None:
    head = learn(made_rows(60), lexical(), "emotion").head
    assert head.card.kind == "one"
    assert head.name.startswith("emotion@")


def test_the_fingerprint_follows_texts_labels_weights_and_roles() -> None:
    rows = made_rows(6)
    changed: list[Sequence[Any]] = [
        [*rows[1:], rows[0]],
        [LabelledText("other", rows[0].labels), *rows[1:]],
        [LabelledText(rows[0].text, ("x",)), *rows[1:]],
        [LabelledText(rows[0].text, rows[0].labels, weight=0.5), *rows[1:]],
        [LabelledText(rows[0].text, rows[0].labels, judged=False), *rows[1:]],
    ]
    assert len({fingerprint(other) for other in [rows, *changed]}) == 6
    assert fingerprint(rows) == fingerprint(made_rows(6))


@pytest.mark.shared
def test_banking_intents_are_told_apart_as_well_as_before(tmp_path: Path) -> None:
    """A sixth of the rows, to stay quick; the whole set reaches 0.91 in under a minute."""
    folder = SHARED / "data" / "ship" / "banking77"
    train = [row for row in read_labelled(folder / "train.jsonl") if isinstance(row, LabelledText)][::6]
    dev = [row for row in read_labelled(folder / "dev.jsonl") if isinstance(row, LabelledText)][::3]
    head = train_categories(train, lexical())
    head.save(tmp_path)
    report = evaluate_labels(Head.load(tmp_path), lexical(), dev)
    assert report["accuracy"] > 0.74
    assert report["ece"] < 0.1


def test_a_label_that_misses_the_precision_never_gets_a_lower_limit_than_others() -> None:
    generator = np.random.default_rng(1)
    said = np.repeat([0, 1], 300)
    confidence = generator.uniform(0.4, 1, 600)
    right = np.where(said == 0, generator.uniform(size=600) < confidence, generator.uniform(size=600) < 0.3)
    limits = thresholds._by_label(  # pyright: ignore[reportPrivateUsage]
        said, confidence, right, np.ones(600, np.bool_), np.repeat("zh", 600), 0.9, 0.7
    )
    assert limits["any"][1] >= 0.7, "the label that is mostly wrong"
    kept = (said == 0) & (confidence >= limits["any"][0])
    assert kept.sum() > 20 and right[kept].mean() >= 0.9


def test_texts_that_share_no_word_are_told_apart_by_their_characters() -> None:
    rows = [LabelledText(f"{name}{n:x}zq", (name,)) for n in range(40) for name in ("qwxrefund", "zvkparcel")]
    head = train_categories(rows, lexical())
    assert head.card.metrics["accuracy"] > 0.9
    more = extend(head, [*rows, *(LabelledText(f"jjtaxi{n:x}q", ("taxi",)) for n in range(12))], lexical())
    assert more.judge("jjtaxi99q", lexical().embed_query("jjtaxi99q")).best == "taxi"
