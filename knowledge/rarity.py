"""Which words of a text say what it is about: those that are rare in our corpus."""

from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from typing import Final

from knowledge.embedding import shipped_frequencies
from knowledge.features import word_buckets
from knowledge.words import PLAIN_WORDS, holding, recent_words

COMMON: Final = 2.5
"""Inverse document frequency below which a word says nothing about what a text is about."""
READ: Final = 4000
"""Words of a text that are looked at, repetitions included."""
READ_CHARS: Final = 20_000
"""Characters of another text that are searched for them."""


@lru_cache(maxsize=512)  # passages come again and again
def rare_words(text: str) -> Mapping[str, float]:
    """Its words of two letters or more, normalised, rarest first, with their weight above a common word's."""
    said = set(recent_words(text)[:READ]) - PLAIN_WORDS
    found = sorted(word for word in said if len(word) > 1 and not word.isdigit())
    if not found:
        return {}
    weights = shipped_frequencies().rarity[word_buckets(found)] - COMMON
    rare = [(word, weight) for word, weight in zip(found, weights.tolist(), strict=True) if weight > 0]
    return dict(sorted(rare, key=lambda pair: -pair[1]))


def shared_words(text: str, other: str, limit: int) -> tuple[str, ...]:
    """The rare words of `text` that `other` has too, rarest first, none part of another: at most `limit`."""
    both = holding(other[:READ_CHARS], rare_words(text))
    whole = (word for word in both if not any(word != longer and word in longer for longer in both))
    return tuple(islice(whole, limit))
