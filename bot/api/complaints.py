"""Complaints, suggestions and outcomes: what the sidebar and any other caller talk to."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Literal, cast

from anyio import to_thread
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage
from pydantic import Field

from bot.api.problems import problem, status_of
from bot.api.requests import JsonRequest, needs, once
from bot.complaint import MAX_TURNS, Complaint, ComplaintIn, Turn
from bot.desk import Desk
from bot.errors import BotError
from bot.live import Event, Live
from bot.privacy.redaction import redact
from bot.promises import Promises
from bot.store import DeskStore, Once, Received
from bot.suggestion import Suggestion
from knowledge.case import EmotionKind, Owned, Text, Urgency

PING_EVERY = 15.0
"""Seconds between comments on a quiet event stream, so that proxies keep it open."""

IdempotencyKey = Annotated[str | None, HeaderParameter(name="Idempotency-Key")]


class Acknowledged(Owned):
    """A complaint that is safely stored."""

    id: str
    received_at: datetime
    turns: int
    suggested: bool
    """Whether a suggestion has seen the newest turn."""


class ComplaintList(Owned):
    """The newest complaints."""

    complaints: tuple["Listed", ...]


class Listed(Owned):
    """A complaint in a list, without its words."""

    id: str
    channel: str
    language: str | None
    received_at: datetime
    turns: int
    suggested: bool
    category: str | None = None
    urgency: Urgency | None = None


class NewTurns(Owned):
    """What was said since."""

    turns: Annotated[tuple[Turn, ...], Field(min_length=1, max_length=MAX_TURNS)]


class OutcomeIn(Owned):
    """What the agent did with a suggestion."""

    action: Literal["sent", "edited", "discarded", "corrected"]
    text: Text | None = None
    """The reply as it went out, when it was edited; stored without personal data."""
    category: Annotated[str | None, Field(max_length=80)] = None
    """The right category, when it was corrected."""
    urgency: Urgency | None = None
    emotion: EmotionKind | None = None
    note: Text | None = None
    owner: Annotated[str, Field(max_length=200)] = ""
    """Who keeps what the reply promised, when it was sent or edited."""


class Recorded(Owned):
    """An outcome that is stored."""

    id: str


class Complaints(Controller):
    """Receive complaints, give suggestions."""

    path = "/v1/complaints"
    tags = ["complaints"]
    guards = [needs("agent")]

    @post("/")
    async def receive(
        self,
        request: JsonRequest,
        data: JSONBody[ComplaintIn],
        desk: NamedDependency[Desk],
        live: NamedDependency[Live],
        store: NamedDependency[DeskStore],
        idempotency_key: IdempotencyKey = None,
        wait: Annotated[Literal["suggestion"] | None, QueryParameter(name="wait")] = None,
    ) -> Response[Acknowledged] | Response[Suggestion]:
        """Store a complaint; 201 means it is on disk. `wait=suggestion` answers with the suggestion."""
        tenant = request.auth.tenant
        record = once(request, "complaints", idempotency_key, await request.body())
        received: Received = await to_thread.run_sync(desk.receive, tenant, data, record)
        if wait == "suggestion":
            return _written(await live.suggestion(tenant, received.id), 201)
        live.start(tenant, received.id)
        return Response(await to_thread.run_sync(_acknowledged, store, tenant, received.id), status_code=201)

    @get("/")
    async def newest(
        self,
        request: JsonRequest,
        store: NamedDependency[DeskStore],
        limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    ) -> ComplaintList:
        """The newest complaints, without their words."""
        return await to_thread.run_sync(_listed, store, request.auth.tenant, limit)

    @get("/{complaint_id:str}")
    async def complaint(
        self, request: JsonRequest, complaint_id: FromPath[str], store: NamedDependency[DeskStore]
    ) -> Complaint:
        """A complaint with its words as they were written."""
        return await to_thread.run_sync(store.complaint, request.auth.tenant, complaint_id)

    @post("/{complaint_id:str}/turns")
    async def add_turns(
        self,
        request: JsonRequest,
        complaint_id: FromPath[str],
        data: JSONBody[NewTurns],
        desk: NamedDependency[Desk],
        live: NamedDependency[Live],
        store: NamedDependency[DeskStore],
        idempotency_key: IdempotencyKey = None,
    ) -> Acknowledged:
        """Add what was said since; a new suggestion is made."""
        tenant = request.auth.tenant
        record = once(request, f"turns {complaint_id}"[:100], idempotency_key, await request.body())
        await to_thread.run_sync(desk.add_turns, tenant, complaint_id, data.turns, record)
        live.start(tenant, complaint_id)
        return await to_thread.run_sync(_acknowledged, store, tenant, complaint_id)

    @get("/{complaint_id:str}/suggestion")
    async def suggestion(
        self, request: JsonRequest, complaint_id: FromPath[str], live: NamedDependency[Live]
    ) -> Response[Suggestion]:
        """The suggestion that has seen the newest turn."""
        return _written(await live.suggestion(request.auth.tenant, complaint_id), 200)

    @get("/{complaint_id:str}/events")
    async def events(
        self,
        request: JsonRequest,
        complaint_id: FromPath[str],
        live: NamedDependency[Live],
        store: NamedDependency[DeskStore],
    ) -> ServerSentEvent:
        """The suggestion as it takes shape: triage, matches, profile, delta, draft, done, error."""
        tenant = request.auth.tenant
        await to_thread.run_sync(store.status, tenant, complaint_id)  # an unknown one is a 404, not a stream
        return ServerSentEvent(
            _stream(live.watch(tenant, complaint_id)),
            headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
        )


class Suggestions(Controller):
    """What agents did with suggestions."""

    path = "/v1/suggestions"
    tags = ["complaints"]
    guards = [needs("agent")]

    @post("/{suggestion_id:str}/outcome")
    async def outcome(
        self,
        request: JsonRequest,
        suggestion_id: FromPath[str],
        data: JSONBody[OutcomeIn],
        store: NamedDependency[DeskStore],
        promises: NamedDependency[Promises],
        idempotency_key: IdempotencyKey = None,
    ) -> Recorded:
        """Record what the agent did. It feeds the label queue, never the live model by itself.

        What a reply promised that was sent, as drafted or edited, goes into the ledger of commitments.
        """
        record = once(request, f"outcome {suggestion_id}"[:100], idempotency_key, await request.body())
        tenant = request.auth.tenant
        received = await to_thread.run_sync(_record, store, tenant, suggestion_id, data, record)
        if data.action in {"sent", "edited"}:
            text = data.text if data.action == "edited" else None
            await to_thread.run_sync(
                promises.sent, tenant, suggestion_id, text, data.owner, datetime.now(UTC)
            )
        return Recorded(id=received.id)


class TriageNow(Controller):
    """A suggestion for a complaint that is not stored."""

    path = "/v1/triage"
    tags = ["complaints"]
    guards = [needs("agent")]

    @post("/", status_code=200)
    async def triage(
        self, request: JsonRequest, data: JSONBody[ComplaintIn], desk: NamedDependency[Desk]
    ) -> Response[Suggestion]:
        """Judge and draft, store nothing."""
        return _written(await desk.consider(request.auth.tenant, data), 200)


def _written(suggestion: Suggestion, status: int) -> Response[Suggestion]:
    """The suggestion as JSON, written by pydantic in one go: it is large, on the path that must be fast."""
    raw = suggestion.model_dump_json().encode()
    return cast("Response[Suggestion]", Response(raw, status_code=status, media_type="application/json"))


def _acknowledged(store: DeskStore, tenant: str, complaint_id: str) -> Acknowledged:
    status = store.status(tenant, complaint_id)
    return Acknowledged(
        id=status.id,
        received_at=status.received_at,
        turns=status.turns,
        suggested=status.suggested_turns >= status.turns,
    )


def _listed(store: DeskStore, tenant: str, limit: int) -> ComplaintList:
    return ComplaintList(
        complaints=tuple(
            Listed(
                id=status.id,
                channel=status.channel,
                language=status.language,
                received_at=status.received_at,
                turns=status.turns,
                suggested=status.suggested_turns >= status.turns,
                category=status.category,
                urgency=status.urgency,
            )
            for status in store.newest(tenant, limit)
        )
    )


def _record(
    store: DeskStore, tenant: str, suggestion_id: str, data: OutcomeIn, record: Once | None
) -> Received:
    clean = data.model_copy(update={"text": _redacted(data.text), "note": _redacted(data.note)})
    return store.record_outcome(tenant, suggestion_id, data.action, clean.model_dump_json(), record)


def _redacted(text: str | None) -> str | None:
    return None if text is None else redact(text).text


async def _stream(events: AsyncIterator[Event]) -> AsyncIterator[ServerSentEventMessage]:
    """The events with a comment whenever it is quiet for a while."""
    waiting: asyncio.Task[Event] | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({waiting}, timeout=PING_EVERY)
            if not done:
                yield ServerSentEventMessage(comment="ping")
                continue
            try:
                event = waiting.result()
            except StopAsyncIteration:
                return
            except BotError as error:
                body = problem(status_of(error), str(error))
                yield ServerSentEventMessage(event="error", data=json.dumps(body, ensure_ascii=False))
                return
            waiting = None
            yield ServerSentEventMessage(event=event.name, data=json.dumps(event.data, ensure_ascii=False))
    finally:
        if waiting is not None:
            waiting.cancel()
