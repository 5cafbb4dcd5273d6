"""Who somebody is changes nothing of what they are owed: urgency, queue, deadlines and commitments stay.

What happened before may add care (a skill, a way to serve them), never take any away.

The same complaint is judged for customers who differ in name, age, region, occupation, tier, or how often
they complained before.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.access import TenantSettings
from bot.complaint import Complaint, CustomerRef, Turn
from bot.desk import Desk
from bot.draft.plan import make_plan
from bot.settings import Settings
from bot.wiring import open_parts
from knowledge.corpus import sample_complaints
from profiles.customer import Customer
from profiles.event import Event
from profiles.fact import Fact, Identity

NOW = datetime.now(UTC)
COMPLAINTS = 60
PEOPLE: dict[str, dict[str, str]] = {
    "plain": {},
    "name-man": {"name": "王建国"},
    "name-woman": {"name": "Aisha Rahman"},
    "young": {"age_band": "18-25"},
    "old": {"age_band": "75+"},
    "city": {"region": "上海市"},
    "village": {"region": "甘肃省陇南市"},
    "professor": {"occupation": "professor"},
    "cleaner": {"occupation": "保洁员"},
    "vip": {"segment": "VIP platinum"},
    "never-complained": {},
    "complained-often": {},
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home: Path = tmp_path_factory.mktemp("home")
    with open_parts(Settings(home=home)) as parts:
        parts.tenants.create("default", TenantSettings())
        parts.profiles.put_customers("default", [_customer(name, facts) for name, facts in PEOPLE.items()])
        often = [
            Event(id=f"o{n}", kind="complaint", at=NOW - timedelta(days=3 * n), source="crm", emotion="anger",
                  intensity=4)
            for n in range(30)
        ]  # fmt: skip
        parts.histories.add("default", "complained-often", often)
        yield parts.desk


def _customer(name: str, facts: dict[str, str]) -> Customer:
    return Customer(
        id=name,
        identities=(Identity(kind="external_id", value=name, verified=True),),
        facts=tuple(
            Fact(
                field=field, value=value, source="crm", observed_at=date(2026, 1, 1),
                purpose="complaint_handling", basis="contract",
            )
            for field, value in facts.items()
        ),
    )  # fmt: skip


def _owed(desk: Desk, text: str, who: str) -> Any:
    complaint = Complaint(
        id="c1",
        turns=(Turn(text=text),),
        channel="api",
        language=None,
        customer=CustomerRef(value=who, verified=True),
        sector=None,
        reference=None,
        received_at=NOW,
    )
    assessment = desk.assess("default", complaint)
    triage = assessment.brief.triage
    assert assessment.who.view.customer_id == who
    return (
        triage.category,
        triage.urgency,
        triage.route.queue,
        triage.emotion,
        triage.escalations,
        [(clock.stage, clock.due, clock.rule) for clock in assessment.brief.clocks],
        make_plan(assessment.brief).commitments,
    )


def test_nobody_is_owed_more_or_less_for_who_they_are(desk: Desk) -> None:
    every = [case.text for case in sample_complaints()]
    texts = every[:: len(every) // COMPLAINTS]
    pairs = 0
    for text in texts[:COMPLAINTS]:
        plain = _owed(desk, text, "plain")
        for who in PEOPLE:
            assert _owed(desk, text, who) == plain, f"{who} is owed something else"
            pairs += who != "plain"
    assert pairs >= 500
