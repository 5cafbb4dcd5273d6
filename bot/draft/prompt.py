"""The prompt of one reply: our rules with the Plan filled in, then sources and the customer's words as data.

prompts/reply_*.md, words_*.md   the frame (string.Template; a missing variable raises KeyError)
prompts/*.toml                   the parts that depend on the complaint

No secret, no score and no past case goes in; what is not in the prompt cannot be talked out of the model.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from string import Template
from typing import Annotated, Final, Literal

from pydantic import Field

from bot.brief import Brief
from bot.clocks.traces import written
from bot.draft.chat import Message
from bot.draft.clauses import Stage, Style, wording
from bot.draft.decided_words import beyond, decided_words
from bot.draft.plan import Plan
from bot.draft.rubric import rubric
from bot.draft.suspicion import steers
from bot.draft.tone import Family, tone_rules
from knowledge.case import EscalationKind, Language, Owned
from knowledge.rules import load_rules

FOLDER: Final = Path(__file__).with_name("prompts")
MOST_WORDS: Final = 8_000
"""Characters of the customer's words a model is given: what is longer loses its middle."""


_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_TURN_MARK: Final = re.compile(r"\[(/?[A-Z_]{3,20})\]")
_ANGLES: Final = str.maketrans("<>", "‹›")


class _Parts(Owned):
    """prompts/zh.toml, prompts/en.toml."""

    version: str
    source: str
    valid_from: date
    nothing: str
    withheld: str
    """In place of words that may be meant for a model."""
    comma: str
    customer: str
    agent: str
    bot: str
    stages: dict[Stage, str]
    forms: dict[Literal["letter", "chat", "thanks"], str]
    families: dict[Family, str]
    styles: dict[Style, str]
    variations: Annotated[tuple[str, ...], Field(min_length=1)]
    slots: dict[str, str]
    escalations: dict[EscalationKind, str]


def render(
    brief: Brief, plan: Plan, marker: str | None = None, *, style: Style = "", variation: int = 0
) -> tuple[Message, ...]:
    """The messages for one reply: system, then user.

    Args:
        brief: The evidence.
        plan: What the reply must do; never of the stage `safety_hold`, whose text is fixed.
        marker: Fences the material in; random where none is given, so that nobody can write it beforehand.
        style: How the reply differs from the usual one.
        variation: Which of several replies with other words this is, from 0.

    Raises:
        KeyError: a template names a variable that does not exist.
        InvalidRules: a parts file breaks its schema.
    """
    # a name is personal data: the model greets a stranger, the drafter puts the name in afterwards
    plan = replace(plan, name="")
    parts, language = _parts(brief.language), brief.language
    marker = marker or secrets.token_hex(8)
    facts = (*plan.restated.nouns, *plan.restated.acts)
    asks = tuple(_asks(plan, language))
    values = {
        "company": plain(brief.company),
        "topic": plan.topic,
        "received": written(brief.received_on, language),
        "today": written(brief.today, language),
        "next": written(plan.next.due, language) if plan.next else "",
        "name": plain(plan.name),
        "reference": plain(plan.reference),
        "facts": plain(parts.comma.join(facts)),
        "asks": parts.comma.join(ask for _, ask in asks),
        "asks_decide": parts.comma.join(ask for decide, ask in asks if decide),
        "asks_tell": parts.comma.join(ask for decide, ask in asks if not decide),
        "rights": plan.rights,
        **{name: plain(words) for name, words in decided_words(plan, language).items()},
        "asks_beyond": parts.comma.join(beyond(plan, language)),
    }
    lines = (
        Template(line).substitute(values) for line in _slots(plan, parts, {decide for decide, _ in asks})
    )
    system = _template(f"reply_{language}").substitute(
        values,
        stage=parts.stages[plan.stage],
        slots="\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1)),
        commitments="\n".join(f"- {commitment.text}" for commitment in plan.commitments)
        or f"- {parts.nothing}",
        known=plain(parts.comma.join(plan.known)) or parts.nothing,
        form=_form(plan, parts, language),
        tone="\n- ".join((parts.families[plan.tone.family], *_manners(brief, parts, style, variation))),
        marker=marker,
    )
    user = _template(f"words_{language}").substitute(
        sources="\n".join(_sources(brief, plan)) or parts.nothing, words=_words(brief, parts), marker=marker
    )
    return Message("system", system), Message("user", user)


def plain(text: str) -> str:
    """Material without what a model server may take for its own signs, and without hidden characters."""
    return _TURN_MARK.sub(r"(\1)", _HIDDEN.sub("", text).translate(_ANGLES))


@cache
def rules_text(language: Language) -> tuple[str, ...]:
    """The sentences of our instructions, but for those with variables; no reply has a reason to hold one."""
    frame = (FOLDER / f"reply_{language}.md").read_text(encoding="utf-8")
    sentences = re.split(r"(?<=[.:。：；])\s*|\n\s*\n|\n(?=[-#])", frame)
    joint = "" if language == "zh" else " "
    bare = (joint.join(piece.split()).lstrip("-# ") for piece in sentences if "$" not in piece)
    return tuple(sentence for sentence in bare if sentence)


@cache
def _parts(language: Language) -> _Parts:
    return load_rules(FOLDER / f"{language}.toml", _Parts)


@cache
def _template(name: str) -> Template:
    return Template((FOLDER / f"{name}.md").read_text(encoding="utf-8").strip())


def _slots(plan: Plan, parts: _Parts, decides: set[bool]) -> Iterator[str]:
    """What the reply says, in the order the customer's feeling asks for."""
    said = dict(_said(plan, parts, decides))
    if plan.stage == "thanks":
        order: tuple[tuple[str, ...], ...] = (("opening", "feeling"),)
    else:
        order = tone_rules().order(plan.stage, plan.tone.family, plan.tone.form)
    for name in ("salutation", *(name for names in order for name in names), "signature"):
        yield from said.get(name, ())


def _said(plan: Plan, parts: _Parts, decides: set[bool]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The lines of each slot that has something to say."""
    slots, form, stage = parts.slots, plan.tone.form, plan.stage
    yield "salutation", (slots[f"salutation_{form}" if plan.name else f"stranger_{form}"],)
    reference = (slots["reference"],) if plan.reference and stage != "thanks" else ()
    yield "opening", (slots["opening_final" if plan.final else f"opening_{stage}"], *reference)
    yield "feeling", (slots["feeling" if plan.answers_complaint else f"feeling_{stage}"],)
    yield "facts", (slots["facts" if plan.restated.nouns or plan.restated.acts else "facts_none"],)
    if plan.final:
        yield from _said_decided(plan, slots)
        return
    yield "action", (slots[_action(plan)],)
    yield from _said_on_the_way(plan, slots)
    if decides:
        yield "needs", tuple(slots[name] for name in _need_slots(stage, decides))
    if plan.promised:
        yield "promise", (slots["promise"],)
    if plan.citations:
        yield "policy", (slots["policy"],)
    if stage in ("acknowledge", "progress"):
        escalations = (parts.escalations[kind] for kind in plan.escalations if kind in parts.escalations)
        yield "escalation", tuple(escalations)
    if plan.rights:
        yield "rights", (slots["rights"],)
    yield "contact", (slots["contact"],)
    if form == "letter":
        yield "signature", (slots["signature"],)


def _manners(brief: Brief, parts: _Parts, style: Style, variation: int) -> Iterator[str]:
    """How this customer is best written to, and how this reply is to differ."""
    yield from brief.manners
    if style:
        yield parts.styles[style]
    if variation:
        yield parts.variations[(variation - 1) % len(parts.variations)]


def _need_slots(stage: Stage, decides: set[bool]) -> Iterator[str]:
    if stage == "answer":
        yield "needs_answer"
        return
    for decide in sorted(decides, reverse=True):
        yield "needs_decide" if decide else "needs_tell"


def _action(plan: Plan) -> str:
    if plan.next is None:
        return "action_undated"
    return f"action_{plan.stage}" if plan.stage in ("ask", "progress") else "action"


def _said_on_the_way(plan: Plan, slots: dict[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The lines of a letter between the first and the decision."""
    decision = plan.decision
    if plan.asks:
        yield "ask", (slots["ask"],)
    if decision and decision.cause:
        yield "cause", (slots["cause"],)
    if decision and decision.findings:
        yield "findings", (slots["findings"],)


def _said_decided(plan: Plan, slots: dict[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The lines of a letter that decides."""
    decision = plan.decision
    yield "decision", (slots[f"decision_{plan.stage}"],)
    if decision and decision.remedies:
        yield "remedy", (slots["remedy"],)
    if decision and decision.findings:
        yield "findings", (slots["findings"],)
    if decision and decision.reason:
        yield "reason", (slots["reason"],)
    if plan.citations:
        yield "policy", (slots["policy"],)
    if beyond(plan, "en"):  # whether there is something, in whatever language
        yield "needs", (slots["beyond"],)
    if plan.rights:
        yield "rights", (slots["rights"],)
    yield "contact", (slots["contact"],)
    yield "close", (slots["close"],)
    if plan.tone.form == "letter":
        yield "signature", (slots["signature"],)


def _asks(plan: Plan, language: Language) -> Iterator[tuple[bool, str]]:
    """What the customer asked for: whether it takes a decision, and its words."""
    words = wording(language).needs
    for need in dict.fromkeys(need.need for need in plan.needs):
        asked = words[need if need in words else "other"]
        yield asked.kind == "decide", asked.ask


def _form(plan: Plan, parts: _Parts, language: Language) -> str:
    rules = rubric(language)
    form: Literal["letter", "chat", "thanks"] = "thanks" if plan.stage == "thanks" else plan.tone.form
    least, most = {"letter": rules.letter, "chat": rules.chat, "thanks": rules.thanks}[form]
    return Template(parts.forms[form]).substitute(least=least, most=most)


def _sources(brief: Brief, plan: Plan) -> Iterator[str]:
    titles = {match.id: match.article.title for match in brief.passages}
    for citation in plan.citations:
        yield plain(f"{citation.id} | {titles[citation.id]} | {citation.quote}".replace("\n", " "))


def _words(brief: Brief, parts: _Parts) -> str:
    """What was said, a conversation with its speakers; words that may be meant for a model are kept back."""
    if any(steers(turn.text) for turn in brief.turns):
        return parts.withheld
    if all(turn.speaker == "customer" for turn in brief.turns):
        return _shortened(plain(brief.text))
    names = {"customer": parts.customer, "agent": parts.agent, "bot": parts.bot}
    return _shortened("\n".join(f"{names[turn.speaker]}: {plain(turn.text)}" for turn in brief.turns))


def _shortened(text: str) -> str:
    half = MOST_WORDS // 2
    return text if len(text) <= MOST_WORDS else f"{text[:half]}\n[…]\n{text[-half:]}"
