"""A real service on a real port, with the sample corpus in it."""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from bot.access import TenantSettings
from bot.app import create_app
from bot.sample import load_sample
from bot.settings import Settings
from bot.wiring import bring_index_up_to_date, open_store


@dataclass(frozen=True, slots=True)
class Service:
    """Where it answers, and keys to it."""

    url: str
    key: str
    """Of tenant `demo`, all scopes."""
    other_key: str
    """Of tenant `other`, all scopes; it has no data."""
    settings: Settings

    def client(self, key: str | None = None, **more: Any) -> httpx.Client:
        """A client that sends a key with every request."""
        headers = {"authorization": f"Bearer {key or self.key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False, **more)


def make_home(home: Path, **more: Any) -> tuple[Settings, str, str]:
    """A home with two tenants and the sample corpus in the first, indexed; its settings and keys."""
    settings = Settings(home=home, port=0, **more)
    with open_store(settings) as parts:
        parts.tenants.create("demo", TenantSettings(company="晨光服务"))
        parts.tenants.create("other", TenantSettings(company="Other Ltd", language="en"))
        keys = [parts.tenants.new_key(tenant, "test", ["admin"]) for tenant in ("demo", "other")]
        load_sample(parts, "demo")
        assert bring_index_up_to_date(parts, lambda _done, _total: None)
    return settings, keys[0], keys[1]


@contextmanager
def serving(settings: Settings, key: str, other_key: str) -> Generator[Service]:
    """The service of a home, in a thread of this process, until the block ends."""
    config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, log_config=None, access_log=False)
    socket = config.bind_socket()
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.started, "the service did not start"
        yield Service(f"http://127.0.0.1:{socket.getsockname()[1]}", key, other_key, settings)
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        socket.close()
