"""Which language a complaint is written in."""

import pytest
from hypothesis import given, strategies as st

from bot.triage.language import detect


@pytest.mark.parametrize(
    "text",
    [
        "退款",
        "你们的客服太差了",
        "我要投訴你們的客服，退錢！",
        "唔該快啲處理，我等咗三日喇",
        "我的order还没ship，refund me",
        "APP一直crash, customer service完全不理我",
        "⟦PHONE_1⟧ 打不通，⟦PERSON_2⟧ 也不回",
        "订单 A1B2C3 没到",
        "看《鬼滅の刃》联名手机壳，发货太慢，客服也不回复我",
    ],
)
def test_chinese_is_seen_whatever_else_stands_in_it(text: str) -> None:
    assert detect(text) == "zh"


@pytest.mark.parametrize(
    "text",
    [
        "refund me now",
        "scam",
        "WTF",
        "Refund!",
        "where is my parcel",
        "money",
        "I've been waiting three weeks.",
        "My name is 王伟 and I was charged twice",
        "plz fix ur app it keeps crashing lol",
        "XX/XX/2020 XXXX XXXX charged me twice for the same thing",
        "Ye told me it was sorted, so ye did.",
        "@support your site is down https://example.com/retour/commande",
    ],
)
def test_english_is_seen_short_or_careless(text: str) -> None:
    assert detect(text) == "en"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "😀😀😀",
        "12345",
        "⟦PHONE_1⟧",
        "https://example.com/refund/now",
        "Je veux un remboursement de mon compte s'il vous plaît",
        "C'est inadmissible, je ne suis pas remboursé depuis trois semaines",
        "Ich möchte mein Geld zurück, das ist nicht in Ordnung",
        "Quiero mi dinero de vuelta",
        "Voglio un rimborso subito",
        "Quero o meu dinheiro de volta, não recebi nada",
        "Ik wil mijn geld terug, het is niet aangekomen",
        "wo yao tui kuan, ni men de ke fu tai cha le",
        "kefu bu li wo, wo yao tousu",
        "asdf qwer zxcv",
        "お金を返してください。最悪です",
        "返金してください",
        "돈 돌려줘",
        "верните деньги немедленно",
        "أريد استرداد أموالي",
        "ขอเงินคืน",
    ],
)
def test_every_other_language_and_no_language_is_neither(text: str) -> None:
    assert detect(text) == "und"


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    assert detect(text) in {"zh", "en", "und"}


@given(st.text(alphabet="⟦⟧_0123456789 \n", max_size=60))
def test_what_redaction_leaves_is_no_language(text: str) -> None:
    assert detect(text) == "und"
