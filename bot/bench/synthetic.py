"""Synthetic cases for measuring: sentences of our own corpus put together anew. Nothing to learn from."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import knowledge
from knowledge.case import Case, Language

SAMPLE: Final = Path(knowledge.__file__).with_name("sample")
SENTENCES: Final = 4
"""In one synthetic case: about as long as a complaint."""


def sentences() -> dict[Language, list[str]]:
    """The sentences of the sample cases, by language."""
    found: dict[Language, list[str]] = {"zh": [], "en": []}
    for file in sorted((SAMPLE / "cases").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            parts = re.split(r"(?<=[。！？!?.])\s*", row["text"])
            found[row["language"]] += [part for part in parts if len(part) > 8]
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
