"""What was noted of a customer, to be found by meaning: contacts, what happened, facts that may be."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from profiles.customer import Customer
from profiles.event import Event
from profiles.fact import Language
from profiles.registry import Registry
from profiles.view import barred, usable_facts

MOST: Final = 200
"""Notes of a customer that are looked at, the newest."""
LONGEST: Final = 600
"""Characters of a note that are read."""

NoteKind = Literal["contact", "event", "fact"]


@dataclass(frozen=True, slots=True)
class Note:
    """A few words of what was known or happened on a day."""

    kind: NoteKind
    on: date
    text: str

    @property
    def digest(self) -> str:
        """The same for the same note."""
        return hashlib.sha256(f"{self.kind}\0{self.on}\0{self.text}".encode()).hexdigest()[:24]


def notes_of(
    customer: Customer,
    events: Sequence[Event],
    purpose: str,
    today: date,
    language: Language = "zh",
    fields: Registry | None = None,
) -> list[Note]:
    """What may be embedded of a customer for a purpose, newest first; nothing of one who objects."""
    rules = fields or Registry.shipped()
    if barred(customer, purpose, rules) is not None:
        return []
    found = list(_facts(customer, purpose, today, language, rules))
    if purpose in rules.contacts.purposes and rules.contacts.vector_allowed:
        found += [Note("contact", contact.at.date(), contact.summary) for contact in customer.contacts]
    if purpose in rules.events.purposes:
        found += [Note("event", event.at.date(), event.note) for event in events if event.note]
    found.sort(key=lambda note: note.on, reverse=True)
    # the same words again, as when a complaint is closed under them, count for the first time they were told
    kept = {note.text[:LONGEST]: note for note in found if note.text.strip()}
    return sorted(kept.values(), key=lambda note: (note.on, note.kind, note.text), reverse=True)[:MOST]


def _facts(
    customer: Customer, purpose: str, today: date, language: Language, rules: Registry
) -> Iterator[Note]:
    for fact in usable_facts([customer], purpose, today, rules) or ():
        field = rules.fields[fact.field]
        if field.vector_allowed:
            meaning = field.meaning_zh if language == "zh" else field.meaning_en
            yield Note("fact", fact.observed_at, f"{meaning}: {fact.value}")
