"""One person, as somebody may see them for a purpose: facts, and what happened. Every look is logged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from profiles.behaviour import feelings_over, traits_of
from profiles.bundle import bundle
from profiles.call_list import RiskShown
from profiles.consent import ConsentEntry
from profiles.customer import Customer
from profiles.errors import UnknownCustomer
from profiles.event import Event
from profiles.fact import Contact, Fact, Identity, Language
from profiles.grouping import Groupings
from profiles.histories import Histories
from profiles.merges import Merge
from profiles.owned import Id, Moment, Owned
from profiles.people import People, Relation
from profiles.portrait import Portrait, SegmentShown, portrait
from profiles.registry import Registry, Role
from profiles.rights import Access, ControlEntry
from profiles.risk_judge import RiskJudge, RiskJudges
from profiles.store import ProfileStore
from profiles.traits import TraitRules, Traits, Value
from profiles.view import Conflict, View, Withheld, barred, usable_facts, view

RIGHTS: Final = "rights_request"
"""The purpose of a person's own request."""
MOST_ACCESSES: Final = 100_000
"""Entries of the log that a person is given, the newest."""


class Contradiction(Owned):
    """Facts of one field that contradict each other."""

    field: str
    shown: Fact
    others: tuple[Fact, ...]
    """Best first."""


class Person(Owned):
    """What is known of a person and may be seen for a purpose."""

    id: Id
    language: Language | None = None
    purpose: str
    seen_at: Moment
    identities: tuple[Identity, ...] = ()
    """For those who keep the profiles; an agent sees none."""
    facts: tuple[Fact, ...] = ()
    conflicts: tuple[Contradiction, ...] = ()
    contacts: tuple[Contact, ...] = ()
    open_promises: tuple[str, ...] = ()
    withheld: Withheld | None = None
    note: str = ""
    """Why something is missing."""
    traits: dict[str, Value] = {}
    """What the events and facts come to; only what is known."""
    said: tuple[str, ...] = ()
    """The same in words."""
    portrait: Portrait = Portrait()
    feelings: dict[str, int] = {}
    """How often each was shown in 90 days, most often first; of contacts, never of the person."""
    events: int = 0
    segments: tuple[SegmentShown, ...] = ()
    risks: tuple[RiskShown, ...] = ()
    relations: tuple[Relation, ...] = ()
    consents: tuple[ConsentEntry, ...] = ()
    controls: tuple[ControlEntry, ...] = ()
    merges: tuple[Merge, ...] = ()


@dataclass(frozen=True, slots=True)
class Looker:
    """Who looks, what for, and what they may see."""

    by: str
    purpose: str
    role: Role = "admin"
    verified: bool = True
    """Whether somebody checked who the customer is."""
    complaint_id: str | None = None
    language: Language | None = None
    """Of notes and words; else the customer's, else English."""


class Persons:
    """Looks at people, and logs every look."""

    def __init__(
        self,
        profiles: ProfileStore,
        histories: Histories,
        people: People,
        groupings: Groupings,
        risks: RiskJudges,
        fields: Registry | None = None,
    ) -> None:
        self._profiles, self._histories, self._people = profiles, histories, people
        self._groupings, self._risks = groupings, risks
        self._fields = fields or Registry.shipped()

    def look(self, tenant: str, customer_id: str, looker: Looker, now: datetime) -> Person:
        """The person whom this id stands for, as the looker may see them.

        Raises:
            InvalidInput: the purpose is not declared.
            UnknownCustomer: the tenant has no such customer.
        """
        return self.look_at(tenant, [self._known(tenant, customer_id)], looker, now)[0]

    def look_at(
        self, tenant: str, customers: Sequence[Customer], looker: Looker, now: datetime
    ) -> list[Person]:
        """Several people, as the looker may see them.

        Raises:
            InvalidInput: the purpose is not declared.
        """
        self._fields.check_purpose(looker.purpose)
        found = [self._seen(tenant, customer, looker, now) for customer in customers]
        self._people.note_access(tenant, [_access(person, looker, now) for person in found])
        return found

    def history(self, tenant: str, customer_id: str, looker: Looker, now: datetime) -> list[Event]:
        """What happened with a person, oldest first; nothing where the looker may see nothing.

        Raises:
            InvalidInput: the purpose is not declared.
            UnknownCustomer: the tenant has no such customer.
        """
        self._fields.check_purpose(looker.purpose)
        customer = self._known(tenant, customer_id)
        events = self._histories.events(tenant, customer.id) if self._history_shown(customer, looker) else []
        noted = Access(
            customer_id=customer.id,
            at=now,
            by=looker.by,
            purpose=looker.purpose,
            what=("events",) if events else (),
            complaint_id=looker.complaint_id,
        )
        self._people.note_access(tenant, [noted])
        return events

    def bundle(self, tenant: str, customer_id: str, by: str, now: datetime) -> bytes:
        """All that is known of a person, for the person: see `bundle.bundle`.

        Raises:
            UnknownCustomer: the tenant has no such customer.
        """
        looker = Looker(by=by, purpose=RIGHTS)
        customer = self._known(tenant, customer_id)
        person = self.look(tenant, customer_id, looker, now)
        events = self._histories.events(tenant, customer.id)
        accesses = self._people.accesses(tenant, customer.id, MOST_ACCESSES)
        computed = {"traits": person.traits, "in_words": person.said, "feelings": person.feelings}
        return bundle(customer, computed, person.relations, events, accesses, now)

    def _history_shown(self, customer: Customer, looker: Looker) -> bool:
        """Whether the looker may see what happened."""
        rules = self._fields
        purpose = rules.purposes[looker.purpose]
        allowed = purpose.every_fact or looker.purpose in rules.events.purposes
        return allowed and looker.verified and barred(customer, looker.purpose, rules) is None

    def _known(self, tenant: str, customer_id: str) -> Customer:
        customer = self._profiles.customer(tenant, customer_id)
        if customer is None:
            raise UnknownCustomer(f"no customer {customer_id!r}: import them first")
        return customer

    def _seen(self, tenant: str, customer: Customer, looker: Looker, now: datetime) -> Person:
        seen = view(
            customer,
            purpose=looker.purpose,
            today=now.date(),
            verified=looker.verified,
            role=looker.role,
            language=looker.language,
            fields=self._fields,
        )
        hidden = not self._history_shown(customer, looker)
        return self._described(tenant, customer, seen, looker, now, hidden=hidden)

    def _described(
        self, tenant: str, customer: Customer, seen: View, looker: Looker, now: datetime, *, hidden: bool
    ) -> Person:
        bare = Person(
            id=customer.id,
            language=customer.language,
            purpose=looker.purpose,
            seen_at=now,
            facts=seen.facts,
            conflicts=tuple(map(_contradiction, seen.conflicts)),
            contacts=seen.contacts,
            open_promises=seen.open_promises,
            withheld=seen.withheld,
            note=seen.note,
            consents=customer.consents,
            controls=customer.controls,
        )
        if hidden:
            return bare
        tally = self._histories.tally(tenant, customer.id)
        usable = usable_facts([customer], looker.purpose, now.date(), self._fields) or ()
        known = traits_of(tally, usable, now)
        traits: dict[str, Value] = {name: value for name, value in known.items() if value is not None}
        words = looker.language or customer.language or "en"
        segments = self._segments(tenant, traits, words, now) if tally.events else ()
        return bare.model_copy(
            update={
                "traits": traits,
                "said": sentences(traits, words),
                "portrait": portrait(traits, seen.facts, segments, words, now.date()),
                "feelings": feelings_over(tally, now) if tally.events else {},
                "events": tally.events,
                "risks": risks_of(self._risks.of(tenant), traits, words, now) if tally.events else (),
                "segments": segments,
                "identities": () if looker.role == "agent" else customer.identities,
                "relations": tuple(self._people.relations(tenant, customer.id, now.date())),
                "merges": tuple(self._people.merges(tenant, customer.id)),
            }
        )

    def _segments(
        self, tenant: str, traits: Traits, language: Language, now: datetime
    ) -> tuple[SegmentShown, ...]:
        found = self._groupings.of(tenant).assign(traits, now.date())
        return tuple(
            SegmentShown(
                layer=placed.layer,
                code=placed.code,
                name=placed.named(language),
                reasons=placed.reasons(language),
            )
            for placed in (*found.layers, *((found.group,) if found.group else ()))
        )


def risks_of(judge: RiskJudge, traits: Traits, language: Language, now: datetime) -> tuple[RiskShown, ...]:
    """What the judge says of the risks, with the facts behind them."""
    return tuple(RiskShown.of(score, language) for score in judge.scores(traits, language, on=now.date()))


def sentences(traits: dict[str, Value], language: Language) -> tuple[str, ...]:
    """Traits in words, in the order in which they are declared; nothing is said of what is zero."""
    rules = TraitRules.shipped()
    return tuple(rules.said(name, traits[name], language) for name in rules.traits if traits.get(name))


def _contradiction(found: Conflict) -> Contradiction:
    return Contradiction(field=found.field, shown=found.shown, others=found.others)


def _access(person: Person, looker: Looker, now: datetime) -> Access:
    shown = dict.fromkeys(fact.field for fact in person.facts)
    if person.contacts:
        shown["contacts"] = None
    if person.traits:
        shown["traits"] = None
    return Access(
        customer_id=person.id,
        at=now,
        by=looker.by,
        purpose=looker.purpose,
        what=tuple(shown),
        complaint_id=looker.complaint_id,
    )
