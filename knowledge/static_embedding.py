"""A static embedder: every token has one row, a text is the mean of its rows. No network of layers, no torch.

The folder is in the format of sentence-transformers and model2vec, so that both open it too: modules.json,
tokenizer.json and model.safetensors with `embeddings` (int8, a row each), `mapping` (token to row) and
`weights` (what a token's row is multiplied by).
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load
from tokenizers import Tokenizer

from knowledge.case import storable
from knowledge.embedding import Matrix, Vector, units
from knowledge.errors import ModelUnavailable

SHIPPED_EMBEDDER: Final = Path(__file__).with_name("model") / "embedder"
"""The folder of the model that comes with Redress."""
CHECKSUMS: Final = "checksums.json"
"""File name to SHA-256, of every file below."""
WEIGHTS: Final = "model.safetensors"
TOKENIZER: Final = "tokenizer.json"
FILES: Final = ("config_sentence_transformers.json", WEIGHTS, "modules.json", TOKENIZER)
HEAD: Final = 4500
TAIL: Final = 1500
"""Characters read of a text longer than both: its beginning, and its end, where people say what they want."""
TOGETHER: Final = 256
"""Texts that are tokenised in one go."""
KNOWN_WORDS: Final = 50_000
"""Words whose tokens are remembered."""
_PIECES: Final = re.compile("[a-z_']+|[0-9]")
_MARKS: Final = {ord(mark): " " for mark in "‘“”–—…£€¥·•\u00a0"} | {ord("’"): "'"}
"""Marks that stand between words, as our tokenizer sees them, in texts that are otherwise ASCII."""
_PROBE: Final = "Don’t PAY £25.50 twice_for ‘A1’ — it’s\nok"
"""A text that shows whether a tokenizer cuts as ours does."""


@dataclass(frozen=True, slots=True)
class _Tokens:
    """Of one text, in order."""

    every: list[int]
    words: list[int]
    """Those that are words of their own."""


class StaticEmbedder:
    """A static model: the same vector (but for rounding) on any machine, for a text alone or among others.

    A text of more than HEAD + TAIL characters (6,000, so at most about as many tokens) is read at its
    beginning and its end only: it stays fast, and a mean over more rows would say less, not more.
    """

    def __init__(self, folder: Path) -> None:
        """Load the model in `folder`.

        Raises:
            ModelUnavailable: a file is missing, is not the one that was written, or fits no other.
        """
        files, digest = _checked(folder)
        self._tokenizer: Final = _tokenizer(folder, files[TOKENIZER])
        tensors = _tensors(folder, files[WEIGHTS], self._tokenizer.get_vocab_size())
        self._rows: Final[NDArray[np.int8]] = tensors["embeddings"]
        self._mapping: Final[NDArray[np.intp]] = tensors["mapping"].astype(np.intp)
        self._weights: Final[NDArray[np.float32]] = tensors["weights"].astype(np.float32)
        self._known: Final[dict[str, list[int]]] = {}
        """Tokens of words: looking one up costs a hundredth of taking it apart again."""
        probed = self._tokenizer.encode(_PROBE, add_special_tokens=False).ids
        self._cuts_plainly: Final = self._of_words(_plain(_PROBE) or []) == probed
        self._recent: Final = lru_cache(maxsize=16)(self._tokens)  # a text's vector, then its concepts
        self.name: Final = f"redress-static@{digest[:12]}"
        self.dimensions: Final = int(self._rows.shape[1])

    @staticmethod
    def shipped() -> "StaticEmbedder":
        """The model that comes with Redress, loaded once."""
        return _shipped()

    @property
    def rows(self) -> int:
        """How many there are; row 0 is nothing."""
        return len(self._rows)

    def directions(self) -> Matrix:
        """Shape (rows, dimensions): every row at length 1, or 0 where it says nothing."""
        return units(self._rows.astype(np.float32))

    def rows_of_words(self, text: str) -> NDArray[np.intp]:
        """Shape (n,): the row of each word that is one token, in order.

        The pieces of a word that is none, of a misspelt one above all, say nothing by themselves.
        """
        return self._mapping[np.array(self._recent(_read(text)).words, np.intp)]

    def row_of_word(self, word: str) -> int:
        """The row of a normalised word that is one token, else 0."""
        tokens = self._of_word(word)
        return int(self._mapping[tokens[0]]) if len(tokens) == 1 else 0

    def embed_query(self, text: str) -> Vector:
        return self._embed([self._recent(_read(text)).every])[0]

    def embed_documents(self, texts: Sequence[str]) -> Matrix:
        found = np.zeros((len(texts), self.dimensions), np.float32)
        for start in range(0, len(texts), TOGETHER):
            some = [_read(text) for text in texts[start : start + TOGETHER]]
            found[start : start + len(some)] = self._embed(self._tokens_of(some))
        return found

    def _tokens(self, text: str) -> "_Tokens":
        plain = self._plain_words(text)
        if plain is not None:
            each = [self._of_word(word) for word in plain]
            every = [token for tokens in each for token in tokens]
            return _Tokens(every, [tokens[0] for tokens in each if len(tokens) == 1])
        found = self._tokenizer.encode(text, add_special_tokens=False)
        pieces = Counter(found.word_ids)
        words = [
            token
            for token, written, word in zip(found.ids, found.tokens, found.word_ids, strict=True)
            if pieces[word] == 1 or not written.isascii()  # Chinese stands together and is cut into words
        ]
        return _Tokens(found.ids, words)

    def _tokens_of(self, texts: list[str]) -> list[list[int]]:
        plain = [self._plain_words(text) for text in texts]
        others = [text for text, words in zip(texts, plain, strict=True) if words is None]
        cut = iter(self._tokenizer.encode_batch_fast(others, add_special_tokens=False))
        return [next(cut).ids if words is None else self._of_words(words) for words in plain]

    def _plain_words(self, text: str) -> list[str] | None:
        return _plain(text) if self._cuts_plainly else None

    def _of_words(self, words: list[str]) -> list[int]:
        """The tokens of words that the tokenizer would take apart one by one."""
        return [token for word in words for token in self._of_word(word)]

    def _of_word(self, word: str) -> list[int]:
        known = self._known.get(word)
        if known is None:
            known = self._tokenizer.encode(word, add_special_tokens=False).ids
            if len(self._known) < KNOWN_WORDS:
                self._known[word] = known
        return known

    def _embed(self, tokens: list[list[int]]) -> Matrix:
        """Shape (texts, dimensions). A sum at length 1 is the mean at length 1.

        Text by text: a product of one text's rows stays in the processor's cache, and does not depend on the
        texts beside it.
        """
        found = np.zeros((len(tokens), self.dimensions), np.float32)
        for row, ids in zip(found, tokens, strict=True):
            if ids:
                at = np.array(ids, np.intp)
                row[:] = self._weights[at] @ self._rows[self._mapping[at]].astype(np.float32)
        return units(found)


@cache
def _shipped() -> StaticEmbedder:
    return StaticEmbedder(SHIPPED_EMBEDDER)


def write_checksums(folder: Path) -> None:
    """Write what the loader compares the files of `folder` with."""
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    (folder / CHECKSUMS).write_text(json.dumps(sums, indent=2) + "\n", encoding="utf-8")


def _plain(text: str) -> list[str] | None:
    """The pieces our tokenizer cuts a text into, where that is plain to see: it has ASCII words only."""
    if not text.isascii():
        text = text.translate(_MARKS)
        if not text.isascii():
            return None
    return _PIECES.findall(text.lower())


def _read(text: str) -> str:
    if len(text) > HEAD + TAIL:
        text = f"{text[:HEAD]} {text[-TAIL:]}"
    return storable(text)


def _checked(folder: Path) -> tuple[dict[str, bytes], str]:
    """The bytes of every file, which are what the checksums say, and a fingerprint of all."""
    try:
        sums: object = json.loads((folder / CHECKSUMS).read_bytes())
        files = {name: (folder / name).read_bytes() for name in FILES}
    except (OSError, ValueError) as error:
        raise _unavailable(folder, str(error)) from error
    expected: Mapping[str, object] = cast("Mapping[str, object]", sums) if isinstance(sums, dict) else {}
    digest = hashlib.sha256()
    for name, content in files.items():
        found = hashlib.sha256(content).hexdigest()
        if expected.get(name) != found:
            raise _unavailable(folder, f"{name} is not the file that {CHECKSUMS} was written for")
        digest.update(f"{name}:{found}\n".encode())
    return files, digest.hexdigest()


def _tokenizer(folder: Path, content: bytes) -> Tokenizer:
    try:
        tokenizer: Any = Tokenizer.from_buffer(content)
        tokenizer.no_padding()
        tokenizer.no_truncation()
    except Exception as error:  # the library raises bare Exception
        raise _unavailable(folder, f"{TOKENIZER}: {error}") from error
    return tokenizer


def _tensors(folder: Path, content: bytes, tokens: int) -> dict[str, NDArray[Any]]:
    try:
        tensors: dict[str, NDArray[Any]] = load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise _unavailable(folder, f"{WEIGHTS}: {error}") from error
    missing = {"embeddings", "mapping", "weights"} - tensors.keys()
    if missing:
        raise _unavailable(folder, f"{WEIGHTS} lacks {', '.join(sorted(missing))}")
    rows, mapping, weights = tensors["embeddings"], tensors["mapping"], tensors["weights"]
    fits = rows.ndim == 2 and rows.dtype == np.int8 and mapping.shape == weights.shape == (tokens,)
    inside = mapping.size and int(mapping.min()) >= 0 and int(mapping.max()) < len(rows)
    if not (fits and inside and np.isfinite(weights).all()):
        raise _unavailable(folder, f"{WEIGHTS} does not fit the {tokens} tokens of {TOKENIZER}")
    return tensors


def _unavailable(folder: Path, problem: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"cannot load the static embedder in {folder}: {problem}; reinstall redress, "
        f"or make the folder anew with 'redress train embedder --data DATA --out {folder}'"
    )
