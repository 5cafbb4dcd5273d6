"""The Plan: what one reply must do, and all it may promise. Made before any word is chosen."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.brief import Brief
from bot.clocks.rules import Clocks
from bot.clocks.traces import written
from bot.draft.asking import what_to_ask
from bot.draft.clauses import Stage, wording
from bot.draft.commitments import commitments, remedies
from bot.draft.decision import FINAL, AskKind, Decision
from bot.draft.identifiers import looks_personal
from bot.draft.passages import citations, named_policy
from bot.draft.restate import Restated, restate
from bot.draft.tone import Tone, read_tone
from bot.suggestion import Citation, Clock, Commitment, FactCard, NeedRead
from knowledge.case import EscalationKind, Language

COMPANY: Final = "company."
KNOWN: Final = 20
_WITH_RIGHTS: Final = frozenset({"acknowledge", "progress", *FINAL})

_NAME: Final = re.compile(r"[A-Za-zÀ-ɏ一-鿿][A-Za-zÀ-ɏ一-鿿 .'’·-]{0,39}")
_TITLES_ZH: Final = ("先生", "女士", "老师", "教授", "医生")
_TITLES_EN: Final = ("Mr", "Mrs", "Ms", "Miss", "Mx", "Dr", "Prof")
_REFERENCE: Final = re.compile(r"(?=.*\d)[A-Za-z0-9一-鿿][A-Za-z0-9一-鿿#/_.-]{2,39}")


@dataclass(frozen=True, slots=True)
class Plan:
    """The slots of one reply."""

    stage: Stage
    tone: Tone
    name: str
    """How the customer may be addressed; empty where we do not know or may not say."""
    reference: str
    """The number to quote; empty where there is none fit to be shown."""
    topic: str
    """What it is about, in words for the customer."""
    restated: Restated
    needs: tuple[NeedRead, ...]
    """What the customer asked for; every one gets an honest line."""
    escalations: tuple[EscalationKind, ...]
    promised: bool
    """Whether earlier contacts promised something."""
    next: Clock | None
    """When the customer next hears from us: the company's earliest date not past and not this reply."""
    limit: Clock | None
    """The statutory date of the decision, where it is verified and not past."""
    rights: str
    """Where the customer may turn, in words; empty where the rule packs do not say."""
    rights_words: tuple[tuple[str, ...], ...]
    """One of each group shows that a reply states the rights."""
    rights_source: Citation | None
    """The rule that `rights` come from, with `rights` as its words."""
    crisis: str
    """Whom to call in danger."""
    commitments: tuple[Commitment, ...]
    citations: tuple[Citation, ...]
    """Verbatim sentences of passages in force that bear on it, best first."""
    known: tuple[str, ...]
    """What the customer already told us; never asked again."""
    asks: tuple[AskKind, ...] = ()
    """What the customer is asked for."""
    decision: Decision | None = None
    """What a person decided, where somebody did."""

    @property
    def final(self) -> bool:
        """Whether the reply says what the company decided."""
        return self.stage in FINAL

    @property
    def answers_complaint(self) -> bool:
        """Whether it replies to a complaint, not to praise or a question."""
        return self.stage not in ("thanks", "answer", "safety_hold")

    @property
    def sources(self) -> tuple[Citation, ...]:
        """Everything a reply may cite: the passages, and the rule behind the rights."""
        return self.citations if self.rights_source is None else (*self.citations, self.rights_source)


def make_plan(brief: Brief) -> Plan:
    """The plan for this complaint. Feelings choose the tone; they change no date, right or promise.

    Raises:
        InvalidRequest: the decision asks for what the customer has given, or rests on a policy nobody found.
    """
    stage, decision = _stage(brief), brief.decision
    if stage == "safety_hold":
        decision = None
    restated = restate(brief)
    clocks = Clocks.shipped()
    place = clocks.jurisdiction(brief.clocks, brief.language)
    following, final, tone = _next(brief), _final(brief), read_tone(brief)
    rights, words, source = (
        _rights(brief, place, final, tone, stage) if stage in _WITH_RIGHTS else ("", (), None)
    )
    promised = commitments(stage, brief.language, first=_first(brief), following=following, final=final)
    return Plan(
        stage=stage,
        tone=tone,
        name=addressed(brief.facts, brief.language),
        reference=_reference(brief),
        topic=_topic(brief, restated),
        restated=restated,
        needs=tuple(need for need in brief.triage.needs if need.kind == "explicit"),
        escalations=tuple(dict.fromkeys(escalation.kind for escalation in brief.triage.escalations)),
        promised=bool(brief.open_promises),
        next=following,
        limit=final,
        rights=rights,
        rights_words=words,
        rights_source=source,
        crisis=clocks.crisis(place, brief.language),
        commitments=(*promised, *(remedies(decision, brief.language) if decision else ())),
        citations=_citations(brief, stage, decision),
        known=tuple(dict.fromkeys(fact.text for fact in brief.stated))[:KNOWN],
        asks=what_to_ask(brief, decision.ask if decision else ()) if stage == "ask" else (),
        decision=decision,
    )


def rights_due(plan: Plan) -> bool:
    """Whether this reply has to say where the customer may turn.

    Every letter has to, a decision in any form, and a short message to someone who speaks of the authorities
    or the law.
    """
    return bool(plan.rights) and (
        plan.tone.form == "letter" or plan.final or bool({"regulator", "legal"} & set(plan.escalations))
    )


def _stage(brief: Brief) -> Stage:
    """Danger before everything, unless a person has dealt with it; then what a person decided."""
    triage, decision = brief.triage, brief.decision
    danger = any(escalation.kind == "safety" for escalation in triage.escalations)
    if danger and not (decision and decision.danger_over):
        return "safety_hold"
    if decision is not None:
        return decision.stage
    if triage.complaint:
        return "progress" if brief.answered else "acknowledge"
    asks = any(need.kind == "explicit" for need in triage.needs)
    return "thanks" if triage.emotion.primary == "gratitude" and not asks else "answer"


def _first(brief: Brief) -> Clock | None:
    return next((clock for clock in brief.clocks if clock.stage == "first_reply"), None)


def _next(brief: Brief) -> Clock | None:
    """This reply is the first one, so the next date is that of the progress update, where there is one."""
    ahead = sorted((clock for clock in brief.clocks if clock.due >= brief.today), key=_due)
    own = [clock for clock in ahead if clock.rule.startswith(COMPANY)]
    later = [clock for clock in own if clock.stage != "first_reply"]
    return next(iter((*later, *own, *ahead)), None)


def _due(clock: Clock) -> tuple[str, str]:
    return clock.due.isoformat(), clock.rule


def _final(brief: Brief) -> Clock | None:
    return next(
        (
            clock
            for clock in sorted(brief.clocks, key=_due)
            if clock.stage == "final"
            and clock.verified
            and clock.due >= brief.today
            and not clock.rule.startswith(COMPANY)
        ),
        None,
    )


def _citations(brief: Brief, stage: Stage, decision: Decision | None) -> tuple[Citation, ...]:
    """What can be quoted; of a decision that names its policy, that policy."""
    if stage in ("safety_hold", "thanks"):
        return ()
    found = citations(brief)
    if decision is None or decision.policy is None:
        return () if stage in ("ask", "progress", *FINAL) else found
    policy = named_policy(brief, decision.policy)
    return () if policy is None else (policy,)


def _rights(
    brief: Brief, place: str | None, final: Clock | None, tone: Tone, stage: Stage
) -> tuple[str, tuple[tuple[str, ...], ...], Citation | None]:
    """Avenues are always named; a statutory date only in a letter before the decision, of a verified rule."""
    rights = Clocks.shipped().rights(place, brief.sector, brief.received_on)
    if rights is None:
        return "", (), None
    words = (rights.mention,)
    if stage in FINAL and rights.final is not None:
        said, words = rights.final.say(brief.language), rights.final_mention
    elif tone.form == "chat":
        said = rights.short.say(brief.language)
    elif stage in FINAL:
        said = rights.remedies.say(brief.language)
    else:
        said = rights.remedies.say(brief.language)
        if rights.deadline is not None and final is not None:
            due = written(final.due, brief.language)
            joint = "" if brief.language == "zh" else " "
            said = rights.deadline.say(brief.language).replace("{due}", due) + joint + said
    return said, words, Citation(id=rights.id, quote=said, title=rights.source.say(brief.language))


def _topic(brief: Brief, restated: Restated) -> str:
    topics = wording(brief.language).topics
    topic = topics.get(brief.triage.category or "other", topics["other"])
    if restated.subject and topic.topic_on:
        template = topic.topic_fee if restated.fee and topic.topic_fee else topic.topic_on
        return template.format(subject=restated.subject)
    return topic.topic


def addressed(known: Sequence[FactCard], language: Language) -> str:
    """How the customer is addressed by name; empty where no fit name is known."""
    facts = {fact.field: fact.value.strip() for fact in known}
    name, title = facts.get("name", ""), facts.get("title", "")
    if not _NAME.fullmatch(name) or looks_personal(name):
        return ""
    if language == "zh":
        return f"{name}{title}" if title in _TITLES_ZH else name
    title = title.rstrip(".")
    surname = name.split()[-1]
    return f"{title} {surname}" if title in _TITLES_EN and " " in name else name


def _reference(brief: Brief) -> str:
    reference = (brief.reference or "").strip()
    return reference if _REFERENCE.fullmatch(reference) and not looks_personal(reference) else ""
