"""A Suggestion: what the agent sees. The shape is public; fields are added, never renamed."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from bot.draft.decision import Decision
from knowledge.case import (
    CaseOutcome,
    EmotionKind,
    EscalationKind,
    NeedKind,
    Owned,
    Redress,
    Urgency,
    Vulnerability,
)
from knowledge.match import Via

Probability = Annotated[float, Field(ge=0, le=1)]
ReasonCode = Literal[
    "assigned",
    "out_of_scope",  # abstained: it looks like nothing the categories were learned from
    "low_confidence",  # abstained: the best category is not likely enough
    "narrow_margin",  # abstained: the two best are too close
    "language_unsupported",  # abstained: neither Chinese nor English
    "not_enough_text",  # abstained: no words to judge
    "model_failed",  # abstained: the head could not be used
]


class Evidence(Owned):
    """Words of the customer that show something."""

    start: Annotated[int, Field(ge=0)]
    """Character offset in the text as the customer wrote it (in a conversation: in turn `turn`)."""
    end: Annotated[int, Field(ge=0)]
    text: str
    """The words; personal data in them is replaced by its placeholder."""
    turn: Annotated[int, Field(ge=0)] = 0
    """Which turn, counted from 0 over all turns."""


class Alternative(Owned):
    """A category that was considered."""

    category: str
    confidence: Probability


Intensity = Annotated[int, Field(ge=0, le=4)]
TrajectoryShape = Literal["rising", "falling", "turning", "steady"]


class FeltTurn(Owned):
    """What one turn of the customer shows."""

    turn: Annotated[int, Field(ge=0)]
    """Which turn, counted from 0 over all turns."""
    primary: EmotionKind
    intensity: Intensity


class Trajectory(Owned):
    """How the feeling moves over the customer's turns."""

    shape: TrajectoryShape
    """Of the distress: rising, falling, turning (up and down again, or down and up), or steady."""
    turned_at: Annotated[int, Field(ge=0)] | None
    """The turn with the largest step, or at the bend; None where it is steady."""
    turns: tuple[FeltTurn, ...]


class Emotion(Owned):
    """A reading of the customer's last turn that shows one."""

    primary: EmotionKind
    intensity: Intensity
    scores: dict[EmotionKind, Probability]
    evidence: tuple[Evidence, ...] = ()
    trajectory: Trajectory | None = None
    """Over the turns of a conversation; None where the customer spoke once."""
    sarcastic: bool = False
    """Whether the anger wears praise; answered seriously, never in kind."""


class Escalation(Owned):
    """An intent to take the matter further, or a danger."""

    kind: EscalationKind
    evidence: tuple[Evidence, ...]


class NeedRead(Owned):
    """What the customer asks for or implies."""

    kind: NeedKind
    need: str
    text: str
    """The customer's words."""
    evidence: tuple[Evidence, ...] = ()


class VulnerabilityHint(Owned):
    """Words that suggest someone needs extra care; a person confirms."""

    kind: Vulnerability
    evidence: tuple[Evidence, ...]


class Route(Owned):
    """Where the complaint belongs."""

    queue: str
    skills: tuple[str, ...] = ()


class Triage(Owned):
    """What it is about, how urgent, and where it goes; each with reasons."""

    category: str | None
    """A node of the taxonomy, or None on abstention."""
    confidence: Probability
    """Calibrated probability of the best category."""
    margin: Probability
    """Distance to the second best."""
    abstained: bool
    reason_code: ReasonCode
    alternatives: tuple[Alternative, ...]
    complaint: bool
    """False for praise, a question or a request."""
    urgency: Urgency
    route: Route
    emotion: Emotion
    escalations: tuple[Escalation, ...]
    needs: tuple[NeedRead, ...]
    vulnerability: tuple[VulnerabilityHint, ...]
    reasons: tuple[str, ...]
    """Sentences an agent understands, in the language of the complaint."""


class CaseCard(Owned):
    """A similar past case."""

    id: str
    similarity: Probability
    via: tuple[Via, ...]
    shared: tuple[str, ...] = ()
    """Rare words it shares with the complaint, rarest first: why it was found, beside its meaning."""
    outcome: CaseOutcome | None
    category: str | None
    summary: str
    """The beginning of its redacted text."""
    resolution: str
    redress: Redress
    resolved_at: date | None
    policy: str | None
    superseded: bool


class PassageCard(Owned):
    """A passage that bears on the complaint."""

    id: str
    similarity: Probability
    via: tuple[Via, ...]
    shared: tuple[str, ...] = ()
    """Rare words it shares with the complaint, rarest first: why it was found, beside its meaning."""
    article_id: str
    title: str
    text: str
    version: str
    valid_to: date | None
    superseded: bool


class Matches(Owned):
    """What memory holds about this."""

    cases: tuple[CaseCard, ...] = ()
    passages: tuple[PassageCard, ...] = ()


class FactCard(Owned):
    """A piece of what is known about the customer."""

    field: str
    value: str
    source: str
    observed_at: date
    confidence: Probability


class ContactCard(Owned):
    """An earlier contact."""

    at: datetime
    channel: str
    summary: str
    emotion: EmotionKind
    intensity: int
    promise: str | None


class CareCard(Owned):
    """One thing to know of this contact, or to do, and why."""

    code: str
    words: str
    reasons: tuple[str, ...] = ()


class NoteCard(Owned):
    """Something noted of the customer that bears on this complaint."""

    kind: Literal["contact", "event", "fact"]
    on: date
    text: str
    similarity: Probability


class ProfileView(Owned):
    """The customer, as far as purpose and consent let an agent see."""

    customer_id: str | None = None
    verified: bool = False
    facts: tuple[FactCard, ...] = ()
    contacts: tuple[ContactCard, ...] = ()
    note: str = ""
    """Why there is nothing to see, where there is nothing."""
    human_only: bool = False
    """The customer asked that no machine alone decides about them."""
    history: tuple[str, ...] = ()
    """What their earlier contacts come to, in words."""
    relevant: tuple[NoteCard, ...] = ()
    """What was noted of them before and bears on this complaint, the closest in meaning first."""
    situations: tuple[CareCard, ...] = ()
    """Of this very contact."""
    needs: tuple[CareCard, ...] = ()
    """What they need without having asked."""
    strategies: tuple[CareCard, ...] = ()
    """What to do."""
    risks: tuple[CareCard, ...] = ()
    """What care may prevent, where it is likely; it adds care and takes none away."""


class Clock(Owned):
    """A date by which something is due."""

    stage: str
    due: date
    rule: str
    trace: str
    """How the date was computed, in words."""
    source: str
    verified: bool


class Commitment(Owned):
    """Something the reply promises."""

    kind: str
    text: str
    amount: Decimal | None = None
    currency: str | None = None
    deadline: date | None = None
    source: str
    """Id of the policy passage, clock or line of the authority table that allows it."""
    owner: str = ""
    """Who carries it out; the complaint handler where empty."""
    approved_by: str = ""
    """The role that approved it, where it is a remedy."""


class Citation(Owned):
    """Where a statement of the draft comes from."""

    id: str
    """Of a passage, or of a rule of the rule packs."""
    quote: str
    """Words of the draft that stand in the source, or that the rule pack has for this."""
    title: str = ""
    """What the source is called."""


class Span(Owned):
    """Words of a draft."""

    start: Annotated[int, Field(ge=0)]
    """Character offset in the draft."""
    end: Annotated[int, Field(ge=0)]
    text: str


class CheckResult(Owned):
    """One check on the draft."""

    id: str
    passed: bool
    detail: str = ""
    """Why it failed, for the agent, in the language of the reply."""
    span: Span | None = None
    """The words that are wrong; None where something is missing, or the whole is."""
    blocking: bool = False
    """Whether a draft that fails it is shown to nobody, and an edited one had better not be sent."""


class TokensUsed(Owned):
    """What the language model read and wrote for a draft."""

    prompt: Annotated[int, Field(ge=0)]
    completion: Annotated[int, Field(ge=0)]
    estimated: bool
    """Whether the server did not count, and the figures are ours."""
    cost: Decimal | None = None
    """By the prices that are set; None where none are."""
    currency: str | None = None


class Band(Owned):
    """What comparable cases got, of one kind of redress in one currency."""

    kind: str
    currency: str
    low: Decimal
    median: Decimal
    high: Decimal
    cases: int
    """How many of them got it."""


class Precedent(Owned):
    """How comparable cases were decided."""

    comparable: int
    """Of the same category, close in meaning, decided under rules still in force."""
    outcomes: dict[CaseOutcome, int]
    bands: tuple[Band, ...] = ()
    cases: tuple[str, ...] = ()
    """Their ids, the nearest first."""
    advisory: tuple[str, ...] = ()
    """Ids of near cases decided under a policy that has since been replaced: advice, not precedent."""


class Draft(Owned):
    """The proposed reply."""

    text: str
    language: str
    source: Literal["model", "composer"]
    stage: str = "acknowledge"
    citations: tuple[Citation, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    fallback_reason: str = ""
    """Why the composer wrote it although a model is configured."""
    precedent: Precedent | None = None
    """What comparable cases got, where memory has any."""
    tokens: TokensUsed | None = None
    """What a language model used for it, whether its reply is shown or not; None where none was asked."""

    @property
    def sendable(self) -> bool:
        """Whether every check passed that a reply must pass."""
        return all(each.passed or not each.blocking for each in self.checks)


class Suggestion(Owned):
    """Everything an agent needs to answer one complaint."""

    id: str
    complaint_id: str
    language: str
    """zh, en, or und when it is neither."""
    created_at: datetime
    triage: Triage
    matches: Matches
    profile: ProfileView
    clocks: tuple[Clock, ...]
    draft: Draft
    alternatives: tuple[Draft, ...] = ()
    """The same facts and promises in other words, where more than one draft was asked for."""
    decision: Decision | None = None
    """What a person decided, where the draft conveys that."""
    timings: dict[str, float] = {}
    """Milliseconds each step took."""
    models: dict[str, str] = {}
    """Name and revision of every model that had a part."""

    def public(self) -> dict[str, Any]:
        """The JSON form."""
        return self.model_dump(mode="json")
