"""A text as hashed features: its words, word pairs and character n-grams, each a 64-bit number.

Nothing is stored per feature, so any language and any typo has features, and no vocabulary travels. The
lexical embedder reads them as one bag; the trained heads read them, and more, in two (`head_features`).
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.words import normalise, recent_words

BUCKETS: Final = 1 << 18
"""Distinct feature numbers the document-frequency table and the heads tell apart."""
CJK_GRAMS: Final = (1, 2, 3)
LATIN_GRAMS: Final = (3, 4, 5)

_GRAM_WEIGHT: Final = float(np.float32(1 / 3))
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


@dataclass(frozen=True, slots=True)
class FeatureRows:
    """The distinct features of several texts, one text after the other."""

    texts: int
    owner: NDArray[np.intp]
    """Shape (n,), ascending: which text a feature is of."""
    found: Features
    """Shape (n,), distinct and ascending within each text."""


def features(text: str) -> Features:
    """The features of `text`; none for a text without a letter or digit."""
    return features_of([text]).found


def features_of(texts: Sequence[str]) -> FeatureRows:
    """The features of every text, at half the cost of one text at a time; at most 65,535 texts."""
    word_owner, by_word = _word_hashes([recent_words(text) for text in texts])
    gram_owner, by_gram = _gram_hashes([_plain(text) for text in texts])
    owner = np.concatenate((word_owner, gram_owner))
    hashes = mixed(np.concatenate((by_word, by_gram)))
    weights = np.concatenate((np.ones(len(by_word)), np.full(len(by_gram), _GRAM_WEIGHT)))
    order = _by_owner_and_hash(owner, hashes, len(texts))
    owner, hashes = owner[order], hashes[order]
    new = np.ones(len(hashes), np.bool_)
    new[1:] = (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1])
    first = np.flatnonzero(new)
    counts = np.add.reduceat(weights[order], first) if len(first) else weights
    return FeatureRows(len(texts), owner[first], Features(hashes[first], counts.astype(np.float32)))


recent_features = lru_cache(maxsize=16)(features)
"""The same, remembered for a moment: the embedder and the head read the same text one after the other."""


def word_buckets(found: Sequence[str]) -> NDArray[np.intp]:
    """Shape (n,): the bucket of each word as a feature of its own."""
    codes = np.array([zlib.crc32(word.encode()) for word in found], np.uint64)
    return (mixed(codes + salt(1)) & np.uint64(BUCKETS - 1)).astype(np.intp)


def pair_hashes(codes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Shape (n - 1,): each code with the next; not mixed yet."""
    return (codes[:-1] * _PRIME + codes[1:]) ^ _SEED


def character_hashes(text: str) -> NDArray[np.uint64]:
    """Shape (n,): of the character n-grams of a text, repetitions included; not mixed yet."""
    return _gram_hashes([_plain(text)])[1]


def _plain(text: str) -> str:
    """Letters and digits with one space for all between, around too; empty where there is none of them."""
    normal = _GAP.sub(" ", normalise(text)).strip()
    return f" {normal} " if normal else ""


def _word_hashes(found: list[list[str]]) -> tuple[NDArray[np.intp], NDArray[np.uint64]]:
    """Words and pairs of neighbours, with the text each is of; not mixed yet."""
    owner = np.repeat(np.arange(len(found)), [len(text) for text in found])
    every = [zlib.crc32(word.encode()) for text in found for word in text]
    codes = np.array(every, np.uint64)
    inside = owner[:-1] == owner[1:]
    hashes = np.concatenate((codes, pair_hashes(codes)[inside])) + salt(1)
    return np.concatenate((owner, owner[:-1][inside])), hashes


def _gram_hashes(found: list[str]) -> tuple[NDArray[np.intp], NDArray[np.uint64]]:
    """Character n-grams, short ones inside runs of Chinese, longer ones elsewhere; not mixed yet."""
    owner = np.repeat(np.arange(len(found)), [len(text) for text in found])
    points = np.frombuffer("".join(found).encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    chinese = points >= 0x2E80
    chinese_so_far = np.concatenate(([0], np.cumsum(chinese))) if chinese.any() else None
    owners: list[NDArray[np.intp]] = []
    hashes: list[NDArray[np.uint64]] = []
    rolling = points
    for n in range(1, min(len(points), max(*CJK_GRAMS, *LATIN_GRAMS)) + 1):
        if n > 1:
            rolling = rolling[:-1] * _PRIME + points[n - 1 :]
        if chinese_so_far is None and n not in LATIN_GRAMS:
            continue
        begins, kept = owner[: len(rolling)], rolling
        if chinese_so_far is not None or len(found) > 1:
            wanted = np.ones(len(rolling), np.bool_)
            if chinese_so_far is not None:
                wanted = _wanted(n, chinese_so_far)
            if len(found) > 1:  # no n-gram reaches into the next text
                wanted &= begins == owner[n - 1 :]
            begins, kept = begins[wanted], rolling[wanted]
        owners.append(begins)
        hashes.append(kept + salt(n + 1))
    if not hashes:
        return owner[:0], points[:0]
    return np.concatenate(owners), np.concatenate(hashes)


def _wanted(n: int, chinese_so_far: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which n-grams are features, by where they begin: those all Chinese, or without a Chinese character."""
    chinese = chinese_so_far[n:] - chinese_so_far[:-n]
    if n not in CJK_GRAMS:
        return chinese == 0
    return chinese == n if n not in LATIN_GRAMS else (chinese == n) | (chinese == 0)


def _by_owner_and_hash(owner: NDArray[np.intp], hashes: NDArray[np.uint64], texts: int) -> NDArray[np.intp]:
    """The order by text, then hash: a radix sort by text and short sorts cost half of one long sort."""
    order = np.argsort(owner.astype(np.uint16), kind="stable")
    sizes = np.bincount(owner, minlength=texts)
    grouped, ends = hashes[order], np.cumsum(sizes)
    for start, end in zip((ends - sizes).tolist(), ends.tolist(), strict=True):
        order[start:end] = order[start:end][np.argsort(grouped[start:end])]
    return order


def salt(kind: int) -> np.uint64:
    """What is added to the hashes of a kind of feature, so that no two kinds meet."""
    return np.uint64((kind * int(_SEED)) & 0xFFFFFFFFFFFFFFFF)


def mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele, Lea and Flood 2014): every input bit reaches every output bit."""
    x = (x ^ (x >> np.uint64(30))) * _MIX_A
    x = (x ^ (x >> np.uint64(27))) * _MIX_B
    return x ^ (x >> np.uint64(31))
