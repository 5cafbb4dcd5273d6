"""Who the customer of this complaint is, as far as identity, purpose and consent let us say."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

from bot.care import TAKEN_FURTHER, attended, contact_traits
from bot.complaint import Complaint, CustomerRef
from bot.draft.plan import addressed
from bot.notes import RedactedVectors
from bot.privacy.redaction import redact
from bot.suggestion import Clock, ContactCard, FactCard, NoteCard, ProfileView, Suggestion, Triage
from knowledge.case import Language
from knowledge.embedding import Vector
from profiles.care import CareRules, Served
from profiles.customer import Customer
from profiles.errors import UnknownCustomer
from profiles.event import Event
from profiles.fact import EmotionKind, Fact
from profiles.histories import Histories
from profiles.notes import notes_of
from profiles.people import People
from profiles.registry import Registry
from profiles.rights import Access, switched_on
from profiles.risk_judge import RiskJudges
from profiles.store import ProfileStore
from profiles.view import View, barred, view

log = logging.getLogger(__name__)

PURPOSE: Final = "complaint_handling"
DESK: Final = "redress"
"""Who looks and who tells, where the service itself does."""
NOTED: Final = 300
"""Characters of a complaint that are noted, redacted."""
RELEVANT: Final = 5
"""Notes that are shown."""
_CUSTOMER: Final = "⟦CUSTOMER⟧"
"""Stands for the customer's name in a stored draft."""
_NOBODY: Final[dict[Language, str]] = {"zh": "客户", "en": "customer"}


@dataclass(frozen=True, slots=True)
class Who:
    """The customer, and what the other steps need of them."""

    view: ProfileView
    open_promises: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """The customer's names, so that redaction finds them whatever the context."""
    customer: Customer | None = None
    """Where their history may be used for this purpose."""


class Recogniser:
    """Finds the customer of a complaint, logs what was read of them, and remembers the complaint."""

    def __init__(
        self,
        profiles: ProfileStore,
        histories: Histories,
        people: People,
        risks: RiskJudges,
        vectors: RedactedVectors,
    ) -> None:
        self._profiles, self._histories, self._people, self._risks = profiles, histories, people, risks
        self._vectors = vectors

    def recognise(self, tenant: str, reference: CustomerRef | None, today: date, complaint_id: str) -> Who:
        """The profile behind a reference; says why there is none."""
        if reference is None:
            return Who(ProfileView(note="the complaint names no customer"))
        customer_id = self._profiles.find(tenant, reference.kind, reference.value)
        customer = None if customer_id is None else self._profiles.customer(tenant, customer_id)
        if customer is None:
            return Who(
                ProfileView(verified=reference.verified, note="no customer is known under this reference")
            )
        seen = view(customer, purpose=PURPOSE, today=today, verified=reference.verified, role="agent")
        names = tuple(fact.value for fact in customer.facts if fact.field == "name" and len(fact.value) > 1)
        if what := _what(seen):
            looked = Access(
                customer_id=customer.id,
                at=datetime.now(UTC),
                by=DESK,
                purpose=PURPOSE,
                what=what,
                complaint_id=complaint_id or None,
            )
            self._people.note_access(tenant, [looked])
        shown = _shown(customer.id, reference.verified, seen)
        if "human_only" in switched_on(customer.controls):
            shown = shown.model_copy(update={"human_only": True})
        rules = Registry.shipped()
        usable = PURPOSE in rules.events.purposes and barred(customer, PURPOSE, rules) is None
        return Who(shown, seen.open_promises, names, customer if usable and reference.verified else None)

    def attend(
        self,
        tenant: str,
        who: Who,
        complaint: Complaint,
        triage: Triage,
        clocks: Sequence[Clock],
        language: Language,
        today: date,
        vector: Vector,
    ) -> tuple[Who, Served]:
        """Who they are, and how they are best served now.

        `vector` is of the redacted complaint.
        """
        known = None
        if who.customer is not None:
            known = who.customer, self._histories.tally(tenant, who.customer.id)
        contact = contact_traits(complaint, triage, clocks, today, CareRules.shipped())
        view, served = attended(who.view, contact, known, self._risks.of(tenant), PURPOSE, language, today)
        if who.customer is not None:
            relevant = self._relevant(tenant, who.customer, complaint, language, today, vector)
            view = view.model_copy(update={"relevant": relevant})
        return replace(who, view=view), served

    def _relevant(
        self,
        tenant: str,
        customer: Customer,
        complaint: Complaint,
        language: Language,
        today: date,
        vector: Vector,
    ) -> tuple[NoteCard, ...]:
        """What was noted of the customer and bears on this; not this very complaint."""
        events = [e for e in self._histories.noted(tenant, customer.id) if e.case != complaint.id]
        notes = notes_of(customer, events, PURPOSE, today, language)
        return tuple(
            NoteCard(kind=note.kind, on=note.on, text=note.text, similarity=round(min(similarity, 1.0), 3))
            for note, similarity in self._vectors.matter(notes, vector, RELEVANT)
        )

    def remember(self, tenant: str, complaint: Complaint, suggestion: Suggestion) -> None:
        """Put the complaint among the events of its customer, where somebody checked that it is theirs."""
        customer_id = suggestion.profile.customer_id
        if customer_id is None or not suggestion.profile.verified:
            return
        try:
            self._histories.add(tenant, customer_id, complaint_events(complaint, suggestion))
        except UnknownCustomer:
            log.info("the customer of complaint %s was forgotten meanwhile", complaint.id)


def complaint_events(complaint: Complaint, suggestion: Suggestion) -> list[Event]:
    """What a complaint tells happened: that it was made, each later turn, and that it was taken further."""
    felt = _felt(complaint, suggestion)
    events: list[Event] = []
    for place, turn in enumerate(complaint.turns):
        if turn.speaker != "customer":
            continue
        shown = felt.get(place)
        first = not events
        events.append(
            Event(
                id=complaint.id if first else f"{complaint.id}:{place}",
                kind="complaint" if first else "turn",
                at=turn.at or complaint.received_at,
                source=DESK,
                channel=complaint.channel,
                category=suggestion.triage.category if first else None,
                note=redact(turn.text[:NOTED]).text[:NOTED] if first else None,
                case=complaint.id,
                emotion=None if shown is None else shown[0],
                intensity=0 if shown is None else shown[1],
            )
        )
    if events and TAKEN_FURTHER & {found.kind for found in suggestion.triage.escalations}:
        last = events[-1]
        events.append(
            Event(
                id=f"{complaint.id}:escalated", kind="escalated", at=last.at, source=DESK,
                channel=complaint.channel, case=complaint.id,
            )
        )  # fmt: skip
    return events


def _felt(complaint: Complaint, suggestion: Suggestion) -> dict[int, tuple[EmotionKind, int]]:
    """What each turn of the customer shows, by its place."""
    emotion = suggestion.triage.emotion
    if emotion.trajectory is not None:
        return {turn.turn: (turn.primary, turn.intensity) for turn in emotion.trajectory.turns}
    own = [place for place, turn in enumerate(complaint.turns) if turn.speaker == "customer"]
    return dict.fromkeys(own[-1:], (emotion.primary, emotion.intensity))


def _what(seen: View) -> tuple[str, ...]:
    shown = dict.fromkeys(fact.field for fact in seen.facts)
    return (*shown, *(("contacts",) if seen.contacts else ()))


def without_customer(suggestion: Suggestion) -> Suggestion:
    """The suggestion as it is stored: who the customer is stays in the profile, and only there."""
    name = addressed(suggestion.profile.facts, _language(suggestion))
    text = suggestion.draft.text.replace(name, _CUSTOMER) if name else suggestion.draft.text
    draft = suggestion.draft.model_copy(update={"text": text})
    return suggestion.model_copy(update={"profile": ProfileView(), "draft": draft})


def with_customer(suggestion: Suggestion, known: ProfileView) -> Suggestion:
    """A stored suggestion with the customer as they are known now; a name that is forgotten stays away."""
    name = addressed(known.facts, _language(suggestion)) or _NOBODY[_language(suggestion)]
    draft = suggestion.draft.model_copy(update={"text": suggestion.draft.text.replace(_CUSTOMER, name)})
    return suggestion.model_copy(update={"profile": known, "draft": draft})


def _language(suggestion: Suggestion) -> Language:
    return "zh" if suggestion.draft.language == "zh" else "en"


def _shown(customer_id: str, verified: bool, seen: View) -> ProfileView:
    return ProfileView(
        customer_id=customer_id,
        verified=verified,
        facts=tuple(map(_fact_card, seen.facts)),
        contacts=tuple(
            ContactCard(
                at=contact.at,
                channel=contact.channel,
                summary=contact.summary,
                emotion=contact.emotion,
                intensity=contact.intensity,
                promise=contact.promise,
            )
            for contact in seen.contacts
        ),
        note=seen.note,
    )


def _fact_card(fact: Fact) -> FactCard:
    return FactCard(
        field=fact.field,
        value=fact.value,
        source=fact.source,
        observed_at=fact.observed_at,
        confidence=fact.confidence,
    )
