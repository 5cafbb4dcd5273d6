"""Joins what the rules found and what a trained head says, label by label: needs, vulnerability, complaint.

    probability = logistic(head * logit + rule * found + bias)

Emotion and escalation read one another and are joined in `bot.triage.fusion`; these three stand alone.
"""

import hashlib
import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
from pydantic import Field, ValidationError

from bot.triage.lexicon import Scan, Span
from knowledge.case import Owned
from knowledge.errors import ModelUnavailable
from knowledge.head import Head
from knowledge.head_features import recent_head_features

FORMAT: Final = 1
FILE: Final = "mix.json"
NEVER: Final = 2.0
"""A limit no probability reaches."""
SHOWN: Final = 3
"""Words that show what a head alone found."""


class LabelMix(Owned):
    """How one label is judged."""

    head: Annotated[float, Field(ge=0)]
    """Weight of the head's logit."""
    rule: Annotated[float, Field(ge=0)]
    """Weight of the rules having found words for it."""
    bias: float
    by_rules: Annotated[float, Field(ge=0)]
    """Probability from which it holds where the rules found words for it."""
    alone: Annotated[float, Field(gt=0)]
    """Likewise where they found none; `NEVER` where the head is not worth believing."""

    def probability(self, logit: float, *, found: bool) -> float:
        """Of the label, 0..1."""
        return 0.5 * (1 + math.tanh(0.5 * (self.head * logit + self.rule * found + self.bias)))

    def holds(self, probability: float, *, found: bool) -> bool:
        """Whether it is said."""
        return probability >= (self.by_rules if found else self.alone)


class MixCard(Owned):
    """What mix.json says."""

    format: int = FORMAT
    head: str
    """Name of the head it was fitted to."""
    labels: dict[str, LabelMix]
    metrics: dict[str, Any]
    """Out of fold: each row was judged by a head, weights and limits that had not seen it."""


class _Written(MixCard):
    sha256: str


class Mixed:
    """A head joined to the rules of its subject."""

    def __init__(self, head: Head, card: MixCard) -> None:
        """Join them.

        Raises:
            ModelUnavailable: the card was made for another head.
        """
        if card.head != head.name or set(card.labels) != set(head.labels):
            raise ModelUnavailable(f"{FILE} was made for {card.head}, not for {head.name}: {_REMEDY}")
        self.head, self.card = head, card
        self._mixes = [card.labels[label] for label in head.labels]
        self._blank = np.zeros(0, np.float32)

    @classmethod
    def load(cls, folder: Path) -> "Mixed":
        """What `save` wrote.

        Raises:
            ModelUnavailable: a file is missing, damaged or of another format; says what to do.
        """
        head, path = Head.load(folder), folder / FILE
        try:
            written = _Written.model_validate_json(path.read_bytes())
        except FileNotFoundError as error:
            raise ModelUnavailable(f"cannot use {path}: it is missing; {_REMEDY}") from error
        except (OSError, ValidationError) as error:
            raise ModelUnavailable(f"cannot use {path}: it cannot be read; {_REMEDY}") from error
        card = MixCard.model_validate(written.model_dump(exclude={"sha256"}))
        if written.format != FORMAT or _digest(card) != written.sha256:
            raise ModelUnavailable(f"cannot use {path}: it is not what was written; {_REMEDY}")
        return cls(head, card)

    def save(self, folder: Path) -> None:
        """Write the head and mix.json; the same ones give the same bytes."""
        self.head.save(folder)
        written = _Written(**self.card.model_dump(), sha256=_digest(self.card))
        (folder / FILE).write_text(written.model_dump_json(indent=1) + "\n", encoding="utf-8")

    def judge(self, text: str, found: Collection[str]) -> dict[str, float]:
        """The labels that hold and their probability; `found` has those that the rules found."""
        logits: list[float] = self.head.logits(recent_head_features(text), self._blank).tolist()
        held: dict[str, float] = {}
        for label, mix, logit in zip(self.head.labels, self._mixes, logits, strict=True):
            probability = mix.probability(logit, found=label in found)
            if mix.holds(probability, found=label in found):
                held[label] = probability
        return held

    def words(self, scanned: Scan, label: str) -> tuple[Span, ...]:
        """The words of the text that weighed most for a label, in order of the text."""
        return spans_of(self.head.contributions(scanned.text, label, SHOWN), scanned)


def spans_of(words: Sequence[str], found: Scan) -> tuple[Span, ...]:
    """Where normalised words first stand in the text, in its order; one that cannot be found is left out."""
    starts = ((_first(word, found.folded), word) for word in words)
    return tuple(
        Span(start, start + len(word), found.text[start : start + len(word)])
        for start, word in sorted(starts)
        if start >= 0
    )


def _first(word: str, folded: str) -> int:
    """Where a word first stands, an English one not inside another; -1 where it does not."""
    start = folded.find(word)
    while start >= 0 and word.isascii() and _cut_out(folded, start, start + len(word)):
        start = folded.find(word, start + 1)
    return start


def _cut_out(folded: str, start: int, end: int) -> bool:
    return folded[start - 1 : start] in _LATIN or folded[end : end + 1] in _LATIN


_LATIN: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyz")
_REMEDY: Final = "make it again with 'python -m bot.triage.shipped DATA', or reinstall redress"


def _digest(card: MixCard) -> str:
    return hashlib.sha256(card.model_dump_json().encode()).hexdigest()
