"""What the page tells, gathered in one look at every customer: counts, and nobody but those to call."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from bot.wiring import StoreParts
from knowledge.case import Language
from profiles.call_list import LEAST, CallList, RiskShown
from profiles.journey_paths import Paths, common_paths
from profiles.quality import Quality, quality
from profiles.risk import RiskScore
from profiles.segment import Segments
from profiles.segment_card import ClusterCard
from profiles.traits import TraitRules, Traits

PURPOSE: Final = "complaint_handling"
ANALYSIS: Final = "rca_analytics"
MOST: Final = 50
"""Customers to call that are listed."""
BINS: Final = 10
"""Of the probabilities, of equal width."""
REASONS: Final = 5

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class RiskCounts:
    """One risk over all customers."""

    name: str
    calibrated: bool = False
    """Whether the probabilities were compared with what customers did."""
    bins: list[int] = field(default_factory=lambda: [0] * BINS)
    levels: Counter[str] = field(default_factory=Counter[str])
    reasons: Counter[str] = field(default_factory=Counter[str])
    """How many customers have each trait that raises it."""

    def add(self, score: RiskScore) -> None:
        """Count a customer."""
        self.calibrated = self.calibrated or score.calibrated
        self.bins[min(int(score.probability * BINS), BINS - 1)] += 1
        self.levels[score.level] += 1
        if score.level != "low":
            self.reasons.update({reason.trait for reason in score.reasons if reason.raises})


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the page tells."""

    at: datetime
    tenant: str
    language: Language
    events: int
    people: int
    """Customers with events who may be profiled."""
    quality: Quality
    layers: Mapping[str, Mapping[str, int]]
    """Customers by layer and segment, by their names; most first."""
    groups: Mapping[str, int]
    """Customers by the code of their group."""
    card: ClusterCard | None
    """None before the first refresh."""
    paths: Paths
    risks: Mapping[str, RiskCounts]
    calls: Sequence[tuple[str, RiskShown]]
    duplicates: int
    """Pairs that wait for somebody."""

    @property
    def to_call(self) -> int:
        """Risks likely enough for the list, whether there was room for them on it or not."""
        return sum(risk.levels[level] for risk in self.risks.values() for level in LEAST)

    def public(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "tenant": self.tenant,
            "events": self.events,
            "people": self.people,
            "duplicates": self.duplicates,
            "quality": self.quality.public(),
            "layers": {layer: dict(found) for layer, found in self.layers.items()},
            "groups": dict(self.groups),
            "described": [
                group.model_dump(
                    mode="json", include={"code", "name", "persona", "size", "share", "jaccard", "sentences"}
                )
                for group in (self.card.claimed if self.card else ())
            ],
            "verdict": None if self.card is None else self.card.verdict,
            "paths": {
                "complaints": self.paths.episodes,
                "customers": self.paths.customers,
                "paths": [asdict(path) for path in self.paths.paths],
                "other": None if self.paths.other is None else asdict(self.paths.other),
            },
            "risks": {
                code: {
                    "name": risk.name,
                    "calibrated": risk.calibrated,
                    "bins": risk.bins,
                    "high": risk.levels["high"],
                    "medium": risk.levels["medium"],
                    "low": risk.levels["low"],
                    "reasons": dict(risk.reasons.most_common(REASONS)),
                }
                for code, risk in self.risks.items()
            },
            "to_call": self.to_call,
            "calls": [{"customer": one, **risk.model_dump(mode="json")} for one, risk in self.calls],
        }


def gather(
    stored: StoreParts, tenant: str, language: Language, now: datetime, progress: Progress
) -> Overview:
    """Read the traits, the facts and the histories of all, one after the other; only those to call are kept.

    Memory grows with the quality's short hashes of identities alone.
    """
    segments = stored.groupings.of(tenant)
    judge, calls = stored.risks.of(tenant), CallList(MOST, language)
    layers = {layer.code: Counter[str]() for layer in segments.rules.layers}
    groups, risks, people = Counter[str](), dict[str, RiskCounts](), 0
    for customer, traits in stored.histories.every_trait(tenant, PURPOSE, now):
        people += 1
        progress(people, 0)
        _place(segments, traits, now, language, layers, groups)
        scores = judge.scores(traits, language, now.date())
        for score in scores:
            risks.setdefault(score.risk, RiskCounts(score.name)).add(score)
        calls.consider(customer, scores)
    return Overview(
        at=now,
        tenant=tenant,
        language=language,
        events=stored.histories.count(tenant),
        people=people,
        quality=quality(stored.profiles.every_customer(tenant), now.date()),
        layers={
            layer.zh if language == "zh" else layer.en: dict(layers[layer.code].most_common())
            for layer in segments.rules.layers
        },
        groups=dict(groups.most_common()),
        card=segments.card,
        paths=common_paths(stored.histories.every_history(tenant, ANALYSIS), today=now.date()),
        risks=risks,
        calls=calls.listed,
        duplicates=len(stored.duplicates.proposals(tenant, 100_000)),
    )


def in_general(trait: str, language: Language) -> str:
    """A trait in words, whatever its value."""
    return TraitRules.shipped().said(trait, None, language).replace("–", "…")


def _place(
    segments: Segments,
    traits: Traits,
    now: datetime,
    language: Language,
    layers: Mapping[str, Counter[str]],
    groups: Counter[str],
) -> None:
    found = segments.assign(traits, now.date())
    for placed in found.layers:
        layers[placed.layer][placed.named(language)] += 1
    if found.group is not None:
        groups[found.group.code] += 1
