"""The signed inbound webhook: a complaint that another system tells us about.

The body is an event, `{"type": "complaint.created", "timestamp": "…", "data": {…}}`, whose data reads like a
ComplaintIn. Senders grow fields and write null for what they have not; both are passed over.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, Final, cast

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from bot.channels.signatures import Delivery
from bot.complaint import ComplaintIn
from bot.errors import InvalidRequest
from bot.store import Once

COMPLAINT_CREATED: Final = "complaint.created"
CHANNEL: Final = "webhook"
"""Channel of a complaint whose data names none."""

_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(AwareDatetime)


class Event(BaseModel):
    """What a sender says happened."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str
    timestamp: Any = None
    data: Any = None


def read(body: bytes) -> ComplaintIn | None:
    """The complaint of an event; None for an event of another type, which is acknowledged and ignored.

    Where the data has no `received_at`, the event's own timestamp stands for it.

    Raises:
        InvalidRequest: the body is no event, or its data no complaint; names the fields, never their text.
    """
    try:
        event = Event.model_validate(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(
            'the body is no event: send a JSON object {"type", "timestamp", "data"} in UTF-8'
        ) from error
    if event.type != COMPLAINT_CREATED:
        return None
    if not isinstance(event.data, dict):
        raise InvalidRequest("data must be an object with text or turns, as POST /v1/complaints takes it")
    try:
        return ComplaintIn.model_validate(_filled(event), extra="ignore")
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, ('data', *fault['loc'])))}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False, include_context=False)
        )
        raise InvalidRequest(faults) from error


def once(delivery: Delivery, body: bytes) -> Once:
    """Names the delivery, so that the sender's next attempt finds the complaint of the first."""
    return Once(route="webhooks.complaints", key=delivery.id, fingerprint=hashlib.sha256(body).hexdigest())


def _filled(event: Event) -> dict[str, Any]:
    given = {"channel": CHANNEL, "received_at": _moment(event.timestamp)} | _without_nulls(event.data)
    return {name: value for name, value in given.items() if value is not None}


def _without_nulls(value: Any, depth: int = 3) -> Any:
    """`value` with every null field left out, as deep as a complaint goes: data, turns, turn."""
    if depth and isinstance(value, list):
        return [_without_nulls(item, depth - 1) for item in cast("list[Any]", value)]
    if depth and isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {name: _without_nulls(item, depth - 1) for name, item in fields.items() if item is not None}
    return value


def _moment(timestamp: Any) -> datetime | None:
    """The event's timestamp; None where it is no moment with a zone: no reason to lose a complaint."""
    try:
        return _MOMENT.validate_python(timestamp)
    except ValidationError:
        return None
