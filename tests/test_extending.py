"""A new category from a few examples: it is found, and the old ones are judged as before."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from bot.cli import main
from knowledge.embedding import LexicalEmbedder
from knowledge.errors import EmbedderMismatch, InvalidInput
from knowledge.evaluation import LabelledText, evaluate_labels
from knowledge.head import Head
from knowledge.head_features import head_features
from knowledge.shipped import SHIPPED_HEAD
from knowledge.static_embedding import StaticEmbedder
from knowledge.training import learn_many, train_categories
from knowledge.training.extending import FEWEST_EXAMPLES, FEWEST_OLD, extend

WORDS = {
    "late": ("parcel", "courier", "overdue", "waiting", "delivery", "shipped"),
    "fees": ("fee", "charged", "overdraft", "interest", "penalty", "percent"),
    "网络": ("断网", "宽带", "信号", "掉线", "网速", "光猫"),
    "ticket": ("concert", "seat", "usher", "stage", "encore", "venue"),
}
OLD = ("late", "fees", "网络")


def texts(label: str, count: int, shift: int = 0) -> list[LabelledText]:
    """Texts of three words of the label's own, each different."""
    words = WORDS[label]
    return [
        LabelledText(
            f"{words[n % 6]} {words[(n + 1 + n // 6) % 6]} my {words[(n + 3) % 6]} {n + shift}", (label,)
        )
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def head() -> Head:
    return train_categories([row for label in OLD for row in texts(label, 60)], StaticEmbedder.shipped())


@pytest.fixture(scope="module")
def extended(head: Head) -> Head:
    rows = [row for label in OLD for row in texts(label, 20)] + texts("ticket", 5)
    return extend(head, rows, StaticEmbedder.shipped())


def test_five_examples_are_enough_and_the_old_labels_lose_nothing(head: Head, extended: Head) -> None:
    embedder = StaticEmbedder.shipped()
    fresh = texts("ticket", 30, shift=500)
    old = [row for label in OLD for row in texts(label, 30, shift=500)]
    assert extended.labels == (*head.labels, "ticket")
    assert evaluate_labels(extended, embedder, fresh)["accuracy"] > 0.9
    before, after = (evaluate_labels(each, embedder, old)["accuracy"] for each in (head, extended))
    assert after >= before - 0.02


def test_the_logits_of_old_labels_are_untouched(head: Head, extended: Head) -> None:
    embedder = StaticEmbedder.shipped()
    for text in (
        "my parcel is overdue and the usher laughed",
        "宽带又断网了",
        "a concert, an encore, no seat",
    ):
        found, vector = head_features(text), embedder.embed_query(text)
        was, now = head.logits(found, vector), extended.logits(found, vector)
        assert np.allclose(was, now[: len(was)], atol=2e-3)


def test_it_is_saved_and_loaded_like_any_head(extended: Head, tmp_path: Path) -> None:
    extended.save(tmp_path)
    again = Head.load(tmp_path)
    assert again.labels == extended.labels and again.name == extended.name
    assert again.card.metrics["new"] == {"ticket": 5}


def test_rows_that_do_not_serve_are_refused_with_the_remedy(head: Head) -> None:
    embedder = StaticEmbedder.shipped()
    old = [row for label in OLD for row in texts(label, 20)]
    with pytest.raises(InvalidInput, match="the rows have no label that"):
        extend(head, old, embedder)
    with pytest.raises(InvalidInput, match=f"'ticket' has 2 rows: give at least {FEWEST_EXAMPLES}"):
        extend(head, [*old, *texts("ticket", 2)], embedder)
    with pytest.raises(InvalidInput, match=f"give at least {FEWEST_OLD}"):
        extend(head, [*old[:9], *texts("ticket", 5)], embedder)
    with pytest.raises(InvalidInput, match="row 1 has 2 labels"):
        extend(head, [LabelledText("concert seat", ("ticket", "late")), *old], embedder)
    with pytest.raises(EmbedderMismatch):
        extend(head, [*old, *texts("ticket", 5)], LexicalEmbedder.shipped())
    with pytest.raises(EmbedderMismatch):
        evaluate_labels(head, LexicalEmbedder.shipped(), old)
    several = learn_many([*old, *texts("ticket", 5)], embedder, "escalation").head
    with pytest.raises(InvalidInput, match="train it again"):
        extend(several, old, embedder)


def test_the_shipped_head_takes_a_label_from_the_command_line(tmp_path: Path) -> None:
    file, out = tmp_path / "new.jsonl", tmp_path / "out"
    rows = [{"text": row.text, "label": "ticket"} for row in texts("ticket", 6)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    asked = ["train", "categories", "--extend", "shipped", "--data", str(file), "--out", str(out), "--json"]
    result = CliRunner().invoke(main, asked, env={"REDRESS_HOME": str(tmp_path / "home")})
    assert result.exit_code == 0, result.stderr
    said: dict[str, Any] = json.loads(result.stdout)
    assert said["new"] == {"ticket": 6}
    shipped, embedder = Head.load(SHIPPED_HEAD), StaticEmbedder.shipped()
    head = Head.load(out)
    assert head.labels == (*shipped.labels, "ticket")
    words = "The usher sent us away from our seats before the encore at the concert"
    assert head.judge(words, embedder.embed_query(words)).best == "ticket"
    words = "You charged me a late fee of 30 pounds although I paid on time"
    assert head.judge(words, embedder.embed_query(words)).best == "fees_pricing"
