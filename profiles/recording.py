"""Records of any source become people: each finds the one it is about, or makes a new one.

A record is about the person its identities point at (`identity.resolve`). Where they point at nobody, at
several or at a contradiction, it becomes a customer of its own under an id that the same record finds again:
nothing is lost, nothing is guessed, and who is probably one person is for somebody to confirm.
"""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Self

from pydantic import model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from profiles.consent import ConsentEntry, agreed
from profiles.customer import Customer, merged
from profiles.customer_rows import external_ids_of, load, lock_all, write_customers
from profiles.errors import ErasedCustomer, IdentityConflict, ProfilesError
from profiles.event import Event
from profiles.event_store import Happened, refuse_future, write_events
from profiles.fact import Fact, Identity, Language
from profiles.identity import Holder, IdentityKind, resolve
from profiles.merges import roots_of
from profiles.owned import Code, Owned
from profiles.registry import Registry
from profiles.schema import IdentityRow
from profiles.sql import Sessions, among
from profiles.tombstones import Graveyard, lift, own_key


class Record(Owned):
    """What one row of a source says of one person."""

    source: Code
    identities: tuple[Identity, ...]
    language: Language | None = None
    facts: tuple[Fact, ...] = ()
    events: tuple[Event, ...] = ()
    consents: tuple[ConsentEntry, ...] = ()

    @model_validator(mode="after")
    def _one_person(self) -> Self:
        if len({i.normalised() for i in self.identities if i.kind == "external_id"}) > 1:
            raise ValueError("two different external ids are two customers: send one record for each")
        return self


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that was not taken."""

    place: int
    """Among the records, from 0."""
    why: str


@dataclass(slots=True)
class Recorded:
    """What became of some records."""

    people_new: int = 0
    people_changed: int = 0
    happened: Happened = field(default_factory=Happened)
    refused: list[Refused] = field(default_factory=list[Refused])
    undecided: int = 0
    """Records whose identities point at several people, or contradict each other: kept apart."""

    def add(self, other: "Recorded") -> None:
        """Count another write too."""
        self.people_new += other.people_new
        self.people_changed += other.people_changed
        self.happened += other.happened
        self.refused += other.refused
        self.undecided += other.undecided


class Recorder:
    """Brings records in, some at a time; each call is one transaction."""

    def __init__(self, sessions: Sessions, fields: Registry | None = None) -> None:
        self._sessions = sessions
        self._fields = fields or Registry.shipped()

    def record(
        self, tenant: str, records: Sequence[Record], now: datetime | None = None, *, put_off: bool = False
    ) -> Recorded:
        """Take the records in. What cannot be taken is refused one by one; the others are stored.

        `put_off` leaves it to `Histories.make_tallies` to write down what the events come to.
        """
        done, moment = Recorded(), now or datetime.now(UTC)
        sound: list[tuple[int, Record]] = []
        for place, record in enumerate(records):
            try:
                for fact in record.facts:
                    self._fields.check(fact)
                refuse_future(record.events, moment)
                for event in record.events:
                    self._fields.events.check(event.kind, moment.date())
            except ProfilesError as error:
                done.refused.append(Refused(place, str(error)))
            else:
                sound.append((place, record))
        with self._sessions.write(tenant, ordered=True) as session:
            _Batch(session, self._fields, done, put_off=put_off).take(sound)
        done.refused.sort(key=lambda refused: refused.place)
        return done


_NOBODY: Final = Customer(id="nobody")


class _Batch:
    """The records of one transaction."""

    def __init__(self, session: Session, fields: Registry, done: Recorded, *, put_off: bool) -> None:
        self._session, self._fields, self._done = session, fields, done
        self._put_off = put_off
        self._holders: defaultdict[tuple[str, str], list[Holder]] = defaultdict(list)
        self._known: dict[str, Customer] = {}
        self._existing: set[str] = set()
        self._asked: set[str] = set()
        """Customers whose consent is asked for."""
        self._changed: dict[str, Customer] = {}
        self._new: set[str] = set()
        self._key = ""

    def take(self, records: Sequence[tuple[int, Record]]) -> None:
        offered = self._look_up([record for _, record in records])
        events: defaultdict[str, list[Event]] = defaultdict(list)
        for (place, record), customer in zip(records, offered, strict=True):
            try:
                target = self._taken(customer)
            except (ErasedCustomer, IdentityConflict) as error:
                self._done.refused.append(Refused(place, str(error)))
            else:
                events[target] += self._allowed(place, target, record.events)
        new = [customer for i, customer in self._changed.items() if i in self._new]
        changed = [
            customer
            for i, customer in self._changed.items()
            if i not in self._new and customer != self._known[i]
        ]
        lift(self._session, new)
        write_customers(self._session, new, changed, keep_contacts=True)
        self._done.people_new += len(new)
        self._done.people_changed += len(changed)
        self._done.happened += write_events(self._session, events, put_off=self._put_off)

    def _allowed(self, place: int, target: str, events: Sequence[Event]) -> list[Event]:
        """Those that need no consent, or have it."""
        taken: list[Event] = []
        for event in events:
            purpose = self._fields.events.consent_for(event.kind)
            customer = self._changed.get(target) or self._known.get(target)
            if purpose is None or (customer is not None and agreed(customer.consents, purpose)):
                taken.append(event)
                continue
            why = f"a {event.kind} is kept only of customers who agreed to {purpose!r}"
            self._done.refused.append(Refused(place, f"{why}: record the consent first"))
        return taken

    def _offered(self, record: Record) -> Customer:
        """What a record says, as a customer: who has its number, or one of its own."""
        numbers = [identity for identity in record.identities if identity.kind == "external_id"]
        held = [holder.customer_id for i in numbers for holder in self._holding(record.language, i)]
        own = held[0] if held else self._own_id(record)
        # everything in it was checked when the record was made; to copy costs a fifth of making one
        return _NOBODY.model_copy(
            update={
                "id": own,
                "language": record.language,
                "identities": record.identities,
                "facts": record.facts,
                "consents": record.consents,
            }
        )

    def _look_up(self, records: Sequence[Record]) -> list[Customer]:
        """Who has the identities of these records, who was made of the same before, who was forgotten."""
        wanted = {i.normalised(record.language) for record in records for i in record.identities}
        query = select(
            IdentityRow.kind, IdentityRow.normalised, IdentityRow.customer_id, IdentityRow.verified
        ).where(among(self._session, IdentityRow.normalised, sorted(wanted)))
        found = [(kind, value, i, checked) for kind, value, i, checked in self._session.execute(query)]
        ids = list(dict.fromkeys(customer for _, _, customer, _ in found))
        roots, numbers = roots_of(self._session, ids), external_ids_of(self._session, ids)
        for kind, value, customer, verified in found:
            self._holders[kind, value].append(Holder(roots[customer], verified, numbers.get(customer)))
        offered = [self._offered(record) for record in records]
        for record, customer in zip(records, offered, strict=True):
            if any(self._fields.events.consent_for(event.kind) for event in record.events):
                self._asked.add(customer.id)
        every = list(dict.fromkeys([*ids, *roots.values(), *(customer.id for customer in offered)]))
        self._existing = set(lock_all(self._session, every))
        wanted_whole = {i for customer in offered for i in self._to_load(customer)}
        self._known = load(self._session, sorted(wanted_whole & self._existing))
        self._graveyard = Graveyard(self._session, [c for c in offered if c.id not in self._existing])
        return offered

    def _holding(self, language: Language | None, identity: Identity) -> list[Holder]:
        return self._holders.get((identity.kind, identity.normalised(language)), [])

    def _to_load(self, offered: Customer) -> set[str]:
        """Ids of the customers that the record may change; none where it brings nothing but events."""
        held = [self._held(offered, identity) for identity in offered.identities]
        about = set[str]().union(*held) if held else set[str]()
        bare = not (offered.facts or offered.consents or offered.language)
        if bare and len(about) == 1 and all(held) and offered.id not in self._asked:
            return set()
        return {offered.id, *about}

    def _held(self, offered: Customer, identity: Identity) -> set[str]:
        """Who has the identity, as surely as it is offered."""
        holders = self._holding(offered.language, identity)
        return {holder.customer_id for holder in holders if holder.verified >= identity.verified}

    def _taken(self, offered: Customer) -> str:
        """Id of the customer a record is about, who is made or brought up to date as needed."""
        forms: dict[tuple[IdentityKind, str], str] = {
            (i.kind, i.value): i.normalised(offered.language) for i in offered.identities
        }

        def holders(kind: IdentityKind, value: str) -> Sequence[Holder]:
            return self._holders[kind, forms[kind, value]]

        found = resolve(list(forms), holders)
        if found.reason in {"ambiguous", "contradicted"}:
            self._done.undecided += 1
        target = found.customer_id or offered.id
        known = self._changed.get(target) or self._known.get(target)
        if known is None and target in self._existing:
            return target  # nothing is new but its events
        if known is None:
            self._graveyard.refuse(offered)
            self._new.add(target)
            self._changed[target] = Customer.model_validate(offered.model_dump())
        elif not _says_nothing_new(known, offered):
            self._changed[target] = _together(known, offered, self._fields)
        else:
            return target
        self._hold(self._changed[target])
        return target

    def _hold(self, customer: Customer) -> None:
        """From now on the next record finds this customer by these identities."""
        for identity in customer.identities:
            place = self._holders[identity.kind, identity.normalised(customer.language)]
            place[:] = [holder for holder in place if holder.customer_id != customer.id]
            place.append(Holder(customer.id, identity.verified, customer.external_id))

    def _own_id(self, record: Record) -> str:
        """An id that the same record finds again, and from which no number can be guessed back."""
        self._key = self._key or own_key(self._session)
        own = next((i for i in record.identities if i.kind == "external_id"), None)
        named = [own] if own is not None else list(record.identities)
        signs = sorted(f"{i.kind}:{i.normalised(record.language)}" for i in named)
        scope = "" if own is not None else record.source
        text = "\n".join([scope, *signs])
        return f"cust_{hmac.new(bytes.fromhex(self._key), text.encode(), hashlib.sha256).hexdigest()[:24]}"


def _says_nothing_new(known: Customer, offered: Customer) -> bool:
    """Whether all of a record about a person is on record: what most events bring."""
    verified = {(i.kind, i.normalised(known.language)): i.verified for i in known.identities}

    def on_record(identity: Identity) -> bool:
        held = verified.get((identity.kind, identity.normalised(offered.language)))
        return held is not None and held >= identity.verified

    return (
        (offered.language is None or offered.language == known.language)
        and all(map(on_record, offered.identities))
        and set(offered.facts) <= set(known.facts)
        and set(offered.consents) <= set(known.consents)
    )


def _together(known: Customer, offered: Customer, fields: Registry) -> Customer:
    """A person with what another record says; lost is only what the same source replaces.

    Unlike an update of a whole customer (`customer.merged`) a record of one source does not take back the
    numbers that others gave.
    """
    updated = merged(known, offered)
    names = {(i.kind, i.normalised(updated.language)) for i in updated.identities}
    kept = [i for i in known.identities if (i.kind, i.normalised(updated.language)) not in names]
    facts = _newest((*known.facts, *offered.facts), fields)
    return updated.model_copy(update={"identities": (*updated.identities, *kept), "facts": facts})


def _newest(facts: Sequence[Fact], fields: Registry) -> tuple[Fact, ...]:
    """Of each field, source and purpose the newest; where a field holds several, of each value."""
    best: dict[tuple[str, ...], Fact] = {}
    for fact in facts:
        several = fields.field(fact.field).many
        key = (fact.field, fact.source, fact.purpose, fact.value if several else "")
        known = best.get(key)
        if known is None or fact.observed_at >= known.observed_at:
            best[key] = fact
    return tuple(best.values())
