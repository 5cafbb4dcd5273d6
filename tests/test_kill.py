"""SIGKILL in a loop during writes: nothing acknowledged is lost, and the index catches up by itself."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

from bot.access import TenantSettings
from bot.running import FILE
from bot.settings import Settings
from bot.wiring import open_parts, open_store

ROUNDS = 5
QUERIES = ("退款没有到账", "the parcel is late", "编号 3 投诉", "case number 7 refund")


def _start(home: Path) -> tuple["subprocess.Popen[bytes]", str]:
    env = {**os.environ, "REDRESS_HOME": str(home), "REDRESS_PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "serve"],
        env=env,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the service ended by itself"
        try:
            url = str(json.loads((home / FILE).read_text())["url"])
            if httpx.get(f"{url}/health/live", trust_env=False).status_code == 200:
                return process, url
        except (OSError, ValueError, httpx.HTTPError):
            time.sleep(0.05)
    raise AssertionError("the service did not start")


def _write_until_killed(url: str, key: str, name: str, acked: dict[str, str], cases: set[str]) -> None:
    """Send complaints and cases; note what was acknowledged, stop when the service dies."""
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"}, trust_env=False) as client:
        for n in range(10_000):
            text = f"{name} 编号 {n} 退款没有到账 case number {n} refund late"
            try:
                answer = client.post("/v1/complaints", json={"text": text})
                if answer.status_code == 201:
                    acked[answer.json()["id"]] = text
                case = {"id": f"{name}-{n}", "language": "zh", "text": text}
                if client.put(f"/v1/cases/{name}-{n}", json=case).status_code == 200:
                    cases.add(f"{name}-{n}")
            except httpx.HTTPError:
                return


def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    home = tmp_path / "home"
    settings = Settings(home=home)
    with open_store(settings) as parts:
        parts.tenants.create("t", TenantSettings())
        key = parts.tenants.new_key("t", "test", ["admin"])
    acked: dict[str, str] = {}
    cases: set[str] = set()
    rng = random.Random(20261122)
    for number in range(ROUNDS):
        process, url = _start(home)
        writers = [
            threading.Thread(target=_write_until_killed, args=(url, key, f"r{number}w{w}", acked, cases))
            for w in range(3)
        ]
        for writer in writers:
            writer.start()
        time.sleep(rng.uniform(0.5, 2.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for writer in writers:
            writer.join()
    assert len(acked) > ROUNDS
    assert len(cases) > ROUNDS

    connection = sqlite3.connect(home / "redress.db")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()

    process, url = _start(home)
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"}, trust_env=False) as client:
        for complaint, text in acked.items():
            assert client.get(f"/v1/complaints/{complaint}").json()["turns"][0]["text"] == text
        assert all(client.get(f"/v1/cases/{case}").status_code == 200 for case in cases)
        deadline = time.monotonic() + 60
        while client.get("/health/ready").json()["index"]["lag_changes"] and time.monotonic() < deadline:
            time.sleep(0.1)
        caught_up = [client.post("/v1/search", json={"query": query}).json() for query in QUERIES]
        # what was received and not judged before the kill is judged after the start, unasked
        rows = client.get("/v1/complaints?limit=200").json()["complaints"]
        while not all(row["suggested"] for row in rows) and time.monotonic() < deadline:
            time.sleep(0.1)
            rows = client.get("/v1/complaints?limit=200").json()["complaints"]
        assert all(row["suggested"] for row in rows)
    process.terminate()
    assert process.wait(timeout=30) == 0

    with open_parts(settings) as whole:
        whole.index.rebuild()
    process, url = _start(home)
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"}, trust_env=False) as client:
        rebuilt = [client.post("/v1/search", json={"query": query}).json() for query in QUERIES]
    process.terminate()
    process.wait(timeout=30)
    assert rebuilt == caught_up
