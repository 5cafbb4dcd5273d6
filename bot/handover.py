"""The hand-over summary: what happened, what was promised, what is open, for the colleague who takes over.

Composed from what is on record, without personal data. Where a language model is configured it adds the case
in a few sentences; what the record does not bear out is left away.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from string import Template
from typing import Annotated, Final

from anyio import to_thread
from pydantic import Field

from bot.brief import Brief
from bot.cards import CardFile
from bot.clocks.traces import written
from bot.desk import Desk
from bot.draft.amounts import find_amounts
from bot.draft.chat import Message, Writer
from bot.draft.clauses import joined, wording
from bot.draft.identifiers import find_personal
from bot.draft.plan import Plan, make_plan
from bot.draft.prompt import FOLDER, plain
from bot.draft.sources import Sources, folded, moments, occurs, sums
from bot.draft.structured import write_shape
from bot.draft.wanted import Wanted
from bot.errors import ChatUnavailable
from bot.promises import Promise, Promises
from bot.store import DeskStore, SentReply
from bot.suggestion import CheckResult
from knowledge.case import Language, Owned
from knowledge.rules import load_rules
from knowledge.words import PLACEHOLDER

log = logging.getLogger(__name__)

FILE: Final = Path(__file__).with_name("handover.toml")
STORY_TOKENS: Final = 500
READ: Final = 8_000
"""Characters of the conversation that a model is given."""


class HandoverWords(Owned):
    """The words of one language."""

    happened: str
    promised: str
    open: str
    received: str
    told: str
    done: str
    feeling: str
    rising: str
    escalations: str
    care: str
    replied: str
    not_replied: str
    decided: str
    promise: str
    promise_owner: str
    earlier: str
    no_promise: str
    asked: str
    due: str
    nothing_open: str
    story: str
    states: dict[str, str]
    stages: dict[str, str]


class _File(Owned):
    version: str
    source: str
    valid_from: date
    zh: HandoverWords
    en: HandoverWords


class Handover(Owned):
    """A hand-over summary."""

    complaint_id: str
    language: Language
    story: str = ""
    """The case in a few sentences, where a language model wrote them and the record bears them out."""
    happened: tuple[str, ...]
    promised: tuple[str, ...]
    open: tuple[str, ...]
    text: str
    """All of it as plain text."""
    checks: tuple[CheckResult, ...]
    """Personal data and figures, as for any reply."""
    note: str = ""
    """Why there is no story although a language model is configured."""


class _Story(Owned):
    story: Annotated[str, Field(min_length=1, max_length=1500)]


@dataclass(frozen=True, slots=True)
class _Record:
    """Everything a summary is made of."""

    brief: Brief
    plan: Plan
    turns: int
    replies: tuple[SentReply, ...]
    promises: tuple[Promise, ...]


class Handovers:
    """Summaries of stored complaints."""

    def __init__(
        self, desk: Desk, store: DeskStore, promises: Promises, writer: Writer | None, seconds: float
    ) -> None:
        self._desk, self._store, self._promises = desk, store, promises
        self._writer, self._seconds = writer, seconds

    async def of(self, tenant: str, complaint_id: str, language: Language | None = None) -> Handover:
        """The summary of a complaint as it stands; in the language of its reply where none is named.

        Raises:
            NotFound: no such complaint.
        """
        record = await to_thread.run_sync(self._record, tenant, complaint_id, language)
        story, note = await self._story(record)
        return _handover(record, story, note)

    def _record(self, tenant: str, complaint_id: str, language: Language | None) -> _Record:
        complaint = self._store.complaint(tenant, complaint_id)
        brief = self._desk.assess(tenant, complaint, Wanted(language=language)).brief
        return _Record(
            brief=brief,
            plan=make_plan(brief),
            turns=len(complaint.turns),
            replies=tuple(self._store.replies(tenant, complaint_id)),
            promises=tuple(self._promises.of_complaint(tenant, complaint_id)),
        )

    async def _story(self, record: _Record) -> tuple[str, str]:
        """The model's sentences, or why there are none."""
        if self._writer is None:
            return "", ""
        brief, marker = record.brief, secrets.token_hex(8)
        frame = Template((FOLDER / f"story_{brief.language}.md").read_text(encoding="utf-8").strip())
        turns = "\n".join(f"{turn.speaker}: {plain(turn.text)}" for turn in brief.turns)[:READ]
        messages = (
            Message("system", frame.safe_substitute(marker=marker)),
            Message("user", f"=={marker}==\n{turns}\n=={marker}=="),
        )
        try:
            found = await write_shape(
                self._writer, messages, _Story, max_tokens=STORY_TOKENS, seconds=self._seconds
            )
        except ChatUnavailable as error:
            log.info("a hand-over has no story: %s", error)
            return "", "model_unavailable"
        flaw = "C3" if marker in found.story else _flaw(found.story, brief, record.plan)
        if flaw:
            log.info("a hand-over's story was left away: %s", flaw)
            return "", "check_failed"
        return found.story, ""


def _handover(record: _Record, story: str, note: str) -> Handover:
    brief = record.brief
    words = _words(brief.language)
    happened, promised, pending = _happened(record, words), _promised(record, words), _open(record, words)
    parts = [
        (words.story, (story,) if story else ()),
        (words.happened, happened),
        (words.promised, promised),
        (words.open, pending),
    ]
    text = "\n\n".join("\n".join((title, *lines)) for title, lines in parts if lines)
    flaw = _flaw(text, brief, record.plan, record.promises)
    return Handover(
        complaint_id=brief.complaint_id,
        language=brief.language,
        story=story,
        happened=happened,
        promised=promised,
        open=pending,
        text=text,
        checks=tuple(
            CheckResult(id=name, passed=flaw != name, detail=flaw if flaw == name else "", blocking=True)
            for name in ("R16", "R7", "R8")
        ),
        note=note,
    )


def _happened(record: _Record, words: HandoverWords) -> tuple[str, ...]:
    brief, plan, language = record.brief, record.plan, record.brief.language
    emotion, codes = brief.triage.emotion, CardFile.shipped().of(language)
    lines = [
        words.received.format(
            day=written(brief.received_on, language),
            channel=brief.channel,
            turns=record.turns,
            topic=plan.topic,
        )
    ]
    if plan.restated.nouns:
        lines.append(words.told.format(facts=joined(plan.restated.nouns, language)))
    if plan.restated.acts:
        lines.append(words.done.format(acts=joined(plan.restated.acts, language)))
    if emotion.intensity:
        lines.append(words.feeling.format(feeling=codes.of(emotion.primary), intensity=emotion.intensity))
        if plan.tone.rising:
            lines.append(words.rising)
    if plan.escalations:
        kinds = joined(tuple(codes.of(kind) for kind in plan.escalations), language)
        lines.append(words.escalations.format(kinds=kinds))
    if brief.triage.vulnerability:
        kinds = tuple(dict.fromkeys(codes.of(hint.kind) for hint in brief.triage.vulnerability))
        lines.append(words.care.format(kinds=joined(kinds, language)))
    lines += [
        words.replied.format(
            day=written(reply.on, language), stage=words.stages.get(reply.stage, reply.stage)
        )
        for reply in record.replies
    ]
    return tuple(lines if record.replies else [*lines, words.not_replied])


def _promised(record: _Record, words: HandoverWords) -> tuple[str, ...]:
    today = record.brief.today
    lines = [
        (words.promise_owner if promise.owner else words.promise).format(
            text=promise.text,
            owner=promise.owner,
            state=words.states["overdue" if promise.overdue(today) else promise.state],
        )
        for promise in record.promises
    ]
    lines += [words.earlier.format(text=text) for text in record.brief.open_promises]
    return tuple(lines or [words.no_promise])


def _open(record: _Record, words: HandoverWords) -> tuple[str, ...]:
    brief, language = record.brief, record.brief.language
    lines: list[str] = []
    decided = any(reply.stage in {"upheld", "partly", "rejected", "goodwill"} for reply in record.replies)
    asked = dict.fromkeys(need.need for need in record.plan.needs)
    names = wording(language).needs
    if asked and not decided:
        asks = tuple(names[need].ask for need in asked if need in names)
        lines.append(words.asked.format(asks=joined(asks, language)))
    codes = CardFile.shipped().of(language)
    if not decided:
        lines += [
            words.due.format(day=written(clock.due, language), what=codes.of(clock.stage))
            for clock in brief.clocks
            if clock.due >= brief.today
        ]
    lines += [
        words.due.format(day=written(promise.due, language), what=promise.text)
        for promise in record.promises
        if promise.state == "open" and promise.due is not None
    ]
    return tuple(dict.fromkeys(lines)) or (words.nothing_open,)


def _flaw(text: str, brief: Brief, plan: Plan, promises: tuple[Promise, ...] = ()) -> str:
    """The check that a summary fails: R16 personal data, R7 amounts, R8 times; empty where it holds."""
    if PLACEHOLDER.search(text) or find_personal(text):
        return "R16"
    sources = Sources.of(brief, plan)
    told = (*sources.all(), *(promise.text for promise in promises))
    for amount in find_amounts(folded(text), brief.language):
        words = text[amount.start : amount.end].strip()
        if not any(occurs(words, source) or amount.value in sums(source) for source in told):
            return "R7"
    known = {form for source in told for form in moments(source)}
    days = (brief.today, brief.received_on, *(clock.due for clock in brief.clocks))
    days = (*days, *(promise.due for promise in promises if promise.due))
    known |= {form for day in map(str, days) for form in (day, f"-{day[4:]}", day[:7])}
    strange = {moment for moment in moments(text) if moment[:1] in "-0123456789"} - known
    return "R8" if any(len(moment) >= 10 for moment in strange) else ""


def _words(language: Language) -> HandoverWords:
    rules = load_rules(FILE, _File)
    return rules.zh if language == "zh" else rules.en
