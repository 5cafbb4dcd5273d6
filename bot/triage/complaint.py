"""Whether the text is a complaint at all: something is wrong, failed or unfair (codebook, last ruling).

Praise, a question, a request or a suggestion is none; a question or plea that tells of a failure is one.
"""

from collections.abc import Callable, Iterator

from bot.triage.lexicon import Hit, Scan, Subject, negated

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
    """What speaks for praise; twice as much where neither a "but" (但, "pity") nor anger takes it back."""
    praise = sum(hit.weight for hit in found.of("complaint", "praise"))
    against = [
        *found.of("complaint", "contrast"),
        *(h for h in found.of("emotion", *_ANGER) if h.weight >= 2),
    ]
    return praise if against else 2 * praise


def wrongs(found: Scan) -> Iterator[tuple[float, Hit]]:
    """What speaks for a complaint, with its weight."""
    for subject, kinds, weigh in _SPEAKING:
        for hit in found.of(subject, *kinds):
            if "implied" not in hit.kinds and not (subject == "emotion" and negated(found, hit)):
                yield weigh(hit.weight), hit


_SPEAKING: tuple[tuple[Subject, tuple[str, ...], Callable[[float], float]], ...] = (
    ("complaint", ("failure",), lambda weight: 2.0 if weight > 1 else 0.5),
    ("emotion", _WRONG_FEELINGS, lambda weight: weight),
    ("emotion", ("confusion",), lambda weight: 0.75 * weight),
    ("needs", _ASKED_WHEN_WRONGED, lambda _: 1.5),
    ("escalation", ("regulator", "media", "collective", "safety"), lambda _: 2.0),
    ("situation", ("fraud", "danger_now", "money_now", "repeated"), lambda _: 1.5),
    ("note", ("told",), lambda _: 1.5),
)
"""Where it speaks: subject and kinds of the lexicons, and what a phrase there weighs."""
