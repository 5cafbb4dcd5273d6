"""Synthetic cases for measuring: sentences of our own corpus put together anew. Nothing to learn from."""

import random
import re
from collections.abc import Iterator
from typing import Final

from knowledge.case import Case, Language
from knowledge.corpus import sample_cases

SENTENCES: Final = 4
"""In one synthetic case: about as long as a complaint."""


def sentences() -> dict[Language, list[str]]:
    """The sentences of the sample cases, by language."""
    found: dict[Language, list[str]] = {"zh": [], "en": []}
    for case in sample_cases():
        parts = re.split(r"(?<=[。！？!?.])\s*", case.text)
        found[case.language] += [part for part in parts if len(part) > 8]
    return found


def synthetic_cases(count: int, seed: int = 1) -> Iterator[Case]:
    """`count` cases, half of them Chinese, the same for the same seed."""
    rng, pool = random.Random(seed), sentences()  # noqa: S311  # no secret
    for n in range(count):
        language: Language = "zh" if n % 2 else "en"
        joint = "" if language == "zh" else " "
        text = joint.join(rng.sample(pool[language], SENTENCES)) + f" #{rng.randrange(10**6)}"
        yield Case(id=f"bench-{n:07d}", language=language, text=text[:1000], outcome="upheld")


def synthetic_complaints(count: int, seed: int = 2) -> list[str]:
    """Complaints to judge, in both languages, none of which is a stored case."""
    return [case.text for case in synthetic_cases(count, seed)]
