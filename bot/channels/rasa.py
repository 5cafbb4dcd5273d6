"""The chat widget, in the shape of Rasa's REST channel: a message in, a list of replies out.

A machine talks here and nobody reads along, so every word comes from widget.toml. The customer's text, the
draft and what is known about the customer decide nothing but which clause is said.

    safety escalation       the safety block
    "talk to a person"      handed over
    a greeting, or nothing  the greeting
    too little to judge     unclear: please say more
    praise                  thanks
    anything else           on record, its number, by when a person answers
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.complaint import Channel, ComplaintIn, CustomerRef
from bot.suggestion import Suggestion
from knowledge.case import EmotionKind, Id, Language, Owned, Text
from knowledge.rules import load_rules
from knowledge.words import normalise

RULES: Final = Path(__file__).with_name("widget.toml")
HANDOFF: Final = "/handoff"
"""Payload of the button that asks for a person."""
CHANNEL: Final = "widget"

Intent = Literal["handoff", "greeting", "text"]


class WidgetMessage(BaseModel):
    """What a customer typed or pressed; fields we do not know are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sender: Id
    message: Text = ""
    input_channel: str | None = None
    metadata: dict[str, Any] | None = None
    """`language` ("zh" or "en") is read; the rest is not."""


class Button(Owned):
    """Something to press instead of typing."""

    title: str
    payload: str


class WidgetReply(Owned):
    """One bubble of the answer."""

    recipient_id: str
    text: str
    buttons: tuple[Button, ...] = ()

    def public(self) -> dict[str, Any]:
        """The JSON form; without buttons where there are none."""
        return self.model_dump(mode="json", exclude_defaults=True)


def _only(*allowed: str) -> AfterValidator:
    """Refuses a clause whose placeholders are not exactly these."""

    def check(clause: str) -> str:
        try:
            found = {name for _, name, _, _ in Formatter().parse(clause) if name is not None}
        except ValueError as error:
            raise ValueError("a brace stands alone: write {{ or }}") from error
        if found != set(allowed):
            expected = ", ".join(f"{{{name}}}" for name in allowed) or "none"
            raise ValueError(f"the placeholders of this clause must be: {expected}")
        return clause

    return AfterValidator(check)


_Clause = Annotated[str, Field(min_length=1, max_length=500), _only()]
_WithReference = Annotated[str, Field(min_length=1, max_length=500), _only("reference")]
_WithDate = Annotated[str, Field(min_length=1, max_length=500), _only("date")]


class Clauses(Owned):
    """The approved words of one language."""

    label: _Clause
    greeting: _Clause
    unclear: _Clause
    received: _WithReference
    due: _WithDate
    no_date: _Clause
    offer: _Clause
    handoff: _Clause
    safety: _Clause
    thanks: _Clause
    button: _Clause
    feeling: dict[EmotionKind, _Clause]


class WidgetRules(Owned):
    """widget.toml."""

    version: str
    source: str
    valid_from: date
    due_stages: tuple[str, ...]
    feeling_from: Annotated[int, Field(ge=1, le=4)]
    zh: Clauses
    en: Clauses
    asks_for_person: dict[Language, tuple[str, ...]]
    greets: dict[Language, tuple[str, ...]]

    def clauses(self, language: Language) -> Clauses:
        """The clauses in that language."""
        return self.zh if language == "zh" else self.en


@cache
def shipped() -> WidgetRules:
    """widget.toml beside this file.

    Raises:
        InvalidRules: it breaks its schema.
    """
    return load_rules(RULES, WidgetRules)


def intent(message: WidgetMessage) -> Intent:
    """What a message is before anybody judges it; a phrase counts only when it is all there is."""
    typed, rules = _bare(message.message), shipped()
    if message.message.strip().startswith(HANDOFF) or _is_one_of(typed, rules.asks_for_person):
        return "handoff"
    return "greeting" if not typed or _is_one_of(typed, rules.greets) else "text"


def to_complaint(message: WidgetMessage) -> ComplaintIn | None:
    """What goes on record; None for a greeting, which needs nobody. The sender counts as unverified."""
    found = intent(message)
    if found == "greeting":
        return None
    pressed = message.message.strip().startswith(HANDOFF)
    language = _language(message, None, "zh")
    return ComplaintIn(
        text=shipped().clauses(language).button if pressed else message.message,
        channel=_channel(message.input_channel),
        customer=CustomerRef(kind="app_user", value=message.sender),
    )


def answer(
    message: WidgetMessage, suggestion: Suggestion | None, default: Language = "zh"
) -> tuple[WidgetReply, ...]:
    """The replies, in order: approved clauses only; the same every time for the same message and suggestion.

    Without a suggestion only a greeting, a hand-over or "unclear" can be said. `default` is the language of a
    message that shows none.
    """
    clauses = shipped().clauses(_language(message, suggestion, default))
    button = Button(title=clauses.button, payload=HANDOFF)
    texts, offer = _texts(intent(message), suggestion, clauses)
    last = len(texts) - 1
    return tuple(
        WidgetReply(recipient_id=message.sender, text=text, buttons=(button,) if offer and at == last else ())
        for at, text in enumerate(texts)
    )


def _texts(found: Intent, suggestion: Suggestion | None, clauses: Clauses) -> tuple[list[str], bool]:
    """What to say, bubble by bubble, and whether to offer the button to a person."""
    if suggestion is not None and any(e.kind == "safety" for e in suggestion.triage.escalations):
        return [clauses.label + clauses.safety], False
    if found == "handoff":
        return [clauses.label + clauses.handoff], False
    if found == "greeting":
        return [clauses.greeting], True
    if suggestion is None or suggestion.triage.reason_code == "not_enough_text":
        return [clauses.label + clauses.unclear], True
    if not suggestion.triage.complaint and suggestion.triage.emotion.primary == "gratitude":
        return [clauses.label + clauses.thanks], False
    return [clauses.label + _received(suggestion, clauses), clauses.offer], True


def _received(suggestion: Suggestion, clauses: Clauses) -> str:
    rules, emotion = shipped(), suggestion.triage.emotion
    feeling = clauses.feeling.get(emotion.primary, "") if emotion.intensity >= rules.feeling_from else ""
    due = _due(suggestion, rules.due_stages)
    language: Language = "zh" if clauses is rules.zh else "en"
    sentences = [
        feeling,
        clauses.received.format(reference=suggestion.complaint_id),
        clauses.no_date if due is None else clauses.due.format(date=_spoken(due, language)),
    ]
    return ("" if language == "zh" else " ").join(filter(None, sentences))


def _due(suggestion: Suggestion, stages: tuple[str, ...]) -> date | None:
    """The day to name: that of the first stage with a verified clock that has not passed already."""
    today = suggestion.created_at.date()
    usable = [clock for clock in suggestion.clocks if clock.verified and clock.due >= today]
    for stage in stages:
        days = [clock.due for clock in usable if clock.stage == stage]
        if days:
            return min(days)
    return None


_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _spoken(day: date, language: Language) -> str:
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_HAN: Final = re.compile("[\u3400-\u9fff]")
_LATIN: Final = re.compile("[A-Za-z]")


def _language(message: WidgetMessage, suggestion: Suggestion | None, default: Language) -> Language:
    """Of the answer: as the triage read it, as the widget says, as the script shows, or the default."""
    said = (message.metadata or {}).get("language")
    for known in (suggestion.language if suggestion else None, said):
        if known == "zh":
            return "zh"
        if known == "en":
            return "en"
    if _HAN.search(message.message):
        return "zh"
    pressed = message.message.strip().startswith(HANDOFF)
    return "en" if not pressed and _LATIN.search(message.message) else default


def _bare(text: str) -> str:
    """The words of a message without case, punctuation and outer space."""
    return re.sub(r"[^\w\s]", "", normalise(text)).strip()


def _is_one_of(typed: str, phrases: Mapping[Language, tuple[str, ...]]) -> bool:
    return any(typed == phrase for known in phrases.values() for phrase in known)


_FITTING: Final = re.compile(r"[a-z0-9_.\-]{1,60}")


def _channel(input_channel: str | None) -> Channel:
    name = (input_channel or "").lower()
    return name if _FITTING.fullmatch(name) else CHANNEL
