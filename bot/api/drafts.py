"""`/v1/complaints/{id}/drafts` and `/v1/drafts/…`: drafts asked for, checked as edited, and rewritten."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from anyio import to_thread
from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import ServerSentEvent, ServerSentEventMessage
from litestar.status_codes import HTTP_200_OK
from pydantic import BaseModel, Field

from bot.api.problems import problem, status_of
from bot.api.requests import JsonRequest, needs
from bot.desk import Desk
from bot.draft.rewriting import Way
from bot.draft.wanted import Wanted
from bot.errors import BotError
from bot.measures import Measures
from bot.replies import Replies, Rewritten
from bot.store import DeskStore
from bot.suggestion import CheckResult

EVENT_STREAM = "text/event-stream"


class Edited(BaseModel):
    """A reply as the agent wants to send it."""

    complaint_id: Annotated[str, Field(min_length=1, max_length=200)]
    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    suggestion_id: Annotated[str, Field(max_length=200)] | None = None
    """Whose decision the reply conveys; the complaint's newest suggestion where none is named."""


class ToRewrite(Edited):
    """A reply to be said in another way."""

    way: Way


class Checked(BaseModel):
    """What the checks say of it."""

    sendable: bool
    """Whether every check passed that a reply must pass."""
    must_change: tuple[str, ...]
    """Ids of the checks that failed and have to pass."""
    checks: tuple[CheckResult, ...]
    """All of them; of those that failed, why and where."""


class DraftsOfComplaint(Controller):
    """Drafts an agent asks for: with a decision, in another tone or language, several at once."""

    path = "/v1/complaints"
    tags = ["complaints"]
    guards = [needs("agent")]

    @post("/{complaint_id:str}/drafts", status_code=201)
    async def draft(
        self,
        request: JsonRequest,
        complaint_id: FromPath[str],
        data: JSONBody[Wanted],
        desk: NamedDependency[Desk],
        store: NamedDependency[DeskStore],
        measures: NamedDependency[Measures],
    ) -> Response[Any]:
        """A new suggestion whose draft conveys a decision, or is said in another way; it is stored.

        With `Accept: text/event-stream` the draft comes as it is written: `triage`, `matches`, `profile`,
        `delta`, `draft`, `done`, `error`.
        """
        tenant = request.auth.tenant
        await to_thread.run_sync(store.status, tenant, complaint_id)  # an unknown one is a 404, not a stream
        if EVENT_STREAM in request.headers.get("accept", ""):
            if data.decision is not None:
                await to_thread.run_sync(desk.examine, tenant, data.decision)
            return ServerSentEvent(
                _stream(desk, tenant, complaint_id, data, measures),
                status_code=HTTP_200_OK,
                headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
            )
        suggestion = await desk.suggest(tenant, complaint_id, None, data)
        measures.suggested(suggestion)
        raw = suggestion.model_dump_json().encode()
        return Response(raw, status_code=201, media_type="application/json")


class Drafts(Controller):
    """Drafts in the agent's hands."""

    path = "/v1/drafts"
    tags = ["complaints"]
    guards = [needs("agent")]

    @post("/check", status_code=HTTP_200_OK)
    async def check(
        self, request: JsonRequest, data: JSONBody[Edited], replies: NamedDependency[Replies]
    ) -> Checked:
        """Check an edited reply against the complaint as it stands now; nothing is stored."""
        tenant = request.auth.tenant
        results = await to_thread.run_sync(
            replies.check, tenant, data.complaint_id, data.text, data.suggestion_id
        )
        failed = tuple(each.id for each in results if not each.passed and each.blocking)
        return Checked(sendable=not failed, must_change=failed, checks=results)

    @post("/rewrite", status_code=HTTP_200_OK)
    async def rewrite(
        self, request: JsonRequest, data: JSONBody[ToRewrite], replies: NamedDependency[Replies]
    ) -> Rewritten:
        """Say a reply shorter, longer, warmer, more formally or in the other language, under the same checks.

        Without a language model a draft of ours changes by other approved clauses; text that somebody edited
        cannot be rewritten then, and the answer (409) says so.
        """
        return await replies.rewrite(
            request.auth.tenant, data.complaint_id, data.text, data.way, data.suggestion_id
        )


async def _stream(
    desk: Desk, tenant: str, complaint_id: str, wanted: Wanted, measures: Measures
) -> AsyncIterator[ServerSentEventMessage]:
    """The events of a draft as it is made; when the caller goes away, the draft is made all the same."""
    events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    async def listen(name: str, data: dict[str, Any]) -> None:
        await events.put((name, data))

    async def make() -> None:
        try:
            suggestion = await desk.suggest(tenant, complaint_id, listen, wanted)
            measures.suggested(suggestion)
            await events.put(("done", suggestion.model_dump(mode="json")))
        except BotError as error:
            await events.put(("error", problem(status_of(error), str(error))))
        except Exception as error:
            await events.put(
                ("error", problem(500, "the draft could not be made; it is in the service's log"))
            )
            raise error from None

    making = asyncio.create_task(make())
    making.add_done_callback(lambda task: task.cancelled() or task.exception())
    while True:
        name, data = await events.get()
        yield ServerSentEventMessage(event=name, data=json.dumps(data, ensure_ascii=False))
        if name in {"done", "error"}:
            return
