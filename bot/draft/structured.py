"""A model's answer as one of our own shapes: asked for by schema where the server can, always validated."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final, TypeVar, cast

from pydantic import BaseModel, ValidationError

from bot.draft.chat import Message, Writer
from bot.errors import ChatUnavailable

Shape = TypeVar("Shape", bound=BaseModel)

_FENCE: Final = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
_REPAIR: Final = (
    "Your answer could not be used: {faults}. Answer again with one JSON object that fits the schema, and "
    "with nothing before or after it."
)
FAULTS: Final = 5
"""Faults that are named in a repair."""


async def write_shape(
    writer: Writer,
    messages: Sequence[Message],
    shape: type[Shape],
    *,
    max_tokens: int,
    seconds: float | None = None,
) -> Shape:
    """The model's answer as `shape`; where it does not fit, it may repair it once.

    Raises:
        ChatUnavailable: no complete answer, or none that fits; its message holds none of the answer's words.
    """
    schema = strict_schema(shape)
    asked = list(messages)
    for attempt in (1, 2):
        reply = await writer.write(asked, max_tokens=max_tokens, seconds=seconds, schema=schema)
        try:
            return shape.model_validate(read_object(reply.text))
        except (ValueError, ValidationError) as error:
            faults = _faults(error)
            if attempt == 2:
                break
            asked += [Message("assistant", reply.text), Message("user", _REPAIR.format(faults=faults))]
    raise ChatUnavailable("the language model's answer did not fit its schema, even after one repair")


def strict_schema(shape: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema as strict servers want it: every property required, none beside them."""
    schema: dict[str, Any] = _closed(shape.model_json_schema())
    return schema


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(each) for each in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    fields = {
        name: _closed(value)
        for name, value in cast("dict[str, Any]", node).items()
        if name not in {"default", "title"} or isinstance(value, dict)
    }
    if fields.get("type") == "object":
        fields |= {"additionalProperties": False, "required": list(fields.get("properties", {}))}
    return fields


def read_object(text: str) -> Any:
    """The first JSON object in a text: the whole, what a fence holds, or from the first brace to the last.

    Raises:
        ValueError: there is none.
    """
    fenced = _FENCE.search(text)
    for candidate in (text, fenced[1] if fenced else "", text[text.find("{") : text.rfind("}") + 1]):
        try:
            found: Any = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return cast("dict[str, Any]", found)
    raise ValueError("it holds no JSON object")


def _faults(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    faults = error.errors(include_url=False, include_input=False, include_context=False)[:FAULTS]
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
