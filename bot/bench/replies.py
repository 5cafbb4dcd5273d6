"""What a reply costs: plan, composer and checks, and the way of a model's first word to the caller."""

import http.client
import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

from bot.access import TenantSettings
from bot.bench.load import Times
from bot.bench.run import TENANT, service_under_measurement
from bot.bench.synthetic import synthetic_complaints
from bot.complaint import ComplaintIn
from bot.desk import on_paper
from bot.draft.composer import Composer
from bot.draft.plan import make_plan
from bot.errors import InvalidRequest
from bot.privacy.redaction import redact
from bot.settings import Settings
from bot.trials.composing import STAGES, decision_for
from bot.trials.desks import TENANT as TRIAL, trial_desk
from bot.trials.obedient import Obedient, obedient_server
from bot.wiring import open_store

COMPLAINTS: Final = 60
STREAMS: Final = 40
WARM_UP: Final = 5
"""Streams that are not counted: a model's first reply is handed on in one piece."""

Say = Callable[[str], None]


def bench_replies(settings: Settings, say: Say) -> dict[str, Any]:
    """Times in milliseconds; `ratios` compare with one pass of the redaction over the same texts."""
    say("replies: plan, composer and checks")
    composed, floor = _composed(settings)
    say("replies: the first word of a model to the caller")
    first = _first_word(settings)
    return {
        "stages": len(STAGES),
        "plan_compose_check": asdict(composed),
        "floors": {"redaction": asdict(floor)},
        "first_word_to_caller": asdict(first),
        "ratios": {"plan_compose_check_p50_to_redaction": round(composed.p50 / floor.p50, 2)},
    }


def _composed(settings: Settings) -> tuple[Times, Times]:
    composer = Composer.shipped()
    seconds: list[float] = []
    floors: list[float] = []
    with trial_desk(settings, sample=True) as parts:
        for text in islice(synthetic_complaints(COMPLAINTS), COMPLAINTS):
            brief = parts.desk.assess(TRIAL, on_paper(ComplaintIn(text=text), "bench")).brief
            for stage in STAGES:
                mine = replace(brief, decision=decision_for(stage, brief))
                started = time.perf_counter()
                try:
                    draft = composer.compose(mine, make_plan(mine))
                except InvalidRequest:  # nothing left to ask for
                    continue
                seconds.append(time.perf_counter() - started)
                started = time.perf_counter()
                redact(draft.text)
                floors.append(time.perf_counter() - started)
    return Times.of(seconds), Times.of(floors)


def _first_word(settings: Settings) -> Times:
    """From the moment a model's server lets go of its first word until the caller of the service has it."""
    with trial_desk(settings, sample=False) as parts, obedient_server() as server:
        home = parts.settings.home / "service"
        own = parts.settings.model_copy(
            update={"home": home, "port": 0, "llm_url": server.url, "llm_model": "bench"}
        )
        with open_store(own) as stored:
            stored.tenants.create(TENANT, TenantSettings())
            key = stored.tenants.new_key(TENANT, "bench", ["admin"])
        server.answer = lambda _: "Dear customer, " + "we have your complaint and are looking into it. " * 12
        with service_under_measurement(
            own, {"REDRESS_LLM_URL": server.url, "REDRESS_LLM_MODEL": "bench"}
        ) as (
            url,
            _,
            _,
        ):
            taken = [_one_stream(url, key, server) for _ in range(WARM_UP + STREAMS)]
    return Times.of(taken[WARM_UP:])


def _one_stream(url: str, key: str, server: Obedient) -> float:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=60)
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    text = "You charged me £35 on 2 March and nobody answers."
    connection.request("POST", "/v1/complaints", json.dumps({"text": text}), headers)
    complaint = json.loads(connection.getresponse().read())["id"]
    connection.request(
        "POST", f"/v1/complaints/{complaint}/drafts", "{}", {**headers, "accept": "text/event-stream"}
    )
    answer = connection.getresponse()
    server.left = 0.0
    arrived = 0.0
    while line := answer.readline():
        if line.startswith(b"event: delta"):
            arrived = time.monotonic()
            break
    left = server.left
    answer.read()
    connection.close()
    return max(0.0, arrived - left)
