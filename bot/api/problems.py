"""Errors as RFC 9457 problem details. The one table that decides HTTP status. Never echoes input."""

import logging
from typing import Any, Final, cast

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.status_codes import (
    HTTP_400_BAD_REQUEST,
    HTTP_401_UNAUTHORIZED,
    HTTP_403_FORBIDDEN,
    HTTP_404_NOT_FOUND,
    HTTP_409_CONFLICT,
    HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    HTTP_422_UNPROCESSABLE_ENTITY,
    HTTP_500_INTERNAL_SERVER_ERROR,
    HTTP_503_SERVICE_UNAVAILABLE,
)

from bot import errors as bot_errors
from knowledge import errors as knowledge_errors
from profiles import errors as profile_errors

log = logging.getLogger(__name__)

STATUS: Final[dict[type[Exception], int]] = {
    bot_errors.InvalidRequest: HTTP_400_BAD_REQUEST,
    bot_errors.TextMissing: HTTP_422_UNPROCESSABLE_ENTITY,
    bot_errors.NotFound: HTTP_404_NOT_FOUND,
    bot_errors.Unauthorised: HTTP_401_UNAUTHORIZED,
    bot_errors.Forbidden: HTTP_403_FORBIDDEN,
    bot_errors.Conflict: HTTP_409_CONFLICT,
    bot_errors.CalendarEnds: HTTP_409_CONFLICT,
    bot_errors.KeyReused: HTTP_422_UNPROCESSABLE_ENTITY,
    bot_errors.BadSignature: HTTP_401_UNAUTHORIZED,
    bot_errors.InvalidSettings: HTTP_500_INTERNAL_SERVER_ERROR,
    bot_errors.InvalidRules: HTTP_500_INTERNAL_SERVER_ERROR,
    bot_errors.StorageUnavailable: HTTP_503_SERVICE_UNAVAILABLE,
    bot_errors.ChatUnavailable: HTTP_503_SERVICE_UNAVAILABLE,
    knowledge_errors.InvalidInput: HTTP_400_BAD_REQUEST,
    knowledge_errors.InvalidRules: HTTP_500_INTERNAL_SERVER_ERROR,
    knowledge_errors.ModelUnavailable: HTTP_503_SERVICE_UNAVAILABLE,
    knowledge_errors.EmbedderMismatch: HTTP_503_SERVICE_UNAVAILABLE,
    knowledge_errors.IndexLocked: HTTP_503_SERVICE_UNAVAILABLE,
    knowledge_errors.IndexUnavailable: HTTP_503_SERVICE_UNAVAILABLE,
    profile_errors.InvalidInput: HTTP_400_BAD_REQUEST,
    profile_errors.UnknownCustomer: HTTP_404_NOT_FOUND,
    profile_errors.IdentityConflict: HTTP_409_CONFLICT,
    profile_errors.ErasedCustomer: HTTP_409_CONFLICT,
    profile_errors.InvalidRules: HTTP_500_INTERNAL_SERVER_ERROR,
}
"""A subclass without its own line has the status of its nearest base; roots without one are a 500."""

TITLES: Final[dict[int, str]] = {
    HTTP_400_BAD_REQUEST: "The request cannot be used",
    HTTP_401_UNAUTHORIZED: "Who asks is not known",
    HTTP_403_FORBIDDEN: "This key may not do that",
    HTTP_404_NOT_FOUND: "There is no such thing",
    HTTP_409_CONFLICT: "This contradicts what is stored",
    HTTP_413_REQUEST_ENTITY_TOO_LARGE: "The request is too large",
    HTTP_422_UNPROCESSABLE_ENTITY: "The request cannot be carried out",
    HTTP_500_INTERNAL_SERVER_ERROR: "Something broke on our side",
    HTTP_503_SERVICE_UNAVAILABLE: "A part of the service is not available now",
}


def status_of(error: BaseException) -> int:
    """The HTTP status of an error of ours."""
    for kind in type(error).__mro__:
        if (status := STATUS.get(kind)) is not None:
            return status
    return HTTP_500_INTERNAL_SERVER_ERROR


def problem(
    status: int, detail: str, faults: list[dict[str, Any]] | None = None, title: str | None = None
) -> dict[str, Any]:
    """The JSON of a problem."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title or TITLES.get(status, "The request failed"),
        "status": status,
        "detail": detail,
    }
    if faults:
        body["errors"] = faults
    return body


def handle_ours(_request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """An error of our own trees: its message was written for the caller."""
    status = status_of(error)
    if status >= HTTP_500_INTERNAL_SERVER_ERROR:
        log.error("%s", type(error).__name__, exc_info=error)
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTP_401_UNAUTHORIZED else {}
    return _response(status, problem(status, str(error)), headers)


def handle_http(_request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """An error Litestar raised: unknown path, wrong method, unreadable or invalid body."""
    status = error.status_code
    if isinstance(error, ValidationException):
        return _response(status, problem(status, "some fields do not fit", _faults(error.extra)))
    if status == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
        return _response(status, problem(status, "send less, or raise REDRESS_MAX_BODY_BYTES"))
    return _response(status, problem(status, error.detail), dict(error.headers or {}))


def handle_unexpected(_request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """Anything else is a mistake of ours; the log has it, the caller does not."""
    log.error("unexpected %s", type(error).__name__, exc_info=error)
    status = HTTP_500_INTERNAL_SERVER_ERROR
    return _response(status, problem(status, "the request failed; it is in the service's log"))


def _faults(extra: Any) -> list[dict[str, Any]]:
    """Field and message of each fault; never the value."""
    if not isinstance(extra, list):
        return []
    found: list[dict[str, Any]] = []
    for item in cast("list[Any]", extra):
        if isinstance(item, dict):
            fault = cast("dict[str, Any]", item)
            found.append({"field": str(fault.get("key", "")), "detail": str(fault.get("message", ""))})
    return found


def _response(
    status: int, body: dict[str, Any], headers: dict[str, str] | None = None
) -> Response[dict[str, Any]]:
    return Response(body, status_code=status, media_type="application/problem+json", headers=headers or {})
