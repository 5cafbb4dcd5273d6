"""One log line and two measurements a request: method, route, status, time, tenant; never a word."""

import logging
import secrets
import time
from typing import Any, Final

from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from bot.measures import Measures

log: Final = logging.getLogger("redress.access")


class AccessLog(ASGIMiddleware):
    """Outermost: sees every answer, that of an error included."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if scope["type"] != "http":
            await next_app(scope, receive, send)
            return
        started, request_id = time.perf_counter(), secrets.token_hex(8)
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", [])
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await next_app(scope, receive, watched)
        finally:
            self._record(scope, status, time.perf_counter() - started, request_id)

    def _record(self, scope: Any, status: int, seconds: float, request_id: str) -> None:
        route, method = scope.get("path_template") or "(unknown)", scope["method"]
        self._measures.requests.labels(method, route, status).inc()
        self._measures.seconds.labels(method, route).observe(seconds)
        access = scope.get("auth")
        log.info(
            "request",
            extra={
                "method": method,
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 2),
                "tenant": getattr(access, "tenant", None),
                "request_id": request_id,
            },
        )
