"""What is known about a customer, piece by piece: facts, identities, and the contacts so far."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from profiles.identity import IdentityKind, normalised
from profiles.owned import STORABLE, Code, Id, Moment, Owned, Text

Language = Literal["zh", "en"]
Basis = Literal["contract", "consent", "legal_obligation"]
EmotionKind = Literal["anger", "anxiety", "disappointment", "sadness", "confusion", "gratitude", "neutral"]


class Fact(Owned):
    """One thing known about a customer: where from, what for, and until when."""

    field: Code
    """A field that fields.toml declares."""
    value: Annotated[str, Field(min_length=1, max_length=2000), STORABLE]
    source: Code
    """The system or person that said so: crm, call_centre, survey, complaint, order_system, agent, app."""
    observed_at: date
    purpose: Code
    """What it may be used for; a purpose of its field."""
    basis: Basis
    consent_id: Id | None = None
    """Of the consent it rests on, where that is on record under a number of its own."""
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0
    expires_at: date | None = None
    """Last day it may be used."""

    @model_validator(mode="after")
    def _consent_where_it_counts(self) -> Self:
        if self.consent_id is not None and self.basis != "consent":
            raise ValueError("consent_id needs basis 'consent': change the basis or leave the id out")
        return self


class Contact(Owned):
    """One contact with the customer. A feeling belongs to the contact, never to the person."""

    at: Moment
    channel: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9_.\-]+$")]
    summary: Text
    emotion: EmotionKind = "neutral"
    intensity: Annotated[int, Field(ge=0, le=4)] = 0
    case: Id | None = None
    """Id of the case it led to."""
    promise: Annotated[str, Field(min_length=1, max_length=1000), STORABLE] | None = None
    """What we promised the customer."""


class Identity(Owned):
    """A name by which a system knows the customer."""

    kind: IdentityKind
    value: Id
    """As the source wrote it."""
    verified: bool = False
    """Whether somebody has checked that it is theirs."""

    @model_validator(mode="after")
    def _readable(self) -> Self:
        if not self.normalised():
            raise ValueError("the value is blank: send one or leave the identity out")
        return self

    def normalised(self, language: Language | None = None) -> str:
        """The form under which it is found; `language` is the customer's."""
        return normalised(self.kind, self.value, language)
