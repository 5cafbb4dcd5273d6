"""What may be seen of a customer, for one purpose, today.

A fact is shown when all of these hold: its field is declared; its purpose is the one asked for and one of the
field's; neither its own expiry nor the field's retention has passed; the consent it rests on stands. Of facts
that contradict each other the best is shown, and the contradiction is told. Nothing personal is shown while
the customer is unverified, and nothing at all where they object.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from profiles.consent import consented, objected
from profiles.customer import Customer
from profiles.fact import Contact, Fact, Language
from profiles.registry import Registry, Role
from profiles.rights import switched_on

PROMISE: Final = "open_promise"
"""The field whose facts are promises; what it forbids a model covers the promises of contacts too."""

Withheld = Literal["unverified", "objected", "restricted", "nothing_usable"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Facts of one field that contradict each other."""

    field: str
    shown: Fact
    others: tuple[Fact, ...]
    """Best first."""


@dataclass(frozen=True, slots=True)
class View:
    """A customer, as far as identity, purpose and consent let somebody see."""

    customer_id: str
    language: Language | None
    facts: tuple[Fact, ...] = ()
    """In the order in which the fields are declared."""
    conflicts: tuple[Conflict, ...] = ()
    contacts: tuple[Contact, ...] = ()
    """Newest first."""
    open_promises: tuple[str, ...] = ()
    """Newest first, each once."""
    withheld: Withheld | None = None
    note: str = ""
    """Why something is missing, for an agent; empty where nothing is withheld."""


def view(
    customer: Customer,
    *,
    purpose: str,
    today: date,
    verified: bool,
    for_model: bool = False,
    role: Role = "admin",
    language: Language | None = None,
    fields: Registry | None = None,
) -> View:
    """What may be seen of the customer for this purpose on this day.

    `verified` says that somebody checked who is speaking. `for_model` leaves out what no language model may
    read, `role` what its keys may not see. `language` is that of the note: by default the customer's, else
    English.

    Raises:
        InvalidInput: the purpose is not declared.
    """
    rules = fields or Registry.shipped()
    rules.check_purpose(purpose)
    why = barred(customer, purpose, rules)
    if why is not None:
        return _with_note(View(customer.id, customer.language), why, rules, language)
    usable = [fact for fact in customer.facts if _usable(fact, customer, purpose, today, rules)]
    if for_model:
        usable = [fact for fact in usable if rules.fields[fact.field].llm_allowed]
    if role != "admin":
        usable = [fact for fact in usable if role in rules.fields[fact.field].roles]
    if not verified:
        usable = [fact for fact in usable if rules.fields[fact.field].sensitivity == "none"]
    facts, conflicts = _best(usable, rules)
    every = rules.purposes[purpose].every_fact
    contacts = customer.contacts if verified and (every or purpose in rules.contacts.purposes) else ()
    seen = View(
        customer.id,
        customer.language,
        facts=facts,
        conflicts=conflicts,
        contacts=_newest(contacts, rules) if rules.contacts.llm_allowed or not for_model else (),
        open_promises=_promises(facts, contacts, today, rules, for_model=for_model),
    )
    if not verified:
        return _with_note(seen, "unverified", rules, language)
    if not (seen.facts or seen.contacts):
        return _with_note(seen, "nothing_usable", rules, language)
    return seen


def barred(customer: Customer, purpose: str, fields: Registry) -> Withheld | None:
    """Why nothing of the customer may be used for a purpose; None where something may."""
    asked, switches = fields.purposes[purpose], switched_on(customer.controls)
    if "restricted" in switches and not asked.when_restricted:
        return "restricted"
    if asked.every_fact:
        return None
    if "no_profile" in switches or objected(customer.consents, purpose):
        return "objected"
    return None


def usable_facts(
    customers: Iterable[Customer], purpose: str, today: date, fields: Registry
) -> tuple[Fact, ...] | None:
    """The facts of a person, who may be several customers, that may be used today; None where none may be."""
    known = list(customers)
    if any(barred(customer, purpose, fields) for customer in known):
        return None
    usable = [f for c in known for f in c.facts if _usable(f, c, purpose, today, fields)]
    return _best(usable, fields)[0]


def _usable(fact: Fact, customer: Customer, purpose: str, today: date, rules: Registry) -> bool:
    field = rules.fields.get(fact.field)
    if field is None:
        return False
    if rules.purposes[purpose].every_fact:
        return True
    if fact.purpose != purpose or purpose not in field.purposes:
        return False
    until = field.kept_until(fact)
    return (until is None or today <= until) and consented(fact, customer.consents)


def _best(usable: Sequence[Fact], rules: Registry) -> tuple[tuple[Fact, ...], tuple[Conflict, ...]]:
    """The facts to show, and where they were contradicted."""
    facts: list[Fact] = []
    conflicts: list[Conflict] = []
    for name, field in rules.fields.items():
        ranked = _distinct(sorted((f for f in usable if f.field == name), key=_rank))
        shown = ranked if field.many else ranked[:1]
        facts += shown
        if others := ranked[len(shown) :]:
            conflicts.append(Conflict(name, shown[0], tuple(others)))
    return tuple(facts), tuple(conflicts)


def _rank(fact: Fact) -> tuple[float, int, str, str]:
    """More certain before less, newer before older; source and value only keep the order fixed."""
    return -fact.confidence, -fact.observed_at.toordinal(), fact.source, fact.value


def _distinct(ranked: Iterable[Fact]) -> list[Fact]:
    """The best fact of each value; sources that agree do not contradict each other."""
    best: dict[str, Fact] = {}
    for fact in ranked:
        best.setdefault(" ".join(fact.value.casefold().split()), fact)
    return list(best.values())


def _newest(contacts: Sequence[Contact], rules: Registry) -> tuple[Contact, ...]:
    return tuple(reversed(contacts))[: rules.contacts.shown]


def _promises(
    facts: Sequence[Fact], contacts: Sequence[Contact], today: date, rules: Registry, *, for_model: bool
) -> tuple[str, ...]:
    """Promises of recent contacts and of facts, newest first."""
    since = today - timedelta(days=rules.contacts.promise_days)
    dated = [(fact.observed_at, fact.value) for fact in facts if fact.field == PROMISE]
    field = rules.fields.get(PROMISE)
    if not for_model or (field is not None and field.llm_allowed):
        dated += [(c.at.date(), c.promise) for c in contacts if c.promise and c.at.date() >= since]
    dated.sort(key=lambda promise: promise[0], reverse=True)
    return tuple(dict.fromkeys(text for _, text in dated))


def _with_note(seen: View, why: Withheld, rules: Registry, language: Language | None) -> View:
    notes = {
        "unverified": rules.notes.unverified,
        "objected": rules.notes.objected,
        "restricted": rules.notes.restricted,
        "nothing_usable": rules.notes.nothing_usable,
    }
    return View(
        seen.customer_id,
        seen.language,
        facts=seen.facts,
        conflicts=seen.conflicts,
        contacts=seen.contacts,
        open_promises=seen.open_promises,
        withheld=why,
        note=notes[why].in_language(language or seen.language or "en"),
    )
