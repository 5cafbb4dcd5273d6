"""What a fusion is worth beside the rules alone, on cases that nothing which judged them had seen."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.triage.stacking import Judged, Labels, Limits, holds, suspected
from knowledge.case import EMOTIONS, ESCALATIONS
from knowledge.figures import calibration_error

PUBLIC: Final = "public"
"""In place of a language: a text from a public set that we labelled."""

Bools = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Places = NDArray[np.intp]
Choose = Callable[[Judged, Labels, Places], Limits]


def report(
    judged: Judged, truth: Labels, fold: Places, tuned: Bools, languages: Sequence[str], choose: Choose
) -> dict[str, Any]:
    """Under `untuned` and `every`, each for zh, en, both (`all`) and `public`: `fused` and `rules`.

    `languages` has zh, en, or public for a text that is not of our corpus and counts in no other group. The
    limits of each fold are chosen by `choose` on the untuned cases of the other folds.
    """
    said, kinds, danger = _with_cross_fitted_limits(judged, truth, fold, tuned, choose)
    by_rules = judged.rule("escalation", ESCALATIONS) > 0
    rule_primary = judged.rule("primary", EMOTIONS).argmax(axis=1)
    rule_intensity = np.rint(judged.rule_intensity() * 4).astype(np.intp)
    rule_kinds = judged.rule("score", EMOTIONS) > 0
    language, safety = np.array(languages), ESCALATIONS.index("safety")
    figures: dict[str, Any] = {"out_of_fold": True}
    for name, part in (("untuned", ~tuned), ("every", np.ones(len(tuned), np.bool_))):
        figures[name] = {}
        for group in ("zh", "en", "all", PUBLIC):
            own = (group == "all") & (language != PUBLIC)
            rows = np.flatnonzero(part & ((language == group) | own))
            if not len(rows):
                continue
            figures[name][group] = {
                "n": len(rows),
                "fused": {
                    **_emotion(judged.primary.argmax(axis=1), judged.intensity, kinds, truth, rows),
                    "ece": _primary_error(judged.primary[rows], truth.primary[rows]),
                    **_escalation(said[rows], truth.escalations[rows]),
                    "danger_reported_or_suspected": _named(danger[rows], truth.escalations[rows, safety]),
                    "escalation_ece": round(
                        calibration_error(judged.escalations[rows].ravel(), truth.escalations[rows].ravel()),
                        4,
                    ),
                },
                "rules": {
                    **_emotion(rule_primary, rule_intensity, rule_kinds, truth, rows),
                    **_escalation(by_rules[rows], truth.escalations[rows]),
                },
            }
    return figures


def _with_cross_fitted_limits(
    judged: Judged, truth: Labels, fold: Places, tuned: Bools, choose: Choose
) -> tuple[Bools, Bools, Bools]:
    """Escalations, emotions and suspected dangers: shapes (n, escalations), (n, emotions) and (n,)."""
    said = np.zeros(truth.escalations.shape, np.bool_)
    kinds = np.zeros(truth.kinds.shape, np.bool_)
    danger = np.zeros(len(fold), np.bool_)
    for each in range(int(fold.max()) + 1):
        rows = np.flatnonzero(fold == each)
        limits = choose(judged, truth, np.flatnonzero((fold != each) & ~tuned))
        said[rows] = holds(judged, limits.escalations, rows)
        danger[rows] = suspected(judged, limits.suspect, rows)
        kinds[rows] = _kinds(judged, limits.kind, rows)
    return said, kinds, danger


def _kinds(judged: Judged, least: float, rows: Places) -> Bools:
    """As the fusion says them: the primary one always, `neutral` alone."""
    best = judged.primary[rows].argmax(axis=1)
    neutral = EMOTIONS.index("neutral")
    held = judged.kinds[rows] >= least
    held[:, neutral] = False
    held[best == neutral] = False
    held[np.arange(len(rows)), best] = True
    return held


def _emotion(primary: Places, intensity: Places, kinds: Bools, truth: Labels, rows: Places) -> dict[str, Any]:
    said, true = primary[rows], truth.primary[rows]
    f1 = {
        kind: _precision_recall(said == n, true == n)[2]
        for n, kind in enumerate(EMOTIONS)
        if (true == n).any() or (said == n).any()
    }
    off = np.abs(intensity[rows] - truth.intensity[rows])
    return {
        "emotion_accuracy": round(float((said == true).mean()), 4),
        "emotion_macro_f1": round(sum(f1.values()) / len(f1), 4),
        "emotion_f1": f1,
        "emotion_kinds_f1": _precision_recall(kinds[rows].ravel(), truth.kinds[rows].ravel())[2],
        "intensity_mae": round(float(off.mean()), 4),
        "intensity_within_1": round(float((off <= 1).mean()), 4),
    }


def _escalation(said: Bools, truth: Bools) -> dict[str, Any]:
    return {
        "any_escalation": {**_named(_any(said), _any(truth)), "macro_f1": _macro(_any(said), _any(truth))},
        "escalation": _named(said.ravel(), truth.ravel()),
        "by_kind": {
            kind: {**_named(said[:, n], truth[:, n]), "n": int(truth[:, n].sum())}
            for n, kind in enumerate(ESCALATIONS)
        },
    }


def _any(kinds: Bools) -> Bools:
    return np.asarray(kinds.any(axis=1), np.bool_)


def _macro(said: Bools, truth: Bools) -> float:
    """Mean F1 of saying yes and of saying no."""
    no = _precision_recall(np.logical_not(said), np.logical_not(truth))[2]
    return round((_precision_recall(said, truth)[2] + no) / 2, 4)


def _named(said: Bools, truth: Bools) -> dict[str, float]:
    return dict(zip(("precision", "recall", "f1"), _precision_recall(said, truth), strict=True))


def _precision_recall(said: Bools, truth: Bools) -> tuple[float, float, float]:
    hits, named, wanted = int((said & truth).sum()), int(said.sum()), int(truth.sum())
    return (
        round(hits / max(named, 1), 4),
        round(hits / max(wanted, 1), 4),
        round(2 * hits / max(named + wanted, 1), 4),
    )


def _primary_error(probabilities: Numbers, true: Places) -> float:
    right = probabilities.argmax(axis=1) == true
    return _error(probabilities.max(axis=1), right)


def _error(sure: Numbers, right: Bools) -> float:
    return round(calibration_error(sure, right), 4)
