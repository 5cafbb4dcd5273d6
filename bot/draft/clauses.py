"""Approved wording.

clauses/zh*.toml, clauses/en*.toml  clauses by stage, feeling, form and slot
clauses/topics.toml                 what categories, needs and facts are called
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from hashlib import blake2b
from itertools import product
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from bot.draft.decision import AskKind, Cause, RemedyKind
from bot.draft.tone import FAMILIES, NEAREST, Family, Form
from knowledge.case import EscalationKind, Language, Owned
from knowledge.rules import load_rules

Stage = Literal[
    "safety_hold",
    "thanks",
    "answer",
    "acknowledge",
    "ask",
    "progress",
    "upheld",
    "partly",
    "rejected",
    "goodwill",
]
Style = Literal["", "shorter", "longer", "warmer", "formal"]
"""How a reply differs from the usual one; empty for the usual one."""
COMPLAINT: Final[tuple[Stage, ...]] = (
    "acknowledge", "ask", "progress", "upheld", "partly", "rejected", "goodwill"
)  # fmt: skip
_TOGETHER: Final[dict[str, tuple[Stage, ...]]] = {"complaint": COMPLAINT, "final": COMPLAINT[3:]}
"""Names under which clauses.toml speaks of several stages."""
Place = tuple[str, Stage, Form, Family, str, str]
"""Slot, stage, form, family, need, escalation."""
FOLDER: Final = Path(__file__).with_name("clauses")
SPECIFIC: Final = frozenset({"effort", "acts", "noms", "topic_on", "subject", "name", "reference"})
"""Variables that carry something of this one complaint: a clause that uses more of them is the better one."""

_VARIABLE: Final = re.compile(r"\{(\w+)\}")


class Group(Owned):
    """Texts that may stand for each other."""

    slot: str
    stages: Annotated[tuple[Stage | Literal["complaint", "final"], ...], Field(min_length=1)]
    """`complaint`: every reply to a complaint; `final`: those that decide."""
    styles: tuple[Style, ...] = ()
    """Kept for these styles; empty: any."""
    forms: tuple[Form, ...] = ("letter", "chat")
    families: tuple[Family, ...] = ()
    """Empty: any."""
    categories: tuple[str, ...] = ()
    """Empty: any."""
    need: str = ""
    escalation: EscalationKind | Literal[""] = ""
    flag: str = ""
    """A variable that must have a value although the text does not show it."""
    min_intensity: Annotated[int, Field(ge=0, le=4)] = 0
    max_intensity: Annotated[int, Field(ge=0, le=4)] = 4
    fallback: bool = False
    """Used only where nothing else fits."""
    texts: Annotated[tuple[str, ...], Field(min_length=1)]

    def every_stage(self) -> tuple[Stage, ...]:
        """The stages, one by one."""
        found: list[Stage] = []
        for stage in self.stages:
            if stage == "complaint" or stage == "final":
                found.extend(_TOGETHER[stage])
            else:
                found.append(stage)
        return tuple(dict.fromkeys(found))


class _Library(Owned):
    version: str
    source: str
    valid_from: date
    groups: tuple[Group, ...]


class Topic(Owned):
    """What a category is called in a reply."""

    topic: str
    topic_on: str
    """With `{subject}`, the product; empty where it never names one."""
    topic_fee: str = ""
    """The same where the subject is itself a charge; `topic_on` where empty."""
    subjects: tuple[str, ...] = ()
    """Products it may name; empty: all."""
    grievance: str
    look: str


class NeedWords(Owned):
    """What a need is called, and which kind of sentence answers it."""

    kind: Literal["decide", "tell", "form"]
    ask: str
    ask_amount: str = ""


class RemedyWords(Owned):
    """How a letter promises a remedy."""

    say: str
    """With `{amount}`, `{by}` and `{what}`."""
    what: str = ""
    """What it is about where nobody says."""


class FactWords(Owned):
    """What a stated fact is called."""

    tail: str
    flight: str
    train: str
    order: str
    label: str
    labels: dict[str, str]
    wait: str
    acts: dict[str, str]


class Wording(Owned):
    """The words of one language."""

    topics: dict[str, Topic]
    needs: dict[str, NeedWords]
    facts: FactWords
    remedies: dict[RemedyKind, RemedyWords]
    asks: dict[AskKind, str]
    causes: dict[Cause, str]
    handler: str
    """Who does something where nobody is named."""


class _Topics(Owned):
    version: str
    source: str
    valid_from: date
    zh: Wording
    en: Wording


@dataclass(frozen=True, slots=True)
class Clause:
    """One text of a group, ready to be chosen."""

    group: Group
    text: str
    variables: frozenset[str]
    rank: int
    """How closely it fits the case it is written for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The place a clause is chosen for."""

    slot: str
    stage: Stage
    family: Family
    intensity: int
    form: Form
    category: str | None
    need: str = ""
    escalation: EscalationKind | Literal[""] = ""
    style: Style = ""
    variation: int = 0
    """Which of the clauses that fit: another number, another clause, as far as there are several."""

    @property
    def place(self) -> Place:
        """What clauses are filed under."""
        return self.slot, self.stage, self.form, self.family, self.need, self.escalation


@dataclass(frozen=True, slots=True)
class Clauses:
    """The approved wording of one language."""

    by_place: Mapping[Place, tuple[Clause, ...]]

    @classmethod
    def shipped(cls, language: Language) -> "Clauses":
        """The clauses that come with the product; read once.

        Raises:
            InvalidRules: the file breaks its schema.
        """
        return _shipped(language)

    def choose(self, wanted: Wanted, values: Mapping[str, str], seed: str) -> Clause | None:
        """The clause for a place: of those that fit closest the one `seed` picks, always the same."""
        there = self.by_place.get(wanted.place, ())
        fitting = [clause for clause in there if _fits(clause, wanted, values)]
        if not fitting and (nearest := NEAREST.get(wanted.family)):
            return self.choose(replace(wanted, family=nearest), values, seed)
        if not fitting:
            return None
        ranks = [_rank_for(clause, wanted.style) for clause in fitting]
        best = max(ranks)
        closest = [clause for clause, rank in zip(fitting, ranks, strict=True) if rank == best]
        if wanted.style == "shorter":
            return min(closest, key=_length)
        picked = _pick(f"{seed}/{wanted.slot}{wanted.need}{wanted.escalation}", len(closest))
        return closest[(picked + wanted.variation) % len(closest)]

    def texts(self) -> Iterator[str]:
        """Every approved text."""
        for clauses in self.by_place.values():
            yield from (clause.text for clause in clauses)

    def texts_of(self, slot: str) -> Iterator[str]:
        """Every approved text of one slot."""
        for place, clauses in self.by_place.items():
            if place[0] == slot:
                yield from (clause.text for clause in clauses)


def wording(language: Language) -> Wording:
    """What categories, needs and facts are called.

    Raises:
        InvalidRules: the file breaks its schema.
    """
    topics = _topics()
    return topics.zh if language == "zh" else topics.en


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables; values are taken as they are."""
    return _VARIABLE.sub(lambda match: values[match[1]], text)


def joined(parts: tuple[str, ...], language: Language) -> str:
    """A list in words: a、b和c; a, b and c."""
    comma, last = ("、", "和") if language == "zh" else (", ", " and ")
    return last.join((comma.join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)


@cache
def _shipped(language: Language) -> Clauses:
    places: dict[Place, list[Clause]] = {}
    files = sorted(FOLDER.glob(f"{language}*.toml"))
    for group in (group for path in files for group in load_rules(path, _Library).groups):
        for text in group.texts:
            variables = frozenset(_VARIABLE.findall(text))
            clause = Clause(group, text, variables, _rank(group, variables))
            for stage, form, family in product(group.every_stage(), group.forms, group.families or FAMILIES):
                place = group.slot, stage, form, family, group.need, group.escalation
                places.setdefault(place, []).append(clause)
    return Clauses({place: tuple(clauses) for place, clauses in places.items()})


@cache
def _topics() -> _Topics:
    return load_rules(FOLDER / "topics.toml", _Topics)


def _rank(group: Group, variables: frozenset[str]) -> int:
    if group.fallback:
        return -1
    bounded = group.min_intensity > 0 or group.max_intensity < 4
    named = 2 * bool(group.families) + 2 * bool(group.categories) + 4 * bool(group.flag)
    return named + bounded + len(variables & SPECIFIC)


def _rank_for(clause: Clause, style: Style) -> int:
    """How closely it fits; wording of the wished style before all other."""
    return clause.rank + (8 if style and style in clause.group.styles else 0)


def _length(clause: Clause) -> int:
    return len(clause.text)


def _fits(clause: Clause, wanted: Wanted, values: Mapping[str, str]) -> bool:
    group = clause.group
    return (
        (not group.styles or wanted.style in group.styles)
        and (not group.categories or wanted.category in group.categories)
        and group.min_intensity <= wanted.intensity <= group.max_intensity
        and (not group.flag or bool(values.get(group.flag)))
        and all(values.get(variable) for variable in clause.variables)
    )


def _pick(seed: str, count: int) -> int:
    """A number below `count` that depends on the seed alone: not on the process, not on the day."""
    return int.from_bytes(blake2b(seed.encode("utf-8", "replace"), digest_size=4).digest()) % count
