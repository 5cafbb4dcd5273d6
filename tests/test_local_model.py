"""A language model in this process: a tiny one with random weights, made on the spot."""

import time
from pathlib import Path

import pytest

from bot.draft.chat import Message
from bot.draft.composer import Composer
from bot.draft.drafter import Drafter
from bot.draft.local_model import LocalModel
from bot.errors import ChatUnavailable, InvalidSettings
from bot.settings import Settings
from bot.wiring import open_parts
from tests import briefs, tiny_llm

PROMPT = (Message("system", "Answer the customer."), Message("user", "退款一直没到账"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("local") / "model"
    tiny_llm.make_model(place)
    return place


async def test_it_writes_and_hands_its_words_on(folder: Path) -> None:
    model = LocalModel(str(folder), seconds=60)
    words: list[str] = []

    async def hear(text: str) -> None:
        words.append(text)

    reply = await model.write(PROMPT, max_tokens=40, on_delta=hear)
    assert reply.model == str(folder)
    assert reply.usage is not None and 0 < (reply.usage.completion_tokens or 0) <= 40
    assert (reply.usage.prompt_tokens or 0) > 10
    assert "".join(words).strip() == reply.text
    assert reply.finish in {"stop", "length"}
    await model.aclose()


async def test_it_stops_in_time(folder: Path) -> None:
    model = LocalModel(str(folder), seconds=60)
    await model.write(PROMPT, max_tokens=1)
    began = time.monotonic()
    with pytest.raises(ChatUnavailable, match=r"no complete reply in 0\.3 s"):
        await model.write(PROMPT, max_tokens=30_000, seconds=0.3)
    assert time.monotonic() - began < 10
    again = await model.write(PROMPT, max_tokens=2)
    assert again.usage is not None
    await model.aclose()


async def test_a_model_that_is_not_there_costs_the_composer_nothing(tmp_path: Path) -> None:
    drafter = Drafter(Composer.shipped(), LocalModel(str(tmp_path / "nothing"), seconds=5), 5.0)
    draft = await drafter.draft(briefs.brief())
    assert draft.source == "composer" and draft.fallback_reason.startswith("model_unavailable")


def test_a_server_and_a_local_model_are_one_too_many(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", llm_url="http://x", llm_local="y")
    with pytest.raises(InvalidSettings, match="not both"), open_parts(settings):
        pass
