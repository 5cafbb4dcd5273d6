"""Intents to take the matter further, and dangers: regulator, media, legal, collective, safety, churn.

A threat with a condition or said with regret is one ("I don't want to go to court, but"); a plain denial, a
question about an authority, an idiom (气死我了, "dying to know") and what somebody else threatens are none:
the contexts of lexicons/*_escalation.toml say which. For despair and threats of violence the words decide.
"""

from dataclasses import dataclass

from bot.triage.lexicon import Span, scan
from knowledge.case import ESCALATIONS, EscalationKind

MOST_EVIDENCE = 5
"""Spans per kind."""


@dataclass(frozen=True, slots=True)
class EscalationFound:
    """One kind that the text shows."""

    kind: EscalationKind
    evidence: tuple[Span, ...]
    """The customer's words, in order of the text."""
    strength: float
    """0..1: how sure the surest of these words is."""


def find_escalations(text: str, language: str) -> tuple[EscalationFound, ...]:
    """Each kind once, in the order of the codebook."""
    found = scan(text)
    spans: dict[str, list[Span]] = {}
    strengths: dict[str, float] = {}
    for hit in found.of("escalation", *ESCALATIONS):
        for kind in hit.kinds:
            spans.setdefault(kind, []).append(found.span(hit))
            strengths[kind] = max(hit.weight, strengths.get(kind, 0.0))
    return tuple(
        EscalationFound(kind, tuple(spans[kind][:MOST_EVIDENCE]), min(strengths[kind], 1.0))
        for kind in ESCALATIONS
        if kind in spans
    )
