"""What is kept of groups that clustering found: figures of many customers, never one of them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from profiles.errors import InvalidInput
from profiles.fact import Language
from profiles.owned import Code, Owned
from profiles.segment_columns import Column, number_of
from profiles.traits import Value

FORMAT: Final = 1

Share = Annotated[float, Field(ge=0, le=1)]
Verdict = Literal["groups", "too_few", "no_groups", "like_chance"]
"""Why no group is claimed, where none is: too few customers or traits; nothing stands apart; customers whose
traits are dealt out anew, or drawn from one cloud, fall into groups just as well."""


class Said(Owned):
    """The same in both languages."""

    zh: str
    en: str

    def to(self, language: Language) -> str:
        """In one of them."""
        return self.zh if language == "zh" else self.en


class Apart(Owned):
    """A trait that sets a group apart."""

    trait: Code
    word: str | None = None
    """Whether a customer has this word, where the trait is a word."""
    difference: float
    """Mean of the group less that of all others, in standard deviations; above 0 the group has more of it."""
    inside: float
    """Of the group: the mean of its middle half, or the share of those who have the word."""
    outside: float
    """Likewise of all others."""

    def shown_by(self, value: Value) -> bool:
        """Whether a customer with this value is like the group in it."""
        if self.word is not None:
            return value == self.word and self.difference > 0
        number = number_of(value)
        return number is not None and (number - self.outside) * self.difference > 0


class Sentence(Owned):
    """A condition most of a group meet and few others do."""

    when: str
    """In the language of segments.toml, so that a rule can be made of it."""
    said: Said
    precision: Share
    """Of those who meet it, how many are in the group; of customers it was not made from, as is `recall`."""
    recall: Share
    """Of the group, how many meet it."""


class Group(Owned):
    """One group."""

    code: Code | None
    """None where it is not claimed: its customers are in no stable group."""
    name: Said | None = None
    persona: Said | None = None
    size: Annotated[int, Field(ge=0)]
    share: Share
    jaccard: Share
    """How much of it is found again in halves of the customers."""
    silhouette: Annotated[float, Field(ge=-1, le=1)]
    centre: tuple[float, ...]
    """By column."""
    sentences: tuple[Sentence, ...] = ()
    precision: Share = 0
    """Of the sentences together."""
    recall: Share = 0
    apart: tuple[Apart, ...] = ()
    """Strongest first."""


class Tried(Owned):
    """One number of groups that was tried."""

    groups: int
    apart: float
    """See `segment_fits.least_apart`."""
    silhouette: float
    jaccard: Share | None = None
    """Of the least stable group; None where it was not looked for: they do not stand apart, or more groups do
    and are found again."""


class Spread(Owned):
    """How a trait is spread over customers: by numbers, or by words; the last share is of those not known."""

    edges: tuple[float, ...] = ()
    """A number counts in the first bin whose edge it does not exceed, else in the one behind them."""
    words: tuple[str, ...] = ()
    """Behind their shares comes that of all other words."""
    shares: tuple[Share, ...]


class ClusterCard(Owned):
    """All that is kept."""

    format: int = FORMAT
    verdict: Verdict
    customers: int
    sampled: int
    """Customers the groups were found in."""
    seed: int
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    tried: tuple[Tried, ...]
    silhouette: float
    by_chance: float
    """The best silhouette of customers without groups."""
    spreads: dict[Code, Spread]
    """By trait."""
    next_number: Annotated[int, Field(ge=1)] = 1
    """For the code of the next new group: one that vanished never gives its code to another."""

    @property
    def claimed(self) -> tuple[Group, ...]:
        """The groups that customers are told to be in, largest first."""
        return tuple(
            sorted(
                (group for group in self.groups if group.code), key=lambda group: (-group.size, group.code)
            )
        )


class _Written(ClusterCard):
    sha256: str


@dataclass(frozen=True, slots=True)
class Clusters:
    """Groups, and who is in which."""

    card: ClusterCard
    members: Mapping[str, str | None] = field(default_factory=dict[str, str | None], repr=False)
    """Code by customer, None for no stable group; not saved, as the card names nobody."""

    @classmethod
    def load(cls, path: Path, members: Mapping[str, str | None] | None = None) -> "Clusters":
        """What `save` wrote; `members` as they are on record.

        Raises:
            InvalidInput: the file is missing, damaged or of another format; says what to do.
        """
        try:
            written = _Written.model_validate_json(path.read_bytes())
        except FileNotFoundError as error:
            raise InvalidInput(f"cannot use {path}: it is missing; {_REMEDY}") from error
        except (OSError, ValidationError) as error:
            raise InvalidInput(f"cannot use {path}: it cannot be read; {_REMEDY}") from error
        card = ClusterCard.model_validate(written.model_dump(exclude={"sha256"}))
        if written.format != FORMAT or _digest(card) != written.sha256 or not _whole(card):
            raise InvalidInput(f"cannot use {path}: it is not what was written; {_REMEDY}")
        return cls(card, members or {})

    def save(self, path: Path) -> None:
        """Write the card; the same one gives the same bytes."""
        written = _Written(**self.card.model_dump(), sha256=_digest(self.card))
        path.write_text(written.model_dump_json(indent=1) + "\n", encoding="utf-8")


_REMEDY: Final = "refresh the segments, which writes it anew"


def _whole(card: ClusterCard) -> bool:
    return all(len(group.centre) == len(card.columns) for group in card.groups)


def _digest(card: ClusterCard) -> str:
    return hashlib.sha256(card.model_dump_json().encode()).hexdigest()
