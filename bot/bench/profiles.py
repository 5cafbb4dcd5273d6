"""Profiles: what an import of events, a read and a new event cost, beside a bare read and a bare commit."""

import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from bot.access import TenantSettings
from bot.bench.load import Times, memory_mib
from bot.cli.loading_records import load_records
from bot.settings import Settings
from bot.wiring import StoreParts, open_store
from profiles.event import Event
from profiles.schema import CustomerRow

TENANT: Final = "bench"
READS: Final = 500
UPDATES: Final = 200
KINDS: Final = ("visit",) * 6 + ("contact", "complaint", "purchase", "call", "self_service")
YEAR: Final = timedelta(days=365)

Say = Callable[[str], None]


def bench_profiles(settings: Settings, events: int, say: Say) -> dict[str, Any]:
    """Measure with so many events of a tenth as many customers. Times are milliseconds."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="redress-bench-") as place:
        own = settings.model_copy(update={"home": Path(place) / "home", "database_url": None})
        file = Path(place) / "events.jsonl"
        with file.open("w", encoding="utf-8") as out:
            out.writelines(f"{json.dumps(row)}\n" for row in synthetic_events(events, now))
        with open_store(own) as parts:
            parts.tenants.create(TENANT, TenantSettings())
            say(f"profiles: import of {events:,} events of {events // 10:,} customers")
            started = time.perf_counter()
            load_records(
                file,
                TENANT,
                (parts.recorder, parts.histories),
                source="events",
                zone=ZoneInfo("UTC"),
                order="ymd",
                progress=lambda _done, _all: None,
            )
            rate = events / (time.perf_counter() - started)
            say("profiles: reads and updates")
            times = _reads_and_updates(parts, now)
            say("profiles: segments")
            segments = _segments(parts, now)
    ratios = {
        "profile_read_p99_to_bare_read_p99": round(times["profile_read"].p99 / times["bare_read"].p99, 2),
        "update_p50_to_bare_commit_p50": round(times["update"].p50 / times["bare_commit"].p50, 2),
    }
    return {
        "events": events,
        "customers": events // 10,
        "import_events_per_second": round(rate),
        **segments,
        **{name: asdict(measured) for name, measured in times.items()},
        "ratios": ratios,
    }


def _segments(parts: StoreParts, now: datetime) -> dict[str, float | None]:
    """Finding them among all customers; the memory is the most this process ever had."""
    started = time.perf_counter()
    rows = dict(parts.histories.every_trait(TENANT, "complaint_handling", now))
    read = time.perf_counter()
    parts.groupings.refresh(TENANT, rows, now.date())
    return {
        "traits_seconds": round(read - started, 1),
        "segments_seconds": round(time.perf_counter() - started, 1),
        "peak_mib": memory_mib("VmHWM"),
    }


def synthetic_events(count: int, now: datetime, seed: int = 3) -> Iterator[dict[str, Any]]:
    """`count` events of a tenth as many customers over a year, in order; the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    for n in range(count):
        yield {
            "event_id": f"e{n}",
            "customer_id": f"K{rng.randrange(max(1, count // 10))}",
            "event": rng.choice(KINDS),
            "time": (now - YEAR * (1 - n / count)).isoformat(),
        }


def _reads_and_updates(parts: StoreParts, now: datetime) -> dict[str, Times]:
    """Each beside its floor, in turn, so that both meet the machine in the same state."""
    ids = [customer.id for customer in parts.profiles.page(TENANT, limit=READS)]

    def profile_read(n: int) -> None:
        customer = ids[n % len(ids)]
        parts.profiles.customer(TENANT, customer)
        parts.histories.tally(TENANT, customer)

    def bare_read(n: int) -> None:
        with parts.database.read(TENANT) as session:
            session.execute(select(CustomerRow.id).where(CustomerRow.id == ids[n % len(ids)])).one()

    def add_event(n: int) -> None:
        event = Event(id=f"u{n}", kind="contact", at=now + timedelta(seconds=n), source="bench")
        parts.histories.add(TENANT, ids[n % len(ids)], [event], now)

    def bare_commit(n: int) -> None:
        with parts.database.write(TENANT) as session:
            row = update(CustomerRow).where(CustomerRow.id == ids[n % len(ids)])
            session.execute(row.values(language="zh" if n % 2 else "en"))

    measured = _in_turn({"profile_read": profile_read, "bare_read": bare_read}, READS)
    return measured | _in_turn({"update": add_event, "bare_commit": bare_commit}, UPDATES)


def _in_turn(blocks: dict[str, Callable[[int], None]], count: int) -> dict[str, Times]:
    taken: dict[str, list[float]] = {name: [] for name in blocks}
    for n in range(count + count // 5):
        for name, block in blocks.items():
            started = time.perf_counter()
            block(n)
            if n >= count // 5:  # the first fill the caches that a service at work has full
                taken[name].append(time.perf_counter() - started)
    return {name: Times.of(values) for name, values in taken.items()}
