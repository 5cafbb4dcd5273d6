"""Notes of customers as redacted vectors: kept up to date beside the service, found by meaning."""

import hashlib
import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import select

from bot.access import Tenants
from bot.database import Database
from bot.privacy.redaction import redact
from knowledge.embedding import Embedder, Vector
from knowledge.vectors import Vectors
from profiles.note_index import NoteIndex
from profiles.notes import LONGEST, Note
from profiles.schema import NoteChangeRow

log = logging.getLogger(__name__)

POLL: Final = 0.5
"""Seconds between two looks for customers who were written about."""
MATTERS: Final = 0.3
"""Cosine similarity from which a note of the customer bears on what they write now."""
KIND: Final = "notes"


class RedactedVectors:
    """Vectors of texts without personal data, in a folder of the embedder's own."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        place = folder / hashlib.sha256(embedder.name.encode()).hexdigest()[:16]
        self.fresh: Final = not place.exists()
        """Whether nothing was ever written with this embedder."""
        place.mkdir(parents=True, exist_ok=True)
        self._vectors = Vectors(place, embedder.name)
        self._embedder = embedder

    def upsert(self, tenant: str, ids: Sequence[str], texts: Sequence[str]) -> None:
        """Redact, embed and write."""
        plain = [redact(text[:LONGEST]).text for text in texts]
        self._vectors.upsert(tenant, KIND, ids, self._embedder.embed_documents(plain))

    def delete(self, tenant: str, ids: Sequence[str]) -> None:
        """Forget vectors."""
        self._vectors.delete(tenant, KIND, ids)

    def nearest(self, tenant: str, text: str, limit: int) -> list[tuple[str, float]]:
        """The closest ids with their similarity 0..1, best first."""
        plain = redact(text[:LONGEST]).text
        return self._vectors.nearest(tenant, KIND, self._embedder.embed_query(plain), limit)

    def matter(self, notes: Sequence[Note], vector: Vector, limit: int) -> list[tuple[Note, float]]:
        """The notes that bear on what a vector means, the closest first; embedded now, so never stale."""
        if not notes or not vector.any():
            return []
        rows = self._embedder.embed_documents([redact(note.text[:LONGEST]).text for note in notes])
        cosines = rows @ vector
        best = np.argsort(-cosines, kind="stable")[:limit].tolist()
        return [(notes[place], float(cosines[place])) for place in best if cosines[place] >= MATTERS]

    def close(self) -> None:
        """Release the folder."""
        self._vectors.close()


class NoteKeeper:
    """Brings the vectors of all tenants up to date, in the background of a service or at once."""

    def __init__(self, database: Database, tenants: Tenants, vectors: RedactedVectors) -> None:
        self.index: Final = NoteIndex(database, vectors)
        self.vectors: Final = vectors
        self._database = database
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        if vectors.fresh:
            for tenant in tenants.names():
                self.index.start_afresh(tenant)

    def catch_up(self) -> int:
        """Bring all up to date; how many customers that took."""
        today = datetime.now(UTC).date()
        # one question for all: there may be thousands of tenants, and nearly always nothing to do
        with self._database.read_every_tenant() as session:
            behind = list(session.scalars(select(NoteChangeRow.tenant).distinct()))
        return sum(self.index.catch_up(tenant, today) for tenant in behind)

    def start(self) -> None:
        """Keep up from now on."""
        self._thread = threading.Thread(target=self._keep, name="notes", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop keeping up and release the vectors."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self.vectors.close()

    def _keep(self) -> None:
        wait = POLL
        while not self._stopping.wait(wait):
            try:
                self.catch_up()
                wait = POLL
            except Exception:
                # a full disk or a lost database: what is found is checked anyway, and it is tried again
                wait = min(wait * 2, 30.0)
                log.exception("vectors of notes could not be brought up to date; next try in %.1f s", wait)
