"""Categories: what went wrong that the company must put right. A model never invents one."""

import difflib
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, field_validator

from knowledge.case import Language, Owned
from knowledge.errors import InvalidInput, UnknownCategory
from knowledge.rules import load_rules

TAXONOMIES: Final = Path(__file__).with_name("taxonomies")
SUGGESTED: Final = 3
"""Known codes an unknown one is answered with."""

_Name = Annotated[str, Field(min_length=1, max_length=80)]


class Category(Owned):
    """A node of a taxonomy."""

    code: _Name
    name_zh: _Name
    name_en: _Name
    description_zh: str = ""
    description_en: str = ""
    parent: _Name | None = None
    """Code of the wider category, or None at the top."""


class _File(Owned):
    version: str
    source: str
    valid_from: date
    categories: Annotated[tuple[Category, ...], Field(min_length=1)]

    @field_validator("categories")
    @classmethod
    def _one_tree(cls, categories: tuple[Category, ...]) -> tuple[Category, ...]:
        codes = [category.code for category in categories]
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"code given twice: {', '.join(twice)}")
        parents = {category.code: category.parent for category in categories}
        for code, parent in parents.items():
            if parent is not None and parent not in parents:
                raise ValueError(f"{code} has parent {parent!r}, which is no code of this file")
            seen = {code}
            while parent is not None:
                if parent in seen:
                    raise ValueError(f"{code} is its own ancestor")
                seen.add(parent)
                parent = parents[parent]
        return categories


class Taxonomy:
    """The categories there are, in their order."""

    def __init__(self, categories: Iterable[Category], version: str = "") -> None:
        self.categories: Final = tuple(categories)
        self.version: Final = version
        self._by_code = {category.code: category for category in self.categories}
        self._by_name = {
            name.casefold().strip(): category.code
            for category in reversed(self.categories)  # where two share a name, the first keeps it
            for name in (category.name_zh, category.name_en, category.code)
        }

    @classmethod
    def core(cls) -> "Taxonomy":
        """The categories that come with Redress."""
        return _core()

    @classmethod
    def load(cls, path: Path) -> "Taxonomy":
        """The taxonomy in a TOML file.

        Raises:
            InvalidRules: the file breaks the schema; names the line.
        """
        file = load_rules(path, _File)
        return cls(file.categories, file.version)

    @classmethod
    def of_labels(cls, labels: Iterable[str]) -> "Taxonomy":
        """A tenant's own labels, each its own name in both languages; a core code keeps its names.

        Raises:
            InvalidInput: a label is empty or longer than 80 characters.
        """
        known = _core()._by_code
        made: list[Category] = []
        for label in dict.fromkeys(labels):
            if not 0 < len(label) <= 80:
                raise InvalidInput(f"a label has {len(label)} characters: give it 1 to 80")
            made.append(known.get(label) or Category(code=label, name_zh=label, name_en=label))
        return cls(made)

    def category(self, code: str) -> Category:
        """The category of that code.

        Raises:
            UnknownCategory: there is none; names the closest ones.
        """
        found = self._by_code.get(code)
        if found is None:
            near = difflib.get_close_matches(code[:80], self._by_code, SUGGESTED, cutoff=0.0)
            raise UnknownCategory(f"no category {code[:80]!r}: the closest known are {', '.join(near)}")
        return found

    def find(self, name: str) -> str | None:
        """The code that a code or a name in either language means, or None."""
        return self._by_name.get(name.casefold().strip())

    def display(self, code: str, language: Language) -> str:
        """Its name in that language; a code the taxonomy does not have is shown as it is."""
        found = self._by_code.get(code)
        if found is None:
            return code
        return found.name_zh if language == "zh" else found.name_en


@cache
def _core() -> Taxonomy:
    return Taxonomy.load(TAXONOMIES / "core.toml")
