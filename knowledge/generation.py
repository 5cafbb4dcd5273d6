"""One generation of the index: a folder with vectors, words, and the number of the last change in them."""

import json
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from knowledge.errors import EmbedderMismatch, IndexUnavailable, KnowledgeError
from knowledge.lexical import Words
from knowledge.preparing import Prepared
from knowledge.store import ItemKind
from knowledge.vectors import Vectors

FORMAT: Final = 2
"""Raised when an index of an older release cannot be read any more."""


@dataclass(frozen=True, slots=True)
class Group:
    """What one batch does to one tenant's items of one kind."""

    tenant: str
    kind: ItemKind
    ids: list[str]
    """Items to write."""
    prepared: Callable[[], Prepared]
    """Waits for the words and vectors of `ids`, in that order."""
    deleted: list[str]


class Generation:
    """One set of index files."""

    def __init__(self, path: Path, embedder: str, applied: int) -> None:
        self.path: Final = path
        self.embedder: Final = embedder
        self.applied = applied
        self.users = 0
        """Readers at work in it; a generation is closed when there are none."""
        path.mkdir(parents=True, exist_ok=True)
        self.vectors: Final = Vectors(path / "chroma", embedder)
        self.words: Final = Words(path / "words")

    @classmethod
    def open(cls, path: Path, embedder: str) -> "Generation":
        try:
            state = json.loads((path / "state.json").read_text())
        except (OSError, ValueError) as error:
            raise IndexUnavailable(f"the index at {path} is damaged: run 'redress rebuild'") from error
        if state["format"] != FORMAT:
            raise IndexUnavailable(
                f"the index at {path} has format {state['format']}, not {FORMAT}: run 'redress rebuild'"
            )
        if state["embedder"] != embedder:
            raise EmbedderMismatch("the index", state["embedder"], embedder)
        return cls(path, embedder, state["applied"])

    def write(self, group: Group) -> None:
        new = group.prepared()
        self.vectors.upsert(group.tenant, group.kind, group.ids, new.rows)
        if group.deleted:
            self.vectors.delete(group.tenant, group.kind, group.deleted)
        words = dict(zip(group.ids, new.words, strict=True))
        self.words.add(group.tenant, group.kind, words, group.deleted)

    @contextmanager
    def writing(self) -> Generator[None]:
        """What is not committed when this ends is forgotten: an error leaves no half-written words."""
        try:
            yield
        finally:
            self.words.discard()

    def note(self, applied: int) -> None:
        """Everything up to this change is written; what was not yet committed now is."""
        self.words.commit()
        state = {"format": FORMAT, "embedder": self.embedder, "applied": applied}
        write_durably(self.path / "state.json", json.dumps(state))
        self.applied = applied

    def close(self) -> None:
        self.vectors.close()
        self.words.close()


def write_durably(path: Path, text: str) -> None:
    """Replace a small file so that a crash leaves either the old one or the new one."""
    temporary = path.with_suffix(".new")
    with temporary.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        temporary.replace(path)
    except OSError as error:
        raise KnowledgeError(f"cannot write {path}: {error.strerror}") from error
