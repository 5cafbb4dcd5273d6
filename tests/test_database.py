"""The database confines every statement to a tenant, on SQLite and PostgreSQL alike."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from bot.database import READERS, Database, TenantMissing
from bot.errors import InvalidSettings, StorageUnavailable
from bot.migrations import VERSIONS, newest
from bot.schema import Base as BotBase
from knowledge.case import Case
from knowledge.schema import Base as KnowledgeBase, CaseRow, ChangeRow
from knowledge.store import KnowledgeStore
from profiles.schema import Base as ProfileBase


def _case(case_id: str, words: str = "退款没到账") -> Case:
    return Case(id=case_id, language="zh", text=words)


def test_the_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    metadata = [BotBase.metadata, KnowledgeBase.metadata, ProfileBase.metadata]
    with database._writer.connect() as connection:  # pyright: ignore[reportPrivateUsage]
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []  # pyright: ignore[reportArgumentType]  # a list is accepted, as env.py gives


def test_migrating_twice_changes_nothing(database: Database) -> None:
    KnowledgeStore(database).put_cases("a", [_case("1")])
    database.migrate()
    assert list(KnowledgeStore(database).cases("a", ["1"])) == ["1"]


def test_tenants_see_their_own_rows_only(database: Database) -> None:
    store = KnowledgeStore(database)
    store.put_cases("a", [_case("1", "甲")])
    store.put_cases("b", [_case("1", "乙"), _case("2", "丙")])
    assert {i: case.text for i, case in store.cases("a", ["1", "2"]).items()} == {"1": "甲"}
    assert not store.delete_case("a", "2")
    assert store.delete_case("a", "1")
    assert {i: case.text for i, case in store.cases("b", ["1", "2"]).items()} == {"1": "乙", "2": "丙"}


def test_a_prepared_query_is_confined_in_every_table_it_joins(database: Database) -> None:
    store = KnowledgeStore(database)
    store.put_cases("a", [_case("1", "甲")])
    store.put_cases("b", [_case("1", "乙"), _case("2", "丙")])
    joined = select(CaseRow.id, CaseRow.body, ChangeRow.tenant).join(
        ChangeRow, ChangeRow.item_id == CaseRow.id
    )
    named = select(CaseRow.id).where(CaseRow.id == bindparam("wanted"))
    look = database.prepare(joined, named)
    both, found = look("a", {"wanted": "1"})
    assert [(case, tenant) for case, _, tenant in map(tuple, both)] == [("1", "a")]
    assert "甲" in tuple(both[0])[1]
    assert [row[0] for row in found] == ["1"]
    assert look("a", {"wanted": "2"})[1] == []
    assert look("nobody", {"wanted": "1"}) == [[], []]
    with pytest.raises(TenantMissing, match="without a tenant"):
        look("", {"wanted": "1"})


def test_a_prepared_query_that_fails_says_so_and_spoils_no_connection(database: Database) -> None:
    store = KnowledgeStore(database)
    store.put_cases("a", [_case("1", "甲")])
    missing = Table("never_made", MetaData(), Column("tenant", String))
    broken, good = database.prepare(select(missing)), database.prepare(select(CaseRow.id))
    for _ in range(READERS + 1):
        with pytest.raises(StorageUnavailable, match="never_made"):
            broken("a", {})
    assert [[tuple(row) for row in rows] for rows in good("a", {})] == [[("1",)]]


def test_a_query_on_something_without_tenants_cannot_be_prepared(database: Database) -> None:
    with pytest.raises(TenantMissing, match="no tenant"):
        database.prepare(select(text("1")).select_from(Table("plain", MetaData(), Column("x", Integer))))
    inner = select(CaseRow.id).subquery()
    with pytest.raises(TenantMissing, match="no tenant"):
        database.prepare(select(inner.c.id))


def test_the_confinement_reaches_joins_subqueries_updates_and_deletes(database: Database) -> None:
    store = KnowledgeStore(database)
    store.put_cases("a", [_case("1")])
    store.put_cases("b", [_case("1"), _case("2")])
    with database.read("a") as session:
        counted = select(func.count()).select_from(CaseRow).scalar_subquery()
        assert session.execute(select(ChangeRow.item_id, counted)).all() == [("1", 1)]
        joined = select(CaseRow.id).join(ChangeRow, ChangeRow.item_id == CaseRow.id)
        assert session.scalars(joined).all() == ["1"]
        elsewhere = select(CaseRow.id).where(CaseRow.id.in_(select(ChangeRow.item_id)))
        assert session.scalars(elsewhere).all() == ["1"]
    with database.write("a") as session:
        session.execute(update(CaseRow).values(industry="x"))
        session.execute(delete(CaseRow))
    assert sorted(store.cases("b", ["1", "2"])) == ["1", "2"]
    assert {case.industry for case in store.every_case("b")} == {""}


@pytest.mark.parametrize(
    "statement",
    [text("SELECT * FROM cases"), select(CaseRow.__table__), delete(CaseRow.__table__)],  # pyright: ignore[reportArgumentType]
    ids=["text", "bare select", "bare delete"],
)
def test_a_statement_that_cannot_be_confined_is_refused(sqlite_database: Database, statement: object) -> None:
    with pytest.raises(TenantMissing), sqlite_database.write("a") as session:
        session.execute(statement)  # pyright: ignore[reportArgumentType, reportCallIssue]


def test_a_row_of_another_tenant_is_refused(sqlite_database: Database) -> None:
    row = {"tenant": "b", "kind": "case", "item_id": "1", "operation": "upsert", "at": None}
    with pytest.raises(TenantMissing, match="another tenant"), sqlite_database.write("a") as session:
        session.execute(insert(ChangeRow), [row])
    with sqlite_database.read("a") as session:
        session.add(CaseRow(tenant="b", id="1"))
        with pytest.raises(TenantMissing):
            session.flush()
    with pytest.raises(TenantMissing), sqlite_database.read("") as session:
        session.scalars(select(CaseRow.id))


def test_the_change_log_is_numbered_in_the_order_of_commits(database: Database) -> None:
    """Writers at once; a reader that tails the log must never see a number appear behind the last it saw."""
    store = KnowledgeStore(database)
    seen: list[int] = []
    done = threading.Event()

    def write(worker: int) -> None:
        for n in range(15):
            store.put_cases("a", [_case(f"{worker}-{n}")])

    def tail() -> None:
        last = 0
        while True:
            finished = done.is_set()
            changes = store.changes_after(last, 1000)
            seen.extend(change.seq for change in changes)
            last = changes[-1].seq if changes else last
            if finished and not changes:
                return

    reader = threading.Thread(target=tail)
    writers = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert len(seen) == 60
    assert seen == sorted(seen)


def test_sqlite_acknowledges_only_what_is_synced(sqlite_database: Database) -> None:
    with sqlite_database._writer.connect() as connection:  # pyright: ignore[reportPrivateUsage]
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "mmap_size")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "mmap_size": 0}


def test_a_second_process_may_write_at_the_same_time(tmp_path: Path) -> None:
    """Writers of several processes take turns; nothing is lost and the file stays sound."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    database = Database(url)
    database.migrate()
    script = (
        "import sys\n"
        "from bot.database import Database\n"
        "from knowledge.case import Case\n"
        "from knowledge.store import KnowledgeStore\n"
        "store = KnowledgeStore(Database(sys.argv[1]))\n"
        "for n in range(60):\n"
        "    store.put_cases('a', [Case(id=f'{sys.argv[2]}-{n}', language='zh', text='甲' * 2000)])\n"
    )
    others = [subprocess.Popen([sys.executable, "-c", script, url, name]) for name in ("p", "q")]
    store = KnowledgeStore(database)
    for n in range(60):
        store.put_cases("a", [_case(f"r-{n}", "乙" * 2000)])
    assert [other.wait(timeout=60) for other in others] == [0, 0]
    assert store.count("a")["cases"] == 180
    with database._writer.connect() as connection:  # pyright: ignore[reportPrivateUsage]
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    database.close()


def test_a_full_disk_is_said_and_what_was_stored_stays(sqlite_database: Database) -> None:
    store = KnowledgeStore(sqlite_database)
    store.put_cases("a", [_case("before")])
    with sqlite_database._writer.connect() as connection:  # pyright: ignore[reportPrivateUsage]
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StorageUnavailable, match="full"):
        store.put_cases("a", [_case(str(n), "长" * 5000) for n in range(50)])
    assert list(store.cases("a", ["before", "0"])) == ["before"]


def test_a_database_of_a_newer_release_is_refused(sqlite_database: Database) -> None:
    with sqlite_database._writer.begin() as connection:  # pyright: ignore[reportPrivateUsage]
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageUnavailable, match="upgrade redress"):
        sqlite_database.migrate()


def test_every_step_of_the_schema_is_named_by_its_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent))
    script = ScriptDirectory.from_config(config)
    steps = {Path(step.path).stem.split("_")[0]: step.revision for step in script.walk_revisions()}
    assert all(name == revision for name, revision in steps.items())
    assert script.get_current_head() == newest()


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/x", "sqlite://"])
def test_a_url_of_another_kind_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(InvalidSettings, match="postgresql://"):
        Database(url)


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "sqlite:///{}/gone/x.db"])
def test_a_database_that_is_not_there_is_said_by_the_prepared_queries_too(tmp_path: Path, url: str) -> None:
    database = Database(url.format(tmp_path))
    with pytest.raises(StorageUnavailable, match="refused"):
        KnowledgeStore(database).found("a", ["1"], [])


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    database = Database(f"sqlite:///{tmp_path / 'file' / 'x.db'}")
    with pytest.raises(StorageUnavailable, match="cannot lock"):
        database.migrate()
