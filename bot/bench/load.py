"""Requests over one connection each, timed from the first byte sent to the last received."""

import http.client
import json
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

TIMEOUT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of a number of calls."""

    p50: float
    p99: float
    n: int
    failed: int = 0

    @classmethod
    def of(cls, seconds: Sequence[float], failed: int = 0) -> "Times":
        ordered = sorted(value * 1000 for value in seconds)
        cut = ordered[min(len(ordered) - 1, round(0.99 * (len(ordered) - 1)))]
        return cls(round(statistics.median(ordered), 3), round(cut, 3), len(ordered), failed)


class Connection:
    """A kept-alive connection to the service."""

    def __init__(self, url: str, key: str) -> None:
        address = urlsplit(url)
        self._http = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=TIMEOUT)
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        return self._call("GET", path, None)

    def post(self, path: str, payload: dict[str, Any]) -> tuple[int, bytes]:
        """Status and body."""
        return self._call("POST", path, json.dumps(payload, ensure_ascii=False).encode())

    def _call(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        self._http.request(method, path, body, self._headers)
        answer = self._http.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        """Close it."""
        self._http.close()


def clients_at_once(url: str, key: str, texts: Sequence[str], clients: int, each: int) -> Times:
    """`clients` connections that each send `each` triage requests, one after the other."""
    seconds: list[float] = []
    failures: list[int] = []
    lock = threading.Lock()
    gate = threading.Barrier(clients)

    def work(number: int) -> None:
        connection = Connection(url, key)
        gate.wait()
        for n in range(each):
            text = texts[(number * each + n) % len(texts)]
            started = time.perf_counter()
            try:
                status, _ = connection.post("/v1/triage", {"text": text})
            except (OSError, http.client.HTTPException):
                status = 0
            taken = time.perf_counter() - started
            with lock:
                seconds.append(taken)
                if status != 200:
                    failures.append(status)
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Times.of(seconds, len(failures))


def memory_mib(which: str, process: str = "self") -> int | None:
    """Memory of a process, now (`VmRSS`) or at most (`VmHWM`), where the system tells it in /proc."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return None
    line = next((line for line in status.splitlines() if line.startswith(f"{which}:")), None)
    return None if line is None else int(line.split()[1]) // 1024
