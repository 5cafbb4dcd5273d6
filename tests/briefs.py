"""Briefs for tests: as the desk makes them, with everything changeable."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import strategies as st
from pydantic import BaseModel

from bot.brief import Brief, Utterance
from bot.clocks.rules import Clocks
from bot.draft.stated import find_stated
from bot.suggestion import (
    Emotion,
    Escalation,
    Evidence,
    FactCard,
    NeedRead,
    Route,
    Triage,
    VulnerabilityHint,
)
from knowledge.article import Article
from knowledge.case import (
    EMOTIONS,
    ESCALATIONS,
    URGENCIES,
    Case,
    EmotionKind,
    EscalationKind,
    Language,
    Urgency,
    Vulnerability,
)
from knowledge.match import CaseMatch, PassageMatch

TODAY = date(2026, 11, 22)


def triage(
    *,
    category: str | None = "fees_pricing",
    emotion: EmotionKind = "anger",
    intensity: int = 2,
    complaint: bool = True,
    escalations: tuple[EscalationKind, ...] = (),
    needs: tuple[str, ...] = (),
    vulnerability: tuple[Vulnerability, ...] = (),
    urgency: Urgency = "normal",
) -> Triage:
    """A triage of a given outcome; every reading rests on the same made-up evidence."""
    evidence = (Evidence(start=0, end=1, text="…"),)
    return Triage(
        category=category,
        confidence=0.9 if category else 0.2,
        margin=0.5 if category else 0.0,
        abstained=category is None,
        reason_code="assigned" if category else "low_confidence",
        alternatives=(),
        complaint=complaint,
        urgency=urgency,
        route=Route(queue="complaints"),
        emotion=Emotion(primary=emotion, intensity=intensity, scores={emotion: 0.8}, evidence=evidence),
        escalations=tuple(Escalation(kind=kind, evidence=evidence) for kind in escalations),
        needs=tuple(NeedRead(kind="explicit", need=need, text="…") for need in needs),
        vulnerability=tuple(VulnerabilityHint(kind=kind, evidence=evidence) for kind in vulnerability),
        reasons=(),
    )


def passages(
    article: Article, similarity: float = 0.6, *, superseded: bool = False
) -> tuple[PassageMatch, ...]:
    """Every passage of an article, as search finds them."""
    return tuple(
        PassageMatch(passage, article, similarity, ("dense",), superseded) for passage in article.passages()
    )


def case(case: Case, similarity: float = 0.6) -> CaseMatch:
    """A case as search finds it."""
    return CaseMatch(case, similarity, ("dense",))


def fact(field: str, value: str) -> FactCard:
    """Something known about the customer."""
    return FactCard(field=field, value=value, source="crm", observed_at=date(2026, 1, 5), confidence=1.0)


def brief(
    text: str = "3月2日扣了我300元年费，打了三次电话都没人理。",
    *,
    language: Language = "zh",
    jurisdiction: str | None = None,
    triage: Triage | None = None,
    **changes: Any,
) -> Brief:
    """A Brief about `text`, its stated facts and clocks computed; `changes` replace any field of it."""
    judged = triage or _triage()
    sector = changes.pop("sector", "banking")
    received = changes.pop("received_on", TODAY)
    today = changes.pop("today", TODAY)
    values: dict[str, Any] = {
        "complaint_id": "cmp_1",
        "reference": None,
        "company": "远山银行" if language == "zh" else "Thornby Bank",
        "channel": "email",
        "turns": (Utterance("customer", text),),
        "stated": find_stated(text, language),
        "cases": (),
        "passages": (),
        "facts": (),
        "open_promises": (),
        "clocks": Clocks.shipped().due(
            datetime.combine(received, time(9), UTC),
            today=today,
            sector=sector,
            language=language,
            urgency=judged.urgency,
            jurisdiction=jurisdiction,
        ),
    }
    return Brief(
        language=language,
        sector=sector,
        received_on=received,
        today=today,
        text=text,
        triage=judged,
        **{**values, **changes},
    )


def _triage() -> Triage:
    return triage()


SAMPLE = Path(__file__).parents[1] / "knowledge" / "sample"
SECTORS = ("banking", "insurance", "telecom", "ecommerce", "travel", "utilities")
CHANNELS = ("email", "letter", "api", "web", "phone", "chat", "app", "wechat", "branch", "social")
NEEDS = (
    "refund", "repair", "replacement", "explanation", "apology", "compensation", "stop_contact",
    "correct_record", "speed_up", "human_contact", "written_answer", "cancel_service", "investigation",
    "fee_waiver", "data_deletion", "certainty_of_date", "accessibility", "other", "a_code_of_tomorrow",
)  # fmt: skip
CATEGORIES = (
    "fees_pricing", "billing_error", "product_quality", "service_attitude", "delay", "process_rules",
    "disclosure_misleading", "sales_marketing", "fraud_unauthorised", "privacy_data",
    "collection_conduct", "system_failure", "contract_terms", "discrimination_dignity", "safety", "other",
    "a_code_of_the_customer", None,
)  # fmt: skip
SAYINGS: dict[Language, tuple[str, ...]] = {
    "zh": (
        "3月2日扣了我300元年费。",
        "打了三次电话都没人理。",
        "订单号SO-448213到现在没有消息。",
        "已经等了两周。",
        "尾号4471的信用卡被人刷了1.2万。",
        "你们保证过一定退款，100%到账！",
        "我爱人上个月去世了。",
        "航班MU5137取消了。",
        "再不处理就去12315投诉，还要曝光。",
        "客服⟦PERSON_1⟧让我拨打⟦PHONE_1⟧。",
        "我的卡号6222021234567890123。",
        "宽带修了四次还是断。",
        "修车花了38,600元，又扣12345.67元。",
        "百分之三的手续费凭什么收",
        "合同号HT-2026-0031，签于2025年12月1日。",
        "谢谢你们的小王。",
    ),
    "en": (
        "You charged me £35 on 2 March.",
        "I have called you four times.",
        "Order SO-448213 never arrived.",
        "I have been waiting six weeks.",
        "Somebody took £1,240.50 from my account ending 4471.",
        "You guaranteed a refund, 100%!",
        "My husband passed away in May.",
        "Flight CA1234 was cancelled.",
        "I will go to the ombudsman and the press.",
        "⟦PERSON_1⟧ told me to ring ⟦PHONE_1⟧.",
        "Claim CL-99182, 02/03/2026.",
        "My broadband was repaired three times.",
        "Why is the standing charge 12.5% higher?",
        "I was charged twice.",
        "The bill came to $38,600 and then £12,345.67.",
        "Thank you, the driver was lovely.",
    ),
}
KNOWN = (
    (),
    (fact("name", "王秀兰"), fact("title", "女士")),
    (fact("name", "Jane Ellis"), fact("title", "Mrs")),
    (fact("name", "⟦PERSON_1⟧"),),
    (fact("name", "13800138000"),),
)


def briefs(language: Language, *, complaint: bool | None = None) -> st.SearchStrategy[Brief]:
    """Complaints of every kind in one language: every feeling, category, channel, need and sector."""
    return st.builds(
        _any_brief,
        language=st.just(language),
        words=st.lists(st.sampled_from(SAYINGS[language]) | st.text(max_size=60), min_size=1, max_size=5),
        judged=st.builds(
            triage,
            category=st.sampled_from(CATEGORIES),
            emotion=st.sampled_from(EMOTIONS),
            intensity=st.integers(0, 4),
            complaint=st.booleans() if complaint is None else st.just(complaint),
            escalations=_some([kind for kind in ESCALATIONS if kind != "safety"]),
            needs=_some(NEEDS),
            vulnerability=_some(["health", "life_event", "resilience", "capability"]),
            urgency=st.sampled_from(URGENCIES),
        ),
        sector=st.sampled_from((*SECTORS, None)),
        channel=st.sampled_from(CHANNELS),
        jurisdiction=st.sampled_from(("cn", "uk", "us", None)),
        reference=st.none() | st.from_regex(r"[A-Z]{1,3}-?[0-9]{3,8}", fullmatch=True) | st.text(max_size=30),
        company=st.sampled_from(("远山银行", "Thornby Bank", "绝对保险 & Co.", "", "a\nb")),
        facts=st.sampled_from(KNOWN),
        waited=st.integers(0, 120),
        articles=st.lists(st.sampled_from(sample_articles(language)), max_size=2),
        cases=st.lists(st.sampled_from(sample_cases(language)), max_size=3),
        open_promises=st.sampled_from(((), ("三天内回电",))),
        complaint_id=st.uuids().map(str),
    )


@cache
def sample_articles(language: Language) -> tuple[Article, ...]:
    """The articles of the sample corpus."""
    return tuple(_rows(Article, f"articles/{language}_*.jsonl"))


@cache
def sample_cases(language: Language) -> tuple[Case, ...]:
    """The cases of the sample corpus."""
    return tuple(_rows(Case, f"cases/{language}_*.jsonl"))


Row = TypeVar("Row", bound=BaseModel)


def _rows(shape: type[Row], files: str) -> Iterator[Row]:
    for path in sorted(SAMPLE.glob(files)):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield shape.model_validate_json(line)


def _some(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from(values), max_size=3, unique=True).map(tuple)


def _any_brief(
    *,
    language: Language,
    words: list[str],
    judged: Triage,
    waited: int,
    articles: list[Article],
    cases: list[Case],
    **changes: Any,
) -> Brief:
    return brief(
        "".join(words) if language == "zh" else " ".join(words),
        language=language,
        triage=judged,
        received_on=TODAY - timedelta(days=waited),
        passages=tuple(match for article in articles for match in passages(article)),
        cases=tuple(case(past) for past in cases),
        **changes,
    )
