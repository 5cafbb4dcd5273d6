"""Customers: who they are, what happened with them, and what they may ask of us.

Every read says what it is for (`X-Purpose`) and is logged; a fact is shown only for a purpose it was given
for.
"""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from litestar import Controller, MediaType, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK
from pydantic import BaseModel, Field

from bot.api.requests import JsonRequest, needs
from bot.errors import InvalidRequest, NotFound
from bot.running import PURPOSE_HEADER
from profiles.consent import ConsentEntry
from profiles.customer import Customer
from profiles.event import Event
from profiles.fact import Fact
from profiles.histories import Histories
from profiles.journey import journey as journey_of
from profiles.journey_picture import journey_picture
from profiles.merges import Merge
from profiles.people import People, Relation
from profiles.person import Looker, Person, Persons
from profiles.registry import Registry, Role
from profiles.rights import Access, ControlEntry
from profiles.store import ProfileStore

PERSON_HEADER: Final = "X-Actor"
"""Who looks, where one key serves several people."""


class CustomerPage(BaseModel):
    """People in the order of their ids."""

    customers: tuple[Person, ...]
    next: str | None


class Events(BaseModel):
    """Some events of one customer."""

    events: Annotated[tuple[Event, ...], Field(max_length=5000)]


class EventsTaken(BaseModel):
    """What became of them."""

    new: int
    repeated: int


class Correction(BaseModel):
    """A fact that replaces what is known of its field."""

    fact: Fact
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class MergeInto(BaseModel):
    """Whom a customer is the same person as."""

    into: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class Forgotten(BaseModel):
    """What is left of a customer who was forgotten."""

    tombstone: str
    erased_at: datetime


def looker(request: JsonRequest, complaint_id: str | None = None) -> Looker:
    """Who looks and what for.

    Raises:
        InvalidRequest: the request does not say what for.
    """
    purpose = request.headers.get(PURPOSE_HEADER, "").strip()
    if not purpose:
        known = ", ".join(Registry.shipped().purposes)
        raise InvalidRequest(f"send {PURPOSE_HEADER}: what this customer's data is read for ({known})")
    person = request.headers.get(PERSON_HEADER, "").strip()[:100]
    role: Role = "agent"
    if request.auth.allows("admin"):
        role = "admin"
    elif request.auth.allows("curator"):
        role = "curator"
    by = f"{request.auth.key_id}:{person}" if person else request.auth.key_id
    return Looker(by=by, purpose=purpose, role=role, complaint_id=complaint_id)


class Customers(Controller):
    """Customers of the tenant."""

    path = "/v1/customers"
    tags = ["customers"]
    guards = [needs("curator")]

    @get("/", sync_to_thread=True)
    def page(
        self,
        request: JsonRequest,
        profiles: NamedDependency[ProfileStore],
        persons: NamedDependency[Persons],
        after: Annotated[str, QueryParameter()] = "",
        limit: Annotated[int, QueryParameter(ge=1, le=500)] = 50,
    ) -> CustomerPage:
        """A page of people, as they may be seen for the purpose."""
        asked, now, tenant = looker(request), datetime.now(UTC), request.auth.tenant
        found = profiles.page(tenant, after=after, limit=limit)
        seen = persons.look_at(tenant, found, asked, now)
        return CustomerPage(customers=tuple(seen), next=found[-1].id if len(found) == limit else None)

    @get("/{customer_id:str}", sync_to_thread=True)
    def customer(
        self, request: JsonRequest, customer_id: FromPath[str], persons: NamedDependency[Persons]
    ) -> Person:
        """One person, as they may be seen for the purpose."""
        return persons.look(request.auth.tenant, customer_id, looker(request), datetime.now(UTC))

    @put("/{customer_id:str}", sync_to_thread=True)
    def put_one(
        self,
        request: JsonRequest,
        customer_id: FromPath[str],
        data: JSONBody[Customer],
        profiles: NamedDependency[ProfileStore],
    ) -> Customer:
        """Insert or replace one customer."""
        if customer_id != data.id:
            raise InvalidRequest("the id in the path and the id in the body differ: make them the same")
        profiles.put_customers(request.auth.tenant, [data])
        return data

    @delete("/{customer_id:str}", sync_to_thread=True, status_code=HTTP_200_OK)
    def forget(
        self, request: JsonRequest, customer_id: FromPath[str], profiles: NamedDependency[ProfileStore]
    ) -> Forgotten:
        """Forget a customer and all that is known of them; when brought in again they are refused."""
        stone = profiles.forget(request.auth.tenant, customer_id)
        if stone is None:
            raise NotFound(f"no customer {customer_id!r}")
        return Forgotten(tombstone=stone.id, erased_at=stone.erased_at)

    @post("/{customer_id:str}/facts", sync_to_thread=True, status_code=HTTP_200_OK)
    def correct(
        self,
        request: JsonRequest,
        customer_id: FromPath[str],
        data: JSONBody[Correction],
        profiles: NamedDependency[ProfileStore],
        persons: NamedDependency[Persons],
    ) -> Person:
        """Correct what is known: the fact replaces all others of its field, whatever their source."""
        asked = looker(request)
        profiles.correct(request.auth.tenant, customer_id, data.fact)
        return persons.look(request.auth.tenant, customer_id, asked, datetime.now(UTC))


class CustomerHistory(Controller):
    """What happened with customers, and who they are to one another."""

    path = "/v1/customers/{customer_id:str}"
    tags = ["customers"]
    guards = [needs("curator")]

    @post("/events", sync_to_thread=True)
    def add_events(
        self,
        request: JsonRequest,
        customer_id: FromPath[str],
        data: JSONBody[Events],
        histories: NamedDependency[Histories],
    ) -> EventsTaken:
        """Record what happened; what is on record already changes nothing."""
        done = histories.add(request.auth.tenant, customer_id, data.events)
        return EventsTaken(new=done.new, repeated=done.repeated)

    @get("/events", sync_to_thread=True)
    def events(
        self, request: JsonRequest, customer_id: FromPath[str], persons: NamedDependency[Persons]
    ) -> Events:
        """What happened, oldest first."""
        found = persons.history(request.auth.tenant, customer_id, looker(request), datetime.now(UTC))
        return Events(events=tuple(found[-5000:]))

    @get("/journey", sync_to_thread=True)
    def journey(
        self,
        request: JsonRequest,
        customer_id: FromPath[str],
        persons: NamedDependency[Persons],
        language: Annotated[Literal["zh", "en"], QueryParameter()] = "en",
        form: Annotated[Literal["json", "svg"], QueryParameter(name="format")] = "json",
    ) -> Response[str]:
        """The dated path through contacts, feelings, promises and silence: as data, or as a picture (SVG)."""
        now = datetime.now(UTC)
        events = persons.history(request.auth.tenant, customer_id, looker(request), now)
        path = journey_of(events, today=now.date(), language=language)
        if form == "svg":
            return Response(journey_picture(path), media_type="image/svg+xml")
        return Response(path.dump(), media_type=MediaType.JSON)

    @post("/merges", sync_to_thread=True)
    def merge(
        self,
        request: JsonRequest,
        customer_id: FromPath[str],
        data: JSONBody[MergeInto],
        people: NamedDependency[People],
    ) -> Merge:
        """This customer is the same person as another; nothing is lost, and it can be taken back."""
        return people.merge(
            request.auth.tenant, customer_id, data.into, by=request.auth.key_id, reason=data.reason
        )

    @delete("/merges", sync_to_thread=True, status_code=HTTP_200_OK)
    def unmerge(
        self, request: JsonRequest, customer_id: FromPath[str], people: NamedDependency[People]
    ) -> Merge:
        """Take the merge of this customer back."""
        return people.unmerge(request.auth.tenant, customer_id)

    @put("/relations", sync_to_thread=True)
    def relate(
        self,
        request: JsonRequest,
        customer_id: FromPath[str],
        data: JSONBody[Relation],
        people: NamedDependency[People],
    ) -> Relation:
        """Record how this customer stands to another."""
        if customer_id not in {data.first, data.second}:
            raise InvalidRequest("the customer of the path is neither of the two: name them first or second")
        people.relate(request.auth.tenant, data)
        return data

    @post("/relations/remove", sync_to_thread=True, status_code=HTTP_200_OK)
    def unrelate(
        self,
        request: JsonRequest,
        customer_id: FromPath[str],
        data: JSONBody[Relation],
        people: NamedDependency[People],
    ) -> Relation:
        """Take a relation off the record."""
        if not people.unrelate(request.auth.tenant, data):
            raise NotFound("no such relation is on record")
        return data


class CustomerRights(Controller):
    """What customers may ask of us."""

    path = "/v1/customers/{customer_id:str}"
    tags = ["customers"]
    guards = [needs("curator")]

    @post("/consents", sync_to_thread=True)
    def consent(
        self,
        request: JsonRequest,
        customer_id: FromPath[str],
        data: JSONBody[ConsentEntry],
        profiles: NamedDependency[ProfileStore],
    ) -> ConsentEntry:
        """Record an agreement, a withdrawal or an objection; it counts from the next request."""
        profiles.add_consent(request.auth.tenant, customer_id, data)
        return data

    @post("/controls", sync_to_thread=True)
    def control(
        self,
        request: JsonRequest,
        customer_id: FromPath[str],
        data: JSONBody[ControlEntry],
        profiles: NamedDependency[ProfileStore],
    ) -> ControlEntry:
        """Switch `no_profile`, `human_only` or `restricted` on or off."""
        entry = data.model_copy(update={"by": data.by or request.auth.key_id})
        profiles.add_control(request.auth.tenant, customer_id, entry)
        return entry

    @get("/export", sync_to_thread=True, media_type="application/zip")
    def export(
        self, request: JsonRequest, customer_id: FromPath[str], persons: NamedDependency[Persons]
    ) -> bytes:
        """All that is known of a person, for the person: a ZIP archive with a manifest."""
        return persons.bundle(request.auth.tenant, customer_id, request.auth.key_id, datetime.now(UTC))

    @get("/accesses", sync_to_thread=True)
    def accesses(
        self,
        request: JsonRequest,
        customer_id: FromPath[str],
        people: NamedDependency[People],
        limit: Annotated[int, QueryParameter(ge=1, le=5000)] = 500,
    ) -> tuple[Access, ...]:
        """Who read what of this customer, and what for, newest first."""
        return tuple(people.accesses(request.auth.tenant, customer_id, limit))
