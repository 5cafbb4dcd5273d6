"""Every error of ours has a status, and no log line holds a customer's words."""

import json
import logging

import pytest

from bot import errors as bot_errors
from bot.api.problems import STATUS, status_of
from bot.logs import JsonLines
from knowledge import errors as knowledge_errors
from profiles import errors as profile_errors


def _family(root: type[Exception]) -> list[type[Exception]]:
    return [kind for child in root.__subclasses__() for kind in (child, *_family(child))]


@pytest.mark.parametrize(
    "kind",
    [
        *_family(bot_errors.BotError),
        *_family(knowledge_errors.KnowledgeError),
        *_family(profile_errors.ProfilesError),
    ],
    ids=lambda kind: f"{kind.__module__}.{kind.__name__}",
)
def test_every_error_of_ours_has_a_status_by_itself_or_its_base(kind: type[Exception]) -> None:
    if kind.__module__.startswith(("bot.errors", "knowledge.errors", "profiles.errors")):
        error = kind.__new__(kind)
        assert 400 <= status_of(error) < 600
        assert any(base in STATUS for base in kind.__mro__) or kind is profile_errors.InvalidRules


def _logged(error: Exception) -> dict[str, object]:
    record = logging.makeLogRecord({"name": "redress", "msg": "it broke", "levelname": "ERROR"})
    with pytest.raises(type(error)) as caught:
        _fail(error)
    record.exc_info = (type(error), error, caught.tb)
    return json.loads(JsonLines().format(record))


def _fail(error: Exception) -> None:
    raise error


def test_a_foreign_exceptions_message_is_not_logged() -> None:
    line = json.dumps(_logged(ValueError("我的卡号是6225880137706868")), ensure_ascii=False)
    assert "6225880137706868" not in line
    assert "ValueError" in line
    assert "test_problems_and_logs.py" in line


def test_our_own_message_is_logged() -> None:
    line = _logged(bot_errors.StorageUnavailable("the disk is full"))
    assert line["error"]["message"] == "the disk is full"  # pyright: ignore[reportIndexIssue]  # JSON of our own making


def test_a_log_line_is_one_line_whatever_is_in_it() -> None:
    record = logging.makeLogRecord({"name": "x", "msg": "a\nb\u2028{}", "levelname": "INFO"})
    assert "\n" not in JsonLines().format(record)
