"""A text as a trained head reads it: hashed features in two groups, each weighed at a length of its own.

One group is the words, the concepts behind them, and pairs of neighbours of both; the other is the character
n-grams. In one group the many n-grams drowned the words: on the sample corpus two groups are better by a
point of macro-F1, and concepts by two more.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.concepts import shipped_concepts
from knowledge.features import character_hashes, mixed, pair_hashes, salt
from knowledge.words import recent_words

CONCEPT_SALT: Final = 16
"""Of the first grain; those of features by themselves are smaller."""
CHARACTERS: Final = np.uint32(1 << 31)
"""The codes of character n-grams begin here; those of words lie below."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadFeatures:
    """The distinct features of a text, those of words first."""

    codes: NDArray[np.uint32]
    """Shape (n,), ascending."""
    values: NDArray[np.float32]
    """Shape (n,): 1 + log(1 + how often each occurs)."""
    words: int
    """How many are of words."""


def head_features(text: str) -> HeadFeatures:
    """The features of `text`; none for a text without a letter or digit.

    Raises:
        ModelUnavailable: the shipped concepts are damaged.
    """
    own = _hashes(recent_words(text))
    by_word = [own + salt(1), pair_hashes(own) + salt(1)]
    if len(own):
        for grain, ids in enumerate(shipped_concepts().of(text).astype(np.uint64)):
            by_word += [ids + salt(CONCEPT_SALT + grain), pair_hashes(ids) + salt(CONCEPT_SALT + grain)]
    every = _coded(np.concatenate((*by_word, character_hashes(text))))
    every[sum(map(len, by_word)) :] |= CHARACTERS
    every.sort()
    first = np.flatnonzero(np.concatenate((np.ones(min(len(every), 1), np.bool_), every[1:] != every[:-1])))
    codes, counts = every[first], np.diff(first, append=len(every))
    return HeadFeatures(codes, (1 + np.log1p(counts)).astype(np.float32), int(codes.searchsorted(CHARACTERS)))


recent_head_features = lru_cache(maxsize=16)(head_features)
"""The same, remembered for a moment: several heads read one text."""


def word_codes(words: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """Shape (words, 1 + grains) each: the features a word has by itself, and which of them there are."""
    concepts = shipped_concepts().of_words(words).astype(np.uint64)
    salts = np.array([salt(CONCEPT_SALT + grain) for grain in range(len(concepts))])
    own = (_hashes(words) + salt(1))[:, None]
    codes = _coded(np.concatenate((own, concepts.T + salts), axis=1))
    known = np.concatenate((np.ones((len(words), 1), np.bool_), concepts.T > 0), axis=1)
    return codes, known


def _coded(hashes: NDArray[np.uint64]) -> NDArray[np.uint32]:
    return (mixed(hashes) >> np.uint64(33)).astype(np.uint32)


def _hashes(words: Sequence[str]) -> NDArray[np.uint64]:
    return np.array([zlib.crc32(word.encode()) for word in words], np.uint64)
