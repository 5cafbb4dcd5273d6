"""Models of transformers by name: a text classifier in place of a head, a cross-encoder that ranks again.

The only door to transformers besides the language-model server, which is another process. Hub names may carry
a revision, `name@revision`; code that comes with a model is never run.
"""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from knowledge.embedding import Vector
from knowledge.errors import ModelUnavailable
from knowledge.prediction import Floats, Prediction, Thresholds, prediction, softmax

READ_TOKENS: Final = 512
"""Tokens of a text that are read at most, as most such models were trained."""
AT_ONCE: Final = 16
"""Pairs a cross-encoder scores in one go."""
CERTAIN: Final = Thresholds(min_confidence=0.5)
"""A classifier from elsewhere is not calibrated on anybody's complaints: it speaks where it is sure."""


class TextClassifier:
    """A text-classification model with exactly one label a text."""

    def __init__(self, source: str, what: str, setting: str) -> None:
        """Load `source`: a hub name, `name@revision`, or a local path.

        `what` it is for and the `setting` that names it are said where it fails.

        Raises:
            ModelUnavailable: it is neither on this machine nor to be had from the hub, or is no classifier.
        """
        self._model: Final = _Sequence(source, what, setting)
        self.name: Final = self._model.name
        self.labels: Final = self._model.labels
        if len(self.labels) < 2:
            raise ModelUnavailable(
                f"the model {source!r} has {len(self.labels)} label: give a text classifier of two or more"
            )

    def judge(self, text: str, _vector: Vector) -> Prediction:
        """The model's judgement of a text."""
        logits = self._model.logits([text], None)[0]
        return prediction(self.labels, softmax(logits), CERTAIN)

    def contributions(self, _text: str, _label: str, _limit: int = 5) -> tuple[str, ...]:
        """Nothing: such a model does not say which words weighed."""
        return ()


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
                max_length=READ_TOKENS,
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
