"""A company's own heads, or classifiers from elsewhere, before the shipped ones of feelings and intents."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.embedding import Vector
from knowledge.errors import ModelUnavailable
from knowledge.prediction import Classifier, Prediction

WORDS: Final = 3


def strange_labels(labels: Sequence[str], kinds: Sequence[str]) -> str:
    """What is wrong with labels that are not all among the codebook's kinds, and the remedy; else nothing."""
    strange = sorted(set(labels) - set(kinds))
    if not strange:
        return ""
    wrong, right = ", ".join(strange), ", ".join(kinds)
    return f"has labels the codebook lacks: {wrong}; name them {right} and train it again"


class OwnReader:
    """One such model, with what makes the vectors it reads."""

    def __init__(
        self, model: Classifier, kinds: Sequence[str], setting: str, embed: Callable[[str], Vector]
    ) -> None:
        """Take the model in.

        Args:
            model: whose labels are all among `kinds`.
            kinds: of the codebook.
            setting: the variable that named the model, for the error.
            embed: the vector of a text.

        Raises:
            ModelUnavailable: it has other labels.
        """
        if strange := strange_labels(model.labels, kinds):
            raise ModelUnavailable(f"{setting}: the model {model.name} {strange}")
        self._model, self._embed = model, embed

    @property
    def name(self) -> str:
        """Name and revision of the model."""
        return self._model.name

    @property
    def kinds(self) -> tuple[str, ...]:
        """Those it can tell."""
        return self._model.labels

    def judge(self, text: str) -> Prediction:
        """Its judgement of a text."""
        return self._model.judge(text, self._embed(text))

    def words(self, text: str, kind: str) -> tuple[str, ...]:
        """Normalised words that weighed most for a kind; none where the model does not know or say."""
        return self._model.contributions(text, kind, WORDS) if kind in self.kinds else ()


@dataclass(frozen=True, slots=True)
class OwnReaders:
    """Those a company has."""

    emotion: OwnReader | None = None
    escalation: OwnReader | None = None

    @property
    def models(self) -> dict[str, str]:
        """Name and revision, by subject."""
        readers = {"emotion": self.emotion, "escalation": self.escalation}
        return {subject: reader.name for subject, reader in readers.items() if reader is not None}
