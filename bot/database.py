"""The database: SQLite by default, PostgreSQL at scale. SQL is the truth; everything else is a cache of it.

Every session belongs to one tenant, and every statement it runs is confined to that tenant's rows: the
predicate is added here, never by the caller. A statement this cannot confine is refused.

SQLite 3.7.0 to 3.51.2 can corrupt a database in WAL mode when two connections write or checkpoint at the
same instant (fixed in 3.51.3, https://sqlite.org/wal.html#walresetbug). Most Python builds in use link an
affected version. So one process has one writer connection, and writers of several processes take turns by a
lock file beside the database, held over the whole transaction including its checkpoint.
"""

import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast

from filelock import FileLock, Timeout
from sqlalchemy import (
    URL,
    ColumnElement,
    Engine,
    FromClause,
    Join,
    Select,
    Table,
    bindparam,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError as PoolTimeout
from sqlalchemy.orm import LoaderCriteriaOption, ORMExecuteState, Session, sessionmaker, with_loader_criteria
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from bot.errors import InvalidSettings, StorageUnavailable
from bot.migrations import is_newest
from bot.schema import TenantRow as BotRow
from knowledge.schema import TenantRow as KnowledgeRow
from profiles.schema import TenantRow as ProfileRow

TENANT_ROWS: Final = (BotRow, KnowledgeRow, ProfileRow)
LOCK_TIMEOUT: Final = 30.0
"""Seconds a writer waits for another process before it says so."""
CHANGE_LOG_LOCK: Final = 0x52454452
"""Key of the PostgreSQL advisory lock that makes the order of the change log the order of its commits."""
READERS: Final = 8
CACHE_KIB: Final = 8192
"""Pages each SQLite connection keeps: the inner pages of a million rows, so that a look costs few reads."""
WRITER_CACHE_KIB: Final = 65_536
"""The one that writes keeps more: an import puts rows of the same customers into indexes all over."""

_EVERY_TENANT: Final = object()

DriverRow = tuple[Any, ...]
Look = Callable[[str, Mapping[str, Any]], list[list[DriverRow]]]
"""Runs prepared queries for a tenant."""


class TenantMissing(Exception):
    """A statement that cannot be confined to one tenant. A mistake in our own code, never the caller's."""


class Database:
    """Sessions that see one tenant. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
        except Exception as error:
            raise InvalidSettings(
                f"REDRESS_DATABASE_URL is no database URL: {error}; write it like "
                "'postgresql://user:password@host/name' or leave it empty for SQLite"
            ) from error
        self.url: Final = _with_driver(parsed)
        self.dialect: Final = self.url.get_backend_name()
        if self.dialect == "sqlite":
            self._writer, self._reader = _sqlite_engines(self.url)
            self._file_lock: FileLock | None = FileLock(f"{self.url.database}.lock", thread_local=False)
        else:
            self._writer = self._reader = create_engine(
                self.url, pool_size=20, max_overflow=0, pool_pre_ping=True, pool_timeout=LOCK_TIMEOUT
            )
            self._file_lock = None
        self._turn = threading.Lock()
        self._write_sessions = _confined(sessionmaker(self._writer, expire_on_commit=False))
        self._read_sessions = _confined(sessionmaker(self._reader, expire_on_commit=False))

    def read(self, tenant: str) -> AbstractContextManager[Session]:
        """A session that reads this tenant's rows."""
        return self._reading(tenant)

    def prepare(self, *queries: Select[*tuple[Any, ...]]) -> Look:
        """Queries of the hot path, confined and compiled once: a session's own work costs ten times theirs.

        The look that comes back takes a tenant and the values of the queries' parameters, and returns the
        rows of each query, in order, with values as the driver gives them.

        Raises:
            TenantMissing: a query reads from something else than tables whose rows have a tenant.
        """
        compiled = [_Compiled.of(query, self._reader) for query in queries]

        def look(tenant: str, values: Mapping[str, Any]) -> list[list[DriverRow]]:
            if not tenant:
                raise TenantMissing("a prepared query was run without a tenant")
            own = {**values, "tenant": tenant}
            with self._driver() as connection:
                return [query.rows(connection, own) for query in compiled]

        return look

    def read_every_tenant(self) -> AbstractContextManager[Session]:
        """A session that reads all tenants' rows: to look up an API key, to tail the change log."""
        return self._reading(_EVERY_TENANT)

    def write(self, tenant: str, *, ordered: bool = False) -> AbstractContextManager[Session]:
        """A transaction on this tenant's rows, committed and on disk when the block ends.

        `ordered` makes change-log entries visible in the order of their numbers (a no-op on SQLite, whose
        writers take turns anyway).

        Raises:
            StorageUnavailable: the disk is full or read-only, the server is gone, or another process
                held the writer's turn for too long.
        """
        return self._writing(tenant, ordered)

    def write_every_tenant(self) -> AbstractContextManager[Session]:
        """A transaction on all tenants' rows: to create a tenant and its first key."""
        return self._writing(_EVERY_TENANT, ordered=False)

    def migrate(self) -> None:
        """Bring the schema up to date.

        Raises:
            StorageUnavailable: the database was made by a newer version, or cannot be opened.
        """
        with _storage_errors(), self._my_turn(), self._writer.connect() as connection:
            if is_newest(connection):
                return
            from bot.migrations.upgrade import upgrade  # alembic: a twentieth of the start, seldom needed

            if self.dialect == "postgresql":  # replicas may start together
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHANGE_LOG_LOCK})
            upgrade(connection)
            connection.commit()

    def ping(self) -> None:
        """Ask the database for nothing, to see that it answers."""
        with _storage_errors(), self._reader.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give every connection back. The last SQLite connection checkpoints, so it takes its turn."""
        try:
            with self._my_turn():
                self._reader.dispose()
                self._writer.dispose()
        except StorageUnavailable:
            self._reader.dispose()

    @contextmanager
    def _driver(self) -> Generator[PoolProxiedConnection]:
        """A reader's connection as the driver has it; given up, not given back, when a query fails."""
        try:
            with _storage_errors():
                connection = self._reader.raw_connection()
        except self._reader.dialect.loaded_dbapi.Error as error:  # the engine does not wrap it here
            raise StorageUnavailable(f"the database refused: {error}") from error
        try:
            yield connection
        except self._reader.dialect.loaded_dbapi.Error as error:
            connection.invalidate()
            raise StorageUnavailable(f"the database refused: {error}") from error
        finally:
            connection.close()

    @contextmanager
    def _reading(self, tenant: object) -> Generator[Session]:
        with _storage_errors(), self._read_sessions(info={"tenant": tenant}) as session:
            yield session

    @contextmanager
    def _writing(self, tenant: object, ordered: bool) -> Generator[Session]:
        with (
            _storage_errors(),
            self._my_turn(),
            self._write_sessions(info={"tenant": tenant}) as session,
            session.begin(),
        ):
            if ordered and self.dialect == "postgresql":
                session.connection().execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHANGE_LOG_LOCK}
                )
            yield session

    @contextmanager
    def _my_turn(self) -> Generator[None]:
        if self._file_lock is None:
            yield
            return
        with self._turn:
            try:
                self._file_lock.acquire(timeout=LOCK_TIMEOUT)
            except Timeout as error:
                raise StorageUnavailable(
                    f"another process has been writing to {self.url.database} for {LOCK_TIMEOUT:.0f} s: "
                    "wait until it is done, or stop it"
                ) from error
            except OSError as error:
                raise StorageUnavailable(f"cannot lock {self.url.database}: {error.strerror}") from error
            try:
                yield
            finally:
                self._file_lock.release()


def _with_driver(url: URL) -> URL:
    """The URL with the driver we ship; only SQLite files and PostgreSQL are ours to run on."""
    backend = url.get_backend_name()
    if backend in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite+pysqlite")
    raise InvalidSettings(
        f"REDRESS_DATABASE_URL names {backend!r} without a file or of a kind we do not run on: "
        "use 'postgresql://user:password@host/name' or 'sqlite:////path/to/file.db'"
    )


def _sqlite_engines(url: URL) -> tuple[Engine, Engine]:
    """The one writer, and the readers."""
    arguments: dict[str, Any] = {
        "poolclass": QueuePool,
        "max_overflow": 0,
        "pool_timeout": LOCK_TIMEOUT,
        "connect_args": {"check_same_thread": False, "timeout": 5.0},
    }
    writer = create_engine(url, pool_size=1, **arguments)
    reader = create_engine(url, pool_size=READERS, **arguments)
    common = (
        "foreign_keys=ON",
        "trusted_schema=OFF",
        "cell_size_check=ON",
        "mmap_size=0",
    )
    for engine, pragmas, begin in (
        (
            writer,
            (
                "journal_mode=WAL",
                "synchronous=FULL",
                "secure_delete=ON",
                f"cache_size=-{WRITER_CACHE_KIB}",
                *common,
            ),
            "BEGIN IMMEDIATE",
        ),
        (reader, ("query_only=ON", f"cache_size=-{CACHE_KIB}", *common), "BEGIN"),
    ):
        _prepare_sqlite(engine, pragmas, begin)
    return writer, reader


def _prepare_sqlite(engine: Engine, pragmas: tuple[str, ...], begin: str) -> None:
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, so that it can be IMMEDIATE
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    def begun(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A query as text, confined to a tenant."""

    sql: str
    names: tuple[str, ...] | None
    """Of its parameters in order, where the driver wants them so."""

    @classmethod
    def of(cls, query: Select[*tuple[Any, ...]], engine: Engine) -> "_Compiled":
        sources = [part for source in query.get_final_froms() for part in _tables(source)]
        for table in sources:
            columns: Mapping[str, ColumnElement[Any]] = dict(table.columns)
            if not isinstance(table, Table) or "tenant" not in columns:
                raise TenantMissing(f"a prepared query reads from {table}, whose rows have no tenant")
            query = query.where(columns["tenant"] == bindparam("tenant"))
        compiled = query.compile(engine)
        order = compiled.positiontup
        return cls(str(compiled), None if order is None else tuple(order))

    def rows(self, connection: PoolProxiedConnection, values: Mapping[str, Any]) -> list[DriverRow]:
        given = dict(values) if self.names is None else tuple(values[name] for name in self.names)
        cursor = connection.cursor()
        try:
            cursor.execute(self.sql, given)
            return list(cursor.fetchall())
        finally:
            cursor.close()


def _tables(source: FromClause) -> Iterator[FromClause]:
    if isinstance(source, Join):
        yield from _tables(source.left)
        yield from _tables(source.right)
    else:
        yield source


def _confined(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    event.listen(sessions, "do_orm_execute", _confine)
    event.listen(sessions, "before_flush", _refuse_unit_of_work)
    return sessions


def _confine(state: ORMExecuteState) -> None:
    tenant = state.session.info["tenant"]
    if tenant is _EVERY_TENANT:
        return
    if not isinstance(tenant, str) or not tenant:
        raise TenantMissing("a session was opened without a tenant")
    if not state.is_orm_statement:
        raise TenantMissing("a statement on bare tables or text: write it on the mapped classes")
    if state.is_insert or (state.is_update and isinstance(state.parameters, list)):
        _stamp(state, tenant)
        return
    state.statement = state.statement.options(*_criteria(tenant))


@lru_cache(maxsize=4096)
def _criteria(tenant: str) -> tuple[LoaderCriteriaOption, ...]:
    """What confines a statement to a tenant; made once, as making it costs more than using it."""
    return tuple(
        with_loader_criteria(row, lambda cls: cls.tenant == tenant, include_aliases=True)
        for row in TENANT_ROWS
    )


def _stamp(state: ORMExecuteState, tenant: str) -> None:
    """Write the session's tenant into the rows of an insert or a bulk update."""
    rows = state.parameters
    if rows is None:
        raise TenantMissing("an insert with its rows inside the statement: pass them as parameters")
    for row in cast("list[dict[str, Any]]", rows if isinstance(rows, list) else [rows]):
        if row.setdefault("tenant", tenant) != tenant:
            raise TenantMissing("a row of another tenant")


def _refuse_unit_of_work(session: Session, _context: object, _instances: object) -> None:
    if session.new or session.dirty or session.deleted:
        raise TenantMissing("objects added to a session: write with insert, update and delete statements")


@contextmanager
def _storage_errors() -> Generator[None]:
    """Name what a full disk, a lost server or a locked file means, without the statement's parameters."""
    try:
        yield
    except OperationalError as error:
        raise StorageUnavailable(f"the database refused: {error.orig}") from error
    except PoolTimeout as error:
        raise StorageUnavailable(
            f"no database connection came free within {LOCK_TIMEOUT:.0f} s: fewer callers, or a faster disk"
        ) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StorageUnavailable(f"the database connection was lost: {error.orig}") from error
        raise
