"""A Customer: everything known about one person."""

from collections.abc import Callable, Hashable, Sequence
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, model_validator

from profiles.consent import ConsentEntry
from profiles.errors import IdentityConflict
from profiles.fact import Contact, Fact, Identity, Language
from profiles.owned import Id, Owned
from profiles.rights import ControlEntry

Item = TypeVar("Item")


def _contacts_in_order(contacts: tuple[Contact, ...]) -> tuple[Contact, ...]:
    return tuple(sorted(set(contacts), key=lambda contact: (contact.at, contact.model_dump_json())))


def _controls_in_order(entries: tuple[ControlEntry, ...]) -> tuple[ControlEntry, ...]:
    return tuple(sorted(set(entries), key=lambda entry: (entry.at, entry.model_dump_json())))


def _entries_in_order(entries: tuple[ConsentEntry, ...]) -> tuple[ConsentEntry, ...]:
    return tuple(sorted(set(entries), key=lambda entry: (entry.at, entry.model_dump_json())))


class Customer(Owned):
    """A person, as the company knows them."""

    id: Id
    """Ours; tells nothing about the person."""
    language: Language | None = None
    """The one we write to them in, where it is known."""
    identities: tuple[Identity, ...] = ()
    facts: tuple[Fact, ...] = ()
    contacts: Annotated[tuple[Contact, ...], AfterValidator(_contacts_in_order)] = ()
    """Oldest first, each once."""
    consents: Annotated[tuple[ConsentEntry, ...], AfterValidator(_entries_in_order)] = ()
    """Oldest first, each once."""

    controls: Annotated[tuple[ControlEntry, ...], AfterValidator(_controls_in_order)] = ()
    """Oldest first, each once."""

    @model_validator(mode="after")
    def _one_external_id(self) -> Self:
        if len({i.normalised() for i in self.identities if i.kind == "external_id"}) > 1:
            raise ValueError("two different external ids are two customers: send one record for each")
        return self

    @property
    def external_id(self) -> str | None:
        """The company's own number for them, normalised."""
        return next((i.normalised() for i in self.identities if i.kind == "external_id"), None)


def merged(known: Customer, update: Customer) -> Customer:
    """What is known, brought up to date by a record that need not be complete; the known id stays.

    A fact replaces the one of the same field, source and purpose. Identities of a kind replace those of that
    kind: a number that was given up may belong to somebody else by now. Contacts and consents only grow.

    Raises:
        IdentityConflict: the two have different external ids.
    """
    if known.external_id and update.external_id and known.external_id != update.external_id:
        raise IdentityConflict(
            "the record has another external id than the customer it is to update: two different external "
            "ids are two customers; send it under an id of its own"
        )
    return Customer(
        id=known.id,
        language=update.language or known.language,
        identities=_merged_identities(known, update),
        facts=_merged_facts(known.facts, update.facts),
        contacts=(*known.contacts, *update.contacts),
        consents=(*known.consents, *update.consents),
        controls=(*known.controls, *update.controls),
    )


def joined(customers: Sequence[Customer]) -> Customer:
    """Several customers that were found to be one person, under the id of the first; nothing is left out."""
    first, *others = customers
    if not others:
        return first
    every = list(customers)
    return Customer(
        id=first.id,
        language=next((c.language for c in every if c.language is not None), None),
        identities=tuple(dict.fromkeys(identity for c in every for identity in c.identities)),
        facts=tuple(dict.fromkeys(fact for c in every for fact in c.facts)),
        contacts=tuple(contact for c in every for contact in c.contacts),
        consents=tuple(entry for c in every for entry in c.consents),
        controls=tuple(entry for c in every for entry in c.controls),
    )


def _merged_identities(known: Customer, update: Customer) -> tuple[Identity, ...]:
    verified = {(i.kind, i.normalised(known.language)) for i in known.identities if i.verified}
    language = update.language or known.language
    # a record that says nothing of verification does not undo one
    offered = [
        i.model_copy(update={"verified": True}) if (i.kind, i.normalised(language)) in verified else i
        for i in update.identities
    ]
    return _replaced(known.identities, offered, lambda identity: identity.kind)


def _merged_facts(known: tuple[Fact, ...], update: tuple[Fact, ...]) -> tuple[Fact, ...]:
    return _replaced(known, update, lambda fact: (fact.field, fact.source, fact.purpose))


def _replaced(
    known: Sequence[Item], update: Sequence[Item], key: Callable[[Item], Hashable]
) -> tuple[Item, ...]:
    """What is known; whatever shares a key with the update is replaced in its place, the rest goes behind."""
    groups: dict[Hashable, list[Item]] = {}
    for item in known:
        groups.setdefault(key(item), []).append(item)
    fresh: dict[Hashable, list[Item]] = {}
    for item in update:
        fresh.setdefault(key(item), []).append(item)
    return tuple(item for group in (groups | fresh).values() for item in group)
