"""How much each agreement tells, learnt from the people themselves: record linkage without labels.

The model of Fellegi & Sunter (1969), fitted by expectation maximisation (Winkler 1988): each level of
agreement of each kind has a chance among pairs that are one person and a chance among pairs that are two. The
second is counted on pairs drawn at random, the first is learnt on the pairs that are looked at, under the
share of all pairs that are duplicates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from profiles.duplicate_levels import Levels
from profiles.duplicate_rules import Agreement, DuplicateRules

Numbers = NDArray[np.float64]
Places = NDArray[np.intp]

USUAL: Final = (0.0, 0.85, 0.06, 0.02, 0.01, 0.06)
"""By `Agreement`: what one person's two records are like before anything was learnt."""
UNUSUAL: Final = (0.0, 0.01, 0.01, 0.03, 0.005, 0.945)
"""Likewise two people's."""
SURE: Final = 20.0
"""Pairs by which the usual weighs."""
HELD_BACK: Final = 2.0
"""Bits by which all a household shares stays short of even odds."""
ROUNDS: Final = 60
CHANGE: Final = 1e-5
"""Of the share of duplicates, relative, below which it is learnt."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What is learnt."""

    kinds: tuple[str, ...]
    bits: Numbers
    """Shape (kinds, levels): log2 of how much likelier an agreement is of one person than of two."""
    match: Numbers
    """Shape (kinds, levels): chance of an agreement among pairs that are one person."""
    prior: float
    """Log2 of the odds that any two are one person."""
    household: NDArray[np.bool_]
    """Shape (kinds,)."""

    def of(self, levels: Mapping[str, Levels]) -> Numbers:
        """Shape (pairs, kinds): the bits of each agreement."""
        return np.column_stack([self.bits[place][levels[kind]] for place, kind in enumerate(self.kinds)])

    def total(self, bits: Numbers) -> Numbers:
        """Shape (pairs,): log2 of the odds; what a household shares never makes them even by itself."""
        shared = bits[:, self.household].sum(axis=1)
        own = bits[:, ~self.household].sum(axis=1)
        return self.prior + own + np.minimum(shared, max(-self.prior - HELD_BACK, 0.0))


def learn(
    levels: Mapping[str, Levels], drawn: Mapping[str, Levels], people: int, rules: DuplicateRules
) -> Weights:
    """The weights for these people.

    Args:
        levels: of the pairs that are looked at, by kind.
        drawn: of pairs drawn at random from all, by the same kinds.
        people: how many there are.
        rules: say which kinds a household shares.
    """
    kinds = tuple(levels)
    every = people * (people - 1) / 2
    patterns, counts = _patterns([levels[kind] for kind in kinds])
    random, random_counts = _patterns([drawn[kind] for kind in kinds])
    household = np.array([rules.kinds[kind].says in {"household", "family"} for kind in kinds])
    match = np.tile(USUAL, (len(kinds), 1))
    prior = _log_odds(min(1 / max(people, 2), 0.1))
    weights = Weights(kinds, _bits(match, _chances(random, random_counts, UNUSUAL)), match, prior, household)
    share = 0.0
    for _ in range(ROUNDS):
        likely = _probability(weights.total(_of_patterns(weights, patterns)))
        twice = _probability(weights.total(_of_patterns(weights, random)))
        match = _chances(patterns, counts * likely, USUAL)
        apart = _chances(random, random_counts * (1 - twice), UNUSUAL)
        before, share = share, (float(counts @ likely) + 0.5) / (every + 1)
        weights = Weights(kinds, _bits(match, apart), match, _log_odds(share), household)
        if abs(share - before) <= CHANGE * share:
            break
    return weights


def probabilities(total: Numbers) -> Numbers:
    """Shape (pairs,): 0..1, of log2 of odds."""
    return _probability(total)


def _patterns(levels: Sequence[Levels]) -> tuple[Levels, Numbers]:
    """Shape (patterns, kinds), and how often each occurs."""
    if not len(levels[0]):
        return np.zeros((0, len(levels)), np.int8), np.zeros(0)
    codes = np.zeros(len(levels[0]), np.int64)
    for column in levels:
        codes = codes * len(Agreement) + column
    _, first, counts = np.unique(codes, return_index=True, return_counts=True)
    return np.column_stack(levels)[first], counts.astype(np.float64)


def _of_patterns(weights: Weights, patterns: Levels) -> Numbers:
    return np.column_stack([weights.bits[place][patterns[:, place]] for place in range(len(weights.kinds))])


def _chances(patterns: Levels, counts: Numbers, usual: Sequence[float]) -> Numbers:
    """Shape (kinds, levels): share of each level among those that are known."""
    found = np.tile(np.array(usual) * SURE, (patterns.shape[1], 1))
    for place in range(patterns.shape[1]):
        found[place] += np.bincount(patterns[:, place], counts, len(Agreement))
        found[place][Agreement.UNKNOWN] = 0
    return found / found.sum(axis=1, keepdims=True)


def _bits(match: Numbers, apart: Numbers) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = np.log2(match / apart)
    bits[:, Agreement.UNKNOWN] = 0
    # what is the same never tells less for one person than what is not
    bits[:, Agreement.DIFFERENT] = np.minimum(bits[:, Agreement.DIFFERENT], 0)
    return bits


def _log_odds(share: float) -> float:
    return float(np.log2(share / (1 - share)))


def _probability(bits: Numbers) -> Numbers:
    return 1 / (1 + np.exp2(-np.clip(bits, -500, 500)))
