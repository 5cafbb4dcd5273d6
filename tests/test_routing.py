"""Which queue and which skills."""

import pytest
from hypothesis import given, strategies as st

from bot.triage.routing import route
from knowledge.case import ESCALATIONS, URGENCIES, EscalationKind, Language, Urgency, Vulnerability
from knowledge.taxonomy import Taxonomy

_CATEGORIES = (None, *(category.code for category in Taxonomy.core().categories))
_VULNERABILITY: tuple[Vulnerability, ...] = ("health", "life_event", "resilience", "capability")


@pytest.mark.parametrize(
    ("category", "escalations", "urgency", "vulnerability", "queue"),
    [
        ("delay", (), "normal", (), "product_and_delivery"),
        ("billing_error", (), "normal", (), "billing"),
        ("fraud_unauthorised", (), "high", (), "fraud"),
        ("privacy_data", (), "normal", (), "privacy"),
        (None, (), "normal", (), "general"),
        ("other", (), "low", (), "general"),
        ("delay", ("safety",), "critical", (), "safety_desk"),
        ("fraud_unauthorised", ("safety",), "critical", (), "safety_desk"),
        ("safety", (), "high", (), "safety_desk"),
        ("delay", ("regulator", "legal"), "high", (), "regulatory_affairs"),
        ("delay", ("legal",), "high", (), "legal_and_media"),
        ("delay", (), "high", ("health",), "vulnerable_customers"),
        ("delay", (), "normal", ("health",), "product_and_delivery"),
        (None, ("churn",), "normal", (), "retention"),
    ],
)
def test_the_first_queue_that_fits_takes_it(
    category: str | None,
    escalations: tuple[EscalationKind, ...],
    urgency: Urgency,
    vulnerability: tuple[Vulnerability, ...],
    queue: str,
) -> None:
    assert route(category, escalations, urgency, "en", vulnerability)[0] == queue


def test_skills_add_up_and_name_the_language() -> None:
    assert route("fraud_unauthorised", ("safety", "legal"), "critical", "zh", ("capability",)) == (
        "safety_desk",
        ("chinese", "crisis", "legal", "extra_care", "fraud", "senior"),
    )
    assert route(None, (), "low", "en", ()) == ("general", ("english",))


@given(
    st.sampled_from(_CATEGORIES),
    st.sets(st.sampled_from(ESCALATIONS)),
    st.sampled_from(URGENCIES),
    st.sampled_from(["zh", "en"]),
    st.sets(st.sampled_from(_VULNERABILITY)),
)
def test_everything_has_a_queue_and_danger_goes_to_one(
    category: str | None,
    escalations: set[EscalationKind],
    urgency: Urgency,
    language: Language,
    vulnerability: set[Vulnerability],
) -> None:
    queue, skills = route(category, escalations, urgency, language, vulnerability)
    assert queue
    assert len(set(skills)) == len(skills)
    assert queue == "safety_desk" or "safety" not in escalations
