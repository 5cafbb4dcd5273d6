"""The service that runs on this home, as a command beside it finds and asks it.

The service leaves its address and a key made for this run in `service.json`, readable by its own user only.
"""

import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx

from bot.errors import StorageUnavailable
from bot.settings import Settings

FILE: Final = "service.json"
TENANT_HEADER: Final = "x-redress-tenant"
PURPOSE_HEADER: Final = "X-Purpose"
"""Names the tenant; believed only with the local key."""
SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class LocalKey:
    """What lets a command on this machine speak to the service it shares a home with."""

    value: str

    @classmethod
    def new(cls) -> "LocalKey":
        return cls(f"local_{secrets.token_urlsafe(32)}")

    def publish(self, home: Path, url: str) -> None:
        """Leave the address and the key where only this user reads them."""
        temporary = home / f"{FILE}.new"
        temporary.unlink(missing_ok=True)
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps({"url": url, "key": self.value}))
        temporary.replace(home / FILE)

    def withdraw(self, home: Path) -> None:
        """Take them away again, unless another service has left its own."""
        with suppress(OSError, ValueError, KeyError):
            if json.loads((home / FILE).read_text())["key"] == self.value:
                (home / FILE).unlink()


class RunningService:
    """A service to ask."""

    def __init__(self, url: str, key: str, tenant: str) -> None:
        self.url: Final = url
        self._client = httpx.Client(
            base_url=url,
            headers={"authorization": f"Bearer {key}", TENANT_HEADER: tenant},
            timeout=SECONDS,
            trust_env=False,
        )

    def triage(self, payload: dict[str, Any]) -> dict[str, Any]:
        """A Suggestion for a complaint, or a problem (with `status`) as the service gave it.

        Raises:
            StorageUnavailable: the service went away.
        """
        return self._asked("POST", "/v1/triage", payload)

    def search(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Cases and passages for a query, or a problem (with `status`) as the service gave it.

        Raises:
            StorageUnavailable: the service went away.
        """
        return self._asked("POST", "/v1/search", payload)

    def similar(self, payload: dict[str, Any], purpose: str) -> dict[str, Any]:
        """Customers who had a problem, or a problem (with `status`) as the service gave it.

        Raises:
            StorageUnavailable: the service went away.
        """
        return self._asked("POST", "/v1/customers/similar", payload, {PURPOSE_HEADER: purpose})

    def explanation(self, complaint_id: str, language: str | None) -> dict[str, Any]:
        """What influenced the judgement of a complaint, or a problem (with `status`).

        Raises:
            StorageUnavailable: the service went away.
        """
        asked = f"?language={language}" if language else ""
        return self._asked("GET", f"/v1/complaints/{quote(complaint_id, safe='')}/explanation{asked}", None)

    def handover(self, complaint_id: str, language: str | None) -> dict[str, Any]:
        """The summary of a complaint for whoever takes it over, or a problem (with `status`).

        Raises:
            StorageUnavailable: the service went away.
        """
        asked = f"?language={language}" if language else ""
        return self._asked("GET", f"/v1/complaints/{quote(complaint_id, safe='')}/handover{asked}", None)

    def readiness(self) -> dict[str, Any]:
        """The answer of /health/ready.

        Raises:
            StorageUnavailable: the service does not answer.
        """
        return self._asked("GET", "/health/ready", None)

    def _asked(
        self,
        method: str,
        path: str,
        payload: dict[str, Any] | None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        try:
            return self._client.request(method, path, json=payload, headers=headers).json()
        except (httpx.HTTPError, ValueError) as error:
            raise StorageUnavailable(
                f"the service at {self.url} does not answer ({type(error).__name__}): is it still running?"
            ) from error

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def running_service(settings: Settings, tenant: str = "default") -> RunningService | None:
    """The service on this home, if one answers.

    Raises:
        StorageUnavailable: it left an address that cannot be read.
    """
    path = settings.home / FILE
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text())
        service = RunningService(found["url"], found["key"], tenant)
    except (OSError, ValueError, KeyError) as error:
        raise StorageUnavailable(f"cannot read {path}: delete it if no service runs here") from error
    try:
        service.readiness()
    except StorageUnavailable:
        service.close()
        return None  # killed before it could withdraw its address
    return service
