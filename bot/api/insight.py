"""What the tenant's complaints say together."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from bot.api.requests import JsonRequest, needs
from bot.store import DeskStore
from knowledge.case import Owned
from knowledge.store import KnowledgeStore


class Summary(Owned):
    """Counts over some days."""

    since: datetime
    suggestions_by_category: dict[str, int]
    suggestions_by_urgency: dict[str, int]
    outcomes: dict[str, int]
    """sent, edited, discarded, corrected."""
    memory: dict[str, int]
    """Cases, articles and passages in memory now."""


class Insight(Controller):
    """Numbers for those who run the team."""

    path = "/v1/insight"
    tags = ["insight"]
    guards = [needs("agent")]

    @get("/summary", sync_to_thread=True)
    def summary(
        self,
        request: JsonRequest,
        store: NamedDependency[DeskStore],
        knowledge: NamedDependency[KnowledgeStore],
        days: Annotated[int, QueryParameter(ge=1, le=3650)] = 30,
    ) -> Summary:
        """How many of what, over the last days."""
        since = datetime.now(UTC) - timedelta(days=days)
        counts = store.counts(request.auth.tenant, since)
        return Summary(
            since=since,
            suggestions_by_category=counts["category"],
            suggestions_by_urgency=counts["urgency"],
            outcomes=counts["outcome"],
            memory=knowledge.count(request.auth.tenant),
        )
