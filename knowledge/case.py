"""A Case: a resolved complaint in memory. Its text is redacted before it comes here."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Language = Literal["zh", "en"]
EmotionKind = Literal["anger", "anxiety", "disappointment", "sadness", "confusion", "gratitude", "neutral"]
EscalationKind = Literal["regulator", "media", "legal", "collective", "safety", "churn"]
Urgency = Literal["low", "normal", "high", "critical"]
Vulnerability = Literal["health", "life_event", "resilience", "capability"]
CaseOutcome = Literal["upheld", "partly_upheld", "rejected", "goodwill", "withdrawn", "answered"]
RedressKind = Literal[
    "refund", "compensation", "fee_waiver", "repair", "replacement", "correction", "apology", "explanation",
    "service_credit", "none",
]  # fmt: skip
CauseKind = Literal[
    "people", "process", "product", "policy", "system", "third_party", "communication", "none"
]
NeedKind = Literal["explicit", "implicit"]

LANGUAGES: tuple[Language, ...] = get_args(Language)
EMOTIONS: tuple[EmotionKind, ...] = get_args(EmotionKind)
ESCALATIONS: tuple[EscalationKind, ...] = get_args(EscalationKind)
URGENCIES: tuple[Urgency, ...] = get_args(Urgency)

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

MAX_TEXT = 1_000_000
"""Characters a stored text may have."""


def storable(text: str) -> str:
    """The text with the characters no store can hold (NUL, lone surrogates) replaced one by one by U+FFFD.

    The length stays, so that spans counted in the original still fit.
    """
    return _UNSTORABLE.sub("\ufffd", text)


Text = Annotated[str, AfterValidator(storable), Field(max_length=MAX_TEXT)]
Id = Annotated[str, AfterValidator(storable), Field(min_length=1, max_length=200)]


class Owned(BaseModel):
    """Base of what we own: immutable, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Redress(Owned):
    """What put the complaint right."""

    kind: RedressKind = "none"
    amount: Annotated[Decimal | None, Field(ge=0)] = None
    """In `currency`; absent where the redress is not money."""
    currency: Annotated[str | None, Field(pattern="^[A-Z]{3}$")] = None
    """ISO 4217."""

    @model_validator(mode="after")
    def _amount_with_currency(self) -> Self:
        if (self.amount is None) != (self.currency is None):
            raise ValueError("amount and currency go together: give both or neither")
        return self


class RootCause(Owned):
    """Why it happened."""

    kind: CauseKind = "none"
    text: Text = ""


class Need(Owned):
    """What the customer asks for, with the words that show it."""

    kind: NeedKind
    need: Annotated[str, Field(max_length=60)]
    """A code of the codebook's list: refund, repair, explanation, certainty_of_date, …"""
    text: Text = ""


class Case(Owned):
    """A resolved complaint: redacted text, labels, outcome, and what was done."""

    id: Id
    language: Language
    text: Annotated[Text, Field(min_length=1)]
    industry: Annotated[str, Field(max_length=60)] = ""
    channel: Annotated[str, Field(max_length=60)] = ""
    product: Annotated[str, Field(max_length=200)] = ""
    received_at: AwareDatetime | None = None
    resolved_at: date | None = None
    customer: Annotated[str | None, Field(max_length=200)] = None
    """The customer's own id in the company's systems; knowledge only carries it."""
    complaint: bool = True
    category: Annotated[str, Field(max_length=80)] | None = None
    """A code of the taxonomy, or None while nobody has labelled the case."""
    emotions: tuple[EmotionKind, ...] = ()
    primary_emotion: EmotionKind | None = None
    intensity: Annotated[int | None, Field(ge=0, le=4)] = None
    escalations: tuple[EscalationKind, ...] = ()
    needs: tuple[Need, ...] = ()
    vulnerability: tuple[Vulnerability, ...] = ()
    urgency: Urgency | None = None
    outcome: CaseOutcome | None = None
    redress: Redress = Redress()
    root_cause: RootCause = RootCause()
    resolution: Text = ""
    policy: Annotated[str | None, Field(max_length=200)] = None
    """Id of the article that was followed."""
    policy_version: Annotated[str | None, Field(max_length=80)] = None

    @property
    def closed_on(self) -> date | None:
        """The day it was resolved, or received where that is all that is known."""
        if self.resolved_at is not None:
            return self.resolved_at
        received: datetime | None = self.received_at
        return None if received is None else received.date()


def language_of(text: str) -> Language:
    """The language of a text that names none: Chinese where it has a Chinese character."""
    return "zh" if any("\u3400" <= character <= "\u9fff" for character in text) else "en"


def searchable(text: str, root_cause: str, resolution: str) -> str:
    """What a case is found by: the story, what went wrong, and what was done.

    Cause and answer name the matter where the customer tells a scene. On our long complaints they take the
    mean reciprocal rank of the precedent from .53 to .63 in English and from .87 to .90 in Chinese.
    """
    return "\n".join(filter(None, (text, root_cause, resolution)))
