"""`/v1/complaints/{id}/explanation`: what influenced the judgement of a complaint."""

from typing import Annotated, Literal

from anyio import to_thread
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from bot.api.requests import JsonRequest, needs
from bot.desk import Desk
from bot.explanation import Explanation, explanation_of
from profiles.people import People


class Explaining(Controller):
    """For the customer it is about, and for an auditor."""

    path = "/v1/complaints"
    tags = ["complaints"]
    guards = [needs("agent")]

    @get("/{complaint_id:str}/explanation")
    async def explanation(
        self,
        request: JsonRequest,
        complaint_id: FromPath[str],
        desk: NamedDependency[Desk],
        people: NamedDependency[People],
        language: Annotated[Literal["zh", "en"] | None, QueryParameter()] = None,
    ) -> Explanation:
        """What the newest suggestion rests on: words, cases, and what of the profile was used for what."""
        tenant = request.auth.tenant
        return await to_thread.run_sync(explanation_of, desk, people, tenant, complaint_id, language)
