"""The gate before another embedder: the precedents of long complaints, and a company's frozen rows, decide.

Moving to an embedder means to embed every text again. It is refused where it finds less than the one in use.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from knowledge.embedding import Embedder
from knowledge.errors import InvalidInput
from knowledge.evaluation import LabelledText, evaluate_retrieval, precedent_queries
from knowledge.promotion import FEWEST, Loss, Verdict

LOSS: Final = 0.01
"""What a figure may lose: rounding, not quality."""
WATCHED: Final = ("hit@5", "mrr@10")
NEAREST: Final = 5
AT_ONCE: Final = 500
"""Rows compared with all others in one product."""


def judge_embedder(candidate: Embedder, present: Embedder, frozen: Sequence[LabelledText]) -> Verdict:
    """Whether `candidate` may replace `present`.

    Figures: hit@5 and mrr@10 of the fused search for each language of our precedents, and, of enough frozen
    rows of categories, `label@5`: the share of the five nearest rows that have a row's label.

    Raises:
        InvalidInput: there is nothing to judge by.
    """
    before, after = (_figures(embedder, frozen) for embedder in (present, candidate))
    if not before:
        raise InvalidInput("nothing tells a good embedder from a bad one here: reinstall redress")
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
    labels = np.array([" ".join(row.labels) for row in rows])
    same = 0
    for start in range(0, len(rows), AT_ONCE):
        closeness = vectors[start : start + AT_ONCE] @ vectors.T
        own = np.arange(len(closeness))
        closeness[own, start + own] = -2
        nearest = np.argpartition(-closeness, NEAREST, axis=1)[:, :NEAREST]
        same += int((labels[nearest] == labels[start : start + AT_ONCE, None]).sum())
    return round(same / (NEAREST * len(rows)), 4)
