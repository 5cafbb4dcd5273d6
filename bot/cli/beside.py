"""The service that a command works beside."""

import time
from typing import Final

from bot.running import FILE, RunningService, running_service
from bot.settings import Settings
from knowledge.errors import IndexLocked

STARTING: Final = 15.0
"""Seconds that a service which has the index but does not answer yet is given to start."""


def service_that_owns(settings: Settings, tenant: str, locked: IndexLocked) -> RunningService:
    """The service that keeps us from the index; one that is starting is waited for.

    Raises:
        IndexLocked: `locked`, where it is another command and no service.
    """
    until = time.monotonic() + STARTING
    while (service := running_service(settings, tenant)) is None:
        if not (settings.home / FILE).exists() or time.monotonic() > until:
            raise locked
        time.sleep(0.2)
    return service
