"""Text to vector. The only door to sentence-transformers, which is imported when such a model loads.

`LexicalEmbedder` needs no download: words and character n-grams, hashed and weighted by document frequency
learned from our own corpus. It is honest about being lexical: it knows no synonyms and no other language.
`SentenceEmbedder` loads any sentence-transformers model by hub name or path.
"""

import hashlib
import io
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import ModelUnavailable
from knowledge.features import BUCKETS, FeatureRows, Features, features, features_of, recent_features

Vector = NDArray[np.float32]
"""Shape (dim,), length 1; all zeros for a text in which the model sees nothing."""
Matrix = NDArray[np.float32]
"""Shape (n, dim), a Vector per row."""

SHIPPED: Final = "redress"
"""The name in the settings that means the static model that comes with Redress."""
LEXICAL: Final = "lexical"
"""The name that means the embedder of hashed words."""
DIMENSIONS: Final = 1024
"""Hashing into 512 loses a third of the neighbours that the full features find; into 1,024 a fifth."""
RARE: Final = 0.3
"""What a feature hardly seen in our corpus counts: at full weight it only adds noise to a hashed vector."""
TOGETHER: Final = 256
"""Texts whose features are found in one go."""
_TABLE: Final = Path(__file__).with_name("model") / "document_frequency.npz"


class Embedder(Protocol):
    """Makes vectors. Queries and documents are different verbs: models may prompt them differently."""

    @property
    def name(self) -> str:
        """`model@revision`: a vector never travels without it."""
        ...

    @property
    def dimensions(self) -> int: ...

    def embed_query(self, text: str) -> Vector: ...

    def embed_documents(self, texts: Sequence[str]) -> Matrix: ...


class DocumentFrequency:
    """In how many documents each feature occurs, as the weight it deserves."""

    def __init__(self, counts: NDArray[np.uint16], documents: int) -> None:
        self.counts: Final = counts
        """Shape (BUCKETS,)."""
        self.documents: Final = documents
        smooth = np.log((1 + documents) / (1 + counts.astype(np.float32))) + 1
        self.rarity: Final[NDArray[np.float32]] = smooth.astype(np.float32)
        """Shape (BUCKETS,): smoothed inverse document frequency (as scikit-learn's TfidfTransformer)."""
        self.weights: Final[NDArray[np.float32]] = np.where(counts > 1, self.rarity, RARE * self.rarity)
        """Shape (BUCKETS,): the same, with the features of at most one document damped."""

    @classmethod
    def learn(cls, texts: Iterable[str]) -> "DocumentFrequency":
        """Count the features of `texts`."""
        counts = np.zeros(BUCKETS, np.int64)
        documents = 0
        for text in texts:
            counts[np.unique(features(text).buckets)] += 1
            documents += 1
        return cls(np.minimum(counts, np.iinfo(np.uint16).max).astype(np.uint16), documents)

    @classmethod
    def load(cls, path: Path) -> "DocumentFrequency":
        """The table in a file that `save` wrote."""
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
                counts = np.zeros(BUCKETS, np.uint16)
                counts[file["buckets"]] = file["counts"]
                return cls(counts, int(file["documents"]))
        except (OSError, KeyError, ValueError) as error:
            raise ModelUnavailable(
                f"cannot read the document-frequency table {path}: {error}; reinstall redress"
            ) from error

    def save(self, path: Path) -> None:
        """Write the table, without its empty buckets."""
        buckets = np.flatnonzero(self.counts).astype(np.uint32)
        np.savez_compressed(
            path, buckets=buckets, counts=self.counts[buckets], documents=np.int64(self.documents)
        )

    @property
    def revision(self) -> str:
        """A short fingerprint of the table."""
        return hashlib.sha256(self.counts.tobytes()).hexdigest()[:8]

    def weigh(self, found: Features) -> NDArray[np.float32]:
        """Shape (n,): sublinear term frequency times inverse document frequency."""
        return (1 + np.log1p(found.counts)) * self.weights[found.buckets]


@cache
def shipped_frequencies() -> DocumentFrequency:
    """The table that comes with Redress; read once.

    Raises:
        ModelUnavailable: it is damaged or missing.
    """
    return DocumentFrequency.load(_TABLE)


class LexicalEmbedder:
    """Hashed words and character n-grams. Deterministic, on any machine, for ever."""

    def __init__(self, table: DocumentFrequency) -> None:
        self.table: Final = table
        self.name: Final = f"redress-lexical@{table.revision}"
        self.dimensions: Final = DIMENSIONS

    @classmethod
    def shipped(cls) -> "LexicalEmbedder":
        """The embedder that comes with Redress."""
        return cls(shipped_frequencies())

    def embed_query(self, text: str) -> Vector:
        found = recent_features(text)
        return self._embed(FeatureRows(1, np.zeros(len(found.hashes), np.intp), found))[0]

    def embed_documents(self, texts: Sequence[str]) -> Matrix:
        parts = [texts[start : start + TOGETHER] for start in range(0, len(texts), TOGETHER)]
        return np.concatenate([self._embed(features_of(part)) for part in parts] or [_empty(DIMENSIONS)])

    def _embed(self, rows: FeatureRows) -> Matrix:
        found = rows.found
        position = ((found.hashes >> np.uint64(20)) & np.uint64(DIMENSIONS - 1)).astype(np.intp)
        sign = np.where(found.hashes >> np.uint64(63), np.float32(1), np.float32(-1))
        place = rows.owner * DIMENSIONS + position
        summed = np.bincount(place, self.table.weigh(found) * sign, rows.texts * DIMENSIONS)
        return units(summed.astype(np.float32).reshape(rows.texts, DIMENSIONS))


class SentenceEmbedder:
    """A sentence-transformers model, with its query and document prompts."""

    def __init__(self, source: str) -> None:
        """Load `source`: a hub name, `name@revision`, or a local path.

        Raises:
            ModelUnavailable: the model is neither on this machine nor to be had from the hub.
        """
        name, _, revision = source.partition("@") if not Path(source).exists() else (source, "", "")
        self._model: Any = _load_sentence_transformer(name, revision or None)
        self.name: Final = (
            f"{Path(name).name if Path(name).exists() else name}@{_revision(self._model, name)}"
        )
        probe = np.asarray(self._model.encode_query(["."]), np.float32)
        self.dimensions: Final = int(probe.shape[1])

    def embed_query(self, text: str) -> Vector:
        return unit(np.asarray(self._model.encode_query([text], show_progress_bar=False)[0], np.float32))

    def embed_documents(self, texts: Sequence[str]) -> Matrix:
        if not texts:
            return _empty(self.dimensions)
        return units(
            np.asarray(self._model.encode_document(list(texts), show_progress_bar=False), np.float32)
        )


def load_embedder(source: str) -> Embedder:
    """The embedder the settings name: `redress` (the shipped one), `lexical`, a hub name, or a local path.

    Raises:
        ModelUnavailable: it cannot be loaded; says what to do.
    """
    if source == LEXICAL:
        return LexicalEmbedder.shipped()
    from knowledge.static_embedding import CHECKSUMS, StaticEmbedder  # it imports from this module

    if source == SHIPPED:
        return StaticEmbedder.shipped()
    folder = Path(source)
    return StaticEmbedder(folder) if (folder / CHECKSUMS).is_file() else SentenceEmbedder(source)


def unit(vector: NDArray[np.float32]) -> Vector:
    """The vector at length 1; a zero or broken one becomes all zeros."""
    return units(vector[None])[0]


def units(rows: NDArray[np.float32]) -> Matrix:
    """Every row at length 1; a zero or broken one becomes all zeros."""
    length = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    usable = np.isfinite(length) & (length >= 1e-12)
    return np.where(usable, rows / np.where(usable, length, 1), np.float32(0))


def _empty(dimensions: int) -> Matrix:
    return np.empty((0, dimensions), np.float32)


def _load_sentence_transformer(name: str, revision: str | None) -> Any:
    try:
        from sentence_transformers import SentenceTransformer  # 4.8 s and 400 MiB: only when one is wanted

        return SentenceTransformer(name, revision=revision, device="cpu", trust_remote_code=False)
    except Exception as error:
        raise ModelUnavailable(
            f"cannot load the embedder {name!r} ({_first_line(error)}): give a folder that holds a "
            f"sentence-transformers model, or a hub name this machine has or can download, "
            f"or leave REDRESS_EMBEDDER empty for the built-in one"
        ) from error


def _revision(model: Any, name: str) -> str:
    """The hub's commit where there is one, else a fingerprint of the folder's files."""
    if Path(name).is_dir():
        digest = hashlib.sha256()
        for file in sorted(Path(name).rglob("*")):
            if file.is_file():
                digest.update(f"{file.relative_to(name)}:{file.stat().st_size}".encode())
                if file.suffix in {".json", ".safetensors"}:
                    with file.open("rb") as stream:
                        digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()[:12]
    for module in model:
        config = getattr(getattr(module, "auto_model", None), "config", None)
        if commit := getattr(config, "_commit_hash", None):
            return str(commit)[:12]
    return "unknown"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
