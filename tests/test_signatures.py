"""Webhook signatures: the published vectors, a second implementation, and whatever a stranger may send."""

import base64
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from bot.channels.ed25519 import is_signed_by
from bot.channels.signatures import TOLERANCE, Delivery, sign, verify
from bot.errors import BadSignature, InvalidSettings

VECTORS = Path(__file__).parents[2] / "shared" / "vectors" / "standard_webhooks.json"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
ID, NOW, BODY = (
    "msg_2Kx9",
    1_800_000_000,
    '{"type":"complaint.created","data":{"text":"退款没到账"}}'.encode(),
)

PUBLIC_KEY = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
SIGNED_BY_IT = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="


def headers(
    *, id: str = ID, timestamp: str = str(NOW), signature: str | None = None, body: bytes = BODY
) -> dict[str, str]:
    return {
        "Webhook-Id": id,
        "Webhook-Timestamp": timestamp,
        "Webhook-Signature": sign(SECRET, ID, NOW, body) if signature is None else signature,
    }


def vectors() -> dict[str, Any]:
    if not VECTORS.exists():
        pytest.skip(f"the conformance vectors are not at {VECTORS}")
    return json.loads(VECTORS.read_text(encoding="utf-8"))


@pytest.mark.shared
def test_every_published_signature_is_made_again() -> None:
    cases = vectors()["sign"]
    assert len(cases) == 5
    for case in cases:
        made = sign(case["secret"], case["id"], case["timestamp"], case["body"].encode())
        assert made == case["signature"], case["name"]


@pytest.mark.shared
def test_every_published_delivery_gets_its_verdict() -> None:
    cases = vectors()["verify"]
    assert len(cases) == 14
    for case in cases:
        assert verdict(case["secret"], case["headers"], case["body"], case["now"]) == case["expect"], case[
            "name"
        ]


def verdict(secret: str, given: Mapping[str, str], body: str, now: float) -> str:
    try:
        verify(secret, given, body.encode(), now)
    except BadSignature:
        return "reject"
    except InvalidSettings:
        return "config_error"
    return "ok"


@pytest.mark.shared
def test_every_published_ed25519_signature_is_verified() -> None:
    cases = vectors()["ed25519"]
    assert len(cases) == 1
    for case in cases:
        sent = {
            "webhook-id": case["id"],
            "webhook-timestamp": str(case["timestamp"]),
            "webhook-signature": "v1,aaaa " + case["signature"],
        }
        body = case["body"].encode()
        expected = Delivery(case["id"], case["timestamp"])
        assert verify(case["public_key"], sent, body, case["timestamp"]) == expected
        with pytest.raises(BadSignature):
            verify(case["public_key"], sent, body + b" ", case["timestamp"])
        with pytest.raises(InvalidSettings, match="whpk_"):
            verify(case["secret_key"], sent, body, case["timestamp"])


def test_a_good_delivery_says_its_id_and_time_whatever_the_case_of_its_headers() -> None:
    assert verify(SECRET, headers(), BODY, NOW + 12.5) == Delivery(ID, NOW)


def test_the_other_implementation_takes_our_signature_and_we_take_its() -> None:
    now = int(time.time())
    theirs = Webhook(SECRET)
    text = BODY.decode()
    ours = {
        "webhook-id": ID,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(SECRET, ID, now, BODY),
    }
    assert theirs.verify(text, ours) == json.loads(text)
    signed = theirs.sign(ID, datetime.fromtimestamp(now, UTC), text)
    assert verify(SECRET, ours | {"webhook-signature": signed}, BODY, now) == Delivery(ID, now)
    forged = ours | {"webhook-signature": sign(SECRET, ID + "x", now, BODY)}
    with pytest.raises(WebhookVerificationError):
        theirs.verify(text, forged)
    with pytest.raises(BadSignature):
        verify(SECRET, forged, BODY, now)


@given(position=st.integers(0, len(BODY) - 1), flip=st.integers(1, 255))
def test_any_changed_byte_of_the_body_is_refused(position: int, flip: int) -> None:
    changed = bytearray(BODY)
    changed[position] ^= flip
    with pytest.raises(BadSignature):
        verify(SECRET, headers(), bytes(changed), NOW)


@given(position=st.integers(0, len(ID) - 1), character=st.characters(codec="latin-1"))
def test_any_changed_character_of_the_id_is_refused(position: int, character: str) -> None:
    changed = ID[:position] + character + ID[position + 1 :]
    if changed != ID:
        with pytest.raises(BadSignature):
            verify(SECRET, headers(id=changed), BODY, NOW)


@given(position=st.integers(0, 9), character=st.characters(codec="latin-1"))
def test_any_changed_character_of_the_timestamp_is_refused(position: int, character: str) -> None:
    original = str(NOW)
    changed = original[:position] + character + original[position + 1 :]
    if changed != original:
        with pytest.raises(BadSignature):
            verify(SECRET, headers(timestamp=changed), BODY, NOW)


@given(
    sent=st.dictionaries(
        st.sampled_from(
            ["webhook-id", "webhook-timestamp", "webhook-signature", "svix-id", "Svix-Signature"]
        ),
        st.one_of(
            st.text(max_size=60),
            st.text(alphabet="v1a, =+/AZ09._\t\x00\x7f\xe9\u0661\u6b3e\ud800", max_size=60),
            st.sampled_from([ID, str(NOW), "v1,", "v1", ",", "v1,,", " ", "9" * 12]),
        ),
    ),
    body=st.binary(max_size=40),
    secret=st.sampled_from([SECRET, PUBLIC_KEY]),
)
def test_nothing_a_stranger_sends_gets_in_or_breaks_us(
    sent: dict[str, str], body: bytes, secret: str
) -> None:
    with pytest.raises(BadSignature):
        verify(secret, sent, body, NOW)


@given(id=st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=200),
       timestamp=st.integers(0, 10**12 - 1), body=st.binary(max_size=200),
       late=st.integers(-TOLERANCE, TOLERANCE))  # fmt: skip
def test_what_is_signed_is_verified_within_the_tolerance(
    id: str, timestamp: int, body: bytes, late: int
) -> None:
    sent = headers(id=id, timestamp=str(timestamp), signature=sign(SECRET, id, timestamp, body))
    assert verify(SECRET, sent, body, timestamp + late) == Delivery(id, timestamp)
    with pytest.raises(BadSignature, match="from our clock"):
        verify(SECRET, sent, body, timestamp + TOLERANCE + 1)
    with pytest.raises(BadSignature, match="from our clock"):
        verify(SECRET, sent, body, timestamp - TOLERANCE - 1)


def test_a_good_signature_is_found_among_old_and_unknown_ones() -> None:
    good = sign(SECRET, ID, NOW, BODY)
    old = sign("whsec_" + base64.b64encode(b"o" * 32).decode(), ID, NOW, BODY)
    assert verify(SECRET, headers(signature=f"v9,xx {old}  {good}"), BODY, NOW).id == ID


def test_signatures_without_end_are_not_all_looked_at() -> None:
    good = sign(SECRET, ID, NOW, BODY)
    with pytest.raises(BadSignature):
        verify(SECRET, headers(signature="v1,AAAA " * 5000 + good), BODY, NOW)


def test_a_half_family_of_headers_does_not_hide_a_whole_one() -> None:
    sent = {name.replace("Webhook", "svix"): value for name, value in headers().items()}
    assert verify(SECRET, sent | {"webhook-id": "other"}, BODY, NOW) == Delivery(ID, NOW)


@pytest.mark.parametrize(
    ("secret", "remedy"),
    [
        ("", "24 to 64"),
        ("whsec_", "24 to 64"),
        ("whsec_c2hvcnQ=", "holds 5 bytes"),
        ("whsec_not base64 at all!", "copy it again"),
        ("whsec_退款", "copy it again"),
        ("whsec_A", "copy it again"),
        ("whpk_AAAA", "holds 3 bytes, not 32"),
        ("whsk_AAAA", "whpk_"),
    ],
)
def test_a_secret_that_cannot_work_is_said_without_showing_it(secret: str, remedy: str) -> None:
    with pytest.raises(InvalidSettings, match=remedy) as raised:
        verify(secret, headers(), BODY, NOW)
    key = secret.partition("_")[2]
    assert not key or key not in str(raised.value)


def test_a_public_key_cannot_sign() -> None:
    with pytest.raises(InvalidSettings, match="shared secret"):
        sign(PUBLIC_KEY, ID, NOW, BODY)


def test_a_shared_secret_does_not_take_public_key_signatures_nor_the_reverse() -> None:
    with pytest.raises(BadSignature):
        verify(SECRET, headers(signature=SIGNED_BY_IT), BODY, NOW)
    with pytest.raises(BadSignature):
        verify(PUBLIC_KEY, headers(), BODY, NOW)


RFC_8032: list[tuple[str, str, str]] = [  # section 7.1, tests 1 to 3: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_ed25519_follows_its_own_standard(key: str, message: str, signature: str) -> None:
    parts = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert is_signed_by(*parts)
    assert not is_signed_by(parts[0], parts[1] + b"\0", parts[2])


def test_ed25519_takes_no_second_form_of_a_signature() -> None:
    key, message, signature = (bytes.fromhex(part) for part in RFC_8032[1])
    order = 2**252 + 27742317777372353535851937790883648493
    second = int.from_bytes(signature[32:], "little") + order
    assert not is_signed_by(key, message, signature[:32] + second.to_bytes(32, "little"))


@given(flip=st.integers(1, 255), position=st.integers(0, 63))
def test_ed25519_refuses_any_changed_byte_of_a_signature(flip: int, position: int) -> None:
    key, message, signature = (bytes.fromhex(part) for part in RFC_8032[2])
    changed = bytearray(signature)
    changed[position] ^= flip
    assert not is_signed_by(key, message, bytes(changed))


@given(key=st.binary(max_size=40), signature=st.binary(max_size=70))
def test_ed25519_refuses_noise(key: bytes, signature: bytes) -> None:
    assert not is_signed_by(key, b"", signature)
