"""`/v1/customers/similar`: others who had the problem at hand, without who they are."""

from datetime import UTC, datetime
from typing import Annotated

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK
from pydantic import BaseModel, Field

from bot.api.customers import looker
from bot.api.requests import JsonRequest, needs
from bot.notes import NoteKeeper
from profiles.note_index import SimilarCustomer, outcomes
from profiles.people import People
from profiles.rights import Access


class Problem(BaseModel):
    """What a customer might have had."""

    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    limit: Annotated[int, Field(ge=1, le=50)] = 5
    besides: Annotated[str, Field(max_length=200)] | None = None
    """A customer who is not meant."""


class SimilarCustomers(BaseModel):
    """Customers who had this problem, the most similar first; never who they are."""

    customers: tuple[SimilarCustomer, ...]
    outcomes: dict[str, int]
    """How it came out for them, most often first."""


class Similar(Controller):
    """Found by the meaning of what was noted of them."""

    path = "/v1/customers"
    tags = ["customers"]
    guards = [needs("agent")]

    @post("/similar", sync_to_thread=True, status_code=HTTP_200_OK)
    def similar(
        self,
        request: JsonRequest,
        data: JSONBody[Problem],
        notes: NamedDependency[NoteKeeper],
        people: NamedDependency[People],
    ) -> SimilarCustomers:
        """Customers whose contacts were about the same, and what became of it; the look is logged."""
        seen, tenant, now = looker(request), request.auth.tenant, datetime.now(UTC)
        found = notes.index.similar(tenant, data.text, now.date(), limit=data.limit, besides=data.besides)
        people.note_access(
            tenant,
            [
                Access(
                    customer_id=one.customer_id, at=now, by=seen.by, purpose=seen.purpose, what=("similar",)
                )
                for one in found
            ],
        )
        return SimilarCustomers(customers=tuple(found), outcomes=outcomes(found))
