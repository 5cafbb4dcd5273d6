"""Needs, vulnerability and complaint-or-not: rules and heads joined, and what is shown of them."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from bot.triage.circumstances import SURE, Circumstances, RuledCircumstances
from bot.triage.learned import MODEL
from bot.triage.mixing import FILE, NEVER, LabelMix, Mixed
from bot.triage.needs import find_needs
from bot.triage.vulnerability import find_vulnerability
from knowledge.corpus import sample_cases
from knowledge.errors import ModelUnavailable

SUBJECTS = ("needs", "vulnerability", "complaint")
LOGITS = st.floats(-20, 20)


@pytest.fixture(scope="module")
def circumstances() -> Circumstances:
    return Circumstances.load(MODEL)


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("group", ["zh", "en", "all"])
def test_out_of_fold_the_mix_beats_the_rules(subject: str, group: str) -> None:
    figures = Mixed.load(MODEL / subject).card.metrics[group]
    assert figures["mixed"]["micro_f1"] > figures["rules"]["micro_f1"]
    assert figures["mixed"]["macro_f1"] > figures["rules"]["macro_f1"]
    assert figures["ece"] <= 0.03


@given(LOGITS, LOGITS, st.floats(0, 5), st.floats(0, 5), st.floats(-5, 5))
def test_neither_head_nor_rule_ever_speaks_against_a_label(
    low: float, high: float, head: float, rule: float, bias: float
) -> None:
    mix = LabelMix(head=head, rule=rule, bias=bias, by_rules=0.2, alone=0.5)
    low, high = sorted((low, high))
    assert mix.probability(low, found=False) <= mix.probability(high, found=False)
    assert mix.probability(low, found=False) <= mix.probability(low, found=True)
    if mix.holds(mix.probability(low, found=False), found=False):
        assert mix.holds(mix.probability(low, found=True), found=True)


def test_a_limit_of_never_is_never_reached() -> None:
    mix = LabelMix(head=1, rule=1, bias=0, by_rules=0, alone=NEVER)
    assert not mix.holds(mix.probability(1e6, found=False), found=False)
    assert mix.holds(mix.probability(-1e6, found=True), found=True)


def test_all_that_is_shown_is_words_of_the_text(circumstances: Circumstances) -> None:
    alone = 0
    for case in list(sample_cases())[::9]:
        ruled = {(need.kind, need.need) for need in find_needs(case.text, case.language)}
        needs = circumstances.needs(case.text, case.language)
        assert len({need.need for need in needs}) == len(needs) or any(
            (need.kind, need.need) in ruled for need in needs
        )
        for need in needs:
            assert case.text[need.span.start : need.span.end] == need.text != ""
            alone += (need.kind, need.need) not in ruled
        for hint in circumstances.vulnerability(case.text, case.language):
            assert hint.evidence
            assert all(case.text[span.start : span.end] == span.text for span in hint.evidence)
    assert alone > 5, "the head finds needs that the rules do not know"


def test_what_no_head_was_worth_for_is_left_to_the_rules(circumstances: Circumstances) -> None:
    known = set(Mixed.load(MODEL / "needs").card.labels)
    for case in list(sample_cases())[::15]:
        needs = {f"{need.kind}.{need.need}" for need in circumstances.needs(case.text, case.language)}
        ruled = {f"{need.kind}.{need.need}" for need in find_needs(case.text, case.language)}
        assert ruled - known <= needs


def test_what_a_reply_would_say_was_asked_is_sure(circumstances: Circumstances) -> None:
    mix, alone = Mixed.load(MODEL / "needs"), 0
    for case in list(sample_cases())[::7]:
        ruled = {f"{need.kind}.{need.need}" for need in find_needs(case.text, case.language)}
        for need in circumstances.needs(case.text, case.language):
            label = f"{need.kind}.{need.need}"
            if need.kind == "explicit" and label not in ruled:
                alone += 1
                assert mix.judge(case.text, ruled)[label] >= SURE
    assert alone


@pytest.mark.parametrize(
    ("text", "complains"),
    [
        ("请问你们周六几点开门？", False),
        ("Could you tell me how to change the name on my booking, please?", False),
        ("谢谢小王，问题一下子就解决了，服务特别好", False),
        ("扣了我两次钱，到现在没人给个说法", True),
        ("Third parcel in a row that arrives smashed.", True),
        ("They cancelled the gig two hours before doors and will not refund my tickets", True),
    ],
)
def test_a_complaint_is_told_from_a_question_and_praise(
    circumstances: Circumstances, text: str, complains: bool
) -> None:
    language = "zh" if any(character > "\u3000" for character in text) else "en"
    assert circumstances.complains(text, language) is complains


def test_the_rules_alone_answer_like_the_rules() -> None:
    text, rules = "我妈八十多岁不会用手机，请给我书面答复", RuledCircumstances()
    assert rules.needs(text, "zh") == find_needs(text, "zh")
    assert rules.vulnerability(text, "zh") == find_vulnerability(text, "zh")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("gone", "is missing"),
        ("torn", "cannot be read"),
        ("changed", "not what was written"),
        ("other", "made for"),
    ],
)
def test_a_damaged_mix_is_refused_with_the_remedy(tmp_path: Path, damage: str, says: str) -> None:
    folder = tmp_path / "needs"
    shutil.copytree(MODEL / "needs", folder)
    file = folder / FILE
    if damage == "gone":
        file.unlink()
    elif damage == "torn":
        file.write_text(file.read_text(encoding="utf-8")[:100], encoding="utf-8")
    elif damage == "changed":
        card = json.loads(file.read_text(encoding="utf-8"))
        next(iter(card["labels"].values()))["bias"] += 1
        file.write_text(json.dumps(card), encoding="utf-8")
    else:
        shutil.copy(MODEL / "vulnerability" / FILE, file)
    with pytest.raises(ModelUnavailable, match=f"(?s){says}.*bot.triage.shipped"):
        Mixed.load(folder)
