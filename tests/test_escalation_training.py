"""Heads of escalations from the command line: no label, one or several a text."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.triage.shipped import emotion_phrases, escalation_phrases
from bot.triage.signals import NAMES
from bot.triage.stacking import Judged, Labels, choose_limits, holds, labels_of
from knowledge.case import EMOTIONS, ESCALATIONS, Case
from knowledge.embedding import LexicalEmbedder
from knowledge.evaluation import LabelledText
from knowledge.training import learn, learn_many

WORDS = {
    "legal": ("律师", "起诉", "court", "sue"),
    "churn": ("销户", "转网", "leaving", "cancel"),
    "": ("快递", "账单", "parcel", "bill"),
}


def rows(count: int, seed: int = 1) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    kinds = list(WORDS)
    made: list[dict[str, Any]] = []
    for n in range(count):
        kind = kinds[n % len(kinds)]
        text = " ".join(chance.choices(WORDS[kind], k=4)) + f" {n}"
        made.append({"text": text, "labels": [kind] if kind else []})
    return made


def jsonl(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"REDRESS_HOME": str(home)})


def test_training_and_measuring_take_texts_without_a_label(tmp_path: Path) -> None:
    data, fresh = jsonl(tmp_path / "train.jsonl", rows(90)), jsonl(tmp_path / "test.jsonl", rows(30, seed=2))
    head = tmp_path / "head"
    made = run(tmp_path, "train", "escalation", "--data", str(data), "--out", str(head), "--json")
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["labels"] == ["churn", "legal"]
    measured = run(tmp_path, "eval", "escalation", "--model", str(head), "--data", str(fresh), "--json")
    assert measured.exit_code == 0, measured.output
    report = json.loads(measured.stdout)
    assert report["n"] == 30 and report["macro_f1"] > 0.9
    wrong = run(tmp_path, "eval", "emotion", "--model", str(head), "--data", str(fresh))
    assert wrong.exit_code == 2 and "redress eval escalation" in wrong.stderr


def test_what_a_head_says_out_of_fold_comes_with_it() -> None:
    texts = [LabelledText(row["text"], tuple(row["labels"])) for row in rows(60)]
    taught = [LabelledText("律师函", ("legal",), "zh", 0.1, False), LabelledText("…", (), "zh", 0.1, False)]
    embedder = LexicalEmbedder.shipped()
    learned = learn_many([*texts, *taught], embedder, "escalation")
    assert learned.used.tolist() == [True] * 61 + [False]
    assert learned.logits.shape == (61, 2) and set(learned.fold[:60].tolist()) == set(range(5))
    assert learned.fold[60] == -1
    legal = learned.head.labels.index("legal")
    said = learned.logits[:60, legal] > 0
    assert np.mean(said == [row.labels == ("legal",) for row in texts]) > 0.9
    assert learn([*texts, *taught], embedder, "escalation").head.fingerprint == learned.head.fingerprint


def test_the_phrases_of_the_lexicons_teach_and_are_never_judged() -> None:
    felt, meant = list(emotion_phrases()), list(escalation_phrases())
    assert len(felt) > 2000 and len(meant) > 2000
    assert not any(row.judged for row in (*felt, *meant))
    assert {label for row in felt for label in row.labels} == set(EMOTIONS) - {"neutral"}
    assert {label for row in meant for label in row.labels} == set(ESCALATIONS)
    assert any(row.labels == () for row in meant)
    assert not any(mark in row.text for row in (*felt, *meant) for mark in "(|)…")


@pytest.mark.parametrize("kind", ESCALATIONS)
def test_labels_are_read_in_the_order_of_the_codebook(kind: str) -> None:
    case = Case.model_validate(
        {"id": "a", "language": "en", "text": "x", "escalations": [kind], "primary_emotion": "anger",
         "emotions": ["sadness"], "intensity": 3}
    )  # fmt: skip
    truth = labels_of([case])
    assert truth.escalations.tolist() == [[kind == each for each in ESCALATIONS]]
    assert truth.kinds.tolist() == [[each in {"anger", "sadness"} for each in EMOTIONS]]
    assert (truth.primary.tolist(), truth.intensity.tolist()) == ([0], [3])


def test_limits_find_enough_dangers_where_the_probabilities_allow_it() -> None:
    n, danger = 200, ESCALATIONS.index("safety")
    signals = np.zeros((n, len(NAMES)), np.float32)
    signals[:, NAMES.index("complaint")] = 1
    truth = np.zeros((n, len(ESCALATIONS)), np.bool_)
    truth[:20, danger] = True
    probabilities = np.full((n, len(ESCALATIONS)), 0.01)
    probabilities[:20, danger] = np.linspace(0.06, 0.5, 20)
    zeros, levels = np.zeros((n, len(EMOTIONS))), np.zeros(n, np.intp)
    judged = Judged(zeros, zeros, levels, probabilities, signals)
    limits = choose_limits(judged, Labels(levels, zeros > 0, levels, truth), np.arange(n))
    assert (probabilities[:20, danger] >= limits.suspect).mean() >= 0.95
    assert limits.suspect > 0.06
    assert not holds(judged, limits.escalations, np.arange(20, n)).any()
