"""Tells the world outside of promises whose day has passed: once each, until the receiver has taken it."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from anyio import to_thread

from bot.access import Tenants
from bot.channels.outgoing import Outgoing
from bot.promises import Promise, Promises

log = logging.getLogger(__name__)

EVERY: Final = 60.0
"""Seconds between two looks."""
LONGEST: Final = 3600.0
"""Seconds between two looks, at most, while a receiver takes nothing."""
AT_ONCE: Final = 100
"""Events of a tenant that go out at one look."""
KIND: Final = "commitment.overdue"


class Overdue:
    """Looks now and then, and sends `commitment.overdue` for every open promise whose day has passed."""

    def __init__(
        self, promises: Promises, tenants: Tenants, outgoing: Outgoing, every: float = EVERY
    ) -> None:
        self._promises, self._tenants, self._outgoing = promises, tenants, outgoing
        self._every = every
        self._looking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to look."""
        self._looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        """Stop; what was not delivered goes out at the next start."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._outgoing.aclose()

    async def tell(self) -> bool:
        """One look at every tenant; whether everything that was due was taken."""
        well = True
        for tenant in await to_thread.run_sync(self._tenants.names):
            for promise in await to_thread.run_sync(self._due, tenant):
                data = {"tenant": tenant, **promise.model_dump(mode="json")}
                if await self._outgoing.deliver(f"evt_overdue_{promise.id}", KIND, data):
                    await to_thread.run_sync(self._promises.told, tenant, promise.id, datetime.now(UTC))
                else:
                    well = False
                    break  # the receiver is down: the rest can wait with it
        return well

    def _due(self, tenant: str) -> list[Promise]:
        settings = self._tenants.settings(tenant)
        if settings is None:
            return []
        today = datetime.now(ZoneInfo(settings.timezone)).date()
        return self._promises.untold(tenant, today)[:AT_ONCE]

    async def _look(self) -> None:
        wait = self._every
        while True:
            try:
                wait = self._every if await self.tell() else min(2 * wait, LONGEST)
            except Exception:
                log.exception("could not look for overdue promises; trying again")
            await asyncio.sleep(wait)
