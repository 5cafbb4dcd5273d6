"""A real server with a tiny model, made on the spot."""

import asyncio
import time

import pytest

from bot.draft.chat import Chat
from bot.errors import ChatUnavailable
from tests import tiny_llm
from tests.peers import PROMPT, QUICK, write


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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
