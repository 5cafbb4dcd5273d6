"""The floors: what the building blocks of a triage request cost alone, on this machine.

They are measured in turn with the requests, one call each, so that both meet the machine in the same state:
a block called in a loop finds warm caches and a waking processor that no request finds.
"""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.bench.load import Connection
from knowledge.embedding import Embedder, Matrix
from knowledge.search import WINDOW
from knowledge.vectors import Vectors

Floors = dict[str, Callable[[str], object]]
"""What each block does with a text, by the block's name."""


def bare_upsert(folder: Path, embedder: Embedder, ids: Sequence[str], rows: Matrix, batch: int) -> float:
    """Rows a second that Chroma takes in batches, vectors already made."""
    vectors = Vectors(folder, embedder.name)
    started = time.perf_counter()
    for start in range(0, len(ids), batch):
        vectors.upsert("bench", "case", ids[start : start + batch], rows[start : start + batch])
    taken = time.perf_counter() - started
    vectors.close()
    return len(ids) / taken


@contextmanager
def open_floors(
    vectors_folder: Path, home: Path, embedder: Embedder, connection: Connection
) -> Generator[Floors]:
    """The blocks.

    Embedding a text; one Chroma query in the collection that `bare_upsert` made; a request that does nothing;
    one row committed with WAL and synchronous=FULL on the home's disk.
    """
    vectors = Vectors(vectors_folder, embedder.name)
    with tempfile.TemporaryDirectory(dir=home) as place:
        database = sqlite3.connect(Path(place) / "floor.db", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)")
        made = [embedder.embed_query("")]

        def embed(text: str) -> None:
            made[0] = embedder.embed_query(text)

        try:
            yield {
                "embedding": embed,
                "vector_query": lambda _: vectors.nearest("bench", "case", made[0], WINDOW),
                "empty_route": lambda _: connection.get("/health/live"),
                "commit": lambda text: database.execute("INSERT INTO t (body) VALUES (?)", (text,)),
            }
        finally:
            database.close()
            vectors.close()
