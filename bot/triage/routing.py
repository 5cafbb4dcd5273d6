"""Which queue a complaint belongs to and which skills it asks for: the table of routes.toml."""

from collections.abc import Collection
from functools import cache
from pathlib import Path

from knowledge.case import EscalationKind, Language, Owned, Urgency, Vulnerability
from knowledge.rules import load_rules

ROUTES = Path(__file__).parent / "routes.toml"


class Entry(Owned):
    """A queue or a skill with its conditions; all that it has must hold."""

    name: str
    escalations: frozenset[EscalationKind] = frozenset()
    """Any of them, as in all that follow."""
    categories: frozenset[str] = frozenset()
    vulnerability: frozenset[Vulnerability] = frozenset()
    urgencies: frozenset[Urgency] = frozenset()
    languages: frozenset[Language] = frozenset()


class Routes(Owned):
    """routes.toml."""

    version: str
    source: str
    valid_from: str
    fallback: str
    """The queue where no other fits."""
    queues: tuple[Entry, ...]
    skills: tuple[Entry, ...]


def route(
    category: str | None,
    escalations: Collection[EscalationKind],
    urgency: Urgency,
    language: Language,
    vulnerability: Collection[Vulnerability],
) -> tuple[str, tuple[str, ...]]:
    """The queue, and the skills in the order of the table."""
    routes = _routes()

    def holds(entry: Entry) -> bool:
        return all(
            (
                not entry.escalations or not entry.escalations.isdisjoint(escalations),
                not entry.categories or category in entry.categories,
                not entry.vulnerability or not entry.vulnerability.isdisjoint(vulnerability),
                not entry.urgencies or urgency in entry.urgencies,
                not entry.languages or language in entry.languages,
            )
        )

    queue = next((entry.name for entry in routes.queues if holds(entry)), routes.fallback)
    return queue, tuple(entry.name for entry in routes.skills if holds(entry))


@cache
def _routes() -> Routes:
    return load_rules(ROUTES, Routes)
