"""Customers in SQL. The only door to SQLAlchemy in this package.

Identity values are personal data: they live in `identities` and in no other table, index or log.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select, update

from profiles.consent import ConsentEntry
from profiles.customer import Customer, joined, merged
from profiles.customer_reads import CustomerReads
from profiles.customer_rows import (
    contact_events,
    digested,
    fingerprint,
    fingerprints,
    holders_of,
    insert_missing,
    load,
    lock,
    owners_of,
    refuse_shared_external_ids,
    write_customers,
)
from profiles.event_store import write_events
from profiles.fact import Contact, Fact
from profiles.identity import IdentityKind, Resolution, resolve
from profiles.merges import members_of, roots_of
from profiles.note_changes import touch
from profiles.registry import Registry
from profiles.rights import ControlEntry
from profiles.schema import (
    AccessRow,
    ConsentRow,
    ContactRow,
    ControlRow,
    CustomerRow,
    DuplicateRow,
    EventRow,
    FactRow,
    IdentityRow,
    MergeRow,
    RelationRow,
    TallyRow,
)
from profiles.sql import IN_LIMIT, Sessions
from profiles.tombstones import Tombstone, bury, lift, refuse_erased


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
        self._reads = CustomerReads(sessions)

    # ---- writing

    def put_customers(self, tenant: str, customers: Sequence[Customer]) -> Written:
        """Insert or replace customers by id, all or none; what is already there unchanged stays untouched.

        What was added here stays: contacts of `add_contact`, and the consent ledger, which only grows.

        Raises:
            UndeclaredField: a fact's field is not in fields.toml.
            InvalidInput: a fact's purpose or basis is none of its field's.
            IdentityConflict: two customers would have one external id.
            ErasedCustomer: one of them was forgotten.
        """
        self._check(customers)
        offered = {customer.id: customer for customer in customers}
        with self._sessions.write(tenant, ordered=True) as session:
            refuse_erased(session, list(offered.values()))
            lift(session, list(offered.values()))
            refuse_shared_external_ids(session, list(offered.values()))
            known = fingerprints(session, list(offered))
            new = [c for c in offered.values() if c.id not in known]
            changed = [c for c in offered.values() if c.id in known and known[c.id] != fingerprint(c)]
            write_customers(session, new, changed, keep_contacts=False)
        return Written(len(new), len(changed), len(offered) - len(new) - len(changed))

    def merge_customers(self, tenant: str, customers: Sequence[Customer]) -> Written:
        """Bring customers up to date with records that need not be complete, all or none.

        A record belongs to the customer who has its external id, else to the one with its id; `merged` says
        what it replaces.

        Raises:
            UndeclaredField: a fact's field is not in fields.toml.
            InvalidInput: a fact's purpose or basis is none of its field's.
            IdentityConflict: a record has another external id than the customer with its id.
            ErasedCustomer: one of them was forgotten.
        """
        self._check(customers)
        with self._sessions.write(tenant, ordered=True) as session:
            refuse_erased(session, customers)
            lift(session, customers)
            owners = owners_of(session, [c.external_id for c in customers if c.external_id is not None])
            ids = [*owners.values(), *(customer.id for customer in customers)]
            fingerprints(session, ids)  # holds the rows until the end
            known = load(session, ids)
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
            write_customers(session, new, changed, keep_contacts=True)
        return Written(len(new), len(changed), len(result) - len(new) - len(changed))

    def add_contact(self, tenant: str, customer_id: str, contact: Contact) -> None:
        """Record a contact; one that is already on record stays once.

        Raises:
            UnknownCustomer: the tenant has no such customer.
        """
        with self._sessions.write(tenant) as session:
            lock(session, customer_id)
            rows = digested(customer_id, [contact])
            insert_missing(session, ContactRow, [{**row, "added": True} for row in rows])
            write_events(session, {customer_id: contact_events([contact])})
            touch(session, [customer_id])

    def add_consent(self, tenant: str, customer_id: str, entry: ConsentEntry) -> None:
        """Record what the customer agreed to, took back or objected to; it counts from now on.

        Raises:
            UnknownCustomer: the tenant has no such customer.
            InvalidInput: the purpose is not declared.
        """
        self._fields.check_purpose(entry.purpose)
        with self._sessions.write(tenant) as session:
            lock(session, customer_id)
            insert_missing(session, ConsentRow, digested(customer_id, [entry]))
            touch(session, [customer_id])

    def correct(self, tenant: str, customer_id: str, fact: Fact) -> None:
        """Replace all that is known of a fact's field, whatever its source, of all that were merged.

        Raises:
            UnknownCustomer: the tenant has no such customer.
            UndeclaredField, InvalidInput: the fact is not one its field's declaration covers.
        """
        self._fields.check(fact)
        with self._sessions.write(tenant, ordered=True) as session:
            lock(session, customer_id)
            root = roots_of(session, [customer_id])[customer_id]
            known = load(session, members_of(session, [root])[root])
            for customer in known.values():
                kept = tuple(each for each in customer.facts if each.field != fact.field)
                facts = (*kept, fact) if customer.id == root else kept
                corrected = customer.model_copy(update={"facts": facts})
                write_customers(session, [], [corrected], keep_contacts=True)

    def add_control(self, tenant: str, customer_id: str, entry: ControlEntry) -> None:
        """Record what the customer or the law switched; it counts from now on.

        Raises:
            UnknownCustomer: the tenant has no such customer.
        """
        with self._sessions.write(tenant) as session:
            lock(session, customer_id)
            insert_missing(session, ControlRow, digested(customer_id, [entry]))
            touch(session, [customer_id])

    def forget(self, tenant: str, customer_id: str, basis: str = "request") -> Tombstone | None:
        """Forget a person: every row about them and those merged with them is deleted. None if there is none.

        The tombstone refuses them when they are brought in again; the log of who read their data keeps its
        rows under the tombstone's id.
        """
        with self._sessions.write(tenant) as session:
            root = roots_of(session, [customer_id])[customer_id]
            ids = members_of(session, [root])[root]
            known = load(session, ids)
            if not known:
                return None
            stones = [bury(session, customer, basis) for customer in known.values()]
            for row in _ABOUT:
                session.execute(delete(row).where(row.customer_id.in_(ids)))
            for row in (RelationRow, DuplicateRow):
                session.execute(delete(row).where(or_(row.first.in_(ids), row.second.in_(ids))))
            session.execute(delete(CustomerRow).where(CustomerRow.id.in_(ids)))
            touch(session, ids)
            session.execute(
                update(AccessRow).where(AccessRow.customer_id.in_(ids)).values(customer_id=stones[0].id)
            )
        return stones[0]

    # ---- reading

    def customer(self, tenant: str, customer_id: str) -> Customer | None:
        """Everything known about the person whom this id or one merged with it stands for."""
        alone = self._reads.read(tenant, customer_id)
        if not alone.merged:
            return alone.customer
        with self._sessions.read(tenant) as session:
            root = roots_of(session, [customer_id])[customer_id]
            ids = members_of(session, [root])[root]
            known = load(session, ids)
        return joined([known[i] for i in ids if i in known]) if root in known else None

    def find(self, tenant: str, kind: IdentityKind, value: str) -> str | None:
        """Id of the one customer who has this identity, however written; None where nobody or several do."""
        return self.resolve(tenant, [(kind, value)]).customer_id

    def resolve(self, tenant: str, offered: Sequence[tuple[IdentityKind, str]]) -> Resolution:
        """The one customer whom all these identities together point at (see `identity.resolve`)."""
        with self._sessions.read(tenant) as session:
            return resolve(offered, lambda kind, value: holders_of(session, kind, value))

    def page(self, tenant: str, after: str = "", limit: int = 50) -> list[Customer]:
        """People in the order of their ids, those after `after`; who was merged stands under the one id."""
        query = (
            select(CustomerRow.id)
            .where(CustomerRow.id > after, CustomerRow.id.not_in(select(MergeRow.customer_id)))
            .order_by(CustomerRow.id)
            .limit(limit)
        )
        with self._sessions.read(tenant) as session:
            ids = list(session.scalars(query))
            members = members_of(session, ids)
            found = load(session, [i for some in members.values() for i in some])
        return [joined([found[i] for i in members[root] if i in found]) for root in ids if root in found]

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


_ABOUT = (IdentityRow, FactRow, ContactRow, ConsentRow, ControlRow, EventRow, TallyRow, MergeRow)
"""Tables of what is known about a customer."""
