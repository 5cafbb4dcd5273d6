"""Rules and trained heads together: what they find, what they show, and what happens without a file."""

import logging
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from bot.triage.circumstances import Circumstances
from bot.triage.emotion import read_emotion
from bot.triage.escalation import find_escalations
from bot.triage.fusion import INPUTS, Floats, Fusion, row_of
from bot.triage.language import detect
from bot.triage.learned import MODEL, Judge, Read, Rules, shipped_judge
from bot.triage.lexicon import scan
from bot.triage.mixing import spans_of
from bot.triage.shipped import corpus_fingerprint, labelled_cases
from bot.triage.signals import NAMES, read_rules
from bot.triage.stacking import labels_of
from bot.triage.triage import Triager
from knowledge.case import EMOTIONS, ESCALATIONS, EscalationKind
from knowledge.errors import ModelUnavailable
from knowledge.head import Head
from knowledge.taxonomy import Taxonomy
from tests.test_escalation import NONE, THREATS

REMAKE = "run 'python -m bot.triage.shipped DATA' and keep the files it writes"


@cache
def judge() -> Judge:
    return Judge.load(MODEL)


def read(text: str) -> Read:
    return judge().read(text, detect(text))


def kinds(text: str) -> set[str]:
    return {found.kind for found in read(text).escalations}


def figures(group: str, who: str = "fused") -> dict[str, Any]:
    return fusion().card.metrics["untuned"][group][who]


@cache
def fusion() -> Fusion:
    return Fusion.load(MODEL / "fusion.json")


# ---- what ships


def test_it_was_made_from_the_corpus_as_it_is() -> None:
    cases, _ = labelled_cases()
    assert fusion().card.fingerprint == corpus_fingerprint(cases, labels_of(cases)), REMAKE


def test_the_files_are_small_enough_to_ship() -> None:
    assert sum(file.stat().st_size for file in MODEL.rglob("*") if file.is_file()) < 12_000_000


@pytest.mark.parametrize(("group", "macro_f1"), [("zh", 0.57), ("en", 0.59), ("all", 0.60)])
def test_out_of_fold_it_beats_the_rules_in_both_languages(group: str, macro_f1: float) -> None:
    fused, rules = figures(group), figures(group, "rules")
    assert fusion().card.metrics["out_of_fold"] is True
    assert fused["emotion_macro_f1"] > max(macro_f1, rules["emotion_macro_f1"])
    assert fused["emotion_kinds_f1"] > rules["emotion_kinds_f1"]
    assert fused["intensity_within_1"] > max(0.94, rules["intensity_within_1"])
    assert fused["intensity_mae"] < min(0.5, rules["intensity_mae"])
    assert fused["ece"] < 0.11


def test_out_of_fold_dangers_come_first() -> None:
    untuned = fusion().card.metrics["untuned"]["all"]
    fused, rules = untuned["fused"], untuned["rules"]
    assert fused["any_escalation"]["f1"] > rules["any_escalation"]["f1"]
    assert fused["by_kind"]["safety"]["recall"] > rules["by_kind"]["safety"]["recall"] + 0.15
    assert fused["danger_reported_or_suspected"]["recall"] > 0.82
    assert fused["escalation_ece"] < 0.05


# ---- what it finds


def test_idioms_denials_and_other_peoples_matters_stay_none() -> None:
    taken = {text: found for text in NONE if (found := kinds(text))}
    assert len(taken) <= 0.02 * len(NONE), taken
    assert "safety" not in {kind for found in taken.values() for kind in found}


def test_few_of_these_are_suspected_of_a_danger() -> None:
    suspected = [text for text in NONE if read(text).possible_danger]
    assert len(suspected) <= 0.2 * len(NONE)


def test_what_the_rules_know_is_hardly_ever_lost() -> None:
    for kind, texts in THREATS.items():
        found = sum(kind in kinds(text) for text in texts)
        assert found >= 0.85 * len(texts), kind
    assert all("safety" in kinds(text) for text in THREATS["safety"])


@pytest.mark.parametrize("text", ["", "?", "嗯", "ok", "12345", "¿Dónde está mi pedido?", "😀😀😀"])
def test_what_can_hardly_be_read_is_left_to_the_rules(text: str) -> None:
    found = judge().read(text, "und")
    assert (found.emotion, found.escalations) == (
        read_emotion(text, "und"),
        find_escalations(text, "und"),
    )
    assert found.possible_danger == ()


# ---- what it shows

_PIECES = st.sampled_from(
    [
        "太失望了，",
        "我要去12315投诉！",
        "孩子喝了以后一直吐，",
        "ＡＰＰ闪退，",
        "累死了。",
        "⟦PHONE_1⟧",
        "Ｉ'm leaving ",
        "the heater caught fire ",
        "!!! ",
        "投訴到消委會 ",
        "İstanbul ",
        "never again. ",
        "my lawyer ",
        "谢谢，",
    ]
)
TEXTS = st.one_of(st.lists(_PIECES, min_size=1, max_size=8).map("".join), st.text(max_size=200))


@given(TEXTS)
def test_every_span_is_words_of_the_text(text: str) -> None:
    found = judge().read(text, "zh" if detect(text) == "zh" else "en")
    spans = [*found.emotion.evidence, *found.possible_danger]
    for escalation in found.escalations:
        assert escalation.evidence
        assert 0 < escalation.strength <= 1
        spans += escalation.evidence
    assert all(text[span.start : span.end] == span.text != "" for span in spans)
    assert (found.emotion.primary == "neutral") == (found.emotion.intensity == 0)
    assert (found.emotion.primary == "neutral") == (found.emotion.evidence == ())
    assert 0 <= found.emotion.intensity <= 4
    assert all(0 <= score <= 1 for score in found.emotion.scores.values())
    assert found.emotion.primary in found.emotion.scores


def test_words_are_found_where_they_stand_whatever_their_form() -> None:
    found = scan("ＡＰＰ坏了 and LEFT. Leftovers")
    assert [span.text for span in spans_of(("left", "app", "missing"), found)] == ["ＡＰＰ", "LEFT"]


# ---- fusion


def _row(signals: Floats, offset: int, value: float) -> Floats:
    changed = signals.copy()
    changed[offset] = value
    return changed


@pytest.mark.parametrize("kind", ESCALATIONS)
@given(text=TEXTS, low=st.floats(0, 1), high=st.floats(0, 1))
def test_more_words_of_an_escalation_never_make_it_less_likely(
    kind: EscalationKind, text: str, low: float, high: float
) -> None:
    low, high = sorted((low, high))
    signals, at = read_rules(text, "en").signals, NAMES.index(f"escalation.{kind}")
    logits = np.zeros(len(EMOTIONS), np.float32), np.zeros(len(ESCALATIONS), np.float32)
    weaker, stronger = (
        fusion().judge(row_of(*logits, _row(signals, at, value))).escalations for value in (low, high)
    )
    assert stronger[kind] >= weaker[kind] - 1e-6


@given(low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_stronger_rule_reading_never_lowers_the_intensity(low: float, high: float) -> None:
    low, high = sorted((low, high))
    signals, at = read_rules("客服挂了我三次电话，气死了！", "zh").signals, NAMES.index("intensity")
    logits = np.zeros(len(EMOTIONS), np.float32), np.zeros(len(ESCALATIONS), np.float32)
    column = INPUTS.index("intensity")
    assert fusion().card.intensity.weights[column][0] >= 0
    rows = [row_of(*logits, _row(signals, at, value)) for value in (low, high)]
    slope = np.array(fusion().card.intensity.weights)[:, 0]
    assert float(rows[1] @ slope) >= float(rows[0] @ slope) - 1e-4


def test_what_the_rules_found_is_never_judged_more_strictly() -> None:
    for limit in fusion().card.limits.values():
        assert limit.by_rules <= limit.alone <= limit.doubted
    assert fusion().card.limits["safety"].by_rules == 0
    assert fusion().card.suspect <= fusion().card.limits["safety"].alone


# ---- without a file


def _copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODEL, tmp_path / "model"))


@pytest.mark.parametrize("file", ["fusion.json", "emotion/model.json", "escalation/weights.npz"])
@pytest.mark.parametrize("damage", ["missing", "cut", "changed"])
def test_a_damaged_file_leaves_the_rules_alone_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, file: str, damage: str
) -> None:
    folder = _copy(tmp_path)
    path = folder / file
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        raw = path.read_bytes()
        at = len(raw) // 2
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
    if file.endswith("model.json") and damage == "changed":
        path.write_text(path.read_text(encoding="utf-8").replace('"fingerprint": "', '"fingerprint": "f'))
    with caplog.at_level(logging.WARNING):
        first, second = shipped_judge(folder), shipped_judge(folder)
    assert isinstance(first, Rules) and first is second
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    text = "再不退款我就去12315投诉，太气人了！"
    assert first.read(text, "zh").emotion == read_emotion(text, "zh")
    assert first.read(text, "zh").escalations == find_escalations(text, "zh")
    assert Triager(None, Taxonomy.core(), first).models == {}


def test_heads_of_another_training_are_refused(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    other = Head.load(folder / "emotion")
    swapped = Head(other.card.model_copy(update={"fingerprint": "0" * 64}), other.weights)
    with pytest.raises(ModelUnavailable, match=r"bot\.triage\.shipped"):
        Judge(
            swapped,
            Head.load(folder / "escalation"),
            Fusion.load(folder / "fusion.json"),
            Circumstances.load(folder),
        )


def test_the_suggestion_names_the_heads_it_used() -> None:
    subjects = {"emotion", "escalation", "needs", "vulnerability", "complaint"}
    assert set(Triager(None, Taxonomy.core()).models) == subjects
