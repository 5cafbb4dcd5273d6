"""Who the customer of this complaint is, as far as identity, purpose and consent let us say."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.complaint import CustomerRef
from bot.draft.plan import addressed
from bot.suggestion import ContactCard, FactCard, ProfileView, Suggestion
from knowledge.case import Language
from profiles.fact import Fact
from profiles.store import ProfileStore
from profiles.view import View, view

PURPOSE: Final = "complaint_handling"
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


def recognise(profiles: ProfileStore, tenant: str, reference: CustomerRef | None, today: date) -> Who:
    """The profile behind a reference; says why there is none."""
    if reference is None:
        return Who(ProfileView(note="the complaint names no customer"))
    customer_id = profiles.find(tenant, reference.kind, reference.value)
    customer = None if customer_id is None else profiles.customer(tenant, customer_id)
    if customer is None:
        return Who(ProfileView(verified=reference.verified, note="no customer is known under this reference"))
    seen = view(customer, purpose=PURPOSE, today=today, verified=reference.verified)
    names = tuple(fact.value for fact in customer.facts if fact.field == "name" and len(fact.value) > 1)
    return Who(
        _shown(customer.id, reference.verified, seen),
        seen.open_promises,
        names,
    )


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
