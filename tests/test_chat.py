import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from dirty_equals import IsPartialDict
from inline_snapshot import snapshot
from pydantic import SecretStr

from bot.draft.breaker import Patience
from bot.draft.chat import Chat, ChatReply, Message
from bot.draft.failure import retry_after
from bot.draft.stream import Usage
from bot.errors import ChatUnavailable, InvalidSettings
from tests import tiny_llm

ERROR_BODIES = Path(__file__).parents[2] / "shared" / "vectors" / "llm" / "error_bodies.json"

PROMPT = (Message("system", "Answer the customer."), Message("user", "退款一直没到账"))
QUICK = Patience(first_wait=0.01, rest=0.2)
KEY = SecretStr("sk-very-secret")

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Peer:
    """A server that answers each request with the next of its answers, the last one for ever."""

    def __init__(self, *answers: Answer | httpx.Response) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer if isinstance(answer, httpx.Response) else answer(request)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.requests if request.content]


def events(*deltas: str, finish: str | None = "stop") -> list[bytes]:
    bodies: list[dict[str, Any]] = [
        {"model": "m-1", "choices": [{"index": 0, "delta": {"content": delta}}]} for delta in deltas
    ]
    if finish:
        bodies.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        bodies.append({"choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 5}})
    return [f"data: {json.dumps(body)}\n\n".encode() for body in bodies]


def says(*deltas: str, finish: str | None = "stop") -> Answer:
    return lambda _: httpx.Response(200, content=b"".join(events(*deltas, finish=finish)))


def refuses(status: int, body: object = None, headers: dict[str, str] | None = None) -> Answer:
    return lambda _: httpx.Response(status, json=body, headers=headers)


def streams(chunks: Iterable[bytes | float | Exception]) -> Answer:
    """Sends the chunks one after the other; waits where there is a number, breaks where there is an error."""

    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            if isinstance(chunk, Exception):
                raise chunk
            if isinstance(chunk, bytes):
                yield chunk
            else:
                await asyncio.sleep(chunk)

    return lambda _: httpx.Response(200, content=body())


def drops(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused", request=request)


def chat(
    peer: Peer,
    *,
    url: str = "http://llm.test",
    model: str | None = "m",
    key: SecretStr | None = None,
    seconds: float = 5.0,
    concurrency: int = 4,
    patience: Patience = QUICK,
) -> Chat:
    transport = httpx.MockTransport(peer)
    return Chat(
        url, model, key, seconds=seconds, concurrency=concurrency, transport=transport, patience=patience
    )


async def write(client: Chat, *, seconds: float | None = None) -> tuple[ChatReply, list[str]]:
    """The reply, and the words as they were handed on."""
    deltas: list[str] = []

    async def collect(words: str) -> None:
        deltas.append(words)

    return await client.write(PROMPT, max_tokens=300, on_delta=collect, seconds=seconds), deltas


async def test_a_reply_comes_with_its_model_its_end_and_its_usage() -> None:
    reply, _ = await write(chat(Peer(says("We are ", "sorry."))))
    assert reply == ChatReply("We are sorry.", "m-1", "stop", Usage(prompt_tokens=12, completion_tokens=5))


async def test_the_request_holds_the_prompt_and_nothing_it_need_not_hold() -> None:
    peer = Peer(says("ok"))
    await write(chat(peer, key=KEY))
    assert peer.bodies == snapshot(
        [
            {
                "model": "m",
                "messages": [
                    {"role": "system", "content": "Answer the customer."},
                    {"role": "user", "content": "退款一直没到账"},
                ],
                "stream": True,
                "stream_options": {"include_usage": True},
                "temperature": 0.3,
                "max_tokens": 300,
            }
        ]
    )
    assert peer.requests[0].headers["authorization"] == "Bearer sk-very-secret"


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1/chat/completions"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1/chat/completions"),
        (" https://api.openai.com/v1/ ", "https://api.openai.com/v1/chat/completions"),
        ("https://h.test/compatible-mode/v1", "https://h.test/compatible-mode/v1/chat/completions"),
        ("https://h.test/api/paas/v4", "https://h.test/api/paas/v4/chat/completions"),
        ("https://h.test/v1beta/openai/", "https://h.test/v1beta/openai/chat/completions"),
        ("https://h.test/v1/chat/completions", "https://h.test/v1/chat/completions"),
        ("https://h.test/gateway?tenant=7", "https://h.test/gateway/v1/chat/completions?tenant=7"),
    ],
)
async def test_base_urls_work_with_and_without_a_version(url: str, asked: str) -> None:
    peer = Peer(says("ok"))
    await write(chat(peer, url=url))
    assert str(peer.requests[0].url) == asked


async def test_azure_takes_the_key_under_its_own_name() -> None:
    peer = Peer(says("ok"))
    await write(chat(peer, url="https://x.openai.azure.com/openai/v1", key=KEY))
    assert peer.requests[0].headers["api-key"] == "sk-very-secret"
    assert "authorization" not in peer.requests[0].headers


@pytest.mark.parametrize("key", [None, SecretStr(""), SecretStr("  ")])
async def test_without_a_key_none_is_sent(key: SecretStr | None) -> None:
    peer = Peer(says("ok"))
    await write(chat(peer, key=key))
    assert "authorization" not in peer.requests[0].headers


@pytest.mark.parametrize(
    "url", ["", "llm.test", "ftp://llm.test", "http://", "http://user:sk-very-secret@llm.test", "http://[::1"]
)
def test_an_unusable_url_is_refused_at_once_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidSettings, match="REDRESS_LLM_URL") as caught:
        chat(Peer(says("ok")), url=url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["sk\r\nx-evil: 1", "密钥"])
def test_a_key_that_cannot_be_a_header_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(InvalidSettings, match="REDRESS_LLM_KEY") as caught:
        chat(Peer(says("ok")), key=SecretStr(key))
    assert key not in str(caught.value)


async def test_the_key_shows_in_no_representation_log_or_message(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = chat(Peer(refuses(401, {"error": {"message": "Incorrect API key: sk-very-secret"}})), key=KEY)
    with pytest.raises(ChatUnavailable) as caught:
        await write(client)
    assert (
        "sk-very"
        not in f"{client!r} {vars(client)!r} {caught.value!r} {caught.value.__cause__!r} {caplog.text}"
    )
    assert str(caught.value) == snapshot(
        "the language model server does not accept the key: check REDRESS_LLM_KEY (status 401)"
    )


async def test_a_model_that_is_not_named_is_the_first_that_the_server_lists() -> None:
    peer = Peer(refuses(200, {"data": [{"id": "first"}, {"id": "second"}]}), says("ok"))
    client = chat(peer, model=None)
    await write(client)
    await write(client)
    assert [request.method for request in peer.requests] == ["GET", "POST", "POST"]
    assert str(peer.requests[0].url) == "http://llm.test/v1/models"
    assert [body["model"] for body in peer.bodies] == ["first", "first"]


async def test_a_listed_model_is_looked_up_again_once_it_fails() -> None:
    listed = [refuses(200, {"data": [{"id": name}]}) for name in ("old", "new")]
    peer = Peer(listed[0], refuses(404), listed[1], says("ok"))
    client = chat(peer, model=None)
    with pytest.raises(ChatUnavailable, match="REDRESS_LLM_MODEL"):
        await write(client)
    await write(client)
    assert [body["model"] for body in peer.bodies] == ["old", "new"]


@pytest.mark.parametrize("answer", [refuses(200, {"data": []}), refuses(200, []), says("no list")])
async def test_a_server_that_lists_no_model_asks_for_the_setting(answer: Answer) -> None:
    with pytest.raises(ChatUnavailable, match="set REDRESS_LLM_MODEL"):
        await write(chat(Peer(answer), model=None))


async def test_from_the_second_reply_on_words_are_handed_on_as_they_come() -> None:
    client = chat(Peer(streams(events("We are ", "sorry."))))
    assert (await write(client))[1] == ["We are sorry."]
    assert (await write(client))[1] == ["We are ", "sorry."]


async def test_reasoning_without_an_opening_tag_is_never_handed_on() -> None:
    client = chat(Peer(streams(events("the customer ", "is angry</thi", "nk>\n\nDear ", "customer"))))
    for _ in range(3):
        reply, deltas = await write(client)
        assert reply.text == "".join(deltas) == "Dear customer"


async def test_reasoning_between_tags_is_left_out_on_the_way() -> None:
    client = chat(Peer(streams(events("<think>angry", "</think>", "Dear ", "customer"))))
    assert (await write(client))[1] == ["Dear ", "customer"]


async def test_one_json_object_in_place_of_a_stream_is_read() -> None:
    body = {
        "model": "m-1",
        "choices": [{"message": {"content": "好的。\n请稍等。"}, "finish_reason": "stop"}],
    }
    pretty = b"\n\n" + json.dumps(body, indent=2).encode()
    answer = httpx.Response(200, content=pretty, headers={"content-type": "application/json; charset=utf-8"})
    reply, deltas = await write(chat(Peer(answer)))
    assert reply.text == "".join(deltas) == "好的。\n请稍等。"


async def test_what_on_delta_raises_comes_through() -> None:
    async def hang_up(_: str) -> None:
        raise ConnectionResetError

    client = chat(Peer(says("ok")))
    with pytest.raises(ConnectionResetError):
        await client.write(PROMPT, max_tokens=300, on_delta=hang_up)


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


def real(url: str, *, model: str | None = tiny_llm.MODEL, seconds: float = 60) -> Chat:
    return Chat(url, model, None, seconds=seconds, patience=QUICK)


async def test_a_real_server_lists_its_model_and_streams_a_reply() -> None:
    client = real(tiny_llm.running().url, model=None)
    first, _ = await write(client)
    second, deltas = await write(client)
    assert first.model == second.model == f"{tiny_llm.MODEL}@main"
    assert second.finish in {"stop", "length"}
    assert second.usage is not None
    assert second.usage.prompt_tokens
    assert 0 < (second.usage.completion_tokens or 0) <= 300
    assert len(deltas) > 1
    assert "".join(deltas).strip() == second.text
    await client.aclose()


async def test_a_real_server_answers_several_at_once() -> None:
    client = real(tiny_llm.running().url)
    replies = await asyncio.gather(*(client.write(PROMPT, max_tokens=20) for _ in range(6)))
    assert {reply.model for reply in replies} == {f"{tiny_llm.MODEL}@main"}
    await client.aclose()


async def test_a_real_server_refuses_a_model_it_does_not_have() -> None:
    client = real(tiny_llm.running().url, model="another")
    with pytest.raises(ChatUnavailable, match=r"refused the request \(status 400\)"):
        await write(client)
    await client.aclose()


async def test_a_real_server_that_breaks_off_gives_no_half_reply() -> None:
    async with tiny_llm.line(tiny_llm.running(), cut_after=700) as url:
        client = real(url)
        with pytest.raises(ChatUnavailable, match=r"gave no answer|came truncated"):
            await write(client)
        await client.aclose()


async def test_a_real_server_that_is_slow_is_given_up_in_time() -> None:
    async with tiny_llm.line(tiny_llm.running(), wait=5) as url:
        client = real(url, seconds=0.5)
        began = time.monotonic()
        with pytest.raises(ChatUnavailable, match=r"no complete reply in 0\.5 s"):
            await write(client)
        assert time.monotonic() - began < 3
        await client.aclose()


async def test_a_port_nobody_listens_on_is_told_at_once() -> None:
    client = real(f"http://127.0.0.1:{tiny_llm.free_port()}", seconds=10)
    began = time.monotonic()
    with pytest.raises(ChatUnavailable, match="ConnectError"):
        await write(client)
    assert time.monotonic() - began < 3
    await client.aclose()
