"""How requests are read and whose they are."""

import hashlib
import hmac
import json
import time
from typing import Any, Final

from anyio import to_thread
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import ClientException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import Empty

from bot.access import SCOPES, Access, Scope, Tenants
from bot.errors import Forbidden, InvalidRequest, Unauthorised
from bot.running import TENANT_HEADER, LocalKey
from bot.store import Once

KEY_CACHED_FOR: Final = 5.0
"""Seconds a verified key is believed; a revoked one stops working within them."""
KEY_CACHE_SIZE: Final = 10_000


class JsonRequest(Request[Any, Access, State]):
    """A request whose JSON may hold half an emoji.

    Browsers and chat tools cut text in the middle of a surrogate pair; Python's reader lets such a string
    in, and the models replace the broken character, so that the complaint is not refused for it.
    """

    async def json(self) -> Any:
        if self._json is Empty:
            body = await self.body()
            try:
                self._json = json.loads(body or b"null")
            except UnicodeDecodeError as error:
                raise ClientException("the body is not UTF-8: send JSON in UTF-8") from error
            except (ValueError, RecursionError) as error:
                where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
                raise ClientException(
                    f"the body is no JSON{where}: check quotes, commas and brackets"
                ) from error
        return self._json


class KeyAuthentication(AbstractAuthenticationMiddleware):
    """`Authorization: Bearer rk_…`; the tenant comes from the key and from nowhere else."""

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        scheme, _, key = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise Unauthorised("send an API key: 'Authorization: Bearer rk_…'; 'redress keys new' makes one")
        keys: Keys = connection.app.state["keys"]
        access = await keys.access(key.strip(), connection.headers.get(TENANT_HEADER, "default"))
        return AuthenticationResult(user=None, auth=access)


class Keys:
    """Verified keys, believed for a few seconds, so that a busy caller costs no query a request."""

    def __init__(self, tenants: Tenants, local_key: LocalKey | None = None) -> None:
        self._tenants = tenants
        self._local = None if local_key is None else local_key.value
        self._known: dict[str, tuple[float, Access]] = {}

    async def access(self, key: str, local_tenant: str = "default") -> Access:
        """Whose key this is. The local key opens the tenant it names.

        Raises:
            Unauthorised: nobody's.
        """
        if self._local is not None and hmac.compare_digest(key.encode(), self._local.encode()):
            return Access(local_tenant, "local", frozenset(SCOPES))
        digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
        known = self._known.get(digest)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        access = await to_thread.run_sync(self._tenants.access, key)
        if len(self._known) >= KEY_CACHE_SIZE:
            self._known.clear()
        self._known[digest] = (time.monotonic() + KEY_CACHED_FOR, access)
        return access


def needs(scope: Scope) -> Any:
    """A guard: the key must reach that scope. A coroutine, because Litestar runs plain ones in a thread."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        if not connection.auth.allows(scope):
            raise Forbidden(
                f"this key lacks the scope {scope!r}: 'redress keys new --scope {scope}' makes one"
            )

    return guard


def once(request: JsonRequest, route: str, key: str | None, body: bytes) -> Once | None:
    """The idempotency record of a request, if its sender gave a key.

    The key is a structured-field string: quotes belong to the syntax and are taken off.
    """
    if key is None:
        return None
    bare = key.strip().strip('"')
    if not bare or len(bare) > 200:
        raise InvalidRequest("Idempotency-Key must have 1 to 200 characters")
    kept = hashlib.sha256(bare.encode("utf-8", "replace")).hexdigest()  # a caller may put anything in a key
    return Once(route, f"{request.auth.key_id}:{kept}", hashlib.sha256(body).hexdigest())
