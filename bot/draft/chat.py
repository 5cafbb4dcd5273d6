"""The language model: any server that speaks OpenAI's chat completions, streamed. The one door to httpx here.

write → admitted by the breaker → a free place → the model's name → attempts until one is whole → ChatReply

One deadline covers all of it. Whatever goes wrong comes out as `ChatUnavailable`, in our own words.
"""

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Protocol

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

from bot.draft.breaker import Breaker, Patience
from bot.draft.failure import ABOUT_THE_REQUEST, AttemptFailed, Fault, read_fault, refused
from bot.draft.stream import Reply, ReplyReader, Usage
from bot.errors import ChatUnavailable, InvalidSettings

logger = logging.getLogger(__name__)

OnDelta = Callable[[str], Awaitable[None]]
"""Is given the reply's words as they come."""

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
"""Of a list of models or an error body; what is longer is cut."""

TEMPERATURE: Final = 0.3
"""Low: a reply states facts; above 0, where some models repeat themselves."""

_VERSION: Final = re.compile(r"/v[0-9]+[a-z0-9]*(?=/|$)")
_ABOUT_FORMAT: Final = ("response_format", "json_schema", "json_object", "json mode", "structured")
"""Words by which a server says that it cannot give JSON so."""
_PLAIN_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_VISIBLE_ASCII: Final = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class ChatReply:
    """A complete reply of the model."""

    text: str
    """Without reasoning; may be empty."""
    model: str
    """As the server names it."""
    finish: str
    """Why the model stopped: `stop`, or `length`, `content_filter`, `refusal`, … when it was stopped."""
    usage: Usage | None
    """Tokens; None where the server does not say."""


class Writer(Protocol):
    """What writes a reply: a server's model, or one in this process."""

    async def write(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        on_delta: OnDelta | None = None,
        seconds: float | None = None,
        schema: dict[str, Any] | None = None,
    ) -> ChatReply:
        """The model's reply; see `Chat.write`."""
        ...

    async def aclose(self) -> None:
        """Let go of what it holds."""
        ...


class _Listed(BaseModel):
    id: str


class _Models(BaseModel):
    data: tuple[_Listed, ...] = ()


class _Adapted(Exception):
    """The same request may succeed at once, without the field the server refused."""


class Chat:
    """Writes with a language model behind an OpenAI-compatible server. Close it with `aclose`.

    Args:
        url: Base URL, with or without `/v1`: `http://localhost:11434`, `https://api.deepseek.com`.
        model: Name the server expects; None takes the first that it lists.
        key: Sent as bearer token (to Azure as `api-key`).
        seconds: Deadline of one `write`, with its retries and waits.
        concurrency: Requests under way at the same time, at most; more wait, within their deadline.
        transport: In place of the network.
        patience: How hard to try.

    Raises:
        InvalidSettings: the URL or the key cannot be used.
    """

    def __init__(
        self,
        url: str,
        model: str | None,
        key: SecretStr | None,
        *,
        seconds: float,
        concurrency: int = 4,
        transport: httpx.AsyncBaseTransport | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._base = _base_url(url)
        self._key = _usable_key(key)
        self._model = model
        self._listed: str | None = None
        self._seconds = seconds
        self._slots = asyncio.Semaphore(concurrency)
        self._patience = patience or Patience()
        self._breaker = Breaker(self._patience)
        self._opens_its_tags = False
        """Whether a reply has shown that this model's words may be handed on as they come."""
        self._adaptations: set[str] = set()
        self._formats: list[str] = ["json_schema", "json_object"]
        """Ways of asking for JSON that this server and model have not refused, the strictest first."""
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(seconds, connect=min(3.0, seconds)),
            limits=httpx.Limits(max_connections=concurrency, keepalive_expiry=30.0),
            # Packed, the events of a stream may be held back until a block is full.
            headers={"accept-encoding": "identity", "user-agent": "redress"},
        )

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def write(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        on_delta: OnDelta | None = None,
        seconds: float | None = None,
        schema: dict[str, Any] | None = None,
    ) -> ChatReply:
        """The model's reply. Its words go to `on_delta` as they come, reasoning left out.

        A model's first reply is handed on in one piece, unless it marks where its reasoning begins: only then
        is it known that words can be told from reasoning on the way.

        Args:
            messages: The prompt.
            max_tokens: Length of the reply, at most.
            on_delta: What it raises ends the writing and comes through.
            seconds: A shorter deadline than the client's own.
            schema: JSON schema of the answer. Asked for as `json_schema`, then as `json_object`, then not at
                all, as far as the server goes along, which is remembered. Validate the answer.

        Raises:
            ChatUnavailable: no complete reply; its cause is a `TimeoutError` where time ran out.
        """
        self._breaker.admit()
        limit = self._seconds if seconds is None else min(seconds, self._seconds)
        try:
            async with asyncio.timeout(limit), self._slots:
                end = time.monotonic() + limit
                reply = await self._persist(messages, max_tokens, on_delta, schema, end)
        except AttemptFailed as failed:
            self._listed = None  # the server may offer another model by now
            self._breaker.record(well=failed.status in ABOUT_THE_REQUEST)
            raise ChatUnavailable(str(failed), failed.wait) from failed.__cause__
        except TimeoutError as error:
            self._breaker.record(well=False)
            raise ChatUnavailable(f"the language model gave no complete reply in {limit:g} s") from error
        self._breaker.record(well=True)
        return reply

    async def _persist(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        on_delta: OnDelta | None,
        schema: dict[str, Any] | None,
        deadline: float,
    ) -> ChatReply:
        """Attempts, until one is whole or another would not help or not fit before the deadline."""
        handed = _Handed(on_delta)
        attempt = 1
        while True:
            try:
                model = self._model or self._listed or await self._first_listed()
                reply = await self._attempt(self._body(model, messages, max_tokens, schema), handed)
            except _Adapted:
                continue
            except AttemptFailed as failed:
                wait = self._patience.wait(attempt, failed.wait)
                too_late = attempt >= self._patience.tries or time.monotonic() + wait >= deadline
                if not failed.again or handed.any or too_late:
                    raise
                await asyncio.sleep(wait)
                attempt += 1
            else:
                return ChatReply(reply.text, reply.model or model, reply.finish, reply.usage)

    async def _attempt(self, body: dict[str, Any], handed: "_Handed") -> Reply:
        reader = ReplyReader(trusted=self._opens_its_tags)
        async with self._request("POST", "/chat/completions", body) as response:
            try:
                async for chunk in _events(response):
                    await handed.pass_on(reader.feed(chunk))
                    if reader.over:
                        break
            except httpx.HTTPError:
                # A connection that breaks after the last word has cost nothing.
                if not reader.finished:
                    raise
        rest = reader.close()
        if reader.fault is not None:
            raise _logged(refused(reader.fault, {}), reader.fault)
        if not reader.finished:
            raise AttemptFailed(f"the language model's reply came {reader.broken}", again=True)
        await handed.pass_on(rest)
        reply = reader.reply()
        self._opens_its_tags = not reply.lone_close
        return reply

    async def _first_listed(self) -> str:
        """The first model the server lists."""
        async with self._request("GET", "/models") as response:
            body = await _start_of(response)
        try:
            models = _Models.model_validate_json(body).data
        except ValidationError:
            models = ()
        if not models:
            raise AttemptFailed(
                "the language model server lists no model: set REDRESS_LLM_MODEL", again=False
            )
        self._listed = models[0].id
        return self._listed

    @asynccontextmanager
    async def _request(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> AsyncGenerator[httpx.Response]:
        """An answer with status 200, its body not read yet.

        Raises:
            AttemptFailed: no connection, a broken one, or another status.
            _Adapted: the server refused for a field that the next body leaves out.
        """
        url = self._base.copy_with(path=self._base.path + path)
        try:
            async with self._client.stream(method, url, json=body, headers=self._headers()) as response:
                if response.status_code != 200:
                    fault = await _fault_of(response)
                    if self._adapt(fault, body or {}):
                        raise _Adapted
                    raise _logged(refused(fault, response.headers), fault)
                yield response
        except httpx.HTTPError as error:
            words = f"the language model server gave no answer ({type(error).__name__})"
            raise AttemptFailed(words, again=True) from error

    def _headers(self) -> dict[str, str]:
        if self._key is None:
            return {}
        if self._base.host.endswith(".azure.com"):
            return {"api-key": self._key.get_secret_value()}
        return {"authorization": f"Bearer {self._key.get_secret_value()}"}

    def _body(
        self, model: str, messages: Sequence[Message], max_tokens: int, schema: dict[str, Any] | None
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": model,
            "messages": [asdict(message) for message in messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": TEMPERATURE,
            "max_tokens": max_tokens,
        }
        if schema is not None and self._formats:
            body["response_format"] = _format(self._formats[0], schema)
        for field in self._adaptations:
            del body[field]
        if "max_tokens" in self._adaptations:
            body["max_completion_tokens"] = max_tokens
        return body

    def _adapt(self, fault: Fault, sent: dict[str, Any]) -> bool:
        """Whether a field was refused that we can do without: https://platform.openai.com/docs/api-reference/chat."""
        if fault.status not in ABOUT_THE_REQUEST:
            return False
        named = ["temperature", "stream_options"]
        if fault.code == "unsupported_parameter" and "max_completion_tokens" in fault.words:
            named = ["max_tokens"]
        if "response_format" in sent and any(word in fault.words for word in _ABOUT_FORMAT):
            self._formats.pop(0)
            return True
        refused_fields = [field for field in named if field in fault.words and field in sent]
        self._adaptations.update(refused_fields)
        return bool(refused_fields)


def _format(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    if kind == "json_object":
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


class _Handed:
    """Hands words on, and remembers whether any were: a reply that was begun cannot be begun again."""

    def __init__(self, on_delta: OnDelta | None) -> None:
        self._on_delta = on_delta
        self.any = False

    async def pass_on(self, words: str) -> None:
        if words and self._on_delta is not None:
            self.any = True
            await self._on_delta(words)


async def _start_of(response: httpx.Response) -> bytes:
    """The body, as far as `MAX_BODY_BYTES`."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            break
    return bytes(body[:MAX_BODY_BYTES])


async def _events(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body as events, also where one JSON object came although a stream was asked for."""
    whole = response.headers.get("content-type", "").startswith("application/json")
    if whole:
        yield b"data: "
    async for chunk in response.aiter_bytes():
        yield chunk.replace(b"\n", b" ").replace(b"\r", b" ") if whole else chunk


async def _fault_of(response: httpx.Response) -> Fault:
    text = (await _start_of(response)).decode("utf-8", "replace")
    try:
        body: object = json.loads(text)
    except ValueError:
        body = text
    return read_fault(response.status_code, body)


def _logged(failed: AttemptFailed, fault: Fault) -> AttemptFailed:
    code = fault.code if _PLAIN_CODE.fullmatch(fault.code) else "not given"
    logger.warning("%s; its code: %s", failed, code)
    return failed


def _base_url(url: str) -> httpx.URL:
    """The address that `/chat/completions` is put after: `/v1` is added where no version is named."""
    try:
        base = httpx.URL(url.strip())
    except httpx.InvalidURL as error:
        raise InvalidSettings("REDRESS_LLM_URL is no URL: give one like http://localhost:11434/v1") from error
    if base.scheme not in {"http", "https"} or not base.host:
        raise InvalidSettings("REDRESS_LLM_URL must begin with http:// or https:// and name a host")
    if base.userinfo:
        raise InvalidSettings("REDRESS_LLM_URL must not hold a password: give the key in REDRESS_LLM_KEY")
    path = base.path.rstrip("/").removesuffix("/chat/completions")
    return base.copy_with(path=path if _VERSION.search(path) else f"{path}/v1")


def _usable_key(key: SecretStr | None) -> SecretStr | None:
    if key is None or not key.get_secret_value().strip():
        return None
    stripped = key.get_secret_value().strip()
    if not _VISIBLE_ASCII.fullmatch(stripped):
        raise InvalidSettings("REDRESS_LLM_KEY holds characters no key has: copy it again")
    return SecretStr(stripped)
