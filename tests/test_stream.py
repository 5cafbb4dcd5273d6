import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, strategies as st
from inline_snapshot import snapshot

from bot.draft.failure import Fault, read_fault
from bot.draft.stream import (
    MAX_STREAM_BYTES,
    Broken,
    Event,
    Events,
    Reply,
    ReplyReader,
    Thinking,
    Usage,
)

VECTORS = Path(__file__).parents[2] / "shared" / "vectors" / "llm"


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything one stream came to."""

    shown: str
    reply: Reply | None
    fault: Fault | None = None
    broken: Broken | None = None


def read(*chunks: bytes, trusted: bool = True) -> Seen:
    reader = ReplyReader(trusted=trusted)
    shown = "".join([*(reader.feed(chunk) for chunk in chunks), reader.close()])
    return Seen(shown, reader.reply() if reader.finished else None, reader.fault, reader.broken)


def chunk(content: str | None = None, finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {
        "model": "m",
        "choices": [{"index": 0, "delta": {"content": content, **delta}, "finish_reason": finish}],
    }


def sse(*bodies: object, newline: str = "\n", colon: str = ": ") -> bytes:
    lines = [
        f"data{colon}{body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)}"
        for body in bodies
    ]
    return "".join(f"{line}{newline}{newline}" for line in lines).encode()


def events_of(*chunks: bytes) -> list[Event]:
    events = Events()
    return [event for piece in chunks for event in events.feed(piece)] + events.close()


def test_an_event_may_have_comments_a_name_many_lines_and_any_line_ending() -> None:
    assert events_of(
        b": keep-alive\r\n\r\nevent:error\r\ndata:one\r\ndata: two\r\ndata:  three\r\n\r\nid: 7\rdata: cr\r\r"
    ) == [Event("error", "one\ntwo\n three"), Event("", "cr")]


def test_a_mark_at_the_very_start_is_no_part_of_the_first_line() -> None:
    assert events_of(b"\xef\xbb", b"\xbfdata: one\n\n") == [Event("", "one")]


def test_a_carriage_return_and_its_line_feed_may_come_apart() -> None:
    assert events_of(b"data: one\r", b"\n\r", b"", b"\ndata: two\n\n") == [Event("", "one"), Event("", "two")]


def test_line_separators_of_unicode_end_no_line() -> None:
    assert events_of("data: 一\u2028二\u0085三\n\n".encode()) == [Event("", "一\u2028二\u0085三")]


def test_a_chinese_character_may_be_cut_anywhere() -> None:
    stream = sse(chunk("退款"), chunk("三天内到账", "stop"), "[DONE]")
    assert read(*(stream[at : at + 1] for at in range(len(stream)))).shown == "退款三天内到账"


def test_a_reply_carries_its_model_its_end_and_its_usage() -> None:
    stream = sse(
        chunk("", role="assistant"),
        chunk("We are "),
        chunk("sorry. "),
        chunk(finish="stop"),
        {"choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 5}},
        "[DONE]",
    )
    assert read(stream) == snapshot(
        Seen(
            shown="We are sorry. ",
            reply=Reply(
                text="We are sorry.",
                model="m",
                finish="stop",
                usage=Usage(prompt_tokens=12, completion_tokens=5),
                thought=0,
                lone_close=False,
            ),
        )
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("colon", [":", ": "])
def test_line_endings_and_a_missing_space_change_nothing(newline: str, colon: str) -> None:
    bodies = (chunk("好的"), chunk(finish="stop"), "[DONE]")
    assert read(sse(*bodies, newline=newline, colon=colon)) == read(sse(*bodies))


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_in_a_field_of_its_own_is_counted_and_never_shown(field: str) -> None:
    seen = read(sse(chunk(None, **{field: "look at the policy"}), chunk("ok", "stop"), "[DONE]"))
    assert seen.reply is not None
    assert (seen.shown, seen.reply.text, seen.reply.thought) == ("ok", "ok", 18)


def test_a_stream_without_done_but_with_a_finish_reason_is_whole() -> None:
    seen = read(sse(chunk("ok"), chunk(finish="length")))
    assert seen.broken is None
    assert seen.reply is not None
    assert seen.reply.finish == "length"


def test_the_last_event_needs_no_blank_line() -> None:
    seen = read(sse(chunk("ok", "stop")).rstrip())
    assert seen.reply is not None
    assert seen.reply.text == "ok"


@pytest.mark.parametrize("cut", [1, 20, 70, 105])
def test_a_stream_that_just_ends_is_truncated(cut: int) -> None:
    seen = read(sse(chunk("We will ref"), chunk("und", "stop"))[:-cut])
    assert (seen.reply is None) == (cut > 1)
    assert (seen.broken == "truncated") == (cut > 1)


def test_nothing_at_all_is_truncated() -> None:
    assert read() == Seen("", None, None, "truncated")


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (sse({"error": {"message": "boom", "code": 503}}), Fault(503, "503", "boom")),
        (sse({"error": {"message": "boom", "type": "server_error"}}), Fault(500, "server_error", "boom")),
        (sse({"error": "out of memory"}), Fault(500, "", "out of memory")),
        (sse({"object": "error", "message": "bad", "code": 400}), Fault(400, "400", "bad")),
        (b'event: error\ndata: {"message": "boom"}\n\n', Fault(500, "", "boom")),
        (b"event: error\ndata: it burns\n\n", Fault(500, "", "it burns")),
        (b"event: error\n\n", Fault(500, "", "")),
    ],
)
def test_an_error_after_the_first_words_is_a_fault(event: bytes, fault: Fault) -> None:
    seen = read(sse(chunk("part")) + event + sse(chunk("more", "stop"), "[DONE]"))
    assert seen == Seen("part", None, fault)


def test_an_event_that_is_no_json_is_unreadable() -> None:
    seen = read(sse(chunk("part"), "<html>", chunk("more", "stop"), "[DONE]"))
    assert (seen.shown, seen.reply, seen.broken) == ("part", None, "unreadable")


@pytest.mark.parametrize("body", [[], "text", {"choices": "none"}, {"choices": [{"delta": {"content": 7}}]}])
def test_an_event_of_another_shape_is_unreadable(body: object) -> None:
    assert read(sse(json.dumps(body))).broken == "unreadable"


def test_a_stream_that_never_ends_is_cut_off() -> None:
    assert read(b": " + b"x" * MAX_STREAM_BYTES).broken == "too long"


def test_a_refusal_is_no_reply_text() -> None:
    seen = read(sse(chunk(None, refusal="I can't help with that."), chunk(finish="stop"), "[DONE]"))
    assert seen.reply is not None
    assert (seen.reply.text, seen.reply.finish) == ("", "refusal")


def test_only_the_first_choice_is_read() -> None:
    other = {"choices": [{"index": 1, "delta": {"content": "other"}, "finish_reason": None}]}
    assert read(sse(chunk("ok"), other, chunk(finish="stop"))).shown == "ok"


def test_a_whole_message_in_place_of_a_stream_is_read() -> None:
    body = {"model": "m", "choices": [{"message": {"content": "好的。"}, "finish_reason": "stop"}]}
    assert read(sse(body)).shown == "好的。"


def thought_away(*pieces: str, trusted: bool = True) -> tuple[str, str]:
    """What was shown on the way, and what the text is at the end."""
    thinking = Thinking(trusted=trusted)
    shown = "".join([*(thinking.feed(piece) for piece in pieces), thinking.close()])
    return shown, thinking.text


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (("<th", "ink>secret pl", "an</thi", "nk>\n\nDear customer"), "Dear customer"),
        (("\n<think>a</think> one <think>b</think>two",), "one two"),
        (("a < b, <thin gs> and </ think>",), "a < b, <thin gs> and </ think>"),
        (("text <thi",), "text <thi"),
        (("<think>never closed", " at all</thin"), ""),
        (("<think>a<think>b</think>c",), "c"),
    ],
)
def test_reasoning_between_tags_is_left_out(pieces: tuple[str, ...], text: str, *, trusted: bool) -> None:
    assert thought_away(*pieces, trusted=trusted) == (text, text)


def test_text_before_a_lone_closing_tag_was_reasoning_and_is_not_shown() -> None:
    pieces = ("plan without ", "opening tag</th", "ink>\nDear customer")
    assert thought_away(*pieces, trusted=False) == ("Dear customer", "Dear customer")


def test_a_trusted_model_streams_and_a_lone_closing_tag_still_corrects_the_text() -> None:
    thinking = Thinking(trusted=True)
    assert thinking.feed("plan") == "plan"
    assert thinking.feed("</think>Dear") == "Dear"
    assert (thinking.text, thinking.lone_close, thinking.thought) == ("Dear", True, 4)


def test_an_untrusted_model_streams_from_its_first_opening_tag_on() -> None:
    thinking = Thinking(trusted=False)
    shown = [thinking.feed(piece) for piece in ("<think>plan", "</think>", "Dear ", "customer")]
    assert shown == ["", "", "Dear ", "customer"]


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    ends = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(ends)]


words = st.sampled_from(
    [
        "We are sorry. ",
        "退款",
        "😀",
        "<think>",
        "</think>",
        "<thi",
        "nk>",
        "</",
        " ",
        "\n\n",
        "é",
        "\u2028",
        "",
    ]
)
bodies = st.one_of(
    words.map(chunk),
    words.map(lambda text: chunk(None, reasoning_content=text)),
    st.just(chunk(finish="stop")),
    st.just({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}),
    st.just({"error": {"message": "boom"}}),
    st.sampled_from(["[DONE]", "not json"]),
)


def as_stream(parts: list[tuple[bytes, object]], newline: str, colon: str, tail: bytes, lost: int) -> bytes:
    """The bodies, each after what comes before it, and the tail, without the last `lost` bytes."""
    whole = b"".join(before + sse(body, newline=newline, colon=colon) for before, body in parts) + tail
    return whole[: len(whole) - lost]


streams = st.builds(
    as_stream,
    st.lists(st.tuples(st.sampled_from([b"", b": ping\n\n", b"\r\n", b"event: x\n"]), bodies), max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([":", ": "]),
    st.sampled_from([b"", b"data: [DONE]\n\n", b"data: {"]),
    st.integers(0, 9),
)


@given(streams, st.lists(st.integers(0, 10_000), max_size=30), st.booleans())
def test_where_a_stream_is_cut_into_chunks_changes_nothing(
    stream: bytes, places: list[int], trusted: bool
) -> None:
    whole, pieces = read(stream, trusted=trusted), read(*cut(stream, places), trusted=trusted)
    assert (pieces.reply, pieces.fault, pieces.broken) == (whole.reply, whole.fault, whole.broken)
    if whole.reply is None or not whole.reply.lone_close:
        assert pieces.shown == whole.shown


@example(pieces=["<thi", "<think>", "</think>", "nk>"], trusted=False)
@given(st.lists(words, max_size=12), st.booleans())
def test_what_is_shown_is_the_text_unless_a_lone_tag_took_it_back(pieces: list[str], trusted: bool) -> None:
    thinking = Thinking(trusted=trusted)
    shown = "".join([*(thinking.feed(piece) for piece in pieces), thinking.close()])
    assert "</think>" not in shown
    assert "<think>" not in shown
    assert shown.endswith(thinking.text)
    if not thinking.lone_close:
        assert shown == thinking.text


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_no_bytes_make_the_reader_raise(chunks: list[bytes]) -> None:
    seen = read(*chunks)
    assert (seen.reply is None) == (seen.fault is not None or seen.broken is not None)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (
            {"error": {"message": "slow down", "code": None, "type": "requests"}},
            Fault(429, "requests", "slow down"),
        ),
        ({"error": "loading"}, Fault(429, "", "loading")),
        ({"detail": [{"loc": ["body"]}]}, Fault(429, "", '[{"loc": ["body"]}]')),
        ("Internal Server Error", Fault(429, "", "Internal Server Error")),
        (None, Fault(429, "", "")),
    ],
)
def test_error_bodies_of_any_shape_are_read(body: object, fault: Fault) -> None:
    assert read_fault(429, body) == fault


def recorded(name: str) -> Seen:
    return read((VECTORS / f"{name}.sse").read_bytes(), trusted=False)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "text", "finish"),
    [
        ("azure_prompt_filter_first", "ok", "content_filter"),
        ("deepseek_reasoning_keepalive", '{"severity":"P2"}', "stop"),
        ("no_space_after_colon_crlf", "ok", "stop"),
        ("ollama_reasoning_field", "ok", "stop"),
        ("openai_include_usage", '{"severity":"P2"}', "stop"),
        ("think_close_tag_only", '{"severity":"P3"}', "stop"),
        ("think_tags_split_across_chunks", '{"severity":"P1"}', "stop"),
        ("vllm_reasoning_field", "ok", "stop"),
    ],
)
def test_recorded_streams_of_every_server_give_their_text(name: str, text: str, finish: str) -> None:
    seen = recorded(name)
    assert seen.reply is not None
    assert (seen.shown, seen.reply.text, seen.reply.finish) == (text, text, finish)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "fault", "broken"),
    [
        ("error_event_named", Fault(500, "server_error", "boom"), None),
        ("error_mid_stream", Fault(500, "500", "upstream overloaded"), None),
        ("truncated_no_done", None, "truncated"),
    ],
)
def test_recorded_failures_are_told_apart(name: str, fault: Fault | None, broken: Broken | None) -> None:
    seen = recorded(name)
    assert (seen.reply, seen.fault, seen.broken) == (None, fault, broken)


@pytest.mark.shared
def test_every_recorded_stream_reads_the_same_byte_by_byte() -> None:
    for path in sorted(VECTORS.glob("*.sse")):
        stream = path.read_bytes()
        one_by_one = [stream[at : at + 1] for at in range(len(stream))]
        assert read(*one_by_one, trusted=False) == read(stream, trusted=False), path.name
