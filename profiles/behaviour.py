"""The traits of a customer on a day: what the tally of their events and their facts come to."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import Final

from profiles.fact import Fact
from profiles.tally import Day, Tally
from profiles.traits import Value

OPEN_DAYS: Final = 180
"""Days after which a complaint nobody closed no longer counts as open."""
PROMISE_DAYS: Final = 90
"""Days after which a promise nobody settled no longer counts as open; as fields.toml has it for contacts."""
HALF: Final = 45
"""Days of the two halves in which the trend of feelings over 90 days is seen."""
_FROM_FACTS: Final = {
    "age_band": "age_band",
    "region": "region",
    "occupation": "occupation",
    "segment": "tier",
}
"""Fields of facts, and the trait each is."""
_PARTS: Final = ((5, "morning"), (12, "afternoon"), (18, "evening"), (22, "night"))
"""Hour at which each part of the day begins."""


def traits_of(tally: Tally, facts: Iterable[Fact], now: datetime, *, utc_offset: int = 0) -> dict[str, Value]:
    """The traits that traits.toml declares, by name; None where nothing is known.

    `facts` are those that may be seen for the purpose. `utc_offset` is in hours, for the part of the day.
    """
    today = now.astimezone(UTC).toordinal()
    known = {_FROM_FACTS[fact.field]: fact.value for fact in facts if fact.field in _FROM_FACTS}
    traits: dict[str, Value] = {name: known.get(name) for name in _FROM_FACTS.values()}
    if not tally.events:
        return traits
    days = {name: _sum(tally.days, today, length) for name, length in _WINDOWS.items()}
    complaints = tally.kinds.get("complaint", 0)
    return traits | {
        **_of_complaints(tally, days, today, complaints),
        **_of_contacts(tally, days, today, utc_offset),
        **_of_feelings(tally, days, today),
        **_of_purchases(tally, days, today),
        "silent_days": max(0, today - _ordinal(tally.last[0])),
        "known_days": max(0, today - _ordinal(tally.first_at)),
        "broken_promises_365d": days["365d"].kinds.get("broken", 0),
        "open_promises": _since((at for _, at in tally.promises.values()), today - PROMISE_DAYS),
        "public_mentions_90d": days["90d"].kinds.get("mention", 0),
    }


_ADDED: Final = ("contacts", "call_seconds", "transfers", "spent", "negative", "felt", "scores", "answers")
"""Counts of a day that add up."""
_WINDOWS: Final = {"30d": 30, "60d": 60, "90d": 90, "365d": 365}


def _of_complaints(tally: Tally, days: Mapping[str, Day], today: int, complaints: int) -> dict[str, Value]:
    past = [day for day in tally.complaint_days if day <= today]
    gaps = [later - earlier for earlier, later in pairwise(past)]
    return {
        "complaints_90d": days["90d"].kinds.get("complaint", 0),
        "complaints_365d": days["365d"].kinds.get("complaint", 0),
        "days_since_complaint": today - past[-1] if past else None,
        "days_between_complaints": median(gaps) if gaps else None,
        "reopened_365d": days["365d"].kinds.get("reopened", 0),
        "escalated_365d": days["365d"].kinds.get("escalated", 0),
        "open_complaints": _since(tally.open_cases.values(), today - OPEN_DAYS),
        "self_service_before": tally.tried_before / complaints if complaints else None,
        "category": _most(tally.categories),
    }


def _of_contacts(tally: Tally, days: Mapping[str, Day], today: int, utc_offset: int) -> dict[str, Value]:
    visits, before = days["30d"].kinds.get("visit", 0), days["60d"].kinds.get("visit", 0)
    before -= visits
    return {
        "contacts_90d": days["90d"].contacts,
        "calls_90d": days["90d"].kinds.get("call", 0),
        "call_minutes_90d": round(days["90d"].call_seconds / 60, 1),
        "transfers_90d": days["90d"].transfers,
        "channels": len(tally.channels),
        "channel": _most(tally.channels),
        "hours": _part_of_day(tally.hours, utc_offset),
        "visits_30d": visits,
        "visits_change": round(visits / before - 1, 3) if before else None,
    }


def _of_feelings(tally: Tally, days: Mapping[str, Day], today: int) -> dict[str, Value]:
    earlier = _sum(tally.days, today - HALF, HALF)
    later = _sum(tally.days, today, HALF)
    felt = days["90d"].feelings
    satisfaction = days["365d"]
    return {
        "negative_90d": days["90d"].negative,
        "worst_intensity_90d": days["90d"].worst if felt else None,
        "emotion_trend_90d": round(_strength(later) - _strength(earlier), 2)
        if earlier.feelings and later.feelings
        else None,
        "satisfaction_365d": satisfaction.scores / satisfaction.answers if satisfaction.answers else None,
        "last_satisfaction": tally.last_score,
    }


def _of_purchases(tally: Tally, days: Mapping[str, Day], today: int) -> dict[str, Value]:
    return {
        "products": len(tally.products),
        "purchases_365d": days["365d"].kinds.get("purchase", 0),
        "days_since_purchase": max(0, today - tally.purchased_on) if tally.purchased_on else None,
    }


def feelings_over(tally: Tally, now: datetime, length: int = 90) -> dict[str, int]:
    """How often each feeling was shown in the last `length` days, most often first."""
    found = _sum(tally.days, now.astimezone(UTC).toordinal(), length).feelings
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _strength(day: Day) -> float:
    """Mean intensity of the bad feelings among all that were shown, 0..4."""
    return day.felt / sum(day.feelings.values())


def _sum(days: Mapping[int, Day], today: int, length: int) -> Day:
    """The counts of the `length` days that end with `today`."""
    total = Day()
    for ordinal, day in days.items():
        if not today - length < ordinal <= today:
            continue
        for name in _ADDED:
            setattr(total, name, getattr(total, name) + getattr(day, name))
        total.worst = max(total.worst, day.worst)
        for counts, more in ((total.kinds, day.kinds), (total.feelings, day.feelings)):
            for key, count in more.items():
                counts[key] = counts.get(key, 0) + count
    return total


def _most(counts: Mapping[str, int]) -> str | None:
    """The commonest; of two as common the first by name."""
    return min(counts, key=lambda name: (-counts[name], name), default=None)


def _part_of_day(hours: list[int], utc_offset: int) -> str | None:
    parts: dict[str, int] = {}
    for hour, count in enumerate(hours):
        local = (hour + utc_offset) % 24
        name = next((part for start, part in reversed(_PARTS) if local >= start), "night")
        parts[name] = parts.get(name, 0) + count
    return _most(parts) if sum(hours) else None


def _since(moments: Iterable[str], day: int) -> int:
    """How many of the moments lie on that day or later."""
    return sum(_ordinal(moment) >= day for moment in moments)


def _ordinal(moment: str) -> int:
    return datetime.fromisoformat(moment).toordinal()
