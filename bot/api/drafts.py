"""`/v1/drafts/check`: what an agent made of a draft, held to the same checks as any other."""

from typing import Annotated

from anyio import to_thread
from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK
from pydantic import BaseModel, Field

from bot.api.requests import JsonRequest, needs
from bot.desk import Desk
from bot.draft.checks import BLOCKING
from bot.suggestion import CheckResult


class Edited(BaseModel):
    """A reply as the agent wants to send it."""

    complaint_id: Annotated[str, Field(min_length=1, max_length=200)]
    text: Annotated[str, Field(min_length=1, max_length=20_000)]


class Checked(BaseModel):
    """What the checks say of it."""

    sendable: bool
    """Whether every check passed that a reply must pass."""
    must_change: tuple[str, ...]
    """Ids of the checks that failed and have to pass."""
    checks: tuple[CheckResult, ...]
    """All of them; of those that failed, why."""


class Drafts(Controller):
    """Drafts in the agent's hands."""

    path = "/v1/drafts"
    tags = ["complaints"]
    guards = [needs("agent")]

    @post("/check", status_code=HTTP_200_OK)
    async def check(
        self, request: JsonRequest, data: JSONBody[Edited], desk: NamedDependency[Desk]
    ) -> Checked:
        """Check an edited reply against the complaint as it stands now; nothing is stored."""
        tenant = request.auth.tenant
        results = await to_thread.run_sync(desk.check_reply, tenant, data.complaint_id, data.text)
        failed = tuple(each.id for each in results if not each.passed and each.id in BLOCKING)
        return Checked(sendable=not failed, must_change=failed, checks=results)
