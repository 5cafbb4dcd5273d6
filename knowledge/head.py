"""A trained head: features and vector of a text in, calibrated probabilities over labels out. Numpy only.

A folder holds model.json (what it is, how it was made, how good it is) and weights.npz. Two linear experts
are mixed: one reads the hashed words and n-grams, one the embedder's vector. Their scales, the mix and, for
a head of several labels at once, the calibration are multiplied into the weights.
"""

import hashlib
import io
import json
import math
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from knowledge.case import Language, Owned, language_of
from knowledge.embedding import Vector
from knowledge.errors import EmbedderMismatch, ModelUnavailable
from knowledge.features import BUCKETS, Features, recent_features, word_buckets
from knowledge.words import PLAIN_WORDS, recent_words

FORMAT: Final = 1
"""Raised when a folder of an older release cannot be read any more."""
EVIDENCE_WORDS: Final = 400
"""Distinct words of a text that are weighed as evidence; the rest of a very long text is left out."""

Abstention = Literal["out_of_scope", "low_confidence", "narrow_margin"]
Kind = Literal["one", "many"]
"""Whether a text has exactly one label, or any number of them."""
Floats = NDArray[np.float32]

_PLACEHOLDER = re.compile(r"⟦[^⟦⟧\n]{1,40}⟧")


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


class Card(Owned):
    """What model.json says."""

    format: int = FORMAT
    subject: str
    """`categories` or `emotion`."""
    kind: Kind
    labels: Annotated[tuple[str, ...], Field(min_length=2)]
    embedder: str
    dimensions: Annotated[int, Field(ge=1)]
    """Of that embedder's vectors."""
    unseen: float
    """Weight, in the length of a text, of a feature that training did not keep."""
    vector_share: Annotated[float, Field(ge=0, le=1)]
    """Part of the vector's expert in the mix; the n-gram expert has the rest."""
    temperature: Annotated[float, Field(gt=0)]
    temperatures: dict[Language, Annotated[float, Field(gt=0)]] = {}
    """In place of `temperature` for texts of a language that had enough rows of its own."""
    thresholds: Thresholds
    fingerprint: str
    """Of the training rows and of the features they have."""
    metrics: dict[str, Any]
    """Measured on rows the model had not seen while it was judged."""
    warnings: tuple[str, ...] = ()
    """What training had to leave out or could not reach."""


class _Written(Card):
    weights_sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The numbers of a head; `labels` in the order of the card."""

    buckets: NDArray[np.uint32]
    """Shape (k,), ascending: the features training kept."""
    idf: Floats
    """Shape (k,): inverse document frequency."""
    grams: Floats
    """Shape (k, labels)."""
    vector: Floats
    """Shape (dimensions, labels), or (0, labels) where the vector has no part."""
    bias: Floats
    """Shape (labels,)."""

    def stored(self) -> "Weights":
        """The same numbers as a file keeps them: half precision for the large ones."""
        return Weights(
            self.buckets, _half(self.idf), _half(self.grams), _half(self.vector), self.bias.astype(np.float32)
        )


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


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A trained classifier over one embedder's vectors and the hashed features."""

    card: Card
    weights: Weights
    _table: Floats = field(init=False)
    """Shape (BUCKETS, 1 + labels): what a feature weighs, and that times its row of `weights.grams`.

    One place to look per feature: a text has hundreds, and each look is a wait for memory.
    """

    def __post_init__(self) -> None:
        weights = self.weights
        table = np.zeros((BUCKETS, 1 + len(self.card.labels)), np.float32)
        table[:, 0] = self.card.unseen
        table[weights.buckets, 0] = weights.idf
        table[weights.buckets, 1:] = weights.grams * weights.idf[:, None]
        object.__setattr__(self, "_table", table)

    @classmethod
    def load(cls, folder: Path) -> "Head":
        """The head in a folder that `save` wrote.

        Raises:
            ModelUnavailable: it is missing, damaged or of another format; says what to do.
        """
        try:
            written = _Written.model_validate_json((folder / "model.json").read_bytes())
            raw = (folder / "weights.npz").read_bytes()
        except (OSError, ValidationError, UnicodeDecodeError) as error:
            raise _unusable(folder, _reason(error)) from error
        if written.format != FORMAT:
            raise _unusable(folder, f"it has format {written.format}, not {FORMAT}")
        if hashlib.sha256(raw).hexdigest() != written.weights_sha256:
            raise _unusable(folder, "weights.npz is not the file that model.json describes")
        try:
            weights = _read_weights(raw)
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise _unusable(folder, _reason(error)) from error
        card = Card.model_validate(written.model_dump(exclude={"weights_sha256"}))
        if not _fits(card, weights):
            raise _unusable(folder, "its weights do not fit its labels")
        return cls(card, weights)

    def save(self, folder: Path) -> None:
        """Write model.json and weights.npz; the same head gives the same bytes.

        Raises:
            ModelUnavailable: the folder cannot be written.
        """
        raw = _weights_bytes(self.weights)
        written = _Written(**self.card.model_dump(), weights_sha256=hashlib.sha256(raw).hexdigest())
        text = json.dumps(written.model_dump(mode="json"), ensure_ascii=False, indent=1)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # model.json last: it names the digest of the weights, so a torn write is found at load
            (folder / "weights.npz").write_bytes(raw)
            (folder / "model.json").write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise ModelUnavailable(
                f"cannot write the head to {folder} ({error.strerror}): give a folder that can be written"
            ) from error

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels it tells apart, in the order of every array."""
        return self.card.labels

    @property
    def name(self) -> str:
        """`subject@revision`."""
        return f"{self.card.subject}@{self.card.fingerprint[:12]}"

    @property
    def fingerprint(self) -> str:
        """Of the rows it was trained on."""
        return self.card.fingerprint

    @property
    def needs_vector(self) -> bool:
        """Whether the vector has a part in the answer."""
        return self.weights.vector.size > 0

    def require(self, embedder: str) -> None:
        """Refuse the vectors of another embedder.

        Raises:
            EmbedderMismatch: `embedder` is not the one it was trained with.
        """
        if embedder != self.card.embedder:
            raise EmbedderMismatch(f"the {self.card.subject} head", self.card.embedder, embedder)

    def predict(self, found: Features, vector: Vector, language: Language | None = None) -> Prediction:
        """The judgement of a text, given its features, its vector and, where it is known, its language.

        Raises:
            EmbedderMismatch: the vector has another length than those it was trained with.
        """
        if self.needs_vector and vector.shape != (self.card.dimensions,):
            offered = f"one with {vector.size} dimensions instead of {self.card.dimensions}"
            raise EmbedderMismatch(f"the {self.card.subject} head", self.card.embedder, offered)
        temperature = self.card.temperature
        if language is not None:
            temperature = self.card.temperatures.get(language, temperature)
        logits = self.logits(found, vector) / np.float32(temperature)
        probabilities = softmax(logits) if self.card.kind == "one" else sigmoid(logits)
        if self.card.kind == "many":
            return _several(self.labels, probabilities, self.card.thresholds, float(familiarity(logits)))
        limits = self.card.thresholds
        return prediction(self.labels, probabilities, limits, float(familiarity(logits)), language)

    def judge(self, text: str, vector: Vector) -> Prediction:
        """The judgement of a text, given its vector.

        Raises:
            EmbedderMismatch: the vector has another length than those it was trained with.
        """
        return self.predict(recent_features(text), vector, language_of(text))

    def logits(self, found: Features, vector: Vector) -> Floats:
        """Shape (labels,): both experts mixed, before the temperature."""
        weights = self.weights
        rows = self._table.take(found.buckets, axis=0)
        counts = 1 + np.log1p(found.counts)
        length = math.sqrt(np.square(counts * rows[:, 0]).sum())
        logits = (counts @ rows[:, 1:]) / np.float32(length or 1) + weights.bias
        return logits + vector @ weights.vector if weights.vector.size else logits

    def contributions(self, text: str, label: str, limit: int = 5) -> tuple[str, ...]:
        """At most `limit` words of the text, normalised, that by themselves spoke most for the label."""
        column = self.labels.index(label)
        words, buckets = _weighable(text)
        if not words:
            return ()
        weights = self._table.take(buckets, axis=0)[:, 1:]
        raised = weights[:, column] - weights.mean(axis=1)
        return _strongest(dict(zip(words, raised.tolist(), strict=True)), limit)


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


def _several(
    labels: tuple[str, ...], probabilities: Floats, limits: Thresholds, familiar: float
) -> Prediction:
    """The judgement of a text with any number of labels: each that reaches its own limit."""
    ranked: list[int] = np.argsort(-probabilities, kind="stable").tolist()
    confidence = float(probabilities[ranked[0]])
    margin = max(0.0, confidence - float(probabilities[ranked[1]]))
    chosen = tuple(labels[n] for n in ranked if probabilities[n] >= limits.per_label[n])
    abstain: Abstention | None = None if chosen else "low_confidence"
    return Prediction(labels, probabilities, labels[ranked[0]], confidence, margin, abstain, chosen, familiar)


def weigh(found: Features, idf: Floats) -> Floats:
    """Shape (n,), length 1: sublinear term frequency times `idf`; empty for a text without features."""
    value = (1 + np.log1p(found.counts)) * idf
    length = math.sqrt(value @ value)
    return value / np.float32(length) if length > 0 else value


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


@lru_cache(maxsize=16)
def _weighable(text: str) -> tuple[list[str], NDArray[np.intp]]:
    """The words of a text that can be evidence, and their features: several heads weigh one text."""
    plain = _PLACEHOLDER.sub(" ", text)
    words = [
        word
        for word in list(dict.fromkeys(recent_words(plain)))[:EVIDENCE_WORDS]
        if len(word) > 1 and not word.isdigit() and word not in PLAIN_WORDS
    ]
    return words, word_buckets(words)


def _strongest(scored: dict[str, float], limit: int) -> tuple[str, ...]:
    """Those well above nothing, without a word that is part of a stronger one or holds one."""
    ranked = sorted((word for word in scored if scored[word] > 0), key=lambda word: (-scored[word], word))
    taken: list[str] = []
    for word in ranked:
        if len(taken) == limit or scored[word] < 0.2 * scored[ranked[0]]:
            break
        if not any(word in other or other in word for other in taken):
            taken.append(word)
    return tuple(taken)


def _half(values: Floats) -> Floats:
    return values.astype(np.float16).astype(np.float32)


def _weights_bytes(weights: Weights) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(
        file,
        # gaps between ascending numbers repeat more than the numbers themselves, and compress better
        buckets=np.diff(weights.buckets, prepend=np.uint32(0)).astype(np.uint32),
        idf=weights.idf.astype(np.float16),
        grams=weights.grams.astype(np.float16),
        vector=weights.vector.astype(np.float16),
        bias=weights.bias.astype(np.float32),
    )
    return file.getvalue()


def _read_weights(raw: bytes) -> Weights:
    with np.load(io.BytesIO(raw), allow_pickle=False) as file:
        read: Callable[[str], Floats] = lambda name: np.asarray(file[name], np.float32)  # noqa: E731
        buckets = np.cumsum(file["buckets"], dtype=np.uint32)
        return Weights(buckets, read("idf"), read("grams"), read("vector"), read("bias"))


def _fits(card: Card, weights: Weights) -> bool:
    k, n = len(weights.buckets), len(card.labels)
    finite = all(bool(np.isfinite(part).all()) for part in (weights.idf, weights.grams, weights.vector))
    return (
        k > 0
        and weights.idf.shape == (k,)
        and weights.grams.shape == (k, n)
        and weights.vector.shape in {(0, n), (card.dimensions, n)}
        and weights.bias.shape == (n,)
        and (card.kind == "one" or len(card.thresholds.per_label) == n)
        and all(len(limits) <= n for limits in card.thresholds.confidence.values())
        and finite
    )


def _unusable(folder: Path, why: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"cannot use the head in {folder}: {why}; train it again with 'redress train', "
        f"or reinstall redress if it is the one that comes with it"
    )


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{Path(error.filename).name} is missing"
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_input=False)[0]
        return f"model.json: {'.'.join(map(str, fault['loc'])) or 'it'}: {fault['msg']}"
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
