"""What other systems call our fields: the alias table, and the columns of a row by our names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import field_validator

from knowledge.article import ArticleKind
from knowledge.case import (
    CaseOutcome,
    CauseKind,
    EmotionKind,
    EscalationKind,
    Language,
    Owned,
    RedressKind,
    Urgency,
    Vulnerability,
)
from knowledge.cells import Labels, key, text_of
from knowledge.rules import load_rules

Names = tuple[str, ...]

_FILE: Final = Path(__file__).with_name("headers.toml")


class Headers(Owned):
    """The alias table."""

    version: str
    source: str
    valid_from: date
    case: dict[str, Names]
    """Field of a Case, or part of one, to the names of its column; the earlier name wins."""
    article: dict[str, Names]
    labelled: dict[str, Names]
    amount_column: dict[RedressKind, Names]
    """What an amount was, by the name of its column."""
    outcome: dict[CaseOutcome, Names]
    urgency: dict[Urgency, Names]
    kind: dict[ArticleKind, Names]
    language: dict[Language, Names]
    redress: dict[RedressKind, Names]
    emotion: dict[EmotionKind, Names]
    escalation: dict[EscalationKind, Names]
    vulnerability: dict[Vulnerability, Names]
    cause: dict[CauseKind, Names]
    truth: dict[str, Names]
    currency: dict[str, Names]

    @field_validator("case", "article", "labelled")
    @classmethod
    def _one_meaning_each(cls, table: dict[str, Names]) -> dict[str, Names]:
        seen: dict[str, str] = {}
        for field, names in table.items():
            for name in (field, *names):
                if seen.setdefault(key(name), field) != field:
                    raise ValueError(f"{name!r} names both {seen[key(name)]!r} and {field!r}")
        return table

    @classmethod
    @cache
    def shipped(cls) -> "Headers":
        """The table that comes with Redress."""
        return load_rules(_FILE, cls)

    def labels(self, field: str) -> Labels:
        """The codes of a field by the names people use."""
        names: Mapping[str, Names] = getattr(self, field)
        return Labels(names)


@dataclass(frozen=True, slots=True)
class Given:
    """A row by our fields."""

    values: dict[str, Any]
    columns: dict[str, str]
    """Field to the column its value came from."""
    unknown: tuple[str, ...]
    """Columns that mean nothing to us and hold something."""
    twice: tuple[tuple[str, str], ...]
    """(column passed over, column used) where two filled ones mean the same."""

    def text(self, field: str) -> str:
        """The field as text; empty where it is absent."""
        return text_of(self.values.get(field))


class Columns:
    """Finds our fields in the columns of a table."""

    def __init__(self, table: Mapping[str, Names]) -> None:
        self._rank = {
            key(name): (field, rank)
            for field, names in table.items()
            for rank, name in enumerate((field, *names))
        }

    def given(self, cells: Mapping[str, Any]) -> Given:
        """The cells by our fields; of two columns with one meaning the better name with a value wins."""
        values: dict[str, Any] = {}
        columns: dict[str, str] = {}
        unknown: list[str] = []
        twice: list[tuple[str, str]] = []
        for _, column, field in sorted(self._ranked(cells), key=lambda found: found[0]):
            if cells[column] in (None, ""):
                continue
            if field is None:
                unknown.append(column)
            elif field in values:
                twice.append((column, columns[field]))
            else:
                values[field], columns[field] = cells[column], column
        return Given(values, columns, tuple(unknown), tuple(twice))

    def knows(self, cells: Mapping[str, Any], field: str) -> bool:
        """Whether one of the columns means the field."""
        return any(found == field for _, _, found in self._ranked(cells))

    def _ranked(self, cells: Mapping[str, Any]) -> list[tuple[int, str, str | None]]:
        found: list[tuple[int, str, str | None]] = []
        for column in cells:
            field, rank = self._rank.get(key(column), (None, 0))
            found.append((rank, column, field))
        return found
