"""Articles (policies, procedures, fee schedules, guides) and the citable Passages they consist of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from knowledge.case import Id, Language, Owned, Text

ArticleKind = Literal["policy", "procedure", "fee_schedule", "guide"]

PASSAGE_CHARS = 700
"""A passage is about this long at most: what an agent reads at a glance and a model can quote."""


class Article(Owned):
    """A knowledge or policy text with its validity."""

    id: Id
    language: Language
    title: Annotated[Text, Field(min_length=1, max_length=300)]
    text: Annotated[Text, Field(min_length=1)]
    kind: ArticleKind = "guide"
    industry: Annotated[str, Field(max_length=60)] = ""
    version: Annotated[str, Field(max_length=80)] = "1"
    valid_from: date | None = None
    valid_to: date | None = None
    """Last day it holds; None while it is in force."""
    supersedes: Annotated[str | None, Field(max_length=200)] = None
    """Id of the article this one replaces."""
    categories: tuple[Annotated[str, Field(max_length=80)], ...] = ()

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from: swap them or leave valid_to empty")
        if self.supersedes == self.id:
            raise ValueError("an article cannot supersede itself")
        return self

    def in_force(self, day: date) -> bool:
        """Whether the article holds on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )

    def passages(self) -> tuple["Passage", ...]:
        """The article cut into citable pieces, in order; never empty."""
        return tuple(
            Passage(id=f"{self.id}#{n}", article_id=self.id, position=n, text=text)
            for n, text in enumerate(_pieces(self.text), start=1)
        )


@dataclass(frozen=True, slots=True)
class Passage:
    """The citable piece of an article."""

    id: str
    article_id: str
    position: int
    """From 1."""
    text: str


_SENTENCE_END = re.compile(r"(?<=[。！？；])|(?<=[.!?])\s+")


def _pieces(text: str) -> Iterator[str]:
    """Paragraphs, the long ones cut at sentence ends; headings stay with what follows them."""
    heading = ""
    for block in re.split(r"\n\s*\n", text.strip()):
        paragraph = block.strip()
        if not paragraph:
            continue
        if paragraph.startswith("#") and "\n" not in paragraph:
            title = paragraph.lstrip("#").strip()
            heading += f"{title}\n" if title else ""
            continue
        yield from _cut(heading + paragraph)
        heading = ""
    if heading:
        yield heading.strip()


def _cut(paragraph: str) -> Iterator[str]:
    piece = ""
    for sentence in _SENTENCE_END.split(paragraph):
        for start in range(0, max(len(sentence), 1), PASSAGE_CHARS):
            part = sentence[start : start + PASSAGE_CHARS]
            if piece.strip() and len(piece) + len(part) > PASSAGE_CHARS:
                yield piece.strip()
                piece = ""
            joint = " " if piece and piece[-1].isascii() else ""
            piece += joint + part
    if piece.strip():
        yield piece.strip()
