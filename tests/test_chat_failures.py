"""What a language-model server may do wrong, and what becomes of it."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from dirty_equals import IsPartialDict

from bot.draft.breaker import Patience
from bot.draft.failure import retry_after
from bot.errors import ChatUnavailable
from tests.peers import Answer, Peer, chat, drops, events, refuses, says, streams, write

ERROR_BODIES = Path(__file__).parents[2] / "shared" / "vectors" / "llm" / "error_bodies.json"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
async def test_a_passing_failure_is_tried_again(status: int) -> None:
    peer = Peer(refuses(status), refuses(status), says("ok"))
    assert (await write(chat(peer)))[0].text == "ok"


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
async def test_a_lasting_failure_is_not_tried_again(status: int) -> None:
    peer = Peer(refuses(status), says("ok"))
    with pytest.raises(ChatUnavailable, match=str(status)):
        await write(chat(peer))
    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    ("answer", "requests"),
    [
        (refuses(429, {"error": {"code": "insufficient_quota"}}), 1),
        (refuses(500, headers={"x-should-retry": "false"}), 1),
        (refuses(400, headers={"x-should-retry": "true"}), 3),
        (refuses(500), 3),
        (drops, 3),
        (says("half a rep", finish=None), 3),
        (streams([b'data: {"error": {"message": "overloaded"}}\n\n']), 3),
        (streams([b'data: {"error": {"message": "too long", "code": 400}}\n\n']), 1),
        (streams([httpx.ReadError("reset")]), 3),
        (httpx.Response(200, html="<html>hello</html>"), 3),
    ],
)
async def test_only_what_may_pass_is_asked_three_times(answer: Answer, requests: int) -> None:
    peer = Peer(answer)
    with pytest.raises(ChatUnavailable):
        await write(chat(peer))
    assert len(peer.requests) == requests


async def test_a_reply_that_was_begun_is_not_begun_again() -> None:
    whole, broken = streams(events("We are ", "sorry.")), streams([*events("We ", finish=None)])
    peer = Peer(whole, broken, whole)
    client = chat(peer)
    await write(client)
    with pytest.raises(ChatUnavailable, match="came truncated"):
        await write(client)
    assert len(peer.requests) == 2


async def test_a_connection_that_breaks_after_the_last_word_costs_nothing() -> None:
    client = chat(Peer(streams([*events("ok"), httpx.ReadError("reset")])))
    assert (await write(client))[0].text == "ok"


async def test_the_server_says_how_long_to_wait() -> None:
    peer = Peer(refuses(429, headers={"retry-after-ms": "300", "retry-after": "60"}), says("ok"))
    began = time.monotonic()
    await write(chat(peer))
    assert 0.3 <= time.monotonic() - began < 2


async def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    began = time.monotonic()
    with pytest.raises(ChatUnavailable, match="takes no more requests for now") as caught:
        await write(chat(Peer(refuses(429, headers={"retry-after": "20"})), seconds=5))
    assert caught.value.retry_after == 20
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "1200", "retry-after": "2"}, 1.2),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 -0000"}, 0),
    ],
)
def test_retry_after_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_retry_after_may_be_a_date_to_come() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert retry_after({"retry-after": at}) == pytest.approx(90, abs=5)


async def test_one_deadline_covers_a_stream_that_never_ends() -> None:
    client = chat(Peer(streams([b": keep-alive\n\n", 0.05] * 1000)), seconds=0.3)
    began = time.monotonic()
    with pytest.raises(ChatUnavailable, match=r"no complete reply in 0\.3 s") as caught:
        await write(client)
    assert isinstance(caught.value.__cause__, TimeoutError)
    assert time.monotonic() - began < 2


async def test_one_deadline_covers_the_retries() -> None:
    client = chat(Peer(refuses(503)), seconds=0.3, patience=Patience(tries=100, first_wait=0.1))
    began = time.monotonic()
    with pytest.raises(ChatUnavailable, match=r"failed \(status 503\)"):
        await write(client)
    assert time.monotonic() - began < 1


async def test_a_caller_may_have_less_time() -> None:
    with pytest.raises(ChatUnavailable, match=r"0\.1 s"):
        await write(chat(Peer(streams([3.0])), seconds=5), seconds=0.1)


async def test_no_more_requests_run_at_once_than_allowed() -> None:
    running = most = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        for event in events("ok"):
            yield event
        running -= 1

    client = chat(Peer(lambda _: httpx.Response(200, content=body())), concurrency=3)
    replies = await asyncio.gather(*(write(client) for _ in range(10)))
    assert len(replies) == 10
    assert most == 3


async def test_after_three_failures_the_server_is_left_alone_for_a_while() -> None:
    peer = Peer(refuses(404))
    client = chat(peer)
    for _ in range(3):
        with pytest.raises(ChatUnavailable, match="404"):
            await write(client)
    with pytest.raises(ChatUnavailable, match="failed 3 times in a row and is left alone") as caught:
        await write(client)
    assert caught.value.retry_after == pytest.approx(0.2, abs=0.15)
    assert len(peer.requests) == 3


async def test_after_its_rest_one_request_tries_and_success_lets_all_in() -> None:
    peer = Peer(refuses(404), refuses(404), refuses(404), streams([0.05, *events("ok")]))
    client = chat(peer)
    for _ in range(3):
        with pytest.raises(ChatUnavailable):
            await write(client)
    await asyncio.sleep(0.25)
    tried, refused = await asyncio.gather(write(client), write(client), return_exceptions=True)
    assert isinstance(tried, tuple)
    assert isinstance(refused, ChatUnavailable)
    assert (await write(client))[0].text == "ok"


async def test_a_server_that_fails_again_after_its_rest_rests_again() -> None:
    peer = Peer(refuses(404))
    client = chat(peer)
    for _ in range(3):
        with pytest.raises(ChatUnavailable):
            await write(client)
    await asyncio.sleep(0.25)
    with pytest.raises(ChatUnavailable, match="404"):
        await write(client)
    with pytest.raises(ChatUnavailable, match="left alone"):
        await write(client)
    assert len(peer.requests) == 4


async def test_refused_requests_do_not_count_against_the_server() -> None:
    peer = Peer(refuses(400))
    client = chat(peer)
    for _ in range(5):
        with pytest.raises(ChatUnavailable, match="refused the request"):
            await write(client)
    assert len(peer.requests) == 5


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
async def test_what_a_server_says_stays_inside(status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    words = "退款一直没到账"
    body = {"error": {"message": f"cannot answer {words}", "code": f"bad {words}", "type": words}}
    with pytest.raises(ChatUnavailable) as caught:
        await write(chat(Peer(refuses(status, body))))
    assert words not in f"{caught.value!r} {caught.value.__cause__!r} {caplog.text}"
    assert str(status) in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "then"),
    [
        (
            refuses(
                400,
                {
                    "error": {
                        "message": "Unsupported: 'max_tokens'. Use 'max_completion_tokens' instead.",
                        "param": "max_tokens",
                        "code": "unsupported_parameter",
                    }
                },
            ),
            {"max_completion_tokens": 300, "temperature": 0.3},
        ),
        (
            refuses(
                400, {"error": {"message": "Unsupported value: 'temperature'", "code": "unsupported_value"}}
            ),
            {"max_tokens": 300, "stream_options": {"include_usage": True}},
        ),
        (
            refuses(422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"]}]}),
            {"max_tokens": 300, "temperature": 0.3},
        ),
    ],
)
async def test_a_field_the_server_refuses_is_left_out_from_then_on(
    answer: Answer, then: dict[str, Any]
) -> None:
    peer = Peer(answer, says("ok"))
    client = chat(peer)
    await write(client)
    await write(client)
    known = {"model": "m", "messages": peer.bodies[0]["messages"], "stream": True}
    optional = {"temperature": 0.3, "stream_options": {"include_usage": True}}
    assert len(peer.bodies) == 3
    assert peer.bodies[1] == peer.bodies[2] == IsPartialDict(known | then)
    assert len(set(peer.bodies[1]) - set(known)) == 1 + len(optional) - ("max_tokens" in then)


async def test_fields_are_left_out_once_and_a_further_refusal_is_final() -> None:
    peer = Peer(refuses(400, {"error": {"message": "temperature and stream_options are wrong"}}))
    with pytest.raises(ChatUnavailable, match="400"):
        await write(chat(peer))
    assert len(peer.requests) == 2


def vector_cases() -> list[dict[str, Any]]:
    return json.loads(ERROR_BODIES.read_text()) if ERROR_BODIES.is_file() else []


@pytest.mark.shared
@pytest.mark.parametrize("case", vector_cases(), ids=lambda case: f"{case['provider']}-{case['status']}")
async def test_every_known_error_body_is_judged_rightly(case: dict[str, Any]) -> None:
    headers = {name: value for name, value in case.get("headers", {}).items() if "retry" not in name}
    content = case["body_text"] if "body_text" in case else json.dumps(case["body"])
    peer = Peer(lambda _: httpx.Response(case["status"], text=content, headers=headers))
    with pytest.raises(ChatUnavailable, match=f"status {case['status']}"):
        await write(chat(peer))
    # The refusal that asks for enable_thinking=false only comes to requests that ask for no stream.
    assert len(peer.requests) == (3 if case["retry"] is True else 1)


async def test_closing_twice_is_no_error() -> None:
    peer = Peer(says("ok"))
    client = chat(peer)
    await write(client)
    await client.aclose()
    await client.aclose()
    assert len(peer.requests) == 1
