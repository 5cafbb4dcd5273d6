"""The tokens of the static embedder, how often each occurs, and the tokenizer that finds them."""

import importlib.util
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import rjieba
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from knowledge.distill_dictionary import Dictionary, complaint_words
from knowledge.errors import ModelUnavailable
from knowledge.words import normalise

UNKNOWN: Final = "[UNK]"
WORDS: Final = 45_000
"""Chinese words of two characters or more taken from the dictionary, the most frequent ones."""
CHARACTERS: Final = 7_500
OWN_TEXT: Final = 40
"""An occurrence in our texts counts as so many of the general word list, a thousand times the size."""
SEEN: Final = 3
"""Occurrences that make an English word of our texts, or a Chinese word no dictionary has, a token."""
SEEN_GENITIVE: Final = 20
"""The same for one that ends in 's: "it's" is a word, "parcel's" is two."""
WHOLE: Final = (-9.5, -5.0)
"""Limits of the score of an English token: one whole word beats two pieces."""
TOGETHER: Final = 0.5
"""How much more a Chinese word scores than its characters, at least: 退款 and 客服 stay whole."""

_RUN: Final = "[\u3400-\u9fff\uf900-\ufaff]+"
_CHINESE: Final = re.compile(_RUN)
_ENGLISH: Final = re.compile(r"[a-z]+(?:'[a-z]+)?")


@dataclass(frozen=True, slots=True)
class Token:
    """One row of the model; other spellings may share it."""

    text: str
    share: float
    """Of the words of its language, 0 to 1."""
    score: float
    """Logarithm that the tokenizer weighs it by."""
    chinese: bool


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Row 0 is the unknown token, which stays zero; row n is `tokens[n - 1]`."""

    tokens: tuple[Token, ...]
    spellings: dict[str, int]
    """Traditional form to row."""

    @property
    def rows(self) -> dict[str, int]:
        """Token to row."""
        return {token.text: n for n, token in enumerate(self.tokens, start=1)}

    @property
    def mapping(self) -> list[int]:
        """Token number of the tokenizer to row."""
        return [0, *range(1, len(self.tokens) + 1), *self.spellings.values()]

    def tokenizer(self) -> Tokenizer:
        """Unigram: NFKC, lower case, Chinese apart from the rest, every digit alone, punctuation dropped."""
        scores: list[tuple[str, float]] = [(UNKNOWN, 0.0)]
        scores += [(token.text, token.score) for token in self.tokens]
        scores += [(form, self.tokens[row - 1].score) for form, row in self.spellings.items()]
        made: Any = Tokenizer(models.Unigram(scores, unk_id=0, byte_fallback=False))
        made.normalizer = normalizers.Sequence(
            [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace("’", "'")]
        )
        made.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(r"[^\w']+"), "removed"),
                pre_tokenizers.Split(Regex(_RUN), "isolated"),
                pre_tokenizers.Digits(individual_digits=True),
            ]
        )
        return made


def make_vocabulary(
    dictionary: Dictionary, chinese: Iterable[str], english: Sequence[str], pieces: Sequence[str]
) -> Vocabulary:
    """The tokens, from the dictionary, our texts and the teacher's own tokens (`pieces`).

    Raises:
        ModelUnavailable: the general word list is not installed.
    """
    tokens = [*_chinese_tokens(dictionary, chinese), *_english_tokens(english, pieces)]
    rows = {token.text: n for n, token in enumerate(tokens, start=1)}
    spellings = {
        form: rows[word]
        for form, word in dictionary.traditional.items()
        if word in rows and form not in rows and _CHINESE.fullmatch(form)
    }
    return Vocabulary(tuple(tokens), spellings)


def word_list() -> Counter[str]:
    """How often Chinese words occur in general text: jieba's word list (MIT).

    Raises:
        ModelUnavailable: jieba is not installed.
    """
    found = importlib.util.find_spec("jieba")
    if found is None or found.origin is None:
        raise ModelUnavailable("the Chinese word list is missing: run 'pip install jieba'")
    lines = Path(found.origin).with_name("dict.txt").read_text(encoding="utf-8").splitlines()
    parts = [line.split(" ") for line in lines]
    return Counter({part[0]: int(part[1]) for part in parts if len(part) >= 2})


def english_words(text: str) -> list[str]:
    """The English words of `text`, in lower case."""
    return _ENGLISH.findall(normalise(text).replace("’", "'"))


def _chinese_tokens(dictionary: Dictionary, texts: Iterable[str]) -> list[Token]:
    seen: Counter[str] = Counter()
    for text in texts:
        for run in _CHINESE.findall(normalise(text)):
            seen.update(rjieba.cut(run))
    counts = word_list()
    counts.update({word: OWN_TEXT * n for word, n in seen.items()})
    known = set(dictionary.headwords)
    single = sorted((w for w in known if len(w) == 1), key=lambda w: (-counts[w], w))
    longer = sorted((w for w in known if len(w) > 1), key=lambda w: (-counts[w], w))
    chosen = dict.fromkeys(single[:CHARACTERS] + longer[:WORDS])
    letters = {*chosen, *dictionary.traditional}
    new = sorted(w for w, n in seen.items() if n >= SEEN and 2 <= len(w) <= 8)
    chosen |= dict.fromkeys(w for w in new if letters.issuperset(w))
    chosen |= dict.fromkeys(complaint_words())
    total = sum(counts.values())
    score = {word: round(math.log((counts[word] + 0.5) / total), 3) for word in chosen}
    lowest = min(score.values())
    for word in chosen:  # the characters come first, so theirs are settled
        if len(word) > 1:
            apart = sum(score.get(c, lowest) for c in word)
            score[word] = max(score[word], round(apart + TOGETHER, 3))
    return [Token(word, counts[word] / total, score[word], chinese=True) for word in chosen]


def _english_tokens(texts: Sequence[str], pieces: Sequence[str]) -> list[Token]:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(english_words(text))
    whole = [piece for piece in pieces if _ENGLISH.fullmatch(piece)]
    parts = [piece[2:] for piece in pieces if piece.startswith("##") and _ENGLISH.fullmatch(piece[2:])]
    seen = sorted(w for w, n in counts.items() if n >= (SEEN_GENITIVE if w.endswith("'s") else SEEN))
    chosen = dict.fromkeys([*"0123456789", *"abcdefghijklmnopqrstuvwxyz", *whole, *seen, *parts])
    total = sum(counts.values())
    low, high = WHOLE
    return [
        Token(
            word,
            counts[word] / total,
            round(min(max(math.log((counts[word] + 0.5) / total), low), high), 3),
            chinese=False,
        )
        for word in chosen
    ]
