"""`/v1/complaints/{id}/handover`: the case for the colleague who takes it over."""

from typing import Annotated, Literal

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from bot.api.requests import JsonRequest, needs
from bot.handover import Handover, Handovers


class HandingOver(Controller):
    """Summaries of complaints."""

    path = "/v1/complaints"
    tags = ["complaints"]
    guards = [needs("agent")]

    @get("/{complaint_id:str}/handover")
    async def handover(
        self,
        request: JsonRequest,
        complaint_id: FromPath[str],
        handovers: NamedDependency[Handovers],
        language: Annotated[Literal["zh", "en"] | None, QueryParameter()] = None,
    ) -> Handover:
        """What happened, what was promised and what is open, without personal data."""
        return await handovers.of(request.auth.tenant, complaint_id, language)
