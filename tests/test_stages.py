"""Replies of every stage: complete, checked, in a tone that fits, and the same promises whatever the tone."""
# ruff: noqa: E501  # whole letters

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from inline_snapshot import snapshot

from bot.brief import Brief
from bot.draft.clauses import COMPLAINT, Style
from bot.draft.composer import Composer
from bot.draft.decision import FINAL, Decision
from bot.draft.plan import make_plan
from bot.errors import InvalidRequest
from bot.suggestion import Trajectory
from knowledge.case import EMOTIONS, EmotionKind, EscalationKind, Language
from tests.briefs import TODAY, brief, briefs, triage

COMPOSER = Composer.shipped()
WORDS: dict[Language, dict[str, Any]] = {
    "zh": {
        "text": "3月2日扣了我300元信用卡年费，打了三次电话没人理，请退款并说明原因",
        "findings": ("年费由系统重复扣收一次",),
        "reason": "合同约定首年免收年费",
        "currency": "CNY",
    },
    "en": {
        "text": "You charged me a £35 overdraft fee on 2 March. I called three times. Refund it and say why.",
        "findings": ("the fee was taken twice by a batch run",),
        "reason": "the account terms allow one such fee a month",
        "currency": "GBP",
    },
}


def decision(stage: str, language: Language, **changes: Any) -> Decision | None:
    """What somebody may have decided at this stage; None for the first reply."""
    if stage == "acknowledge":
        return None
    words = WORDS[language]
    values: dict[str, Any] = {"stage": stage, "danger_over": True}
    if stage == "progress":
        values |= {"cause": "records_requested"}
    if stage in FINAL:
        values |= {"findings": words["findings"], "reason": words["reason"]}
    if stage in {"upheld", "partly", "goodwill"}:
        kind = "service_credit" if stage == "goodwill" else "refund"
        by = TODAY + timedelta(days=8)
        values |= {"remedies": [{"kind": kind, "amount": 20, "currency": words["currency"], "by": by}]}
    return Decision.model_validate(values | changes)


def subject(stage: str, language: Language, **changes: Any) -> Brief:
    judged = changes.pop("triage", None) or triage(
        emotion="anger", intensity=3, needs=("refund", "explanation"), escalations=("regulator",)
    )
    found = brief(
        WORDS[language]["text"],
        language=language,
        jurisdiction="cn" if language == "zh" else "uk",
        triage=judged,
        reference="GD-2026-117",
        **changes,
    )
    return replace(found, decision=decision(stage, language))


@pytest.mark.parametrize("channel", ["email", "chat"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("stage", COMPLAINT)
def test_a_reply_of_every_stage_is_complete_and_passes_every_check(
    stage: str, language: Language, channel: str
) -> None:
    one = subject(stage, language, channel=channel)
    draft = COMPOSER.compose(one)
    assert draft.stage == stage
    assert [(each.id, each.detail) for each in draft.checks if not each.passed] == []
    assert "{" not in draft.text
    if stage in FINAL:
        assert WORDS[language]["reason"] in draft.text
    if stage in {"upheld", "partly", "goodwill"}:
        assert [promise.kind for promise in draft.commitments if promise.approved_by]
        assert ("2026年11月30日" if language == "zh" else "30 November 2026") in draft.text


def test_a_chinese_letter_that_upholds_a_complaint() -> None:
    assert COMPOSER.compose(subject("upheld", "zh")).text == snapshot("""\
尊敬的客户：

您就信用卡年费反映的收费问题，我们有了决定，在此答复您。按您所说，这件事涉及300元和3月2日。被收了一笔自己不认可的费用，您还打过3次电话，这份愤怒我们听见了，也理解您想到向外求助；这番经历，我们向您郑重道歉。

核查之后，我们认为您反映的情况属实，投诉成立。2026年11月30日前，我们会把20元退还给您，由投诉处理专员办理。

核查的结果如下：年费由系统重复扣收一次。这样决定的理由是：合同约定首年免收年费。

您想知道的原因，上面已经逐项说明。

对处理结果有异议的，您可以申请核查，也可以通过调解、仲裁、诉讼等途径解决，或拨打12378向金融监管部门反映。

有新的情况，直接回复即可，编号是GD-2026-117；已经说明的内容不用再讲一遍。谢谢您给我们处理这件事的机会。

远山银行
2026年11月22日\
""")


def test_an_english_letter_that_turns_a_complaint_down() -> None:
    assert COMPOSER.compose(subject("rejected", "en")).text == snapshot("""\
Dear customer,

Your complaint about the overdraft fee has been looked into, and here is our decision. You wrote to us of £35 and 2 March. Being charged something you do not accept would leave anyone furious, and you have called three times as well. I understand why you think of taking this further, and I am truly sorry.

This is what our checks showed. The fee was taken twice by a batch run. After looking into it, we are unable to uphold your complaint. I know that is hard to hear. Our reason is this: the account terms allow one such fee a month.

You asked for a refund, and for the same reason we cannot agree to that. The explanation you asked for is set out above.

If you are unhappy with this decision, you may refer your complaint to the Financial Ombudsman Service, free of charge, within six months of the date of this letter (www.financial-ombudsman.org.uk).

To add something, reply to this message with the number GD-2026-117. You will not be asked to repeat what you have told us. Thank you for setting out your view.

Yours sincerely,
Thornby Bank\
""")


def test_an_english_letter_to_a_grieving_customer() -> None:
    judged = triage(emotion="sadness", intensity=3, vulnerability=("life_event",), category="process_rules")
    one = replace(
        brief(
            "My late husband's account was to be closed in September. He died on 3 August. Nobody answers.",
            language="en",
            jurisdiction="uk",
            triage=judged,
        ),
        decision=decision("partly", "en"),
    )
    assert make_plan(one).tone.family == "grief"
    assert COMPOSER.compose(one).text == snapshot("""\
Dear customer,

You wrote to us at a hard time, and I can now tell you what we decided. First of all, I am very sorry for your loss, and for adding to what you have to carry.

You wrote to us of 3 August. Our decision is that your complaint is partly upheld. We will refund you £20 by 30 November 2026; the complaint handler will see to it.

This is what our checks showed. The fee was taken twice by a batch run. Our reason is this: the account terms allow one such fee a month.

If you are unhappy with this decision, you may refer your complaint to the Financial Ombudsman Service, free of charge, within six months of the date of this letter (www.financial-ombudsman.org.uk).

A reply to this message reaches the complaint handler. You will not be asked to repeat what you have told us. With our best wishes; if there is anything you need, please tell us.

Yours sincerely,
Thornby Bank\
""")


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    one=briefs("zh", complaint=True) | briefs("en", complaint=True),
    stage=st.sampled_from(COMPLAINT),
    style=st.sampled_from(("", "shorter", "longer", "warmer", "formal")),
    variation=st.integers(0, 5),
)
def test_whatever_is_decided_every_reply_passes_what_it_must(
    one: Brief, stage: str, style: Style, variation: int
) -> None:
    try:
        mine = replace(one, decision=decision(stage, one.language))
        plan = make_plan(mine)
    except InvalidRequest:  # there is nothing left to ask for
        return
    draft = COMPOSER.compose(mine, plan, style, variation)
    failed = [(each.id, each.span and each.span.text) for each in draft.checks if not each.passed]
    assert draft.sendable, (failed, draft.text)
    assert "{" not in draft.text.replace(plan.name, "")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("stage", COMPLAINT)
def test_another_feeling_changes_the_words_and_no_promise(stage: str, language: Language) -> None:
    texts: set[str] = set()
    promises: set[str] = set()
    feelings: list[tuple[EmotionKind, int, tuple[EscalationKind, ...]]] = [
        *((kind, intensity, ()) for kind in EMOTIONS for intensity in (1, 4)),
        ("anger", 3, ("media",)),
    ]
    for kind, intensity, escalations in feelings:
        judged = triage(
            emotion=kind, intensity=intensity, needs=("refund", "explanation"), escalations=escalations
        )
        draft = COMPOSER.compose(subject(stage, language, triage=judged))
        texts.add(draft.text)
        promises.add("".join(promise.model_dump_json() for promise in draft.commitments))
    assert len(promises) == 1
    assert len(texts) >= len(EMOTIONS)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("stage", COMPLAINT)
def test_styles_and_alternatives_are_other_words_for_the_same(stage: str, language: Language) -> None:
    one = subject(stage, language)
    usual = COMPOSER.compose(one)
    others = {
        style: COMPOSER.compose(one, style=style) for style in ("shorter", "longer", "warmer", "formal")
    }
    assert len({usual.text, *(draft.text for draft in others.values())}) == 5
    assert len(others["shorter"].text) < len(usual.text) < len(others["longer"].text)
    for draft in others.values():
        assert draft.commitments == usual.commitments
        assert draft.sendable
    varied = {COMPOSER.compose(one, variation=number).text for number in range(3)}
    assert len(varied) == 3


def test_a_tone_that_rises_from_turn_to_turn_is_seen() -> None:
    judged = triage(emotion="anger", intensity=3)
    path = Trajectory(shape="rising", turned_at=1, turns=())
    rising = judged.model_copy(update={"emotion": judged.emotion.model_copy(update={"trajectory": path})})
    text = COMPOSER.compose(subject("progress", "zh", triage=rising)).text
    assert "越来越重" in text or "越积越深" in text


def test_irony_is_answered_in_earnest() -> None:
    judged = triage(emotion="anger", intensity=3)
    ironic = judged.model_copy(update={"emotion": judged.emotion.model_copy(update={"sarcastic": True})})
    one = subject("acknowledge", "en", triage=ironic)
    assert make_plan(one).tone.family == "sarcasm"
    assert "frustrat" in COMPOSER.compose(one).text


def test_a_customer_in_danger_gets_the_approved_block_until_a_person_has_spoken_with_them() -> None:
    judged = triage(emotion="sadness", intensity=4, escalations=("safety",))
    one = subject("upheld", "zh", triage=judged)
    held = replace(one, decision=decision("upheld", "zh", danger_over=False))
    assert COMPOSER.compose(held).stage == "safety_hold"
    assert not any(promise.approved_by for promise in COMPOSER.compose(held).commitments)
    assert COMPOSER.compose(one).stage == "upheld"


def test_after_a_reply_has_gone_out_the_next_one_reports_progress() -> None:
    assert make_plan(replace(subject("acknowledge", "zh"), answered=True)).stage == "progress"


def test_nothing_that_was_given_is_asked_for() -> None:
    told = brief(
        "11月3日订单SO-448213的冰箱坏了，照片已经上传，收据也发给你们了",
        triage=triage(category="product_quality"),
    )
    with pytest.raises(InvalidRequest, match="already given order, photos"):
        make_plan(replace(told, decision=Decision(stage="ask", ask=("order", "photos"))))
    plan = make_plan(replace(told, decision=Decision(stage="ask", ask=("photos", "account_holder"))))
    assert plan.asks == ("account_holder",)


def test_a_policy_nobody_found_is_refused() -> None:
    one = subject("rejected", "zh")
    with pytest.raises(InvalidRequest, match="no policy 'fees-9' in force was found"):
        make_plan(replace(one, decision=decision("rejected", "zh", policy="fees-9")))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_reply_in_the_other_language_restates_the_same_facts(language: Language) -> None:
    other: Language = "en" if language == "zh" else "zh"
    mine = subject("acknowledge", language)
    theirs = replace(mine, language=other, foreign=True, company="Thornby Bank")
    draft = COMPOSER.compose(theirs)
    assert draft.sendable, [each for each in draft.checks if not each.passed]
    assert {"zh": "¥300", "en": "35英镑"}[language] in draft.text
