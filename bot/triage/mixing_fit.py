"""Fits a head and its mix with the rules, and judges both honestly: weights and limits are cross-fitted."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final

import numpy as np

from bot.triage.linear_fits import Bools, Numbers, logistic, proportional
from bot.triage.mixing import NEVER, LabelMix, MixCard, Mixed
from knowledge.embedding import Embedder
from knowledge.evaluation import LabelledText
from knowledge.figures import calibration_error, f1
from knowledge.training import learn_many

FEWEST: Final = 30
"""Rows below which a label is left to the rules."""
BY_RULES_OPTIONS: Final = (0.0, 0.1, 0.2, 0.3, 0.4)
ALONE_OPTIONS: Final = (NEVER, 0.7, 0.6, 0.5, 0.4, 0.3)
WORTH: Final = 0.01
"""F1 that a limit must gain over the rules alone to be taken."""
LEAST_F1: Final = 0.2
"""Below it a label is noise, whatever the rules are worth."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A labelled text, and the labels that the rules find in it."""

    row: LabelledText
    found: Collection[str]


def fit_mix(rows: Sequence[Ruled], embedder: Embedder, subject: str) -> Mixed:
    """A head of the labels it is worth believing for, joined to the rules, with its figures.

    Other labels are left to the rules: those with few rows, and those where a head of all does not better the
    rules out of fold.

    Raises:
        InvalidInput: the rows cannot be learned from.
    """
    counted = Counter(label for each in rows for label in each.row.labels)
    first = _fit_labels(rows, embedder, subject, {name for name, n in counted.items() if n >= FEWEST})
    figures = first.card.metrics["all"]
    mixed, ruled = figures["mixed"]["f1"], figures["rules"]["f1"]
    worth = {name for name in mixed if mixed[name] >= max(ruled[name] + WORTH, LEAST_F1)}
    return first if len(worth) < 2 or worth == set(mixed) else _fit_labels(rows, embedder, subject, worth)


def _fit_labels(rows: Sequence[Ruled], embedder: Embedder, subject: str, wanted: Collection[str]) -> Mixed:
    taught = [replace(r.row, labels=tuple(k for k in r.row.labels if k in wanted)) for r in rows]
    learned = learn_many(taught, embedder, subject)
    labels, logits, fold = learned.head.labels, learned.logits, learned.fold
    used: list[int] = np.flatnonzero(learned.used).tolist()
    truth = np.array([[label in taught[n].labels for label in labels] for n in used])
    found = np.array([[label in rows[n].found for label in labels] for n in used])
    said, probability = np.zeros(truth.shape, np.bool_), np.zeros(truth.shape)
    mixes: dict[str, LabelMix] = {}
    for column, label in enumerate(labels):
        logit, ruled, true = logits[:, column], found[:, column], truth[:, column]
        for each in range(int(fold.max()) + 1):
            train, test = np.flatnonzero(fold != each), np.flatnonzero(fold == each)
            mix = _fit(logit[train], ruled[train], true[train])
            p = _probability(mix, logit[test], ruled[test])
            probability[test, column], said[test, column] = p, _holds(mix, p, ruled[test])
        mixes[label] = _fit(logit, ruled, true)
    languages = np.array([taught[n].language for n in used])
    metrics = _figures(labels, said, found, truth, probability, languages)
    return Mixed(learned.head, MixCard(head=learned.head.name, labels=mixes, metrics=metrics))


def _fit(logits: Numbers, found: Bools, truth: Bools) -> LabelMix:
    z = np.stack((logits, found.astype(np.float64)), axis=1)
    slope, shift = proportional(z, truth[:, None], np.ones(len(z)), own=(0, 1))
    head, rule, bias = (round(float(number), 4) for number in (*slope, shift[0]))
    mix = LabelMix(head=max(head, 0.0), rule=max(rule, 0.0), bias=bias, by_rules=0.0, alone=NEVER)
    p = _probability(mix, logits, found)
    best, score = mix, f1(found, truth) + WORTH
    for by_rules, alone in product(BY_RULES_OPTIONS, ALONE_OPTIONS):
        option = mix.model_copy(update={"by_rules": by_rules, "alone": alone})
        reached = f1(_holds(option, p, found), truth)
        if reached > score:
            best, score = option, reached
    return best


def _probability(mix: LabelMix, logits: Numbers, found: Bools) -> Numbers:
    return logistic(mix.head * logits + mix.rule * found + mix.bias)


def _holds(mix: LabelMix, probability: Numbers, found: Bools) -> Bools:
    return probability >= np.where(found, mix.by_rules, mix.alone)


def _figures(
    labels: Sequence[str], said: Bools, found: Bools, truth: Bools, probability: Numbers, languages: Any
) -> dict[str, Any]:
    """For zh, en and both: micro- and macro-F1 of the mix and of the rules; calibration error."""
    figures: dict[str, Any] = {"out_of_fold": True}
    for group in ("zh", "en", "all"):
        rows = np.flatnonzero((languages == group) | (group == "all"))
        figures[group] = {
            "n": len(rows),
            "ece": _calibration_error(probability[rows], truth[rows]),
            "mixed": _scores(labels, said[rows], truth[rows]),
            "rules": _scores(labels, found[rows], truth[rows]),
        }
    return figures


def _scores(labels: Sequence[str], said: Bools, truth: Bools) -> dict[str, Any]:
    by_label = {label: round(f1(said[:, n], truth[:, n]), 4) for n, label in enumerate(labels)}
    return {
        "micro_f1": round(f1(said, truth), 4),
        "macro_f1": round(sum(by_label.values()) / len(labels), 4),
        "f1": by_label,
    }


def _calibration_error(probability: Numbers, truth: Bools) -> float:
    """Mean over the labels of the mean distance of probability and truth in equal bins, by their size."""
    errors = [calibration_error(probability[:, n], truth[:, n]) for n in range(truth.shape[1])]
    return round(sum(errors) / len(errors), 4)
