"""Structured logs: a JSON object a line, without personal data.

A message of our own errors never holds customer text, so it is kept. A foreign exception's message may
quote whatever it choked on, so only its type and where it happened are written.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any, Final

from bot.errors import BotError
from knowledge.errors import KnowledgeError
from profiles.errors import ProfilesError

OURS: Final = (BotError, KnowledgeError, ProfilesError)
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class JsonLines(logging.Formatter):
    """A record as one line of JSON; what was given as `extra` becomes fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _described(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def configure_logging(level: int = logging.INFO) -> None:
    """Send every log line, uvicorn's too, to standard error as JSON."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in ("httpx", "httpcore", "chromadb", "alembic"):  # their INFO names URLs and statements
        logging.getLogger(name).setLevel(logging.WARNING)


def _described(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    described: dict[str, Any] = {
        "type": type(error).__name__,
        "where": [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, OURS):
        described["message"] = str(error)
    if error.__cause__ is not None:
        described["cause"] = _described(error.__cause__)
    return described
