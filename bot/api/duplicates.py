"""`/v1/duplicates`: customers who are probably on record twice, for somebody to confirm or refuse."""

from datetime import UTC, datetime
from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from pydantic import BaseModel, Field

from bot.api.requests import JsonRequest, needs
from profiles.duplicate_book import Duplicate, DuplicateBook


class DuplicatePage(BaseModel):
    """Proposals, the likeliest first."""

    duplicates: tuple[Duplicate, ...]


class TwoCustomers(BaseModel):
    """Two customers."""

    first: Annotated[str, Field(min_length=1, max_length=200)]
    second: Annotated[str, Field(min_length=1, max_length=200)]


class DuplicatesFound(BaseModel):
    """How many pairs are proposed now."""

    proposed: int


class Duplicates(Controller):
    """Proposals of the tenant. One is confirmed by `POST /v1/customers/{id}/merges`."""

    path = "/v1/duplicates"
    tags = ["customers"]
    guards = [needs("curator")]

    @get("/", sync_to_thread=True)
    def page(
        self,
        request: JsonRequest,
        duplicates: NamedDependency[DuplicateBook],
        limit: Annotated[int, QueryParameter(ge=1, le=5000)] = 100,
    ) -> DuplicatePage:
        """Pairs that are probably one person, with reasons that hold no value."""
        return DuplicatePage(duplicates=tuple(duplicates.proposals(request.auth.tenant, limit)))

    @post("/find", sync_to_thread=True, status_code=HTTP_200_OK)
    def find(self, request: JsonRequest, duplicates: NamedDependency[DuplicateBook]) -> DuplicatesFound:
        """Look for them anew among all customers: seconds for ten thousand, minutes for a hundred."""
        return DuplicatesFound(proposed=duplicates.find(request.auth.tenant, datetime.now(UTC)))

    @post("/refuse", sync_to_thread=True, status_code=HTTP_204_NO_CONTENT)
    def refuse(
        self,
        request: JsonRequest,
        data: JSONBody[TwoCustomers],
        duplicates: NamedDependency[DuplicateBook],
    ) -> None:
        """The two are two people: they are not proposed again."""
        duplicates.refuse(request.auth.tenant, data.first, data.second, by=request.auth.key_id)
