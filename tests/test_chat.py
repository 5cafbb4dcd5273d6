"""A reply from a language-model server: what is asked, and what comes back."""

import json
import logging

import httpx
import pytest
from inline_snapshot import snapshot
from pydantic import SecretStr

from bot.draft.chat import ChatReply
from bot.draft.stream import Usage
from bot.errors import ChatUnavailable, InvalidSettings
from tests.peers import KEY, PROMPT, Answer, Peer, chat, events, refuses, says, streams, write


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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
