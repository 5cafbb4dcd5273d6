"""What a complaint can be about, in the customers' words and in those of a reply (clauses/products.toml)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from knowledge.case import Language, Owned
from knowledge.rules import load_rules

FILE: Final = Path(__file__).with_name("clauses") / "products.toml"


class Product(Owned):
    """A thing or a charge."""

    find: Annotated[tuple[str, ...], Field(min_length=1)]
    say: Annotated[str, Field(min_length=1)]
    kind: Literal["thing", "fee"] = "thing"
    sectors: tuple[str, ...] = ()
    weak: bool = False
    """Named only where nothing more definite is: a policy beside a life insurance."""


class _InLanguage(Owned):
    products: tuple[Product, ...]


class _Products(Owned):
    version: str
    source: str
    valid_from: date
    zh: _InLanguage
    en: _InLanguage


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The products of one language."""

    pattern: re.Pattern[str]
    by_word: dict[str, Product]
    by_name: dict[str, tuple[Product, ...]]

    def find(self, folded: str) -> Iterator[tuple[int, int, Product]]:
        """Every product named in lower-cased text, in order; the longest name where several fit."""
        for match in self.pattern.finditer(folded):
            yield match.start(), match.end(), self.by_word[match[0]]


@cache
def catalogue(language: Language) -> Catalogue:
    """The products of a language; read once.

    Raises:
        InvalidRules: the file breaks its schema.
    """
    rules = load_rules(FILE, _Products)
    products = (rules.zh if language == "zh" else rules.en).products
    by_word = {word: product for product in products for word in product.find}
    words = "|".join(re.escape(word) for word in sorted(by_word, key=len, reverse=True))
    edge = r"(?<![a-z])(?:{})(?![a-z])" if language == "en" else "(?:{})"
    by_name: dict[str, tuple[Product, ...]] = {}
    for product in products:
        by_name[product.say] = (*by_name.get(product.say, ()), product)
    return Catalogue(re.compile(edge.format(words)), by_word, by_name)
