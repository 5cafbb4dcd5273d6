"""Our own corpus is what the README says: varied, labelled, consistent, and nobody's data."""

import itertools
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from bot.privacy.redaction import redact
from knowledge.article import Article
from knowledge.case import EMOTIONS, ESCALATIONS, Case
from knowledge.taxonomy import Taxonomy
from profiles.customer import Customer

SAMPLE = Path(__file__).parents[1] / "knowledge" / "sample"
INDUSTRIES = {"banking", "insurance", "telecom", "ecommerce", "travel", "utilities"}


@cache
def _lines(folder: str) -> tuple[str, ...]:
    files = sorted((SAMPLE / folder).glob("*.jsonl"))
    return tuple(line for file in files for line in file.read_text(encoding="utf-8").splitlines())


@cache
def _cases() -> tuple[Case, ...]:
    return tuple(map(Case.model_validate_json, _lines("cases")))


@cache
def _complaints() -> tuple[Case, ...]:
    """Those with labels only."""
    return tuple(map(Case.model_validate_json, _lines("complaints")))


@cache
def _articles() -> tuple[Article, ...]:
    return tuple(map(Article.model_validate_json, _lines("articles")))


@cache
def _customers() -> tuple[Customer, ...]:
    return tuple(map(Customer.model_validate_json, _lines("customers")))


def _trigrams(text: str) -> frozenset[str]:
    plain = re.sub(r"\s+", " ", text.lower())
    return frozenset(plain[n : n + 3] for n in range(len(plain) - 2))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_language_has_enough_of_everything(language: str) -> None:
    cases = [case for case in _cases() if case.language == language]
    assert len(cases) >= 240
    assert sum(article.language == language for article in _articles()) >= 40
    assert {case.industry for case in cases} > INDUSTRIES
    by_category = Counter(case.category for case in cases)
    assert set(by_category) == {category.code for category in Taxonomy.core().categories}
    assert min(by_category.values()) >= 8
    assert {case.primary_emotion for case in cases} == set(EMOTIONS)
    assert {case.intensity for case in cases} == {0, 1, 2, 3, 4}
    assert {kind for case in cases for kind in case.escalations} == set(ESCALATIONS)
    assert {case.complaint for case in cases} == {True, False}
    lengths = sorted(len(case.text) for case in cases)
    assert lengths[len(lengths) // 10] < 60 * (1 if language == "zh" else 4)
    assert lengths[-len(lengths) // 10] > 220 * (1 if language == "zh" else 3)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_enough_labelled_complaints_to_learn_from(language: str) -> None:
    labelled = [case for case in (*_cases(), *_complaints()) if case.language == language]
    assert len(labelled) >= 600
    assert sum(len(case.text) > 400 for case in labelled) >= 90
    by_category = Counter(case.category for case in labelled)
    assert min(by_category[category.code] for category in Taxonomy.core().categories) >= 50
    by_kind = Counter(kind for case in labelled for kind in case.escalations)
    assert min(by_kind[kind] for kind in ESCALATIONS) >= 40
    assert {case.primary_emotion for case in _complaints()} == set(EMOTIONS)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("part", ["text", "resolution"])
def test_no_two_stories_are_the_same_template(language: str, part: str) -> None:
    cases = _cases() if part == "resolution" else (*_cases(), *_complaints())
    grams = [(case.id, _trigrams(getattr(case, part))) for case in cases if case.language == language]
    alike = [
        (a, b, round(len(x & y) / len(x | y), 2))
        for (a, x), (b, y) in itertools.combinations(grams, 2)
        if 2 * min(len(x), len(y)) >= max(len(x), len(y)) and len(x & y) >= 0.5 * len(x | y)
    ]
    assert alike == []


def test_cases_name_policies_that_were_in_force_when_they_were_resolved() -> None:
    articles = {article.id: article for article in _articles()}
    followed = [case for case in _cases() if case.policy is not None]
    assert len(followed) > 300
    for case in followed:
        article = articles[case.policy or ""]
        assert article.version == case.policy_version, case.id
        assert case.resolved_at is not None, case.id
        assert article.in_force(case.resolved_at), case.id
    assert sum(article.supersedes is not None for article in _articles()) >= 6


def test_needs_quote_the_customer() -> None:
    for case in _cases():
        for need in case.needs:
            assert need.text in case.text, case.id


def test_labels_keep_the_codebooks_rules() -> None:
    for case in (*_cases(), *_complaints()):
        assert (case.primary_emotion == "neutral") == (case.intensity == 0), case.id
        assert case.primary_emotion in case.emotions, case.id
        assert case.complaint or case.category == "other", case.id
        if "safety" in case.escalations:
            assert case.urgency == "critical", case.id


def test_customers_belong_to_the_cases() -> None:
    owners = {case.id: case.customer for case in _cases()}
    assert len(_customers()) >= 60
    for customer in _customers():
        linked = [contact.case for contact in customer.contacts if contact.case]
        assert linked, customer.id
        assert all(owners[case] == customer.id for case in linked), customer.id
        assert customer.facts, customer.id


def test_no_case_holds_a_direct_identifier() -> None:
    """What a customer would never want in a shared memory: the redactor finds none of it in our own texts."""
    direct = {"ID_NUMBER", "PASSPORT", "PHONE", "EMAIL", "CARD", "ACCOUNT", "SSN", "NINO", "IBAN"}
    found = {
        case.id: [finding.kind for finding in redact(text).findings if finding.kind in direct]
        for case in (*_cases(), *_complaints())
        for text in (case.text, case.resolution)
    }
    assert {case: kinds for case, kinds in found.items() if kinds} == {}


def test_every_line_is_compact_json_without_surprises() -> None:
    for folder in ("cases", "complaints", "articles", "customers"):
        ids = [json.loads(line)["id"] for line in _lines(folder)]
        assert len(ids) == len(set(ids))
