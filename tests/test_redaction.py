import json
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from inline_snapshot import snapshot

from bot.privacy.kinds import Kind
from bot.privacy.patterns import checksums
from bot.privacy.redaction import Numbering, Redaction, Redactor, redact
from tests import privacy_samples
from tests.conftest import SHARED


def found(text: str) -> list[tuple[str, str]]:
    """Kind and value of everything redacted in a text."""
    return [(finding.kind.value, text[finding.start : finding.end]) for finding in redact(text).findings]


def survives(text: str, start: int, end: int) -> bool:
    """Whether a letter or digit between `start` and `end` is still readable after redaction."""
    hidden = {at for finding in redact(text).findings for at in range(finding.start, finding.end)}
    return any(text[at].isalnum() and at not in hidden for at in range(start, end))


def test_a_chinese_complaint_loses_every_identifier_and_keeps_its_facts() -> None:
    text = (
        "本人张晓丽，身份证110105199003071234，2026年11月3日在贵行南京路支行办卡，卡号6228480402564890018，"
        "客服王经理说年费680元可免。订单号20261103112233445566，尾号0018。"
        "家住上海市徐汇区文定路88弄3号502室，电话138-0013-8000，微信zhang_xl88，车牌沪A·12345，"
        "邮箱zxl@163.com谢谢。"
    )
    assert redact(text).text == snapshot(
        "本人⟦PERSON_1⟧，身份证⟦ID_NUMBER_1⟧，2026年11月3日在贵行南京路支行办卡，卡号⟦CARD_1⟧，"
        "客服⟦PERSON_2⟧经理说年费680元可免。订单号20261103112233445566，尾号0018。家住上海市徐汇区⟦ADDRESS_1⟧，"
        "电话⟦PHONE_1⟧，微信⟦WECHAT_1⟧，车牌⟦PLATE_1⟧，邮箱⟦EMAIL_1⟧谢谢。"
    )


def test_an_english_complaint_loses_every_identifier_and_keeps_its_facts() -> None:
    text = (
        "My name is Hannah Vogel, born on 12 March 1985. On 2026-11-03 you charged £42.50 to my card "
        "4539 5787 6362 1486 (order 4532015112830366). I live at Flat 2, 14 Station Road, Bristol BS1 4DJ; "
        "call 07700 900123 or write to h.vogel@example.co.uk. Sort code 20-45-77, account number 12345678, "
        "NI number AB123456C. Your adviser Tom Beckett hung up; 0800 123 4567 rings out. Card ending 1486."
    )
    assert redact(text).text == snapshot(
        "My name is ⟦PERSON_1⟧, born on ⟦DATE_OF_BIRTH_1⟧. On 2026-11-03 you charged £42.50 to my card "
        "⟦CARD_1⟧ (order 4532015112830366). I live at ⟦ADDRESS_1⟧, Bristol ⟦ADDRESS_2⟧; call "
        "⟦PHONE_1⟧ or write to ⟦EMAIL_1⟧. Sort code ⟦ACCOUNT_1⟧, account number ⟦ACCOUNT_2⟧, NI number "
        "⟦NINO_1⟧. Your adviser ⟦PERSON_2⟧ hung up; 0800 123 4567 rings out. Card ending 1486."
    )


def test_a_finding_says_which_rule_which_check_digit_and_which_word_made_it_one() -> None:
    (finding,) = redact("我的身份证11010519491231002X被冒用").findings
    assert finding.reason == snapshot(
        "identity number: province and date of birth, check digit valid, after '身份证'"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("请打１３８００１３８０００", [("PHONE", "１３８００１３８０００")]),
        ("电话1\u200b38\u200d0013\ufeff8000", [("PHONE", "1\u200b38\u200d0013\ufeff8000")]),
        ("我的号码幺三八零零幺三八零零零", [("PHONE", "幺三八零零幺三八零零零")]),
        ("13800138000一直打不通", [("PHONE", "13800138000")]),
        ("call ⑬8 or 1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣", [("PHONE", "1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣")]),
        ("打 1 3 8 0 0 1 3 8 0 0 0 找我", [("PHONE", "1 3 8 0 0 1 3 8 0 0 0")]),
        ("tel13800138000abc", [("PHONE", "13800138000")]),
        ("隐私号17012345678转1234", [("PHONE", "17012345678转1234")]),
        ("卡号6228480402564890018已扣", [("CARD", "6228480402564890018")]),
        ("请回复邮箱zhang@qq.com谢谢", [("EMAIL", "zhang@qq.com")]),
        ("mail john dot smith at gmail dot com", [("EMAIL", "john dot smith at gmail dot com")]),
        ("证件号110105900307123", [("ID_NUMBER", "110105900307123")]),
        ("香港身份证A123456(3)", [("ID_NUMBER", "A123456(3)")]),
        ("台湾身份证A123456789", [("ID_NUMBER", "A123456789")]),
        ("支付宝账号abc_1234", [("ACCOUNT", "abc_1234")]),
        ("MAC 00:1B:44:11:3A:B7", [("MAC", "00:1B:44:11:3A:B7")]),
        (
            "address 2001:db8:85a3:8d3:1319:8a2e:370:7348 blocked",
            [("IP", "2001:db8:85a3:8d3:1319:8a2e:370:7348")],
        ),
        ("my number plate AB12 CDE", [("PLATE", "AB12 CDE")]),
        ("车架号LSVAA4182E2123456", [("VEHICLE", "LSVAA4182E2123456")]),
        ("passport number 533401372", [("PASSPORT", "533401372")]),
        ("Springfield, IL 62704", [("ADDRESS", "62704")]),
        ("PO Box 4412, Leeds", [("ADDRESS", "4412")]),
    ],
)
def test_an_identifier_is_found_however_it_is_written(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "订单号13800138000",
        "运单号SF1380013800012",
        "合同编号HT-2026-13912345678",
        "trade no. 4532015112830366 of order 4532015112830366",
        "扣款13800138000元",
        "圆周率3.14159265358",
        "版本10.2.3.4的App",
        "router 192.168.1.1",
        "客服热线400-820-8820，010-12345，12378，95588",
        "call 1-800-555-1234 or 0345 300 0000",
        "张某、李**、138****8000、XXXX",
        "在北京市朝阳区的门店",
        "南京路店和人民广场店",
        "走路5分钟，坐2号线",
        "wechat payment failed",
        "2026-11-22 10:30:45",
        "生日礼券2026-11-22到期",
    ],
)
def test_what_a_reply_needs_stays(text: str) -> None:
    assert redact(text).text == text


def test_a_city_and_a_district_stay_and_the_street_goes() -> None:
    assert (
        redact("寄到浙江省杭州市西湖区文三路478号华星大厦A座1203").text == "寄到浙江省杭州市西湖区⟦ADDRESS_1⟧"
    )
    assert redact("我在北京建国路88号").text == "我在北京⟦ADDRESS_1⟧"
    assert redact("地址：武汉市洪山区珞喻街道东湖小区").text == "地址：武汉市洪山区⟦ADDRESS_1⟧"


def test_a_value_found_once_by_its_label_is_found_again_without_it() -> None:
    assert redact("account number 48213377. Again: 48213377").text == (
        "account number ⟦ACCOUNT_1⟧. Again: ⟦ACCOUNT_1⟧"
    )


def test_two_writings_of_one_number_share_a_placeholder_and_come_back_as_written() -> None:
    text = "138-0013-8000打不通，13800138000也打不通"
    redaction = redact(text)
    assert redaction.text == "⟦PHONE_1⟧打不通，⟦PHONE_1⟧也打不通"
    assert redaction.restore(redaction.text, text) == text


class TestRedaction:
    """我叫⟦PERSON_1⟧，电话⟦PHONE_1⟧。"""

    original = "我叫张伟，电话13800138000。"

    @pytest.fixture
    def redaction(self) -> Redaction:
        return redact(self.original)

    def test_a_span_beside_placeholders_moves(self, redaction: Redaction) -> None:
        start = redaction.text.index("电话")
        assert self.original[slice(*redaction.original_span(start, start + 2))] == "电话"

    def test_a_span_that_touches_a_placeholder_covers_the_whole_value(self, redaction: Redaction) -> None:
        start = redaction.text.index("PHONE")
        assert self.original[slice(*redaction.original_span(start, start + 1))] == "13800138000"
        assert self.original[slice(*redaction.original_span(0, start))] == "我叫张伟，电话13800138000"

    def test_a_span_of_the_original_leads_to_the_redacted_text(self, redaction: Redaction) -> None:
        assert redaction.text[slice(*redaction.redacted_span(5, 7))] == "电话"
        assert redaction.text[slice(*redaction.redacted_span(9, 10))] == "⟦PHONE_1⟧"

    def test_a_span_outside_the_text_is_refused(self, redaction: Redaction) -> None:
        with pytest.raises(ValueError, match="does not lie in a text"):
            redaction.original_span(0, len(redaction.text) + 1)
        with pytest.raises(ValueError, match="does not lie in a text"):
            redaction.redacted_span(3, 2)

    def test_a_reply_gets_the_values_back_and_unknown_placeholders_stay(self, redaction: Redaction) -> None:
        reply = "⟦PERSON_1⟧您好，将致电⟦PHONE_1⟧；⟦CARD_1⟧与⟦PHONE_2⟧不动"
        assert (
            redaction.restore(reply, self.original) == "张伟您好，将致电13800138000；⟦CARD_1⟧与⟦PHONE_2⟧不动"
        )

    def test_its_printed_form_holds_no_personal_data(self, redaction: Redaction) -> None:
        assert "张伟" not in repr(redaction)
        assert "13800138000" not in repr(redaction)


def test_the_turns_of_one_conversation_share_their_placeholders() -> None:
    redactor, numbering = Redactor(), Numbering()
    turns = [
        "我叫张晓丽，电话13800138000",
        "张晓丽的另一个号139 1111 2222",
        "还是打138 0013 8000，my son Tom Beckett",
        "Mr Beckett",
    ]
    assert [redactor.redact(turn, numbering=numbering).text for turn in turns] == snapshot(
        [
            "我叫⟦PERSON_1⟧，电话⟦PHONE_1⟧",
            "⟦PERSON_1⟧的另一个号⟦PHONE_2⟧",
            "还是打⟦PHONE_1⟧，my son ⟦PERSON_2⟧",
            "Mr ⟦PERSON_3⟧",
        ]
    )
    assert "13800138000" not in repr(numbering)


def test_a_placeholder_the_customer_typed_is_not_issued_again() -> None:
    text = "⟦PHONE_1⟧是什么？我的电话13800138000"
    redaction = redact(text)
    assert redaction.text == "⟦PHONE_1⟧是什么？我的电话⟦PHONE_2⟧"
    assert redaction.restore(redaction.text, text) == text


def test_known_values_are_redacted_wherever_they_stand() -> None:
    redactor = Redactor(
        {"慕容雪村": Kind.PERSON, "Zoë Quill": Kind.PERSON, "CUST-88": Kind.ACCOUNT, "雪": Kind.PERSON}
    )
    assert redactor.redact("慕容雪村问订单cust-88，不是CUST-889；下雪。ZOË QUILL").text == (
        "⟦PERSON_1⟧问订单⟦ACCOUNT_1⟧，不是CUST-889；下雪。⟦PERSON_2⟧"
    )


def test_check_digits() -> None:
    assert checksums.identity_number("11010519491231002X")
    assert not checksums.identity_number("110105194912310021")
    assert checksums.company_id("91350100M000100Y43")
    assert not checksums.company_id("91350100M000100Y44")
    assert checksums.luhn("4111111111111111") and not checksums.luhn("4111111111111112")
    assert checksums.iban("GB82WEST12345698765432") and not checksums.iban("GB83WEST12345698765432")
    assert checksums.hong_kong_identity("A", "123456", "3") and not checksums.hong_kong_identity(
        "A", "123456", "4"
    )
    assert checksums.hong_kong_identity("AB", "987654", "3")
    assert checksums.taiwan_identity("A123456789") and not checksums.taiwan_identity("A123456788")
    assert checksums.real_date("20240229") and not checksums.real_date("20230229")


def test_direct_identifiers_leak_at_most_once_in_two_hundred() -> None:
    samples = list(privacy_samples.identifiers(seed=20261122, rounds=4))
    leaked = [sample.text for sample in samples if survives(sample.text, sample.start, sample.end)]
    assert len(samples) >= 200
    assert len(leaked) <= 0.005 * len(samples), leaked


def test_harmless_texts_are_left_alone_ninety_nine_times_in_a_hundred() -> None:
    texts = list(privacy_samples.harmless(seed=20261122, rounds=4))
    touched = [text for text in texts if redact(text).findings]
    assert len(texts) >= 300
    assert len(touched) <= 0.01 * len(texts), touched


_PIECES = st.sampled_from(
    [
        "我叫", "张伟", "张伟先生", "my name is ", "Jo Bell", "Mr ", "，", "、", "\n", " ", "13800138000",
        "138 0013", "8000", "-", "+", "86", "(", "0)", "2", "45", "678", "6228480402564890018", "4539 5787",
        "6362 1486", "订单号", "卡号", "account ", "尾号", "电话", "QQ", "微信", "abc_12", "@", "a@b.cn",
        "北京市朝阳区", "建国路88号", "3栋", "12 High Street", "SW1A 1AA", "born on ", "12 March 1985",
        "GB82WEST12345698765432", "京A12345", "⟦PHONE_1⟧", "⟦PERSON_7⟧", "⟦", "⟧", "XXXX", "****", "\u200b",
        "\ufe0f", "\ud800", "\x00", "😀", "1️⃣", "６２２", "幺三八零", "元", "的", "regards,\n", "sort code ",
    ]
)  # fmt: skip
_TEXTS = st.one_of(
    st.lists(_PIECES, max_size=20).map("".join),
    st.text(st.characters(exclude_categories=[]), max_size=60),
    st.lists(
        st.sampled_from([sample.text for sample in privacy_samples.identifiers(seed=7, rounds=1)]), max_size=4
    ).map("，".join),
)  # fmt: skip


@settings(deadline=None)
@given(_TEXTS)
def test_any_text_is_redacted_once_and_comes_back_as_it_was(text: str) -> None:
    redaction = redact(text)
    assert redaction.restore(redaction.text, text) == text
    assert redact(redaction.text).text == redaction.text
    end = 0
    for finding in redaction.findings:
        assert end <= finding.start < finding.end <= len(text)
        assert finding.placeholder in redaction.text
        end = finding.end


@settings(deadline=None)
@given(_TEXTS, st.data())
def test_spans_lead_back_and_forth(text: str, data: st.DataObject) -> None:
    redaction = redact(text)
    start = data.draw(st.integers(0, len(redaction.text)))
    end = data.draw(st.integers(start, len(redaction.text)))
    original = redaction.original_span(start, end)
    assert 0 <= original[0] <= original[1] <= len(text)
    back = redaction.redacted_span(*original)
    assert back[0] <= start and end <= back[1]
    assert redaction.original_span(*back) == original


SLOW_UNITS = (
    "1", "1 ", "12 ", "123-", "1.", "(1)", "+1", "a", "A1", "AB12 ", "@", "a@", "a.b@", ":", "ab:",
    "1.1.1.1.", "x", "xx ", "\u200b1", " ", "\n", "⟦A_", "⟦PHONE_1⟧", "account number is ", "13800138000 ",
    "my name is ", "Mr Smith ", "Aa ", "1 A ", "12 High Street ", "regards,\n", "born on 1 ",
    "一", "王", "王·", "王先生", "我叫", "我叫张伟，", "路", "路1号", "地址：", "住在省市区", "甲市",
    "订单号",
)  # fmt: skip


@pytest.mark.parametrize("unit", SLOW_UNITS)
def test_a_long_text_made_to_be_slow_is_redacted_all_the_same(unit: str) -> None:
    text = unit * (50_000 // len(unit))
    redaction = redact(text)
    assert redaction.restore(redaction.text, text) == text


def test_many_different_people_in_one_text_are_all_redacted() -> None:
    text = "".join(f"联系人：张{chr(0x4E00 + at)}{chr(0x5E00 + at)}，" for at in range(400))
    assert len(redact(text).findings) >= 390


SHARED_KINDS = {
    "PHONE_NUMBER": 0.95,
    "EMAIL_ADDRESS": 0.99,
    "CREDIT_CARD": 0.99,
    "IBAN_CODE": 0.95,
    "US_SSN": 0.95,
    "IP_ADDRESS": 0.95,
}
"""Least share of the values of a kind that must be covered to the last letter and digit."""


@pytest.mark.shared
@pytest.mark.parametrize("kind", SHARED_KINDS)
def test_recall_on_public_english_samples(kind: str) -> None:
    source: Path = SHARED / "data" / "evaluate" / "presidio_pii_en" / "test.jsonl"
    spans: list[bool] = []
    for line in source.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        wanted = [span for span in row["spans"] if span["type"] == kind]
        spans += [not survives(row["text"], span["start"], span["end"]) for span in wanted]
    assert len(spans) >= 10
    assert sum(spans) >= SHARED_KINDS[kind] * len(spans), f"{sum(spans)} of {len(spans)}"
