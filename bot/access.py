"""Tenants and their API keys. A key is shown once; we keep its hash.

A key is `rk_<id>_<secret>`: the id finds the row, the secret (256 random bits) proves the bearer. Such a
secret cannot be guessed, so a plain SHA-256 protects it as well as a slow hash would.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field
from sqlalchemy import insert, select, update

from bot.errors import Conflict, InvalidRequest, NotFound, Unauthorised
from bot.schema import ApiKeyRow, TenantInfoRow
from bot.store import Sessions
from knowledge.case import Language, Owned

Scope = Literal["agent", "widget", "curator", "admin"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""agent: complaints, triage, suggestions, search, customers (read); widget: the chat webhook;
curator: cases, articles and customers (write); admin: keys, rebuild, and all the others."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(
            f"no time zone {name!r}: write it like 'Asia/Shanghai' or 'Europe/London'"
        ) from error
    return name


class TenantSettings(Owned):
    """What a tenant may set for itself."""

    company: Annotated[str, Field(max_length=200)] = ""
    """Name that signs a reply; the tenant's id where empty."""
    language: Language = "zh"
    """Of the reply when a complaint is in neither Chinese nor English."""
    sector: Annotated[str | None, Field(max_length=60)] = None
    """Industry, when a complaint does not say its own."""
    jurisdiction: Annotated[str | None, Field(max_length=20)] = None
    """Whose statutory deadlines apply; by language where empty."""
    timezone: Annotated[str, Field(max_length=60), AfterValidator(_known_zone)] = "Asia/Shanghai"
    """Whose days count."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who asks, and what they may."""

    tenant: str
    key_id: str
    scopes: frozenset[Scope]

    def allows(self, scope: Scope) -> bool:
        """Whether the key reaches this; admin reaches all."""
        return scope in self.scopes or "admin" in self.scopes


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key as far as it is shown."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked: bool


class Tenants:
    """Tenants and keys in SQL."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def create(self, tenant: str, settings: TenantSettings) -> None:
        """Create a tenant.

        Raises:
            Conflict: there is one of that name.
        """
        if self.settings(tenant) is not None:
            raise Conflict(f"tenant {tenant!r} exists already")
        row = {
            "tenant": tenant,
            "name": settings.company or tenant,
            "settings": settings.model_dump_json(),
            "created_at": datetime.now(UTC),
        }
        with self._sessions.write(tenant) as session:
            session.execute(insert(TenantInfoRow), [row])

    def settings(self, tenant: str) -> TenantSettings | None:
        """The tenant's settings; None where there is no such tenant."""
        with self._sessions.read(tenant) as session:
            text = session.scalar(select(TenantInfoRow.settings))
        return None if text is None else TenantSettings.model_validate(json.loads(text))

    def names(self) -> list[str]:
        """All tenants, in order."""
        with self._sessions.read_every_tenant() as session:
            return sorted(session.scalars(select(TenantInfoRow.tenant)))

    def new_key(self, tenant: str, name: str, scopes: Iterable[str]) -> str:
        """A new key for the tenant, to be shown once.

        Raises:
            NotFound: there is no such tenant.
            InvalidRequest: a scope we do not know.
        """
        wanted = sorted(set(scopes))
        if not wanted or not set(wanted) <= set(SCOPES):
            raise InvalidRequest(f"scopes {wanted} are not all known: choose from {', '.join(SCOPES)}")
        if self.settings(tenant) is None:
            raise NotFound(f"no tenant {tenant!r}: create it with 'redress init --tenant {tenant}'")
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        row = {
            "id": key_id,
            "name": name,
            "digest": _digest(secret),
            "scopes": " ".join(wanted),
            "created_at": datetime.now(UTC),
            "revoked_at": None,
        }
        with self._sessions.write(tenant) as session:
            session.execute(insert(ApiKeyRow), [row])
        return f"rk_{key_id}_{secret}"

    def keys(self, tenant: str) -> list[KeyInfo]:
        """The tenant's keys, oldest first."""
        query = select(
            ApiKeyRow.id, ApiKeyRow.name, ApiKeyRow.scopes, ApiKeyRow.created_at, ApiKeyRow.revoked_at
        ).order_by(ApiKeyRow.created_at, ApiKeyRow.id)
        with self._sessions.read(tenant) as session:
            return [
                KeyInfo(i, name, tuple(scopes.split()), created, revoked is not None)
                for i, name, scopes, created, revoked in session.execute(query)
            ]

    def revoke(self, tenant: str, key_id: str) -> None:
        """End a key's life.

        Raises:
            NotFound: the tenant has no such key.
        """
        if key_id not in {key.id for key in self.keys(tenant)}:
            raise NotFound(f"no key {key_id!r}")
        with self._sessions.write(tenant) as session:
            session.execute(
                update(ApiKeyRow).where(ApiKeyRow.id == key_id).values(revoked_at=datetime.now(UTC))
            )

    def access(self, key: str) -> Access:
        """Whose key this is.

        Raises:
            Unauthorised: it is no key of ours, wrong, or revoked; which of these is not said.
        """
        parts = key.split("_", 2)
        refused = Unauthorised("this API key is not valid: check it, or ask for a new one")
        if len(parts) != 3 or parts[0] != "rk":
            raise refused
        query = select(ApiKeyRow.tenant, ApiKeyRow.digest, ApiKeyRow.scopes, ApiKeyRow.revoked_at).where(
            ApiKeyRow.id == parts[1]
        )
        with self._sessions.read_every_tenant() as session:
            row = session.execute(query).one_or_none()
        if (
            row is None
            or not hmac.compare_digest(row.digest, _digest(parts[2]))
            or row.revoked_at is not None
        ):
            raise refused
        return Access(row.tenant, parts[1], _scopes(row.scopes))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _scopes(stored: str) -> frozenset[Scope]:
    return frozenset(scope for scope in SCOPES if scope in stored.split())
