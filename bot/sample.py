"""Our own corpus, put into a tenant's memory."""

from dataclasses import dataclass

from bot.wiring import StoreParts
from knowledge.corpus import sample_articles, sample_cases, sample_lines
from profiles.customer import Customer


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many of each are in the corpus."""

    cases: int
    articles: int
    customers: int


def load_sample(parts: StoreParts, tenant: str) -> Loaded:
    """Store the sample cases, articles and customers; safe to run twice."""
    cases, articles = list(sample_cases()), list(sample_articles())
    customers = [Customer.model_validate_json(line) for line in sample_lines("customers")]
    parts.knowledge.put_cases(tenant, cases)
    parts.knowledge.put_articles(tenant, articles)
    parts.profiles.put_customers(tenant, customers)
    return Loaded(len(cases), len(articles), len(customers))
