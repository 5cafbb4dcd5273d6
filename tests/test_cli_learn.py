"""Training and measuring from the command line, on rows of our own making and on data we have not seen."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from tests.conftest import SHARED

WORDS = {
    "物流": ("快递", "包裹", "派送", "签收", "驿站", "丢件"),
    "fees, charges": ("fee", "charged", "overdraft", "interest", "penalty", "waived"),
    "7": ("网络", "断网", "宽带", "信号", "掉线", "网速"),
}


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"REDRESS_HOME": str(home)})


def rows(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Texts that a child could tell apart."""
    chance = random.Random(seed)
    made: list[dict[str, Any]] = []
    for n in range(count):
        label = list(WORDS)[n % len(WORDS)]
        made.append({"text": " ".join(chance.choices(WORDS[label], k=5)) + f" {n}", "label": label})
    return made


def jsonl(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A head that the command made, and what it said."""
    folder = tmp_path_factory.mktemp("trained")
    data = jsonl(folder / "train.jsonl", rows(90))
    result = run(
        folder / "home", "train", "categories", "--data", str(data), "--out", str(folder / "head"), "--json"
    )
    assert result.exit_code == 0, result.output
    assert not (folder / "home").exists()
    return folder / "head", json.loads(result.stdout)


def test_training_writes_a_head_with_the_labels_of_the_data(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, said = trained
    assert {path.name for path in folder.iterdir()} == {"model.json", "weights.npz"}
    assert set(said["labels"]) == set(WORDS)
    assert (said["rows"], said["bad"]) == (90, 0)


def test_measuring_gives_the_figures_of_the_contract(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    data = jsonl(tmp_path / "test.jsonl", rows(30, seed=2))
    result = run(
        tmp_path / "home", "eval", "categories", "--model", str(trained[0]), "--data", str(data), "--json"
    )
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert {"n", "accuracy", "macro_f1", "ece", "coverage_at_p90", "per_class"} <= set(report)
    assert report["n"] == 30 and report["accuracy"] > 0.9
    assert set(report["per_class"]) == set(WORDS)
    assert not (tmp_path / "home").exists()


def test_bad_rows_are_named_and_the_others_measured(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    data = jsonl(tmp_path / "test.jsonl", [*rows(30, seed=2), {"text": "没有标签"}])
    result = run(tmp_path, "eval", "categories", "--model", str(trained[0]), "--data", str(data))
    assert result.exit_code == 1
    assert result.stderr == "row 31, label: is empty; fill it, or leave the row out\n"
    assert "accuracy" in result.stdout and "物流" in result.stdout


def test_a_head_of_the_other_kind_is_wrong_use(trained: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    data = jsonl(tmp_path / "test.jsonl", rows(3))
    result = run(tmp_path, "eval", "emotion", "--model", str(trained[0]), "--data", str(data))
    assert result.exit_code == 2 and "redress eval categories" in result.stderr


def test_a_folder_without_a_head_is_one_line(tmp_path: Path) -> None:
    data = jsonl(tmp_path / "test.jsonl", rows(3))
    result = run(tmp_path, "eval", "categories", "--model", str(tmp_path), "--data", str(data))
    assert result.exit_code == 1 and result.stderr.count("\n") == 1


def test_emotions_may_be_several_a_row(tmp_path: Path) -> None:
    lines = [{"text": line["text"], "labels": [line["label"], "both"]} for line in rows(60)]
    lines += [{"text": line["text"], "labels": [line["label"]]} for line in rows(60, seed=3)]
    data, out = jsonl(tmp_path / "a.jsonl", lines), tmp_path / "head"
    result = run(tmp_path, "train", "emotion", "--data", str(data), "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "emotion@" in result.stdout
    report = run(tmp_path, "eval", "emotion", "--model", str(out), "--data", str(data), "--json")
    assert json.loads(report.stdout)["n"] == 120


def test_retrieval_is_measured_on_a_corpus_of_its_own(tmp_path: Path) -> None:
    corpus = [{"id": str(n), "text": line["text"]} for n, line in enumerate(rows(12))]
    queries = [{"id": "q1", "text": corpus[4]["text"]}, {"id": "q2", "text": corpus[9]["text"]}]
    qrels = [{"qid": "q1", "docid": "4", "rel": 1}, {"qid": "q2", "docid": "9", "rel": 1}]
    files = [
        str(jsonl(tmp_path / f"{name}.jsonl", lines))
        for name, lines in (("corpus", corpus), ("queries", queries), ("qrels", qrels))
    ]
    command = ["eval", "retrieval", "--corpus", files[0], "--queries", files[1], "--qrels", files[2]]
    result = run(tmp_path / "home", *command, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert {name: set(figures) for name, figures in report.items()} == {
        name: {"n", "hit@1", "hit@5", "hit@10", "mrr@10", "ndcg@10"} for name in ("dense", "lexical", "fused")
    }
    assert report["fused"]["hit@1"] == 1.0
    assert not (tmp_path / "home").exists()
    assert "fused" in run(tmp_path / "home", *command).stdout
    half = run(tmp_path / "home", *command[:4])
    assert half.exit_code == 2 and "together" in half.stderr


@pytest.mark.shared
def test_a_public_chinese_retrieval_set_is_measured(tmp_path: Path) -> None:
    data = SHARED / "data" / "evaluate" / "retrieval_afqmc_zh"
    files = [
        part for name in ("corpus", "queries", "qrels") for part in (f"--{name}", str(data / f"{name}.jsonl"))
    ]
    result = run(tmp_path, "eval", "retrieval", *files, "--json")
    report = json.loads(result.stdout)
    assert 0 < report["fused"]["ndcg@10"] <= 1


def test_a_company_imports_and_searches_by_the_labels_of_its_own_head(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = jsonl(
        tmp_path / "cases.jsonl",
        [
            {"id": "1", "language": "zh", "text": "快递签收了，包裹没有到", "category": "物流"},
            {"id": "2", "language": "zh", "text": "包裹派送到了别的驿站", "category": "delay"},
            {"id": "3", "language": "zh", "text": "宽带一到晚上就掉线", "category": "nonsense"},
        ],
    )
    home = tmp_path / "home"
    assert run(home, "init").exit_code == 0
    without = json.loads(run(home, "import", "cases", str(cases), "--json").stdout)
    assert (without["new"], len(without["problems"])) == (3, 2), "the label is not known without the head"
    monkeypatch.setenv("REDRESS_CATEGORY_MODEL", str(trained[0]))
    report = json.loads(run(home, "import", "cases", str(cases), "--json").stdout)
    assert (report["changed"], report["unchanged"], len(report["problems"])) == (1, 2, 1)
    found = json.loads(run(home, "search", "包裹", "--category", "物流", "--json").stdout)
    assert [case["id"] for case in found["cases"]] == ["1"]


def test_two_heads_are_compared_on_the_same_rows(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    # a rival that never saw half of what 物流 means
    weak = [row for row in rows(90, seed=5) if not ({"包裹", "派送", "丢件"} & set(row["text"].split()))]
    other = tmp_path / "other"
    data = jsonl(tmp_path / "weak.jsonl", weak)
    assert run(tmp_path, "train", "categories", "--data", str(data), "--out", str(other)).exit_code == 0
    fresh = jsonl(tmp_path / "fresh.jsonl", rows(60, seed=9))
    asked = ("eval", "categories", "--model", str(trained[0]), "--data", str(fresh), "--against", str(other))
    compared = json.loads(run(tmp_path, *asked, "--json").stdout)["comparison"]
    assert compared.keys() == {"accuracy", "macro_f1"}
    assert compared["accuracy"]["low"] <= compared["accuracy"]["difference"] <= compared["accuracy"]["high"]
    assert compared["accuracy"]["difference"] >= 0
    shown = run(tmp_path, *asked)
    assert "against the other" in shown.stdout and "95 of 100" in shown.stdout


def test_labels_that_look_wrong_are_listed_with_their_rows(tmp_path: Path) -> None:
    lines = rows(120)
    lines[10]["label"], lines[50]["label"] = "物流", "fees, charges"  # both are about the network or fees
    wrong = {n + 1 for n in (10, 50) if lines[n]["label"] != rows(120)[n]["label"]}
    data = jsonl(tmp_path / "train.jsonl", [{"text": "没有标签"}, *lines])
    arguments = ("train", "categories", "--data", str(data), "--out", str(tmp_path / "head"))
    said = json.loads(run(tmp_path / "home", *arguments, "--json").stdout)
    assert {each["row"] - 1 for each in said["doubtful"]} == wrong
    assert wrong
    first = said["doubtful"][0]
    assert first["label"] != first["looks_like"] and first["probability"] > 0.5
    shown = run(tmp_path / "home", *arguments)
    assert f"{len(wrong)} labels look wrong" in shown.stdout


def test_two_spellings_of_a_label_are_named(tmp_path: Path) -> None:
    lines = rows(90)
    for line in lines[1::6]:
        line["label"] = line["label"].replace("fees, charges", "Fees Charges ")
    data = jsonl(tmp_path / "train.jsonl", lines)
    result = run(
        tmp_path / "home", "train", "categories", "--data", str(data), "--out", str(tmp_path / "h"), "--json"
    )
    warnings = " ".join(json.loads(result.stdout)["warnings"])
    assert "same spelling" in warnings and "Fees Charges" in warnings


def test_texts_about_something_else_are_told_apart_and_measured(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    strange = [
        {"text": text, "label": "none of these"}
        for text in (
            "今天天气真好",
            "谁是世界冠军",
            "how tall is the tower",
            "tell me a story about a dragon",
        )
    ]
    data = jsonl(tmp_path / "test.jsonl", [*rows(60, seed=3), *strange])
    result = run(tmp_path, "eval", "categories", "--model", str(trained[0]), "--data", str(data), "--json")
    found = json.loads(result.stdout)["out_of_scope"]
    assert found["n"] == len(strange)
    assert found["recall_at_5"] == 1.0
    alone = run(tmp_path, "eval", "categories", "--model", str(trained[0]), "--data", str(data))
    assert "out of scope" in alone.stdout
