"""The draft of one reply: from the language model where one is configured and keeps the rules, else composed.

draft → plan → prompt → model → manuscript → checks → Draft
        whatever fails on the way → composer → Draft with the reason
"""

import asyncio
import logging
import secrets
from dataclasses import dataclass
from typing import Final, Literal

from bot.brief import Brief
from bot.clocks.traces import written
from bot.draft.chat import ChatReply, OnDelta, Writer
from bot.draft.clauses import Style
from bot.draft.composer import Composer
from bot.draft.costs import UNPRICED, Prices, tokens_used
from bot.draft.manuscript import Manuscript, Preview, read_manuscript
from bot.draft.model_checks import check_model, must_pass
from bot.draft.plan import Plan, make_plan
from bot.draft.precedent import precedent
from bot.draft.prompt import render
from bot.errors import ChatUnavailable
from bot.suggestion import CheckResult, Citation, Draft, TokensUsed
from knowledge.case import Language

logger = logging.getLogger(__name__)

MAX_TOKENS: Final = 2048
"""The longest reply takes about 600; the rest is for models that reason in their reply."""
_TRIES: Final = 6
"""Other wordings that are tried where two drafts came out the same."""
MAX_CHARS: Final = 6_000
"""Twice the longest letter and more: what is longer is no reply."""

Reason = Literal[
    "model_slow",
    "model_unavailable",
    "model_refused",
    "model_cut_off",
    "model_empty",
    "model_too_long",
    "model_failed",
    "check_failed",
]

_REFUSED: Final = frozenset({"content_filter", "refusal"})
_CUT_OFF: Final = frozenset({"length", "max_tokens"})
_IN_WORDS: Final[dict[Reason, tuple[str, str]]] = {
    "model_slow": ("语言模型没有在规定时间内写完", "the language model did not finish in time"),
    "model_unavailable": ("语言模型暂时不可用", "the language model is not available"),
    "model_refused": ("语言模型拒绝作答", "the language model refused to write"),
    "model_cut_off": ("语言模型的回复被截断", "the language model's reply was cut off"),
    "model_empty": ("语言模型没有写出内容", "the language model wrote nothing"),
    "model_too_long": ("语言模型写得过长", "the language model wrote far too much"),
    "model_failed": ("语言模型的回复无法处理", "the language model's reply could not be used"),
    "check_failed": ("语言模型的回复没有通过检查", "the language model's reply failed a check"),
}
"""Chinese, English."""


class _Unfit(Exception):
    """The model's reply cannot be shown."""

    def __init__(self, reason: Reason, detail: str = "", used: TokensUsed | None = None) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.detail = detail
        self.used = used


_STRANGER: Final[dict[Language, str]] = {"zh": "尊敬的客户", "en": "Dear customer"}
_NOBODY: Final[dict[Language, str]] = {"zh": "客户", "en": "customer"}


@dataclass(frozen=True, slots=True)
class Drafter:
    """Writes the draft for a Brief. A Draft always comes back."""

    composer: Composer
    chat: Writer | None
    """None: the composer writes everything."""
    seconds: float
    """The model's time for one reply."""
    prices: Prices = UNPRICED
    """What its tokens cost."""

    async def draft(
        self,
        brief: Brief,
        on_delta: OnDelta | None = None,
        *,
        style: Style = "",
        variation: int = 0,
        plan: Plan | None = None,
    ) -> Draft:
        """The reply to one complaint; raises nothing for a model's fault.

        `on_delta` is given the model's words as they come, without reasoning and unchecked. Only the returned
        Draft counts: it may be another text. What `on_delta` raises ends the preview, not the drafting.

        Args:
            brief: The evidence.
            on_delta: Listens.
            style: How the reply differs from the usual one.
            variation: Another number, other words.
            plan: What the reply must do, where it is made already.

        Raises:
            InvalidRequest: the decision asks for what the customer has given, or rests on an unknown policy.
        """
        plan = plan or make_plan(brief)
        if self.chat is None or plan.stage == "safety_hold":
            return self.composer.compose(brief, plan, style, variation)
        used: TokensUsed | None = None
        try:
            return await self._by_model(self.chat, brief, plan, _Listener(on_delta), style, variation)
        except _Unfit as unfit_reply:
            reason = _say(unfit_reply.reason, brief.language, unfit_reply.detail)
            used = unfit_reply.used
        except Exception as error:  # noqa: BLE001  # an agent must get a draft, whatever a model made us do
            logger.warning("drafting with the model failed: %s", type(error).__name__)
            reason = _say("model_failed", brief.language)
        draft = self.composer.compose(brief, plan, style, variation)
        return draft.model_copy(update={"fallback_reason": reason, "tokens": used})

    async def several(
        self, brief: Brief, count: int, on_delta: OnDelta | None = None, style: Style = ""
    ) -> tuple[Draft, ...]:
        """That many drafts of one reply, no two with the same words; fewer where there are no other words.

        Only the first is heard as it is written.

        Raises:
            InvalidRequest: as for `draft`.
        """
        plan = make_plan(brief)
        if plan.stage == "safety_hold":
            count = 1
        drafts = await asyncio.gather(
            *(
                self.draft(brief, None if number else on_delta, style=style, variation=number, plan=plan)
                for number in range(count)
            )
        )
        different = {draft.text: draft for draft in reversed(drafts)}
        for number in range(count, count + _TRIES if count > 1 else count):
            if len(different) >= count:
                break
            other = self.composer.compose(brief, plan, style, number)
            different.setdefault(other.text, other)
        return (drafts[0], *(draft for text, draft in different.items() if text != drafts[0].text))[:count]

    async def _by_model(
        self,
        chat: Writer,
        brief: Brief,
        plan: Plan,
        listener: "_Listener",
        style: Style,
        variation: int,
    ) -> Draft:
        marker = secrets.token_hex(8)
        messages = render(brief, plan, marker, style=style, variation=variation)
        try:
            reply = await chat.write(
                messages,
                max_tokens=MAX_TOKENS,
                on_delta=listener.hear,
                seconds=self.seconds,
            )
        except ChatUnavailable as error:
            logger.warning("no draft from the model: %s", error)
            slow = isinstance(error.__cause__, TimeoutError)
            raise _Unfit("model_slow" if slow else "model_unavailable") from error
        used = tokens_used("".join(each.content for each in messages), reply.text, reply.usage, self.prices)
        manuscript = _usable(reply, used)
        results = check_model(manuscript, brief, plan, marker)
        if failed := must_pass(results):
            detail = "; ".join(f"{result.id} {result.detail}" for result in failed)
            raise _Unfit("check_failed", detail, used)
        return _draft(manuscript, brief, plan, results).model_copy(update={"tokens": used})


def _usable(reply: ChatReply, used: TokensUsed) -> Manuscript:
    if reply.finish in _REFUSED:
        raise _Unfit("model_refused", used=used)
    if reply.finish in _CUT_OFF:
        raise _Unfit("model_cut_off", used=used)
    if len(reply.text) > MAX_CHARS:
        raise _Unfit("model_too_long", used=used)
    manuscript = read_manuscript(reply.text)
    if not manuscript.text:
        raise _Unfit("model_empty", used=used)
    return manuscript


def _draft(manuscript: Manuscript, brief: Brief, plan: Plan, results: tuple[CheckResult, ...]) -> Draft:
    return Draft(
        text=_by_name(manuscript.text, plan, brief.language),
        language=brief.language,
        source="model",
        stage=plan.stage,
        citations=tuple(citation for citation in plan.sources if _rests_on(manuscript, citation)),
        commitments=tuple(
            commitment
            for commitment in plan.commitments
            if commitment.approved_by  # a person decided it: it holds, however the letter words it
            or commitment.deadline is None
            or written(commitment.deadline, brief.language) in manuscript.text
        ),
        checks=results,
        precedent=precedent(brief),
    )


def _by_name(text: str, plan: Plan, language: Language) -> str:
    """The reply with the customer's name in its salutation, which the model never learned."""
    stranger = _STRANGER[language]
    if not plan.name or not text.startswith(stranger):
        return text
    return stranger.replace(_NOBODY[language], plan.name) + text.removeprefix(stranger)


def _rests_on(manuscript: Manuscript, citation: Citation) -> bool:
    return citation.id in manuscript.sources or citation.quote in manuscript.text


def _say(reason: Reason, language: Language, detail: str = "") -> str:
    """The code, and after it what failed in words."""
    zh, en = _IN_WORDS[reason]
    return f"{reason}: {detail or (zh if language == 'zh' else en)}"


class _Listener:
    """Hands the model's words on, as long as somebody listens."""

    def __init__(self, on_delta: OnDelta | None) -> None:
        self._on_delta = on_delta
        self._preview = Preview()

    async def hear(self, words: str) -> None:
        """Passes on what may be shown."""
        shown = self._preview.feed(words)
        if not shown or self._on_delta is None:
            return
        try:
            await self._on_delta(shown)
        except Exception as error:  # noqa: BLE001  # whoever listened has gone; the draft is still wanted
            logger.info("the preview ended: %s", type(error).__name__)
            self._on_delta = None
