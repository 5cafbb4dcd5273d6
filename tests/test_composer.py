# ruff: noqa: E501  # letters are compared whole, as they leave the house
"""The composer: whole replies, and what holds for every one of them."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from inline_snapshot import snapshot

from bot.brief import Brief
from bot.draft.checks import blocked
from bot.draft.composer import Composer
from bot.draft.tone import read_tone
from knowledge.article import Article
from knowledge.case import EMOTIONS, Case, EmotionKind, Language
from tests.briefs import brief, briefs, case, fact, passages, triage

COMPOSER = Composer.shipped()
EXAMPLES = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

FEES_ZH = Article(
    id="fees",
    language="zh",
    title="个人客户收费表",
    kind="fee_schedule",
    text="信用卡年费：标准卡160元，金卡480元。\n\n一线人员可以免收一次年费，须登记。",
)
FEES_EN = Article(
    id="fees",
    language="en",
    title="Charges for personal accounts",
    kind="fee_schedule",
    text="We charge no fixed fee for an unarranged overdraft or for a returned payment.\n\n"
    "A handler may waive one overdraft fee a year.",
)


def angry_zh(**changes: Any) -> Brief:
    judged = triage(
        emotion="anger",
        intensity=3,
        escalations=("regulator",),
        needs=("refund", "explanation"),
        urgency="high",
    )
    return brief(
        "3月2日扣了我300元信用卡年费，我打了三次电话都没人理，等了两周！再不退我就投诉到银保监会！",
        triage=judged,
        reference="GD-20261122",
        passages=passages(FEES_ZH),
        **changes,
    )


def test_an_angry_customer_who_speaks_of_the_regulator_gets_facts_a_date_and_their_rights() -> None:
    draft = COMPOSER.compose(angry_zh())
    assert draft.text == snapshot("""\
尊敬的客户：

您就信用卡年费反映的收费问题，我们于2026年11月22日收到后已转给投诉处理专员。我们已记下您提供的300元和3月2日。被收了一笔自己不认可的费用，您还打过3次电话、等了两周，这份愤怒我们听见了，也理解您想到向外求助；这番经历，我们向您郑重道歉。

现在由投诉处理专员核查收费的依据、金额和当时的告知记录；2026年11月25日前，您会收到核查的进展。您要求退还300元，能否办理、依据是什么，会在答复中给您明确的说法。您要的解释，会写进给您的答复。

向监管部门反映是您的权利，我们尊重，核查不会因此有任何改变。按照《银行业保险业消费投诉处理管理办法》，处理决定会在2026年12月7日前告知您；情况复杂需要延长的，会先向您说明。对处理结果有异议的，您可以申请核查，也可以通过调解、仲裁、诉讼等途径解决，或拨打12378向金融监管部门反映。

与此有关，《个人客户收费表》写明：“信用卡年费：标准卡160元，金卡480元。”我们会对照这一条来核查。

有新的情况，直接回复即可，编号是GD-20261122；已经说明的内容不用再讲一遍。

远山银行
2026年11月22日\
""")
    assert [
        (promise.kind, str(promise.deadline), promise.source) for promise in draft.commitments
    ] == snapshot(
        [("reply", "2026-11-25", "company.progress.high"), ("look_into", "2026-12-07", "cn.nfra.final")]
    )
    policy, rights = draft.citations
    assert policy.model_dump() == snapshot(
        {"id": "fees#1", "quote": "信用卡年费：标准卡160元，金卡480元。", "title": "个人客户收费表"}
    )
    assert (rights.id, rights.title) == ("cn.nfra.rights", "《银行业保险业消费投诉处理管理办法》")
    assert rights.quote in draft.text and "2026年12月7日" in rights.quote


def test_an_english_letter_says_the_same_things_in_plain_words() -> None:
    judged = triage(
        emotion="anger", intensity=3, escalations=("regulator",), needs=("refund",), urgency="high"
    )
    draft = COMPOSER.compose(
        brief(
            "You charged me a £35 overdraft fee on 2 March and I have called three times. "
            "I want it back or I go to the ombudsman!",
            language="en",
            jurisdiction="uk",
            triage=judged,
            reference="C-20417",
            passages=passages(FEES_EN),
        )
    )
    assert draft.text == snapshot("""\
Dear customer,

We received your complaint about the overdraft fee on 22 November 2026, and a complaint handler is now working on it. From what you told us, I have noted £35 and 2 March. Being charged something you do not accept would leave anyone furious, and you have called three times as well. I understand why you think of taking this further, and I am truly sorry.

We are now checking why the charge was made, how much it was and what you were told about it. You will hear from the complaint handler by 25 November 2026. You asked for a refund of £35. We have to check before we can say yes or no; our reply will say which, and why.

Going to the regulator or an ombudsman is your right, and our work on this goes on as before. You will have our final response by 17 January 2027, or a letter saying why we need longer and until when. If you are unhappy with our final response, or have not had it after eight weeks, you may refer your complaint to the Financial Ombudsman Service, free of charge (www.financial-ombudsman.org.uk).

Under our price list “Charges for personal accounts”: “We charge no fixed fee for an unarranged overdraft or for a returned payment.” We are checking your case against that.

To add something, reply to this message with the number C-20417. You will not be asked to repeat what you have told us.

Yours sincerely,
Thornby Bank\
""")


def test_the_bereaved_hear_condolences_first_and_no_policy() -> None:
    judged = triage(
        category="delay", emotion="sadness", intensity=3, vulnerability=("life_event",), needs=("speed_up",)
    )
    draft = COMPOSER.compose(
        brief(
            "我爱人上个月去世了，保单号PL-88213的寿险理赔已经等了40天。",
            sector="insurance",
            company="安禾保险",
            triage=judged,
            facts=(fact("name", "王秀兰"), fact("title", "女士")),
            passages=passages(FEES_ZH),
        )
    )
    assert draft.text == snapshot("""\
尊敬的王秀兰女士：

请先接受我们的慰问，愿您节哀、保重身体。在您最难的时候添了这件事，我们深表歉意。

您就寿险反映的延误问题，我们已于2026年11月22日收到，由一位投诉处理专员专门负责。我们已记下您提供的保单号PL-88213，也记下您等了40天。

您安心处理家里的事。投诉处理专员会去核查目前卡在哪个环节、原因是什么，并在2026年11月27日前向您说明。您希望加快办理，我们就按2026年11月27日这个日期来安排。

按照《银行业保险业消费投诉处理管理办法》，处理决定会在2026年12月7日前告知您；情况复杂需要延长的，会先向您说明。对处理结果有异议的，您可以申请核查，也可以通过调解、仲裁、诉讼等途径解决，或拨打12378向金融监管部门反映。

有新的情况，直接回复就能转到负责的专员；已经说明的内容不用再讲一遍。

安禾保险
2026年11月22日\
""")
    assert [citation.id for citation in draft.citations] == ["cn.nfra.rights"]


def test_chat_is_short_and_still_says_when() -> None:
    judged = triage(category="fraud_unauthorised", emotion="anxiety", intensity=3, urgency="critical")
    draft = COMPOSER.compose(
        brief("今天尾号4471的信用卡被人刷了8600元，不是我刷的，怎么办", channel="app", triage=judged)
    )
    assert draft.text == snapshot("""\
您好。您就信用卡反映的非本人操作问题已经登记，投诉处理专员正在看。我们已记下您提供的8600元和尾号4471。遇到这样的事，任谁都会担心，让您不安，抱歉。
2026年11月23日前给您消息，眼下在核查相关操作的时间、渠道和验证记录。请先不要把验证码告诉任何人，也不要按陌生来电转账。\
""")


def test_praise_gets_thanks_and_no_promise() -> None:
    judged = triage(category="other", emotion="gratitude", intensity=2, complaint=False, urgency="low")
    draft = COMPOSER.compose(brief("小李特别耐心，帮我爸把手机银行教会了，谢谢！", triage=judged))
    assert (draft.stage, draft.commitments) == ("thanks", ())
    assert draft.text == snapshot("""\
尊敬的客户：

读到您的这番话，我们非常高兴，谢谢您。被人这样认真地感谢，是这份工作里最好的时刻。祝您往后诸事顺遂。

远山银行
2026年11月22日\
""")


def test_a_question_is_answered_from_the_policy() -> None:
    judged = triage(category="other", emotion="neutral", intensity=0, complaint=False, urgency="low")
    draft = COMPOSER.compose(
        brief(
            "请问信用卡年费是多少？标准卡和金卡一样吗？",
            channel="chat",
            triage=judged,
            passages=passages(FEES_ZH),
        )
    )
    assert draft.stage == "answer"
    assert draft.text == snapshot("""\
您好。您关于信用卡年费的问题我们收到了。
根据《个人客户收费表》，“信用卡年费：标准卡160元，金卡480元。”我们会核实清楚，在2026年11月29日前答复您。\
""")


@pytest.mark.parametrize(
    ("language", "jurisdiction", "numbers"),
    [
        ("zh", None, ("12356", "110", "120")),
        ("en", "uk", ("116 123", "999")),
        ("en", "us", ("988", "911")),
        ("en", None, ("116 123", "999", "988", "911")),
    ],
)
def test_danger_gets_the_approved_block_of_the_place_and_nothing_else(
    language: Language, jurisdiction: str | None, numbers: tuple[str, ...]
) -> None:
    judged = triage(category="fees_pricing", intensity=4, escalations=("safety", "media"), urgency="critical")
    one, other = (
        COMPOSER.compose(
            brief("…300元…", language=language, jurisdiction=jurisdiction, triage=judged, complaint_id=name)
        )
        for name in ("a", "b")
    )
    assert one.stage == "safety_hold"
    assert one.text == other.text
    assert all(number in one.text for number in numbers)
    assert "300" not in one.text
    assert [promise.kind for promise in one.commitments] == ["call"]


@EXAMPLES
@given(subject=briefs("zh") | briefs("en"))
def test_every_reply_passes_every_check_it_must_pass(subject: Brief) -> None:
    draft = COMPOSER.compose(subject)
    failed = [(result.id, result.detail) for result in draft.checks if not result.passed]
    assert not blocked(draft.checks), (failed, draft.text)
    assert {name for name, _ in failed} <= {"R18"}, (failed, draft.text)
    assert "{" not in draft.text.replace(subject.company, "")


@EXAMPLES
@given(subject=briefs("zh", complaint=True) | briefs("en", complaint=True), emotion=st.sampled_from(EMOTIONS))
def test_another_feeling_changes_the_words_and_never_the_promises(
    subject: Brief, emotion: EmotionKind
) -> None:
    was = subject.triage.emotion
    changed = subject.triage.model_copy(
        update={"emotion": was.model_copy(update={"primary": emotion, "scores": {emotion: 0.8}})}
    )
    felt = replace(subject, triage=changed)
    one, other = COMPOSER.compose(subject), COMPOSER.compose(felt)
    assert one.commitments == other.commitments
    assert (one.text == other.text) == (read_tone(subject).family == read_tone(felt).family)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_feeling_has_words_of_its_own(language: Language) -> None:
    texts = {
        COMPOSER.compose(brief(language=language, triage=triage(emotion=emotion, intensity=intensity))).text
        for emotion in EMOTIONS
        for intensity in (1, 3)
    }
    assert len(texts) >= len(EMOTIONS) + 1


def test_the_same_complaint_gets_the_same_words_and_others_get_others() -> None:
    texts = [COMPOSER.compose(angry_zh(complaint_id=f"cmp_{number}")).text for number in range(20)]
    assert COMPOSER.compose(angry_zh(complaint_id="cmp_3")).text == texts[3]
    assert len(set(texts)) > 12


def test_a_past_reply_of_ours_may_be_said_again() -> None:
    subject = angry_zh()
    past = Case(id="past", language="zh", text="另一件事", resolution=COMPOSER.compose(subject).text)
    draft = COMPOSER.compose(replace(subject, cases=(case(past),)))
    assert [result.id for result in draft.checks if not result.passed] == []


def test_a_stranger_is_not_called_by_a_name_and_no_identifier_is_repeated() -> None:
    text = "我是张伟，订单号13800138000，卡号6222021234567890123，邮箱a@example.com，扣了50元"
    draft = COMPOSER.compose(brief(text, reference="call 13800138000"))
    assert draft.text.startswith("尊敬的客户：")
    assert not re.search("张伟|13800138000|62220|example", draft.text)
    assert "50元" in draft.text


def test_without_any_clock_the_reply_promises_no_date() -> None:
    draft = COMPOSER.compose(brief(clocks=()))
    assert draft.commitments == ()
    assert not blocked(draft.checks)


def test_a_policy_that_is_no_longer_in_force_is_not_quoted() -> None:
    old = angry_zh()
    draft = COMPOSER.compose(replace(old, passages=passages(FEES_ZH, superseded=True)))
    assert [citation.id for citation in draft.citations] == ["cn.nfra.rights"]
    assert "收费表" not in draft.text
