"""What a language-model server is sent, recorded by one on a real port: none of thousands of identifiers."""

import asyncio
import json
from collections.abc import Iterator
from itertools import chain, islice

import pytest

from bot.brief import Brief
from bot.complaint import ComplaintIn
from bot.desk import on_paper
from bot.draft.chat import Chat
from bot.draft.composer import Composer
from bot.draft.drafter import Drafter
from bot.settings import Settings
from bot.trials.desks import TENANT, trial_desk
from bot.trials.obedient import obedient_server
from bot.wiring import Parts
from tests.privacy_samples import Sample, identifiers, people

PLANTED = 5_000
A_COMPLAINT = 5
"""Identifiers in one complaint."""


def samples() -> Iterator[Sample]:
    """Four in five of them direct identifiers, the others people whom something introduces."""
    direct = islice(identifiers(11, 90), PLANTED * 4 // 5)
    return chain(direct, islice(people(12, 90), PLANTED // 5))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_no_planted_identifier_reaches_any_prompt() -> None:
    planted = list(samples())
    assert len(planted) == PLANTED
    with obedient_server() as server, trial_desk(Settings.from_env({}), sample=False) as parts:
        chat = Chat(server.url, "recording", None, seconds=30)
        drafter = Drafter(Composer.shipped(), chat, 30.0)
        leaked: list[str] = []
        for start in range(0, PLANTED, A_COMPLAINT):
            group = planted[start : start + A_COMPLAINT]
            text = "\n".join(sample.text for sample in group)
            brief = await asyncio.to_thread(assessed, parts, text)
            server.bodies.clear()
            draft = await drafter.draft(brief)
            assert server.bodies or draft.stage == "safety_hold"
            sent = "\n".join(
                message["content"] for body in server.bodies for message in json.loads(body)["messages"]
            )
            for sample in group:
                value = sample.text[sample.start : sample.end]
                if value in sent:
                    leaked.append(f"{sample.kind} in {sample.text}")
        await chat.aclose()
    assert leaked == []


def assessed(parts: Parts, text: str) -> Brief:
    return parts.desk.assess(TENANT, on_paper(ComplaintIn(text=text), "cmp-planted")).brief
