"""The chat widget: approved clauses only, whatever anybody writes."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, strategies as st
from inline_snapshot import snapshot
from pydantic import ValidationError

from bot.channels.rasa import (
    RULES,
    Clauses,
    WidgetMessage,
    WidgetRules,
    answer,
    intent,
    shipped,
    to_complaint,
)
from bot.complaint import ComplaintIn, CustomerRef
from bot.suggestion import (
    CaseCard,
    Citation,
    Clock,
    ContactCard,
    Draft,
    Emotion,
    Escalation,
    Evidence,
    FactCard,
    Matches,
    NeedRead,
    PassageCard,
    ProfileView,
    ReasonCode,
    Route,
    Suggestion,
    Triage,
)
from knowledge.case import EmotionKind, EscalationKind, Language, Redress
from knowledge.errors import InvalidRules
from knowledge.rules import load_rules

VECTORS = Path(__file__).parents[2] / "shared" / "vectors" / "rasa_rest.json"


def message(text: str, **fields: Any) -> WidgetMessage:
    return WidgetMessage.model_validate({"sender": "u-7781", "message": text} | fields)


def suggestion(
    *,
    words: str = "退款",
    language: str = "zh",
    complaint: bool = True,
    feeling: EmotionKind = "neutral",
    intensity: int = 0,
    escalations: tuple[EscalationKind, ...] = (),
    reason: ReasonCode = "assigned",
    clocks: tuple[tuple[str, date], ...] = (("final", date(2026, 12, 7)),),
) -> Suggestion:
    """A suggestion with `words` wherever something of the customer, of a case or of the draft stands."""
    seen = Evidence(start=0, end=len(words), text=words)
    abstained = reason != "assigned"
    return Suggestion(
        id="sug_1",
        complaint_id="cmp_7f3a",
        language=language,
        created_at=datetime(2026, 11, 22, 9, tzinfo=UTC),
        triage=Triage(
            category=None if abstained else "delay",
            confidence=0.8,
            margin=0.5,
            abstained=abstained,
            reason_code=reason,
            alternatives=(),
            complaint=complaint,
            urgency="normal",
            route=Route(queue=words),
            emotion=Emotion(primary=feeling, intensity=intensity, scores={feeling: 1.0}, evidence=(seen,)),
            escalations=tuple(Escalation(kind=kind, evidence=(seen,)) for kind in escalations),
            needs=(NeedRead(kind="explicit", need="refund", text=words),),
            vulnerability=(),
            reasons=(words,),
        ),
        matches=Matches(cases=(a_case(words),), passages=(a_passage(words),)),
        profile=a_profile(words),
        clocks=tuple(
            Clock(stage=stage, due=due, rule=words, trace=words, source=words, verified=True)
            for stage, due in clocks
        ),
        draft=Draft(
            text=words, language=language, source="model", citations=(Citation(id="p", quote=words),)
        ),
    )


def a_case(words: str) -> CaseCard:
    return CaseCard(
        id="c",
        similarity=0.9,
        via=("dense",),
        outcome="upheld",
        category="delay",
        summary=words,
        resolution=words,
        redress=Redress(),
        resolved_at=None,
        policy=None,
        superseded=False,
    )


def a_passage(words: str) -> PassageCard:
    return PassageCard(
        id="p",
        similarity=0.9,
        via=("dense",),
        article_id="a",
        title=words,
        text=words,
        version="1",
        valid_to=None,
        superseded=False,
    )


def a_profile(words: str) -> ProfileView:
    fact = FactCard(field="name", value=words, source=words, observed_at=date(2026, 1, 1), confidence=1)
    contact = ContactCard(
        at=datetime(2026, 1, 1, tzinfo=UTC),
        channel="phone",
        summary=words,
        emotion="anger",
        intensity=2,
        promise=words,
    )
    return ProfileView(customer_id=words, verified=True, facts=(fact,), contacts=(contact,))


def said(text: str, found: Suggestion | None, **fields: Any) -> list[dict[str, Any]]:
    return [reply.public() for reply in answer(message(text, **fields), found)]


def read_out(text: str, found: Suggestion | None) -> list[list[str]]:
    """The bubbles of an answer, sentence by sentence; the titles of buttons in brackets at the end."""
    return [
        [
            *filter(None, re.split(r"(?<=[。；])|(?<=[.!?]) ", reply.text)),
            *(f"[{b.title}]" for b in reply.buttons),
        ]
        for reply in answer(message(text), found)
    ]


def test_a_complaint_is_on_record_with_its_number_and_the_day_of_an_answer() -> None:
    assert read_out("退款一直没到账", suggestion(feeling="anxiety", intensity=2)) == snapshot(
        [
            [
                "【自动回复】看得出您很着急，我们先把事情登记清楚。",
                "您的反馈已经登记，编号 cmp_7f3a，由工作人员处理。",
                "工作人员最迟在 2026年12月7日 答复您。",
            ],
            ["有要补充的，直接在这里写；", "想和人谈，请转人工。", "[转人工]"],
        ]
    )


def test_an_english_complaint_gets_the_same_in_english() -> None:
    assert read_out(
        "My refund never came", suggestion(language="en", feeling="anger", intensity=3)
    ) == snapshot(
        [
            [
                "Automatic reply: We are sorry that this has made you so angry.",
                "Your message is on record under number cmp_7f3a, and a person will deal with it.",
                "You will hear from a person by 7 December 2026 at the latest.",
            ],
            ["Add anything you like here, or talk to a person.", "[Talk to a person]"],
        ]
    )


def test_a_safety_escalation_gets_the_safety_block_and_nothing_else() -> None:
    for typed in ("活不下去了", "转人工", "你好", "谢谢"):
        found = suggestion(escalations=("regulator", "safety"), complaint=False, feeling="gratitude")
        assert read_out(typed, found) == snapshot(
            [
                [
                    "【自动回复】您的话我们很重视，已转给工作人员优先处理。",
                    "如果您或身边的人正处在危险中，请马上拨打 110（报警）或 120（急救）。",
                    "心里难受、想找人说说话，可以拨打全国统一心理援助热线 12356。",
                    "有人接入之前，您可以一直在这里写。",
                ]
            ]
        )
    english = suggestion(language="en", escalations=("safety",), feeling="sadness", intensity=4)
    assert read_out("I can't go on", english) == snapshot(
        [
            [
                "Automatic reply: We take what you say seriously.",
                "It has gone to a person, who will look at it first.",
                "If you or anyone near you is in danger, call your emergency number now: 112, 999 or 911.",
                "If you need someone to talk to: 988 in the US and Canada, 116 123 in the UK and Ireland.",
                "You can go on writing here until someone joins.",
            ]
        ]
    )


def test_a_person_is_asked_for_by_the_button_or_in_words() -> None:
    zh, en = shipped().zh.label + shipped().zh.handoff, shipped().en.label + shipped().en.handoff
    for typed in ("转人工", " 转人工！", "人工客服。", "/handoff"):
        assert said(typed, None) == [{"recipient_id": "u-7781", "text": zh}]
    for typed in ("Talk to a person", "AGENT!!", "real person"):
        assert said(typed, None) == [{"recipient_id": "u-7781", "text": en}]
    assert said("/handoff", None, metadata={"language": "en"})[0]["text"] == en
    assert said("/handoff", suggestion(language="en"))[0]["text"] == en


def test_a_complaint_that_only_mentions_a_person_is_a_complaint() -> None:
    assert intent(message("你们的人工客服太差了")) == "text"
    assert intent(message("your agent hung up on me")) == "text"


def test_a_greeting_and_an_empty_message_are_greeted() -> None:
    assert read_out("您好！", None) == snapshot(
        [
            [
                "您好，我是自动助手。",
                "请说说发生了什么、在什么时候、希望我们怎么处理，有订单号请一并写上。",
                "[转人工]",
            ]
        ]
    )
    assert read_out("Hello there", None) == snapshot(
        [
            [
                "Hello, I am an automatic assistant.",
                "Please tell us what happened, when, and what you would like us to do.",
                "If there is an order number, add it.",
                "[Talk to a person]",
            ]
        ]
    )
    assert said("  ", None)[0]["text"] == shipped().zh.greeting
    assert said("?!", None, metadata={"language": "en"})[0]["text"] == shipped().en.greeting


def test_too_little_to_judge_asks_for_more() -> None:
    unclear = read_out("嗯", suggestion(reason="not_enough_text", complaint=False))
    assert unclear == snapshot(
        [
            [
                "【自动回复】我还没能看明白您遇到的问题。",
                "请用一两句话说明发生了什么、在什么时候，也可以直接转人工。",
                "[转人工]",
            ]
        ]
    )
    assert read_out("退款没到账", None) == unclear


def test_praise_is_thanked() -> None:
    assert said("多亏小王", suggestion(complaint=False, feeling="gratitude", intensity=2)) == [
        {"recipient_id": "u-7781", "text": shipped().zh.label + shipped().zh.thanks}
    ]


def test_an_abstention_is_on_record_all_the_same() -> None:
    assert "cmp_7f3a" in said("???? 东西", suggestion(reason="low_confidence"))[0]["text"]


def test_the_first_stage_with_a_day_to_come_is_named() -> None:
    def text(*clocks: tuple[str, date]) -> str:
        return said("退款", suggestion(clocks=clocks))[0]["text"]

    final, first = ("final", date(2026, 12, 7)), ("first_reply", date(2026, 11, 30))
    assert "2026年11月30日" in text(final, first) and "12月7日" not in text(final, first)
    assert "2026年12月7日" in text(final, ("first_reply", date(2026, 11, 21)))
    assert "2026年12月7日" in text(final, ("final", date(2027, 1, 4)))
    assert "2026年11月22日" in text(("final", date(2026, 11, 22)))
    without = shipped().zh.no_date
    assert without in text() and without in text(("extended", date(2026, 12, 1)))
    assert without in text(("final", date(2026, 11, 21)))


def test_a_clock_nobody_has_verified_is_not_told() -> None:
    found = suggestion()
    doubtful = found.model_copy(
        update={"clocks": tuple(clock.model_copy(update={"verified": False}) for clock in found.clocks)}
    )
    assert shipped().zh.no_date in said("退款", doubtful)[0]["text"]


any_words = st.text(min_size=1, max_size=80)


@given(
    words=any_words,
    other=any_words,
    language=st.sampled_from(["zh", "en"]),
    complaint=st.booleans(),
    feeling=st.sampled_from(get_args(EmotionKind)),
    intensity=st.integers(0, 4),
    escalations=st.lists(st.sampled_from(get_args(EscalationKind)), max_size=2).map(tuple),
    reason=st.sampled_from(get_args(ReasonCode)),
)
def test_no_word_of_customer_case_profile_or_draft_changes_the_answer(
    words: str, other: str, **reading: Any
) -> None:
    typed = message("退款没到账")
    assert answer(typed, suggestion(words=words, **reading)) == answer(
        typed, suggestion(words=other, **reading)
    )
    assert answer(typed, suggestion(words=words, **reading)) == answer(
        typed, suggestion(words=words, **reading)
    )


@given(
    words=any_words, language=st.sampled_from(["zh", "en"]), feeling=st.sampled_from(get_args(EmotionKind))
)
def test_what_the_customer_typed_changes_no_answer_beyond_its_kind(
    words: str, language: str, feeling: EmotionKind
) -> None:
    found = suggestion(language=language, feeling=feeling, intensity=3)
    expected = {
        "text": answer(message("退款没到账"), found),
        "greeting": answer(message("你好"), found),
        "handoff": answer(message("转人工"), found),
    }
    typed = message(words)
    assert answer(typed, found) == expected[intent(typed)]


@given(text=st.text(max_size=60), sender=st.text(min_size=1, max_size=50))
def test_every_text_that_is_ever_said_is_an_approved_clause(text: str, sender: str) -> None:
    typed = WidgetMessage(sender=sender, message=text)
    approved = {
        label + clause
        for clauses in (shipped().zh, shipped().en)
        for label in ("", clauses.label)
        for clause in (clauses.greeting, clauses.unclear, clauses.handoff)
    }
    for reply in answer(typed, None):
        assert reply.text in approved
        assert reply.recipient_id == typed.sender


def test_the_draft_and_the_marker_of_a_customer_never_come_back() -> None:
    marker = "ZEBRA-4711 全额退还500元"
    for language in ("zh", "en"):
        for complaint in (True, False):
            found = suggestion(
                words=marker, language=language, complaint=complaint, feeling="anger", intensity=4
            )
            replies = json.dumps(said(marker, found), ensure_ascii=False)
            assert "ZEBRA" not in replies and "500" not in replies


@pytest.mark.parametrize("language", get_args(Language))
def test_no_clause_promises_anything(language: Language) -> None:
    clauses = shipped().clauses(language).model_dump_json()
    for word in (
        "保证",
        "一定会",
        "尽快",
        "立即",
        "退款",
        "赔",
        "guarantee",
        "refund",
        "compensat",
        "soon",
        "promise",
    ):
        assert word not in clauses.lower(), word


def test_a_message_goes_on_record_as_an_unverified_customers() -> None:
    assert to_complaint(
        message("退款没到账", input_channel="Web", metadata={"verified": True})
    ) == ComplaintIn(
        text="退款没到账",
        channel="web",
        customer=CustomerRef(kind="app_user", value="u-7781", verified=False),
    )
    pressed = to_complaint(message("/handoff", metadata={"language": "en"}))
    assert pressed is not None and pressed.text == "Talk to a person"
    assert to_complaint(message("x y z", input_channel="<script>")) == ComplaintIn(
        text="x y z", channel="widget", customer=CustomerRef(kind="app_user", value="u-7781")
    )
    assert to_complaint(message("你好")) is None


@pytest.mark.shared
def test_the_published_request_is_read_and_the_replies_have_its_shape() -> None:
    if not VECTORS.exists():
        pytest.skip(f"the conformance vectors are not at {VECTORS}")
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    typed = WidgetMessage.model_validate(vectors["request"])
    assert typed == WidgetMessage(
        sender="u-7781", message="退款没到账", input_channel="web", metadata={"order_no": "2026-8812"}
    )
    replies = [reply.public() for reply in answer(typed, suggestion())]
    published = {name for reply in vectors["response"] for name in reply}
    assert {name for reply in replies for name in reply} <= published
    assert replies[-1]["buttons"] == vectors["response"][1]["buttons"]
    assert {reply["recipient_id"] for reply in replies} == {vectors["request"]["sender"]}


def test_a_message_without_a_sender_is_refused() -> None:
    for fault in ({"message": "x"}, {"sender": "", "message": "x"}, {"sender": "a" * 201, "message": "x"}):
        with pytest.raises(ValidationError):
            WidgetMessage.model_validate(fault)


def test_a_clause_with_a_placeholder_of_its_own_is_refused_with_its_line(tmp_path: Path) -> None:
    source = RULES.read_text(encoding="utf-8")
    line = next(n for n, text in enumerate(source.splitlines(), 1) if text.startswith("thanks"))
    edited = tmp_path / "widget.toml"
    edited.write_text(source.replace('thanks = "谢谢您', 'thanks = "{name}谢谢您'), encoding="utf-8")
    with pytest.raises(InvalidRules, match=rf"widget\.toml:{line}: zh\.thanks: .*must be: none"):
        load_rules(edited, WidgetRules)
    edited.write_text(source.replace("{date}", "soon"), encoding="utf-8")
    with pytest.raises(InvalidRules, match=r"must be: \{date\}"):
        load_rules(edited, WidgetRules)


def test_both_languages_say_the_same_things() -> None:
    assert set(shipped().zh.feeling) == set(shipped().en.feeling)
    assert set(Clauses.model_fields) == set(shipped().en.model_dump())
