"""The segments of a customer: one a layer by the rules, and the group that clustering puts them in.

A segment says which situation a customer is in. It never lowers urgency or redress, and reads no protected
trait. Assigning needs neither scikit-learn nor other customers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import numpy as np

from profiles.fact import Language
from profiles.segment_card import ClusterCard, Clusters, Group
from profiles.segment_columns import known_enough, vector
from profiles.segment_rules import Layer, SegmentRule, SegmentRules, reasons_of
from profiles.traits import TraitRules, Traits

SHOWN: Final = 3
"""Traits that say why a customer is in a group."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A segment of one customer and why it is theirs."""

    layer: str
    """Code of the layer, or `group`."""
    code: str
    zh: str
    en: str
    reasons_zh: tuple[str, ...]
    reasons_en: tuple[str, ...]

    def named(self, language: Language) -> str:
        """Its name."""
        return self.zh if language == "zh" else self.en

    def reasons(self, language: Language) -> tuple[str, ...]:
        """The customer's traits behind it, in words."""
        return self.reasons_zh if language == "zh" else self.reasons_en


@dataclass(frozen=True, slots=True)
class Assignment:
    """The segments of one customer."""

    layers: tuple[Placed, ...]
    """By the rules, in order of the layers; a layer of which no rule holds is left out."""
    group: Placed | None
    """By clustering; None for no stable group, or where too little is known of the customer."""

    @property
    def codes(self) -> tuple[str, ...]:
        """All of them, the group last."""
        return tuple(placed.code for placed in (*self.layers, *([self.group] if self.group else [])))


class Segments:
    """Assigns customers."""

    def __init__(self, rules: SegmentRules, card: ClusterCard | None = None) -> None:
        self.rules, self.card = rules, card
        groups: Sequence[Group] = card.groups if card and card.claimed else ()
        self._groups = groups
        self._columns = card.columns if card else ()
        self._centres = np.array([group.centre for group in groups])
        self._lengths = np.square(self._centres).sum(axis=1) if groups else np.zeros(0)

    @classmethod
    def load(cls, path: Path | None = None, rules: SegmentRules | None = None) -> "Segments":
        """The rules, by default those shipped, with the groups that `Clusters.save` wrote to `path`.

        Raises:
            InvalidInput: the file of the groups is missing, damaged or of another format.
        """
        return cls(rules or SegmentRules.shipped(), Clusters.load(path).card if path else None)

    def assign(self, traits: Traits, on: date | None = None) -> Assignment:
        """The customer's segments on a day, by default today (UTC)."""
        day = on or datetime.now(UTC).date()
        found = ((layer, layer.of(traits, day)) for layer in self.rules.layers)
        layers = tuple(
            _ruled(layer, rule, traits, self.rules.traits) for layer, rule in found if rule is not None
        )
        return Assignment(layers, self._group(traits))

    def _group(self, traits: Traits) -> Placed | None:
        if not self._groups or not known_enough(self._columns, traits):
            return None
        place = vector(self._columns, traits)
        group = self._groups[int((self._lengths - 2 * (self._centres @ place)).argmin())]
        if group.code is None or group.name is None:
            return None
        return Placed(
            "group",
            group.code,
            group.name.zh,
            group.name.en,
            self._reasons(group, traits, "zh"),
            self._reasons(group, traits, "en"),
        )

    def _reasons(self, group: Group, traits: Traits, language: Language) -> tuple[str, ...]:
        """What the customer has in common with the group, strongest first."""
        names = dict.fromkeys(apart.trait for apart in group.apart if apart.shown_by(traits.get(apart.trait)))
        return tuple(self.rules.traits.said(name, traits[name], language) for name in list(names)[:SHOWN])


def _ruled(layer: Layer, rule: SegmentRule, traits: Traits, words: TraitRules) -> Placed:
    return Placed(
        layer.code,
        rule.code,
        rule.zh,
        rule.en,
        reasons_of(rule, traits, words, "zh"),
        reasons_of(rule, traits, words, "en"),
    )
