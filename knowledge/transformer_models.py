"""Models of transformers by name: a text classifier in place of a head, a cross-encoder that ranks again.

The only door to transformers besides the language-model server, which is another process. Hub names may carry
a revision, `name@revision`; code that comes with a model is never run.
"""

import importlib
import itertools
import math
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from knowledge.embedding import Vector
from knowledge.errors import ModelUnavailable
from knowledge.prediction import (
    Floats,
    Prediction,
    Thresholds,
    familiarity,
    prediction,
    several,
    sigmoid,
    softmax,
)
from knowledge.reasons import strongest, weighable

READ_TOKENS: Final = 512
"""Tokens of a text that are read at most, as most such models were trained."""
AT_ONCE: Final = 16
"""Pairs a cross-encoder scores in one go."""
CERTAIN: Final = Thresholds(min_confidence=0.5)
"""A classifier from elsewhere is not calibrated on anybody's complaints: it speaks where it is sure."""
TRIED: Final = 32
"""Words that are left out, one after another, to see what the label owes to them."""
PIECES: Final = 8
"""Into which a text is cut at most to find the sentence that the label owes most to."""
_SENTENCE: Final = re.compile(r"[。！？!?；;\n]+|\.(?=\s)")
LIKELY: Final = 0.5
"""Probability from which each label of such a classifier of several labels holds."""


class TextClassifier:
    """A text-classification model: of one label a text, or of several where its configuration says so."""

    def __init__(self, source: str, what: str, setting: str) -> None:
        """Load `source`: a hub name, `name@revision`, or a local path.

        `what` it is for and the `setting` that names it are said where it fails.

        Raises:
            ModelUnavailable: it is neither on this machine nor to be had from the hub, or is no classifier.
        """
        self._model: Final = _Sequence(source, what, setting)
        self.name: Final = self._model.name
        self.labels: Final = self._model.labels
        self._limits: Final = CERTAIN.model_copy(update={"per_label": (LIKELY,) * len(self.labels)})
        if len(self.labels) < 2:
            raise ModelUnavailable(
                f"the model {source!r} has {len(self.labels)} label: give a text classifier of two or more"
            )

    def judge(self, text: str, _vector: Vector) -> Prediction:
        """The model's judgement of a text."""
        logits = self._model.logits([text], None)[0]
        if self._model.several:
            return several(self.labels, sigmoid(logits), self._limits, math.inf)
        return prediction(self.labels, softmax(logits), CERTAIN)

    def contributions(self, text: str, label: str, limit: int = 5) -> tuple[str, ...]:
        """At most `limit` words of the text, normalised, without which the label would be less likely.

        Of a text of several sentences those of the sentence that it needs most are tried.
        """
        column, sentences = self.labels.index(label), _sentences(text)
        if len(sentences) > 1:
            others = ["".join(sentences[:place] + sentences[place + 1 :]) for place in range(len(sentences))]
            text = sentences[int(np.argmin(self._odds(others, column)))]
        tried = weighable(text)[:TRIED]
        whole, *without = self._odds([text, *(_without(text, word) for word in tried)], column)
        return strongest(
            {word: float(whole - odds) for word, odds in zip(tried, without, strict=True)}, limit
        )

    def _odds(self, texts: list[str], column: int) -> list[float]:
        """Of the label at that place, as a logarithm, for each text."""
        logits = self._model.logits(texts, None)
        if self._model.several:
            return logits[:, column].tolist()
        others = np.delete(logits, column, axis=1)
        return (logits[:, column] - familiarity(others)).tolist()


def _sentences(text: str) -> list[str]:
    """The text in at most `PIECES` pieces that end where sentences end."""
    ends = [match.end() for match in _SENTENCE.finditer(text)]
    every = [text[start:end] for start, end in itertools.pairwise((0, *ends, len(text)))]
    whole = [sentence for sentence in every if sentence.strip()]
    size = math.ceil(len(whole) / PIECES)
    return ["".join(whole[start : start + size]) for start in range(0, len(whole), max(size, 1))]


def _without(text: str, word: str) -> str:
    """The text without a normalised word, wherever it stands; an English one not inside another."""
    pieces = [unicodedata.normalize("NFKC", character).lower() for character in text]
    normal, places = "".join(pieces), [place for place, piece in enumerate(pieces) for _ in piece]
    left_out: set[int] = set()
    at = normal.find(word)
    while at >= 0:
        around = normal[max(at - 1, 0) : at] + normal[at + len(word) : at + len(word) + 1]
        if not (word.isascii() and around.isascii() and any(map(str.isalnum, around))):
            left_out.update(places[at : at + len(word)])
        at = normal.find(word, at + 1)
    return "".join(character for place, character in enumerate(text) if place not in left_out)


class Reranker:
    """A cross-encoder: reads the complaint and a text together and says how well they fit."""

    def __init__(self, source: str) -> None:
        """Load `source`: a hub name, `name@revision`, or a local path.

        Raises:
            ModelUnavailable: it is neither on this machine nor to be had from the hub.
        """
        self._model: Final = _Sequence(source, "reranker", "REDRESS_RERANKER")
        self.name: Final = self._model.name

    def scores(self, text: str, others: Sequence[str]) -> list[float]:
        """How well each of `others` fits `text`; higher is better, of no fixed range."""
        if not others:
            return []
        logits = self._model.logits([text] * len(others), list(others))
        # one output is the score itself; of several the last is the one for "fits"
        return [float(row[-1] - (row[0] if len(row) > 1 else 0.0)) for row in logits]


class _Sequence:
    """A sequence-classification model and its tokenizer."""

    def __init__(self, source: str, what: str, setting: str) -> None:
        name, _, revision = source.partition("@") if not Path(source).exists() else (source, "", "")
        self._tokenizer, self._model = _load(name, revision or None, what, setting)
        commit = str(getattr(self._model.config, "_commit_hash", None) or "local")
        self.name: Final = f"{Path(name).name if Path(name).exists() else name}@{commit[:12]}"
        self.several: Final[bool] = self._model.config.problem_type == "multi_label_classification"
        positions: int | None = getattr(self._model.config, "max_position_embeddings", None)
        self._most: Final = min(READ_TOKENS, self._tokenizer.model_max_length, positions or READ_TOKENS)
        given: dict[int, str] = self._model.config.id2label
        self.labels: Final = tuple(given[n] for n in sorted(given))

    def logits(self, texts: list[str], others: list[str] | None) -> Floats:
        """Shape (texts, outputs)."""
        torch: Any = importlib.import_module("torch")
        found: list[Floats] = []
        for start in range(0, len(texts), AT_ONCE):
            pair = None if others is None else others[start : start + AT_ONCE]
            tokens = self._tokenizer(
                texts[start : start + AT_ONCE],
                pair,
                truncation=True,
                max_length=self._most,
                padding=True,
                return_tensors="pt",
            )
            with torch.inference_mode():
                found.append(self._model(**tokens).logits.float().numpy())
        return np.concatenate(found)


def _load(name: str, revision: str | None, what: str, setting: str) -> tuple[Any, Any]:
    try:
        transformers: Any = importlib.import_module("transformers")  # five seconds: only when one is wanted
        options: dict[str, Any] = {"revision": revision, "trust_remote_code": False}
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, **options)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(name, **options)
    except Exception as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise ModelUnavailable(
            f"cannot load the {what} {name!r} ({first}): give a folder that holds a text-classification "
            f"model, or a hub name this machine has or can download, or leave {setting} empty"
        ) from error
    return tokenizer, model.eval()
