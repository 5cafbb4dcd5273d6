"""The gate before another embedder: a worse one is refused with the figures, one that passes is used."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.errors import InvalidSettings
from bot.models import remember_embedder
from bot.settings import Settings
from knowledge.embedder_gate import judge_embedder
from knowledge.embedding import LexicalEmbedder, load_embedder
from knowledge.errors import InvalidInput
from knowledge.evaluation import LabelledText
from knowledge.static_embedding import SHIPPED_EMBEDDER, StaticEmbedder
from knowledge.training import train_categories


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["promote", *arguments], env={"REDRESS_HOME": str(home)})


def rows(count: int) -> list[LabelledText]:
    words = {"refund": ("refund", "money", "credit"), "late": ("parcel", "courier", "overdue")}
    return [
        LabelledText(f"{words[label][n // 2 % 3]} {words[label][n // 6 % 3]} {n}", (label,))
        for n in range(count)
        for label in (list(words)[n % 2],)
    ]


def test_an_embedder_that_finds_less_is_refused_and_the_refusal_says_where(tmp_path: Path) -> None:
    refused = run(tmp_path, "--embedder", "lexical", "--json")
    assert refused.exit_code == 1, refused.output
    verdict: dict[str, Any] = json.loads(refused.stdout)
    assert not verdict["promoted"]
    assert {"zh mrr@10", "en mrr@10"} <= {loss["name"] for loss in verdict["losses"]}
    assert all(loss["after"] < loss["before"] for loss in verdict["losses"])
    assert Settings(home=tmp_path).embedder_source() == "redress"
    assert "refused" in run(tmp_path, "--embedder", "lexical").stdout


def test_frozen_rows_of_the_company_have_a_say() -> None:
    verdict = judge_embedder(StaticEmbedder.shipped(), LexicalEmbedder.shipped(), rows(40))
    assert verdict.promoted and "label@5" in verdict.before
    assert "label@5" not in judge_embedder(StaticEmbedder.shipped(), StaticEmbedder.shipped(), rows(5)).before


def test_an_embedder_that_passes_is_copied_used_and_taken_back(tmp_path: Path) -> None:
    folder, home = tmp_path / "own", tmp_path / "home"
    shutil.copytree(SHIPPED_EMBEDDER, folder)
    passed = run(home, "--embedder", str(folder))
    assert passed.exit_code == 0 and "redress rebuild" in passed.stdout, passed.output
    shutil.rmtree(folder)  # the home keeps its own copy
    settings = Settings(home=home)
    assert Path(settings.embedder_source()).name == "own", "an embedder's name holds that of its folder"
    assert load_embedder(settings.embedder_source()).name
    again = run(home, "--embedder", settings.embedder_source())
    assert again.exit_code == 0, "what is in use already passes"
    assert Settings(home=home, embedder="lexical").embedder_source() == "lexical", "a named one goes first"
    assert run(home, "--undo", "--subject", "embedder").exit_code == 0
    assert settings.embedder_source() == "redress"
    again = run(home, "--undo", "--subject", "embedder")
    assert again.exit_code == 2 and "nothing to go back to" in again.stderr


def test_heads_that_read_another_embedder_hold_it_back(tmp_path: Path) -> None:
    trained = train_categories(rows(80), StaticEmbedder.shipped())
    vector = np.ones((trained.card.dimensions, len(trained.labels)), np.float32)
    head = replace(trained, weights=replace(trained.weights, vector=vector), shelved=None)
    assert head.needs_vector
    settings = Settings(home=tmp_path)
    head.save(settings.promoted_head("categories"))
    held = run(tmp_path, "--embedder", "lexical")
    assert held.exit_code == 2 and "categories" in held.stderr and "--undo" in held.stderr


def test_without_anything_to_judge_by_no_embedder_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("knowledge.embedder_gate.precedent_queries", dict)
    with pytest.raises(InvalidInput, match="reinstall"):
        judge_embedder(LexicalEmbedder.shipped(), StaticEmbedder.shipped(), rows(10))


def test_wrong_use_and_damage_are_one_line(tmp_path: Path) -> None:
    assert "give one of" in run(tmp_path, "--embedder", "lexical", "--undo").stderr
    assert "cannot load" in run(tmp_path, "--embedder", str(tmp_path / "no" / "model")).stderr
    settings = Settings(home=tmp_path)
    remember_embedder(settings, "lexical", "lexical")
    assert settings.embedder_source() == "lexical"
    settings.promoted_embedder.write_text("{", encoding="utf-8")
    with pytest.raises(InvalidSettings, match="--undo --subject embedder"):
        settings.embedder_source()
