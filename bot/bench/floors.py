"""The floors: what the building blocks cost alone, on this machine, now."""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.bench.load import Connection, Times
from knowledge.embedding import Embedder, Matrix
from knowledge.vectors import Vectors

ROUNDS = 200


def bare_embedding(embedder: Embedder, texts: Sequence[str]) -> Times:
    """One text to one vector."""
    return _timed(lambda n: embedder.embed_query(texts[n % len(texts)]), ROUNDS)


def bare_upsert(folder: Path, embedder: Embedder, ids: Sequence[str], rows: Matrix, batch: int) -> float:
    """Rows a second that Chroma takes in batches, vectors already made."""
    vectors = Vectors(folder, embedder.name)
    started = time.perf_counter()
    for start in range(0, len(ids), batch):
        vectors.upsert("bench", "case", ids[start : start + batch], rows[start : start + batch])
    taken = time.perf_counter() - started
    vectors.close()
    return len(ids) / taken


def bare_vector_query(folder: Path, embedder: Embedder, texts: Sequence[str], limit: int) -> Times:
    """One Chroma query on the collection that `bare_upsert` made, in a process with nothing else."""
    vectors = Vectors(folder, embedder.name)
    queries = [embedder.embed_query(text) for text in texts]
    times = _timed(lambda n: vectors.nearest("bench", "case", queries[n % len(queries)], limit), ROUNDS)
    vectors.close()
    return times


def empty_route(connection: Connection) -> Times:
    """A request that does nothing, over the same kind of connection."""
    return _timed(lambda _: connection.get("/health/live"), ROUNDS)


def one_commit(folder: Path) -> Times:
    """One row, one commit, WAL and synchronous=FULL, on the disk the home is on."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        database = sqlite3.connect(Path(place) / "floor.db", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)")
        times = _timed(lambda n: database.execute("INSERT INTO t (body) VALUES (?)", (str(n) * 100,)), ROUNDS)
        database.close()
    return times


def _timed(call: Callable[[int], object], rounds: int) -> Times:
    for n in range(min(20, rounds)):
        call(n)
    seconds: list[float] = []
    for n in range(rounds):
        started = time.perf_counter()
        call(n)
        seconds.append(time.perf_counter() - started)
    return Times.of(seconds)
