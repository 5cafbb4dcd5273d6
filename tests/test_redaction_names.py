import pytest

from bot.privacy.redaction import redact
from tests import privacy_samples


def people(text: str) -> list[str]:
    """Everyone redacted in a text, as written."""
    return [text[f.start : f.end] for f in redact(text).findings if f.kind == "PERSON"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我叫张伟我要投诉", ["张伟"]),
        ("我叫薛之谦，从没买过", ["薛之谦"]),
        ("本人王建国于2026年3月办理", ["王建国"]),
        ("姓名：阿依古丽", ["阿依古丽"]),
        ("姓名：买买提·阿不都拉，电话不便提供", ["买买提·阿不都拉"]),
        ("联系人：张伟、李娜", ["张伟", "李娜"]),
        ("我妈妈李秀英和我爸张建国", ["李秀英", "张建国"]),
        ("客服小王说可以退", ["小王"]),
        ("免贵姓张", ["张"]),
        ("欧阳女士与司马文静先生", ["欧阳", "司马文静"]),
        ("王总，您看怎么办", ["王"]),
        ("催收员赵磊威胁我家人", ["赵磊"]),
        ("持卡人 ZHANG WEI", ["ZHANG WEI"]),
        ("我叫Emily，在上海", ["Emily"]),
        ("經理張麗華態度差", ["張麗華"]),
    ],
)
def test_a_chinese_name_ends_where_the_sentence_goes_on(text: str, expected: list[str]) -> None:
    assert people(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my name is sarah thompson and i want a refund", ["sarah thompson"]),
        ("MY NAME IS JOHN SMITH", ["JOHN SMITH"]),
        ("I'm Emily, a customer since 2010", ["Emily"]),
        ("I am Rajesh Patel, the account holder", ["Rajesh Patel"]),
        ("an agent called Oluwaseun", ["Oluwaseun"]),
        ("Dr. de la Cruz and Mrs O'Neill-Hart", ["de la Cruz", "O'Neill-Hart"]),
        ("my wife Helen's card", ["Helen"]),
        ("Name: Oliver Grant\nOrder: late", ["Oliver Grant"]),
        ("Kind regards,\nJ. R. Hartley", ["J. R. Hartley"]),
        ("Hi Priya, thanks for nothing", ["Priya"]),
        ("Ask for Zoë Müller", ["Zoë Müller"]),
    ],
)
def test_an_english_name_is_found_after_what_introduces_it(text: str, expected: list[str]) -> None:
    assert people(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "客户经理态度差，对方经理不接电话，你们公司经理呢",
        "我是黄金会员，也是老客户，江苏人",
        "高铁票方便退，安全第一，周末马上处理",
        "向经理反映了三次，班主任和家长都知道",
        "康师傅方便面过期",
        "感谢客服，谢谢老师",
        "姓名不详，姓名：匿名，联系人：无",
        "名字写着张某和李**",
        "销售员满口谎言，经理高高在上",
        "I am British, Furious and very Disappointed",
        "I spoke to Barclays on Monday. Dear Customer Services",
        "This is Unacceptable. Thanks, Team",
        "my manager said, the agent hung up, your driver left",
        "I asked them and called him, prices rose",
        "My name is XXXX XXXX",
    ],
)
def test_ordinary_words_are_nobody(text: str) -> None:
    assert people(text) == []


def test_a_name_introduced_once_is_found_everywhere() -> None:
    text = "我叫张晓丽。工单上写的是张晓丽，My son Tom Beckett called; Beckett will call again, TOM too."
    assert people(text) == ["张晓丽", "张晓丽", "Tom Beckett", "Beckett", "TOM"]


def test_a_first_name_that_is_a_word_is_not_looked_for_elsewhere() -> None:
    assert people("My son Will Okonkwo rang. Will you call Okonkwo?") == ["Will Okonkwo", "Okonkwo"]


def test_names_are_found_in_ninety_five_of_a_hundred_introductions() -> None:
    samples = list(privacy_samples.people(seed=20261122, rounds=6))
    missed: list[str] = []
    for sample in samples:
        hidden = {at for finding in redact(sample.text).findings for at in range(finding.start, finding.end)}
        if any(sample.text[at].isalnum() and at not in hidden for at in range(sample.start, sample.end)):
            missed.append(sample.text)
    assert len(samples) >= 200
    assert len(missed) <= 0.05 * len(samples), missed
