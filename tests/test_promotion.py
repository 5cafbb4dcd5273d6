"""The gate before a new head: better ones pass, poisoned ones are refused with the places where they lose."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.models import head_in_use
from bot.settings import Settings
from knowledge.errors import InvalidInput, UnreadableFile
from knowledge.evaluation import LabelledText
from knowledge.head import Head
from knowledge.promotion import FEWEST, freeze, frozen, judge
from knowledge.static_embedding import StaticEmbedder
from knowledge.training import train_categories

WORDS = {
    "物流": ("快递", "包裹", "派送", "签收", "驿站", "丢件"),
    "fees": ("fee", "charged", "overdraft", "interest", "penalty", "waived"),
    "网络": ("断网", "宽带", "信号", "掉线", "网速", "光猫"),
}


def rows(count: int, shift: int = 0) -> list[LabelledText]:
    """Texts that a child could tell apart, different for every shift."""
    made: list[LabelledText] = []
    for n in range(count):
        label = list(WORDS)[n % 3]
        words = WORDS[label]
        text = " ".join(words[(n // 3 * step + shift) % 6] for step in (1, 2, 5)) + f" {n + 1000 * shift}"
        made.append(LabelledText(text, (label,)))
    return made


def poisoned(good: list[LabelledText]) -> list[LabelledText]:
    """The same with two classes turned round."""
    turned = {"物流": "fees", "fees": "物流"}
    return [replace(row, labels=(turned.get(row.labels[0], row.labels[0]),)) for row in good]


@pytest.fixture(scope="module")
def heads() -> dict[str, Head]:
    embedder = StaticEmbedder.shipped()
    good = rows(120)
    return {
        "good": train_categories(good, embedder),
        "poisoned": train_categories(poisoned(good), embedder),
        "narrow": train_categories([row for row in good if row.labels != ("网络",)], embedder),
    }


def test_a_head_that_loses_nowhere_passes(heads: dict[str, Head]) -> None:
    verdict = judge(heads["good"], heads["poisoned"], StaticEmbedder.shipped(), rows(60, 3))
    assert verdict.promoted and verdict.losses == ()
    assert verdict.after["accuracy"] > verdict.before["accuracy"] + 0.3
    assert verdict.comparison["accuracy"]["low"] > 0
    again = judge(heads["good"], heads["good"], StaticEmbedder.shipped(), rows(60, 3))
    assert again.promoted, "a head does not lose to itself"


def test_poisoned_feedback_is_refused_and_the_refusal_says_where(heads: dict[str, Head]) -> None:
    verdict = judge(heads["poisoned"], heads["good"], StaticEmbedder.shipped(), rows(60, 3))
    assert not verdict.promoted
    lost = {(loss.place, loss.name) for loss in verdict.losses}
    assert {("overall", "accuracy"), ("overall", "macro_f1"), ("class", "物流"), ("class", "fees")} <= lost
    assert ("class", "网络") not in lost, "where it is as good as before, it does not lose"
    assert all(loss.after < loss.before for loss in verdict.losses if loss.name != "ece")


def test_a_head_that_lacks_a_class_is_refused(heads: dict[str, Head]) -> None:
    verdict = judge(heads["narrow"], heads["good"], StaticEmbedder.shipped(), rows(60, 3))
    assert ("labels", "网络") in {(loss.place, loss.name) for loss in verdict.losses}


def test_the_frozen_rows_are_frozen(tmp_path: Path) -> None:
    file = tmp_path / "frozen" / "categories.jsonl"
    with pytest.raises(UnreadableFile, match="--frozen"):
        frozen(file)
    with pytest.raises(InvalidInput, match="too few"):
        freeze(rows(FEWEST - 1), file)
    freeze(rows(60), file)
    freeze(rows(60), file)
    assert [(row.text, row.labels) for row in frozen(file)] == [(row.text, row.labels) for row in rows(60)]
    with pytest.raises(InvalidInput, match="other rows are frozen"):
        freeze(rows(60, 1), file)
    file.write_text(file.read_text(encoding="utf-8") + '{"text": "half a', encoding="utf-8")
    with pytest.raises(UnreadableFile, match="damaged"):
        frozen(file)


def test_too_few_rows_are_no_gate(heads: dict[str, Head]) -> None:
    with pytest.raises(InvalidInput, match="too few"):
        judge(heads["good"], heads["good"], StaticEmbedder.shipped(), rows(10))


class TestCommand:
    def run(self, home: Path, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["promote", *arguments], env={"REDRESS_HOME": str(home)})

    def said(self, result: Result) -> dict[str, Any]:
        return json.loads(result.stdout)

    def test_a_head_is_promoted_used_replaced_and_brought_back(
        self, heads: dict[str, Head], tmp_path: Path
    ) -> None:
        home, file = tmp_path / "home", tmp_path / "frozen.jsonl"
        held = [{"text": f"{row.text} 打13800138000找我", "label": row.labels[0]} for row in rows(60, 3)]
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in held), encoding="utf-8")
        for name, head in heads.items():
            head.save(tmp_path / name)
        first = self.run(home, str(tmp_path / "good"))
        assert first.exit_code == 1 and "--frozen" in first.stderr

        passed = self.run(home, str(tmp_path / "good"), "--frozen", str(file), "--json")
        assert passed.exit_code == 0 and self.said(passed)["promoted"]
        settings = Settings(home=home)
        assert "13800138000" not in settings.frozen_rows("categories").read_text(encoding="utf-8")
        assert head_in_use(settings, "categories", StaticEmbedder.shipped()).name == heads["good"].name

        refused = self.run(home, str(tmp_path / "poisoned"))
        assert refused.exit_code == 1 and "refused" in refused.stdout and "物流" in refused.stdout
        assert head_in_use(settings, "categories", StaticEmbedder.shipped()).name == heads["good"].name

        better = train_categories([*rows(120), *rows(120, 1)], StaticEmbedder.shipped())
        better.save(tmp_path / "better")
        assert self.run(home, str(tmp_path / "better")).exit_code == 0
        assert head_in_use(settings, "categories", StaticEmbedder.shipped()).name == better.name
        undone = self.run(home, "--undo", "--json")
        assert self.said(undone)["in_use"] == heads["good"].name
        assert head_in_use(settings, "categories", StaticEmbedder.shipped()).name == heads["good"].name

    def test_wrong_use_is_one_line(
        self, heads: dict[str, Head], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heads["good"].save(tmp_path)
        assert self.run(tmp_path).exit_code == 2
        assert "nothing to go back to" in self.run(tmp_path, "--undo").stderr
        assert self.run(tmp_path, str(tmp_path / "nothing")).exit_code == 1
        monkeypatch.setenv("REDRESS_CATEGORY_MODEL", str(tmp_path))
        assert "unset it" in self.run(tmp_path, str(tmp_path)).stderr
