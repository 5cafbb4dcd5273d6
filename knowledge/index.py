"""The index: vectors and words, a cache of what SQL holds, fed from the ordered change log.

    index/
    ├── lock            held by the one process that owns the directory
    ├── current         name of the generation that answers
    ├── rebuild         present while somebody beside this process asks for a rebuild
    └── gen-000001/     one generation: chroma/, words/, state.json (embedder, format, last change applied)

Batches are written first and the last number noted after, so that a crash between the two only repeats them.
A rebuild makes the next generation while the present one answers, then swaps the name.
"""

import logging
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from knowledge.embedding import Embedder, Vector
from knowledge.errors import IndexLocked, IndexUnavailable
from knowledge.generation import Generation, Group, write_durably
from knowledge.preparing import Preparer, one_ahead
from knowledge.store import ItemKind, KnowledgeStore

BATCH: Final = 2000
"""Changes applied at a time: large enough for Chroma's batch rate, small enough to see progress."""
SMALL_BATCH: Final = 250
"""The same in the background of a service. Chroma holds the interpreter lock while it writes: 2,000 rows
would stop every request for a second, 250 for a fifth of one, at nine tenths of the rate."""
COMMIT_EVERY: Final = 5
"""Batches that are made safe on disk together: a commit of the words costs as much as adding them."""
POLL: Final = 0.5
"""Seconds between two looks at the change log when nobody wakes the applier."""

Progress = Callable[[int, int], None]
"""Called with (items done, items in all)."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the index is behind SQL."""

    changes: int
    applied: int
    error: str = ""
    """Why applying fails at present, if it does."""


@dataclass(frozen=True, slots=True)
class _Batch:
    groups: list[Group]
    last: int
    """Number of the last change in it."""
    size: int


class Index:
    """Search over one directory. Safe to share between threads; one process at a time."""

    def __init__(self, directory: Path, store: KnowledgeStore, embedder: Embedder) -> None:
        self.directory: Final = directory
        self._store = store
        self._embedder = embedder
        self._lock = FileLock(directory / "lock", thread_local=False)
        self._generation: Generation | None = None
        self._idle = threading.Condition()
        self._applying = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._applier: threading.Thread | None = None
        self._error = ""
        self._batch = BATCH
        self._versions: Counter[tuple[str, ItemKind]] = Counter()
        self._swaps = 0

    # ---- life

    def open(self, *, for_rebuild: bool = False) -> None:
        """Take the directory and open its generation; `for_rebuild` leaves the old generation closed.

        Raises:
            IndexLocked: another process owns the directory.
            EmbedderMismatch: it was built with another embedder.
            IndexUnavailable: it is damaged or of another format.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        self._stopping.clear()
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise IndexLocked(
                f"another process owns the index at {self.directory}: stop it (is 'redress serve' running?), "
                "or give this one its own REDRESS_HOME"
            ) from error
        try:
            self._remove_leftovers()
            if not for_rebuild:
                self._generation = self._current() or self._fresh()
                self._switch_to(self._generation)
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Stop applying and release the directory."""
        self.stop()
        with self._applying:
            if self._generation is not None:
                self._retire(self._generation)
                self._generation = None
        self._lock.release()

    def start(self) -> None:
        """Apply changes in the background from now on."""
        self._stopping.clear()
        self._batch = SMALL_BATCH
        self._applier = threading.Thread(target=self._keep_applying, name="index-applier", daemon=True)
        self._applier.start()

    def stop(self) -> None:
        """Finish the batch in hand and apply no more."""
        self._stopping.set()
        self._wake.set()
        if self._applier is not None:
            self._applier.join()
            self._applier = None
            self._batch = BATCH
        self._stopping.clear()

    def wake(self) -> None:
        """Say that there are changes to apply."""
        self._wake.set()

    # ---- answers

    def dense(self, tenant: str, kind: ItemKind, vector: Vector, limit: int) -> list[tuple[str, float]]:
        """The `limit` ids closest in meaning, with cosine similarity 0..1, best first."""
        with self._using() as generation:
            return generation.vectors.nearest(tenant, kind, vector, limit)

    def lexical(self, tenant: str, kind: ItemKind, text: str, limit: int) -> list[tuple[str, float]]:
        """The `limit` ids that share the rarest words, with BM25 score, best first."""
        with self._using() as generation:
            return generation.words.nearest(tenant, kind, text, limit)

    def similarities(self, tenant: str, kind: ItemKind, vector: Vector, ids: list[str]) -> dict[str, float]:
        """Exact cosine similarity (0..1) to each of `ids`."""
        with self._using() as generation:
            return generation.vectors.similarities(tenant, kind, vector, ids)

    def version(self, tenant: str, kind: ItemKind) -> tuple[int, int]:
        """Another pair whenever what the index knows of these items has changed."""
        return self._swaps, self._versions[tenant, kind]

    @property
    def applied(self) -> int:
        """Number of the last change the index knows."""
        return 0 if self._generation is None else self._generation.applied

    def lag(self) -> Lag:
        """How far the index is behind SQL."""
        applied = self.applied
        return Lag(max(0, self._store.last_change() - applied), applied, self._error)

    # ---- feeding

    def catch_up(self, progress: Progress | None = None) -> int:
        """Apply every change there is; returns how many."""
        with self._applying:
            return self._apply_all(self._open_generation(), progress)

    def rebuild(self, progress: Progress | None = None) -> None:
        """Build the next generation from SQL and swap it in. The present one answers meanwhile."""
        last = self._store.last_change()
        fresh = self._fresh()
        try:
            self._fill(fresh, progress)
            fresh.note(last)
            with self._applying:  # the old generation stands still while the new one catches up
                self._apply_all(fresh, None)
                old, self._generation = self._generation, fresh
                self._swaps += 1
                self._switch_to(fresh)
        except BaseException:
            fresh.close()
            shutil.rmtree(fresh.path, ignore_errors=True)
            raise
        if old is not None:
            self._retire(old)
        self._remove_leftovers()

    def ask_for_rebuild(self) -> None:
        """Ask the process that owns the directory to rebuild; for a process that does not."""
        (self.directory / "rebuild").touch()

    @property
    def rebuild_asked(self) -> bool:
        """Whether somebody waits for a rebuild."""
        return (self.directory / "rebuild").exists()

    def _keep_applying(self) -> None:
        wait = POLL
        while not self._stopping.is_set():
            self._wake.wait(wait)
            self._wake.clear()
            try:
                self.catch_up()
                self._rebuild_if_asked()
                self._error, wait = "", POLL
            except Exception as error:
                # a full disk or a lost database: keep answering from what is there, and try again
                self._error, wait = f"{type(error).__name__}: {error}", min(wait * 2, 30.0)
                log.exception("the index could not apply changes; next try in %.1f s", wait)

    def _rebuild_if_asked(self) -> None:
        request = self.directory / "rebuild"
        if not request.exists():
            return
        asked_at = request.stat().st_mtime_ns
        self.rebuild()
        # a request that came meanwhile wants what happened meanwhile: it stays for another round
        if request.stat().st_mtime_ns == asked_at:
            request.unlink()

    def _apply_all(self, generation: Generation, progress: Progress | None) -> int:
        """Write a batch while the one after it is prepared, and commit a few together."""
        done, total = 0, max(0, self._store.last_change() - generation.applied)
        written: list[_Batch] = []
        with Preparer(self._embedder, total) as preparer, generation.writing():
            for batch in one_ahead(self._batches(preparer, generation.applied)):
                for group in batch.groups:
                    generation.write(group)
                self._have_changed([batch])  # vectors are found at once, words when they are committed
                written.append(batch)
                done += batch.size
                if progress is not None:
                    progress(done, max(total, done))
                if len(written) == COMMIT_EVERY or self._stopping.is_set():
                    self._commit(generation, written)
                if self._stopping.is_set():
                    break
            self._commit(generation, written)
        return done

    def _commit(self, generation: Generation, written: list[_Batch]) -> None:
        if written:
            generation.note(written[-1].last)
            self._have_changed(written)
            written.clear()

    def _have_changed(self, batches: Sequence[_Batch]) -> None:
        self._versions.update({(g.tenant, g.kind): 1 for batch in batches for g in batch.groups})

    def _batches(self, preparer: Preparer, after: int) -> Iterator[_Batch]:
        while changes := self._store.changes_after(after, self._batch):
            touched: dict[tuple[str, ItemKind], dict[str, None]] = {}
            for change in changes:
                touched.setdefault((change.tenant, change.kind), {})[change.item_id] = None
            groups = [
                self._group(preparer, tenant, kind, list(ids)) for (tenant, kind), ids in touched.items()
            ]
            after = changes[-1].seq
            yield _Batch(groups, after, len(changes))

    def _group(self, preparer: Preparer, tenant: str, kind: ItemKind, ids: list[str]) -> Group:
        """What SQL says now about these items: what it no longer has is deleted, whatever the log said."""
        texts = self._store.texts(tenant, kind, ids)
        prepared = preparer.ahead(list(texts.values()))
        return Group(tenant, kind, list(texts), prepared, [i for i in ids if i not in texts])

    def _fill(self, generation: Generation, progress: Progress | None) -> None:
        pages = list(self._store.every_item(self._batch))
        total = sum(len(ids) for _, _, ids in pages)
        done = 0
        with Preparer(self._embedder, total) as preparer, generation.writing():
            groups = one_ahead(self._group(preparer, *page) for page in pages)
            for number, group in enumerate(groups, 1):
                if self._stopping.is_set():
                    raise IndexUnavailable("the rebuild was interrupted by the service's end; ask again")
                generation.write(group)
                if number % COMMIT_EVERY == 0:
                    generation.words.commit()
                done += len(group.ids) + len(group.deleted)
                if progress is not None:
                    progress(done, total)
            generation.words.commit()

    # ---- generations

    @contextmanager
    def _using(self) -> Generator[Generation]:
        with self._idle:
            generation = self._open_generation()
            generation.users += 1
        try:
            yield generation
        finally:
            with self._idle:
                generation.users -= 1
                self._idle.notify_all()

    def _retire(self, generation: Generation) -> None:
        """Close a generation once nobody reads from it."""
        with self._idle:
            self._idle.wait_for(lambda: generation.users == 0, timeout=30)
        generation.close()

    def _open_generation(self) -> Generation:
        if self._generation is None:
            raise IndexUnavailable("the index is not open: it is being rebuilt for the first time")
        return self._generation

    def _current(self) -> Generation | None:
        pointer = self.directory / "current"
        if not pointer.exists():
            return None
        path = self.directory / pointer.read_text().strip()
        # a deleted generation is no damage: SQL still has everything
        return Generation.open(path, self._embedder.name) if path.is_dir() else None

    def _fresh(self) -> Generation:
        numbers = [int(path.name[4:]) for path in self.directory.glob("gen-*") if path.name[4:].isdigit()]
        path = self.directory / f"gen-{max(numbers, default=0) + 1:06d}"
        generation = Generation(path, self._embedder.name, 0)
        generation.note(0)
        return generation

    def _switch_to(self, generation: Generation) -> None:
        write_durably(self.directory / "current", generation.path.name)

    def _remove_leftovers(self) -> None:
        pointer = self.directory / "current"
        keep = pointer.read_text().strip() if pointer.exists() else ""
        for path in self.directory.glob("gen-*"):
            if path.name != keep:
                shutil.rmtree(path, ignore_errors=True)
