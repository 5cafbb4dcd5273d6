"""Vectors in Chroma, ids and vectors only. The only door to chromadb.

Embedded, never its server (CVE-2026-45829). One collection per tenant and kind, because `where` on half the
rows costs a hundred times a query. Writes come in batches: a single one costs 8 to 18 ms.
"""

import hashlib
import threading
from collections import defaultdict
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import chromadb
import numpy as np
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings
from chromadb.errors import NotFoundError

from knowledge.embedding import Matrix, Vector
from knowledge.errors import EmbedderMismatch

MAX_BATCH: Final = 5000
"""Chroma refuses more than 5,461 rows in one call."""
EXACT_ROWS: Final = 4096
"""A collection of at most so many vectors is kept in memory and searched exactly: a matrix product of
4,096 rows costs less than a call into Chroma, and misses nothing."""


@dataclass(frozen=True, slots=True)
class _Small:
    """All vectors of a small collection."""

    ids: list[str]
    rows: Matrix
    places: dict[str, int]
    """Row of each id."""


class Vectors:
    """The vectors of every tenant, in one directory that this process owns."""

    def __init__(self, path: Path, embedder: str) -> None:
        self._embedder: Final = embedder
        self._client = chromadb.PersistentClient(str(path), settings=Settings(anonymized_telemetry=False))
        self._collections: dict[tuple[str, str], Collection] = {}
        self._small: dict[tuple[str, str], _Small | None] = {}
        self._writes: defaultdict[tuple[str, str], int] = defaultdict(int)
        """Odd while somebody writes to the collection: what is read then is not kept."""
        self._guard = threading.Lock()

    def upsert(self, tenant: str, kind: str, ids: Sequence[str], rows: Matrix) -> None:
        """Write vectors by id; one without direction (all zeros) is left out: no query can meet it."""
        directed = np.flatnonzero(rows.any(axis=1))
        if len(directed) < len(ids):
            self.delete(tenant, kind, [i for i, row in zip(ids, rows, strict=True) if not row.any()])
        collection = self._collection(tenant, kind)
        for start in range(0, len(directed), MAX_BATCH):
            some = directed[start : start + MAX_BATCH]
            with self._writing(tenant, kind):
                collection.upsert(ids=[str(ids[n]) for n in some], embeddings=rows[some])

    def delete(self, tenant: str, kind: str, ids: Sequence[str]) -> None:
        """Forget vectors; ids that are not there are no error."""
        for start in range(0, len(ids), MAX_BATCH):
            with self._writing(tenant, kind):
                self._collection(tenant, kind).delete(ids=list(ids[start : start + MAX_BATCH]))

    def nearest(self, tenant: str, kind: str, vector: Vector, limit: int) -> list[tuple[str, float]]:
        """The `limit` closest ids with their cosine similarity (0..1), best first."""
        collection = self._found(tenant, kind)
        if collection is None or limit < 1 or not vector.any():
            return []
        small = self._exact(tenant, kind, collection)
        found = _ranked(small, vector, limit) if small is not None else _asked(collection, vector, limit)
        # equal vectors come in the order they were written, which a rebuild changes; ids decide
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]

    def similarities(self, tenant: str, kind: str, vector: Vector, ids: Sequence[str]) -> dict[str, float]:
        """Exact cosine similarity (0..1) of the vector to each of `ids` that has one."""
        collection = self._found(tenant, kind)
        if collection is None or not ids or not vector.any():
            return {}
        small = self._exact(tenant, kind, collection)
        if small is not None:
            places = [place for i in ids if (place := small.places.get(i)) is not None]
            cosines = np.clip(small.rows[places] @ vector, 0, 1)
            return {small.ids[place]: float(c) for place, c in zip(places, cosines, strict=True)}
        similar: dict[str, float] = {}
        for start in range(0, len(ids), MAX_BATCH):
            answer: Any = collection.get(ids=list(ids[start : start + MAX_BATCH]), include=["embeddings"])
            if answer["ids"]:
                cosines = np.clip(np.asarray(answer["embeddings"], np.float32) @ vector, 0, 1)
                similar.update(zip(answer["ids"], cosines.tolist(), strict=True))
        return similar

    def count(self, tenant: str, kind: str) -> int:
        """How many vectors the tenant has of that kind."""
        collection = self._found(tenant, kind)
        return 0 if collection is None else collection.count()

    def close(self) -> None:
        """Release the directory."""
        self._collections.clear()
        self._small.clear()
        cast("Any", self._client).close()  # of the concrete client; its declared type lacks it

    def _exact(self, tenant: str, kind: str, collection: Collection) -> _Small | None:
        """The whole collection, where it is small; kept until somebody writes to it."""
        key = (tenant, kind)
        with self._guard:
            if key in self._small:
                return self._small[key]
            before = self._writes[key]
        small = None
        if collection.count() <= EXACT_ROWS:
            held: Any = collection.get(include=["embeddings"])
            ids: list[str] = held["ids"]
            rows = np.asarray(held["embeddings"], np.float32)
            small = _Small(ids, rows, {i: n for n, i in enumerate(ids)})
        with self._guard:
            if before % 2 == 0 and before == self._writes[key]:
                self._small[key] = small
        return small

    @contextmanager
    def _writing(self, tenant: str, kind: str) -> Generator[None]:
        """Forgets the kept copy before and after, so that nobody keeps what was read in between."""
        self._changed(tenant, kind)
        try:
            yield
        finally:
            self._changed(tenant, kind)

    def _changed(self, tenant: str, kind: str) -> None:
        with self._guard:
            self._writes[tenant, kind] += 1
            self._small.pop((tenant, kind), None)

    def _found(self, tenant: str, kind: str) -> Collection | None:
        """The collection, if anything was ever written to it."""
        if known := self._collections.get((tenant, kind)):
            return known
        try:
            collection = self._client.get_collection(_name(tenant, kind), embedding_function=None)
        except NotFoundError:
            return None
        return self._accepted(tenant, kind, collection)

    def _collection(self, tenant: str, kind: str) -> Collection:
        if known := self._collections.get((tenant, kind)):
            return known
        collection = self._client.get_or_create_collection(
            _name(tenant, kind),
            configuration={"hnsw": {"space": "cosine"}},
            embedding_function=None,
            metadata={"embedder": self._embedder},
        )
        return self._accepted(tenant, kind, collection)

    def _accepted(self, tenant: str, kind: str, collection: Collection) -> Collection:
        built_with = str((collection.metadata or {}).get("embedder", "unknown"))
        if built_with != self._embedder:
            raise EmbedderMismatch(f"the collection of {kind} vectors", built_with, self._embedder)
        self._collections[tenant, kind] = collection
        return collection


def _ranked(small: _Small, vector: Vector, limit: int) -> list[tuple[str, float]]:
    """The best by exact cosine, ties at the cut included."""
    if not small.ids:
        return []
    cosines = np.round(np.clip(small.rows @ vector, 0, 1), 5)
    cut = np.partition(cosines, -limit)[-limit] if limit < len(cosines) else -1.0
    return [(small.ids[n], float(cosines[n])) for n in np.flatnonzero(cosines >= cut)]


def _asked(collection: Collection, vector: Vector, limit: int) -> list[tuple[str, float]]:
    """The best by Chroma's graph."""
    answer = collection.query(
        query_embeddings=np.asarray([vector], np.float32), n_results=limit, include=["distances"]
    )
    distances = answer["distances"] or [[]]
    return [
        (i, round(min(1.0, max(0.0, 1.0 - distance)), 5))
        for i, distance in zip(answer["ids"][0], distances[0], strict=True)
    ]


def _name(tenant: str, kind: str) -> str:
    """Chroma allows few characters in a name; a tenant may use any."""
    return f"{kind}-{hashlib.sha256(tenant.encode()).hexdigest()[:32]}"
