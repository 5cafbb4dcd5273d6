"""Events that go out: signed as Standard Webhooks 1.0.0, at least once, the same id each time.

The address is the operator's own setting, never a caller's. A receiver tells repetitions by `webhook-id`.
"""

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from pydantic import SecretStr

from bot.channels.signatures import sign
from bot.errors import InvalidSettings

log = logging.getLogger(__name__)

SECONDS: Final = 10.0
"""For one delivery."""


class Outgoing:
    """Delivers events to one address. Close it with `aclose`.

    Args:
        url: Where to; https, or http within a private network.
        secret: `whsec_…`, agreed with the receiver.
        transport: In place of the network.

    Raises:
        InvalidSettings: the address or the secret cannot be used.
    """

    def __init__(
        self, url: str, secret: SecretStr, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        try:
            self._url = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise InvalidSettings("REDRESS_EVENTS_URL is no URL: give one like https://…") from error
        if self._url.scheme not in {"http", "https"} or not self._url.host:
            raise InvalidSettings("REDRESS_EVENTS_URL must begin with https:// or http:// and name a host")
        self._secret = secret.get_secret_value()
        sign(self._secret, "evt_check", 0, b"")  # a secret that cannot sign is told at the start
        self._client = httpx.AsyncClient(transport=transport, timeout=SECONDS, follow_redirects=False)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def deliver(self, event_id: str, kind: str, data: dict[str, Any]) -> bool:
        """One attempt; whether the receiver took it (2xx). Says in the log why not."""
        now = datetime.now(UTC)
        body = json.dumps(
            {"type": kind, "timestamp": now.isoformat(), "data": data}, ensure_ascii=False
        ).encode()
        stamp = int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(self._secret, event_id, stamp, body),
        }
        try:
            async with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                status = answer.status_code
        except httpx.HTTPError as error:
            log.warning("event %s was not delivered: %s", event_id, type(error).__name__)
            return False
        if not 200 <= status < 300:
            log.warning("event %s was not taken: the receiver answered %d", event_id, status)
        return 200 <= status < 300
