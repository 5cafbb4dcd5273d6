"""The desk: one complaint, from raw words to a suggestion.

receive ─ redact ─ embed ─ triage ─ recall ─ brief ─ draft ─ suggest
└ SQL ─┘ └────────── one thread hop: assess ────────┘ └ await ┘
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from anyio import CapacityLimiter, to_thread

from bot.access import Tenants, TenantSettings
from bot.brief import Brief, Utterance
from bot.clocks.rules import Clocks
from bot.complaint import Complaint, ComplaintIn, Turn
from bot.deadlines import Deadlines, moved
from bot.draft.authority import examine, in_language
from bot.draft.chat import OnDelta
from bot.draft.decision import Decision
from bot.draft.drafter import Drafter
from bot.draft.stated import find_stated
from bot.draft.suspicion import steers, without_steering
from bot.draft.wanted import USUAL, Wanted
from bot.errors import NotFound, TextMissing
from bot.matches import case_card, passage_card
from bot.privacy.redaction import Kind, Redactor
from bot.profile import Recogniser, Who, with_customer, without_customer
from bot.store import DeskStore, Once, Received, new_id
from bot.suggestion import Clock, Matches, Suggestion, Triage
from bot.triage.reading import Reading, read
from bot.triage.triage import Triager
from knowledge.case import Language
from knowledge.match import CaseMatch, PassageMatch
from knowledge.search import Search

CASES: Final = 5
PRECEDENTS: Final = 25
"""Cases a decision is seen against; of these the nearest are shown."""
PASSAGES: Final = 3

REHEARSAL: Final = (
    "11月3日无故扣了我300元年费，打了三次热线没人管，再不退款我就向监管部门投诉！",
    "My £48 parcel is nine days late and nobody answers. Refund me by Friday or I will go to the ombudsman.",
)

Listener = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Called with an event's name and its JSON as a suggestion takes shape."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that can be said before the reply is written."""

    brief: Brief
    language: Literal["zh", "en", "und"]
    matches: Matches
    who: Who
    timings: dict[str, float]


class Desk:
    """Carries complaints through the steps. One for all tenants; safe to share."""

    def __init__(
        self,
        *,
        store: DeskStore,
        tenants: Tenants,
        triager: Triager,
        search: Search,
        recogniser: Recogniser,
        clocks: Clocks,
        deadlines: Deadlines,
        drafter: Drafter,
        models: dict[str, str],
        max_read_chars: int,
        threads: int,
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._triager = triager
        self._search = search
        self._recogniser = recogniser
        self._clocks = clocks
        self._deadlines = deadlines
        self._drafter = drafter
        self._models = models
        self._max_read_chars = max_read_chars
        self._threads = threads
        self._limiter: CapacityLimiter | None = None
        self._settings: dict[str, TenantSettings] = {}

    def receive(self, tenant: str, complaint: ComplaintIn, once: Once | None = None) -> Received:
        """Store a complaint; when this returns it is on disk.

        Raises:
            TextMissing: there is no visible character in it.
            KeyReused: the idempotency key came before with another complaint.
            StorageUnavailable: it could not be stored.
        """
        _require_text(complaint.all_turns())
        return self._store.receive(tenant, complaint, complaint.received_at or datetime.now(UTC), once)

    def add_turns(
        self, tenant: str, complaint_id: str, turns: Sequence[Turn], once: Once | None = None
    ) -> Received:
        """Add what was said since.

        Raises:
            TextMissing, NotFound, KeyReused, StorageUnavailable: as for `receive`.
        """
        _require_text(turns)
        return self._store.add_turns(tenant, complaint_id, turns, once)

    async def consider(
        self,
        tenant: str,
        complaint: ComplaintIn,
        complaint_id: str = "",
        listener: Listener | None = None,
        wanted: Wanted = USUAL,
    ) -> Suggestion:
        """A suggestion for a complaint that is not stored.

        Raises:
            TextMissing: there is no visible character in it.
            NotFound: no such tenant.
            InvalidRequest: the decision promises too much, or does not fit the complaint; says what to send.
        """
        paper = on_paper(complaint, complaint_id or new_id("cmp"))
        return await self._suggest(tenant, paper, listener, wanted)

    async def suggest(
        self,
        tenant: str,
        complaint_id: str,
        listener: Listener | None = None,
        wanted: Wanted | None = None,
    ) -> Suggestion:
        """A new suggestion for a stored complaint, stored in its turn.

        One that nobody `wanted` comes by itself; it is dropped where there is one for the same turns already.

        Raises:
            NotFound: no such complaint.
            InvalidRequest: the decision promises too much, or does not fit the complaint; says what to send.
        """
        complaint = await to_thread.run_sync(self._store.complaint, tenant, complaint_id)
        suggestion = await self._suggest(tenant, complaint, listener, wanted or USUAL)
        await to_thread.run_sync(self._keep, tenant, complaint, suggestion, wanted is None)
        return suggestion

    def examine(self, tenant: str, decision: Decision) -> None:
        """Raise where a decision promises too much, too late, or holds personal data. Blocks.

        Raises:
            InvalidRequest: says what is wrong, and what to send.
        """
        examine(decision, self._today(tenant))

    def rehearse(self, tenant: str) -> None:
        """Answer an invented complaint in each language and forget it. Blocks.

        Rules, patterns and the tenant's index load when they are first used: few customers should wait.
        """
        for text in REHEARSAL:
            assessment = self.assess(tenant, on_paper(ComplaintIn(text=text), "rehearsal"))
            self._drafter.composer.compose(assessment.brief)

    def on_record(self, tenant: str, complaint_id: str) -> Suggestion | None:
        """The stored suggestion that has seen the newest turn, with the customer as they are known now.

        Raises:
            NotFound: no such complaint.
        """
        status = self._store.status(tenant, complaint_id)
        if status.suggested_turns < status.turns:
            return None
        suggestion = self._store.newest_suggestion(tenant, complaint_id)
        if suggestion is None:
            return None
        today, complaint = self._today(tenant), self._store.complaint(tenant, complaint_id)
        who = self._recogniser.recognise(tenant, complaint.customer, today, complaint_id)
        language: Language = "zh" if suggestion.draft.language == "zh" else "en"
        reading = self._reading(complaint, who)
        question = self._search.question(tenant, reading.text, today)
        who, _ = self._recogniser.attend(
            tenant, who, complaint, suggestion.triage, suggestion.clocks, language, today, question.vector
        )
        return with_customer(suggestion, who.view)

    def _keep(self, tenant: str, complaint: Complaint, suggestion: Suggestion, by_itself: bool) -> None:
        kept, seen = without_customer(suggestion), len(complaint.turns)
        self._store.keep_suggestion(tenant, kept, seen, unless_seen=by_itself)
        self._recogniser.remember(tenant, complaint, suggestion)

    def _today(self, tenant: str) -> date:
        return datetime.now(ZoneInfo(self._tenant(tenant).timezone)).date()

    async def _suggest(
        self, tenant: str, complaint: Complaint, listener: Listener | None, wanted: Wanted
    ) -> Suggestion:
        started = time.perf_counter()
        if wanted.decision is not None:
            await to_thread.run_sync(self.examine, tenant, wanted.decision)
        if self._limiter is None:  # belongs to the running event loop, so it is made in it
            self._limiter = CapacityLimiter(self._threads)
        assessment = await to_thread.run_sync(self.assess, tenant, complaint, wanted, limiter=self._limiter)
        brief, timings = assessment.brief, dict(assessment.timings)
        if wanted.decision is not None:
            in_language(wanted.decision, brief.language)
        on_delta: OnDelta | None = None
        if listener is not None:
            await listener("triage", brief.triage.model_dump(mode="json"))
            await listener("matches", assessment.matches.model_dump(mode="json"))
            await listener("profile", assessment.who.view.model_dump(mode="json"))
            on_delta = _as_event(listener)

        before = time.perf_counter()
        draft, *others = await self._drafter.several(brief, wanted.alternatives, on_delta, wanted.style)
        timings["draft"] = _ms(before)
        timings["total"] = _ms(started)
        if listener is not None:
            await listener("draft", draft.model_dump(mode="json"))
        return Suggestion(
            id=new_id("sug"),
            complaint_id=complaint.id,
            language=assessment.language,
            created_at=datetime.now(UTC),
            triage=brief.triage,
            matches=assessment.matches,
            profile=assessment.who.view,
            clocks=brief.clocks,
            draft=draft,
            alternatives=tuple(others),
            decision=wanted.decision,
            timings=timings,
            models=self._models,
        )

    def assess(self, tenant: str, complaint: Complaint, wanted: Wanted = USUAL) -> Assessment:
        """Steps 2 to 6: redact, embed, triage, recall, brief. Blocks; call it from a thread.

        Raises:
            NotFound: no such tenant.
        """
        settings = self._tenant(tenant)
        today = self._today(tenant)
        timings: dict[str, float] = {}

        before = time.perf_counter()
        who = self._recogniser.recognise(tenant, complaint.customer, today, complaint.id)
        timings["profile"] = _ms(before)

        before = time.perf_counter()
        reading = self._reading(complaint, who)
        timings["redact"] = _ms(before)

        before = time.perf_counter()
        question = self._search.ask(tenant, reading.text, today)
        timings["embed"] = _ms(before)

        before = time.perf_counter()
        language = complaint.language or self._triager.language(reading)
        reply_language: Language = wanted.language or (settings.language if language == "und" else language)
        triage = self._triager.judge(reading, language, question.vector, reply_language)
        triage = _not_talked_down(triage, reading.text, reply_language)
        timings["triage"] = _ms(before)

        before = time.perf_counter()
        preference = self._triager.preference(triage, complaint.sector or settings.sector, reply_language)
        comparable, passages = self._search.recall(question, PRECEDENTS, PASSAGES, preference)
        cases = comparable[:CASES]
        triage = self._triager.with_precedent(triage, cases, reply_language)
        timings["recall"] = _ms(before)

        before = time.perf_counter()
        foreign = language != "und" and language != reply_language
        brief = self._brief(
            complaint, settings, reading, triage, reply_language, today, who, cases, passages, foreign=foreign
        )
        brief = replace(
            brief,
            clocks=self._standing(tenant, complaint, settings, brief),
            decision=wanted.decision,
            answered=self._store.answered(tenant, complaint.id),
            precedents=tuple(comparable),
        )
        who, served = self._recogniser.attend(
            tenant, who, complaint, triage, brief.clocks, reply_language, today, question.vector
        )
        brief = replace(brief, triage=_with_skills(triage, served.skills), manners=served.manners)
        timings["brief"] = _ms(before)
        matches = Matches(
            cases=tuple(case_card(match, reading.text) for match in cases),
            passages=tuple(passage_card(match, reading.text) for match in passages),
        )
        return Assessment(brief, language, matches, who, timings)

    def _standing(
        self, tenant: str, complaint: Complaint, settings: TenantSettings, brief: Brief
    ) -> tuple[Clock, ...]:
        """The dates, extended or paused as they are on record."""
        zone = ZoneInfo(settings.timezone)
        received, now = complaint.received_at.astimezone(zone), datetime.now(zone)
        steps = self._deadlines.steps(tenant, complaint.id)
        return moved(self._clocks, brief.clocks, steps, received, now, brief.language)

    def _reading(self, complaint: Complaint, who: Who) -> Reading:
        known = dict.fromkeys(who.names, Kind.PERSON)
        return read(complaint.turns, Redactor(known), self._max_read_chars)

    def _brief(
        self,
        complaint: Complaint,
        settings: TenantSettings,
        reading: Reading,
        triage: Triage,
        language: Language,
        today: date,
        who: Who,
        cases: list[CaseMatch],
        passages: list[PassageMatch],
        *,
        foreign: bool,
    ) -> Brief:
        received = complaint.received_at.astimezone(ZoneInfo(settings.timezone))
        sector = complaint.sector or settings.sector
        return Brief(
            complaint_id=complaint.id,
            reference=complaint.reference,
            company=settings.company,
            language=language,
            channel=complaint.channel,
            sector=sector,
            received_on=received.date(),
            today=today,
            text=reading.text,
            turns=tuple(Utterance(_speaker(turn.speaker), turn.text) for turn in reading.turns),
            triage=triage,
            stated=find_stated(without_steering(reading.text), _OTHER[language] if foreign else language),
            foreign=foreign,
            cases=tuple(cases),
            passages=tuple(passages),
            facts=who.view.facts,
            open_promises=who.open_promises,
            clocks=self._clocks.due(
                received,
                today=today,
                sector=sector,
                language=language,
                urgency=triage.urgency,
                category=triage.category,
                jurisdiction=settings.jurisdiction,
                channel=complaint.channel,
            ),
        )

    def _tenant(self, tenant: str) -> TenantSettings:
        if (known := self._settings.get(tenant)) is not None:
            return known
        settings = self._tenants.settings(tenant)
        if settings is None:
            raise NotFound(f"no tenant {tenant!r}: create it with 'redress init --tenant {tenant}'")
        self._settings[tenant] = settings
        return settings


def on_paper(complaint: ComplaintIn, complaint_id: str) -> Complaint:
    """The complaint as if it were stored.

    Raises:
        TextMissing: there is no visible character in it.
    """
    turns = complaint.all_turns()
    _require_text(turns)
    return Complaint(
        id=complaint_id,
        turns=turns,
        channel=complaint.channel,
        language=complaint.language,
        customer=complaint.customer,
        sector=complaint.sector,
        reference=complaint.reference,
        received_at=complaint.received_at or datetime.now(UTC),
    )


def _not_talked_down(triage: Triage, text: str, language: Language) -> Triage:
    """The triage, of normal urgency at least where words in it may be meant for a machine."""
    if triage.urgency != "low" or not steers(text):
        return triage
    reasons = (*triage.reasons, _STEERS[language])
    return triage.model_copy(update={"urgency": "normal", "reasons": reasons})


def _with_skills(triage: Triage, skills: Sequence[str]) -> Triage:
    """The triage with more skills on its route; queue and urgency stay."""
    every = tuple(dict.fromkeys((*triage.route.skills, *skills)))
    return triage.model_copy(update={"route": triage.route.model_copy(update={"skills": every})})


def _as_event(listener: Listener) -> OnDelta:
    async def delta(text: str) -> None:
        await listener("delta", {"text": text})

    return delta


_STEERS: Final[dict[Language, str]] = {
    "zh": "文字里有像是写给程序看的话，不按低紧急程度处理",
    "en": "Some of the words seem to be meant for a machine: not treated as low",
}
_OTHER: Final[dict[Language, Language]] = {"zh": "en", "en": "zh"}


def _require_text(turns: Sequence[Turn]) -> None:
    """A complaint needs something to read: one visible character of the customer's."""
    if not any(
        character.isprintable() and not character.isspace() for turn in turns for character in turn.text
    ):
        raise TextMissing


def _speaker(name: str) -> Literal["customer", "agent", "bot"]:
    return "customer" if name == "customer" else "agent" if name == "agent" else "bot"


def _ms(since: float) -> float:
    return round((time.perf_counter() - since) * 1000, 3)
