"""The demo: eight complaints nobody has seen, through everything."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import knowledge
from bot.cli import main
from bot.cli.demonstration import DemoFile

SAMPLE = Path(knowledge.__file__).with_name("sample")


def rows(kind: str) -> list[dict[str, Any]]:
    files = sorted((SAMPLE / kind).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def trigrams(text: str) -> set[str]:
    joined = "".join(text.split())
    return {joined[n : n + 3] for n in range(len(joined) - 2)}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `redress demo --json` says."""
    home = tmp_path_factory.mktemp("demo") / "home"
    result = CliRunner().invoke(main, ["demo", "--json"], env={"REDRESS_HOME": str(home)})
    assert result.exit_code == 0, result.output
    assert not home.exists()
    return json.loads(result.stdout)


def test_the_complaints_are_not_in_the_corpus() -> None:
    corpus = [(row["id"], trigrams(row["text"])) for row in rows("cases")]
    for complaint in DemoFile.shipped().complaints:
        mine = trigrams("".join(turn.text for turn in complaint.all_turns()))
        overlap = {i: len(mine & theirs) / len(mine | theirs) for i, theirs in corpus}
        closest = max(overlap, key=lambda i: overlap[i])
        assert overlap[closest] < 0.25, (complaint.title, closest)


def test_four_are_chinese_four_english_and_some_customers_are_known(shown: dict[str, Any]) -> None:
    languages = [suggestion["language"] for suggestion in shown["suggestions"]]
    assert languages == ["zh"] * 4 + ["en"] * 4
    known = [s["profile"]["customer_id"] for s in shown["suggestions"] if s["profile"]["facts"]]
    assert len(known) == len(set(known)) == 5
    assert set(known) <= {row["id"] for row in rows("customers")}


def test_each_has_matches_clocks_and_a_draft_that_passes_its_checks(shown: dict[str, Any]) -> None:
    for suggestion in shown["suggestions"]:
        assert suggestion["matches"]["cases"] and suggestion["matches"]["passages"], suggestion["title"]
        assert suggestion["clocks"], suggestion["title"]
        assert suggestion["draft"]["source"] == "composer"
        failed = [check for check in suggestion["draft"]["checks"] if not check["passed"]]
        assert not failed, (suggestion["title"], failed)


def test_the_steps_are_timed(shown: dict[str, Any]) -> None:
    assert {"redact", "embed", "triage", "recall", "draft", "total"} <= set(shown["timings_ms"])
    assert all(0 <= step["median"] <= step["slowest"] for step in shown["timings_ms"].values())
    assert shown["corpus"] == {"cases": 504, "articles": 96, "customers": 60}


def test_people_get_a_card_for_each_and_a_table_of_times(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["demo"], env={"REDRESS_HOME": str(tmp_path / "home"), "COLUMNS": "100"}
    )
    assert result.exit_code == 0
    for complaint in DemoFile.shipped().complaints:
        assert complaint.title in result.stdout
    assert "median ms" in result.stdout
    assert "\x1b" not in result.stdout
