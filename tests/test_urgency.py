"""How soon a person must look, and the words that say so."""

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from bot.triage import urgency
from bot.triage.language import detect
from bot.triage.lexicon import Span
from bot.triage.urgency import (
    CIRCUMSTANCES,
    Circumstance,
    SituationFound,
    UrgencyFacts,
    UrgencyVerdict,
    judge_urgency,
    read_situation,
)
from bot.triage.vulnerability import find_vulnerability
from knowledge.case import EMOTIONS, ESCALATIONS, URGENCIES, EmotionKind, EscalationKind, Urgency

CARE = {
    "health": (
        "我爱人刚做完支架，医生不让着急。",
        "孩子鼻炎犯了整夜睡不着。",
        "我有糖尿病，药不能停。",
        "婆婆中风后右边身子动不了。",
        "产后第二十天，伤口还没长好。",
        "我是乳腺癌第三期，下周化疗。",
        "左腿打着石膏，下不了楼。",
        "吃了你们的蛋糕，一家三口上吐下泻。",
        "我有焦虑症，一直在吃药。",
        "老公肝移植后每天要吃抗排异药。",
        "My husband has just had a stent and mustn't be upset.",
        "I'm diabetic and I can't miss a dose.",
        "She's paralysed down one side since the stroke.",
        "Three weeks after a C-section and I can hardly stand.",
        "I start chemo on Monday.",
        "My leg's in plaster and I can't manage stairs.",
        "All three of us were vomiting after your cake.",
        "I have an anxiety disorder and I'm on medication.",
        "He's on the transplant list.",
        "My back went and I've been signed off sick.",
    ),
    "life_event": (
        "我丈夫上个月走了，账户还没处理。",
        "我妈去年没的，存折取不出来。",
        "厂子关了，我也下岗了。",
        "刚办完离婚，房子归他。",
        "他动手打我，我带孩子搬出来了。",
        "我刚被公司优化，社保断了。",
        "家里房子被洪水冲了。",
        "我一个人带两个孩子。",
        "父亲的遗产公证要多少钱？",
        "守灵那几天你们还在打电话。",
        "My husband passed in March and the account is still in his name.",
        "The plant closed and I was let go.",
        "The divorce came through and he kept the house.",
        "He hit me, so the kids and I moved out.",
        "I've just been made redundant.",
        "The hurricane took our roof.",
        "I'm bringing up two boys by myself.",
        "I'm the executor of my father's estate.",
        "You rang during the wake.",
    ),
    "resilience": (
        "这个月房租都交不上了。",
        "一家四口就靠我跑外卖。",
        "我现在吃饭都成问题。",
        "为了还你们的钱我把车卖了。",
        "低保每个月就那么点。",
        "欠了一屁股债，拆东墙补西墙。",
        "孩子学费还没着落。",
        "工地半年没发工资了。",
        "卡里只剩三十块。",
        "实在拿不出这笔钱。",
        "I can't make rent this month.",
        "The four of us live on what I earn driving.",
        "We're choosing between heating and eating.",
        "I sold the car to pay you.",
        "I'm on disability and it's eight hundred a month.",
        "I'm juggling one debt to pay another.",
        "I don't know how I'll pay for school shoes.",
        "I haven't been paid since June.",
        "There's thirty dollars in the account till Friday.",
        "I simply don't have it.",
    ),
    "capability": (
        "我今年八十一，手机只会接电话。",
        "我妈不识字，合同是业务员念的。",
        "我是聋人，打不了电话。",
        "我爸有点糊涂，一天买三次。",
        "孩子才九岁，拿我手机充了四千。",
        "外公眼睛看不见，只认声音。",
        "我不会说普通话，客服听不懂。",
        "我坐轮椅，你们门口有六级台阶。",
        "我女儿上初二，被拉进贷款群。",
        "我爷爷九十二了，刷脸刷不过去。",
        "I'm eighty-one and I only know how to answer the phone.",
        "My mother can't read and the salesman read the contract to her.",
        "I'm deaf, so I can't ring you.",
        "Dad gets muddled and bought it three times in one day.",
        "My nine-year-old spent four hundred on my phone.",
        "Grandad can't see and goes by voices.",
        "My English is poor and the agent talks too fast.",
        "I use a wheelchair and you have six steps.",
        "My daughter is thirteen and you gave her credit.",
        "Nan is 92 and the face scan won't accept her.",
    ),
}

NO_CARE = (
    "手机壳裂了，请换一个。",
    "信号不好，打电话老断。",
    "我是三十岁的程序员，投诉充值不到账。",
    "酒店离医院近，很方便。",
    "老人机什么时候补货？",
    "儿童票怎么买？",
    "给宝宝买的奶粉还没发货。",
    "重大疾病保险多少钱一年？",
    "车龄十二年，可以投保吗？",
    "退休金理财产品收益率是多少？",
    "员工福利平台登录不了。",
    "病毒查杀软件报错。",
    "物流信息断更三天了。",
    "价格从七十六块涨到九十。",
    "工龄二十年的老员工态度很差。",
    "The phone case cracked, please swap it.",
    "The signal is poor and calls drop.",
    "I'm a thirty-year-old developer and my top-up hasn't arrived.",
    "The hotel is near the hospital, very handy.",
    "When is the large-button phone back in stock?",
    "How do I buy a child ticket?",
    "The baby formula hasn't shipped.",
    "How much is critical illness cover?",
    "My car is twelve years old, can I insure it?",
    "What is the rate on the retirement savings account?",
    "I can't log in to the employee benefits portal.",
    "The virus scanner crashed.",
    "The battery died after a week.",
    "The price went from seventy-six to ninety dollars.",
    "The blind in the room was broken.",
)

SITUATIONS: dict[Circumstance, tuple[str, ...]] = {
    "deadline": (
        "明天就要过户了",
        "今天下班前必须解决",
        "人在机场，登不了机",
        "My flight is tomorrow morning.",
        "I need it by noon tomorrow.",
        "We close on the house tomorrow.",
    ),
    "danger_now": (
        "屋里有煤气味",
        "他正在砸门",
        "安全出口被锁了",
        "I can smell gas, the smell of gas is everywhere.",
        "The brakes failed.",
        "The fire exit is blocked.",
    ),
    "money_being_lost_now": (
        "钱还在往外转，快冻结！",
        "现在卡里一直在被盗刷",
        "It's happening right now, please stop the transfer.",
        "Someone is in my account right now.",
    ),
    "home_at_risk": (
        "房子要被拍卖了",
        "房东把我赶出来了",
        "I have an eviction notice.",
        "We have nowhere to sleep.",
    ),
    "repeated_contact": (
        "多次反映无果",
        "这是第三次打电话了",
        "I have called repeatedly.",
        "This is the fourth email.",
    ),
    "fraud": (
        "我的卡被盗刷了",
        "这笔不是本人操作",
        "My card was cloned.",
        "I did not authorise this payment.",
    ),
    "trivial": ("一点小事，提个醒", "Just a small thing, no rush."),
}


@pytest.mark.parametrize(
    ("circumstance", "text"), [(name, text) for name, texts in SITUATIONS.items() for text in texts]
)
def test_the_words_tell_the_circumstance(circumstance: Circumstance, text: str) -> None:
    spans = read_situation(text, detect(text)).words(circumstance)
    assert spans
    assert all(text[span.start : span.end] == span.text for span in spans)


def test_three_contacts_told_one_by_one_are_a_third_contact() -> None:
    assert read_situation(
        "I called on Monday. I emailed on Tuesday. I wrote again today.", "en"
    ).repeated_contact
    assert not read_situation("I called on Monday. I emailed on Tuesday.", "en").repeated_contact


@pytest.mark.parametrize("text", ["订单还没到。", "The parcel has not come.", "快递员说明天就到。", ""])
def test_an_ordinary_text_tells_none(text: str) -> None:
    assert read_situation(text, detect(text)) == SituationFound()


_PLAIN = UrgencyFacts(language="en", complaint=True)
_WORDS = (Span(0, 3, "now"),)


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (_PLAIN, "normal"),
        (replace(_PLAIN, complaint=False), "low"),
        (replace(_PLAIN, escalations=frozenset({"safety"})), "critical"),
        (replace(_PLAIN, complaint=False, escalations=frozenset({"safety"})), "critical"),
        (replace(_PLAIN, situation=SituationFound(danger_now=_WORDS)), "critical"),
        (replace(_PLAIN, situation=SituationFound(money_being_lost_now=_WORDS)), "critical"),
        (replace(_PLAIN, escalations=frozenset({"regulator"})), "high"),
        (replace(_PLAIN, escalations=frozenset({"legal"})), "high"),
        (replace(_PLAIN, escalations=frozenset({"media"})), "high"),
        (replace(_PLAIN, escalations=frozenset({"collective"})), "normal"),
        (replace(_PLAIN, escalations=frozenset({"churn"})), "normal"),
        (replace(_PLAIN, category="fraud_unauthorised"), "high"),
        (replace(_PLAIN, vulnerability=frozenset({"health"})), "high"),
        (replace(_PLAIN, complaint=False, vulnerability=frozenset({"capability"})), "normal"),
        (replace(_PLAIN, situation=SituationFound(deadline=_WORDS)), "high"),
        (replace(_PLAIN, situation=SituationFound(home_at_risk=_WORDS)), "high"),
        (replace(_PLAIN, situation=SituationFound(repeated_contact=_WORDS)), "high"),
        (replace(_PLAIN, situation=SituationFound(trivial=_WORDS)), "low"),
        (replace(_PLAIN, emotion="anger", intensity=3), "high"),
        (replace(_PLAIN, emotion="anger", intensity=2), "normal"),
        (replace(_PLAIN, complaint=False, emotion="anxiety", intensity=3), "normal"),
        (replace(_PLAIN, complaint=False, emotion="gratitude", intensity=4), "low"),
        (replace(_PLAIN, emotion="anger", intensity=4, escalations=frozenset({"legal"})), "high"),
    ],
)
def test_the_table_of_the_codebook(facts: UrgencyFacts, level: Urgency) -> None:
    assert judge_urgency(facts).urgency == level


def test_a_verdict_says_why_in_the_language_of_the_complaint() -> None:
    facts = UrgencyFacts(
        language="zh",
        complaint=True,
        escalations=frozenset({"regulator"}),
        situation=SituationFound(repeated_contact=(Span(0, 2, "多次"), Span(5, 8, "第三次"))),
    )
    assert judge_urgency(facts) == UrgencyVerdict(
        "high",
        ("客户提到监管、诉讼或曝光", "客户已多次联系：“多次”、“第三次”"),
        ("high.escalation", "high.repeated"),
    )
    assert judge_urgency(replace(facts, language="en")).reasons == (
        "The customer speaks of a regulator, the law or the media",
        "The customer has been in touch several times: “多次”, “第三次”",
    )


_ANY_FACTS = st.builds(
    UrgencyFacts,
    language=st.sampled_from(["zh", "en"]),
    complaint=st.booleans(),
    category=st.sampled_from([None, "delay", "fraud_unauthorised"]),
    emotion=st.sampled_from(EMOTIONS),
    intensity=st.integers(0, 4),
    escalations=st.frozensets(st.sampled_from(ESCALATIONS)),
    vulnerability=st.frozensets(st.sampled_from(["health", "life_event", "resilience", "capability"])),
    situation=st.builds(
        SituationFound, **{name: st.sampled_from([(), _WORDS]) for name in CIRCUMSTANCES if name != "trivial"}
    ),
)


@given(_ANY_FACTS, st.sampled_from(ESCALATIONS))
def test_more_to_worry_about_never_lowers_the_urgency(facts: UrgencyFacts, kind: EscalationKind) -> None:
    more = replace(facts, escalations=facts.escalations | {kind})
    assert URGENCIES.index(judge_urgency(more).urgency) >= URGENCIES.index(judge_urgency(facts).urgency)


@given(_ANY_FACTS, st.sampled_from([kind for kind in EMOTIONS if kind != "gratitude"]))
def test_distress_raises_by_one_step_at_most_and_never_to_critical(
    facts: UrgencyFacts, emotion: EmotionKind
) -> None:
    calm = URGENCIES.index(judge_urgency(replace(facts, emotion="neutral", intensity=0)).urgency)
    upset = URGENCIES.index(judge_urgency(replace(facts, emotion=emotion, intensity=4)).urgency)
    assert calm <= upset <= calm + 1
    assert upset == calm or URGENCIES[upset] != "critical"


@given(_ANY_FACTS)
def test_every_verdict_has_a_reason(facts: UrgencyFacts) -> None:
    verdict = judge_urgency(facts)
    assert verdict.reasons
    assert all(verdict.reasons)
    assert len(verdict.reasons) == len(verdict.rules)
    assert not any("{" in reason for reason in verdict.reasons)


def test_nothing_about_the_person_goes_in() -> None:
    assert {field.name for field in fields(UrgencyFacts)} == {
        "language",
        "complaint",
        "category",
        "emotion",
        "intensity",
        "escalations",
        "vulnerability",
        "situation",
    }


def test_the_rules_are_a_table_a_person_can_read() -> None:
    rules = Path(urgency.__file__).with_name("urgency.toml").read_text(encoding="utf-8")
    assert rules.count("reason_zh") == rules.count("reason_en") == rules.count("[[rules]]")


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in CARE.items() for text in texts])
def test_words_suggest_that_someone_needs_extra_care(kind: str, text: str) -> None:
    assert kind in {found.kind for found in find_vulnerability(text, detect(text))}


@pytest.mark.parametrize("text", NO_CARE)
def test_things_and_places_need_no_extra_care(text: str) -> None:
    assert find_vulnerability(text, detect(text)) == ()
