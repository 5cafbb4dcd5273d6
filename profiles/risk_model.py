"""A trained risk model in service: loaded, asked, saved. Trained by `profiles.risk_training`."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import numpy as np
from pydantic import Field, ValidationError

from profiles.errors import ProfilesError
from profiles.fact import Language
from profiles.owned import Code, Owned
from profiles.risk import Level, Reason, RiskScore, in_words, strongest_first
from profiles.risk_additive import Additive
from profiles.risk_columns import RiskColumn
from profiles.risk_metrics import RiskMetrics, measured
from profiles.risk_rules import RiskRules
from profiles.traits import TraitRules, Traits

FORMAT: Final = 1


class RiskModelUnavailable(ProfilesError):
    """A trained risk model cannot be used; says what to do."""


class Trained(Owned):
    """What the training chose."""

    seed: int
    folds: int
    penalty: float
    """Inverse strength of the ridge on the tables, the smaller the smoother."""
    calibration: str
    """platt or isotonic, whichever lost less on rows it had not seen."""
    pairs: tuple[tuple[str, str], ...]
    """Columns that say more together than each alone."""


class RiskCard(Owned):
    """What the file of a model says."""

    format: int = FORMAT
    risk: Code
    """complain_again, escalate, leave."""
    label: str
    """Column of the labels."""
    left_out: Mapping[str, str]
    """Columns no model reads, and why: what they say of who somebody is, or what is wrong with them."""
    suspects: tuple[str, ...]
    """Columns that nearly give the label away by themselves: were they filled in afterwards?"""
    trained: Trained
    metrics: RiskMetrics
    """Out of fold: each row was judged by a model all of which, steps to calibration, had not seen it."""
    medium_above: Annotated[float, Field(ge=0, le=1)]
    """Probability above which three customers in ten were, out of fold."""
    high_above: Annotated[float, Field(ge=0, le=1)]
    """Likewise one in ten."""
    model: Additive

    @property
    def digest(self) -> str:
        """The SHA-256 of all it says, hexadecimal."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class _Written(RiskCard):
    sha256: str


class RiskModel:
    """How likely one risk is, with the facts that contribute. Like every risk it only adds care."""

    def __init__(self, card: RiskCard) -> None:
        self.card = card
        self.name = f"{card.risk}@{card.digest[:8]}"

    @staticmethod
    def file(folder: Path, risk: str) -> Path:
        """Where `save` puts the model of a risk."""
        return folder / f"{risk}.json"

    @classmethod
    def load(cls, folder: Path, risk: str) -> "RiskModel":
        """What `save` wrote.

        Raises:
            RiskModelUnavailable: the file is missing, damaged, changed or of another format; says what to do.
        """
        path = cls.file(folder, risk)
        try:
            written = _Written.model_validate_json(path.read_bytes())
        except FileNotFoundError as error:
            raise RiskModelUnavailable(f"cannot use {path}: it is missing; {_REMEDY}") from error
        except (OSError, ValidationError) as error:
            # the error would quote words of the training data
            raise RiskModelUnavailable(f"cannot use {path}: it cannot be read; {_REMEDY}") from (
                error if isinstance(error, OSError) else None
            )
        if written.format != FORMAT:
            raise RiskModelUnavailable(
                f"cannot use {path}: it has format {written.format}, this version reads {FORMAT}; {_REMEDY}"
            )
        if written.risk != risk:
            raise RiskModelUnavailable(
                f"cannot use {path}: it holds a model of {written.risk!r}, not of {risk!r}; {_REMEDY}"
            )
        card = RiskCard.model_validate(written.model_dump(exclude={"sha256"}))
        if card.digest != written.sha256:
            raise RiskModelUnavailable(f"cannot use {path}: it is not what was written; {_REMEDY}")
        return cls(card)

    def save(self, folder: Path) -> None:
        """Write the file in one go; the same model gives the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        written = _Written(**dict(self.card), sha256=self.card.digest)
        file = self.file(folder, self.card.risk)
        fresh = file.with_suffix(".new")
        fresh.write_text(written.model_dump_json(indent=1) + "\n", encoding="utf-8")
        fresh.replace(file)

    def require_traits(self, traits: TraitRules) -> None:
        """Nothing, where all it reads is known of customers in service.

        Raises:
            RiskModelUnavailable: it was trained on columns of some other data.
        """
        strange = [column.name for column in self.card.model.columns if column.name not in traits.traits]
        if strange:
            raise RiskModelUnavailable(
                f"{self.name} reads {len(strange)} columns that are no traits of customers, such as "
                f"{strange[0][:60]!r}; train it on your own history with 'redress train risk' without --data"
            )

    def judge(self, traits: Traits, language: Language, rules: RiskRules | None = None) -> RiskScore:
        """How likely it is of a customer, and why.

        Args:
            traits: by the names of the columns it was trained on; what is missing is not known.
            language: of the name and the reasons.
            rules: have the words for traits and risks; by default those that come with the product.
        """
        words, model = rules or RiskRules.shipped(), self.card.model
        found = list(model.contributions(traits))
        logit = model.intercept + sum(contribution for _, contribution in found)
        probability = float(model.calibrated(np.array([logit]))[0])
        return RiskScore(
            risk=self.card.risk,
            name=words.named(self.card.risk, language),
            probability=probability,
            level=self.level(probability),
            base=model.intercept,
            reasons=strongest_first(
                _reason(columns, contribution, traits, words, language) for columns, contribution in found
            ),
            source=self.name,
            calibrated=True,
        )

    def evaluate(self, rows: Sequence[Traits], labels: Sequence[bool]) -> RiskMetrics:
        """The metrics on customers it was not trained on; both classes must be among the labels."""
        return measured(np.array(labels, bool), self.card.model.probabilities(rows))

    def level(self, probability: float) -> Level:
        """What a probability is called: high of one customer in ten, medium of two more."""
        if probability > self.card.high_above:
            return "high"
        return "medium" if probability > self.card.medium_above else "low"


def _reason(
    columns: Sequence[RiskColumn], contribution: float, traits: Traits, rules: RiskRules, language: Language
) -> Reason:
    said = _TOGETHER[language].join(_said(column, traits, rules, language) for column in columns)
    also = columns[1].name if len(columns) > 1 else None
    return Reason(columns[0].name, said, contribution, also)


def _said(column: RiskColumn, traits: Traits, rules: RiskRules, language: Language) -> str:
    value = traits.get(column.name)
    words = in_words(rules.traits, column.name, value, language)
    place = column.place(value, language)
    return f"{words}{_COMMA[language]}{place}" if place else words


_COMMA: Final[dict[Language, str]] = {"zh": "，", "en": ", "}
_TOGETHER: Final[dict[Language, str]] = {"zh": "，同时", "en": " together with "}
_REMEDY: Final = "train it again with 'redress train risk', or without it the rules judge"
