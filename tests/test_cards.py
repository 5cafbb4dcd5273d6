"""A card shows an agent what matters, marks the customer's words, and cannot drive the terminal."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from inline_snapshot import snapshot
from rich.console import Console

from bot.cards import CardFile, card, found_cards, safe
from bot.complaint import Turn
from bot.suggestion import (
    Alternative,
    CaseCard,
    CheckResult,
    Clock,
    Commitment,
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
    Route,
    Suggestion,
    Triage,
    VulnerabilityHint,
)
from knowledge.case import Redress
from knowledge.errors import InvalidRules
from knowledge.rules import load_rules
from knowledge.taxonomy import Taxonomy

TEXT = "年费说好免的，又扣了三百！明天不退我就打12378，我妈七十多了看不清账单"
TAXONOMY = Taxonomy.core()


def evidence(words: str, text: str = TEXT, turn: int = 0) -> tuple[Evidence, ...]:
    start = text.index(words)
    return (Evidence(start=start, end=start + len(words), text=words, turn=turn),)


TRIAGE = Triage(
    category="fees_pricing",
    confidence=0.87,
    margin=0.8,
    abstained=False,
    reason_code="assigned",
    alternatives=(Alternative(category="billing_error", confidence=0.07),),
    complaint=True,
    urgency="high",
    route=Route(queue="regulatory_affairs"),
    emotion=Emotion(primary="anger", intensity=3, scores={"anger": 0.8}, evidence=evidence("又扣了三百！")),
    escalations=(Escalation(kind="regulator", evidence=evidence("打12378")),),
    needs=(NeedRead(kind="explicit", need="refund", text="不退", evidence=evidence("不退")),),
    vulnerability=(VulnerabilityHint(kind="capability", evidence=evidence("我妈七十多了看不清")),),
    reasons=("诉求归为“收费与定价”，把握 87%", "客户提到监管"),
)
SUGGESTION = Suggestion(
    id="sug_1",
    complaint_id="cmp_1",
    language="zh",
    created_at=datetime(2026, 11, 22, tzinfo=UTC),
    triage=TRIAGE,
    matches=Matches(
        cases=(
            CaseCard(
                id="zh-banking-018",
                similarity=0.71,
                via=("dense", "lexical"),
                outcome="goodwill",
                category="fees_pricing",
                summary="短信费一个月两块扣了我三年多",
                resolution="退了",
                redress=Redress(kind="refund", amount=Decimal("24.00"), currency="CNY"),
                resolved_at=date(2026, 3, 9),
                policy="a01",
                superseded=True,
            ),
        ),
        passages=(
            PassageCard(
                id="a02#3",
                similarity=0.4,
                via=("lexical",),
                article_id="a02",
                title="收费表",
                text="年费首年免收。",
                version="2026",
                valid_to=None,
                superseded=False,
            ),
        ),
    ),
    profile=ProfileView(
        customer_id="cust_1",
        verified=False,
        facts=(
            FactCard(
                field="title",
                value="韩女士",
                source="crm",
                observed_at=date(2026, 1, 5),
                confidence=0.9,
            ),
        ),
        contacts=(
            ContactCard(
                at=datetime(2026, 10, 1, tzinfo=UTC),
                channel="phone",
                summary="来电问年费。",
                emotion="anger",
                intensity=1,
                promise="三日内回电",
            ),
        ),
    ),
    clocks=(
        Clock(
            stage="final",
            due=date(2026, 12, 7),
            rule="cn.nfra.final",
            trace="十五日",
            source="办法",
            verified=True,
        ),
    ),
    draft=Draft(
        text="韩女士，您好。",
        language="zh",
        source="composer",
        commitments=(Commitment(kind="reply", text="12月7日前答复", source="cn.nfra.final"),),
        checks=(
            CheckResult(id="R1", passed=True),
            CheckResult(id="R7", passed=False, detail="没有说明救济途径"),
        ),
    ),
)


def plain(suggestion: Suggestion = SUGGESTION, turns: tuple[str, ...] = (TEXT,), width: int = 100) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, color_system=None)
    console.print(card(suggestion, [Turn(text=turn) for turn in turns], TAXONOMY, "一"))
    return out.getvalue()


def coloured(suggestion: Suggestion = SUGGESTION, turns: tuple[Turn, ...] = (Turn(text=TEXT),)) -> str:
    out = io.StringIO()
    console = Console(file=out, width=120, force_terminal=True, color_system="standard", legacy_windows=False)
    console.print(card(suggestion, turns, TAXONOMY))
    return out.getvalue()


class TestCard:
    def test_everything_an_agent_needs_is_on_it(self) -> None:
        lines = [line.strip("│╭╮╰╯─ ") for line in plain().splitlines()]
        assert [line for line in lines if line] == snapshot(
            [
                "一",
                "加急   收费与定价  把握 87% ━━━━━━━━━━  也可能是: 账务差错 7%",
                "转交: regulatory_affairs",
                "客户原话",
                "年费说好免的，又扣了三百！明天不退我就打12378，我妈七十多了看不清账单",
                "怎么看",
                "情绪              愤怒  ●●●○",
                "升级风险          监管投诉",
                "诉求              退款",
                "可能需要特别照顾  能力受限",
                "依据              诉求归为“收费与定价”，把握 87%",
                "客户提到监管",
                "客户",
                "身份未核实",
                "称呼        韩女士",
                "2026-10-01  来电问年费。  当时承诺: 三日内回电",
                "相似案例",
                "0.71 │ 善意处理       │ 短信费一个月两块扣了我三年多",
                "退款 24.00 CNY │ zh-banking-018 · 收费与定价 · 已失效",
                "规定与知识",
                "0.40  收费表  a02#3",
                "年费首年免收。",
                "时限",
                "2026-12-07  最终答复  十五日",
                "回复草稿",
                "韩女士，您好。",
                "由模板起草 · 1/2 项检查通过",
                "未通过: R7 没有说明救济途径",
                "草稿里的承诺: 12月7日前答复",
            ]
        )

    def test_the_words_that_show_something_are_marked_in_its_colour(self) -> None:
        shown = coloured()
        assert "\x1b[1;35m又扣了三百！\x1b[0m" in shown  # emotion
        assert "\x1b[1;31m打12378\x1b[0m" in shown  # escalation
        assert "\x1b[36m不退\x1b[0m" in shown  # need
        assert "\x1b[33m我妈七十多了看不清\x1b[0m" in shown  # care

    def test_marks_stand_in_the_turn_they_belong_to(self) -> None:
        second = "再不退我就打12378"
        triage = TRIAGE.model_copy(
            update={
                "escalations": (Escalation(kind="regulator", evidence=evidence("打12378", second, turn=1)),)
            }
        )
        turns = (Turn(text="你好，打12378之前先问问"), Turn(text=second))
        shown = coloured(SUGGESTION.model_copy(update={"triage": triage}), turns)
        assert shown.count("\x1b[1;31m打12378\x1b[0m") == 1

    def test_what_the_company_said_stands_back(self) -> None:
        turns = (Turn(text=TEXT), Turn(text="请耐心等待", speaker="agent"))
        assert "\x1b[2;3m请耐心等待\x1b[0m" in coloured(turns=turns)

    @pytest.mark.parametrize(
        ("update", "said"),
        [
            (
                {"category": None, "abstained": True, "reason_code": "narrow_margin"},
                "没有判定类别，请人工判断",
            ),
            ({"complaint": False}, "不像是投诉"),
            ({"urgency": "critical"}, "紧急"),
        ],
    )
    def test_the_headline_says_what_kind_of_matter_it_is(self, update: dict[str, object], said: str) -> None:
        assert said in plain(SUGGESTION.model_copy(update={"triage": TRIAGE.model_copy(update=update)}))

    def test_an_empty_memory_and_an_unknown_customer_are_said(self) -> None:
        empty = SUGGESTION.model_copy(update={"matches": Matches(), "profile": ProfileView(), "clocks": ()})
        lines = [line.strip("│ ") for line in plain(empty).splitlines()]
        assert "没有可以显示的客户资料" in lines
        assert lines.count("没有") == 3

    def test_an_english_draft_makes_an_english_card(self) -> None:
        draft = SUGGESTION.draft.model_copy(update={"language": "en", "text": "Dear Ms Han,"})
        shown = plain(SUGGESTION.model_copy(update={"draft": draft}))
        assert "In the customer's words" in shown and "Fees and pricing" in shown

    @given(st.text(max_size=200), st.integers(0, 250), st.integers(0, 250))
    @settings(max_examples=100, deadline=None)
    def test_no_text_and_no_span_can_break_it(self, text: str, start: int, end: int) -> None:
        mark = (Evidence(start=start, end=end, text="", turn=0),)
        triage = TRIAGE.model_copy(update={"escalations": (Escalation(kind="legal", evidence=mark),)})
        suggestion = SUGGESTION.model_copy(update={"triage": triage})
        shown = plain(suggestion, (text,), width=60)
        assert not set(shown) & {"\x1b", "\x07", "\x9b", "\r", "\x08", "\u202e"}


class TestSafe:
    @given(st.text())
    def test_spans_still_fit_and_no_control_character_is_left(self, text: str) -> None:
        shown = safe(text)
        assert len(shown) == len(text)
        assert not any((ord(c) < 32 and c not in "\t\n") or 127 <= ord(c) < 160 for c in shown)

    def test_markup_in_a_text_is_shown_as_it_is(self) -> None:
        assert "[bold]x[/bold]" in plain(turns=("[bold]x[/bold]",))


class TestFile:
    def test_both_languages_name_every_heading(self) -> None:
        file = CardFile.shipped()
        assert file.zh.of("upheld") == "投诉成立"
        assert file.en.of("partly_upheld") == "partly upheld"
        assert file.zh.of("a code nobody knows") == "a code nobody knows"

    def test_a_missing_heading_is_an_error_with_its_line(self, tmp_path: Path) -> None:
        source = (Path(__file__).parents[1] / "bot" / "cards.toml").read_text(encoding="utf-8")
        broken = tmp_path / "cards.toml"
        broken.write_text(source.replace('about = "怎么看"\n', ""), encoding="utf-8")
        with pytest.raises(InvalidRules, match=r"cards\.toml:\d+: zh\.about: Field required"):
            load_rules(broken, CardFile)


def test_found_items_are_shown_with_their_outcome() -> None:
    out = io.StringIO()
    found = SUGGESTION.matches.model_dump(mode="json")
    Console(file=out, width=100).print(found_cards(found, TAXONOMY, "en"))
    assert (
        "goodwill" in out.getvalue() and "refund 24.00 CNY" in out.getvalue() and "收费表" in out.getvalue()
    )
