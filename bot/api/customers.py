"""Customers: who they are, with the source and purpose of every fact."""

from typing import Annotated

from litestar import Controller, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from pydantic import BaseModel

from bot.api.requests import JsonRequest, needs
from bot.errors import InvalidRequest, NotFound
from profiles.customer import Customer
from profiles.store import ProfileStore


class CustomerPage(BaseModel):
    """Customers in the order of their ids."""

    customers: tuple[Customer, ...]
    next: str | None


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
        after: Annotated[str, QueryParameter()] = "",
        limit: Annotated[int, QueryParameter(ge=1, le=500)] = 50,
    ) -> CustomerPage:
        """A page of customers."""
        found = profiles.page(request.auth.tenant, after=after, limit=limit)
        return CustomerPage(customers=tuple(found), next=found[-1].id if len(found) == limit else None)

    @get("/{customer_id:str}", sync_to_thread=True)
    def customer(
        self, request: JsonRequest, customer_id: FromPath[str], profiles: NamedDependency[ProfileStore]
    ) -> Customer:
        """One customer, every fact."""
        found = profiles.customer(request.auth.tenant, customer_id)
        if found is None:
            raise NotFound(f"no customer {customer_id!r}")
        return found

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

    @delete("/{customer_id:str}", sync_to_thread=True)
    def forget(
        self, request: JsonRequest, customer_id: FromPath[str], profiles: NamedDependency[ProfileStore]
    ) -> None:
        """Forget a customer and all that is known of them."""
        if not profiles.forget(request.auth.tenant, customer_id):
            raise NotFound(f"no customer {customer_id!r}")
