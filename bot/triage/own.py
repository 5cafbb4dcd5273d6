"""A company's own heads, or classifiers from elsewhere, before the shipped ones; categories stand apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.triage.needs import NEED_KINDS, need_codes, need_label
from bot.triage.vulnerability import VULNERABILITIES
from knowledge.case import EMOTIONS, ESCALATIONS
from knowledge.embedding import Vector
from knowledge.errors import ModelUnavailable
from knowledge.prediction import Classifier, Prediction

WORDS: Final = 3
NONE: Final = "none"
"""What a model calls a text that has none of the kinds; said by models with one label a text."""


def codebook_labels() -> dict[str, tuple[str, ...]]:
    """The labels a model may have, by what it judges."""
    return {
        "emotion": EMOTIONS,
        "escalation": (*ESCALATIONS, NONE),
        "needs": (*(need_label(kind, code) for kind in NEED_KINDS for code in need_codes()), NONE),
        "vulnerability": (*VULNERABILITIES, NONE),
        "complaint": ("complaint", NONE),
    }


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

    def corrected(self, text: str, held: Mapping[str, float]) -> dict[str, float]:
        """The labels that hold and their probability, as this model says of those it knows."""
        said = self.judge(text)
        kept = {label: probability for label, probability in held.items() if label not in said.labels}
        return kept | {
            label: float(probability)
            for label, probability in zip(said.labels, said.probabilities, strict=True)
            if label in said.chosen and label != NONE
        }

    def words(self, text: str, kind: str) -> tuple[str, ...]:
        """Normalised words that weighed most for a kind; none where the model does not know or say."""
        return self._model.contributions(text, kind, WORDS) if kind in self.kinds else ()


@dataclass(frozen=True, slots=True)
class OwnReaders:
    """Those a company has."""

    emotion: OwnReader | None = None
    escalation: OwnReader | None = None
    needs: OwnReader | None = None
    vulnerability: OwnReader | None = None
    complaint: OwnReader | None = None

    @property
    def models(self) -> dict[str, str]:
        """Name and revision, by subject."""
        readers = {
            "emotion": self.emotion,
            "escalation": self.escalation,
            "needs": self.needs,
            "vulnerability": self.vulnerability,
            "complaint": self.complaint,
        }
        return {subject: reader.name for subject, reader in readers.items() if reader is not None}


NO_OWN: Final = OwnReaders()
