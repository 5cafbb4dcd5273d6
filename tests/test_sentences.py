"""The judge of sentences: what it adds to the lexicons, and that it is whole."""

import json
import shutil
from pathlib import Path

import pytest

from bot.draft.exhibit import Exhibit
from bot.draft.plan import make_plan
from bot.draft.sentences import FAULTS, LIMITS, MODEL, SentenceJudge, sentence_judge
from bot.trials.contexts import DATA, rows
from bot.trials.sentence_rows import SentenceRow
from knowledge.case import LANGUAGES
from knowledge.errors import ModelUnavailable
from tests.briefs import brief


def test_every_fault_has_sentences_in_both_languages_and_of_both_kinds() -> None:
    taught = set(sentence_judge().head.labels)
    assert taught <= set(FAULTS)
    for fault in taught:
        found = list(rows(DATA / f"sentences_{fault}.jsonl", SentenceRow))
        assert len({row.text for row in found}) == len(found)
        assert {row.label for row in found} == {fault, ""}
        assert all(sum(row.language == language for row in found) >= 100 for language in LANGUAGES)


def test_what_was_measured_out_of_fold_is_worth_saying_and_seldom_wrong() -> None:
    measured = sentence_judge().limits.measured
    assert set(measured) == set(LANGUAGES)
    for faults in measured.values():
        assert len(faults) >= 2 and set(faults) <= set(sentence_judge().head.labels)
        for figures in faults.values():
            assert figures["found"] >= 0.03 and figures["sound"] <= 0.004 and figures["alike"] <= 0.1


def test_the_same_sentences_give_the_same_answer_and_none_gives_none() -> None:
    judge = sentence_judge()
    sentences = ["您把投诉撤了，钱明天就到账。", "我们会在2026年11月25日前书面答复您。"]
    assert judge.faults(sentences, "zh") == judge.faults(sentences, "zh")
    assert judge.faults(sentences, "zh")[1] == frozenset()
    assert judge.faults([], "en") == ()


def test_a_fault_is_placed_without_the_white_space_around_it() -> None:
    subject = brief()
    bad = "您先把那条帖子删了，退款的事我们马上就给您办。"
    draft = Exhibit(f"尊敬的客户：\n\n  {bad}\n\n祝好", subject, make_plan(subject))
    flaw = draft.doing("bargains", *FAULTS)
    assert flaw is not None and flaw.start is not None
    assert draft.text[flaw.start : flaw.end] + "。" == bad


def test_limits_of_another_head_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(MODEL, folder)
    assert SentenceJudge.load(folder).limits == sentence_judge().limits
    limits = json.loads((folder / LIMITS).read_text(encoding="utf-8"))
    (folder / LIMITS).write_text(json.dumps(limits | {"head": "sentences@other"}), encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="belongs to sentences@other"):
        SentenceJudge.load(folder)
    (folder / LIMITS).write_text('{"head": ', encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=r"bot\.trials\.sentences"):
        SentenceJudge.load(folder)
