"""Who may promise what (authority.toml)."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator

from bot.draft.decision import ROLES, Decision, Remedy, RemedyKind, Role
from bot.errors import InvalidRequest
from bot.privacy.redaction import redact
from knowledge.case import Language, Owned, language_of
from knowledge.rules import load_rules
from knowledge.words import PLACEHOLDER

FILE: Final = Path(__file__).with_name("authority.toml")


def _rising(limits: dict[str, dict[Role, Decimal]]) -> dict[str, dict[Role, Decimal]]:
    for currency, by_role in limits.items():
        amounts = [by_role[role] for role in ROLES if role in by_role]
        if amounts != sorted(amounts):
            raise ValueError(f"{currency}: a higher role must not have a lower limit")
    return limits


class Authority(Owned):
    """The table."""

    version: str
    source: str
    valid_from: date
    unlisted: Role
    fault_confirmed: Role
    plain: dict[RemedyKind, Role]
    limits: dict[RemedyKind, Annotated[dict[str, dict[Role, Decimal]], AfterValidator(_rising)]]

    @classmethod
    def shipped(cls) -> "Authority":
        """The table that comes with the product; read once.

        Raises:
            InvalidRules: the file breaks its schema.
        """
        return _shipped()

    def needed(self, remedy: Remedy, spent: Decimal = Decimal(0)) -> Role:
        """The lowest role that may promise this, after `spent` of the same kind in the same reply."""
        if remedy.amount is None or remedy.currency is None:
            return self.plain.get(remedy.kind, self.unlisted)
        by_role = self.limits.get(remedy.kind, {}).get(remedy.currency)
        if by_role is None:
            return self.unlisted
        asked = remedy.amount + spent
        for role in ROLES:
            if by_role.get(role, Decimal(-1)) >= asked:
                return role
        return self.unlisted

    def allow(self, decision: Decision) -> None:
        """Raise where somebody promises more than they may.

        Raises:
            InvalidRequest: says what needs whose approval, and how to give it.
        """
        for what, role in self._needs(decision):
            if ROLES.index(decision.approved_by) < ROLES.index(role):
                raise InvalidRequest(
                    f"{what} needs the approval of a {role.replace('_', ' ')}, not of a "
                    f"{decision.approved_by.replace('_', ' ')}: have it approved, then give "
                    f'"approved_by": "{role}" and where it is recorded as "approval"'
                )

    def _needs(self, decision: Decision) -> Iterator[tuple[str, Role]]:
        spent: dict[tuple[str, str | None], Decimal] = {}
        for remedy in decision.remedies:
            place = remedy.kind, remedy.currency
            sum_ = "" if remedy.amount is None else f" of {remedy.amount:f} {remedy.currency}"
            name = f"a {remedy.kind.replace('_', ' ')}{sum_}"
            yield name, self.needed(remedy, spent.get(place, Decimal(0)))
            spent[place] = spent.get(place, Decimal(0)) + (remedy.amount or 0)
        if decision.fault_confirmed:
            yield "admitting the company's fault", self.fault_confirmed


def examine(decision: Decision, today: date) -> None:
    """Raise where a decision promises too much, too late, or holds personal data.

    Raises:
        InvalidRequest: says what is wrong, and what to send.
    """
    decision.in_time(today)
    Authority.shipped().allow(decision)
    for words in decision.words:
        placeholders = PLACEHOLDER.findall(redact(words).text)
        found = {name.strip("⟦⟧").rstrip("_0123456789") for name in placeholders}
        if found:
            kinds = ", ".join(sorted(kind.lower().replace("_", " ") for kind in found))
            raise InvalidRequest(
                f"the words of the decision hold personal data ({kinds}): leave it out, the letter does "
                "without it"
            )


def in_language(decision: Decision, language: Language) -> None:
    """Raise where somebody wrote findings or reasons in another language than the reply is in.

    Raises:
        InvalidRequest: says what to send.
    """
    names = {"zh": "Chinese", "en": "English"}
    for words in decision.words:
        if language_of(words) != language:
            raise InvalidRequest(
                f"the reply is in {names[language]}, and the decision has words in "
                f"{names[language_of(words)]}: give `findings`, `reason`, `what` and `owner` in "
                f"{names[language]}; free text is not translated here"
            )


@cache
def _shipped() -> Authority:
    return load_rules(FILE, Authority)
