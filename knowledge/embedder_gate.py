"""The gate before another embedder: the precedents of long complaints, and a company's frozen rows, decide.

Moving to an embedder means to embed every text again. It is refused where it finds less than the one in use.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from knowledge.embedding import Embedder
from knowledge.evaluation import LabelledText, evaluate_retrieval, precedent_queries
from knowledge.promotion import FEWEST, Loss, Verdict

LOSS: Final = 0.01
"""What a figure may lose: rounding, not quality."""
WATCHED: Final = ("hit@5", "mrr@10")
NEAREST: Final = 5


def judge_embedder(candidate: Embedder, present: Embedder, frozen: Sequence[LabelledText]) -> Verdict:
    """Whether `candidate` may replace `present`.

    Figures: hit@5 and mrr@10 of the fused search for each language of our precedents, and, of enough frozen
    rows of categories, `label@5`: the share of the five nearest rows that have a row's label.
    """
    before, after = (_figures(embedder, frozen) for embedder in (present, candidate))
    losses = tuple(
        Loss("retrieval", name, before[name], after[name])
        for name in before
        if after[name] < before[name] - LOSS
    )
    queries = sum(len(data.queries) for data in precedent_queries().values())
    return Verdict(losses, queries + (len(frozen) if len(frozen) >= FEWEST else 0), before, after, {})


def _figures(embedder: Embedder, frozen: Sequence[LabelledText]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for language, data in precedent_queries().items():
        fused = evaluate_retrieval(data, embedder)["fused"]
        figures |= {f"{language} {name}": fused[name] for name in WATCHED}
    if len(frozen) >= FEWEST:
        figures["label@5"] = _same_label(embedder, frozen)
    return figures


def _same_label(embedder: Embedder, rows: Sequence[LabelledText]) -> float:
    """Each row against the others, by cosine."""
    vectors = embedder.embed_documents([row.text for row in rows])
    closeness = vectors @ vectors.T
    np.fill_diagonal(closeness, -2)
    order = np.argsort(-closeness, axis=1, kind="stable")[:, :NEAREST]
    labels = np.array([" ".join(row.labels) for row in rows])
    return round(float((labels[order] == labels[:, None]).mean()), 4)
