"""Fits a fusion, and judges it honestly: heads inside folds inside folds.

for each outer fold:  heads learn from the other folds, with out-of-fold logits of their rows (inner folds)
                      the linear models of the fusion learn from those logits and the signals of the rules
                      the held-out fold is judged
limits of a fold are chosen on the judgements of the other folds; the shipped ones on all
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.triage.fusion import (
    INPUTS,
    Fusion,
    FusionCard,
    Limit,
    Linear,
    doubtful,
    ordered,
    row_of,
)
from bot.triage.linear_fits import (
    Bools,
    Numbers,
    Places,
    binary_models,
    logistic,
    ordinal_model,
    softmax_model,
)
from bot.triage.signals import NAMES, read_rules
from knowledge.case import EMOTIONS, ESCALATIONS, Case, EscalationKind
from knowledge.embedding import Embedder
from knowledge.evaluation import LabelledText
from knowledge.figures import f1
from knowledge.head import Head
from knowledge.head_features import head_features
from knowledge.training import Learned, learn_many

BALANCE: Final = 0.5
"""Exponent of the weight of rare emotions: 0 leaves them rare, 1 makes all alike."""
TUNED_WEIGHT: Final = 0.5
"""What a case counts whose words the lexicons were tuned on: the rules look better there than they are."""
SAFE_RECALL: Final = 0.95
"""Share of the dangers told that shall be reported or suspected, whatever the false alarms."""
LEAST_SUSPECT: Final = 0.025
"""Below it every complaint would be suspected of a danger."""
SAFETY: Final = Limit(by_rules=0.0, alone=0.2, doubted=0.5)
"""Set by hand for recall: a danger missed costs more than a look too many."""
BY_RULES_OPTIONS: Final = (0.05, 0.1, 0.2, 0.3, 0.4)
"""Probabilities below which what the rules found is dropped."""
ALONE_OPTIONS: Final = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Probabilities from which the heads alone are believed."""
DOUBTED: Final = 1.0
"""The same where the text is no complaint, or holds words that only look like an escalation: at less, the
heads believe denials and idioms."""
KIND_OPTIONS: Final = (0.3, 0.35, 0.4, 0.45, 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The truth of n cases."""

    primary: Places
    """Shape (n,): place in EMOTIONS."""
    kinds: Bools
    """Shape (n, emotions)."""
    intensity: Places
    """Shape (n,), 0..4."""
    escalations: Bools
    """Shape (n, escalations)."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What a fusion says of n cases it had not seen, beside the rules alone."""

    primary: Numbers
    """Shape (n, emotions): probabilities."""
    kinds: Numbers
    """Shape (n, emotions): probabilities."""
    intensity: Places
    escalations: Numbers
    """Shape (n, escalations): probabilities."""
    signals: NDArray[np.float32]
    """Shape (n, len(NAMES))."""

    def rule(self, prefix: str, kinds: Sequence[str]) -> Numbers:
        """The columns of the rules' own readings."""
        return self.signals[:, [NAMES.index(f"{prefix}.{kind}") for kind in kinds]].astype(np.float64)

    def rule_intensity(self) -> Numbers:
        """What the rules say of the intensity, 0..1."""
        return self.signals[:, NAMES.index("intensity")].astype(np.float64)


def labels_of(cases: Sequence[Case]) -> Labels:
    """The labels of cases that have them all."""
    return Labels(
        np.array([EMOTIONS.index(case.primary_emotion or "neutral") for case in cases], np.intp),
        np.array(
            [[kind in case.emotions or kind == case.primary_emotion for kind in EMOTIONS] for case in cases]
        ),
        np.array([case.intensity or 0 for case in cases], np.intp),
        np.array([[kind in case.escalations for kind in ESCALATIONS] for case in cases]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Stacked:
    """Heads, linear models over them, and what such models say of cases they had not seen."""

    emotion: Head
    escalation: Head
    models: "_Models"
    judged: Judged
    """Out of fold."""
    truth: Labels
    fold: Places
    """Shape (n,): near-duplicates have the same."""

    def fusion(self, tuned: Bools, metrics: dict[str, Any], fingerprint: str) -> Fusion:
        """The fusion to ship: its limits are chosen on the cases that are not `tuned`."""
        limits = choose_limits(self.judged, self.truth, np.flatnonzero(~tuned))
        return Fusion(
            FusionCard(
                inputs=INPUTS,
                mean=tuple(self.models.mean.tolist()),
                heads={"emotion": self.emotion.name, "escalation": self.escalation.name},
                primary=self.models.primary,
                kinds=self.models.kinds,
                intensity=self.models.intensity,
                escalations=self.models.escalations,
                kind_limit=limits.kind,
                limits=limits.escalations,
                suspect=limits.suspect,
                fingerprint=fingerprint,
                metrics=metrics,
            )
        )


def stack(
    cases: Sequence[Case],
    tuned: Bools,
    emotion_taught: Sequence[LabelledText],
    escalation_taught: Sequence[LabelledText],
    embedder: Embedder,
) -> Stacked:
    """Fit heads and fusion to the cases, and judge every case by ones that had not seen it.

    Args:
        cases: with emotion, intensity and escalations.
        tuned: shape (n,), the cases that the lexicons were tuned on; they count less.
        emotion_taught: rows that only teach the head of emotions.
        escalation_taught: likewise, of escalations.
        embedder: of the heads.

    Raises:
        InvalidInput: the cases cannot be learned from.
    """
    truth = labels_of(cases)
    signals = np.stack([read_rules(case.text, case.language).signals for case in cases])
    weight = np.where(tuned, TUNED_WEIGHT, 1.0)
    emotion_rows, escalation_rows = _rows(cases, truth)

    def learn(places: Places) -> tuple[Learned, Learned]:
        rows: list[int] = places.tolist()
        felt = [emotion_rows[n] for n in rows] + list(emotion_taught)
        meant = [escalation_rows[n] for n in rows] + list(escalation_taught)
        return learn_many(felt, embedder, "emotion"), learn_many(meant, embedder, "escalation")

    every = np.arange(len(cases))
    emotion, escalation = learn(every)
    fold = emotion.fold[: len(cases)]
    sheet = _Sheet(len(cases))
    for each in range(int(fold.max()) + 1):
        train, test = np.flatnonzero(fold != each), np.flatnonzero(fold == each)
        felt, meant = learn(train)
        known = row_of(_spread(felt, len(train)), _spread(meant, len(train)), signals[train])
        fresh = row_of(_said(felt.head, cases, test), _said(meant.head, cases, test), signals[test])
        sheet.fill(test, fresh, _fit(known, _some(truth, train), weight[train]))
    whole = row_of(_spread(emotion, len(cases)), _spread(escalation, len(cases)), signals)
    models = _fit(whole, truth, weight)
    return Stacked(emotion.head, escalation.head, models, sheet.done(signals), truth, fold)


def _rows(cases: Sequence[Case], truth: Labels) -> tuple[list[LabelledText], list[LabelledText]]:
    felt = [
        LabelledText(
            case.text, tuple(k for k, holds in zip(EMOTIONS, row, strict=True) if holds), case.language
        )
        for case, row in zip(cases, truth.kinds, strict=True)
    ]
    return felt, [LabelledText(case.text, case.escalations, case.language) for case in cases]


def _spread(learned: Learned, cases: int) -> NDArray[np.float32]:
    if not learned.used[:cases].all():
        raise ValueError("a case without a letter or digit cannot be learned from: remove it")
    return learned.logits[:cases][:, ordered(learned.head)].astype(np.float32)


def _said(head: Head, cases: Sequence[Case], some: Places) -> NDArray[np.float32]:
    blank, at = np.zeros(head.card.dimensions, np.float32), ordered(head)
    rows: list[int] = some.tolist()
    return np.stack([head.logits(head_features(cases[n].text), blank)[at] for n in rows])


def _some(truth: Labels, rows: Places) -> Labels:
    return Labels(truth.primary[rows], truth.kinds[rows], truth.intensity[rows], truth.escalations[rows])


class _Sheet:
    """Fills in the judgements of the folds, one after the other."""

    def __init__(self, cases: int) -> None:
        self._primary = np.zeros((cases, len(EMOTIONS)))
        self._kinds = np.zeros((cases, len(EMOTIONS)))
        self._intensity = np.zeros(cases, np.intp)
        self._escalations = np.zeros((cases, len(ESCALATIONS)))

    def fill(self, rows: Places, values: NDArray[np.float32], models: "_Models") -> None:
        x = values.astype(np.float64) - models.mean

        def scores(model: Linear) -> Numbers:
            return x @ np.array(model.weights) + np.array(model.bias)

        share = scores(models.primary)
        share = np.exp(share - share.max(axis=1, keepdims=True))
        self._primary[rows] = share / share.sum(axis=1, keepdims=True)
        self._kinds[rows] = logistic(scores(models.kinds))
        self._escalations[rows] = logistic(scores(models.escalations))
        level = np.maximum((scores(models.intensity) > 0).sum(axis=1), 1)
        self._intensity[rows] = np.where(share.argmax(axis=1) == EMOTIONS.index("neutral"), 0, level)

    def done(self, signals: NDArray[np.float32]) -> Judged:
        return Judged(self._primary, self._kinds, self._intensity, self._escalations, signals)


# ---- limits


@dataclass(frozen=True, slots=True)
class Limits:
    """Probabilities from which something is said."""

    kind: float
    """Of an emotion beside the primary one."""
    escalations: dict[EscalationKind, Limit]
    suspect: float
    """Of a suspected danger."""


def choose_limits(judged: Judged, truth: Labels, rows: Places) -> Limits:
    """Those that serve best on these rows."""
    p, t = judged.kinds[rows], truth.kinds[rows]
    kind_limit = max(KIND_OPTIONS, key=lambda least: (f1(p >= least, t), -least))
    limits: dict[EscalationKind, Limit] = {
        kind: SAFETY if kind == "safety" else _limit_of(kind, judged, truth, rows) for kind in ESCALATIONS
    }
    return Limits(kind_limit, limits, _suspect_limit(judged, truth, rows))


def _limit_of(kind: EscalationKind, judged: Judged, truth: Labels, rows: Places) -> Limit:
    """The limit with the best F1 of this kind; of equals the one that believes the heads least."""
    column = ESCALATIONS.index(kind)
    true = truth.escalations[rows][:, column]

    def score(limit: Limit) -> tuple[float, float]:
        said = holds(judged, dict.fromkeys(ESCALATIONS, limit), rows)[:, column]
        return round(f1(said, true), 3), limit.alone

    options = product(BY_RULES_OPTIONS, ALONE_OPTIONS)
    limits = (Limit(by_rules=b, alone=a, doubted=DOUBTED) for b, a in options if b <= a)
    return max(limits, key=score)


def suspected(judged: Judged, least: float, rows: Places) -> Bools:
    """Shape (rows,): dangers that are reported or suspected."""
    n = ESCALATIONS.index("safety")
    seen = _reported_dangers(judged, rows)
    return seen | ((judged.escalations[rows, n] >= least) & ~doubtful(judged.signals[rows]))


def _suspect_limit(judged: Judged, truth: Labels, rows: Places) -> float:
    """The highest limit with which enough of the dangers are reported or suspected."""
    n = ESCALATIONS.index("safety")
    true, seen = truth.escalations[rows, n], _reported_dangers(judged, rows)
    left = judged.escalations[rows, n][true & ~seen & ~doubtful(judged.signals[rows])]
    wanted = int(np.ceil(SAFE_RECALL * true.sum())) - int((true & seen).sum())
    ranked = np.sort(left)[::-1]
    found = float(ranked[min(wanted, len(ranked)) - 1]) if wanted > 0 and len(ranked) else SAFETY.alone
    return float(np.clip(np.floor(found * 1e4) / 1e4, LEAST_SUSPECT, SAFETY.alone))


def _reported_dangers(judged: Judged, rows: Places) -> Bools:
    limits: dict[EscalationKind, Limit] = dict.fromkeys(ESCALATIONS, SAFETY)
    return holds(judged, limits, rows)[:, ESCALATIONS.index("safety")]


def holds(judged: Judged, limits: dict[EscalationKind, Limit], rows: Places) -> Bools:
    """Shape (rows, escalations): what is reported with these limits, as `Fusion.holds` says it."""
    p, doubt = judged.escalations[rows], doubtful(judged.signals[rows])[:, None]
    by_rules = judged.rule("escalation", ESCALATIONS)[rows] > 0
    ordered_limits = [limits[kind] for kind in ESCALATIONS]
    alone = np.array([limit.alone for limit in ordered_limits])
    doubted = np.array([limit.doubted for limit in ordered_limits])
    kept = np.array([limit.by_rules for limit in ordered_limits])
    return p >= np.where(by_rules, kept, np.where(doubt, doubted, alone))


# ---- linear models


@dataclass(frozen=True, slots=True, eq=False)
class _Models:
    """The linear models of a fusion."""

    mean: Numbers
    """Shape (inputs,)."""
    primary: Linear
    kinds: Linear
    intensity: Linear
    escalations: Linear


def _fit(x: NDArray[np.float32], truth: Labels, weight: Numbers) -> _Models:
    mean = x.mean(axis=0, dtype=np.float64).round(5)
    z = x.astype(np.float64) - mean
    counts = np.bincount(truth.primary, weights=weight, minlength=len(EMOTIONS))
    rare = (weight.sum() / len(EMOTIONS) / np.maximum(counts, 1)) ** BALANCE
    return _Models(
        mean,
        softmax_model(z, truth.primary, weight * rare[truth.primary]),
        binary_models(z, truth.kinds, weight, "score", EMOTIONS),
        ordinal_model(z, truth.intensity, weight),
        binary_models(z, truth.escalations, weight, "escalation", ESCALATIONS),
    )
