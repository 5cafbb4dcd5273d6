"""Words and vectors of texts, made while the texts before them are written.

Chroma holds the interpreter lock while it writes, so a thread gets little done meanwhile. Where there is much
to do and the embedder is small enough to be held twice, a second process does it.
"""

import logging
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import IO, Final, Self, TypeVar

import numpy as np

from knowledge.embedding import (
    LEXICAL,
    SHIPPED,
    TOGETHER,
    Embedder,
    LexicalEmbedder,
    Matrix,
    load_embedder,
)
from knowledge.lexical import joined
from knowledge.static_embedding import StaticEmbedder

MANY: Final = 10_000
"""Texts from which a second process is worth its start, which costs a second of one processor."""

_Item = TypeVar("_Item")
_ENDED: Final = (OSError, EOFError, ValueError, pickle.UnpicklingError)
"""What it looks like that a process at the other end of two pipes has ended."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What the index takes of some texts, in their order."""

    words: list[str]
    """As the word index takes them."""
    rows: Matrix


class Preparer:
    """Prepares texts ahead; a context, as it may hold a process."""

    def __init__(self, embedder: Embedder, expected: int) -> None:
        """Start a second process where so many texts are `expected` that it pays."""
        self._embedder = embedder
        self._thread = ThreadPoolExecutor(1, "index-prepare")
        self._starter = ThreadPoolExecutor(1, "index-prepare-start")
        self._second: _SecondProcess | None = None
        if expected >= MANY and isinstance(embedder, StaticEmbedder | LexicalEmbedder):
            self._second = _SecondProcess.begun(embedder)
        self._ready = self._starter.submit(self._second.meets, embedder) if self._second else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._second is not None:
            self._second.end()
        self._thread.shutdown(cancel_futures=True)
        self._starter.shutdown()

    def ahead(self, texts: Sequence[str]) -> Callable[[], Prepared]:
        """Begin with these texts; what comes back waits until they are done. Not for several threads."""
        second = self._second
        # until the process has started, which takes a second, there is no need to wait for it
        if second is not None and self._ready is not None and self._ready.done():
            try:
                if self._ready.result():
                    number = second.send(texts)
                    return cache(lambda: self._received(second, number, texts))
            except _ENDED as error:
                self._give_up(second, error)
        return self._thread.submit(prepared, self._embedder, texts).result

    def _received(self, second: "_SecondProcess", number: int, texts: Sequence[str]) -> Prepared:
        try:
            return second.receive(number)
        except _ENDED as error:
            self._give_up(second, error)
            return prepared(self._embedder, texts)

    def _give_up(self, second: "_SecondProcess", error: Exception) -> None:
        if self._second is not None:
            log.warning("the process that prepares texts has ended (%s); going on without it", error)
        second.end()
        self._second = None


class _SecondProcess:
    """A Python that runs `serve`: the name of an embedder goes in, then texts, and what they amount to out.

    Not multiprocessing: that would run the main module of whoever uses us once more. And no thread of ours
    has a part in sending, as it would have to wait for Chroma.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", into: IO[bytes], out: IO[bytes]) -> None:
        self._process, self._into, self._out = process, into, out
        self._sent = 0
        self._received: dict[int, Prepared] = {}

    @classmethod
    def begun(cls, embedder: StaticEmbedder | LexicalEmbedder) -> "_SecondProcess | None":
        """The process, or None where none can be started."""
        source = SHIPPED if isinstance(embedder, StaticEmbedder) else LEXICAL
        if not sys.executable:  # inside another program
            return None
        path = os.pathsep.join(filter(None, sys.path))
        try:
            process = subprocess.Popen(  # noqa: S603 -- our own interpreter, our own words
                [sys.executable, "-P", "-c", "from knowledge.preparing import serve; serve()", source],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # -P: what lies in the folder of the caller is not to be imported;
                # threads of its own would take the processors from Chroma, which the index waits for
                env=os.environ | {"PYTHONPATH": path, "TOKENIZERS_PARALLELISM": "false"},
            )
        except OSError as error:
            log.warning("no second process to prepare texts (%s); going on without it", error)
            return None
        into, out = process.stdin, process.stdout
        assert into is not None and out is not None
        return cls(process, into, out)

    def meets(self, embedder: Embedder) -> bool:
        """Wait until it has started; whether its embedder is this one."""
        try:
            return pickle.load(self._out) == embedder.name  # noqa: S301 -- of our own process
        except _ENDED:
            return False

    def send(self, texts: Sequence[str]) -> int:
        """Give it texts; returns by which number to ask for what they amount to."""
        _send(self._into, texts)
        self._sent += 1
        return self._sent

    def receive(self, number: int) -> Prepared:
        """What the texts amount to that were sent under a number, asked for once."""
        while number not in self._received:
            at, answer = pickle.load(self._out)  # noqa: S301 -- of our own process
            self._received[at] = answer
        return self._received.pop(number)

    def end(self) -> None:
        """End it; what it was at work on is lost."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._into, self._out):
            with suppress(OSError):  # what was not sent yet has nobody to go to
                pipe.close()


def _send(into: IO[bytes], what: object) -> None:
    pickle.dump(what, into, protocol=pickle.HIGHEST_PROTOCOL)
    into.flush()


def prepared(embedder: Embedder, texts: Sequence[str]) -> Prepared:
    """Words and vectors of the texts."""
    words: list[str] = []
    rows = [np.empty((0, embedder.dimensions), np.float32)]
    for start in range(0, len(texts), TOGETHER):  # both read the same words, found once
        some = texts[start : start + TOGETHER]
        rows.append(embedder.embed_documents(some))
        words += map(joined, some)
    return Prepared(words, np.concatenate(rows))


def one_ahead(items: Iterator[_Item]) -> Iterator[_Item]:
    """The items, each handed on when the one after it has been made."""
    for held in items:
        for following in items:
            yield held
            held = following
        yield held


def serve() -> None:
    """Be the second process: answer on standard output until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that waits for us
    given, out = sys.stdin.buffer, sys.stdout.buffer
    embedder = load_embedder(sys.argv[1])
    _send(out, embedder.name)
    waiting: SimpleQueue[Sequence[str] | None] = SimpleQueue()

    def read() -> None:  # at once, so that nobody waits to send while we wait to answer
        try:
            while True:
                waiting.put(pickle.load(given))  # noqa: S301 -- of the process that began this one
        except EOFError:
            pass
        finally:  # cut off in the middle, or out of memory: end, do not wait for ever
            waiting.put(None)

    Thread(target=read, daemon=True).start()
    number = 0
    while (texts := waiting.get()) is not None:
        number += 1
        _send(out, (number, prepared(embedder, texts)))
