"""The bench: for each size, a fresh home, an import, a service of its own process, and requests to it."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, Final

from bot.access import TenantSettings
from bot.bench.floors import Floors, bare_upsert, open_floors
from bot.bench.load import Connection, Times, clients_at_once, memory_mib
from bot.bench.synthetic import synthetic_cases, synthetic_complaints
from bot.errors import StorageUnavailable
from bot.running import FILE
from bot.settings import Settings
from bot.wiring import bring_index_up_to_date, open_store
from knowledge.case import Case
from knowledge.corpus import sample_articles
from knowledge.embedding import Embedder, load_embedder
from knowledge.index import BATCH

TENANT: Final = "bench"
IMPORT_BATCH: Final = 500
"""Rows a transaction, as `redress import` has it."""
REQUESTS: Final = 300
WARM_UP: Final = 100
"""Requests that are not counted: they fill the caches that a service at work has full."""
CLIENTS: Final = 32
EACH: Final = 12
READY_WITHIN: Final = 120.0

Say = Callable[[str], None]


def run_bench(settings: Settings, sizes: Sequence[int], say: Say) -> dict[str, Any]:
    """Measure at each size; see the keys for what is in it. Times are milliseconds, memory MiB."""
    results = [_at_size(settings, size, say) for size in sizes]
    report: dict[str, Any] = {"sizes": results, "start": _start_up(), "ratios": {}}
    first, last = results[0], results[-1]
    for result in results:
        result["ratios"] = _ratios(result)
    report["ratios"] = {
        "p50_at_largest_to_smallest": _ratio(last["triage"]["p50"], first["triage"]["p50"]),
    }
    return report


def _at_size(settings: Settings, size: int, say: Say) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="redress-bench-") as place:
        home = Path(place) / "home"
        own = settings.model_copy(update={"home": home, "database_url": None, "port": 0})
        say(f"{size:,} cases: import")
        rate, key = _import(own, size)
        say(f"{size:,} cases: bare Chroma upsert and query")
        bare, embedder = Path(place) / "bare", load_embedder(own.embedder_source())
        bare_rate = _bare_upsert(bare, embedder, size)
        texts = synthetic_complaints(WARM_UP + REQUESTS)
        say(f"{size:,} cases: service")
        with service_under_measurement(own) as (url, ready_seconds, pid):
            connection = Connection(url, key)
            with open_floors(bare, home, embedder, connection) as blocks:
                triage, steps, floors = _triage(connection, texts, blocks)
                looped = {name: _looped(block, texts) for name, block in blocks.items()}
            crowd = clients_at_once(url, key, texts, CLIENTS, EACH)
            memory = memory_mib("VmRSS", str(pid))
            connection.close()
    return {
        "cases": size,
        "import_per_second": round(rate),
        "bare_upsert_per_second": round(bare_rate),
        "floors": {name: asdict(times) for name, times in floors.items()},
        "floors_in_a_loop": {name: asdict(times) for name, times in looped.items()},
        "triage": asdict(triage),
        "steps": {name: asdict(times) for name, times in steps.items()},
        f"triage_{CLIENTS}_clients": asdict(crowd),
        "service_ready_seconds": round(ready_seconds, 2),
        "service_memory_mib": memory,
    }


def _ratios(result: dict[str, Any]) -> dict[str, float]:
    floor, looped = (
        sum(times["p50"] for times in result[kind].values()) for kind in ("floors", "floors_in_a_loop")
    )
    crowd = result[f"triage_{CLIENTS}_clients"]
    return {
        "triage_p50_to_floors": _ratio(result["triage"]["p50"], floor),
        "triage_p50_to_floors_in_a_loop": _ratio(result["triage"]["p50"], looped),
        "import_to_bare_upsert": _ratio(result["import_per_second"], result["bare_upsert_per_second"]),
        "clients_p99_to_p50": _ratio(crowd["p99"], crowd["p50"]),
    }


def _import(settings: Settings, size: int) -> tuple[float, str]:
    """Store and index synthetic cases as an import does; cases a second, and a key."""
    with open_store(settings) as parts:
        parts.tenants.create(TENANT, TenantSettings())
        key = parts.tenants.new_key(TENANT, "bench", ["admin"])
        parts.knowledge.put_articles(TENANT, list(sample_articles()))
        bring_index_up_to_date(parts, _unseen)
        cases = list(synthetic_cases(size))
        started = time.perf_counter()
        for batch in _batches(iter(cases), IMPORT_BATCH):
            parts.knowledge.put_cases(TENANT, batch)
        bring_index_up_to_date(parts, _unseen)
        taken = time.perf_counter() - started
    return size / taken, key


def _unseen(_done: int, _total: int) -> None:
    """Progress that nobody looks at."""


def _bare_upsert(folder: Path, embedder: Embedder, size: int) -> float:
    cases = list(synthetic_cases(size))
    rows = embedder.embed_documents([case.text for case in cases])
    return bare_upsert(folder, embedder, [case.id for case in cases], rows, BATCH)


def _triage(
    connection: Connection, texts: Sequence[str], blocks: Floors
) -> tuple[Times, dict[str, Times], dict[str, Times]]:
    """Each text once as a request, and once through each block: requests, their steps, the blocks."""
    seconds: list[float] = []
    steps: defaultdict[str, list[float]] = defaultdict(list)
    floors: defaultdict[str, list[float]] = defaultdict(list)
    failed = 0
    for n, text in enumerate(texts):
        started = time.perf_counter()
        status, body = connection.post("/v1/triage", {"text": text})
        taken = time.perf_counter() - started
        failed += status != 200
        for name, block in blocks.items():
            before = time.perf_counter()
            block(text)
            if n >= WARM_UP:
                floors[name].append(time.perf_counter() - before)
        if n >= WARM_UP and status == 200:
            seconds.append(taken)
            for name, milliseconds in json.loads(body)["timings"].items():
                steps[name].append(milliseconds / 1000)
    return Times.of(seconds, failed), _times(steps), _times(floors)


def _looped(block: Callable[[str], object], texts: Sequence[str]) -> Times:
    """A block called over and over: its best case, caches warm and the processor awake."""
    seconds: list[float] = []
    for text in texts:
        before = time.perf_counter()
        block(text)
        seconds.append(time.perf_counter() - before)
    return Times.of(seconds[WARM_UP:])


def _times(seconds: Mapping[str, Sequence[float]]) -> dict[str, Times]:
    return {name: Times.of(values) for name, values in seconds.items()}


@contextmanager
def service_under_measurement(
    settings: Settings, more: Mapping[str, str] | None = None
) -> Generator[tuple[str, float, int]]:
    """`redress serve` in a process of its own: its URL, the seconds until it was ready, its process id."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("REDRESS_")}
    env |= {
        "REDRESS_HOME": str(settings.home),
        "REDRESS_PORT": "0",
        "REDRESS_EMBEDDER": settings.embedder_source(),
        **(more or {}),
    }
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "bot.cli", "serve"], env=env, stderr=subprocess.DEVNULL)
    try:
        url = _ready(settings.home / FILE, process, started)
        yield url, time.perf_counter() - started, process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


def _ready(left: Path, process: "subprocess.Popen[bytes]", started: float) -> str:
    while time.perf_counter() - started < READY_WITHIN and process.poll() is None:
        try:
            url = str(json.loads(left.read_text())["url"])
            if Connection(url, "").get("/health/ready")[0] == 200:
                return url
        except (OSError, ValueError):
            pass
        time.sleep(0.02)
    raise StorageUnavailable("the service under measurement did not start; run 'redress serve' to see why")


def _start_up() -> dict[str, float]:
    """Seconds of `redress --help`, the best of three."""
    taken: list[float] = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "bot.cli", "--help"], check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - started)
    return {"help_seconds": round(min(taken), 3)}


def _batches(cases: Iterator[Case], size: int) -> Iterator[list[Case]]:
    while batch := list(islice(cases, size)):
        yield batch


def _ratio(a: float, b: float) -> float:
    return round(a / b, 2) if b else float("inf")
