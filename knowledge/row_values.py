"""Cases and articles as the values of a row in SQL, without the tenant, which the session adds."""

import hashlib
from typing import Any

from knowledge.article import Article, Passage
from knowledge.case import Case


def case_row(case: Case) -> dict[str, Any]:
    """Of the table of cases."""
    body = case.model_dump_json(exclude_defaults=True)
    return {
        "id": case.id,
        "language": case.language,
        "category": case.category,
        "industry": case.industry,
        "outcome": case.outcome,
        "closed_on": case.closed_on,
        "policy": case.policy,
        "fingerprint": _fingerprint(body),
        "body": body,
    }


def article_row(article: Article) -> dict[str, Any]:
    """Of the table of articles."""
    body = article.model_dump_json(exclude_defaults=True)
    return {
        "id": article.id,
        "language": article.language,
        "valid_from": article.valid_from,
        "valid_to": article.valid_to,
        "supersedes": article.supersedes,
        "industry": article.industry,
        "categories": " ".join(article.categories),
        "fingerprint": _fingerprint(body),
        "body": body,
    }


def passage_row(passage: Passage) -> dict[str, Any]:
    """Of the table of passages."""
    return {
        "id": passage.id,
        "article_id": passage.article_id,
        "position": passage.position,
        "text": passage.text,
    }


def _fingerprint(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
