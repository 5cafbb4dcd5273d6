"""Customers to call before they complain again, escalate or leave: the likeliest first, with reasons."""

import heapq
from collections.abc import Sequence
from itertools import count
from typing import Final

from profiles.fact import Language
from profiles.owned import Id, Owned
from profiles.risk import Level, RiskScore

LEAST: Final[frozenset[Level]] = frozenset({"medium", "high"})
"""Levels from which somebody is listed."""


class RiskShown(Owned):
    """How likely something is that care now may prevent; it adds care and takes none away."""

    risk: str
    name: str
    probability: float
    level: Level
    reasons: tuple[str, ...]
    calibrated: bool
    """Whether the probability was compared with what customers did."""

    @classmethod
    def of(cls, score: RiskScore, language: Language) -> "RiskShown":
        """A score in words."""
        return cls(
            risk=score.risk,
            name=score.name,
            probability=round(score.probability, 3),
            level=score.level,
            reasons=tuple(reason.said(language) for reason in score.reasons),
            calibrated=score.calibrated,
        )


class CallList:
    """The likeliest of any number of customers, looked at one after the other."""

    def __init__(self, most: int, language: Language) -> None:
        self._most: Final = most
        self._language: Language = language
        self._heap: list[tuple[float, str, int, RiskScore]] = []
        self._number = count()

    def consider(self, customer: str, scores: Sequence[RiskScore]) -> None:
        """Put the customer's risks on the list where they are likely enough."""
        for score in scores:
            if score.level not in LEAST:
                continue
            entry = score.probability, customer, next(self._number), score
            if len(self._heap) < self._most:
                heapq.heappush(self._heap, entry)
            else:
                heapq.heappushpop(self._heap, entry)

    @property
    def listed(self) -> list[tuple[Id, RiskShown]]:
        """Customers and their risks, the likeliest first."""
        found = sorted(self._heap, key=lambda entry: (-entry[0], entry[1], entry[2]))
        return [(customer, RiskShown.of(score, self._language)) for _, customer, _, score in found]
