"""A trained head: features and vector of a text in, calibrated probabilities over labels out. Numpy only.

A folder holds model.json (what it is, how it was made, how good it is) and weights.npz. Linear experts are
added up: they read the hashed features and the embedder's vector. Their scales, the mix and, for a head of
several labels at once, the calibration are multiplied into the weights.
"""

import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from knowledge.case import Language, Owned, language_of
from knowledge.concepts import shipped_concepts
from knowledge.embedding import Vector
from knowledge.errors import EmbedderMismatch, ModelUnavailable
from knowledge.head_features import HeadFeatures, recent_head_features, word_codes
from knowledge.head_weights import Codes, Shelf, Table, Weights
from knowledge.prediction import (
    Floats,
    Kind,
    Prediction,
    Thresholds,
    familiarity,
    prediction,
    several,
    sigmoid,
    softmax,
)
from knowledge.reasons import strongest, weighable

FORMAT: Final = 2
"""Raised when a folder of an older release cannot be read any more."""


class Card(Owned):
    """What model.json says."""

    format: int = FORMAT
    subject: str
    """What it judges: categories, emotion, …"""
    kind: Kind
    labels: Annotated[tuple[str, ...], Field(min_length=2)]
    embedder: str
    dimensions: Annotated[int, Field(ge=1)]
    """Of that embedder's vectors."""
    unseen: float
    """Weight, in the length of a text, of a feature that training did not keep."""
    vector_share: Annotated[float, Field(ge=0, le=1)]
    """Part of the vector's expert in the mix; those of words and characters have the rest."""
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
class Head:
    """A trained classifier over one embedder's vectors and the hashed features."""

    card: Card
    weights: Weights
    shelved: Table | None = None
    """Where its weights are looked up; laid out on first use where none is given."""

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
            weights = Weights.from_bytes(raw)
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise _unusable(folder, _reason(error)) from error
        shipped_concepts()  # its features need them: better to know now than at the first complaint
        card = Card.model_validate(written.model_dump(exclude={"weights_sha256"}))
        if not _fits(card, weights):
            raise _unusable(folder, "its weights do not fit its labels")
        return cls(card, weights)

    def save(self, folder: Path) -> None:
        """Write model.json and weights.npz; the same head gives the same bytes.

        Raises:
            ModelUnavailable: the folder cannot be written.
        """
        raw = self.weights.to_bytes()
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

    def predict(self, found: HeadFeatures, vector: Vector, language: Language | None = None) -> Prediction:
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
            return several(self.labels, probabilities, self.card.thresholds, float(familiarity(logits)))
        limits = self.card.thresholds
        return prediction(self.labels, probabilities, limits, float(familiarity(logits)), language)

    def judge(self, text: str, vector: Vector) -> Prediction:
        """The judgement of a text, given its vector.

        Raises:
            EmbedderMismatch: the vector has another length than those it was trained with.
        """
        return self.predict(recent_head_features(text), vector, language_of(text))

    @property
    def table(self) -> Table:
        """Where its weights are looked up."""
        if self.shelved is None:
            object.__setattr__(self, "shelved", Shelf([(self.weights, self.card.unseen)]).tables[0])
        assert self.shelved is not None
        return self.shelved

    def logits(self, found: HeadFeatures, vector: Vector) -> Floats:
        """Shape (labels,): both experts mixed, before the temperature."""
        weights = self.weights
        logits = self.table.scores(found) + weights.bias
        return logits + vector @ weights.vector if weights.vector.size else logits

    def contributions(self, text: str, label: str, limit: int = 5) -> tuple[str, ...]:
        """At most `limit` words of the text, normalised, that by themselves spoke most for the label."""
        column = self.labels.index(label)
        words, codes, known = _weighable(text)
        if not words:
            return ()
        weights = self.table.weighed(codes.ravel())
        raised = (weights[:, column] - weights.mean(axis=1)).reshape(codes.shape)
        scored = np.where(known, raised, 0).sum(axis=1).tolist()
        return strongest(dict(zip(words, scored, strict=True)), limit)


def side_by_side(heads: Sequence[Head]) -> list[Head]:
    """The same heads, which look up the features of a text together: for heads that judge the same texts.

    Where two heads have a feature each at one place, which is rare, only one of the two is known.
    """
    shelf = Shelf([(head.weights, head.card.unseen) for head in heads])
    return [replace(head, shelved=table) for head, table in zip(heads, shelf.tables, strict=True)]


@lru_cache(maxsize=16)
def _weighable(text: str) -> tuple[tuple[str, ...], Codes, NDArray[np.bool_]]:
    """The words of a text that can be evidence, and their features: several heads weigh one text."""
    words = weighable(text)
    return words, *word_codes(words)


def _fits(card: Card, weights: Weights) -> bool:
    labels = len(card.labels)
    return (
        weights.fits(labels, card.dimensions)
        and (card.kind == "one" or len(card.thresholds.per_label) == labels)
        and all(len(limits) <= labels for limits in card.thresholds.confidence.values())
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
