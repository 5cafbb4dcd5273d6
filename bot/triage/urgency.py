"""How soon a person must look: the rules of urgency.toml, the highest wins (codebook, section Urgency).

Who the customer is goes nowhere in: only what happened, what is meant, and how it is said.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from bot.triage.lexicon import Hit, Span, scan
from knowledge.case import URGENCIES, EmotionKind, EscalationKind, Language, Owned, Urgency, Vulnerability
from knowledge.rules import load_rules

RULES = Path(__file__).parent / "urgency.toml"

Circumstance = Literal[
    "deadline",
    "danger_now",
    "possible_danger",
    "money_being_lost_now",
    "home_at_risk",
    "repeated_contact",
    "fraud",
    "trivial",
]
CIRCUMSTANCES: tuple[Circumstance, ...] = get_args(Circumstance)
_LEXICON_KIND: dict[Circumstance, str] = {
    "money_being_lost_now": "money_now",
    "home_at_risk": "home",
    "repeated_contact": "repeated",
}
_ATTEMPTS = 3
"""Contacts told one by one that make a third contact."""
_WORDS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class SituationFound:
    """Circumstances that the words tell, each with the words; empty where they do not."""

    deadline: tuple[Span, ...] = ()
    """An own deadline within about two working days."""
    danger_now: tuple[Span, ...] = ()
    """A present danger to life or health."""
    possible_danger: tuple[Span, ...] = ()
    """A danger that the trained heads suspect, and the rules do not see."""
    money_being_lost_now: tuple[Span, ...] = ()
    home_at_risk: tuple[Span, ...] = ()
    repeated_contact: tuple[Span, ...] = ()
    """The third contact or a later one."""
    fraud: tuple[Span, ...] = ()
    """Somebody acted as the customer, or deceived them for money."""
    trivial: tuple[Span, ...] = ()
    """The customer calls it a small thing."""

    def words(self, circumstance: Circumstance) -> tuple[Span, ...]:
        """The words that tell it."""
        spans: tuple[Span, ...] = getattr(self, circumstance)
        return spans


@dataclass(frozen=True, slots=True)
class UrgencyFacts:
    """All that urgency may depend on."""

    language: Language
    """In which the reasons are given."""
    complaint: bool
    category: str | None = None
    emotion: EmotionKind = "neutral"
    intensity: int = 0
    """0..4."""
    escalations: frozenset[EscalationKind] = frozenset()
    vulnerability: frozenset[Vulnerability] = frozenset()
    situation: SituationFound = SituationFound()


@dataclass(frozen=True, slots=True)
class UrgencyVerdict:
    """How soon, and why."""

    urgency: Urgency
    reasons: tuple[str, ...]
    """Sentences in the language of the facts: of the rules that decided, the highest first."""
    rules: tuple[str, ...]
    """Ids of those rules."""


class Rule(Owned):
    """One line of the table: all its conditions must hold."""

    id: str
    level: Urgency | None = None
    """The level it sets; None where it raises the level by one step instead, at most to `up_to`."""
    up_to: Urgency = "high"
    complaint: bool | None = None
    escalations: frozenset[EscalationKind] = frozenset()
    """Any of them."""
    categories: frozenset[str] = frozenset()
    """Any of them."""
    vulnerable: bool = False
    circumstances: tuple[Circumstance, ...] = ()
    """Any of them."""
    intensity: int = 0
    """At least."""
    unless_trivial: bool = False
    """Not where the customer calls it a small thing and the intensity is at most 1."""
    unless_emotions: frozenset[EmotionKind] = frozenset()
    reason_zh: str
    """{words} stands for the customer's words."""
    reason_en: str

    def holds(self, facts: UrgencyFacts) -> bool:
        """Whether every condition it has is met."""
        return all(
            (
                self.complaint is None or self.complaint == facts.complaint,
                not self.escalations or not self.escalations.isdisjoint(facts.escalations),
                not self.categories or facts.category in self.categories,
                not self.vulnerable or bool(facts.vulnerability),
                not self.circumstances or any(facts.situation.words(name) for name in self.circumstances),
                facts.intensity >= self.intensity,
                not (self.unless_trivial and facts.situation.trivial and facts.intensity <= 1),
                facts.emotion not in self.unless_emotions,
            )
        )

    def reason(self, facts: UrgencyFacts) -> str:
        """Its sentence with the customer's words."""
        chinese = facts.language == "zh"
        spans = [span for name in self.circumstances for span in facts.situation.words(name)]
        quoted = [f"“{span.text}”" for span in spans[:_WORDS_SHOWN]]
        return (self.reason_zh if chinese else self.reason_en).format(
            words=("、" if chinese else ", ").join(quoted)
        )


class Table(Owned):
    """urgency.toml."""

    version: str
    source: str
    valid_from: str
    rules: tuple[Rule, ...]


def judge_urgency(facts: UrgencyFacts) -> UrgencyVerdict:
    """The highest level whose rule holds, then the rules that raise it by a step."""
    holding = [rule for rule in _table().rules if rule.holds(facts)]
    levels = [rule for rule in holding if rule.level is not None]
    top = max((URGENCIES.index(rule.level) for rule in levels if rule.level), default=0)
    decisive = [rule for rule in levels if rule.level == URGENCIES[top]]
    for rule in holding:
        if rule.level is None and top < URGENCIES.index(rule.up_to):
            top += 1
            decisive.insert(0, rule)
    return UrgencyVerdict(
        URGENCIES[top],
        tuple(rule.reason(facts) for rule in decisive),
        tuple(rule.id for rule in decisive),
    )


def read_situation(text: str, language: str) -> SituationFound:
    """The circumstances that the words tell."""
    found = scan(text)

    def spans(hits: list[Hit]) -> tuple[Span, ...]:
        return tuple(found.span(hit) for hit in hits)

    told = {name: found.of("situation", _LEXICON_KIND.get(name, name)) for name in CIRCUMSTANCES}
    attempts = found.of("situation", "attempt")
    if not told["repeated_contact"] and len(attempts) >= _ATTEMPTS:
        told["repeated_contact"] = attempts
    return SituationFound(**{name: spans(hits) for name, hits in told.items()})


@cache
def _table() -> Table:
    return load_rules(RULES, Table)
