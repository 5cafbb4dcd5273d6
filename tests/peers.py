"""Language-model servers at the seam: what they answer, and a client that talks to one."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import httpx
from pydantic import SecretStr

from bot.draft.breaker import Patience
from bot.draft.chat import Chat, ChatReply, Message

PROMPT = (Message("system", "Answer the customer."), Message("user", "退款一直没到账"))
QUICK = Patience(first_wait=0.01, rest=0.2)
KEY = SecretStr("sk-very-secret")

Answer = Callable[[httpx.Request], httpx.Response]


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
