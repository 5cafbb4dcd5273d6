"""Our own corpus, and labels of ours for public texts that lie elsewhere.

sample/cases        past cases with their outcome: what the demo shows, and what the heads learn from
sample/complaints   complaints with labels only: what the heads learn from besides
sample/articles     policies, procedures, fee schedules
sample/customers    invented people
sample/precedents   new long complaints, each with the past cases that decide it: a test set of the search
labels/             labels by our codebook for texts of a public set, each named by a digest of its text
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from knowledge.article import Article
from knowledge.case import Case, EmotionKind, EscalationKind, Language, Owned, Urgency, Vulnerability

SAMPLE: Final = Path(__file__).with_name("sample")
LABELS: Final = Path(__file__).with_name("labels")
BORROWED: Final = {"cfpb.jsonl": ("ship/cfpb_product/train.jsonl", "banking")}
"""Label file to the set it is for, under the data folder, and the industry of its texts."""


class _Labels(Owned):
    """Labels for one text."""

    id: str
    """`digest` of the text."""
    category: str
    complaint: bool
    emotions: tuple[EmotionKind, ...]
    primary_emotion: EmotionKind
    intensity: Annotated[int, Field(ge=0, le=4)]
    escalations: tuple[EscalationKind, ...]
    vulnerability: tuple[Vulnerability, ...]
    urgency: Urgency
    sure: bool
    """Whether a second careful reader would surely give the same category."""


class Precedent(Owned):
    """A complaint of another customer, and what an agent should find for it."""

    id: str
    language: Language
    text: str
    case: str
    """Id of the past case with the same matter."""
    also: tuple[str, ...] = ()
    """Ids of others that would serve as well."""


def sample_lines(folder: str) -> Iterator[str]:
    """The rows of a folder of the corpus, file by file in the order of their names."""
    for file in sorted((SAMPLE / folder).glob("*.jsonl")):
        yield from file.read_text(encoding="utf-8").splitlines()


def sample_cases() -> Iterator[Case]:
    """The past cases."""
    return map(Case.model_validate_json, sample_lines("cases"))


def sample_complaints() -> Iterator[Case]:
    """The complaints that only carry labels."""
    return map(Case.model_validate_json, sample_lines("complaints"))


def sample_precedents() -> Iterator[Precedent]:
    """The long complaints with their precedents; nothing is trained on them."""
    return map(Precedent.model_validate_json, sample_lines("precedents"))


def sample_articles() -> Iterator[Article]:
    """The articles."""
    return map(Article.model_validate_json, sample_lines("articles"))


def borrowed_cases(data: Path) -> Iterator[Case]:
    """Public texts below `data` that we have labels for; none where the set is not there."""
    for name, (texts, industry) in BORROWED.items():
        rows = (LABELS / name).read_text(encoding="utf-8").splitlines()
        labels = {row.id: row for row in map(_Labels.model_validate_json, rows)}
        path = data / texts
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            text = str(json.loads(line)["text"])
            row = labels.pop(digest(text), None)
            if row is not None:
                given = row.model_dump(exclude={"id", "sure"})
                yield Case(
                    id=f"{path.parent.name}-{row.id}", language="en", industry=industry, text=text, **given
                )


def digest(text: str) -> str:
    """Names a text without showing it."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
