"""Customers made up by chance, in groups that are known: what clustering is measured on.

Each group has a level of its own in some traits, a channel and a part of the day it prefers. Traits hang
together, some values are missing, some are far out, and some traits say nothing. Nobody real is in them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from profiles.traits import Value

_COUNTS: Final = {
    "complaints_90d": (0.7, 0.5),
    "complaints_365d": (1.2, 0.5),
    "contacts_90d": (1.6, 0.5),
    "calls_90d": (1.2, 0.5),
    "call_minutes_90d": (2.8, 0.6),
    "transfers_90d": (0.7, 0.5),
    "visits_30d": (1.8, 0.6),
    "purchases_365d": (1.3, 0.6),
    "days_since_purchase": (3.5, 0.6),
    "silent_days": (3.0, 0.6),
    "known_days": (6.0, 0.6),
    "negative_90d": (0.8, 0.5),
}
"""Mean and spread of the logarithm."""
_SHARES: Final = ("self_service_before", "satisfaction_365d")
_NOISE: Final = {
    "products": (1.0, 0.4),
    "days_since_complaint": (3.6, 0.7),
    "public_mentions_90d": (0.1, 0.5),
}
_CHANNELS: Final = ("app", "branch", "email", "phone", "web")
_HOURS: Final = ("afternoon", "evening", "morning", "night")
_OUTLIER: Final = 30.0


@dataclass(frozen=True, slots=True)
class Planted:
    """Made-up customers, and the group each was made for."""

    rows: dict[str, dict[str, Value]]
    truth: dict[str, int]


def planted(
    seed: int,
    *,
    groups: int = 4,
    customers: int = 3000,
    apart: float = 2.2,
    missing: float = 0.06,
    outliers: float = 0.02,
) -> Planted:
    """Customers in groups of unequal size.

    Args:
        seed: the same gives the same customers.
        groups: how many; 1 gives customers without any.
        customers: how many.
        apart: by how many spreads a group lies off the middle in a trait of its own.
        missing: share of values that are not known.
        outliers: share of numbers that are thirty times what they should be.
    """
    rng = np.random.default_rng(seed)
    informative = (*_COUNTS, *_SHARES)
    levels = _levels(rng, groups, len(informative)) * apart
    sizes = rng.permutation(np.linspace(1.0, 0.3, groups))
    group = rng.choice(groups, customers, p=sizes / sizes.sum())
    common = rng.normal(0, 1, (customers, 2)) @ rng.uniform(-0.5, 0.5, (2, len(informative)))
    place = levels[group] + common + rng.normal(0, 0.85, (customers, len(informative)))
    columns: dict[str, list[Value]] = {}
    for number, (name, (mean, spread)) in enumerate(_COUNTS.items()):
        columns[name] = _counts(rng, np.exp(mean + spread * place[:, number]), outliers)
    for number, name in enumerate(_SHARES, start=len(_COUNTS)):
        columns[name] = [round(float(share), 2) for share in 1 / (1 + np.exp(-place[:, number]))]
    for name, (mean, spread) in _NOISE.items():
        columns[name] = _counts(rng, np.exp(rng.normal(mean, spread, customers)), outliers)
    columns["channel"] = _preferred(rng, group, _CHANNELS)
    columns["hours"] = _preferred(rng, group, _HOURS)
    known = rng.random((customers, len(columns))) >= missing
    rows = {
        f"c{number:06}": {
            name: values[number] if known[number, place] else None
            for place, (name, values) in enumerate(columns.items())
        }
        for number in range(customers)
    }
    return Planted(rows, dict(zip(rows, group.tolist(), strict=True)))


def shuffled(rows: dict[str, dict[str, Value]], seed: int) -> dict[str, dict[str, Value]]:
    """The same customers with each trait dealt out anew, so that no two of them hang together."""
    rng = np.random.default_rng(seed)
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    old = list(rows.values())
    orders = {name: rng.permutation(len(old)) for name in names}
    return {
        customer: {name: old[int(orders[name][number])].get(name) for name in names}
        for number, customer in enumerate(rows)
    }


def _levels(rng: Generator, groups: int, traits: int) -> NDArray[np.float64]:
    """Shape (groups, traits): -1, 0 or 1; any two groups differ in at least five traits."""
    if groups == 1:
        return np.zeros((1, traits))
    while True:
        levels = rng.choice([-1.0, 0.0, 1.0], (groups, traits), p=[0.25, 0.5, 0.25])
        differ = np.abs(levels[:, None] - levels[None]).sum(axis=2) + np.eye(groups) * traits
        if differ.min() >= _APART:
            return levels


_APART: Final = 5


def _counts(rng: Generator, means: NDArray[np.float64], outliers: float) -> list[Value]:
    far = rng.random(len(means)) < outliers
    return [round(float(number)) for number in np.where(far, means * _OUTLIER, means)]


def _preferred(rng: Generator, group: NDArray[np.int64], words: tuple[str, ...]) -> list[Value]:
    """Two of three times the word of the group."""
    by_chance = rng.integers(0, len(words), len(group))
    chosen = np.where(rng.random(len(group)) < 2 / 3, group % len(words), by_chance)
    return [words[place] for place in chosen.tolist()]
