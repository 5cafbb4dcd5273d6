"""A text as hashed features: its words, word pairs and character n-grams, each a 64-bit number.

Nothing is stored per feature, so any language and any typo has features, and no vocabulary travels. The
lexical embedder and the trained heads read the same features.
"""

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.words import normalise, words

BUCKETS: Final = 1 << 18
"""Distinct feature numbers the document-frequency table and the heads tell apart."""
CJK_GRAMS: Final = (1, 2, 3)
LATIN_GRAMS: Final = (3, 4, 5)

_GAP = re.compile(r"[\W_]+")
_SEED: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_A: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B: Final = np.uint64(0x94D049BB133111EB)
_PRIME: Final = np.uint64(1099511628211)


@dataclass(frozen=True, slots=True)
class Features:
    """The distinct features of a text."""

    hashes: NDArray[np.uint64]
    """Shape (n,), distinct, ascending."""
    counts: NDArray[np.float32]
    """Shape (n,): how often each occurs, word features weighted 1, character n-grams a third."""

    @property
    def buckets(self) -> NDArray[np.intp]:
        """Shape (n,), 0 to BUCKETS - 1."""
        return (self.hashes & np.uint64(BUCKETS - 1)).astype(np.intp)


def features(text: str) -> Features:
    """The features of `text`; none for a text without a letter or digit."""
    normal = _GAP.sub(" ", normalise(text)).strip()
    if not normal:
        return Features(np.empty(0, np.uint64), np.empty(0, np.float32))
    by_word = _word_hashes(words(normal))
    by_gram = _gram_hashes(f" {normal} ")
    hashes = np.concatenate((by_word, by_gram))
    weights = np.concatenate((np.ones(len(by_word), np.float32), np.full(len(by_gram), 1 / 3, np.float32)))
    distinct, where = np.unique(hashes, return_inverse=True)
    return Features(distinct, np.bincount(where, weights).astype(np.float32))


recent_features = lru_cache(maxsize=16)(features)
"""The same, remembered for a moment: the embedder and the head read the same text one after the other."""


def _word_hashes(found: list[str]) -> NDArray[np.uint64]:
    codes = np.fromiter((zlib.crc32(word.encode()) for word in found), np.uint64, len(found))
    pairs = codes[:-1] * _PRIME + codes[1:] if len(codes) > 1 else codes[:0]
    return _mixed(np.concatenate((codes, pairs ^ _SEED)), salt=1)


def _gram_hashes(text: str) -> NDArray[np.uint64]:
    """Character n-grams: short ones inside runs of Chinese, longer ones elsewhere."""
    points = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    chinese = points >= 0x2E80
    so_far = np.concatenate(([0], np.cumsum(chinese)))
    out: list[NDArray[np.uint64]] = []
    rolling = points
    for n in range(1, max(*CJK_GRAMS, *LATIN_GRAMS) + 1):
        if n > 1:
            if len(points) < n:
                break
            rolling = rolling[:-1] * _PRIME + points[n - 1 :]
        chinese_in_gram = so_far[n:] - so_far[:-n]
        wanted = np.zeros(len(rolling), np.bool_)
        if n in CJK_GRAMS:
            wanted |= chinese_in_gram == n
        if n in LATIN_GRAMS:
            wanted |= chinese_in_gram == 0
        out.append(_mixed(rolling[wanted], salt=n + 1))
    return np.concatenate(out)


def _mixed(values: NDArray[np.uint64], salt: int) -> NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele, Lea and Flood 2014): every input bit reaches every output bit."""
    x = values + np.uint64((salt * int(_SEED)) & 0xFFFFFFFFFFFFFFFF)
    x = (x ^ (x >> np.uint64(30))) * _MIX_A
    x = (x ^ (x >> np.uint64(27))) * _MIX_B
    return x ^ (x >> np.uint64(31))
