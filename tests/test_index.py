"""The index is a cache: it follows the change log, survives anything, and can be made anew."""

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from bot.database import Database
from knowledge.case import Case
from knowledge.errors import EmbedderMismatch, IndexLocked, IndexUnavailable
from knowledge.index import Index
from knowledge.preparing import Preparer
from knowledge.store import ItemKind, KnowledgeStore
from tests.memories import ARTICLES, CASES, TODAY, Memory, memory, small_embedder


def _answers(memory: Memory) -> list[tuple[list[str], list[str]]]:
    found: list[tuple[list[str], list[str]]] = []
    for text in ("年费 扣款", "refund not arrived", "broadband down 宽带坏了"):
        cases, passages = memory.search.recall(memory.search.question("a", text, TODAY), 5, 3)
        found.append(([m.id for m in cases], [m.id for m in passages]))
    return found


def _put(memory: Memory) -> None:
    memory.store.put_cases("a", CASES)
    memory.store.put_articles("a", ARTICLES)


def test_it_follows_the_change_log(database: Database, tmp_path: Path) -> None:
    with memory(database, tmp_path / "index") as m:
        _put(m)
        assert m.index.lag().changes == 14
        m.index.catch_up()
        assert m.index.lag().changes == 0
        assert _answers(m)[1][0][0] == "en-3"
        m.store.put_cases("a", [CASES[6].model_copy(update={"text": "The kettle exploded"})])
        m.store.delete_case("a", "zh-1")
        m.index.catch_up()
        assert "zh-1" not in _answers(m)[0][0]
        found = m.search.cases(m.search.question("a", "kettle explosion", TODAY), 1)
        assert [match.id for match in found] == ["en-3"]


def test_a_rebuild_gives_the_same_answers_as_following_the_log(database: Database, tmp_path: Path) -> None:
    with memory(database, tmp_path / "index") as m:
        for case in CASES:
            m.store.put_cases("a", [case])
            m.index.catch_up()
        m.store.put_articles("a", ARTICLES)
        m.index.catch_up()
        before = _answers(m)
        m.index.rebuild()
        assert _answers(m) == before
        assert m.index.lag().changes == 0
        assert [path.name for path in (tmp_path / "index").glob("gen-*")] == ["gen-000002"]


def test_a_batch_that_was_applied_but_not_noted_is_applied_again_without_harm(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """What a crash between writing a batch and noting its number leaves behind."""
    with memory(sqlite_database, tmp_path / "index") as m:
        _put(m)
        m.index.catch_up()
        before = _answers(m)
    state = tmp_path / "index" / "gen-000001" / "state.json"
    state.write_text(state.read_text().replace('"applied": 14', '"applied": 3'))
    with memory(sqlite_database, tmp_path / "index") as m:
        assert m.index.lag().changes == 11
        m.index.catch_up()
        assert _answers(m) == before


def test_a_deleted_index_comes_back(sqlite_database: Database, tmp_path: Path) -> None:
    with memory(sqlite_database, tmp_path / "index") as m:
        _put(m)
        m.index.catch_up()
        before = _answers(m)
    shutil.rmtree(tmp_path / "index")
    with memory(sqlite_database, tmp_path / "index") as m:
        m.index.catch_up()
        assert _answers(m) == before


def test_changes_are_applied_in_the_background(sqlite_database: Database, tmp_path: Path) -> None:
    with memory(sqlite_database, tmp_path / "index") as m:
        m.index.start()
        _put(m)
        m.index.wake()
        deadline = time.monotonic() + 20
        while m.index.lag().changes and time.monotonic() < deadline:
            time.sleep(0.02)
        assert m.index.lag().changes == 0


def test_search_answers_while_the_index_is_rebuilt(sqlite_database: Database, tmp_path: Path) -> None:
    with memory(sqlite_database, tmp_path / "index") as m:
        _put(m)
        m.index.catch_up()
        before, during = _answers(m), list[object]()
        m.index.rebuild(progress=lambda _done, _all: during.append(_answers(m)))
        assert during
        assert all(answers == before for answers in during)


def test_the_owner_rebuilds_when_another_process_asks(sqlite_database: Database, tmp_path: Path) -> None:
    with memory(sqlite_database, tmp_path / "index") as m:
        _put(m)
        m.index.start()
        Index(tmp_path / "index", m.store, m.embedder).ask_for_rebuild()
        m.index.wake()
        deadline = time.monotonic() + 20
        while m.index.rebuild_asked and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not m.index.rebuild_asked
        assert (tmp_path / "index" / "current").read_text() == "gen-000002"


def test_a_second_process_is_refused_at_once(sqlite_database: Database, tmp_path: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom knowledge.errors import IndexLocked\n"
        "from tests.memories import small_embedder\nfrom knowledge.index import Index\n"
        "try:\n    Index(Path(sys.argv[1]), None, small_embedder()).open()\n"
        "except IndexLocked as error:\n    print(error); sys.exit(3)\n"
    )
    with memory(sqlite_database, tmp_path / "index"):
        other = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "index")],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=Path(__file__).parents[1],
            check=False,
        )
    assert other.returncode == 3, other.stderr
    assert "another process owns the index" in other.stdout
    assert "REDRESS_HOME" in other.stdout


def test_the_same_directory_cannot_be_opened_twice(sqlite_database: Database, tmp_path: Path) -> None:
    with memory(sqlite_database, tmp_path / "index") as m, pytest.raises(IndexLocked):
        Index(tmp_path / "index", m.store, m.embedder).open()


def test_vectors_of_another_embedder_are_refused_with_both_names(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with memory(sqlite_database, tmp_path / "index") as m:
        _put(m)
        m.index.catch_up()
        first = m.embedder.name
    other = small_embedder(rarity=5)
    assert other.name != first
    index = Index(tmp_path / "index", KnowledgeStore(sqlite_database), other)
    with pytest.raises(EmbedderMismatch) as caught:
        index.open()
    assert repr(first) in str(caught.value)
    assert repr(other.name) in str(caught.value)
    index.open(for_rebuild=True)
    index.rebuild()
    assert index.lag().changes == 0
    index.close()
    with memory(sqlite_database, tmp_path / "index", other) as m:
        assert _answers(m)[1][0][0] == "en-3"


def test_a_damaged_index_says_how_to_mend_it(sqlite_database: Database, tmp_path: Path) -> None:
    with memory(sqlite_database, tmp_path / "index"):
        pass
    (tmp_path / "index" / "gen-000001" / "state.json").write_text("{")
    with pytest.raises(IndexUnavailable, match="redress rebuild"):
        Index(tmp_path / "index", KnowledgeStore(sqlite_database), small_embedder()).open()


def test_applying_goes_on_after_a_failure(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with memory(sqlite_database, tmp_path / "index") as m:
        write = Index._group  # pyright: ignore[reportPrivateUsage]
        failures = iter([True])

        def failing(self: Index, preparer: Preparer, tenant: str, kind: ItemKind, ids: list[str]) -> object:
            if next(failures, False):
                raise OSError(28, "No space left on device")
            return write(self, preparer, tenant, kind, ids)

        monkeypatch.setattr(Index, "_group", failing)
        _put(m)
        m.index.start()
        m.index.wake()
        deadline = time.monotonic() + 20
        while not m.index.lag().error and time.monotonic() < deadline:
            time.sleep(0.005)
        assert "No space left" in m.index.lag().error
        while m.index.lag().changes and time.monotonic() < deadline:
            m.index.wake()
            time.sleep(0.02)
        assert m.index.lag().changes == 0


def test_a_text_without_letters_is_found_by_nobody_and_breaks_nothing(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with memory(sqlite_database, tmp_path / "index") as m:
        m.store.put_cases("a", [Case(id="e", language="zh", text="😀😀"), CASES[0]])
        m.index.catch_up()
        assert not m.embedder.embed_query("😀").any()
        cases, _ = m.search.recall(m.search.question("a", "😀", TODAY), 5, 3)
        assert "zh-1" not in [match.id for match in cases]


def test_the_index_holds_no_words_of_a_case(sqlite_database: Database, tmp_path: Path) -> None:
    """Ids, vectors and separate tokens only: no text can be read back."""
    secret = "独一无二的暗号句子在这里出现过"
    with memory(sqlite_database, tmp_path / "index") as m:
        m.store.put_cases("a", [Case(id="s", language="zh", text=f"投诉说 {secret}")])
        m.index.catch_up()
    needle = secret.encode()
    for path in (tmp_path / "index").rglob("*"):
        if path.is_file():
            assert needle not in path.read_bytes(), path


def test_rows_in_the_index_are_unit_vectors(sqlite_database: Database, tmp_path: Path) -> None:
    with memory(sqlite_database, tmp_path / "index") as m:
        rows = m.embedder.embed_documents([case.text for case in CASES])
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
        _put(m)
        m.index.catch_up()
        found = m.index.dense("a", "case", rows[2], 1)
        assert found[0][0] == "zh-3"
        assert found[0][1] == pytest.approx(1, abs=1e-5)


def test_what_is_written_is_found_though_others_read_meanwhile(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """Readers that fill the copy of a small collection must not keep one from before the write."""
    with memory(sqlite_database, tmp_path / "index") as m:
        m.store.put_cases("a", CASES)
        m.index.catch_up()
        stop = threading.Event()
        vector = m.embedder.embed_query("退款")

        def read() -> None:
            while not stop.is_set():
                m.index.dense("a", "case", vector, 5)

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        try:
            for n in range(25):
                m.store.put_cases("a", [Case(id=f"new-{n}", language="zh", text=f"全新的退款事由{n}")])
                m.index.catch_up()
                found = m.index.dense("a", "case", m.embedder.embed_query(f"全新的退款事由{n}"), 3)
                assert found[0][0] == f"new-{n}"
        finally:
            stop.set()
            for reader in readers:
                reader.join()
