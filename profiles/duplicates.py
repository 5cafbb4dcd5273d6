"""Customers on record who are probably one person, for somebody to confirm, each with its reasons.

What a household shares (an address, a telephone, a family name) never makes a proposal, nor do names; where
two given names contradict each other only a number of their own can outweigh it. Nothing is merged here.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from profiles.duplicate_blocks import pairs
from profiles.duplicate_levels import Levels, agreements, of_one_name
from profiles.duplicate_model import Numbers, Places, Weights, learn, probabilities
from profiles.duplicate_rules import Agreement, DuplicateRules
from profiles.duplicate_values import FAMILY, GIVEN, Columns, Person, columns_of
from profiles.fact import Language

LEAST: Final = 0.5
"""Probability from which a pair is proposed."""
DRAWN: Final = 300_000
"""Pairs at random on which it is counted how often two people agree by chance."""
SEED: Final = 7
UNIQUE: Final = ("national_id", "email", "phone")
"""Kinds of which, beside name and date of birth, one must be the same before nobody is asked."""
_AGREE: Final = (Agreement.SAME, Agreement.NEAR, Agreement.SWAPPED)


@dataclass(frozen=True, slots=True)
class Reason:
    """How one kind of value agrees, and how much that tells. It holds no value."""

    kind: str
    agreement: Agreement
    bits: float
    """Above 0 it speaks for one person, below 0 for two."""

    def said(self, language: Language, rules: DuplicateRules | None = None) -> str:
        """In words."""
        return (rules or DuplicateRules.shipped()).said(self.kind, self.agreement, language)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two customers who are probably one person."""

    first: str
    second: str
    """The greater of the two ids."""
    probability: float
    reasons: tuple[Reason, ...]
    """Those that tell most first."""
    two_numbers: bool = False
    """Both have a number of the company's own: to be corrected at the source, before they can be merged."""


def propose(
    people: Sequence[Person], *, least: float = LEAST, rules: DuplicateRules | None = None
) -> list[Proposal]:
    """The pairs that are probably one person, the likeliest first; the order of people does not matter."""
    known = rules or DuplicateRules.shipped()
    people = _in_order(people)
    columns = columns_of(people, known)
    kinds = [*columns.texts, *columns.contacts]
    if len(people) < 2 or not kinds:
        return []
    first, second = pairs(columns, len(people))
    levels = agreements(columns, first, second, known)
    weights = learn(levels, agreements(columns, *_drawn(len(people)), known), len(people), known)
    bits = _with_rarity(weights, columns, levels, first)
    likely = probabilities(weights.total(bits))
    chosen = np.flatnonzero((likely >= least) & _allowed(columns, levels, first, known))
    found: list[Proposal] = []
    for place in chosen.tolist():
        one, other = people[int(first[place])], people[int(second[place])]
        found.append(
            Proposal(
                first=one.id,
                second=other.id,
                probability=float(likely[place]),
                reasons=_reasons(weights, levels, bits, place),
                two_numbers=_two_numbers(one, other),
            )
        )
    return sorted(found, key=lambda each: (-each.probability, each.first, each.second))


def automatic(people: Sequence[Person], rules: DuplicateRules | None = None) -> list[tuple[str, str]]:
    """Pairs that may be merged without asking: name, date of birth and a number of their own all the same.

    Two people with two numbers of the company's own are never among them.
    """
    known = rules or DuplicateRules.shipped()
    people = _in_order(people)
    columns = columns_of(people, known)
    if len(people) < 2 or not {FAMILY, GIVEN, "birth_date"} <= set(columns.texts):
        return []
    first, second = pairs(columns, len(people))
    levels = agreements(columns, first, second, known)
    sure = np.ones(len(first), bool)
    for kind in (FAMILY, GIVEN, "birth_date"):
        sure &= levels[kind] == Agreement.SAME
    unique = [levels[kind] == Agreement.SAME for kind in UNIQUE if kind in levels]
    contradicted = [levels[kind] == Agreement.DIFFERENT for kind in ("national_id",) if kind in levels]
    sure &= np.any(unique, axis=0) if unique else False
    for each in contradicted:
        sure &= ~each
    places: list[int] = np.flatnonzero(sure).tolist()
    found = [(people[int(first[place])], people[int(second[place])]) for place in places]
    return [(a.id, b.id) for a, b in found if not _two_numbers(a, b)]


def _in_order(people: Sequence[Person]) -> list[Person]:
    return sorted(people, key=lambda person: person.id)


def _drawn(count: int) -> tuple[Places, Places]:
    every = count * (count - 1) // 2
    if every <= DRAWN:
        first, second = np.triu_indices(count, 1)
        return first.astype(np.intp), second.astype(np.intp)
    chance = np.random.default_rng(SEED)
    first, second = chance.integers(0, count, (2, DRAWN))
    apart = first != second
    return first[apart].astype(np.intp), second[apart].astype(np.intp)


def _with_rarity(weights: Weights, columns: Columns, levels: dict[str, Levels], first: Places) -> Numbers:
    """The bits of each pair, where what is the same tells the more the fewer people have it."""
    bits = weights.of(levels)
    for place, kind in enumerate(weights.kinds):
        same = np.flatnonzero(levels[kind] == Agreement.SAME)
        if kind not in columns.texts or not len(same):
            continue
        values = columns.texts[kind]
        counts, known = Counter(values), sum(map(bool, values))
        shares = np.array([counts[value] / known for value in values])[first[same]]
        bits[same, place] = np.log2(weights.match[place][Agreement.SAME] / shares)
    return bits


def _allowed(
    columns: Columns, levels: dict[str, Levels], first: Places, rules: DuplicateRules
) -> NDArray[np.bool_]:
    """Whether more than a name agrees, and no given name contradicts what a number of their own confirms."""
    more = np.zeros(len(first), bool)
    for kind, agreement in levels.items():
        if rules.kinds[kind].says not in {"name", "family"}:
            more |= np.isin(agreement, _AGREE)
    own = np.zeros(len(first), bool)
    if "national_id" in levels:
        own |= np.isin(levels["national_id"], (Agreement.SAME, Agreement.NEAR))
    return more & (own | of_one_name(columns, levels, first))


def _reasons(weights: Weights, levels: dict[str, Levels], bits: Numbers, place: int) -> tuple[Reason, ...]:
    found = [
        Reason(kind, Agreement(int(levels[kind][place])), round(float(bits[place, column]), 1))
        for column, kind in enumerate(weights.kinds)
        if levels[kind][place] != Agreement.UNKNOWN
    ]
    return tuple(sorted(found, key=lambda reason: (-abs(reason.bits), reason.kind)))


def _two_numbers(first: Person, second: Person) -> bool:
    numbers = {first.external_id, second.external_id}
    return None not in numbers and len(numbers) == 2
