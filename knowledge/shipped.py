"""Makes the files in `model/` from our own corpus: `python -m knowledge.shipped`.

The head learns from the sample cases, from the passages of the sample articles (by the categories these name)
and from the phrases in taxonomies/core_phrases.toml. It is judged on the cases alone.
"""

import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from knowledge.article import Article
from knowledge.case import Case, Language, Owned
from knowledge.embedding import DocumentFrequency
from knowledge.head import Head
from knowledge.rules import load_rules
from knowledge.static_embedding import StaticEmbedder
from knowledge.taxonomy import TAXONOMIES, Taxonomy
from knowledge.training import LabelledText, train_categories

SAMPLE: Final = Path(__file__).with_name("sample")
MODEL: Final = Path(__file__).with_name("model")
SHIPPED_HEAD: Final = MODEL / "categories"
FREQUENCIES: Final = MODEL / "document_frequency.npz"
PHRASE_WEIGHT: Final = 0.5
"""A phrase counts half a case, a passage a twentieth: chosen by cross-validation on the cases."""
PASSAGE_WEIGHT: Final = 0.05
PRECISION: Final = 0.75
"""Three of four assigned categories are right out of fold. At 0.9 the head would speak for one complaint in
six only; an agent, who sees the alternatives, is better served by a likely answer than by none."""


class _Phrases(Owned):
    version: str
    source: str
    valid_from: date
    phrases: dict[str, dict[Language, tuple[str, ...]]]
    """By category and language."""


def make_shipped_model(folder: Path = MODEL) -> Head:
    """Write the document-frequency table and the category head; the same corpus gives the same files."""
    table = DocumentFrequency.learn(corpus_texts())
    head = train_categories(sample_rows(), StaticEmbedder.shipped(), precision=PRECISION)
    folder.mkdir(parents=True, exist_ok=True)
    table.save(folder / FREQUENCIES.name)
    head.save(folder / SHIPPED_HEAD.name)
    return head


def corpus_texts() -> Iterator[str]:
    """The texts whose words the document-frequency table counts: cases and passages."""
    for case in _cases():
        yield case.text
    for article in _articles():
        for passage in article.passages():
            yield passage.text


def sample_rows() -> list[LabelledText]:
    """What the shipped head learns from.

    Raises:
        UnknownCategory: a case, an article or a phrase names a category that the taxonomy does not have.
    """
    taxonomy = Taxonomy.core()
    rows = [
        LabelledText(case.text, (taxonomy.category(case.category).code,), case.language)
        for case in _cases()
        if case.category is not None
    ]
    rows += [
        LabelledText(passage.text, (taxonomy.category(code).code,), article.language, PASSAGE_WEIGHT, False)
        for article in _articles()
        for passage in article.passages()
        for code in article.categories
    ]
    phrases = load_rules(TAXONOMIES / "core_phrases.toml", _Phrases).phrases
    rows += [
        LabelledText(text, (taxonomy.category(code).code,), language, PHRASE_WEIGHT, False)
        for code, by_language in phrases.items()
        for language, texts in by_language.items()
        for text in texts
    ]
    return rows


def _cases() -> Iterator[Case]:
    yield from map(Case.model_validate_json, _lines("cases"))


def _articles() -> Iterator[Article]:
    yield from map(Article.model_validate_json, _lines("articles"))


def _lines(folder: str) -> Iterator[str]:
    for file in sorted((SAMPLE / folder).glob("*.jsonl")):
        yield from file.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    made = make_shipped_model()
    shown = {key: value for key, value in made.card.metrics.items() if key != "per_class"}
    sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1) + "\n")
    sys.stdout.write("".join(f"{warning}\n" for warning in made.card.warnings))
