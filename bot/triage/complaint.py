"""Whether the text is a complaint at all: something is wrong, failed or unfair (codebook, last ruling).

Praise, a question, a request or a suggestion is none; a question or plea that tells of a failure is one.
"""

from collections.abc import Iterator

from bot.triage.lexicon import Hit, Scan

_WRONG_FEELINGS = (
    "anger",
    "insult",
    "rhetorical",
    "ultimatum",
    "sarcasm",
    "disappointment",
    "sadness",
    "anxiety",
)
_ANGER = ("anger", "insult", "rhetorical", "ultimatum", "sarcasm")
_ASKED_WHEN_WRONGED = (
    "refund",
    "apology",
    "compensation",
    "stop_contact",
    "correct_record",
    "investigation",
    "data_deletion",
    "fee_waiver",
    "repair",
    "replacement",
)
"""Needs that nobody has while all is well."""

_ENOUGH = 1.5
"""How much must speak for a complaint: a sure word of failure weighs 2, a likely one 0.5."""


def is_complaint(found: Scan) -> bool:
    """Whether what speaks for a complaint outweighs praise and asking."""
    weight = sum(amount for amount, _ in wrongs(found))
    asking = len(found.of("complaint", "question", "request", "suggestion"))
    return weight >= _ENOUGH and weight > asking and weight > _praise(found)


def _praise(found: Scan) -> float:
    """What speaks for praise; twice as much where nothing takes it back (但, "pity") and no feeling speaks against it."""
    praise = sum(hit.weight for hit in found.of("complaint", "praise"))
    against = [
        *found.of("complaint", "contrast"),
        *(h for h in found.of("emotion", *_ANGER) if h.weight >= 2),
    ]
    return praise if against else 2 * praise


def wrongs(found: Scan) -> Iterator[tuple[float, Hit]]:
    """What speaks for a complaint, with its weight."""
    for hit in found.of("complaint", "failure"):
        yield (2.0 if hit.weight > 1 else 0.5), hit
    for hit in found.of("emotion", *_WRONG_FEELINGS):
        yield hit.weight, hit
    for hit in found.of("emotion", "confusion"):
        yield 0.75 * hit.weight, hit
    for hit in found.of("needs", *_ASKED_WHEN_WRONGED):
        if "implied" not in hit.kinds:
            yield 1.5, hit
    for hit in found.of("escalation", "regulator", "media", "collective", "safety"):
        yield 2.0, hit
    for hit in found.of("situation", "fraud", "danger_now", "money_now", "repeated"):
        yield 1.5, hit
    for hit in found.of("note", "told"):
        yield 1.5, hit
