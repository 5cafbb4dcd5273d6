"""Describes groups of customers: sentences that tell who is in them, a name and a persona."""

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from profiles.segment_card import Group, Sentence
from profiles.segment_columns import Column
from profiles.segment_figures import Figures, Flags
from profiles.segment_rules import SegmentRules
from profiles.segment_trees import Explainer, Measured
from profiles.segment_words import both, named, persona_of, sentence
from profiles.traits import Traits

EXPLAINED: Final = 10_000
"""Customers the sentences are made from and measured on."""


class Describer:
    """Describes groups of the same customers, one after the other."""

    def __init__(
        self, rows: Sequence[Traits], columns: Sequence[Column], rules: SegmentRules, seed: int
    ) -> None:
        self._rules, self._customers = rules, len(rows)
        self._figures = Figures(rows, columns, rules.smallest_group)
        self._explained = np.random.default_rng(seed).permutation(len(rows))[:EXPLAINED]
        self._explainer = Explainer(
            [rows[int(place)] for place in self._explained], columns, rules.traits, rules.smallest_group
        )

    def described(self, group: Group, members: Flags, others: Collection[Group]) -> Group:
        """The group with its words; `members` has the rows' order, `others` are described already."""
        apart = self._figures.apart(members)
        explained = self._explainer.explain(members[self._explained])
        called = named(apart, self._rules, [other.name for other in others if other.name])
        return group.model_copy(
            update={
                "name": called,
                "persona": persona_of(called, group.size, group.share, apart, self._rules.traits),
                "sentences": tuple(self._sentence(branch) for branch in explained.branches),
                "precision": explained.whole.precision if explained.whole else 0.0,
                "recall": explained.whole.recall if explained.whole else 0.0,
                "apart": apart,
            }
        )

    def _sentence(self, branch: Measured) -> Sentence:
        return Sentence(
            when=str(branch.when),
            said=both(
                lambda language: sentence(
                    branch.when, branch.precision, branch.recall, self._rules.traits, language
                )
            ),
            precision=branch.precision,
            recall=branch.recall,
        )
