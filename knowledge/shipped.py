"""Makes the files in `model/`: `python -m knowledge.shipped DATA`, DATA being the folder with ship/ in it.

The head learns from the sample cases and complaints, from the public texts that labels/ is for, from the
passages of the sample articles (by the categories these name) and from the phrases in
taxonomies/core_phrases.toml. It is judged on the cases, complaints and public texts.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from knowledge.case import Case, Language, Owned
from knowledge.corpus import borrowed_cases, sample_articles, sample_cases, sample_complaints
from knowledge.embedding import DocumentFrequency
from knowledge.evaluation import LabelledText
from knowledge.figures import Judged, measure
from knowledge.head import Head
from knowledge.prediction import softmax
from knowledge.rules import load_rules
from knowledge.static_embedding import StaticEmbedder
from knowledge.taxonomy import TAXONOMIES, Taxonomy
from knowledge.training import Learned, learn
from knowledge.training.rows import fingerprint

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


def make_shipped_model(data: Path, folder: Path = MODEL) -> Head:
    """Write the document-frequency table and the category head; the same texts give the same files."""
    table = DocumentFrequency.learn(corpus_texts())
    own, borrowed = sample_rows(), list(_labelled(borrowed_cases(data)))
    rows = [*own, *borrowed]
    learned = learn(rows, StaticEmbedder.shipped(), "categories", precision=PRECISION)
    head = learned.head
    head.card.metrics.update(
        corpus=fingerprint(own), borrowed=len(borrowed), own=_of_own(learned, rows, len(own))
    )
    folder.mkdir(parents=True, exist_ok=True)
    table.save(folder / FREQUENCIES.name)
    head.save(folder / SHIPPED_HEAD.name)
    return head


def _of_own(learned: Learned, rows: Sequence[LabelledText], own: int) -> dict[str, Any]:
    """The figures out of fold of the first `own` rows, without the public texts behind them."""
    used: list[int] = np.flatnonzero(learned.used).tolist()
    some = [place for place, n in enumerate(used) if n < own and rows[n].judged]
    labels = learned.head.labels
    p = softmax(learned.logits[some].astype(np.float32)).astype(np.float64)
    truth = np.array([[label in rows[used[place]].labels for label in labels] for place in some])
    languages = tuple(rows[used[place]].language or "" for place in some)
    unsaid = np.zeros(len(some), np.bool_)
    figures = measure(Judged(labels, "one", p, p == p.max(axis=1, keepdims=True), unsaid, truth, languages))
    wanted = ("n", "accuracy", "macro_f1", "ece", "coverage_at_p90")
    return {name: figures[name] for name in (*wanted, "intervals")} | {
        language: {name: each[name] for name in wanted} for language, each in figures["per_language"].items()
    }


def corpus_texts() -> Iterator[str]:
    """The texts whose words the document-frequency table counts: cases, complaints and passages."""
    for case in (*sample_cases(), *sample_complaints()):
        yield case.text
    for article in sample_articles():
        for passage in article.passages():
            yield passage.text


def sample_rows() -> list[LabelledText]:
    """What the shipped head learns from our own corpus.

    Raises:
        UnknownCategory: a case, an article or a phrase names a category that the taxonomy does not have.
    """
    taxonomy = Taxonomy.core()
    rows = [*_labelled(sample_cases()), *_labelled(sample_complaints())]
    rows += [
        LabelledText(passage.text, (taxonomy.category(code).code,), article.language, PASSAGE_WEIGHT, False)
        for article in sample_articles()
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


def _labelled(cases: Iterable[Case]) -> Iterator[LabelledText]:
    taxonomy = Taxonomy.core()
    for case in cases:
        if case.category is not None:
            yield LabelledText(case.text, (taxonomy.category(case.category).code,), case.language)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1], "ship").is_dir():
        sys.exit("usage: python -m knowledge.shipped DATA  (DATA: the folder with ship/ in it)")
    made = make_shipped_model(Path(sys.argv[1]))
    shown = {key: value for key, value in made.card.metrics.items() if key != "per_class"}
    sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1) + "\n")
    sys.stdout.write("".join(f"{warning}\n" for warning in made.card.warnings))
