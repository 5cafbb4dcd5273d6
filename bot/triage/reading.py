"""The customer's turns as the judges read them: redacted, within the limit, offsets kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.complaint import Turn
from bot.privacy.redaction import Numbering, Redaction, Redactor
from bot.suggestion import Evidence
from bot.triage.lexicon import Span

JOINT = "\n\n"
"""Between two turns of the joined text."""


@dataclass(frozen=True, slots=True)
class ReadTurn:
    """One redacted turn."""

    position: int
    """Among all turns of the complaint, from 0."""
    speaker: str
    redaction: Redaction

    @property
    def text(self) -> str:
        """The redacted words."""
        return self.redaction.text

    def evidence(self, span: Span) -> Evidence:
        """A span of the redacted words as a span of what the customer wrote."""
        start, end = self.redaction.original_span(span.start, span.end)
        return Evidence(start=start, end=end, text=span.text, turn=self.position)


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole complaint, redacted."""

    turns: tuple[ReadTurn, ...]
    """All turns that fit the limit, in order."""
    limit: int
    """Characters that are judged at most."""
    left_out: int
    """Characters beyond the limit, which nobody judged."""

    @property
    def customer(self) -> tuple[ReadTurn, ...]:
        """The customer's own turns."""
        return tuple(turn for turn in self.turns if turn.speaker == "customer")

    @property
    def text(self) -> str:
        """What the customer said."""
        return JOINT.join(turn.text for turn in self.customer)


def read(turns: Sequence[Turn], redactor: Redactor, limit: int) -> Reading:
    """Redact the turns, the same placeholder for the same value throughout.

    At most `limit` characters are read: the newest turns first, and of a turn that is too long its beginning.
    """
    numbering = Numbering()
    budget, left_out = limit, 0
    chosen: list[tuple[int, Turn, str]] = []
    for position in range(len(turns) - 1, -1, -1):
        turn = turns[position]
        words = turn.text[:budget]
        budget -= len(words)
        left_out += len(turn.text) - len(words)
        if words:
            chosen.append((position, turn, words))
    return Reading(
        tuple(
            ReadTurn(position, turn.speaker, redactor.redact(words, numbering=numbering))
            for position, turn, words in reversed(chosen)
        ),
        limit,
        left_out,
    )
