"""A complete reply from approved clauses, without a language model: the same Brief gives the same text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from bot.brief import Brief
from bot.clocks.traces import written
from bot.draft.checks import check
from bot.draft.clauses import Clause, Clauses, Style, Wanted, fill, joined, wording
from bot.draft.decided_words import beyond, decided_words
from bot.draft.plan import Plan, make_plan, rights_due
from bot.draft.precedent import precedent
from bot.draft.rubric import rubric
from bot.draft.tone import Form, tone_rules
from bot.suggestion import Draft
from knowledge.case import ESCALATIONS, EscalationKind, Language

_DROPPED_FIRST: Final = ("close", "policy", "promise", "contact", "rights", "escalation", "advice")
"""Slots given up, in this order, where a reply would get too long; the rest always stays."""
_ESCALATIONS: Final[dict[Form, int]] = {"letter": 2, "chat": 1}
"""Escalations a reply answers at most."""
_PLAIN_SLOTS: Final = (
    "salutation", "opening", "ask", "cause", "action", "findings", "decision", "remedy", "reason", "promise",
    "advice", "policy", "rights", "contact", "close", "signature",
)  # fmt: skip
_KIND: Final = {
    "policy": "policy", "procedure": "procedure", "fee_schedule": "price list", "guide": "guide",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Composer:
    """Writes replies in Chinese and English."""

    zh: Clauses
    en: Clauses

    @classmethod
    def shipped(cls) -> "Composer":
        """The composer with the clauses that come with the product.

        Raises:
            InvalidRules: a clause or rubric file breaks its schema.
        """
        return cls(Clauses.shipped("zh"), Clauses.shipped("en"))

    def compose(self, brief: Brief, plan: Plan | None = None, style: Style = "", variation: int = 0) -> Draft:
        """The reply to one complaint, with the result of every check.

        Args:
            brief: The evidence.
            plan: What the reply must do, where it is made already.
            style: How it differs from the usual one.
            variation: Another number, other words; the same facts, promises and rights.

        Raises:
            InvalidRequest: the decision asks for what the customer has given, or rests on an unknown policy.
        """
        plan = plan or make_plan(brief)
        text = self.write(brief, plan, style, variation)
        quoted = tuple(citation for citation in plan.sources if citation.quote in text)
        return Draft(
            text=text,
            language=brief.language,
            source="composer",
            stage=plan.stage,
            citations=quoted,
            commitments=plan.commitments,
            checks=check(text, brief, plan),
            precedent=precedent(brief),
        )

    def write(self, brief: Brief, plan: Plan, style: Style = "", variation: int = 0) -> str:
        """The text of the reply alone, which nothing has checked."""
        return _assemble(self._slots(brief, plan, style, variation), brief, plan, style)

    def _slots(self, brief: Brief, plan: Plan, style: Style, variation: int) -> dict[str, str]:
        """The clause of each slot, filled."""
        clauses = self.zh if brief.language == "zh" else self.en
        writer = _Writer(clauses, brief, plan, _values(brief, plan), style, variation)
        if plan.stage == "safety_hold":
            return {"safety": writer.slot("safety")}
        return dict(writer.slots())


@dataclass(frozen=True, slots=True)
class _Writer:
    """Chooses and fills the clauses of one reply."""

    clauses: Clauses
    brief: Brief
    plan: Plan
    values: dict[str, str]
    style: Style
    variation: int

    def slots(self) -> Iterator[tuple[str, str]]:
        """Every slot that has something to say, and its text."""
        feeling = self._choose("feeling")
        yield "feeling", self._fill(feeling)
        values = self.values
        if feeling is not None and "effort" in feeling.variables:  # said once is enough
            values = {**values, "acts": _acts(self._other_acts(), self.brief.language)}
        facts = self._choose("facts", values)
        yield "facts", fill(facts.text, values) if facts else ""
        for slot in _PLAIN_SLOTS:
            if slot != "rights" or rights_due(self.plan):
                yield slot, self.slot(slot)
        if self.plan.citations and not self.values["quote"]:
            yield "policy", self.slot("policy_named")
        yield "needs", _sentences(self._needs(), self.brief.language)
        yield "escalation", _sentences(self._escalations(), self.brief.language)

    def slot(self, slot: str) -> str:
        """The text of one slot; empty where nothing fits."""
        return self._fill(self._choose(slot))

    def _other_acts(self) -> tuple[str, ...]:
        restated = self.plan.restated
        return tuple(act for act in restated.acts if act not in restated.effort)

    def _needs(self) -> Iterator[str]:
        """A letter answers request by request, a short message all of them at once."""
        if self.plan.final:
            yield from self._needs_decided()
            return
        words = wording(self.brief.language).needs
        asked = {need.need: words[need.need] for need in self.plan.needs if need.need in words}
        letter = self.plan.tone.form == "letter"
        kinds = ("decide",) if letter else ("decide", "tell")
        amount = self.plan.restated.amount
        asks = tuple(
            word.ask_amount.format(amount=amount) if word.ask_amount and amount else word.ask
            for word in asked.values()
            if word.kind in kinds
        )
        if asks:
            yield self._fill_with(
                "need_decide" if letter else "need_all", asks=joined(asks, self.brief.language)
            )
        for need, word in asked.items():
            if letter and word.kind != "decide":
                yield self._fill(self._choose("need_tell", need=need))

    def _needs_decided(self) -> Iterator[str]:
        """What was asked for and is not among the remedies is answered too; what is, needs no second word."""
        words = wording(self.brief.language).needs
        if others := beyond(self.plan, self.brief.language):
            yield self._fill_with("need_beyond", asks=joined(others, self.brief.language))
        asked = {need.need: words[need.need] for need in self.plan.needs if need.need in words}
        for need, word in asked.items():
            if word.kind != "decide":
                yield self._fill(self._choose("need_tell", need=need))

    def _escalations(self) -> Iterator[str]:
        """What they said they would do, the weightiest first; a short message answers that alone."""
        kinds = sorted(self.plan.escalations, key=ESCALATIONS.index)
        for kind in kinds[: _ESCALATIONS[self.plan.tone.form]]:
            yield self._fill(self._choose("escalation", escalation=kind))

    def _choose(
        self,
        slot: str,
        values: dict[str, str] | None = None,
        need: str = "",
        escalation: EscalationKind | Literal[""] = "",
    ) -> Clause | None:
        tone = self.plan.tone
        wanted = Wanted(
            slot=slot,
            stage=self.plan.stage,
            family=tone.family,
            intensity=tone.intensity,
            form=tone.form,
            category=self.brief.triage.category,
            need=need,
            escalation=escalation,
            style=self.style,
            variation=self.variation,
        )
        return self.clauses.choose(wanted, values or self.values, self.brief.complaint_id)

    def _fill(self, clause: Clause | None) -> str:
        return "" if clause is None else fill(clause.text, self.values)

    def _fill_with(self, slot: str, **more: str) -> str:
        values = {**self.values, **more}
        clause = self._choose(slot, values)
        return "" if clause is None else fill(clause.text, values)


def _values(brief: Brief, plan: Plan) -> dict[str, str]:
    """The variables of the clauses; an empty one means there is nothing to say."""
    language = brief.language
    topics = wording(language).topics
    topic = topics.get(brief.triage.category or "other", topics["other"])
    restated = plan.restated
    values = {
        "name": plan.name,
        "reference": plan.reference,
        "company": " ".join(brief.company.split()),
        "received": written(brief.received_on, language),
        "today": written(brief.today, language),
        "topic": plan.topic,
        "subject": restated.subject,
        "topic_on": plan.topic if restated.subject else "",
        "matter": _matter(plan, topic.topic, language),
        "grievance": topic.grievance,
        "Grievance": topic.grievance[:1].upper() + topic.grievance[1:],
        "look": topic.look,
        "noms": joined(restated.nouns, language),
        "acts": _acts(restated.acts, language),
        "effort": _acts(restated.effort, language),
        "next": written(plan.next.due, language) if plan.next else "",
        "promised": "yes" if plan.promised else "",
        "rising": "yes" if plan.tone.rising else "",
        "rights": plan.rights,
        "crisis": plan.crisis,
    }
    values |= decided_words(plan, language)
    for citation in plan.citations[:1]:
        article = next(match.article for match in brief.passages if match.id == citation.id)
        quote = "" if citation.quote == article.title else citation.quote
        values |= {"title": article.title, "quote": quote, "kind": _KIND[article.kind]}
    return values


def _matter(plan: Plan, topic: str, language: Language) -> str:
    """The topic as a noun: what is reported of it, a sentence may say itself."""
    if language == "en":
        return plan.topic
    return f"{plan.restated.subject}方面的{topic}" if plan.restated.subject else topic


def _assemble(slots: dict[str, str], brief: Brief, plan: Plan, style: Style) -> str:
    """The whole text; the least needed slots are given up until it is short enough."""
    if plan.stage == "safety_hold":
        return slots["safety"]
    slots = {slot: text for slot, text in slots.items() if text}
    most = _limit(brief, plan)
    if style == "shorter":
        most = rubric(brief.language).size(_laid_out(slots, brief.language, plan), brief.language) * 2 // 3
    text = _laid_out(slots, brief.language, plan)
    for slot in _DROPPED_FIRST:
        if rubric(brief.language).size(text, brief.language) <= most:
            break
        if slot == "rights" and rights_due(plan):
            continue
        slots.pop(slot, None)
        text = _laid_out(slots, brief.language, plan)
    return text


def _limit(brief: Brief, plan: Plan) -> int:
    """Characters (zh) or words (en) a reply may have."""
    rules, letter = rubric(brief.language), plan.tone.form == "letter"
    if plan.final:
        return (rules.final if letter else rules.final_chat)[1]
    return (rules.letter if letter else rules.chat)[1]


def _laid_out(slots: dict[str, str], language: Language, plan: Plan) -> str:
    order = tone_rules().order(plan.stage, plan.tone.family, plan.tone.form)
    paragraphs = [
        paragraph
        for names in order
        for paragraph in _paragraphs([slots[name] for name in names if name in slots], language)
    ]
    salutation, signature = slots.get("salutation", ""), slots.get("signature", "")
    if plan.tone.form == "chat":
        joint = "" if language == "zh" else " "
        return joint.join((salutation, "\n".join(paragraphs))).strip()
    return "\n\n".join(part for part in (salutation, *paragraphs, signature) if part)


def _paragraphs(sentences: list[str], language: Language) -> Iterator[str]:
    """The sentences as one paragraph, or as several where it would be too long to read."""
    rules, joint = rubric(language), "" if language == "zh" else " "
    paragraph = ""
    for sentence in sentences:
        longer = f"{paragraph}{joint}{sentence}" if paragraph else sentence
        if paragraph and rules.size(longer, language) > rules.paragraph:
            yield paragraph
            longer = sentence
        paragraph = longer
    if paragraph:
        yield paragraph


def _sentences(sentences: Iterable[str], language: Language) -> str:
    return ("" if language == "zh" else " ").join(sentence for sentence in sentences if sentence)


def _acts(parts: tuple[str, ...], language: Language) -> str:
    """打过3次电话、等了两周; have called three times and have waited two weeks."""
    return "、".join(parts) if language == "zh" else joined(parts, language)
