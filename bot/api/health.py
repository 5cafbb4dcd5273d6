"""Is it alive, is it ready, what does it measure."""

import sqlite3
from typing import Any, Final

from anyio import to_thread
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.api.requests import JsonRequest, Keys
from bot.database import Database
from bot.errors import BotError, Forbidden
from bot.measures import Measures
from bot.settings import Settings
from knowledge.index import Index

WAL_RESET_FIXED: Final = (3, 51, 3)


class Health(Controller):
    """For load balancers and the people who run the service."""

    path = "/health"
    tags = ["health"]
    opt = {"exclude_from_auth": True}

    @get("/live", sync_to_thread=False)
    def live(self) -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @get("/ready")
    async def ready(
        self,
        database: NamedDependency[Database],
        index: NamedDependency[Index],
        models: NamedDependency[dict[str, str]],
    ) -> Response[dict[str, Any]]:
        """The database answers and the index is not failing; with its lag, and the models in use."""
        return await to_thread.run_sync(_readiness, database, index, models)


class Metrics(Controller):
    """Prometheus metrics."""

    path = "/metrics"
    tags = ["health"]
    opt = {"exclude_from_auth": True}

    @get("/", media_type="text/plain")
    async def metrics(
        self,
        request: JsonRequest,
        settings: NamedDependency[Settings],
        measures: NamedDependency[Measures],
        index: NamedDependency[Index],
    ) -> Response[bytes]:
        """What the service measured; with an admin key unless REDRESS_METRICS_OPEN is set."""
        if not settings.metrics_open:
            _, _, key = request.headers.get("authorization", "").partition(" ")
            keys: Keys = request.app.state["keys"]
            if not (await keys.access(key.strip())).allows("admin"):
                raise Forbidden("metrics need a key with the scope 'admin', or REDRESS_METRICS_OPEN=true")
        lag = await to_thread.run_sync(index.lag)
        measures.index_lag.set(lag.changes)
        return Response(generate_latest(measures.registry), media_type=CONTENT_TYPE_LATEST)


def _readiness(database: Database, index: Index, models: dict[str, str]) -> Response[dict[str, Any]]:
    faults: list[str] = []
    changes: int | None = None
    try:
        database.ping()
        lag = index.lag()
        changes = lag.changes
        if lag.error:
            faults.append(f"index: {lag.error}")
    except BotError as error:
        faults.append(f"database: {error}")
    body = {
        "status": "ready" if not faults else "failing",
        "faults": faults,
        "index": {"lag_changes": changes, "applied": index.applied},
        "models": models,
        "database": _database(database),
    }
    return Response(body, status_code=200 if not faults else 503)


def _database(database: Database) -> dict[str, Any]:
    if database.dialect != "sqlite":
        return {"kind": database.dialect}
    return {
        "kind": "sqlite",
        "version": sqlite3.sqlite_version,
        "wal_reset_bug": sqlite3.sqlite_version_info < WAL_RESET_FIXED,
        "guard": "one writer at a time across processes, by a lock file",
    }
