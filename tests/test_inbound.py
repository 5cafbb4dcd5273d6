"""The signed inbound webhook: an event in, a complaint out."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bot.channels.inbound import once, read
from bot.channels.signatures import Delivery
from bot.complaint import ComplaintIn, CustomerRef, Turn
from bot.errors import InvalidRequest
from bot.store import Once


def event(data: Any, **fields: Any) -> bytes:
    return json.dumps(
        {"type": "complaint.created", "timestamp": "2026-11-20T08:00:00Z", "data": data} | fields
    ).encode()


def test_an_event_becomes_a_complaint_received_when_it_happened() -> None:
    body = event({"text": "退款没到账", "customer": {"value": "C-8", "verified": True}, "reference": "T-5"})
    assert read(body) == ComplaintIn(
        text="退款没到账",
        channel="webhook",
        customer=CustomerRef(value="C-8", verified=True),
        reference="T-5",
        received_at=datetime(2026, 11, 20, 8, tzinfo=UTC),
    )


def test_what_the_data_says_goes_before_what_the_event_says() -> None:
    complaint = read(event({"text": "x", "channel": "email", "received_at": "2026-11-19T23:00:00+08:00"}))
    assert complaint is not None
    assert complaint.channel == "email"
    assert complaint.received_at == datetime(2026, 11, 19, 15, tzinfo=UTC)


def test_unknown_fields_and_nulls_are_passed_over_at_every_level() -> None:
    body = event(
        {
            "turns": [{"text": "hello", "speaker": "agent", "at": None, "mood": 3}, {"text": "no"}],
            "text": None,
            "language": None,
            "customer": {"value": "C-8", "kind": None, "vip": True},
            "priority": "P1",
        },
        tenant="somebody else's",
    )
    assert read(body) == ComplaintIn(
        turns=(Turn(text="hello", speaker="agent"), Turn(text="no")),
        channel="webhook",
        customer=CustomerRef(value="C-8"),
        received_at=datetime(2026, 11, 20, 8, tzinfo=UTC),
    )


@pytest.mark.parametrize("data", [None, [], "x", {"text": 5}, {}])
def test_other_events_are_acknowledged_whatever_their_data(data: Any) -> None:
    assert read(event(data, type="complaint.closed")) is None


@pytest.mark.parametrize("timestamp", [None, "yesterday", "2026-11-20T08:00:00", [], 1e300])
def test_a_timestamp_that_is_no_moment_loses_no_complaint(timestamp: Any) -> None:
    complaint = read(event({"text": "x"}, timestamp=timestamp))
    assert complaint is not None and complaint.received_at is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "the body is no event"),
        (b"{", "the body is no event"),
        (b"[]", "the body is no event"),
        (b'{"data": {"text": "x"}}', "the body is no event"),
        (b"\xff\xfe\xff", "the body is no event"),
        (b"[" * 100_000, "the body is no event"),
        (event([]), "data must be an object"),
        (event({}), "data: Value error, give either text or turns"),
        (event({"text": "secret words", "language": "fr"}), "data.language: Input should be 'zh' or 'en'"),
        (event({"turns": [{"text": "secret words", "speaker": "boss"}]}), "data.turns.0.speaker"),
    ],
)
def test_a_bad_body_is_refused_with_the_field_and_without_its_words(body: bytes, says: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        read(body)
    assert says in str(raised.value)
    assert "secret words" not in str(raised.value)


def test_half_a_surrogate_pair_loses_no_complaint() -> None:
    complaint = read(b'{"type": "complaint.created", "data": {"text": "\\u6c14\\ud83d"}}')
    assert complaint is not None and complaint.text == "气\ufffd"


FIELDS = st.sampled_from(["text", "turns", "customer", "value", "speaker", "language", "at", "x"])


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS, inner, max_size=4),
        max_leaves=8,
    )
)
def test_any_data_gives_a_complaint_or_a_refusal(data: Any) -> None:
    try:
        complaint = read(event(data))
    except InvalidRequest:
        return
    assert complaint is not None and complaint.all_turns()


def test_a_repeated_delivery_is_known_by_its_id_and_by_its_bytes() -> None:
    first = once(Delivery("msg_1", 1_800_000_000), b"{}")
    assert first == once(Delivery("msg_1", 1_800_000_300), b"{}")
    assert first != once(Delivery("msg_1", 1_800_000_000), b"{ }")
    assert first == Once(
        route="webhooks.complaints",
        key="msg_1",
        fingerprint="44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    )
