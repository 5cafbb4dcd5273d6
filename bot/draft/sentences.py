"""What a sentence of a reply does, judged by a trained head: beside the lexicons, never in their place.

The lexicons know the usual words for blame, a promise or a bargain; people and models have others. The head
has learned from sentences of both kinds that were written for it, and says something of a sentence only where
it is surer than on nearly all of the sound ones it was tried on. `bot.trials.sentences` makes it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

from pydantic import Field, ValidationError

from knowledge.case import Language, Owned
from knowledge.embedding import Embedder
from knowledge.errors import ModelUnavailable
from knowledge.head import Head
from knowledge.head_features import head_features
from knowledge.static_embedding import StaticEmbedder

Fault = Literal[
    "blame", "promise", "finding", "liability", "absolute", "bargain", "internal", "selling", "conditional"
]
"""What a sentence may do that it should not: R6, R9, R10, R13, R14, R15, R17, R20, R5."""
FAULTS: Final[tuple[Fault, ...]] = get_args(Fault)

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LEAST: Final[dict[Language, int]] = {"zh": 8, "en": 6}
"""Characters (zh) or words (en) from which a sentence is judged."""
MODEL: Final = Path(__file__).with_name("model")
LIMITS: Final = "limits.json"


class Limits(Owned):
    """From which logit on a fault is said of a sentence; one that is not here is never said."""

    head: str
    """Name of the head they belong to."""
    limits: dict[Language, dict[Fault, float]]
    measured: dict[Language, dict[Fault, dict[str, Annotated[float, Field(ge=0)]]]]
    """Out of fold: sentences that do it, the share of them found, and of sound ones taken for it."""


@dataclass(frozen=True, slots=True, eq=False)
class SentenceJudge:
    """A head with its limits."""

    head: Head
    embedder: Embedder
    limits: Limits

    @classmethod
    def load(cls, folder: Path = MODEL) -> "SentenceJudge":
        """The judge in a folder.

        Raises:
            ModelUnavailable: it is missing, damaged, or its parts do not belong together.
            EmbedderMismatch: it was made with another embedder than the shipped one.
        """
        head, embedder = Head.load(folder), StaticEmbedder.shipped()
        head.require(embedder.name)
        try:
            limits = Limits.model_validate_json((folder / LIMITS).read_bytes())
        except (OSError, ValidationError) as error:
            raise ModelUnavailable(
                f"cannot use {folder / LIMITS}: reinstall redress, or make it again with "
                f"'python -m bot.trials.sentences'"
            ) from error
        if limits.head != head.name:
            raise ModelUnavailable(
                f"{folder / LIMITS} belongs to {limits.head}, not to {head.name}: make both again with "
                f"'python -m bot.trials.sentences'"
            )
        return cls(head, embedder, limits)

    def faults(self, sentences: Sequence[str], language: Language) -> tuple[frozenset[Fault], ...]:
        """What each sentence does that it should not; mostly nothing."""
        return tuple(_faults(self, sentence, language) for sentence in sentences)


@lru_cache(maxsize=4096)
def _faults(judge: SentenceJudge, sentence: str, language: Language) -> frozenset[Fault]:
    """Remembered, for most sentences of the composer stand in many replies."""
    limits: dict[Fault, float] = judge.limits.limits.get(language, {})
    vector = judge.embedder.embed_documents([sentence])[0]
    logits: list[float] = judge.head.logits(head_features(sentence), vector).tolist()
    labels = judge.head.labels
    return frozenset(fault for fault, least in limits.items() if logits[labels.index(fault)] >= least)


def long_enough(sentence: str, language: Language) -> bool:
    """Whether a sentence says enough to be judged: more than a greeting, a heading or a name."""
    found = sum(map(str.isalnum, sentence)) if language == "zh" else len(_WORD.findall(sentence))
    return found >= _LEAST[language]


@cache
def sentence_judge() -> SentenceJudge:
    """The shipped one, loaded when it is first asked."""
    return SentenceJudge.load()
