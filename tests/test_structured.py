"""Answers in a shape of ours: asked for as strictly as the server can, validated always, repaired once."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, strategies as st

from bot.draft.structured import read_object, strict_schema, write_shape
from bot.errors import ChatUnavailable
from knowledge.case import Owned
from tests.peers import PROMPT, Answer, Peer, chat, refuses, says


class Inner(Owned):
    words: str = ""


class Shape(Owned):
    story: str
    parts: tuple[Inner, ...] = ()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def without(*formats: str) -> Answer:
    """A server that refuses these ways of asking for JSON, and says so as servers do."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content).get("response_format", {}).get("type", "")
        if asked in formats:
            body = {"error": {"message": f"response_format of type {asked} is not supported", "code": 400}}
            return httpx.Response(400, json=body)
        return says('{"story": "so it was", "parts": []}')(request)

    return answer


@pytest.mark.parametrize(
    ("refused", "asked"),
    [
        ((), ["json_schema"]),
        (("json_schema",), ["json_schema", "json_object"]),
        (("json_schema", "json_object"), ["json_schema", "json_object", None]),
    ],
)
async def test_the_strictest_way_a_server_goes_along_with_is_used_and_remembered(
    refused: tuple[str, ...], asked: list[str | None]
) -> None:
    peer = Peer(without(*refused))
    client = chat(peer)
    found = await write_shape(client, PROMPT, Shape, max_tokens=50)
    assert found.story == "so it was"
    assert [body.get("response_format", {}).get("type") for body in peer.bodies] == asked
    await write_shape(client, PROMPT, Shape, max_tokens=50)
    assert peer.bodies[-1].get("response_format", {}).get("type") == asked[-1]
    assert len(peer.bodies) == len(asked) + 1, "what was refused is not asked for again"
    await client.aclose()


async def test_an_answer_that_does_not_fit_may_be_repaired_once() -> None:
    peer = Peer(says('{"tale": "x"}'), says('Here it is:\n```json\n{"story": "now", "parts": []}\n```'))
    client = chat(peer)
    assert (await write_shape(client, PROMPT, Shape, max_tokens=50)).story == "now"
    repair = peer.bodies[1]["messages"][-1]["content"]
    assert "story: Field required" in repair and "tale: Extra inputs" in repair
    await client.aclose()


async def test_a_model_that_goes_on_lying_about_its_schema_is_given_up() -> None:
    peer = Peer(says("not json at all, and a secret"))
    client = chat(peer)
    with pytest.raises(ChatUnavailable, match="did not fit its schema, even after one repair") as given_up:
        await write_shape(client, PROMPT, Shape, max_tokens=50)
    assert "secret" not in str(given_up.value)
    assert len(peer.bodies) == 2
    await client.aclose()


async def test_another_refusal_is_not_taken_for_one_of_the_format() -> None:
    client = chat(Peer(refuses(400, {"error": {"message": "context too long"}})))
    with pytest.raises(ChatUnavailable, match="refused the request"):
        await write_shape(client, PROMPT, Shape, max_tokens=50)
    await client.aclose()


def test_the_schema_is_closed_and_everything_in_it_required() -> None:
    schema = strict_schema(Shape)
    assert schema["additionalProperties"] is False and schema["required"] == ["story", "parts"]
    inner: dict[str, Any] = schema["$defs"]["Inner"]
    assert inner["additionalProperties"] is False and inner["required"] == ["words"]
    assert "default" not in inner["properties"]["words"]


@given(
    st.dictionaries(st.text(), st.integers() | st.text()),
    st.text(alphabet=st.characters(exclude_characters="{}")),
)
def test_the_object_is_found_whatever_stands_around_it(value: dict[str, Any], around: str) -> None:
    assert read_object(f"{around}{json.dumps(value)}{around}") == value


@pytest.mark.parametrize("text", ["", "[]", "{", "}{", "null", "[1, 2]"])
def test_where_there_is_no_object_nothing_is_made_up(text: str) -> None:
    with pytest.raises(ValueError, match="no JSON object"):
        read_object(text)
