"""How good a head or a search is, on rows it has not seen."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from knowledge.case import Language, language_of, searchable
from knowledge.corpus import sample_cases, sample_precedents
from knowledge.embedding import Embedder
from knowledge.errors import InvalidInput
from knowledge.figures import Judged, compare, measure
from knowledge.head import Head
from knowledge.head_features import head_features
from knowledge.prediction import Prediction
from knowledge.rows import Row, RowProblem
from knowledge.tables import read_rows

TOP: Final = 10
BATCH: Final = 1000
"""Documents embedded and indexed at a time."""

FALSE_ALARMS: Final = 0.05
"""Share of rows in scope that may look out of it, for `recall_at_5`."""


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text to learn from."""

    text: str
    labels: tuple[str, ...]
    """Exactly one for categories; any number for emotions."""
    language: Language | None = None
    weight: float = 1.0
    """How much the row counts in training."""
    judged: bool = True
    """False for a row that teaches only: it is in every training fold and never in a measure."""
    row: int | None = None
    """Its number in the file it came from."""


@dataclass(frozen=True, slots=True)
class Queries:
    """A retrieval set."""

    corpus: dict[str, str]
    """Id to text."""
    queries: dict[str, str]
    """Id to text."""
    relevant: dict[str, dict[str, float]]
    """Query id to document id to relevance, above 0."""
    own: dict[str, str] = field(default_factory=dict[str, str])
    """Query id to the document that it is a copy of, which does not count as found."""


def evaluate_labels(head: Head, embedder: Embedder, rows: Sequence[LabelledText]) -> dict[str, Any]:
    """The figures of `knowledge.figures.measure` for the head's answers, and `unknown_labels`.

    Raises:
        InvalidInput: there are no rows.
        EmbedderMismatch: the head was trained with another embedder.
    """
    said = _predictions(head, embedder, rows)
    rows_judged = _judged(head, rows, said)
    unknown = list(rows_judged.labels[len(head.labels) :])
    return {
        **measure(rows_judged),
        "unknown_labels": unknown,
        "out_of_scope": _out_of_scope(head, rows, said),
    }


def judge_rows(
    head: Head, embedder: Embedder, rows: Sequence[LabelledText], also: Sequence[str] = ()
) -> Judged:
    """What the head says of every row; labels are its own, then those of the rows and of `also` it lacks.

    Raises:
        InvalidInput: there are no rows.
        EmbedderMismatch: the head was trained with another embedder.
    """
    return _judged(head, rows, _predictions(head, embedder, rows), also)


def _predictions(head: Head, embedder: Embedder, rows: Sequence[LabelledText]) -> list[Prediction]:
    if head.needs_vector:
        head.require(embedder.name)
    if not rows:
        raise InvalidInput("there are no rows to measure on: give texts with labels, one JSON object a line")
    blank = np.zeros(head.card.dimensions, np.float32)
    return [
        head.predict(
            head_features(row.text),
            embedder.embed_query(row.text) if head.needs_vector else blank,
            row.language or language_of(row.text),
        )
        for row in rows
    ]


def _judged(
    head: Head, rows: Sequence[LabelledText], said: Sequence[Prediction], also: Sequence[str] = ()
) -> Judged:
    unknown = sorted(({label for row in rows for label in row.labels} | set(also)) - set(head.labels))
    labels = (*head.labels, *unknown)
    column = {label: n for n, label in enumerate(labels)}
    shape = (len(rows), len(labels))
    probabilities, holds, truth = np.zeros(shape), np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    for n, (row, each) in enumerate(zip(rows, said, strict=True)):
        probabilities[n, : len(head.labels)] = each.probabilities
        answer = each.chosen if head.card.kind == "many" else (each.best,)
        holds[n, [column[label] for label in answer]] = True
        truth[n, [column[label] for label in row.labels]] = True
    abstained = np.array([each.abstain is not None for each in said], np.bool_)
    languages = tuple(row.language or language_of(row.text) for row in rows)
    return Judged(labels, head.card.kind, probabilities, holds, abstained, truth, languages)


def _out_of_scope(
    head: Head, rows: Sequence[LabelledText], said: Sequence[Prediction]
) -> dict[str, float] | None:
    """Rows that have none of the head's labels: n, recall, false_alarms, recall_at_5 (at 5 % false alarms).

    None where there is no such row, no other, or the head gives several labels at once.
    """
    familiar = np.array([each.familiarity for each in said])
    strange = np.array([not set(row.labels) & set(head.labels) for row in rows], np.bool_)
    if head.card.kind == "many" or not strange.any() or strange.all():
        return None
    told = np.array([each.abstain == "out_of_scope" for each in said], np.bool_)
    limit = float(np.quantile(familiar[~strange], FALSE_ALARMS))
    return {
        "n": int(strange.sum()),
        "recall": round(float(told[strange].mean()), 4),
        "false_alarms": round(float(told[~strange].mean()), 4),
        "recall_at_5": round(float((familiar[strange] < limit).mean()), 4),
    }


def compare_heads(
    head: Head, other: Head, embedder: Embedder, rows: Sequence[LabelledText]
) -> dict[str, dict[str, float]]:
    """How much better `head` is than `other` on these rows: see `knowledge.figures.compare`.

    Raises:
        InvalidInput: there are no rows.
        EmbedderMismatch: a head was trained with another embedder.
    """
    labels = tuple(sorted({*head.labels, *other.labels, *(label for row in rows for label in row.labels)}))
    return compare(*(_in_order(judge_rows(one, embedder, rows, labels), labels) for one in (head, other)))


def _in_order(rows: Judged, labels: tuple[str, ...]) -> Judged:
    at = [rows.labels.index(label) for label in labels]
    return replace(
        rows,
        labels=labels,
        probabilities=rows.probabilities[:, at],
        holds=rows.holds[:, at],
        truth=rows.truth[:, at],
    )


def evaluate_retrieval(data: Queries, embedder: Embedder) -> dict[str, dict[str, float]]:
    """What dense, lexical and fused search find, of an index made for this alone.

    For each: n, the queries that have a relevant document, and over them the means of hit@1, hit@5, hit@10,
    mrr@10 and ndcg@10.

    Raises:
        InvalidInput: no query has a relevant document in the corpus.
    """
    from knowledge.lexical import Words, joined
    from knowledge.search import WINDOW, fuse, trust_in_words
    from knowledge.vectors import Vectors  # chromadb costs a second: only when search is measured

    wanted = _answerable(data)
    if not wanted:
        raise InvalidInput("no query has a relevant document in the corpus: check that the ids agree")
    with tempfile.TemporaryDirectory(prefix="redress-eval-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        ranks: dict[str, list[list[str]]] = {"dense": [], "lexical": [], "fused": []}
        vectors, lexical = Vectors(folder / "chroma", embedder.name), Words(folder / "words")
        try:
            _fill(vectors, data.corpus, embedder)
            lexical.apply("eval", "case", {i: joined(text) for i, text in data.corpus.items()}, [])
            for query in wanted:
                text = data.queries[query]
                own = data.own.get(query)
                near = _without(own, vectors.nearest("eval", "case", embedder.embed_query(text), WINDOW))
                words = _without(own, lexical.nearest("eval", "case", text, WINDOW))
                ranks["dense"].append([i for i, _ in near[:TOP]])
                ranks["lexical"].append([i for i, _ in words[:TOP]])
                hits = fuse(near, words, WINDOW, trust_in_words(text), TOP)
                ranks["fused"].append([hit.id for hit in hits])
        finally:
            vectors.close()
            lexical.close()
    return {name: _ranking(found, list(wanted.values())) for name, found in ranks.items()}


def precedent_queries() -> dict[Language, Queries]:
    """Our own test set of long complaints, by language; the corpus is the sample cases of both languages."""
    corpus = {
        case.id: searchable(case.text, case.root_cause.text, case.resolution) for case in sample_cases()
    }
    found: dict[Language, Queries] = {}
    for each in sample_precedents():
        data = found.setdefault(each.language, Queries(corpus, {}, {}))
        data.queries[each.id] = each.text
        data.relevant[each.id] = dict.fromkeys((each.case, *each.also), 1.0)
    return found


# ---- files


def read_queries(corpus: Path, queries: Path, qrels: Path) -> tuple[Queries, list[RowProblem]]:
    """A retrieval set of three files: `id`, `text` · `id`, `text` · `qid`, `docid`, `rel`.

    A query that was taken from the corpus names its document in `self_doc`: finding itself is no merit.

    Raises:
        UnreadableFile: a file as a whole cannot be read.
    """
    problems: list[RowProblem] = []
    own: dict[str, str] = {}
    documents, asked = _texts(corpus, problems), _texts(queries, problems, own)
    relevant: dict[str, dict[str, float]] = {}
    for row in read_rows(qrels):
        if isinstance(row, RowProblem):
            problems.append(row)
            continue
        query, document = _id(row, "qid"), _id(row, "docid")
        relevance = _number(row.cells.get("rel", 1))
        if query is None or document is None or relevance is None:
            remedy = 'write {"qid": "…", "docid": "…", "rel": 1}'
            problems.append(_wrong(row, "", "lacks qid, docid or a number in rel", remedy))
        elif relevance > 0:
            relevant.setdefault(query, {})[document] = relevance
    return Queries(documents, asked, relevant, own), problems


def _texts(path: Path, problems: list[RowProblem], own: dict[str, str] | None = None) -> dict[str, str]:
    texts: dict[str, str] = {}
    for row in read_rows(path):
        if isinstance(row, RowProblem):
            problems.append(row)
            continue
        text, i = row.cells.get("text"), _id(row, "id")
        if i is None or not isinstance(text, str) or not text.strip():
            problems.append(_wrong(row, "", "lacks an id or a text", 'write {"id": "…", "text": "…"}'))
        elif i in texts:
            problems.append(_wrong(row, "id", "was used before", "give every row its own id"))
        else:
            texts[i] = text
            if own is not None and (itself := _id(row, "self_doc")) is not None:
                own[i] = itself
    return texts


def _id(row: Row, name: str) -> str | None:
    value = row.cells.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    return str(value)


def _number(value: object) -> float | None:
    with suppress(ValueError):
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            return float(value)
    return None


def _wrong(row: Row, field: str, problem: str, remedy: str) -> RowProblem:
    return RowProblem(row.number, field, problem, remedy)


# ---- figures of search


def _answerable(data: Queries) -> dict[str, dict[str, float]]:
    """The queries with a relevant document in the corpus, in order."""
    return {
        query: known
        for query in data.queries
        if (known := {i: rel for i, rel in data.relevant.get(query, {}).items() if i in data.corpus})
    }


def _fill(vectors: Any, corpus: Mapping[str, str], embedder: Embedder) -> None:
    ids = list(corpus)
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        vectors.upsert("eval", "case", some, embedder.embed_documents([corpus[i] for i in some]))


def _without(own: str | None, hits: list[tuple[str, float]]) -> list[tuple[str, float]]:
    return [hit for hit in hits if hit[0] != own]


def _ranking(found: list[list[str]], relevant: list[dict[str, float]]) -> dict[str, float]:
    ranks = [
        next((rank for rank, i in enumerate(ids, start=1) if i in good), 0)
        for ids, good in zip(found, relevant, strict=True)
    ]
    gains = [_gain(ids, good) for ids, good in zip(found, relevant, strict=True)]
    n = len(ranks)
    return {
        "n": n,
        "hit@1": round(sum(rank == 1 for rank in ranks) / n, 4),
        "hit@5": round(sum(0 < rank <= 5 for rank in ranks) / n, 4),
        "hit@10": round(sum(rank > 0 for rank in ranks) / n, 4),
        "mrr@10": round(sum(1 / rank for rank in ranks if rank) / n, 4),
        "ndcg@10": round(sum(gains) / n, 4),
    }


def _gain(ids: list[str], good: dict[str, float]) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002)."""
    got = sum(good.get(i, 0.0) / float(np.log2(rank + 1)) for rank, i in enumerate(ids, start=1))
    ideal = sorted(good.values(), reverse=True)[:TOP]
    return got / sum(rel / float(np.log2(rank + 1)) for rank, rel in enumerate(ideal, start=1))
