"""A customer as rows, and rows as a customer."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from pydantic import BaseModel
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session, aliased

from profiles.consent import ConsentEntry
from profiles.customer import Customer
from profiles.errors import IdentityConflict, UnknownCustomer
from profiles.event import Event
from profiles.event_store import forget_events, write_events
from profiles.fact import Contact, Fact, Identity
from profiles.identity import Holder, IdentityKind, readings
from profiles.merges import roots_of
from profiles.note_changes import touch
from profiles.rights import ControlEntry
from profiles.schema import ConsentRow, ContactRow, ControlRow, CustomerRow, FactRow, IdentityRow
from profiles.sql import among, chunks

CONTACTS: Final = "contacts"
"""Source of the events that contacts are."""
PartRow = IdentityRow | FactRow | ContactRow | ConsentRow | ControlRow
Part = TypeVar("Part", bound=BaseModel)


def write_customers(
    session: Session, new: list[Customer], changed: list[Customer], *, keep_contacts: bool
) -> None:
    """Insert the new and replace the changed; ledgers only grow, and contacts too where they are kept."""
    if new:
        session.execute(insert(CustomerRow), [_customer_row(customer) for customer in new])
    if changed:
        session.execute(update(CustomerRow), [_customer_row(customer) for customer in changed])
    for some in chunks([customer.id for customer in changed]):
        session.execute(delete(IdentityRow).where(IdentityRow.customer_id.in_(some)))
        session.execute(delete(FactRow).where(FactRow.customer_id.in_(some)))
        if not keep_contacts:
            session.execute(delete(ContactRow).where(ContactRow.customer_id.in_(some), ~ContactRow.added))
            for customer_id in some:
                forget_events(session, customer_id, source=CONTACTS)
    written = [*new, *changed]
    _insert(session, IdentityRow, [row for customer in written for row in _identity_rows(customer)])
    _insert(session, FactRow, [row for customer in written for row in _fact_rows(customer)])
    contacts = [row for customer in written for row in digested(customer.id, customer.contacts)]
    insert_missing(session, ContactRow, [{**row, "added": False} for row in contacts])
    told = {customer.id: customer.contacts for customer in written if customer.contacts}
    for some in chunks([] if keep_contacts else [customer.id for customer in changed]):
        # those added here stayed, and their events go back beside the others
        told |= _parts(session, some, ContactRow, Contact, ContactRow.at)
    made = {customer_id: contact_events(contacts) for customer_id, contacts in told.items() if contacts}
    if made:
        write_events(session, made)
    entries = [row for customer in written for row in digested(customer.id, customer.consents)]
    insert_missing(session, ConsentRow, entries)
    switches = [row for customer in written for row in digested(customer.id, customer.controls)]
    insert_missing(session, ControlRow, switches)
    touch(session, [customer.id for customer in written if customer.contacts or customer.controls])
    touch(session, [customer.id for customer in changed])


def contact_events(contacts: Iterable[Contact]) -> list[Event]:
    """The same contacts as events; what was said stays with the contact."""
    events: list[Event] = []
    for contact in contacts:
        name = fingerprint(contact)
        event = Event(
            id=name,
            kind="contact" if contact.case is None else "complaint",
            at=contact.at,
            source=CONTACTS,
            channel=contact.channel,
            case=contact.case,
            emotion=contact.emotion,
            intensity=contact.intensity,
        )
        events.append(event)
        if contact.promise is not None:
            bare = {"kind": "promise", "id": f"{name}.promise", "emotion": None, "intensity": 0}
            events.append(event.model_copy(update=bare))
    return events


def _insert(session: Session, table: type[PartRow], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table), rows)


def insert_missing(
    session: Session, table: type[ContactRow | ConsentRow | ControlRow], rows: list[dict[str, Any]]
) -> None:
    """Insert what is not on record yet."""
    known: set[tuple[str, str]] = set()
    for some in chunks(list(dict.fromkeys(row["customer_id"] for row in rows))):
        query = select(table.customer_id, table.digest).where(table.customer_id.in_(some))
        known.update((customer_id, digest) for customer_id, digest in session.execute(query))
    _insert(session, table, [row for row in rows if (row["customer_id"], row["digest"]) not in known])


def _customer_row(customer: Customer) -> dict[str, Any]:
    return {"id": customer.id, "language": customer.language, "fingerprint": fingerprint(customer)}


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


def digested(
    customer_id: str, parts: Iterable[Contact | ConsentEntry | ControlEntry]
) -> list[dict[str, Any]]:
    """Rows of what is told apart by its content."""
    return [{**part.model_dump(), "customer_id": customer_id, "digest": fingerprint(part)} for part in parts]


def fingerprint(part: BaseModel) -> str:
    """The same for the same content, hexadecimal."""
    return hashlib.sha256(part.model_dump_json(exclude_defaults=True).encode()).hexdigest()


def lock(session: Session, customer_id: str) -> None:
    """Hold the customer's row until the transaction ends, so that nothing is added to one being deleted."""
    query = select(CustomerRow.id).where(CustomerRow.id == customer_id).with_for_update()
    if session.scalar(query) is None:
        raise UnknownCustomer(f"no customer {customer_id!r}: import them first")


def lock_all(session: Session, ids: Sequence[str]) -> list[str]:
    """Hold the rows of those of the customers that exist, and say which these are."""
    return list(fingerprints(session, ids))


def external_ids_of(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """The company's own number of each of the customers that has one, normalised."""
    query = select(IdentityRow.customer_id, IdentityRow.normalised).where(
        among(session, IdentityRow.customer_id, ids), IdentityRow.kind == "external_id"
    )
    return {one: what for one, what in session.execute(query)}  # noqa: C416  # rows are no pairs to a type checker


def fingerprints(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Of those of the customers that exist; their rows are held until the transaction ends."""
    query = (
        select(CustomerRow.id, CustomerRow.fingerprint)
        .where(among(session, CustomerRow.id, ids))
        .with_for_update()
    )
    return {one: what for one, what in session.execute(query)}  # noqa: C416  # rows are no pairs to a type checker


# ---- a customer from rows


def load(session: Session, ids: Sequence[str]) -> dict[str, Customer]:
    """The customers among `ids` that exist."""
    found: dict[str, Customer] = {}
    for some in chunks(list(dict.fromkeys(ids))):
        identities = _parts(session, some, IdentityRow, Identity, IdentityRow.position)
        facts = _parts(session, some, FactRow, Fact, FactRow.position)
        contacts = _parts(session, some, ContactRow, Contact, ContactRow.at)
        consents = _parts(session, some, ConsentRow, ConsentEntry, ConsentRow.at)
        controls = _parts(session, some, ControlRow, ControlEntry, ControlRow.at)
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
                    "controls": controls[i],
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


def holders_of(session: Session, kind: IdentityKind, value: str) -> list[Holder]:
    """Who has an identity, however written; one that cannot be read nobody has."""
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
    found = [Holder(i, verified, external_id) for i, verified, external_id in session.execute(query)]
    roots = roots_of(session, [holder.customer_id for holder in found])
    return [replace(holder, customer_id=roots[holder.customer_id]) for holder in found]


def owners_of(session: Session, external_ids: Sequence[str]) -> dict[str, str]:
    """Normalised external id to the id of the customer who has it."""
    found: dict[str, str] = {}
    for some in chunks(list(dict.fromkeys(external_ids))):
        query = select(IdentityRow.normalised, IdentityRow.customer_id).where(
            IdentityRow.kind == "external_id", IdentityRow.normalised.in_(some)
        )
        for external_id, customer_id in session.execute(query):
            found[external_id] = customer_id
    return found


def refuse_shared_external_ids(session: Session, customers: Sequence[Customer]) -> None:
    """One number is one customer.

    Raises:
        IdentityConflict: two of them have one external id, or somebody else on record has it.
    """
    batch: dict[str, int] = {}
    for n, customer in enumerate(customers, start=1):
        if customer.external_id is not None and batch.setdefault(customer.external_id, n) != n:
            raise IdentityConflict(
                f"customers {batch[customer.external_id]} and {n} of this batch have one external id under "
                "different ids: send each customer once"
            )
    ids = {customer.id for customer in customers}
    for external_id, owner in owners_of(session, list(batch)).items():
        # an owner that is in this batch gives the number up, or would have been refused above
        if owner not in ids:
            raise IdentityConflict(
                f"customer {batch[external_id]} of this batch has an external id that is on record under "
                "another id: use that id, merge instead, or delete the other customer first"
            )
