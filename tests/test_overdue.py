"""Overdue promises are told to a receiver, signed, once each, until it has taken them."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from bot.channels.outgoing import Outgoing
from bot.channels.signatures import verify
from bot.errors import InvalidSettings
from bot.overdue import Overdue
from bot.schema import CommitmentRow
from bot.wiring import open_store
from tests.services import make_home, serving

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TEXT = "信用卡年费没通知就扣了300元，打了三次电话没人管，要求退回"


class Receiver:
    """A real receiver: what came, and what it answers."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.url = ""


@contextmanager
def receiving() -> Generator[Receiver]:
    seen = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.came.append((dict(self.headers.items()), body))
            self.send_response(seen.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def promised(tmp_path: Path) -> Any:
    """A home in which a reply promised something for a day that has passed."""
    settings, key, other = make_home(tmp_path / "home")
    with serving(settings, key, other) as service, service.client() as api:
        name = api.post("/v1/complaints", json={"text": TEXT, "sector": "banking"}).json()["id"]
        suggestion = api.get(f"/v1/complaints/{name}/suggestion").json()
        api.post(f"/v1/suggestions/{suggestion['id']}/outcome", json={"action": "sent", "owner": "林"})
    with open_store(settings) as stored, stored.database.write("demo") as session:
        session.execute(update(CommitmentRow).values(due=date(2026, 1, 5)))
    return settings


async def test_every_overdue_promise_is_told_once(promised: Any) -> None:
    with receiving() as receiver, open_store(promised) as stored:
        overdue = Overdue(stored.promises, stored.tenants, Outgoing(receiver.url, SecretStr(SECRET)))
        receiver.status = 503
        assert not await overdue.tell()
        assert len(receiver.came) == 1, "the rest waits while the receiver is down"
        receiver.status = 204
        assert await overdue.tell()
        told = receiver.came[1:]
        assert len(told) == len(stored.promises.waiting("demo", datetime.now(UTC).date()))
        assert await overdue.tell()
        assert len(receiver.came) == 1 + len(told), "nothing is told twice"
        first, again = receiver.came[0], receiver.came[1]
        assert first[0]["webhook-id"] == again[0]["webhook-id"], "another attempt has the same id"
        for headers, body in receiver.came:
            delivery = verify(SECRET, headers, body, time.time())
            event = json.loads(body)
            assert event["type"] == "commitment.overdue"
            assert delivery.id == f"evt_overdue_{event['data']['id']}"
            assert (event["data"]["tenant"], event["data"]["owner"]) == ("demo", "林")
            assert TEXT not in body.decode()
        await overdue.close()


async def test_a_kept_promise_is_not_told(promised: Any) -> None:
    with receiving() as receiver, open_store(promised) as stored:
        for promise in stored.promises.waiting("demo", datetime.now(UTC).date()):
            stored.promises.settle("demo", promise.id, "kept", "x", datetime.now(UTC))
        overdue = Overdue(stored.promises, stored.tenants, Outgoing(receiver.url, SecretStr(SECRET)))
        assert await overdue.tell()
        assert receiver.came == []
        await overdue.close()


def test_the_service_tells_by_itself(promised: Any) -> None:
    with receiving() as receiver:
        settings = promised.model_copy(
            update={"events_url": receiver.url, "events_secret": SecretStr(SECRET)}
        )
        with serving(settings, "", ""):
            deadline = time.monotonic() + 20
            while not receiver.came and time.monotonic() < deadline:
                time.sleep(0.05)
        assert receiver.came


@pytest.mark.parametrize(
    ("url", "secret", "says"),
    [
        ("ftp://host/x", SECRET, "must begin with https"),
        ("https://", SECRET, "name a host"),
        ("https://host", "whpk_abc", "shared secret"),
        ("https://host", "short", "REDRESS|secret"),
    ],
)
def test_what_cannot_work_is_said_at_the_start(url: str, secret: str, says: str) -> None:
    with pytest.raises(InvalidSettings, match=says):
        Outgoing(url, SecretStr(secret))
