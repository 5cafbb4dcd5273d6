"""Texts prepared ahead of being indexed, by a thread and by a second process."""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tantivy

from bot.database import Database
from knowledge import preparing
from knowledge.case import Case
from knowledge.embedding import LEXICAL, SHIPPED, Embedder, load_embedder
from knowledge.lexical import MOST_WRITERS, Words, joined
from knowledge.preparing import (
    Prepared,
    Preparer,
    _SecondProcess,  # pyright: ignore[reportPrivateUsage]
    one_ahead,
    prepared,
)
from knowledge.static_embedding import StaticEmbedder
from tests.memories import memory, small_embedder

TEXTS = [
    "我要退款，客服一直不理我！",
    "My parcel never arrived.",
    "",
    "\ud800 emoji 😀",
    "信用卡 double charge",
] * 60


@pytest.fixture
def for_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second process is worth it for every text."""
    monkeypatch.setattr(preparing, "MANY", 1)


def _same(one: Prepared, other: Prepared) -> bool:
    return one.words == other.words and np.array_equal(one.rows, other.rows)


def _started(preparer: Preparer) -> None:
    ready = preparer._ready  # pyright: ignore[reportPrivateUsage]
    assert ready is not None
    assert ready.result(60)


def _second_processes() -> list[int]:
    found = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "-f", "preparing import serve"],
        capture_output=True,
        text=True,
        check=False,
    )
    return [int(line) for line in found.stdout.split()]


@pytest.mark.usefixtures("for_few")
@pytest.mark.parametrize("source", [SHIPPED, LEXICAL])
def test_a_second_process_makes_the_same_words_and_vectors(source: str) -> None:
    embedder: Embedder = load_embedder(source)
    with Preparer(embedder, len(TEXTS)) as preparer:
        first = preparer.ahead(TEXTS)  # perhaps before it has started
        _started(preparer)
        assert len(_second_processes()) == 1
        # more than both pipes hold is under way, and asked for in another order
        later = [preparer.ahead(TEXTS * 8), preparer.ahead(TEXTS[:1]), preparer.ahead([])]
        assert _same(later[1](), prepared(embedder, TEXTS[:1]))
        assert _same(later[0](), prepared(embedder, TEXTS * 8))
        assert later[2]().rows.shape == (0, embedder.dimensions)
        assert _same(first(), prepared(embedder, TEXTS))
        assert later[0]() is later[0]()
    assert _second_processes() == []


@pytest.mark.usefixtures("for_few")
def test_when_the_second_process_dies_the_work_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    embedder = load_embedder(SHIPPED)
    with Preparer(embedder, 1) as preparer:
        _started(preparer)
        [process] = _second_processes()
        before = preparer.ahead(TEXTS)
        os.kill(process, signal.SIGKILL)
        assert _same(before(), prepared(embedder, TEXTS))
        assert _same(preparer.ahead(TEXTS[:3])(), prepared(embedder, TEXTS[:3]))
    assert caplog.text.count("going on without it") <= 1
    assert "退款" not in caplog.text


@pytest.mark.usefixtures("for_few")
def test_where_no_process_can_be_started_the_work_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    embedder = load_embedder(SHIPPED)
    with Preparer(embedder, 1) as preparer:
        assert _same(preparer.ahead(TEXTS)(), prepared(embedder, TEXTS))
    assert "no second process" in caplog.text


@pytest.mark.usefixtures("for_few")
def test_a_process_with_another_embedder_is_not_asked() -> None:
    embedder = small_embedder()
    with Preparer(embedder, 1) as preparer:
        ready = preparer._ready  # pyright: ignore[reportPrivateUsage]
        assert ready is not None
        assert not ready.result(60)
        assert _same(preparer.ahead(TEXTS)(), prepared(embedder, TEXTS))


@pytest.mark.usefixtures("for_few")
def test_the_script_that_uses_us_is_not_run_again(tmp_path: Path) -> None:
    """Processes of the standard library would import the main module once more, without its guard."""
    script = tmp_path / "script.py"
    script.write_text(
        "from knowledge import preparing\n"
        "preparing.MANY = 1\n"
        "from knowledge.embedding import load_embedder\n"
        "print('once')\n"
        "with preparing.Preparer(load_embedder('redress'), 1) as preparer:\n"
        "    assert preparer._ready.result()\n"
        "    print(preparer.ahead(['退款'])().words)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.splitlines() == ["once", "['退款']"]


def test_an_item_is_handed_on_when_the_next_is_made() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for n in range(3):
            made.append(n)
            yield n

    assert [(n, len(made)) for n in one_ahead(items())] == [(0, 2), (1, 3), (2, 3)]
    assert list(one_ahead(iter([]))) == []


@pytest.mark.usefixtures("for_few")
def test_an_index_fed_by_a_second_process_answers_like_any_other(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.memories.small_embedder", lambda: load_embedder(SHIPPED))
    cases = [
        Case(id=f"c{n}", language="zh", text=f"第{n}次投诉：宽带断网，{text}") for n, text in enumerate(TEXTS)
    ]
    with memory(sqlite_database, tmp_path / "index") as m:
        m.store.put_cases("a", cases)
        m.index.catch_up()
        assert m.index.lag().changes == 0
        before = m.index.lexical("a", "case", cases[7].text, 20)
        m.index.rebuild()
        assert m.index.lexical("a", "case", cases[7].text, 20) == before
        assert "c7" in dict(before)


class TestWordsAddedButNotCommitted:
    """What `Words.add` does until `Words.commit`."""

    @staticmethod
    def _found(words: Words, text: str) -> list[str]:
        return [i for i, _ in words.nearest("a", "case", text, 10)]

    def test_nobody_finds_them_and_discarding_forgets_them(self, tmp_path: Path) -> None:
        words = Words(tmp_path)
        words.add("a", "case", {"1": joined("refund")}, [])
        assert self._found(words, "refund") == []
        words.discard()
        words.apply("a", "case", {"2": joined("parcel")}, [])
        assert self._found(words, "refund") == []
        assert self._found(words, "parcel") == ["2"]

    def test_the_last_of_several_writes_holds_and_leaves_no_twin(self, tmp_path: Path) -> None:
        words, plain = Words(tmp_path / "a"), Words(tmp_path / "b")
        words.apply("a", "case", {"1": joined("refund"), "2": joined("parcel")}, [])
        for text in ("fee", "refund", "fee", "refund"):
            words.add("a", "case", {"1": joined(text)}, [])
        words.add("a", "case", {"2": joined("broken parcel")}, [])
        words.add("a", "case", {}, ["2"])
        words.add("a", "case", {"2": joined("parcel")}, [])
        words.commit()
        plain.apply("a", "case", {"1": joined("refund"), "2": joined("parcel")}, [])
        assert self._found(words, "fee") == self._found(words, "broken") == []
        assert self._found(words, "refund parcel") == self._found(plain, "refund parcel")
        assert words.count("a", "case") == 2

    def test_what_was_not_committed_at_the_end_is_lost_and_written_again(self, tmp_path: Path) -> None:
        words = Words(tmp_path)
        words.add("a", "case", {"1": joined("refund")}, [])
        words.close()
        again = Words(tmp_path)
        assert self._found(again, "refund") == []
        again.apply("a", "case", {"1": joined("refund")}, [])
        assert self._found(again, "refund") == ["1"]

    def test_an_item_that_comes_back_with_the_text_it_had_is_found(self, tmp_path: Path) -> None:
        words = Words(tmp_path)
        words.apply("a", "case", {"1": joined("refund"), "2": joined("parcel"), "3": joined("fee")}, [])
        words.apply("a", "case", {}, ["2"])
        words.apply("a", "case", {"2": joined("parcel"), "1": joined("broken")}, [])
        words.apply("a", "case", {"1": joined("refund")}, [])
        assert self._found(words, "parcel") == ["2"]
        assert self._found(words, "refund") == ["1"] and self._found(words, "broken") == []

    def test_many_tenants_do_not_hold_many_files_open(self, tmp_path: Path) -> None:
        words, before = Words(tmp_path), _open_files()
        for n in range(4 * MOST_WRITERS):
            words.add(f"tenant {n}", "case", {"1": joined("refund")}, [])
        while_writing = _open_files()
        words.commit()
        assert while_writing - before < 16 * MOST_WRITERS
        assert [i for i, _ in words.nearest(f"tenant {4 * MOST_WRITERS - 1}", "case", "refund", 3)] == ["1"]
        assert [i for i, _ in words.nearest("tenant 0", "case", "refund", 3)] == ["1"]

    def test_who_reads_while_others_write_never_meets_ids_of_before(self, tmp_path: Path) -> None:
        words = Words(tmp_path)
        names = [f"old{n}" for n in range(5)]
        words.apply("a", "case", {name: joined("refund card") for name in names}, [])
        reader = words._readers["a", "case"]  # pyright: ignore[reportPrivateUsage]
        assert set(self._found(words, "refund")) == set(names)
        words.apply("a", "case", {f"new{n}": joined("refund card extra") for n in range(5)}, names)
        assert set(self._found(words, "refund")) == {f"new{n}" for n in range(5)}
        assert words._readers["a", "case"].ids is not reader.ids  # pyright: ignore[reportPrivateUsage]
        assert {str(reader.searcher.doc(at).get_first("id")) for at in _places(reader)} == set(names)


def _places(reader: Any) -> list[Any]:
    return [tantivy.DocAddress(*place) for place in reader.ids]


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_the_second_process_imports_nothing_from_the_folder_it_is_called_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "queue.py").write_text("raise SystemExit('imported from the folder')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [path for path in sys.path if path])
    second = _SecondProcess.begun(StaticEmbedder.shipped())
    assert second is not None
    try:
        assert second.meets(StaticEmbedder.shipped())
    finally:
        second.end()


def test_the_second_process_ends_when_what_it_is_sent_breaks_off() -> None:
    command = [sys.executable, "-c", "from knowledge.preparing import serve; serve()", LEXICAL]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(pickle.dumps(["refund"] * 100)[:50])
        process.stdin.close()
        assert process.wait(60) is not None


def test_an_index_that_fails_between_commits_repeats_them(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [Case(id=f"c{n}", language="en", text=f"parcel number {n} lost") for n in range(30)]
    with memory(sqlite_database, tmp_path / "index") as m:
        monkeypatch.setattr(m.index, "_batch", 4)
        m.store.put_cases("a", cases)
        upsert, calls = type(m.index._open_generation().vectors).upsert, iter(range(100))  # pyright: ignore[reportPrivateUsage]

        def failing(*given: object) -> None:
            if next(calls) == 6:
                raise OSError(28, "No space left on device")
            upsert(*given)  # pyright: ignore[reportArgumentType]

        monkeypatch.setattr(type(m.index._open_generation().vectors), "upsert", failing)  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(OSError, match="No space"):
            m.index.catch_up()
        assert m.index.lag().changes == 10  # five batches of four were committed
        assert m.index.catch_up() == 10
        assert len(m.index.lexical("a", "case", "parcel", 50)) == 30
    deadline = time.monotonic() + 5
    while _second_processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _second_processes() == []
