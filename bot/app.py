"""The service: Litestar on uvicorn, one process, one index."""

import asyncio
import gc
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

import uvicorn
from litestar import Litestar, Response, Router, get
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.plugins.pydantic import PydanticPlugin
from litestar.static_files import create_static_files_router  # pyright: ignore[reportUnknownVariableType]  # generic in its own types

from bot.api.access_log import AccessLog
from bot.api.clocks import ComplaintClocks, DueClocks
from bot.api.commitments import Commitments
from bot.api.complaints import Complaints, Suggestions, TriageNow
from bot.api.customers import CustomerHistory, CustomerRights, Customers
from bot.api.drafts import Drafts, DraftsOfComplaint
from bot.api.duplicates import Duplicates
from bot.api.explaining import Explaining
from bot.api.handing_over import HandingOver
from bot.api.health import Health, Metrics
from bot.api.insight import Insight
from bot.api.knowledge import Articles, Cases, Searching
from bot.api.problems import handle_http, handle_ours, handle_unexpected
from bot.api.requests import JsonRequest, KeyAuthentication, Keys
from bot.api.similar import Similar
from bot.api.widget import Inbound, Widget
from bot.channels.outgoing import Outgoing
from bot.errors import BotError, InvalidSettings
from bot.live import Live
from bot.logs import configure_logging
from bot.measures import Measures
from bot.overdue import Overdue
from bot.running import LocalKey
from bot.settings import Settings
from bot.triage.lexicon import compile_patterns
from bot.wiring import Parts, open_parts
from knowledge.errors import KnowledgeError
from profiles.errors import ProfilesError

log = logging.getLogger(__name__)

WEB: Final = Path(__file__).with_name("web")
CONTROLLERS: Final = (
    Complaints, Suggestions, TriageNow, Cases, Articles, Searching,
    Customers, CustomerHistory, CustomerRights, Duplicates, Similar,
    DraftsOfComplaint, Drafts, HandingOver, Commitments, Explaining, ComplaintClocks, DueClocks, Insight,
    Widget, Inbound, Health, Metrics,
)  # fmt: skip
PARTS: Final = (
    "desk",
    "store",
    "tenants",
    "knowledge",
    "profiles",
    "histories",
    "people",
    "persons",
    "duplicates",
    "deadlines",
    "promises",
    "replies",
    "handovers",
    "notes",
    "index",
    "search",
    "database",
    "taxonomy",
)
"""Attributes of Parts that handlers may ask for by name."""

BREATH: Final = 0.02
"""Seconds between two rounds of preparation, so that requests go before it."""
REHEARSED: Final = 20
"""Tenants whose index is read before they ask."""

PartsOpener = Callable[[Settings], AbstractContextManager[Parts]]


def create_app(
    settings: Settings,
    opener: PartsOpener = open_parts,
    local_key: LocalKey | None = None,
    announce: Callable[[], None] = lambda: None,
) -> Litestar:
    """The service with these settings; its parts are opened when it starts and closed when it stops.

    `announce` is called once the parts are open, before the first request.
    """
    measures = Measures()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None]:
        manager = opener(settings)
        parts = await asyncio.to_thread(manager.__enter__)
        live = Live(parts.desk, parts.store, measures)
        overdue = _overdue(settings, parts)
        try:
            app.state.update({"parts": parts, "live": live, "keys": Keys(parts.tenants, local_key)})
            parts.index.start()
            parts.notes.start()
            await live.open()
            if overdue is not None:
                await overdue.open()
            announce()
            yield
        finally:
            await live.close()
            if overdue is not None:
                await overdue.close()
            if parts.chat is not None:
                await parts.chat.aclose()
            await asyncio.to_thread(manager.__exit__, None, None, None)

    app = Litestar(
        [home, *CONTROLLERS, _sidebar(settings)],
        request_class=JsonRequest,
        request_max_body_size=settings.max_body_bytes,
        lifespan=[lifespan],
        middleware=[
            AccessLog(measures),
            DefineMiddleware(
                KeyAuthentication,
                exclude=["^/schema", "^/sidebar"],
                exclude_from_auth_key="exclude_from_auth",
            ),
        ],
        exception_handlers={
            BotError: handle_ours,
            KnowledgeError: handle_ours,
            ProfilesError: handle_ours,
            HTTPException: handle_http,
            Exception: handle_unexpected,
        },
        dependencies={
            **{name: _part(lambda: app, name) for name in PARTS},
            "live": Provide(lambda: app.state["live"], sync_to_thread=False),
            "models": Provide(lambda: app.state["parts"].models, sync_to_thread=False),
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "measures": Provide(lambda: measures, sync_to_thread=False),
        },
        plugins=[PydanticPlugin()],
        openapi_config=OpenAPIConfig(
            title="Redress",
            version=version("redress"),
            description="Everything an agent needs to answer a complaint well.",
            path="/schema",
            components=Components(
                security_schemes={
                    "key": SecurityScheme(type="http", scheme="bearer", description="An API key.")
                }
            ),
            security=[{"key": []}],
            render_plugins=[JsonRenderPlugin(), YamlRenderPlugin()],
        ),
        logging_config=None,
    )
    return app


def serve(settings: Settings) -> None:
    """Serve until told to stop; requests in progress are finished first.

    Raises:
        InvalidSettings: the address is taken or not ours.
        IndexLocked, EmbedderMismatch, ModelUnavailable, StorageUnavailable: as for `open_parts`.
    """
    configure_logging()
    local_key, port = LocalKey.new(), settings.port

    def announce() -> None:
        local_key.publish(settings.home, f"http://{settings.host}:{port}")
        rehearsal.start()

    # opened here and not in the lifespan, so that what is wrong is said in one line and not by uvicorn
    with open_parts(settings) as parts:
        stopping = Event()
        rehearsal = Thread(target=_rehearse, args=(parts, stopping), name="rehearsal")
        app = create_app(settings, lambda _: nullcontext(parts), local_key, announce)
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=15,
            server_header=False,
        )
        try:
            socket = config.bind_socket()
        except SystemExit as error:  # uvicorn logs the reason and exits
            raise InvalidSettings(
                f"cannot listen on {settings.host}:{settings.port}: choose a free REDRESS_PORT"
            ) from error
        port = socket.getsockname()[1]
        try:
            uvicorn.Server(config).run(sockets=[socket])
        finally:
            local_key.withdraw(settings.home)
            stopping.set()
            if rehearsal.ident is not None:
                rehearsal.join()


def _rehearse(parts: Parts, stopping: Event) -> None:
    """Load beside the first requests what they will need: rules, patterns, the indexes of the tenants."""
    try:
        for tenant in parts.tenants.names()[:REHEARSED]:
            if not stopping.is_set():
                parts.desk.rehearse(tenant)
        compile_patterns(lambda: stopping.wait(BREATH))
    except (BotError, KnowledgeError, ProfilesError) as error:  # a request will say so to whoever asks
        log.warning("the rehearsal failed: %s", error)
    finally:
        gc.collect()
        gc.freeze()  # rules and models stay for good: no collection need look at them again
        gc.enable()


@get("/", opt={"exclude_from_auth": True}, include_in_schema=False, sync_to_thread=False)
def home() -> dict[str, str]:
    """Where things are."""
    return {
        "name": "redress",
        "sidebar": "/sidebar/",
        "openapi": "/schema/openapi.json",
        "health": "/health/ready",
    }


def _overdue(settings: Settings, parts: Parts) -> Overdue | None:
    if settings.events_url is None:
        return None
    if settings.events_secret is None:
        raise InvalidSettings("REDRESS_EVENTS_URL needs REDRESS_EVENTS_SECRET: events go out signed")
    return Overdue(parts.promises, parts.tenants, Outgoing(settings.events_url, settings.events_secret))


def _part(app: Callable[[], Litestar], name: str) -> Provide:
    def provide() -> Any:
        return getattr(app().state["parts"], name)

    return Provide(provide, sync_to_thread=False)


def _sidebar(settings: Settings) -> Router:
    """The sidebar's files; its page may load nothing from elsewhere and be framed only where allowed."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {settings.frame_ancestors}"
    )

    def harden(response: Response[Any]) -> Response[Any]:
        response.headers["content-security-policy"] = policy
        response.headers["x-content-type-options"] = "nosniff"
        response.headers["referrer-policy"] = "no-referrer"
        response.headers["cache-control"] = "no-cache"
        return response

    return create_static_files_router(
        path="/sidebar", directories=[WEB], html_mode=True, include_in_schema=False, after_request=harden
    )
