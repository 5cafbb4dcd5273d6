"""Suggestions in the making: one run per complaint at a time, watched by any number of callers.

What is stored and has no suggestion yet is due, so a crash or a shutdown loses nothing: `recover` finds it.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

from anyio import to_thread

from bot.desk import Desk
from bot.errors import BotError
from bot.measures import Measures
from bot.store import DeskStore
from bot.suggestion import Suggestion

log = logging.getLogger(__name__)

RECOVER_EVERY: Final = 15.0
"""Seconds between two looks for complaints whose run was lost."""
FINISH_WITHIN: Final = 10.0
"""Seconds that runs in progress get when the service stops."""
BUSY: Final = 1.0
"""Seconds between two looks while runs are in progress."""
CLEAN_EVERY: Final = 3600.0
LONGEST_WAIT: Final = 3600.0
"""Seconds a complaint whose runs keep failing waits for its next one, at most."""
AT_ONCE: Final = 16
"""Runs in progress; more wait their turn."""


@dataclass(frozen=True, slots=True)
class Event:
    """A step of a run that a caller may watch."""

    name: str
    """triage, matches, profile, delta, draft, done, error."""
    data: dict[str, Any]


@dataclass(slots=True)
class _Run:
    """A suggestion being made, and what happened so far."""

    events: list[Event] = field(default_factory=list[Event])
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    over: bool = False
    again: bool = False
    """Somebody asked while it ran: there may be a newer turn than it has seen."""
    task: asyncio.Task[Suggestion] | None = None

    async def tell(self, name: str, data: dict[str, Any]) -> None:
        async with self.changed:
            self.events.append(Event(name, data))
            self.changed.notify_all()

    async def end(self) -> None:
        async with self.changed:
            self.over = True
            self.changed.notify_all()


class Live:
    """Runs of all complaints in this process. Belongs to one event loop."""

    def __init__(self, desk: Desk, store: DeskStore, measures: Measures) -> None:
        self._desk = desk
        self._store = store
        self._measures = measures
        self._runs: dict[tuple[str, str], _Run] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._failed: dict[tuple[str, str], tuple[float, float]] = {}
        """When a complaint whose run failed is tried again, and how long it waited."""
        self._recovering: asyncio.Task[None] | None = None

    def start(self, tenant: str, complaint_id: str) -> None:
        """Make a suggestion for the complaint, unless there is one or one is in the making."""
        self._run(tenant, complaint_id)

    async def suggestion(self, tenant: str, complaint_id: str) -> Suggestion:
        """The suggestion that has seen the newest turn: stored, in the making, or made now.

        Raises:
            NotFound: no such complaint.
        """
        if (stored := await self._stored(tenant, complaint_id)) is not None:
            return stored
        task = self._run(tenant, complaint_id).task
        assert task is not None
        return await asyncio.shield(task)

    async def watch(self, tenant: str, complaint_id: str) -> AsyncIterator[Event]:
        """The events of the suggestion, from the first, whether it is stored, in the making, or made now."""
        if (stored := await self._stored(tenant, complaint_id)) is not None:
            for event in _replayed(stored):
                yield event
            return
        run, seen = self._run(tenant, complaint_id), 0
        while True:
            async with run.changed:
                await run.changed.wait_for(lambda: len(run.events) > seen or run.over)  # noqa: B023  # awaited in this turn of the loop
                fresh, over = run.events[seen:], run.over
            for event in fresh:
                yield event
            seen += len(fresh)
            if over:
                return

    async def recover(self) -> None:
        """Start what is due and not in the making, oldest first, leaving room for what comes in now."""
        now = time.monotonic()
        for key in await to_thread.run_sync(self._store.awaiting):
            if len(self._runs) >= AT_ONCE // 2:
                return
            if self._failed.get(key, (0.0, 0.0))[0] <= now:
                self._run(*key)

    async def open(self) -> None:
        """Pick up what an earlier process left, and go on looking."""
        self._recovering = asyncio.create_task(self._keep_recovering())

    async def close(self) -> None:
        """Let runs in progress finish for a while; what does not is due at the next start."""
        if self._recovering is not None:
            self._recovering.cancel()
            await asyncio.gather(self._recovering, return_exceptions=True)
        tasks = [run.task for run in self._runs.values() if run.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=FINISH_WITHIN)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _keep_recovering(self) -> None:
        next_cleaning = 0.0
        while True:
            try:
                await self.recover()
                if time.monotonic() >= next_cleaning:
                    await to_thread.run_sync(self._store.forget_old_keys)
                    next_cleaning = time.monotonic() + CLEAN_EVERY
            except Exception:
                log.exception("could not look for complaints that are due; trying again")
            # a backlog is worked off in small steps, a quiet service looks rarely
            await asyncio.sleep(BUSY if self._runs else RECOVER_EVERY)

    async def _stored(self, tenant: str, complaint_id: str) -> Suggestion | None:
        """The suggestion on record, if it has seen the newest turn."""
        return await to_thread.run_sync(self._desk.on_record, tenant, complaint_id)

    def _run(self, tenant: str, complaint_id: str) -> _Run:
        key = (tenant, complaint_id)
        if (known := self._runs.get(key)) is not None:
            known.again = True
            return known
        run = self._runs[key] = _Run()
        run.task = asyncio.create_task(self._make(key, run))
        # a run nobody awaits must not complain that its error was never read; it is logged in _make
        run.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        return run

    async def _make(self, key: tuple[str, str], run: _Run) -> Suggestion:
        try:
            suggestion = await self._newest(key, run)
            self._failed.pop(key, None)
            await run.tell("done", suggestion.model_dump(mode="json"))
        except Exception as error:
            log.exception("no suggestion for complaint %s", key[1])
            waited = min(self._failed.get(key, (0.0, RECOVER_EVERY / 2))[1] * 2, LONGEST_WAIT)
            self._failed[key] = (time.monotonic() + waited, waited)
            detail = str(error) if isinstance(error, BotError) else "the suggestion could not be made"
            await run.tell("error", {"title": type(error).__name__, "detail": detail})
            raise
        finally:
            if self._runs.get(key) is run:
                del self._runs[key]
            await asyncio.shield(run.end())
        return suggestion

    async def _newest(self, key: tuple[str, str], run: _Run) -> Suggestion:
        """Make suggestions until one has seen the newest turn; a turn may come while one is made."""
        made = False
        while True:
            run.again = False
            stored = await self._stored(*key)
            if stored is not None and not run.again:
                # nothing is awaited between the look at `again` and this: who asks later starts a new run
                self._runs.pop(key, None)
                if not made:
                    for event in _replayed(stored)[:-1]:
                        await run.tell(event.name, event.data)
                return stored
            if stored is not None:
                continue
            async with self._turns:
                self._measures.suggested(await self._desk.suggest(*key, run.tell))
            made = True


def _replayed(suggestion: Suggestion) -> list[Event]:
    whole = suggestion.model_dump(mode="json")
    return [
        *(Event(name, whole[name]) for name in ("triage", "matches", "profile", "draft")),
        Event("done", whole),
    ]
