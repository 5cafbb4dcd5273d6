"""The demo: eight complaints nobody has seen, through everything."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
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
    sample = Path(knowledge.__file__).parent / "sample"
    assert shown["corpus"] == {
        kind: sum(
            len(file.read_text(encoding="utf-8").splitlines()) for file in (sample / kind).glob("*.jsonl")
        )
        for kind in ("cases", "articles", "customers")
    }


def test_people_get_a_card_for_each_and_a_table_of_times(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["demo"], env={"REDRESS_HOME": str(tmp_path / "home"), "COLUMNS": "100"}
    )
    assert result.exit_code == 0
    for complaint in DemoFile.shipped().complaints:
        assert complaint.title in result.stdout
    assert "median ms" in result.stdout
    assert "\x1b" not in result.stdout


def test_with_serve_the_sidebar_and_the_complaints_are_there(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "REDRESS_HOME": str(tmp_path), "REDRESS_PORT": str(port), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "bot.cli", "demo", "--serve"]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        try:
            said: list[str] = []
            while not said or not said[-1].startswith("Stop with"):
                said.append(process.stdout.readline())
                assert said[-1], "".join(said)
            url, key = said[-3].split()[-1], said[-2].split()[-1]
            assert url == f"http://127.0.0.1:{port}/sidebar/"
            assert b"<html" in answer(url, key)
            listed = json.loads(answer(f"http://127.0.0.1:{port}/v1/complaints", key))["complaints"]
            assert len(listed) == 8 and all(each["suggested"] for each in listed)
        finally:
            process.terminate()
        assert process.wait(timeout=60) == 0
    assert not list(tmp_path.glob("redress-demo-*"))


def answer(url: str, key: str) -> bytes:
    """The body of a GET, from a service that may still be starting."""
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {key}"})
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.read()
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def test_twenty_replies_of_every_feeling_and_stage_pass_their_checks(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["demo", "--replies", "--json"], env={"REDRESS_HOME": str(tmp_path / "home")}
    )
    assert result.exit_code == 0, result.output
    replies: list[dict[str, Any]] = json.loads(result.stdout)["replies"]
    drafts = [reply["draft"] for reply in replies]
    assert [draft["language"] for draft in drafts] == ["zh"] * 10 + ["en"] * 10
    for language in ("zh", "en"):
        mine = [reply for reply in replies if reply["draft"]["language"] == language]
        assert {reply["draft"]["stage"] for reply in mine} >= {
            "acknowledge", "ask", "progress", "upheld", "partly", "rejected", "goodwill", "safety_hold",
        }  # fmt: skip
        assert {reply["triage"]["emotion"]["primary"] for reply in mine} >= {
            "anger", "anxiety", "disappointment", "sadness", "confusion", "gratitude",
        }  # fmt: skip
    failed = [(r["title"], c) for r in replies for c in r["draft"]["checks"] if not c["passed"]]
    assert failed == []
    assert len({draft["text"] for draft in drafts}) == 20


def test_people_read_the_twenty_replies(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["demo", "--replies"], env={"REDRESS_HOME": str(tmp_path / "home"), "COLUMNS": "100"}
    )
    assert result.exit_code == 0, result.output
    assert all(f"─ {number}  " in result.stdout for number in range(1, 21))
