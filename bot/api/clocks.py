"""The dates of complaints: how they stand, and what happens to them."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK
from pydantic import BaseModel

from bot.api.requests import JsonRequest, needs
from bot.deadlines import CourseShown, Deadlines, StepIn

In = Annotated[Literal["zh", "en"], QueryParameter()]


class Courses(BaseModel):
    """Dates as they stand, earliest first."""

    clocks: tuple[CourseShown, ...]


class ComplaintClocks(Controller):
    """Of one complaint."""

    path = "/v1/complaints/{complaint_id:str}/clocks"
    tags = ["complaints"]
    guards = [needs("agent")]

    @get("/", sync_to_thread=True)
    def stand(
        self,
        request: JsonRequest,
        complaint_id: FromPath[str],
        deadlines: NamedDependency[Deadlines],
        language: In = "zh",
    ) -> Courses:
        """How each date stands, with alarms and how it came to stand so."""
        return Courses(
            clocks=tuple(deadlines.of(request.auth.tenant, complaint_id, datetime.now(UTC), language))
        )

    @post("/", sync_to_thread=True, status_code=HTTP_200_OK)
    def take(
        self,
        request: JsonRequest,
        complaint_id: FromPath[str],
        data: JSONBody[StepIn],
        deadlines: NamedDependency[Deadlines],
        language: In = "zh",
    ) -> CourseShown:
        """Extend, pause, resume or stop a date; what the rule does not allow is refused."""
        return deadlines.take(request.auth.tenant, complaint_id, data, datetime.now(UTC), language)


class DueClocks(Controller):
    """Of all complaints."""

    path = "/v1/clocks"
    tags = ["complaints"]
    guards = [needs("agent")]

    @get("/", sync_to_thread=True)
    def due(
        self, request: JsonRequest, deadlines: NamedDependency[Deadlines], language: In = "zh"
    ) -> Courses:
        """Dates of the newest 200 complaints of which half the time or more has passed, most urgent first."""
        return Courses(clocks=tuple(deadlines.due(request.auth.tenant, datetime.now(UTC), language)))
