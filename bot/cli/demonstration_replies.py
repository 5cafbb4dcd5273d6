"""Twenty drafts on twenty complaints: ten a language, every feeling, every stage."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

import bot
from bot.access import TenantSettings
from bot.cards import safe
from bot.cli.demonstration import TENANT
from bot.complaint import ComplaintIn
from bot.draft.decision import Decision
from bot.draft.wanted import Wanted
from bot.sample import load_sample
from bot.settings import Settings
from bot.suggestion import Suggestion
from bot.wiring import Parts, open_parts
from knowledge.case import Language, Owned, language_of
from knowledge.rules import load_rules

_FILE: Final = Path(bot.__file__).with_name("demo_replies.toml")
_HOUSES: Final[dict[Language, TenantSettings]] = {
    "zh": TenantSettings(company="远山服务", jurisdiction="cn"),
    "en": TenantSettings(company="Thornby", language="en", jurisdiction="uk", timezone="Europe/London"),
}
"""Who answers in which language; both are invented."""


class DemoReply(ComplaintIn):
    """A complaint with what was decided on it."""

    title: Annotated[str, Field(min_length=1)]
    decision: dict[str, Any] | None = None
    """As in the API, but that a remedy says `in_days` for its day."""

    def complaint(self) -> ComplaintIn:
        """The complaint as anybody would send it."""
        return ComplaintIn.model_validate(self.model_dump(exclude={"title", "decision"}))

    def wanted(self, today: date) -> Wanted:
        """What the agent asks for."""
        if self.decision is None:
            return Wanted()
        remedies = [
            {
                **{k: v for k, v in remedy.items() if k != "in_days"},
                "by": today + timedelta(remedy["in_days"]),
            }
            for remedy in self.decision.get("remedies", ())
        ]
        return Wanted(decision=Decision.model_validate({**self.decision, "remedies": remedies}))


class _Replies(Owned):
    version: str
    source: str
    valid_from: date
    replies: Annotated[tuple[DemoReply, ...], Field(min_length=1)]


@cache
def shipped_replies() -> tuple[DemoReply, ...]:
    """The complaints that come with Redress.

    Raises:
        InvalidRules: the file breaks its schema.
    """
    return load_rules(_FILE, _Replies).replies


def show_replies(
    settings: Settings, show: Callable[[RenderableType], None] | None
) -> list[tuple[str, Suggestion]]:
    """Draft the twenty replies in a home of their own, and show each as it is ready."""
    with open_parts(settings) as parts:
        for language, house in _HOUSES.items():
            parts.tenants.create(f"{TENANT}-{language}", house)
            load_sample(parts, f"{TENANT}-{language}")
        parts.index.catch_up()
        return asyncio.run(_drafted(parts, show))


async def _drafted(
    parts: Parts, show: Callable[[RenderableType], None] | None
) -> list[tuple[str, Suggestion]]:
    drafted: list[tuple[str, Suggestion]] = []
    today = datetime.now(UTC).date()
    try:
        for each in shipped_replies():
            tenant = f"{TENANT}-{language_of(each.text or '')}"
            received = parts.desk.receive(tenant, each.complaint())
            suggestion = await parts.desk.suggest(tenant, received.id, None, each.wanted(today))
            drafted.append((each.title, suggestion))
            if show is not None:
                show(_panel(len(drafted), each, suggestion))
    finally:
        if parts.chat is not None:
            await parts.chat.aclose()
    return drafted


def _panel(number: int, reply: DemoReply, suggestion: Suggestion) -> RenderableType:
    draft = suggestion.draft
    failed = [check for check in draft.checks if not check.passed]
    foot = Text(f"{draft.stage} · {draft.source} · ", "dim")
    foot.append(f"{len(draft.checks) - len(failed)}/{len(draft.checks)}", "dim")
    for check in failed:
        foot.append(f"\n{check.id} {safe(check.detail)}", "red")
    for promise in draft.commitments:
        by = f" ({promise.owner})" if promise.owner else ""
        foot.append(f"\n{safe(promise.text)}{by}", "green")
    asked = Text(safe(reply.text or ""), "italic dim")
    body = Group(asked, Text(""), Text(safe(draft.text)), Text(""), foot)
    return Panel(body, title=Text(f"{number}  {safe(reply.title)}"), title_align="left")
