"""The bench measures a real service, and says how it compares with what it is made of."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def test_the_bench_measures_every_step_and_leaves_the_home_alone(tmp_path: Path) -> None:
    env = {**os.environ, "REDRESS_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "bench", "--size", "60", "--size", "120", "--events", "2000",
         "--json"],
        env=env, capture_output=True, text=True, timeout=240, check=True,
    )  # fmt: skip
    report: dict[str, Any] = json.loads(done.stdout)
    assert [result["cases"] for result in report["sizes"]] == [60, 120]
    for result in report["sizes"]:
        assert result["triage"]["n"] == 300 and result["triage"]["failed"] == 0
        assert result["triage_32_clients"]["failed"] == 0
        floors = {"embedding", "vector_query", "empty_route", "commit"}
        assert result["floors"].keys() == result["floors_in_a_loop"].keys() == floors
        assert {"redact", "embed", "triage", "recall", "brief", "draft", "total"} <= result["steps"].keys()
        # the steps are inside the whole, and the whole inside the request
        whole = result["steps"]["total"]["p50"]
        assert max(step["p50"] for step in result["steps"].values()) == whole < result["triage"]["p50"]
        floor = sum(times["p50"] for times in result["floors"].values())
        assert result["ratios"]["triage_p50_to_floors"] == round(result["triage"]["p50"] / floor, 2)
        assert result["import_per_second"] > 0 < result["bare_upsert_per_second"]
    assert report["ratios"]["p50_at_largest_to_smallest"] > 0
    assert not (tmp_path / "home").exists()
    replies = report["replies"]
    assert replies["plan_compose_check"]["n"] >= 60 * (replies["stages"] - 1)
    assert replies["first_word_to_caller"]["n"] == 40
    assert replies["ratios"]["plan_compose_check_p50_to_redaction"] > 0
    profiles = report["profiles"]
    assert (profiles["events"], profiles["customers"]) == (2000, 200)
    assert profiles["import_events_per_second"] > 0
    assert profiles["profile_read"]["n"] == 500 and profiles["update"]["n"] == 200
    assert set(profiles["ratios"]) == {"profile_read_p99_to_bare_read_p99", "update_p50_to_bare_commit_p50"}
    assert not list(tmp_path.glob("redress-bench-*")), "temporary homes are removed"
