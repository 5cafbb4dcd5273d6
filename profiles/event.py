"""What happened with a customer, dated, as one source told it: contacts, purchases, visits, promises.

Events are what behaviour, feelings over time, journeys and risks are computed from. A feeling belongs to the
event in which it was shown, never to the person.
"""

from typing import Annotated, Literal, get_args

from pydantic import Field

from profiles.fact import EmotionKind
from profiles.owned import STORABLE, Code, Id, Moment, Owned

EventKind = Literal[
    "complaint",  # a complaint was made
    "turn",  # the customer wrote again about an open complaint
    "closed",  # a complaint was closed
    "reopened",  # a closed complaint was opened again
    "escalated",  # the customer went, or said they would go, to a regulator, court, the press
    "contact",  # any other contact: chat, e-mail, letter, branch
    "call",
    "self_service",  # looked for help alone: help page, search, voice menu, bot
    "survey",
    "visit",  # opened the site or the app
    "purchase",
    "mention",  # spoke of us in public
    "promise",  # we promised something
    "kept",
    "broken",
    "left",  # ended the relationship
]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)

Channel = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9_.\-]+$")]


class Event(Owned):
    """One thing that happened."""

    id: Id
    """The source's own, so that bringing it in again changes nothing."""
    kind: EventKind
    at: Moment
    source: Code
    channel: Channel | None = None
    category: Annotated[str, Field(min_length=1, max_length=100), STORABLE] | None = None
    """What it was about: a category's code, or the words of the source."""
    case: Id | None = None
    """The complaint it belongs to."""
    emotion: EmotionKind | None = None
    intensity: Annotated[int, Field(ge=0, le=4)] = 0
    outcome: Annotated[str, Field(max_length=60)] | None = None
    """Of a closed complaint: upheld, rejected, …"""
    product: Annotated[str, Field(max_length=200), STORABLE] | None = None
    amount: float | None = None
    """Paid for a purchase, in `currency`."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    seconds: Annotated[float, Field(ge=0)] | None = None
    """How long a call or visit took."""
    transfers: Annotated[int, Field(ge=0)] = 0
    """How often a call was handed on."""
    score: Annotated[float, Field(ge=0, le=1)] | None = None
    """Of a survey: 0 the worst answer, 1 the best."""
    note: Annotated[str, Field(max_length=2000), STORABLE] | None = None
    """A few words of what it was about; free text, so personal."""
