"""Who judges a complaint for a command: this process, or the service that owns the index."""

import tempfile
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from anyio import to_thread

from bot.access import TenantSettings
from bot.cli.batch import BadLine, Consider
from bot.cli.beside import service_that_owns
from bot.cli.console import choose_tenant, has_home, remark
from bot.complaint import ComplaintIn
from bot.settings import Settings
from bot.wiring import Parts, open_parts, open_store
from knowledge.errors import IndexLocked


@asynccontextmanager
async def considering(settings: Settings, tenant: str | None) -> AsyncGenerator[Consider]:
    """Something that judges complaints for a tenant; where there is no home yet, with an empty memory.

    Raises:
        IndexLocked: another process owns the index, and no service answers.
        Stopped: the choice of a tenant is open.
        ModelUnavailable, EmbedderMismatch, StorageUnavailable: see `open_parts`.
    """
    with ExitStack() as stack:
        if not has_home(settings):
            settings, tenant = _empty_home(settings, tenant, stack)
        with open_store(settings) as stored:
            owner = choose_tenant(stored.tenants, tenant)
        try:
            parts = stack.enter_context(open_parts(settings))
        except IndexLocked as locked:
            service = service_that_owns(settings, owner, locked)
            stack.callback(service.close)
            yield _by_service(service.triage)
            return
        parts.index.catch_up()
        yield _here(parts, owner)
        if parts.chat is not None:
            await parts.chat.aclose()


def _empty_home(settings: Settings, tenant: str | None, stack: ExitStack) -> tuple[Settings, str]:
    remark(
        f"there is nothing at {settings.home} yet: judging with what is shipped and an empty memory "
        "('redress init --sample' gives it one)"
    )
    # on Windows the index's files may still be open when the folder goes
    place = stack.enter_context(tempfile.TemporaryDirectory(prefix="redress-", ignore_cleanup_errors=True))
    temporary = settings.model_copy(update={"home": Path(place)})
    name = tenant or "default"
    with open_store(temporary) as stored:
        stored.tenants.create(name, TenantSettings())
    return temporary, name


def _here(parts: Parts, tenant: str) -> Consider:
    async def consider(complaint: ComplaintIn, complaint_id: str) -> dict[str, Any]:
        return (await parts.desk.consider(tenant, complaint, complaint_id)).public()

    return consider


def _by_service(triage: Any) -> Consider:
    async def consider(complaint: ComplaintIn, complaint_id: str) -> dict[str, Any]:
        payload = complaint.model_dump(mode="json", exclude_defaults=True)
        found: dict[str, Any] = await to_thread.run_sync(triage, payload)
        if "status" in found:
            raise BadLine("refused", str(found.get("detail") or found.get("title")))
        return {**found, "complaint_id": complaint_id or found["complaint_id"]}

    return consider
