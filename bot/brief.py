"""The Brief: all the evidence for one reply. What the drafter sees, and nothing more."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.draft.decision import Decision
from bot.suggestion import Clock, FactCard, Triage
from knowledge.case import Language
from knowledge.match import CaseMatch, PassageMatch

StatedKind = Literal["amount", "date", "duration", "count", "order", "tail", "product", "flight"]


@dataclass(frozen=True, slots=True)
class StatedFact:
    """Something concrete the customer told us: the reply can restate it and must not ask for it again."""

    kind: StatedKind
    text: str
    """As the customer wrote it."""
    value: str
    """Normalised: `128.00 CNY`, `2026-03-02`, `3 days`, `SO-448213`."""
    start: int
    """Character offset in `Brief.text`."""
    end: int


@dataclass(frozen=True, slots=True)
class Utterance:
    """A redacted turn."""

    speaker: Literal["customer", "agent", "bot"]
    text: str


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything redacted; dates are the company's own days."""

    complaint_id: str
    reference: str | None
    """The number to quote to the customer; the caller's own where they gave one."""
    company: str
    language: Language
    """Of the reply."""
    channel: str
    sector: str | None
    received_on: date
    today: date
    text: str
    """What the customer said, all their turns joined by a blank line, redacted."""
    turns: tuple[Utterance, ...]
    triage: Triage
    stated: tuple[StatedFact, ...]
    cases: tuple[CaseMatch, ...]
    passages: tuple[PassageMatch, ...]
    facts: tuple[FactCard, ...]
    """What is known about the customer and may be used for this purpose; empty while unverified."""
    open_promises: tuple[str, ...]
    """What earlier contacts promised this customer."""
    clocks: tuple[Clock, ...]
    manners: tuple[str, ...] = ()
    """How this customer is best written to, in the language of the reply; never what they are owed."""
    decision: Decision | None = None
    """What a person decided; None for the replies that decide nothing."""
    answered: bool = False
    """Whether a reply to this complaint has gone out before."""
    precedents: tuple[CaseMatch, ...] = ()
    """Similar cases, more than are shown: what a decision is seen against."""
    foreign: bool = False
    """Whether the customer wrote in the other of our two languages than the reply is in."""

    @property
    def written_in(self) -> Language:
        """The language of the customer's words."""
        if not self.foreign:
            return self.language
        return "en" if self.language == "zh" else "zh"
