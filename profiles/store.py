"""Customers in SQL. The only door to SQLAlchemy in this package.

Identity values are personal data: they live in `identities` and in no other table, index or log.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from pydantic import BaseModel
from sqlalchemy import (
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from profiles.consent import ConsentEntry
from profiles.customer import Customer, merged
from profiles.errors import IdentityConflict, UnknownCustomer
from profiles.fact import Contact, Fact, Identity
from profiles.identity import Holder, IdentityKind, Resolution, readings, resolve
from profiles.registry import Registry
from profiles.schema import ConsentRow, ContactRow, CustomerRow, FactRow, IdentityRow

IN_LIMIT: Final = 500
"""Ids in one IN list: far below the smallest limit of a supported database (SQLite's 999 before 3.32)."""


class Sessions(Protocol):
    """Where sessions come from. Each sees the rows of one tenant, whatever a statement says."""

    def read(self, tenant: str) -> AbstractContextManager[Session]: ...
    def write(self, tenant: str, *, ordered: bool = False) -> AbstractContextManager[Session]: ...


PartRow = IdentityRow | FactRow | ContactRow | ConsentRow
Part = TypeVar("Part", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did, in customers."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


class ProfileStore:
    """Customers of every tenant."""

    def __init__(self, sessions: Sessions, fields: Registry | None = None) -> None:
        self._sessions = sessions
        self._fields = fields or Registry.shipped()

    # ---- writing

    def put_customers(self, tenant: str, customers: Sequence[Customer]) -> Written:
        """Insert or replace customers by id, all or none; what is already there unchanged stays untouched.

        What was added here stays: contacts of `add_contact`, and the consent ledger, which only grows.

        Raises:
            UndeclaredField: a fact's field is not in fields.toml.
            InvalidInput: a fact's purpose or basis is none of its field's.
            IdentityConflict: two customers would have one external id.
        """
        self._check(customers)
        offered = {customer.id: customer for customer in customers}
        with self._sessions.write(tenant, ordered=True) as session:
            _refuse_shared_external_ids(session, list(offered.values()))
            known = _fingerprints(session, list(offered))
            new = [c for c in offered.values() if c.id not in known]
            changed = [c for c in offered.values() if c.id in known and known[c.id] != _fingerprint(c)]
            _write(session, new, changed, keep_contacts=False)
        return Written(len(new), len(changed), len(offered) - len(new) - len(changed))

    def merge_customers(self, tenant: str, customers: Sequence[Customer]) -> Written:
        """Bring customers up to date with records that need not be complete, all or none.

        A record belongs to the customer who has its external id, else to the one with its id; `merged` says
        what it replaces.

        Raises:
            UndeclaredField: a fact's field is not in fields.toml.
            InvalidInput: a fact's purpose or basis is none of its field's.
            IdentityConflict: a record has another external id than the customer with its id.
        """
        self._check(customers)
        with self._sessions.write(tenant, ordered=True) as session:
            owners = _owners(session, [c.external_id for c in customers if c.external_id is not None])
            ids = [*owners.values(), *(customer.id for customer in customers)]
            _fingerprints(session, ids)  # holds the rows until the end
            known = _load(session, ids)
            result: dict[str, Customer] = {}
            for customer in customers:
                target = (
                    owners.setdefault(customer.external_id, customer.id)
                    if customer.external_id
                    else customer.id
                )
                before = result.get(target) or known.get(target)
                result[target] = customer if before is None else merged(before, customer)
            new = [c for c in result.values() if c.id not in known]
            changed = [c for c in result.values() if c.id in known and c != known[c.id]]
            _write(session, new, changed, keep_contacts=True)
        return Written(len(new), len(changed), len(result) - len(new) - len(changed))

    def add_contact(self, tenant: str, customer_id: str, contact: Contact) -> None:
        """Record a contact; one that is already on record stays once.

        Raises:
            UnknownCustomer: the tenant has no such customer.
        """
        with self._sessions.write(tenant) as session:
            _lock(session, customer_id)
            rows = _digested(customer_id, [contact])
            _insert_missing(session, ContactRow, [{**row, "added": True} for row in rows])

    def add_consent(self, tenant: str, customer_id: str, entry: ConsentEntry) -> None:
        """Record what the customer agreed to, took back or objected to; it counts from now on.

        Raises:
            UnknownCustomer: the tenant has no such customer.
            InvalidInput: the purpose is not declared.
        """
        self._fields.check_purpose(entry.purpose)
        with self._sessions.write(tenant) as session:
            _lock(session, customer_id)
            _insert_missing(session, ConsentRow, _digested(customer_id, [entry]))

    def delete_customer(self, tenant: str, customer_id: str) -> bool:
        """Forget a customer: every row about them is deleted. False where there was none."""
        with self._sessions.write(tenant) as session:
            try:
                _lock(session, customer_id)
            except UnknownCustomer:
                return False
            for row in (IdentityRow, FactRow, ContactRow, ConsentRow):
                session.execute(delete(row).where(row.customer_id == customer_id))
            session.execute(delete(CustomerRow).where(CustomerRow.id == customer_id))
        return True

    # ---- reading

    def customer(self, tenant: str, customer_id: str) -> Customer | None:
        """Everything known about a customer, if there is one."""
        with self._sessions.read(tenant) as session:
            return _load(session, [customer_id]).get(customer_id)

    def find(self, tenant: str, kind: IdentityKind, value: str) -> str | None:
        """Id of the one customer who has this identity, however written; None where nobody or several do."""
        return self.resolve(tenant, [(kind, value)]).customer_id

    def resolve(self, tenant: str, offered: Sequence[tuple[IdentityKind, str]]) -> Resolution:
        """The one customer whom all these identities together point at (see `identity.resolve`)."""
        with self._sessions.read(tenant) as session:
            return resolve(offered, lambda kind, value: _holders(session, kind, value))

    def page(self, tenant: str, after: str = "", limit: int = 50) -> list[Customer]:
        """Customers in the order of their ids, those after `after`."""
        query = select(CustomerRow.id).where(CustomerRow.id > after).order_by(CustomerRow.id).limit(limit)
        with self._sessions.read(tenant) as session:
            ids = list(session.scalars(query))
            found = _load(session, ids)
        return [found[i] for i in ids if i in found]

    def every_customer(self, tenant: str) -> Iterator[Customer]:
        """All customers in the order of their ids, read in pages: memory stays bounded."""
        after = ""
        while page := self.page(tenant, after=after, limit=IN_LIMIT):
            yield from page
            after = page[-1].id

    def count(self, tenant: str) -> dict[str, int]:
        """How many customers, identities, facts and contacts the tenant has."""
        counted = (CustomerRow, IdentityRow, FactRow, ContactRow)
        with self._sessions.read(tenant) as session:
            return {
                row.__tablename__: session.scalar(select(func.count()).select_from(row)) or 0
                for row in counted
            }

    def _check(self, customers: Iterable[Customer]) -> None:
        for customer in customers:
            for fact in customer.facts:
                self._fields.check(fact)


# ---- rows of a customer


def _write(session: Session, new: list[Customer], changed: list[Customer], *, keep_contacts: bool) -> None:
    if new:
        session.execute(insert(CustomerRow), [_customer_row(customer) for customer in new])
    if changed:
        session.execute(update(CustomerRow), [_customer_row(customer) for customer in changed])
    for some in _chunks([customer.id for customer in changed]):
        session.execute(delete(IdentityRow).where(IdentityRow.customer_id.in_(some)))
        session.execute(delete(FactRow).where(FactRow.customer_id.in_(some)))
        if not keep_contacts:
            session.execute(delete(ContactRow).where(ContactRow.customer_id.in_(some), ~ContactRow.added))
    written = [*new, *changed]
    _insert(session, IdentityRow, [row for customer in written for row in _identity_rows(customer)])
    _insert(session, FactRow, [row for customer in written for row in _fact_rows(customer)])
    contacts = [row for customer in written for row in _digested(customer.id, customer.contacts)]
    _insert_missing(session, ContactRow, [{**row, "added": False} for row in contacts])
    entries = [row for customer in written for row in _digested(customer.id, customer.consents)]
    _insert_missing(session, ConsentRow, entries)


def _insert(session: Session, table: type[PartRow], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table), rows)


def _insert_missing(
    session: Session, table: type[ContactRow | ConsentRow], rows: list[dict[str, Any]]
) -> None:
    """Insert what is not on record yet."""
    known: set[tuple[str, str]] = set()
    for some in _chunks(list(dict.fromkeys(row["customer_id"] for row in rows))):
        query = select(table.customer_id, table.digest).where(table.customer_id.in_(some))
        known.update((customer_id, digest) for customer_id, digest in session.execute(query))
    _insert(session, table, [row for row in rows if (row["customer_id"], row["digest"]) not in known])


def _customer_row(customer: Customer) -> dict[str, Any]:
    return {"id": customer.id, "language": customer.language, "fingerprint": _fingerprint(customer)}


def _identity_rows(customer: Customer) -> list[dict[str, Any]]:
    return [
        {
            **identity.model_dump(),
            "customer_id": customer.id,
            "position": position,
            "normalised": identity.normalised(customer.language),
        }
        for position, identity in enumerate(customer.identities)
    ]


def _fact_rows(customer: Customer) -> list[dict[str, Any]]:
    return [
        {**fact.model_dump(), "customer_id": customer.id, "position": position}
        for position, fact in enumerate(customer.facts)
    ]


def _digested(customer_id: str, parts: Iterable[Contact | ConsentEntry]) -> list[dict[str, Any]]:
    return [{**part.model_dump(), "customer_id": customer_id, "digest": _fingerprint(part)} for part in parts]


def _fingerprint(part: BaseModel) -> str:
    return hashlib.sha256(part.model_dump_json(exclude_defaults=True).encode()).hexdigest()


def _lock(session: Session, customer_id: str) -> None:
    """Hold the customer's row until the transaction ends, so that nothing is added to one being deleted."""
    query = select(CustomerRow.id).where(CustomerRow.id == customer_id).with_for_update()
    if session.scalar(query) is None:
        raise UnknownCustomer(f"no customer {customer_id!r}: import them first")


def _fingerprints(session: Session, ids: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in _chunks(ids):
        query = (
            select(CustomerRow.id, CustomerRow.fingerprint).where(CustomerRow.id.in_(some)).with_for_update()
        )
        for customer_id, fingerprint in session.execute(query):
            found[customer_id] = fingerprint
    return found


# ---- a customer from rows


def _load(session: Session, ids: Sequence[str]) -> dict[str, Customer]:
    """The customers among `ids` that exist."""
    found: dict[str, Customer] = {}
    for some in _chunks(list(dict.fromkeys(ids))):
        identities = _parts(session, some, IdentityRow, Identity, IdentityRow.position)
        facts = _parts(session, some, FactRow, Fact, FactRow.position)
        contacts = _parts(session, some, ContactRow, Contact, ContactRow.at)
        consents = _parts(session, some, ConsentRow, ConsentEntry, ConsentRow.at)
        query = select(CustomerRow.id, CustomerRow.language).where(CustomerRow.id.in_(some))
        for i, language in session.execute(query):
            found[i] = Customer.model_validate(
                {
                    "id": i,
                    "language": language,
                    "identities": identities[i],
                    "facts": facts[i],
                    "contacts": contacts[i],
                    "consents": consents[i],
                }
            )
    return found


def _parts(
    session: Session, ids: Sequence[str], table: type[PartRow], shape: type[Part], order: Any
) -> dict[str, tuple[Part, ...]]:
    """What the table holds of each of the customers."""
    names = list(shape.model_fields)
    columns = [getattr(table, name) for name in names]
    query = select(table.customer_id, *columns).where(table.customer_id.in_(ids)).order_by(order)
    found: defaultdict[str, list[Part]] = defaultdict(list)
    for customer_id, *values in session.execute(query):
        found[customer_id].append(shape.model_validate(dict(zip(names, values, strict=True))))
    return defaultdict(tuple, {i: tuple(parts) for i, parts in found.items()})


# ---- identities


def _holders(session: Session, kind: IdentityKind, value: str) -> list[Holder]:
    try:
        forms = readings(kind, value)
    except ValueError:
        return []
    own = aliased(IdentityRow)
    query = (
        select(IdentityRow.customer_id, IdentityRow.verified, own.normalised)
        .outerjoin(own, (own.customer_id == IdentityRow.customer_id) & (own.kind == "external_id"))
        .where(IdentityRow.kind == kind, IdentityRow.normalised.in_(forms))
    )
    return [Holder(i, verified, external_id) for i, verified, external_id in session.execute(query)]


def _owners(session: Session, external_ids: Sequence[str]) -> dict[str, str]:
    """Normalised external id to the id of the customer who has it."""
    found: dict[str, str] = {}
    for some in _chunks(list(dict.fromkeys(external_ids))):
        query = select(IdentityRow.normalised, IdentityRow.customer_id).where(
            IdentityRow.kind == "external_id", IdentityRow.normalised.in_(some)
        )
        for external_id, customer_id in session.execute(query):
            found[external_id] = customer_id
    return found


def _refuse_shared_external_ids(session: Session, customers: Sequence[Customer]) -> None:
    batch: dict[str, int] = {}
    for n, customer in enumerate(customers, start=1):
        if customer.external_id is not None and batch.setdefault(customer.external_id, n) != n:
            raise IdentityConflict(
                f"customers {batch[customer.external_id]} and {n} of this batch have one external id under "
                "different ids: send each customer once"
            )
    ids = {customer.id for customer in customers}
    for external_id, owner in _owners(session, list(batch)).items():
        # an owner that is in this batch gives the number up, or would have been refused above
        if owner not in ids:
            raise IdentityConflict(
                f"customer {batch[external_id]} of this batch has an external id that is on record under "
                "another id: use that id, merge instead, or delete the other customer first"
            )


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), IN_LIMIT):
        yield ids[start : start + IN_LIMIT]
