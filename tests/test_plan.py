"""What a reply has to do, decided before any word is chosen."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from inline_snapshot import snapshot

from bot.brief import Brief
from bot.draft.clauses import Stage
from bot.draft.composer import Composer
from bot.draft.plan import make_plan
from bot.draft.tone import Family, Form
from bot.suggestion import Citation
from knowledge.article import Article
from knowledge.case import EmotionKind, EscalationKind, Vulnerability
from tests.briefs import TODAY, brief, briefs, fact, passages, triage

RULES = Article(
    id="rules",
    language="zh",
    title="信用卡收费表",
    kind="fee_schedule",
    text="年费：信用卡标准卡160元，金卡480元。\n\n"
    "信用卡年费争议由一线处理人员登记后上报审批。\n\n"
    "该年费在办卡次月收取，信用卡持卡人可以查询。\n\n"
    "供暖不达标的，按天退费。",
)


@pytest.mark.parametrize(
    ("complaint", "emotion", "needs", "escalations", "stage"),
    [
        (True, "anger", ("refund",), (), "acknowledge"),
        (True, "gratitude", (), (), "acknowledge"),
        (False, "gratitude", (), (), "thanks"),
        (False, "gratitude", ("explanation",), (), "answer"),
        (False, "neutral", (), (), "answer"),
        (True, "anger", (), ("regulator", "safety"), "safety_hold"),
        (False, "neutral", (), ("safety",), "safety_hold"),
    ],
)
def test_the_stage_follows_danger_then_complaint_then_praise(
    complaint: bool,
    emotion: EmotionKind,
    needs: tuple[str, ...],
    escalations: tuple[EscalationKind, ...],
    stage: Stage,
) -> None:
    judged = triage(complaint=complaint, emotion=emotion, needs=needs, escalations=escalations)
    assert make_plan(brief(triage=judged)).stage == stage


@pytest.mark.parametrize(
    ("text", "emotion", "vulnerability", "family"),
    [
        ("我爱人上个月去世了", "sadness", (), "grief"),
        ("我爱人上个月去世了", "anger", ("life_event",), "grief"),
        ("我爱人上个月去世了", "anger", (), "anger"),
        ("手机摔坏了", "sadness", (), "sadness"),
        ("笑死我了", "neutral", (), "neutral"),
    ],
)
def test_grief_needs_more_than_a_word(
    text: str, emotion: EmotionKind, vulnerability: tuple[Vulnerability, ...], family: Family
) -> None:
    judged = triage(emotion=emotion, vulnerability=vulnerability)
    assert make_plan(brief(text, triage=judged)).tone.family == family


def test_a_dead_phone_gets_no_condolences() -> None:
    judged = triage(emotion="anger")
    assert make_plan(brief("My phone died on day two!", language="en", triage=judged)).tone.family == "anger"


@pytest.mark.parametrize(
    ("channel", "form"),
    [
        ("email", "letter"),
        ("letter", "letter"),
        ("api", "letter"),
        ("phone", "letter"),
        ("chat", "chat"),
        ("app", "chat"),
        ("wechat.official", "chat"),
        ("chatwoot", "letter"),
    ],
)
def test_the_channel_decides_the_form(channel: str, form: Form) -> None:
    assert make_plan(brief(channel=channel)).tone.form == form


def test_the_facts_that_tell_most_are_restated() -> None:
    plan = make_plan(
        brief(
            "3月2日信用卡扣了300元年费，又扣12.5元利息，再加99元。订单号SO-448213，尾号4471，"
            "我打了三次电话，跑了两趟网点，等了两周。上周五还说两三天。"
        )
    )
    assert plan.restated.nouns == snapshot(("300元", "12.50元", "订单号SO-448213"))
    assert plan.restated.acts == snapshot(("打过3次电话", "跑过2趟"))
    assert (plan.topic, plan.restated.amount) == snapshot(("您就信用卡年费反映的收费问题", ""))
    assert plan.known == snapshot(
        (
            "3月2日",
            "信用卡",
            "300元",
            "年费",
            "12.5元",
            "利息",
            "99元",
            "SO-448213",
            "4471",
            "打了三次",
            "跑了两趟",
            "两周",
            "上周五",
            "两三天",
        )
    )


def test_calls_from_a_collector_are_not_taken_for_the_customers_own() -> None:
    judged = triage(category="collection_conduct")
    assert make_plan(brief("今天十一个电话，打了三次电话", triage=judged)).restated.effort == ()


def test_products_belong_to_their_trade() -> None:
    text = "用信用卡买的冰箱一直没送到"
    delay = triage(category="delay")
    assert make_plan(brief(text, sector="ecommerce", triage=delay)).restated.subject == "冰箱"
    assert make_plan(brief(text, sector="banking", triage=delay)).restated.subject == "信用卡"


def test_the_next_date_is_the_companys_own_and_ahead() -> None:
    plan = make_plan(brief())
    assert plan.next is not None and (plan.next.rule, plan.next.due) == (
        "company.progress.normal",
        TODAY + timedelta(days=5),
    )
    late = make_plan(brief(received_on=TODAY - timedelta(days=40)))
    assert late.next is not None and (late.next.rule, late.next.due) == (
        "company.progress.overdue",
        TODAY + timedelta(days=1),
    )
    assert make_plan(brief(clocks=())).next is None


def test_a_statutory_date_is_promised_only_while_it_is_ahead_and_verified() -> None:
    fresh = make_plan(brief())
    assert fresh.limit is not None and fresh.limit.due == date(2026, 12, 7)
    assert "2026年12月7日" in fresh.rights
    past = make_plan(brief(received_on=TODAY - timedelta(days=16)))
    assert past.limit is None
    assert "日前告知" not in past.rights and "12378" in past.rights
    doubtful = brief()
    doubtful = replace(
        doubtful, clocks=tuple(clock.model_copy(update={"verified": False}) for clock in doubtful.clocks)
    )
    assert make_plan(doubtful).limit is None


def test_rights_follow_the_place_and_are_short_in_chat() -> None:
    uk = make_plan(brief("A £35 fee.", language="en", jurisdiction="uk"))
    assert "Financial Ombudsman Service" in uk.rights and "17 January 2027" in uk.rights
    assert make_plan(brief("A £35 fee.", language="en")).rights == ""
    assert len(make_plan(brief(channel="app")).rights) < len(make_plan(brief()).rights) / 2


def test_only_sentences_that_bear_on_it_and_speak_to_customers_are_cited() -> None:
    found = brief("信用卡年费扣了我300元", passages=passages(RULES))
    assert [citation.quote for citation in make_plan(found).citations] == snapshot(
        ["年费：信用卡标准卡160元，金卡480元。"]
    )
    assert make_plan(replace(found, passages=passages(RULES, superseded=True))).citations == ()
    expired = RULES.model_copy(update={"valid_to": TODAY - timedelta(days=1)})
    assert make_plan(replace(found, passages=passages(expired))).citations == ()


def test_a_policy_that_is_close_is_named_although_no_sentence_can_be_quoted() -> None:
    found = brief("信用卡年费扣了我300元", passages=passages(RULES, 0.05))
    (citation,) = make_plan(found).citations
    assert citation == Citation(id="rules#1", quote="信用卡收费表", title="信用卡收费表")
    draft = Composer.shipped().compose(found)
    assert "《信用卡收费表》" in draft.text and draft.citations[0] == citation
    assert {check.id for check in draft.checks if not check.passed} == set()
    far = RULES.model_copy(update={"title": "停水告知规定", "text": "计划停水提前三天在小区张贴告知。"})
    assert make_plan(replace(found, passages=passages(far))).citations == ()
    unsure = replace(found, triage=found.triage.model_copy(update={"confidence": 0.6}))
    assert make_plan(unsure).citations == ()
    for_staff = RULES.model_copy(update={"title": "信用卡年费减免授权办法"})
    assert make_plan(replace(found, passages=passages(for_staff, 0.05))).citations == ()


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ((("name", "王秀兰"), ("title", "女士")), "王秀兰女士"),
        ((("name", "王秀兰"),), "王秀兰"),
        ((("title", "女士"),), ""),
        ((("name", "⟦PERSON_1⟧"),), ""),
        ((("name", "13800138000"),), ""),
    ],
)
def test_a_name_is_used_only_where_we_know_it(facts: tuple[tuple[str, str], ...], name: str) -> None:
    assert make_plan(brief(facts=tuple(fact(*known) for known in facts))).name == name


def test_a_reference_that_is_none_is_not_quoted() -> None:
    references = ("GD-2026-0031", "13800138000", "保证退款", "a b", None)
    assert [make_plan(brief(reference=reference)).reference for reference in references] == snapshot(
        ["GD-2026-0031", "", "", "", ""]
    )


@settings(max_examples=100, deadline=None)
@given(subject=briefs("zh") | briefs("en"))
def test_every_promise_has_a_clock_and_none_is_money(subject: Brief) -> None:
    plan = make_plan(subject)
    due = {clock.rule: clock.due for clock in subject.clocks}
    assert all(due[promise.source] == promise.deadline for promise in plan.commitments)
    assert all(promise.amount is None and promise.currency is None for promise in plan.commitments)
    assert {promise.kind for promise in plan.commitments} <= {"reply", "look_into", "call"}
    assert plan.next is None or (plan.next in subject.clocks and plan.next.due >= subject.today)
    texts = {match.id: match.passage.text for match in subject.passages}
    assert all(citation.quote in texts[citation.id] for citation in plan.citations)
