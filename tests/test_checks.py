"""The rubric: one violation at a time is found, and honest wording is left alone."""

import re
from dataclasses import replace
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings, strategies as st

from bot.brief import Brief
from bot.draft import problems
from bot.draft.checks import BLOCKING, blocked, check
from bot.draft.composer import Composer
from bot.draft.lexicon import required
from bot.draft.overlap import shared_run
from bot.draft.plan import make_plan
from bot.suggestion import Citation, Commitment
from knowledge.article import Article
from knowledge.case import Case, Language
from tests.briefs import brief, briefs, case, fact, passages, triage

COMPOSER = Composer.shipped()

POLICY_ZH = Article(
    id="fees",
    language="zh",
    title="个人客户收费表",
    kind="fee_schedule",
    text="信用卡年费：标准卡160元，金卡480元。退款经核实后5个工作日内原路退回。热线95533。",
)
POLICY_EN = Article(
    id="fees",
    language="en",
    title="Charges for personal accounts",
    kind="fee_schedule",
    text="We charge no fixed fee for an unarranged overdraft. A refund reaches you within 5 working days. "
    "Our line is 0800 111 222.",
)
STRANGER_ZH = Case(
    id="past-zh",
    language="zh",
    text="我是开烧烤店的，昨天星期六晚上扫码收了九千多，今天一看一分没有，客服说触发了审核。",
    resolution="值班主管当天上午回电，人工看过近半年的夜间收款曲线，与赛事日吻合，已在下午结账之前放款。",
)
STRANGER_EN = Case(
    id="past-en",
    language="en",
    text="I run a newsagent and every single evening I am counting coins so that you people do not have to.",
    resolution="We showed the shop owner two ways to pay less and carried both accounts over without charge.",
)


def angry(language: Language) -> Brief:
    judged = triage(
        emotion="anger",
        intensity=3,
        escalations=("regulator",),
        needs=("refund", "explanation"),
        urgency="high",
    )
    zh = language == "zh"
    return brief(
        "3月2日扣了我300元信用卡年费，打了三次电话没人理，我要去银保监会投诉"
        if zh
        else "You charged me a £35 overdraft fee on 2 March. I called three times. I will see the ombudsman.",
        language=language,
        jurisdiction="cn" if zh else "uk",
        triage=judged,
        reference="GD-20261122",
        passages=passages(POLICY_ZH if zh else POLICY_EN),
        cases=(case(STRANGER_ZH if zh else STRANGER_EN),),
        facts=(fact("name", "王秀兰" if zh else "Jane Ellis"), fact("title", "女士" if zh else "Mrs")),
    )


def failed(text: str, subject: Brief) -> set[str]:
    return {result.id for result in check(text, subject, make_plan(subject)) if not result.passed}


def with_sentence(subject: Brief, sentence: str) -> str:
    """The composed letter with one more sentence in its longest paragraph's place of action."""
    paragraphs = COMPOSER.compose(subject).text.split("\n\n")
    paragraphs.insert(2, sentence)
    return "\n\n".join(paragraphs)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_composed_letter_passes_everything(language: Language) -> None:
    subject = angry(language)
    assert failed(COMPOSER.compose(subject).text, subject) == set()


VIOLATIONS: list[tuple[str, str, str]] = [
    ("R1", "您的工单号是GD-99999999。", "Your reference number is ZX-99999999."),
    ("R1", "尊敬的李建国先生：", "Dear Mr Thompson,"),
    ("R1", "请联系【姓名】。", "Please contact [name]."),
    ("R2", "We are looking into it and " * 20, "我们正在核查这件事情。"),
    ("R5", "如果给您带来不便，我们深表歉意。", "We are sorry for any inconvenience caused."),
    ("R6", "这件事不归我管，请找别的部门。", "There is nothing we can do, it is not our department."),
    ("R6", "您应该早一点看合同。", "You should have read the terms."),
    ("R6", "请您冷静一下。", "Please calm down."),
    ("R6", "您这样属于恶意投诉。", "This looks like a vexatious complaint."),
    ("R7", "涉及金额为888元。", "The amount in question is £888."),
    ("R7", "手续费按百分之七计算。", "The charge is 7 per cent of it."),
    ("R7", "合计一千二百元。", "That is twelve hundred and forty pounds in all, or fifty quid each."),
    ("R8", "我们会在2026年12月25日前再次联系。", "We will write again by 25 December 2026."),
    ("R8", "请等待45天。", "Please allow 45 days."),
    ("R8", "我们会尽快联系。", "We will be in touch shortly."),
    ("R8", "专员明天联系您。", "The handler calls you tomorrow."),
    ("R9", "我们会为您退还300元。", "We will refund £35 to your account."),
    ("R9", "款项已经退回您的卡里。", "We have credited your account."),
    ("R9", "您要求退款，我们同意退款。", "You asked for a refund, and we have waived the fee."),
    ("R9", "我们将赠送您积分作为补偿。", "We can compensate you with points."),
    ("R13", "我们承担全部责任。", "We admit that this was our fault."),
    ("R13", "我司违规收取了费用。", "We were negligent in this matter."),
    ("R14", "我们保证这件事解决。", "We guarantee a good outcome."),
    ("R14", "这种事绝对不再发生。", "This will never happen again."),
    ("R15", "请您先撤诉，我们再处理。", "Please withdraw your complaint first."),
    ("R15", "不要向监管部门反映。", "Please do not contact the ombudsman."),
    ("R15", "否则我们将追究您的法律责任。", "Otherwise this may affect your credit."),
    ("R16", "联系人⟦PERSON_1⟧。", "Your contact is ⟦PERSON_1⟧."),
    ("R16", "手机号13912345678。", "Your card is 4111 1111 1111 1111."),
    ("R17", "风控模型给您的评分较低。", "Your similarity score was low."),
    ("R17", "类别为fees_pricing。", "The category is fees_pricing here."),
    ("R17", "其他客户也遇到过。", "Another customer had the same."),
    ("R17", "作为AI，我理解您。", "As an AI language model, I understand."),
    (
        "R17",
        "人工看过近半年的夜间收款曲线，与赛事日吻合。",
        "We showed the shop owner two ways to pay less and more.",
    ),
    ("R18", "好消息！太好了！", "Good news! Very good!"),
    ("R18", "**重要** 请看这里。", "**Important** please read."),
    ("R18", "祝好😊", "Best wishes 😊"),
    ("R20", "推荐您办理我们的金卡。", "Why not try our gold card?"),
    ("R20", "请填写满意度调查。", "Please complete our survey."),
    ("R11", "请您提供金额。", "Please confirm the amount."),
    (
        "C1",
        "《保密制度》规定不能退。",
        "Our terms say: “All charges are final and cannot be changed by anyone.”",
    ),
    ("C2", "详情见www.example.com。", "See www.example.com for more."),
    ("C2", "请拨打400-123-4567。", "Please call 0800 765 4321."),
]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("name", "zh", "en"), VIOLATIONS)
def test_one_violation_is_found(name: str, zh: str, en: str, language: Language) -> None:
    subject = angry(language)
    assert name in failed(with_sentence(subject, zh if language == "zh" else en), subject)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh", "您要求退还300元，能否办理，我们会在2026年11月25日前答复。"),
        ("zh", "《个人客户收费表》写明：“退款经核实后5个工作日内原路退回。”"),
        ("zh", "您可以拨打95533。"),
        ("zh", "您预存的保证金我们也会核对。"),
        ("zh", "3月2日的那笔300元，我们已经找到记录。"),
        ("zh", "您的信用评价不受影响。"),
        ("en", "Our price list says: “A refund reaches you within 5 working days.”"),
        ("en", "We will look into whether the £35 can be refunded."),
        ("en", "You can call 0800 111 222."),
        ("en", "Your credit score is not affected by a complaint."),
        ("en", "The fee of 2 March 2026 is the one we are checking."),
        ("en", "You asked us to refund £35, and the handler will decide that by 25 November 2026."),
    ],
)
def test_honest_sentences_are_left_alone(language: Language, sentence: str) -> None:
    subject = angry(language)
    assert failed(with_sentence(subject, sentence), subject) == set()


@pytest.mark.parametrize(
    ("name", "was", "now"),
    [
        ("R3", r"300元|3月2日|3次|信用卡年费|年费", "这笔"),
        ("R4", r"生气|气愤|愤怒|不满", "知道"),
        ("R5", r"道歉|致歉|抱歉|歉意|对不起", "知悉"),
        ("R8", r"2026年11月25日|2026年12月7日", "以后"),
        ("R11", r"[^。；，\n]*(?:退还|退款)[^。；，\n]*", ""),
        ("R12", r"核查|调解|仲裁|诉讼|12378", "处理"),
        ("R19", "您", "你"),
    ],
)
def test_what_is_left_out_is_missed(name: str, was: str, now: str) -> None:
    subject = replace(angry("zh"), passages=())
    text = re.sub(was, now, COMPOSER.compose(subject).text)
    assert name in failed(text, subject)


def test_too_much_apology_is_servile_and_too_much_text_too_long() -> None:
    subject = angry("zh")
    assert "R19" in failed(with_sentence(subject, "对不起，抱歉，真的对不起，我们深表歉意。"), subject)
    assert "R18" in failed(with_sentence(subject, "我们正在核查这件事的来龙去脉。" * 40), subject)


def test_a_promise_without_a_clock_behind_it_is_found() -> None:
    subject = angry("zh")
    plan = make_plan(subject)
    invented = Commitment(kind="refund", text="退还300元", source="nobody")
    results = check(COMPOSER.compose(subject).text, subject, replace(plan, commitments=(invented,)))
    assert "R9" in {result.id for result in results if not result.passed}


def test_a_citation_must_be_word_for_word_and_in_force() -> None:
    subject = angry("zh")
    plan, text = make_plan(subject), COMPOSER.compose(subject).text
    for wrong in (Citation(id="fees#1", quote="金卡免年费。"), Citation(id="gone#1", quote="信用卡年费")):
        results = check(text, subject, replace(plan, citations=(wrong,)))
        assert "C1" in {result.id for result in results if not result.passed}
    old = replace(subject, passages=passages(POLICY_ZH, superseded=True))
    assert {"C1", "R7"} & {result.id for result in check(text, old, plan) if not result.passed}


def test_a_word_of_a_policy_in_quotation_marks_is_still_a_promise() -> None:
    subject = angry("zh")
    assert "R9" in failed(with_sentence(subject, "我们会“退款”给您300元。"), subject)
    quoted = replace(subject, text=subject.text + "我们保证全额退款给您")
    assert "R14" in failed(with_sentence(quoted, "“我们保证全额退款给您”"), quoted)


def test_a_safety_reply_is_the_block_or_nothing() -> None:
    subject = brief(triage=triage(escalations=("safety",), intensity=4))
    text, plan = COMPOSER.compose(subject).text, make_plan(subject)
    assert not blocked(check(text, subject, plan))
    assert blocked(check(f"{text}别难过。", subject, plan))
    assert blocked(check("", subject, plan))


def test_advice_does_not_block_and_rules_do() -> None:
    subject = angry("zh")
    text = COMPOSER.compose(subject).text
    plan = make_plan(subject)
    assert not blocked(check(text.replace("愤怒", "知道").replace("生气", "知道"), subject, plan))
    assert blocked(check(text + "我们保证退款。", subject, plan))
    assert {result.id for result in check(text, subject, plan)} | {"S1"} >= BLOCKING


def test_details_are_one_sentence_and_never_the_customers_words() -> None:
    subject = replace(angry("zh"), text="秘密词语三百元")
    for result in check("你好", subject, make_plan(subject)):
        assert result.detail.count("\n") == 0
        assert "秘密" not in result.detail


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=400), subject=briefs("zh") | briefs("en"))
def test_any_text_can_be_checked(text: str, subject: Brief) -> None:
    results = check(text, subject, make_plan(subject))
    assert all(result.passed == (not result.detail) for result in results)


@settings(max_examples=200, deadline=None)
@given(
    shared=st.text("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥", min_size=12, max_size=30),
    before=st.text("东西南北", max_size=9),
    after=st.text("春夏秋冬", max_size=9),
)
def test_a_run_of_twelve_characters_is_found_wherever_it_stands(shared: str, before: str, after: str) -> None:
    assert shared_run(f"{before}{shared}{after}", (f"梅{after}{shared}{before}兰",), (), "zh") >= len(shared)
    assert shared_run(f"{before}{shared[:11]}", (shared[:11],), (), "zh") == 0
    assert shared_run(shared, (shared,), (shared,), "zh") == 0


def test_eight_english_words_in_a_row_are_a_leak_and_seven_are_not() -> None:
    other = ("The lorry driver left seven muddy boxes behind our broken garden shed.",)
    assert shared_run("He said the lorry driver left seven muddy boxes behind, yes.", other, (), "en") == 8
    assert shared_run("He said the driver left seven muddy boxes behind, yes.", other, (), "en") == 0


def test_a_repetitive_text_takes_no_time() -> None:
    before = process_time()
    assert shared_run("一" * 1000, ("一" * 20_000,), (), "zh") >= 12
    assert process_time() - before < 2


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("a?bc", "bc"),
        ("(?:a|b)cde{2}f", "cd"),
        ("ab|cd", ""),
        (r"\bsoon\b", "soon"),
        ("x[ab]yz*", "x"),
        ("是[我们]{0,2}的责任", "的责任"),
        ("签[^。]{0,8}保密", "保密"),
    ],
)
def test_the_word_a_pattern_needs_is_known(pattern: str, literal: str) -> None:
    assert required(pattern) == literal


def test_every_problem_a_check_can_name_has_words_in_both_languages() -> None:
    draft = Path(problems.__file__).parent
    code = "".join(file.read_text(encoding="utf-8") for file in draft.glob("*.py"))
    used = set(re.findall(r"""\b(?:say|flaw|showing)\(\s*"(\w+)\"""", code))
    assert used == problems.problem_words().problems.keys()
    for words in problems.problem_words().problems.values():
        gaps = [set(re.findall(r"{(\w+)}", text)) for text in (words.zh, words.en)]
        assert gaps[0] == gaps[1]
    assert problems.say("gap", "zh", place=7) == "第 7 个字处有空还没填。"


def test_an_agent_reads_what_is_wrong_in_the_language_of_the_reply() -> None:
    found = brief("3月2日扣了我300元年费")
    text = Composer.shipped().compose(found).text.replace("300元", "999元")
    failed = {
        result.id: result.detail for result in check(text, found, make_plan(found)) if not result.passed
    }
    assert failed["R7"] == "金额“999元”在投诉和现行规定里都没有。"
