"""Webhooks: the chat widget (Rasa's REST contract) and the signed inbound webhook."""

import hashlib
import time
from datetime import UTC, datetime
from typing import Any

from anyio import to_thread
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, RawBody

from bot.access import Tenants, TenantSettings
from bot.api.requests import JsonRequest, needs
from bot.channels import inbound, rasa
from bot.channels.signatures import verify
from bot.complaint import Turn
from bot.desk import Desk
from bot.errors import NotFound
from bot.live import Live
from bot.settings import Settings
from bot.store import Once


class Widget(Controller):
    """The chat widget. It answers with approved clauses only; the draft is for a person."""

    path = "/webhooks/rest"
    tags = ["webhooks"]

    @get("/", opt={"exclude_from_auth": True}, sync_to_thread=False)
    def health(self) -> dict[str, str]:
        """The channel answers."""
        return {"status": "ok"}

    @post("/webhook", guards=[needs("widget")], status_code=200)
    async def message(
        self,
        request: JsonRequest,
        data: JSONBody[rasa.WidgetMessage],
        desk: NamedDependency[Desk],
        live: NamedDependency[Live],
        tenants: NamedDependency[Tenants],
    ) -> list[dict[str, Any]]:
        """A customer's message in, replies out. One sender's messages of a day are one complaint."""
        tenant = request.auth.tenant
        settings = await to_thread.run_sync(tenants.settings, tenant) or TenantSettings()
        complaint = rasa.to_complaint(data)
        suggestion = None
        if complaint is not None:
            complaint_id = await to_thread.run_sync(_remember, desk, tenant, data.sender, complaint)
            suggestion = await live.suggestion(tenant, complaint_id)
        return [reply.public() for reply in rasa.answer(data, suggestion, settings.language)]


class Inbound(Controller):
    """Complaints that another system tells us about, signed after Standard Webhooks 1.0.0."""

    path = "/webhooks/complaints"
    tags = ["webhooks"]
    opt = {"exclude_from_auth": True}

    @post("/", status_code=202)
    async def deliver(
        self,
        request: JsonRequest,
        body: RawBody,
        settings: NamedDependency[Settings],
        desk: NamedDependency[Desk],
        live: NamedDependency[Live],
        tenants: NamedDependency[Tenants],
    ) -> Response[dict[str, Any]]:
        """Store the complaint of an event; an event of another type is acknowledged and ignored."""
        if settings.webhook_secret is None:
            raise NotFound("the signed webhook is closed: set REDRESS_WEBHOOK_SECRET to open it")
        delivery = verify(settings.webhook_secret.get_secret_value(), request.headers, body, time.time())
        complaint = inbound.read(body)
        if complaint is None:
            return Response({"accepted": False}, status_code=202)
        if await to_thread.run_sync(tenants.settings, settings.webhook_tenant) is None:
            raise NotFound(f"REDRESS_WEBHOOK_TENANT names no tenant: {settings.webhook_tenant!r}")
        received = await to_thread.run_sync(
            desk.receive, settings.webhook_tenant, complaint, inbound.once(delivery, body)
        )
        live.start(settings.webhook_tenant, received.id)
        return Response({"accepted": True, "id": received.id}, status_code=202)


def _remember(desk: Desk, tenant: str, sender: str, complaint: Any) -> str:
    """Store a widget message: the first of the day opens a complaint, the next ones are its turns."""
    day = datetime.now(UTC).date().isoformat()
    session = hashlib.sha256(f"{sender}|{day}".encode("utf-8", "replace")).hexdigest()
    received = desk.receive(tenant, complaint, Once("widget", session, "one complaint a day"))
    if received.repeated:
        desk.add_turns(tenant, received.id, [Turn(text=complaint.text, at=datetime.now(UTC))])
    return received.id
