"""How good and how fast a static embedder is: `python -m knowledge.embedding_quality DATA [FOLDER]`.

Cross-lingual: of how many sentences the nearest of all translations is the right one (P@1), both ways.
Retrieval: mean reciprocal rank of the first relevant document among the ten nearest (MRR@10), exact cosine.
Nothing here is ever trained on.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import Embedder
from knowledge.errors import KnowledgeError
from knowledge.evaluation import Queries, read_queries
from knowledge.static_embedding import SHIPPED_EMBEDDER, StaticEmbedder
from knowledge.tables import read_rows

PARALLEL: Final = ("evaluate/tatoeba_laser_eval_zh_en/test.jsonl", "ship/tatoeba_zh_en/dev.jsonl")
RETRIEVAL: Final = ("evaluate/retrieval_afqmc_zh", "evaluate/retrieval_lcqmc_zh")
TOP: Final = 10
TIMED: Final = 2000
"""Texts embedded one at a time to time them."""


def translation_precision(embedder: Embedder, pairs: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """P@1 from the left texts to the right ones, and back; 0 to 1."""
    left = embedder.embed_documents([one for one, _ in pairs])
    right = embedder.embed_documents([other for _, other in pairs])
    return _right(left, right), _right(right, left)


def mean_reciprocal_rank(embedder: Embedder, data: Queries) -> float:
    """MRR@10 by exact cosine over the queries that have a relevant document; 0 to 1."""
    ids = list(data.corpus)
    documents = embedder.embed_documents(list(data.corpus.values()))
    place = {name: n for n, name in enumerate(ids)}
    asked = [query for query in data.queries if place.keys() & data.relevant.get(query, {}).keys()]
    vectors = embedder.embed_documents([data.queries[query] for query in asked])
    total = 0.0
    for start in range(0, len(asked), 256):
        closeness = vectors[start : start + 256] @ documents.T
        for query, row in zip(asked[start : start + 256], closeness, strict=True):
            if (own := place.get(data.own.get(query, ""))) is not None:
                row[own] = -2
            best = np.argpartition(-row, TOP)[:TOP]
            order: list[int] = best[np.argsort(-row[best], kind="stable")].tolist()
            found = [ids[n] for n in order]
            total += next((1 / n for n, i in enumerate(found, 1) if i in data.relevant[query]), 0.0)
    return total / len(asked)


def speed(embedder: Embedder, texts: Sequence[str]) -> dict[str, float]:
    """Texts a second in bulk, and milliseconds for one: median and 95th percentile."""
    embedder.embed_documents(texts[:TIMED])
    start = time.perf_counter()
    embedder.embed_documents(texts)
    bulk = len(texts) / (time.perf_counter() - start)
    taken: list[float] = []
    for text in texts[:TIMED]:
        start = time.perf_counter()
        embedder.embed_query(text)
        taken.append(1000 * (time.perf_counter() - start))
    middle, slow = np.percentile(taken, (50, 95))
    return {
        "texts_per_second": round(bulk),
        "p50_ms": round(float(middle), 3),
        "p95_ms": round(float(slow), 3),
    }


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Chinese and English of each row: `pair` and `text`.

    Raises:
        UnreadableFile: the file cannot be read.
    """
    rows: Any = (getattr(row, "cells", None) for row in read_rows(path))
    return [(str(cells["pair"]), str(cells["text"])) for cells in rows if cells]


def measure_all(data: Path, embedder: Embedder) -> dict[str, Any]:
    """Every figure of this module, by set."""
    report: dict[str, Any] = {"model": embedder.name, "dimensions": embedder.dimensions}
    for name in PARALLEL:
        there, back = translation_precision(embedder, read_pairs(data / name))
        report[name] = {"zh_en_p@1": round(there, 4), "en_zh_p@1": round(back, 4)}
    texts: list[str] = []
    for name in RETRIEVAL:
        files = [data / name / f"{part}.jsonl" for part in ("corpus", "queries", "qrels")]
        queries, _ = read_queries(files[0], files[1], files[2])
        report[name] = {"mrr@10": round(mean_reciprocal_rank(embedder, queries), 4)}
        texts += queries.corpus.values()
    return {**report, "speed": speed(embedder, texts)}


def _right(queries: NDArray[np.float32], documents: NDArray[np.float32]) -> float:
    nearest = (queries @ documents.T).argmax(axis=1)
    return float((nearest == np.arange(len(queries))).mean())


def _main(arguments: list[str]) -> int:
    if len(arguments) not in {1, 2}:
        sys.stderr.write("usage: python -m knowledge.embedding_quality DATA [FOLDER]\n")
        return 2
    folder = Path(arguments[1]) if len(arguments) == 2 else SHIPPED_EMBEDDER
    try:
        report = measure_all(Path(arguments[0]), StaticEmbedder(folder))
    except KnowledgeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
