"""Complaints, one a line, judged several at a time, answered in their order."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, cast

from anyio import to_thread
from pydantic import ValidationError

from bot.complaint import ComplaintIn
from bot.errors import BotError
from knowledge.encodings import MAX_LINE, is_broken
from knowledge.errors import KnowledgeError
from knowledge.tables import parse_json
from profiles.errors import ProfilesError

Consider = Callable[[ComplaintIn, str], Awaitable[dict[str, Any]]]
"""A complaint and its id (empty for none) to a Suggestion as JSON."""

FIELDS: Final = {
    "text": "text", "turns": "turns", "lang": "language", "language": "language", "channel": "channel",
    "customer": "customer", "sector": "sector", "reference": "reference", "received_at": "received_at",
}  # fmt: skip
"""What a line may say, and the field of a complaint that it becomes; anything else is passed over."""


_FIRST_ID = re.compile(r'\s*\{\s*"id"\s*:\s*(0|[1-9]\d{0,17}|"[^"\\]*")\s*[,}]')
"""An id at the beginning of a line, which names even a line that is broken further on."""


class BadLine(Exception):
    """A line that is no complaint. The detail never quotes it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


async def judge(
    lines: Iterator[tuple[int, str | None]],
    consider: Consider,
    *,
    at_once: int,
    write: Callable[[dict[str, Any]], None],
) -> tuple[int, int]:
    """Judge numbered lines, at most `at_once` of them at a time, and write the answers in their order.

    An answer is written as soon as those before it are: whoever feeds us line by line gets it before the next
    line is there. Memory holds the lines in progress and no more.

    Returns:
        How many lines were answered, and how many of them with an error.
    """
    waiting: asyncio.Queue[asyncio.Task[dict[str, Any]] | None] = asyncio.Queue()
    slots = asyncio.Semaphore(at_once)

    async def feed() -> None:
        try:
            # reading may wait for whoever writes the lines, so it must not hold up the judging
            while (line := await to_thread.run_sync(next, lines, None, abandon_on_cancel=True)) is not None:
                if line[1] is None or line[1].strip("\ufeff \t\r\n"):
                    await slots.acquire()
                    await waiting.put(asyncio.create_task(answer(*line, consider)))
        finally:
            await waiting.put(None)

    answered = failed = 0
    feeding = asyncio.create_task(feed())
    try:
        while (task := await waiting.get()) is not None:
            result = await task
            slots.release()
            answered, failed = answered + 1, failed + ("error" in result)
            write(result)
        await feeding
    finally:
        feeding.cancel()
    return answered, failed


async def answer(number: int, line: str | None, consider: Consider) -> dict[str, Any]:
    """The suggestion for a line, or what is wrong with it; never raises."""
    found = _FIRST_ID.match(line or "")
    given: Any = json.loads(found[1], strict=False) if found else None
    try:
        row = _row(line)
        given = row.get("id")
        complaint = complaint_from(row)
        suggestion = await consider(complaint, "" if given is None else str(given)[:200])
    except BadLine as bad:
        return _error(given, number, bad.code, bad.detail)
    except (BotError, KnowledgeError, ProfilesError) as error:
        return _error(given, number, _code(error), str(error))
    except Exception as error:  # noqa: BLE001  # one line must not end the run, whatever happens to it
        return _error(given, number, "failed", f"{type(error).__name__} while judging it")
    return suggestion if given is None else {**suggestion, "id": given}


def complaint_from(row: dict[str, Any]) -> ComplaintIn:
    """The complaint that a line describes.

    Raises:
        BadLine: a field does not fit.
    """
    values = {FIELDS[name]: value for name, value in row.items() if name in FIELDS and value is not None}
    if "language" in values:
        # any other language than our two is found out from the words
        short = str(values.pop("language"))[:2].lower()
        values |= {"language": short} if short in {"zh", "en"} else {}
    if isinstance(values.get("customer"), (str, int)):
        values["customer"] = {"value": str(values["customer"])}
    if isinstance(turns := values.get("turns"), list):
        turns = cast("list[Any]", turns)
        values["turns"] = [{"text": turn} if isinstance(turn, str) else turn for turn in turns]
    try:
        return ComplaintIn.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise BadLine("invalid", "; ".join(_fault(fault["loc"], fault["msg"]) for fault in faults)) from error


def _row(line: str | None) -> dict[str, Any]:
    if line is None:
        raise BadLine("too_long", f"the line has more than {MAX_LINE} characters")
    if is_broken(line):
        raise BadLine("bad_encoding", "the line is not UTF-8")
    try:
        value = parse_json(line.removeprefix("\ufeff"))
    except ValueError as error:
        raise BadLine("bad_json", f"the line is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadLine("bad_json", 'the line is no JSON object: write {"id": …, "text": …}')
    return cast("dict[str, Any]", value)


def _fault(where: tuple[int | str, ...], message: str) -> str:
    field = ".".join(map(str, where))
    return f"{field}: {message}" if field else message.removeprefix("Value error, ")


def _code(error: Exception) -> str:
    """The error's name as a code: TextMissing is text_missing."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def _error(given: Any, line: int, code: str, detail: str) -> dict[str, Any]:
    return {"id": given, "error": {"line": line, "code": code, "detail": detail}}
