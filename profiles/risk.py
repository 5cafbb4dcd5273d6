"""Early warning: how likely a customer complains again, takes a complaint further, or leaves, and why.

A risk tells whoever answers where more care is due, earlier. It only adds care: nothing in a score can lower
urgency, redress, politeness or a deadline, a low risk means nothing but that no sign was seen, and a
protected trait is never read. Where a company has labels, `profiles.risk_model` judges instead of the rules.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from profiles.fact import Language
from profiles.risk_rules import Risk, RiskRule, RiskRules
from profiles.segment_columns import number_of
from profiles.traits import TraitRules, Traits, Value

Level = Literal["low", "medium", "high"]
RULES: Final = "rules"
SAID: Final = 1e-9
"""Log-odds below which a fact contributes nothing."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One fact, and how much it contributes."""

    trait: str
    words: str
    """The trait with its value."""
    contribution: float
    """Log-odds: above 0 it raises the risk, below it lowers it; never 0."""
    also: str | None = None
    """A second trait, where both together say more than each alone."""

    @property
    def raises(self) -> bool:
        """Whether it speaks for the risk."""
        return self.contribution > 0

    def said(self, language: Language) -> str:
        """The fact and its direction in words."""
        return _DIRECTION[language][self.raises].format(self.words)


@dataclass(frozen=True, slots=True)
class RiskScore:
    """How likely one thing is, and what speaks for and against it."""

    risk: str
    """Its code: complain_again, escalate, leave."""
    name: str
    probability: float
    """0..1. From rules an order of magnitude, from a model calibrated on the company's own customers."""
    level: Level
    base: float
    """Log-odds before any fact: of the rules, or of the average customer."""
    reasons: tuple[Reason, ...]
    """All facts that contribute, strongest first. With `base` they add up to the log-odds of the
    probability; of a model whose calibration is isotonic, to the log-odds before it."""
    source: str
    """`rules`, or the name of the model."""
    calibrated: bool
    """Whether the probability was compared with what customers did."""


def rule_scores(
    traits: Traits, language: Language, rules: RiskRules | None = None, on: date | None = None
) -> tuple[RiskScore, ...]:
    """What the transparent rules say of a customer, one score a risk.

    Args:
        traits: of the customer; what is missing is not known, and speaks neither for nor against.
        language: of names and reasons.
        rules: by default those that come with the product.
        on: leaves out risks that are not in force yet on this day; by default none.
    """
    known = rules or RiskRules.shipped()
    return tuple(
        _score(code, risk, held, traits, known.traits, language)
        for code, risk, held in known.in_force(on, traits)
    )


def logistic(logit: float) -> float:
    """The probability of log-odds, 0..1."""
    return 0.5 * (1 + math.tanh(0.5 * logit))


def in_words(words: TraitRules, name: str, value: Value, language: Language) -> str:
    """A trait with its value, also one that is not known and a flag that is not set."""
    declared = words.traits.get(name)
    if declared is not None and declared.kind == "flag" and value is not None and not value:
        return _NOT_SO[language].format(words.said(name, value, language))
    if number_of(value) is None and not isinstance(value, str):
        return _NOT_KNOWN[language].format(words.said(name, None, language))
    return words.said(name, value, language)


def strongest_first(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Those that contribute, the strongest first whatever their direction."""
    found = (reason for reason in reasons if abs(reason.contribution) > SAID)
    return tuple(sorted(found, key=lambda reason: (-abs(reason.contribution), reason.trait)))


def _score(
    code: str, risk: Risk, held: Sequence[RiskRule], traits: Traits, words: TraitRules, language: Language
) -> RiskScore:
    points: dict[str, float] = {}
    for rule in held:
        points[rule.trait] = points.get(rule.trait, 0.0) + rule.points
    reasons = strongest_first(
        Reason(name, in_words(words, name, traits.get(name), language), total)
        for name, total in points.items()
    )
    probability = logistic(risk.base + sum(points.values()))
    level: Level = "high" if probability >= risk.high else "medium" if probability >= risk.medium else "low"
    return RiskScore(
        risk=code,
        name=risk.named(language),
        probability=probability,
        level=level,
        base=risk.base,
        reasons=reasons,
        source=RULES,
        calibrated=False,
    )


_DIRECTION: Final[dict[Language, dict[bool, str]]] = {
    "zh": {True: "{}（提高风险）", False: "{}（降低风险）"},
    "en": {True: "{} (raises the risk)", False: "{} (lowers the risk)"},
}
_NOT_SO: Final[dict[Language, str]] = {"zh": "没有这种情况：{}", "en": "not the case: {}"}
_NOT_KNOWN: Final[dict[Language, str]] = {"zh": "{}（未知）", "en": "{} (not known)"}
