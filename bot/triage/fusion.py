"""Joins what the rules read and what the trained heads say into one judgement. Numpy only.

A row holds the logits of both heads and the signals of the rules. Four linear models read it: which emotion
is primary, which emotions hold, how strong they are (proportional odds), and which escalations are meant. A
kind's own rule never speaks against that kind.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from bot.triage.signals import NAMES
from knowledge.case import EMOTIONS, ESCALATIONS, EmotionKind, EscalationKind, Owned
from knowledge.errors import ModelUnavailable
from knowledge.head import Head
from knowledge.prediction import sigmoid, softmax

FORMAT: Final = 1
STEPS: Final = 4
"""Boundaries between the intensities 0 to 4."""
LOGITS: Final = 1 / 3
"""What a head's logit is multiplied by, so that it is as large as a signal."""
MOST_LOGIT: Final = 8.0

Floats = NDArray[np.float32]

INPUTS: Final = (
    *(f"emotion head.{kind}" for kind in EMOTIONS),
    *(f"escalation head.{kind}" for kind in ESCALATIONS),
    *NAMES,
)
"""Of a row."""


class Linear(Owned):
    """One linear model: `row @ weights + bias`."""

    weights: tuple[tuple[float, ...], ...]
    """Shape (inputs, outputs)."""
    bias: tuple[float, ...]
    """Shape (outputs,)."""


class Limit(Owned):
    """When an escalation holds."""

    by_rules: Annotated[float, Field(ge=0, le=1)]
    """Probability from which it holds where the rules found words for it."""
    alone: Annotated[float, Field(gt=0, le=1)]
    """Probability from which it holds where only the heads found it."""
    doubted: Annotated[float, Field(gt=0, le=1)]
    """Likewise, in a text that is no complaint or has an idiom or a denial that looks like an escalation;
    1 is never."""


class FusionCard(Owned):
    """What fusion.json says."""

    format: int = FORMAT
    inputs: tuple[str, ...]
    mean: tuple[float, ...]
    """Shape (inputs,): taken off every row."""
    heads: dict[str, str]
    """Subject to name of the heads whose logits it was fitted to."""
    primary: Linear
    kinds: Linear
    intensity: Linear
    """One column; the bias holds one number for each boundary."""
    escalations: Linear
    kind_limit: Annotated[float, Field(gt=0, lt=1)]
    """Probability from which an emotion beside the primary one holds."""
    limits: dict[EscalationKind, Limit]
    suspect: Annotated[float, Field(gt=0, le=1)]
    """Probability from which a danger to a person is suspected, which is less than reported."""
    fingerprint: str
    """Of the rows it was fitted to."""
    metrics: dict[str, Any]
    """Out of fold: every case was judged by heads, weights and limits that had not seen it."""


class _Written(FusionCard):
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What the fusion says of one text."""

    primary: EmotionKind
    probabilities: dict[EmotionKind, float]
    """Of being primary; they sum to 1."""
    kinds: dict[EmotionKind, float]
    """Probability of each emotion that holds, `primary` among them; `neutral` excludes the others."""
    intensity: int
    """0 (neutral) to 4."""
    escalations: dict[EscalationKind, float]
    """Probability of every kind, 0..1."""


class Fusion:
    """A fitted fusion."""

    def __init__(self, card: FusionCard) -> None:
        self.card = card
        self._mean = np.array(card.mean, np.float32)
        models = (card.primary, card.kinds, card.intensity, card.escalations)
        self._weights = np.concatenate([np.array(each.weights, np.float32) for each in models], axis=1)
        self._bias: list[Floats] = [np.array(each.bias, np.float32) for each in models]
        self._ends = np.cumsum([len(each.weights[0]) for each in models])[:-1].tolist()

    @property
    def name(self) -> str:
        """`fusion@revision`."""
        return f"fusion@{self.card.fingerprint[:12]}"

    @classmethod
    def load(cls, path: Path) -> "Fusion":
        """The fusion that `save` wrote.

        Raises:
            ModelUnavailable: it is missing, damaged or of another format; says what to do.
        """
        try:
            raw: dict[str, Any] = json.loads(path.read_bytes())
            written = _Written.model_validate_json(json.dumps(raw))
        except FileNotFoundError as error:
            raise _unusable(path, "it is missing") from error
        except (OSError, ValueError, ValidationError) as error:
            raise _unusable(path, (str(error).splitlines() or ["it cannot be read"])[0][:200]) from error
        card = FusionCard.model_validate(written.model_dump(exclude={"sha256"}))
        if written.format != FORMAT:
            raise _unusable(path, f"it has format {written.format}, not {FORMAT}")
        if _digest(card) != written.sha256:
            raise _unusable(path, "its numbers are not those it was written with")
        if not _fits(card):
            raise _unusable(path, "its weights do not fit its inputs")
        return cls(card)

    def save(self, path: Path) -> None:
        """Write it; the same fusion gives the same bytes."""
        path.parent.mkdir(parents=True, exist_ok=True)
        written = _Written(**self.card.model_dump(), sha256=_digest(self.card))
        path.write_text(written.model_dump_json() + "\n", encoding="utf-8")

    def judge(self, row: Floats) -> Judgement:
        """What a row, shape (inputs,), amounts to."""
        scores = ((row - self._mean) @ self._weights).astype(np.float32)
        parts: list[Floats] = np.split(scores, self._ends)
        primary, kinds, strength, escalations = parts
        share = softmax(primary + self._bias[0])
        best = EMOTIONS[int(share.argmax())]
        held = dict(zip(EMOTIONS, sigmoid(kinds + self._bias[1]).tolist(), strict=True))
        steps = sigmoid(self._bias[2] + strength)
        meant = sigmoid(escalations + self._bias[3])
        return Judgement(
            primary=best,
            probabilities=dict(zip(EMOTIONS, share.tolist(), strict=True)),
            kinds=self._holding(best, held, float(share.max())),
            intensity=0 if best == "neutral" else max(1, int((steps > 0.5).sum())),
            escalations=dict(zip(ESCALATIONS, meant.tolist(), strict=True)),
        )

    def _holding(
        self, best: EmotionKind, held: dict[EmotionKind, float], sure: float
    ) -> dict[EmotionKind, float]:
        if best == "neutral":
            return {"neutral": 1.0}
        least = self.card.kind_limit
        return {
            kind: max(held[kind], sure) if kind == best else held[kind]
            for kind in EMOTIONS
            if kind == best or (held[kind] >= least and kind != "neutral")
        }

    def holds(self, kind: EscalationKind, probability: float, signals: Floats) -> bool:
        """Whether an escalation is reported; `signals` has shape (len(NAMES),)."""
        limit = self.card.limits[kind]
        if signals[_RULE[kind]] > 0:
            return probability >= limit.by_rules
        return probability >= (limit.doubted if doubtful(signals) else limit.alone)

    def suspects_danger(self, probability: float, signals: Floats) -> bool:
        """Whether a person should look for a danger."""
        return bool(probability >= self.card.suspect and not doubtful(signals))


_RULE: Final = {kind: NAMES.index(f"escalation.{kind}") for kind in ESCALATIONS}
_COMPLAINT: Final = NAMES.index("complaint")
_MISLEADING: Final = NAMES.index("misleading")


def doubtful(signals: Floats) -> NDArray[np.bool_]:
    """Shape (...,): texts that are no complaint, or hold words that only look like an escalation."""
    return np.logical_or(signals[..., _COMPLAINT] == 0, signals[..., _MISLEADING] > 0)


def ordered(head: Head) -> list[int]:
    """Where the codebook's kinds stand among a head's labels.

    Raises:
        ValueError: the head lacks one of them.
    """
    kinds = EMOTIONS if head.card.subject == "emotion" else ESCALATIONS
    return [head.labels.index(kind) for kind in kinds]


def row_of(emotion: Floats, escalation: Floats, signals: Floats) -> Floats:
    """Shape (..., inputs): logits of the two heads beside the signals; works on one row or many."""
    logits = np.concatenate((emotion, escalation), axis=-1).clip(-MOST_LOGIT, MOST_LOGIT)
    return np.concatenate((logits * np.float32(LOGITS), signals), axis=-1).astype(np.float32)


def _digest(card: FusionCard) -> str:
    return hashlib.sha256(card.model_dump_json().encode()).hexdigest()


def _fits(card: FusionCard) -> bool:
    shapes = (
        (card.primary, len(EMOTIONS), len(EMOTIONS)),
        (card.kinds, len(EMOTIONS), len(EMOTIONS)),
        (card.intensity, 1, STEPS),
        (card.escalations, len(ESCALATIONS), len(ESCALATIONS)),
    )
    return (
        len(card.mean) == len(card.inputs)
        and set(card.limits) == set(ESCALATIONS)
        and all(
            np.shape(model.weights) == (len(card.inputs), outputs) and len(model.bias) == biases
            for model, outputs, biases in shapes
        )
    )


def _unusable(path: Path, why: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"cannot use the fusion in {path}: {why}; make it again with 'python -m bot.triage.shipped DATA', "
        "or reinstall redress"
    )
