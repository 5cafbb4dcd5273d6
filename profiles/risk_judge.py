"""Which judge speaks for which risk: the models a tenant trained on its own customers, else the rules."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from profiles.fact import Language
from profiles.risk import RiskScore, logistic, rule_scores, strongest_first
from profiles.risk_model import RiskModel, RiskModelUnavailable
from profiles.risk_rules import RiskRules
from profiles.traits import Traits

log = logging.getLogger(__name__)

THIS_CONTACT: Final = "now_"
"""How the names of traits begin that tell of the contact that is going on, which no history knows."""


class RiskJudge:
    """Judges all risks that are declared."""

    def __init__(self, models: Mapping[str, RiskModel] | None = None, rules: RiskRules | None = None) -> None:
        self._rules = rules or RiskRules.shipped()
        self._models = models or {}

    @property
    def names(self) -> tuple[str, ...]:
        """Of the models in use."""
        return tuple(model.name for model in self._models.values())

    def scores(self, traits: Traits, language: Language, on: date | None = None) -> tuple[RiskScore, ...]:
        """What the models say of a customer, and the rules where there is no model; one score a risk.

        Where a model judges, what the rules know of the contact that is going on is added to it: a threat
        made a minute ago is in no history the model learnt from.
        """
        by_rules = rule_scores(traits, language, self._rules, on)
        return tuple(
            score if model is None else self._with_contact(score, model, model.judge(traits, language))
            for score in by_rules
            for model in [self._models.get(score.risk)]
        )

    def _with_contact(self, by_rules: RiskScore, model: RiskModel, score: RiskScore) -> RiskScore:
        added = [reason for reason in by_rules.reasons if reason.trait.startswith(THIS_CONTACT)]
        if not added:
            return score
        probability = logistic(_logit(score.probability) + sum(reason.contribution for reason in added))
        return replace(
            score,
            probability=probability,
            level=model.level(probability),
            reasons=strongest_first((*score.reasons, *added)),
            calibrated=False,
        )


class RiskJudges:
    """The judge of each tenant; its models are files in a folder of its own, read anew when they change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, tuple[tuple[tuple[str, int], ...], RiskJudge]] = {}

    def folder(self, tenant: str) -> Path:
        """Where a tenant's models are."""
        return self._folder / hashlib.sha256(tenant.encode()).hexdigest()[:24]

    def of(self, tenant: str) -> RiskJudge:
        """The judge as trained last; of a model that cannot be used the rules take the place."""
        files = [
            (risk, RiskModel.file(self.folder(tenant), risk).stat().st_mtime_ns)
            for risk in RiskRules.shipped().risks
            if RiskModel.file(self.folder(tenant), risk).exists()
        ]
        changed = tuple(files)
        known = self._read.get(tenant)
        if known is not None and known[0] == changed:
            return known[1]
        models: dict[str, RiskModel] = {}
        for risk, _ in files:
            try:
                model = RiskModel.load(self.folder(tenant), risk)
                model.require_traits(RiskRules.shipped().traits)
                models[risk] = model
            except RiskModelUnavailable as error:
                log.warning("the rules judge %s: %s", risk, error)
        judge = RiskJudge(models)
        self._read[tenant] = changed, judge
        return judge


def _logit(probability: float) -> float:
    from math import log as ln

    held = min(max(probability, 1e-9), 1 - 1e-9)
    return ln(held / (1 - held))
