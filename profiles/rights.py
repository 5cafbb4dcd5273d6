"""What a customer or the law may switch, and the record of who looked: ledgers that only grow."""

from collections.abc import Iterable
from typing import Annotated, Literal, get_args

from pydantic import Field

from profiles.owned import STORABLE, Code, Id, Moment, Owned

Control = Literal[
    "no_profile",  # the customer objects to profiling: complete service without a profile
    "human_only",  # no decision about them by a machine alone: a person reads every complaint first
    "restricted",  # kept only because the law says so: nobody uses it for anything else
]
CONTROLS: tuple[Control, ...] = get_args(Control)


class ControlEntry(Owned):
    """One switch, on or off; the newest entry of a control holds."""

    at: Moment
    control: Control
    on: bool
    by: Annotated[str, Field(max_length=200), STORABLE] = ""
    """Who switched it: a credential or a person."""
    reason: Annotated[str, Field(max_length=500), STORABLE] = ""


class Access(Owned):
    """One look at what is known of a customer."""

    customer_id: Id
    at: Moment
    by: Annotated[str, Field(max_length=200), STORABLE]
    purpose: Code
    what: tuple[str, ...]
    """Names of the fields that were shown; never values."""
    complaint_id: Id | None = None


def switched_on(entries: Iterable[ControlEntry]) -> frozenset[Control]:
    """The controls that hold now. Of two entries at one moment the one that is on."""
    newest: dict[Control, ControlEntry] = {}
    for entry in entries:
        known = newest.get(entry.control)
        if known is None or (entry.at, entry.on) > (known.at, known.on):
            newest[entry.control] = entry
    return frozenset(control for control, entry in newest.items() if entry.on)
