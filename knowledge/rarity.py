"""Which words of a text say what it is about: those that are rare in our corpus."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from knowledge.embedding import shipped_frequencies
from knowledge.features import word_buckets
from knowledge.words import recent_words

COMMON: Final = 2.5
"""Inverse document frequency below which a word says nothing about what a text is about."""
READ: Final = 4000
"""Words of a text that are looked at, repetitions included."""


@lru_cache(maxsize=512)
def rare_words(text: str) -> Mapping[str, float]:
    """Its words of two letters or more, normalised, with what they weigh above a common word's weight."""
    found = sorted({word for word in recent_words(text)[:READ] if len(word) > 1 and not word.isdigit()})
    if not found:
        return {}
    weights = shipped_frequencies().rarity[word_buckets(found)] - COMMON
    return {word: weight for word, weight in zip(found, weights.tolist(), strict=True) if weight > 0}


def shared_words(text: str, other: str, limit: int) -> tuple[str, ...]:
    """The rare words both texts have, rarest first, none that is part of another: at most `limit`."""
    here, there = rare_words(text), rare_words(other)
    both = here.keys() & there.keys()
    whole = [word for word in both if not any(word != longer and word in longer for longer in both)]
    return tuple(sorted(whole, key=lambda word: (-here[word], word))[:limit])
