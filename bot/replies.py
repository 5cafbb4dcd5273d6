"""A reply in the agent's hands: checked as edited, rewritten in another tone, length or language."""

import logging
import secrets
from dataclasses import dataclass, replace
from typing import Final, Literal

from anyio import to_thread

from bot.brief import Brief
from bot.desk import Desk
from bot.draft.checks import check
from bot.draft.clauses import Style
from bot.draft.drafter import MAX_TOKENS, Drafter
from bot.draft.manuscript import read_manuscript
from bot.draft.model_checks import check_model, must_pass
from bot.draft.plan import Plan, make_plan
from bot.draft.rewriting import Way, render_rewriting
from bot.draft.wanted import Wanted
from bot.errors import ChatUnavailable, InvalidRequest, NeedsModel, NotFound
from bot.privacy.redaction import redact
from bot.store import DeskStore
from bot.suggestion import CheckResult, Draft, Suggestion
from knowledge.case import Language, Owned
from knowledge.words import PLACEHOLDER

log = logging.getLogger(__name__)

STYLES: Final[dict[Way, Style]] = {
    "shorten": "shorter", "expand": "longer", "warm": "warmer", "formalise": "formal", "translate": "",
}  # fmt: skip
_OTHER: Final[dict[Language, Language]] = {"zh": "en", "en": "zh"}
_KEPT: Final[dict[Language, str]] = {
    "zh": "文字保持原样：{reason}",
    "en": "The text is as it was: {reason}",
}
_BY_CLAUSES: Final[dict[Language, str]] = {
    "zh": "已按原来的事实和承诺换用其他审定措辞。",
    "en": "The same facts and promises in other approved wording.",
}


class Rewritten(Owned):
    """A reply after rewriting."""

    text: str
    language: Language
    source: Literal["model", "composer", "agent"]
    """Who worded it; `agent`: it is as it was, and `note` says why."""
    note: str = ""
    checks: tuple[CheckResult, ...]
    sendable: bool
    """Whether every check passed that a reply must pass."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A complaint with what its reply has to be."""

    brief: Brief
    plan: Plan
    suggestion: Suggestion | None


class Replies:
    """Checks and rewrites replies to stored complaints."""

    def __init__(self, desk: Desk, store: DeskStore, drafter: Drafter) -> None:
        self._desk, self._store, self._drafter = desk, store, drafter

    def check(
        self, tenant: str, complaint_id: str, text: str, suggestion_id: str | None = None
    ) -> tuple[CheckResult, ...]:
        """Every check on a reply that somebody wrote or changed, against the complaint as it stands. Blocks.

        It is held to the decision that the suggestion conveys; by default the newest one of the complaint.

        Raises:
            NotFound: no such complaint or suggestion.
        """
        case = self._case(tenant, complaint_id, suggestion_id, None)
        return check(text, case.brief, case.plan)

    async def rewrite(
        self, tenant: str, complaint_id: str, text: str, way: Way, suggestion_id: str | None = None
    ) -> Rewritten:
        """The reply said in another way, under the same checks; facts, promises and rights stay.

        With a language model it rewrites whatever text there is, and what fails a check is not shown. Without
        one, a draft of ours that nobody edited is said in other approved clauses.

        Raises:
            NotFound: no such complaint or suggestion.
            NeedsModel: the text was edited, and there is no language model to rewrite it.
        """
        known = await to_thread.run_sync(self._suggestion, tenant, complaint_id, suggestion_id)
        ours = _draft_with(text, known)
        written = _language_of(ours, text)
        target = _OTHER[written] if way == "translate" else written
        case = await to_thread.run_sync(self._case, tenant, complaint_id, suggestion_id, target)
        reason = ""
        if self._drafter.chat is not None and case.plan.stage != "safety_hold":
            try:
                return await self._by_model(case, text, way, target)
            except (ChatUnavailable, _Refused) as failed:
                reason = str(failed)
        if ours is not None:
            composed = self._composed(case, way, target)
            if composed is not None:
                return composed
        if self._drafter.chat is None:
            raise NeedsModel(
                "this text was edited, and only a language model can rewrite it: set REDRESS_LLM_URL, or "
                "rewrite a draft as Redress made it"
                if ours is None
                else "the decision has words of its own, and only a language model can translate them: set "
                "REDRESS_LLM_URL, or ask for a draft in that language with the decision in it"
            )
        results = check(text, case.brief, case.plan) if target == written else ()
        return Rewritten(
            text=text,
            language=written,
            source="agent",
            note=_KEPT[written].format(reason=reason),
            checks=results,
            sendable=_sendable(results),
        )

    def _composed(self, case: _Case, way: Way, target: Language) -> Rewritten | None:
        """By other clauses; None where the decision's own words would have to be translated."""
        decision = case.brief.decision
        if decision is not None and way == "translate" and decision.words:
            return None
        draft = self._drafter.composer.compose(case.brief, case.plan, STYLES[way])
        return Rewritten(
            text=draft.text,
            language=target,
            source="composer",
            note=_BY_CLAUSES[target],
            checks=draft.checks,
            sendable=draft.sendable,
        )

    async def _by_model(self, case: _Case, text: str, way: Way, target: Language) -> Rewritten:
        """By the model, from the redacted text; the placeholders it was given come back as they were.

        Raises:
            ChatUnavailable: no complete answer.
            _Refused: the answer fails a check, or loses or invents a placeholder.
        """
        assert self._drafter.chat is not None
        clean, marker = redact(text), secrets.token_hex(8)
        messages = render_rewriting(clean.text, way, target, marker)
        reply = await self._drafter.chat.write(messages, max_tokens=MAX_TOKENS, seconds=self._drafter.seconds)
        manuscript = read_manuscript(reply.text)
        if not manuscript.text or reply.finish not in {"stop", "end_turn"}:
            raise _Refused("the language model gave no whole text")
        issued = sorted(PLACEHOLDER.findall(clean.text))
        if sorted(PLACEHOLDER.findall(manuscript.text)) != issued:
            raise _Refused("the language model lost or invented personal data")
        restored = clean.restore(manuscript.text, text)
        results = check_model(replace(manuscript, text=restored), case.brief, case.plan, marker)
        if failed := must_pass(results):
            raise _Refused("; ".join(f"{each.id} {each.detail}" for each in failed))
        return Rewritten(text=restored, language=target, source="model", checks=results, sendable=True)

    def _case(
        self, tenant: str, complaint_id: str, suggestion_id: str | None, language: Language | None
    ) -> _Case:
        suggestion = self._suggestion(tenant, complaint_id, suggestion_id)
        decision = suggestion.decision if suggestion else None
        if language is None and suggestion is not None:
            language = "zh" if suggestion.draft.language == "zh" else "en"
        complaint = self._store.complaint(tenant, complaint_id)
        wanted = Wanted(decision=decision, language=language)
        brief = self._desk.assess(tenant, complaint, wanted).brief
        return _Case(brief, make_plan(brief), suggestion)

    def _suggestion(self, tenant: str, complaint_id: str, suggestion_id: str | None) -> Suggestion | None:
        if suggestion_id is None:
            return self._store.newest_suggestion(tenant, complaint_id)
        suggestion = self._store.suggestion(tenant, suggestion_id)
        if suggestion is None:
            raise NotFound(f"no suggestion {suggestion_id[:80]!r}")
        if suggestion.complaint_id != complaint_id:
            raise InvalidRequest(f"suggestion {suggestion_id[:80]!r} is of another complaint")
        return suggestion


class _Refused(Exception):
    """The model's rewriting cannot be shown; says why, without its words."""


def _draft_with(text: str, suggestion: Suggestion | None) -> Draft | None:
    """The draft of ours that this text is, if nobody edited it."""
    if suggestion is None:
        return None
    drafts = (suggestion.draft, *suggestion.alternatives)
    return next((draft for draft in drafts if draft.text.strip() == text.strip()), None)


def _language_of(draft: Draft | None, text: str) -> Language:
    """The language of a reply: that of the draft it is, else by its characters."""
    if draft is not None:
        return "zh" if draft.language == "zh" else "en"
    han = sum("\u3400" <= character <= "\u9fff" for character in text)
    return "zh" if han * 4 >= len("".join(text.split())) else "en"


def _sendable(results: tuple[CheckResult, ...]) -> bool:
    return bool(results) and all(each.passed or not each.blocking for each in results)
