"""What a language-model server says when it fails, and what we make of it. Pure.

read_fault   an error body of any shape -> Fault: the server's words; they may repeat the prompt and stay here
refused      Fault and headers -> AttemptFailed: our words, and whether another attempt may help
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast

ABOUT_THE_REQUEST: Final = frozenset({400, 413, 422})
"""Statuses by which a server that is well refuses one request."""

_RETRIED: Final = frozenset({408, 409, 429})
_NUMBER: Final = re.compile(r"\s*[0-9]{1,12}(\.[0-9]{0,9})?\s*")


@dataclass(frozen=True, slots=True)
class Fault:
    """What a server says went wrong."""

    status: int
    """The HTTP status, or the one an error inside a stream stands for."""
    code: str = ""
    """The server's own code or type, as text."""
    words: str = ""
    """The server's message; never shown, never logged."""

    @property
    def out_of_quota(self) -> bool:
        """Whether waiting does not help because the account is empty."""
        return self.code == "insufficient_quota"


class AttemptFailed(Exception):
    """One request came to nothing; says why in our words."""

    def __init__(
        self, words: str, *, again: bool, wait: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(words)
        self.again = again
        """Whether another attempt may do better."""
        self.wait = wait
        """Seconds the server asks us to wait."""
        self.status = status
        """None where no answer came."""


def is_fault(body: object) -> bool:
    """Whether a JSON body reports an error instead of answering."""
    if not isinstance(body, dict):
        return False
    fields = cast("dict[str, Any]", body)
    return bool(fields.get("error")) or fields.get("object") == "error"


def read_fault(status: int, body: object) -> Fault:
    """What an error body says, whatever its shape: `error` as object or text, flat fields, or plain text.

    `status` 200 means that the error came inside a stream; then its own numeric code stands for the status,
    and 500 where it has none.
    """
    fields = cast("dict[str, Any]", body) if isinstance(body, dict) else {"message": body}
    error: object = fields.get("error") or fields
    inner = cast("dict[str, Any]", error) if isinstance(error, dict) else {"message": error}
    code = inner.get("code") if inner.get("code") is not None else inner.get("type")
    if status == 200:
        status = code if isinstance(code, int) and 400 <= code <= 599 else 500
    words = inner.get("message") or inner.get("detail") or ""
    return Fault(status, str(code or ""), words if isinstance(words, str) else json.dumps(words))


def refused(fault: Fault, headers: Mapping[str, str]) -> AttemptFailed:
    """The failure that an error answer is. `headers` are looked up in lower case."""
    usually = (fault.status in _RETRIED or fault.status >= 500) and not fault.out_of_quota
    again = {"true": True, "false": False}.get(headers.get("x-should-retry", ""), usually)
    words = f"the language model server {_in_words(fault)} (status {fault.status})"
    return AttemptFailed(words, again=again, wait=retry_after(headers), status=fault.status)


def _in_words(fault: Fault) -> str:
    if fault.out_of_quota or fault.status == 402:
        return "says that the account is used up: check it with the provider"
    if fault.status in {401, 403}:
        return "does not accept the key: check REDRESS_LLM_KEY"
    if fault.status in {404, 405}:
        return "does not know the address or the model: check REDRESS_LLM_URL and REDRESS_LLM_MODEL"
    if fault.status == 429:
        return "takes no more requests for now"
    return "failed" if fault.status >= 500 else "refused the request"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asks us to wait, 0 or more; None where it does not say.

    `retry-after-ms` counts first, then `retry-after` as seconds or as a date.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "")
    seconds = _number(value)
    if seconds is not None or not value:
        return seconds
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None
