"""Examples for a risk model from a company's own history: what was known on a day, and what came after.

For some days in the past each customer's traits are computed from the events before that day alone, and the
label says whether the thing happened in the time after it. So a model never sees what it is to foretell.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from profiles.behaviour import traits_of
from profiles.errors import InvalidInput
from profiles.event import Event, EventKind
from profiles.risk_model import RiskModel
from profiles.tally import Tally, order
from profiles.traits import Value

HORIZON: Final = timedelta(days=90)
"""How far ahead a risk looks."""
CUTS: Final = 4
"""Days a customer is looked at, one horizon apart, the newest one horizon before today."""
COMES_TRUE: Final[dict[str, frozenset[EventKind]]] = {
    "complain_again": frozenset({"complaint", "reopened"}),
    "escalate": frozenset({"escalated"}),
    "leave": frozenset({"left"}),
}
"""By risk: the events that are it."""


@dataclass(slots=True)
class Examples:
    """Customers as they were known on some days, and what came true of them."""

    rows: list[dict[str, Value]] = field(default_factory=list[dict[str, Value]])
    labels: list[bool] = field(default_factory=list[bool])
    owners: list[str] = field(default_factory=list[str])
    """Whose rows they are, as a number that means nothing else."""


def examples(histories: Iterable[Sequence[Event]], risk: str, now: datetime) -> Examples:
    """What can be learnt from histories, one a customer.

    Nothing that says who a customer is can be among the traits: they come from events alone.

    Raises:
        InvalidInput: no events belong to the risk, or it never came true.
    """
    kinds = COMES_TRUE.get(risk)
    if kinds is None:
        raise InvalidInput(f"nothing that happens is called {risk!r}: choose from {', '.join(COMES_TRUE)}")
    found = Examples()
    for number, events in enumerate(histories):
        for traits, label in _of_customer(sorted(events, key=order), kinds, now):
            found.rows.append(traits)
            found.labels.append(label)
            found.owners.append(str(number))
    if not any(found.labels):
        raise InvalidInput(
            f"in none of {len(found.rows)} rows of the history did {risk!r} come true: import "
            f"{' or '.join(sorted(kinds))} events of the last {HORIZON.days * CUTS} days; "
            "until then the rules judge"
        )
    return found


def learn(histories: Iterable[Sequence[Event]], risk: str, now: datetime) -> RiskModel:
    """A model of a risk, from the histories of customers.

    Raises:
        InvalidInput: see `examples` and `risk_training.train`.
    """
    from profiles.risk_training import train  # scikit-learn: only where a model is trained

    found = examples(histories, risk, now)
    return train(found.rows, found.labels, found.owners, risk=risk, label=risk)


def _of_customer(
    events: Sequence[Event], kinds: frozenset[EventKind], now: datetime
) -> Iterator[tuple[dict[str, Value], bool]]:
    cuts = [now - HORIZON * back for back in range(CUTS, 0, -1)]
    tally, place = Tally(), 0
    for cut in cuts:
        while place < len(events) and events[place].at < cut:
            if events[place].kind == "left":
                return  # who left can no longer be kept
            tally.add(events[place])
            place += 1
        if tally.events:
            after = (event for event in events[place:] if event.at < cut + HORIZON)
            yield traits_of(tally, (), cut), any(event.kind in kinds for event in after)
