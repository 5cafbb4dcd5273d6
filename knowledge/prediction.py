"""What a classifier says of one text: probabilities, and which labels are assigned or why none is."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from knowledge.case import Language, Owned
from knowledge.embedding import Vector

Abstention = Literal["out_of_scope", "low_confidence", "narrow_margin"]
Kind = Literal["one", "many"]
"""Whether a text has exactly one label, or any number of them."""
Floats = NDArray[np.float32]


class Thresholds(Owned):
    """When a label is assigned rather than left to a person."""

    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Where `confidence` says nothing."""
    confidence: dict[Language | Literal["any"], tuple[float, ...]] = {}
    """Least confidence of each label in a language, or in `any`; for a head of kind `one`."""
    min_margin: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Distance of the best to the second best; for a head of kind `one`."""
    per_label: tuple[float, ...] = ()
    """Probability from which each label holds; for a head of kind `many`."""
    scope: float | None = None
    """Familiarity below which a text is about none of the labels; for a head of kind `one`."""

    def least_confidence(self, label: int, language: Language | None) -> float:
        """Below it the label, given by its place, is not assigned to a text of that language."""
        limits = self.confidence.get(language or "any") or self.confidence.get("any") or ()
        return limits[label] if label < len(limits) else self.min_confidence


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """A head's judgement of one text."""

    labels: tuple[str, ...]
    probabilities: Floats
    """Shape (labels,), 0..1; they sum to 1 for a head of kind `one`."""
    best: str
    confidence: float
    """Probability of `best`."""
    margin: float
    """Distance to the second best, 0..1."""
    abstain: Abstention | None
    """Why no label is assigned, or None."""
    chosen: tuple[str, ...]
    """The labels that are assigned, strongest first; empty on abstention."""
    familiarity: float
    """How strongly the text speaks for the labels taken together: see `familiarity`."""


class Classifier(Protocol):
    """Whatever gives each text one label, or abstains: a head, or a model from elsewhere."""

    @property
    def name(self) -> str: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    def judge(self, text: str, vector: Vector, /) -> Prediction: ...
    def contributions(self, text: str, label: str, limit: int = 5, /) -> tuple[str, ...]: ...


def prediction(
    labels: tuple[str, ...],
    probabilities: Floats,
    limits: Thresholds,
    familiar: float = math.inf,
    language: Language | None = None,
) -> Prediction:
    """The judgement of a text with exactly one label: the likeliest, where the limits let it be said."""
    order = np.argsort(-probabilities, kind="stable")
    first, second = int(order[0]), int(order[1])
    confidence = float(probabilities[first])
    margin = max(0.0, confidence - float(probabilities[second]))
    sure = confidence >= limits.least_confidence(first, language)
    abstain = _abstention(limits, margin, familiar, sure=sure)
    chosen = () if abstain else (labels[first],)
    return Prediction(labels, probabilities, labels[first], confidence, margin, abstain, chosen, familiar)


def _abstention(limits: Thresholds, margin: float, familiar: float, *, sure: bool) -> Abstention | None:
    if limits.scope is not None and familiar < limits.scope:
        return "out_of_scope"
    if not sure:
        return "low_confidence"
    return "narrow_margin" if margin < limits.min_margin else None


def several(
    labels: tuple[str, ...], probabilities: Floats, limits: Thresholds, familiar: float
) -> Prediction:
    """The judgement of a text with any number of labels: each that reaches its own limit."""
    ranked: list[int] = np.argsort(-probabilities, kind="stable").tolist()
    confidence = float(probabilities[ranked[0]])
    margin = max(0.0, confidence - float(probabilities[ranked[1]]))
    chosen = tuple(labels[n] for n in ranked if probabilities[n] >= limits.per_label[n])
    abstain: Abstention | None = None if chosen else "low_confidence"
    return Prediction(labels, probabilities, labels[ranked[0]], confidence, margin, abstain, chosen, familiar)


def familiarity(logits: Floats) -> Floats:
    """The logarithm of the summed exponentials along the last axis, calibrated logits given.

    The free energy of Liu et al. 2020 with its sign turned. Confidence compares the labels with one another
    and is high for nonsense that is a little nearer to one of them; this is low for it.
    """
    top = logits.max(axis=-1)
    return (top + np.log(np.exp(logits - top[..., None]).sum(axis=-1))).astype(np.float32)


def softmax(logits: Floats) -> Floats:
    """Along the last axis; safe for large numbers."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return (raised / raised.sum(axis=-1, keepdims=True)).astype(np.float32)


def sigmoid(logits: Floats) -> Floats:
    """Each number for itself; safe for large ones."""
    return (0.5 * (1 + np.tanh(0.5 * logits))).astype(np.float32)
