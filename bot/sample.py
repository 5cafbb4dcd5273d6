"""Our own corpus, put into a tenant's memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import knowledge
from bot.wiring import StoreParts
from knowledge.article import Article
from knowledge.case import Case
from profiles.customer import Customer

SAMPLE: Final = Path(knowledge.__file__).with_name("sample")


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many of each are in the corpus."""

    cases: int
    articles: int
    customers: int


def load_sample(parts: StoreParts, tenant: str) -> Loaded:
    """Store the sample cases, articles and customers; safe to run twice."""
    cases = [Case.model_validate_json(line) for line in _lines("cases")]
    articles = sample_articles()
    customers = [Customer.model_validate_json(line) for line in _lines("customers")]
    parts.knowledge.put_cases(tenant, cases)
    parts.knowledge.put_articles(tenant, articles)
    parts.profiles.put_customers(tenant, customers)
    return Loaded(len(cases), len(articles), len(customers))


def sample_articles() -> list[Article]:
    """The articles of the sample corpus."""
    return [Article.model_validate_json(line) for line in _lines("articles")]


def _lines(folder: str) -> Iterator[str]:
    for file in sorted((SAMPLE / folder).glob("*.jsonl")):
        yield from file.read_text(encoding="utf-8").splitlines()
