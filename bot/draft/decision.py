"""What a person in the company decided: what a reply after the first one may say beyond looking into it.

The bot never decides. A Decision comes from the agent, is held against the authority table (authority.toml),
and is the only place that money, findings and verdicts of a reply can come from.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from bot.errors import InvalidRequest
from knowledge.case import Owned, storable

DecidedStage = Literal["ask", "progress", "upheld", "partly", "rejected", "goodwill"]
FINAL: Final[frozenset[str]] = frozenset({"upheld", "partly", "rejected", "goodwill"})
"""Stages in which the company says what it decided."""
RemedyKind = Literal[
    "refund", "compensation", "fee_waiver", "service_credit", "repair", "replacement", "correction",
    "apology", "explanation",
]  # fmt: skip
IN_MONEY: Final[frozenset[str]] = frozenset({"refund", "compensation", "service_credit"})
"""Remedies that are an amount; a fee may be waived with or without naming one."""
WORDS_ALONE: Final[frozenset[str]] = frozenset({"apology", "explanation"})
"""Remedies that the letter itself is: they have no day and nobody to do them."""
AskKind = Literal[
    "receipt", "photos", "contract", "screenshot", "bank_statement", "order", "date", "amount",
    "account_holder", "preferred_contact",
]  # fmt: skip
ASKS: Final[tuple[AskKind, ...]] = get_args(AskKind)
Cause = Literal[
    "waiting_third_party", "records_requested", "technical_investigation", "complex", "waiting_customer"
]
Role = Literal["handler", "team_lead", "manager", "director"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
"""Who may promise, the least first."""


def _one_line(text: str) -> str:
    return " ".join(storable(text).split()).rstrip("。.；;")


Line = Annotated[str, AfterValidator(_one_line), Field(max_length=240)]
"""A sentence or clause for the customer, without its full stop."""


class Remedy(Owned):
    """One thing the company does to put it right."""

    kind: RemedyKind
    amount: Annotated[Decimal | None, Field(gt=0, le=Decimal("1e9"), decimal_places=2)] = None
    currency: Annotated[str | None, Field(pattern="^[A-Z]{3}$")] = None
    """ISO 4217."""
    by: date | None = None
    """The day by which it is done."""
    owner: Annotated[str, AfterValidator(_one_line), Field(max_length=60)] = ""
    """Who does it, in words a customer may read; the complaint handler where empty."""
    what: Annotated[str, AfterValidator(_one_line), Field(max_length=80)] = ""
    """What is repaired, replaced, corrected or waived, in the language of the reply."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.amount is None) != (self.currency is None):
            raise ValueError("amount and currency go together: give both or neither")
        if self.kind in IN_MONEY and self.amount is None:
            raise ValueError(f"a {self.kind} needs its amount and currency")
        if self.kind not in {*IN_MONEY, "fee_waiver"} and self.amount is not None:
            raise ValueError(f"a {self.kind} is no money: leave out amount and currency")
        if self.kind not in WORDS_ALONE and self.by is None:
            raise ValueError(f"a {self.kind} needs `by`, the day by which it is done")
        return self


class Decision(Owned):
    """What was found and decided, by a person."""

    stage: DecidedStage
    findings: Annotated[tuple[Line, ...], Field(max_length=4)] = ()
    """What the company established, a sentence each, in the language of the reply."""
    reason: Line = ""
    """Why it was decided so."""
    policy: Annotated[str | None, Field(max_length=240)] = None
    """Id of the passage or article it rests on; one that search found for this complaint."""
    remedies: Annotated[tuple[Remedy, ...], Field(max_length=4)] = ()
    ask: Annotated[tuple[AskKind, ...], Field(max_length=4)] = ()
    """What the customer is asked for; by default what such complaints need and this one does not say."""
    cause: Cause | None = None
    """Why it takes longer."""
    fault_confirmed: bool = False
    """Whether somebody with authority has confirmed that the company is at fault."""
    approved_by: Role = "handler"
    """The highest role that has approved the remedies."""
    approval: Annotated[str, AfterValidator(_one_line), Field(max_length=120)] = ""
    """Where that approval is recorded; never in the letter."""
    danger_over: bool = False
    """Whether a person has spoken with a customer in danger: only then a reply of this stage is written."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        stage = self.stage
        if self.remedies and stage not in {"upheld", "partly", "goodwill"}:
            raise ValueError(f"a reply of stage {stage!r} can promise no remedy: leave out `remedies`")
        if stage == "goodwill" and not self.remedies:
            raise ValueError("goodwill needs the remedy it consists of: give `remedies`")
        if stage in FINAL and not (self.reason or self.findings or self.policy):
            raise ValueError(f"{stage!r} needs a ground: give `reason`, `findings` or `policy`")
        if stage == "partly" and not (self.reason or self.policy):
            raise ValueError("'partly' needs to say why not all of it: give `reason` or `policy`")
        if self.approved_by != "handler" and not self.approval:
            raise ValueError(f"`approved_by` {self.approved_by!r} needs `approval`: where it is recorded")
        return self

    @property
    def words(self) -> tuple[str, ...]:
        """Everything in it that somebody wrote."""
        return tuple(
            filter(
                None,
                (
                    *self.findings,
                    self.reason,
                    *(text for each in self.remedies for text in (each.what, each.owner)),
                ),
            )
        )

    def in_time(self, today: date) -> None:
        """Raise where a remedy's day has passed.

        Raises:
            InvalidRequest: says which, and what to send.
        """
        for remedy in self.remedies:
            if remedy.by is not None and remedy.by < today:
                raise InvalidRequest(
                    f"the {remedy.kind} was to be done by {remedy.by}, which has passed: give a day from "
                    f"{today} on"
                )
