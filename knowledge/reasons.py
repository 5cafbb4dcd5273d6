"""Which words of a text may be shown as the reason of a judgement, and which of them weighed most."""

from functools import lru_cache
from typing import Final

from knowledge.words import PLACEHOLDER, PLAIN_WORDS, recent_words

READ: Final = 400
"""Distinct words of a text that are weighed."""
_LEAST: Final = 0.2
"""Share of the strongest word's weight below which a word is no reason."""


@lru_cache(maxsize=16)
def weighable(text: str) -> tuple[str, ...]:
    """The distinct words that can be reasons, normalised, in order: none plain, none a number."""
    return tuple(
        word
        for word in list(dict.fromkeys(recent_words(PLACEHOLDER.sub(" ", text))))[:READ]
        if len(word) > 1 and not word.isdigit() and word not in PLAIN_WORDS
    )


def strongest(scored: dict[str, float], limit: int) -> tuple[str, ...]:
    """Those well above nothing, without a word that is part of a stronger one or holds one."""
    ranked = sorted((word for word in scored if scored[word] > 0), key=lambda word: (-scored[word], word))
    taken: list[str] = []
    for word in ranked:
        if len(taken) == limit or scored[word] < _LEAST * scored[ranked[0]]:
            break
        if not any(word in other or other in word for other in taken):
            taken.append(word)
    return tuple(taken)
