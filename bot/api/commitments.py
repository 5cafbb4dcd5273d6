"""`/v1/commitments`: what sent replies promised, and whether it was kept."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK
from pydantic import BaseModel

from bot.api.requests import JsonRequest, needs
from bot.promises import Promise, Promises


class Open(BaseModel):
    """Promises that are open, those due first in front."""

    commitments: tuple[Promise, ...]
    overdue: int
    """Of how many the day has passed."""


class Settle(BaseModel):
    """What became of a promise."""

    state: Literal["kept", "broken"]


class Commitments(Controller):
    """The ledger of the tenant."""

    path = "/v1/commitments"
    tags = ["complaints"]
    guards = [needs("agent")]

    @get("/", sync_to_thread=True)
    def waiting(
        self,
        request: JsonRequest,
        promises: NamedDependency[Promises],
        overdue: Annotated[bool, QueryParameter()] = False,
    ) -> Open:
        """What is open; `overdue=true` leaves out what is not due yet."""
        today = datetime.now(UTC).date()
        found = promises.waiting(request.auth.tenant, today, overdue=overdue)
        return Open(commitments=tuple(found), overdue=sum(promise.overdue(today) for promise in found))

    @post("/{promise_id:str}", sync_to_thread=True, status_code=HTTP_200_OK)
    def settle(
        self,
        request: JsonRequest,
        promise_id: FromPath[str],
        data: JSONBody[Settle],
        promises: NamedDependency[Promises],
    ) -> Promise:
        """Say that it was kept, or will not be; either is in the customer's history from then on."""
        return promises.settle(
            request.auth.tenant, promise_id, data.state, request.auth.key_id, datetime.now(UTC)
        )
