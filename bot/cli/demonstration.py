"""Eight complaints through the whole of it, on the sample corpus."""

import asyncio
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field
from rich.console import RenderableType

import bot
from bot.access import TenantSettings
from bot.cards import card
from bot.cli.console import progress
from bot.complaint import ComplaintIn
from bot.sample import load_sample
from bot.settings import Settings
from bot.suggestion import Suggestion
from bot.wiring import Parts, open_parts
from knowledge.case import Owned
from knowledge.rules import load_rules

TENANT: Final = "demo"
COMPANY: Final = "Redress"
_FILE: Final = Path(bot.__file__).with_name("demo.toml")


class DemoComplaint(ComplaintIn):
    """A complaint with a title to tell it by."""

    title: Annotated[str, Field(min_length=1)]

    def plain(self) -> ComplaintIn:
        """The complaint as anybody would send it."""
        return ComplaintIn.model_validate(self.model_dump(exclude={"title"}))


class DemoFile(Owned):
    """The complaints of the demo."""

    version: str
    source: str
    valid_from: date
    complaints: Annotated[tuple[DemoComplaint, ...], Field(min_length=1)]

    @classmethod
    @cache
    def shipped(cls) -> "DemoFile":
        """The file that comes with Redress."""
        return load_rules(_FILE, cls)


@dataclass(frozen=True, slots=True)
class Shown:
    """A complaint of the demo with what came of it."""

    title: str
    suggestion: Suggestion


class Demonstration:
    """A home of its own with the sample corpus in it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.key = ""
        """An API key of the home, once it has run."""
        self.corpus: dict[str, int] = {}
        """How many of each kind the memory holds."""

    def run(self, show: Callable[[RenderableType], None] | None) -> list[Shown]:
        """Fill the home, run the complaints through it, and show a card for each as it is ready."""
        with open_parts(self._settings) as parts:
            parts.tenants.create(TENANT, TenantSettings(company=COMPANY))
            self.key = parts.tenants.new_key(TENANT, "demo", ["admin"])
            with progress("loading the sample corpus"):
                self.corpus = asdict(load_sample(parts, TENANT))
            with progress("indexing") as done:
                parts.index.catch_up(done)
            parts.desk.rehearse(
                TENANT
            )  # so that the times are those of a service at work, not of one that starts
            return asyncio.run(_judge(parts, show))


async def _judge(parts: Parts, show: Callable[[RenderableType], None] | None) -> list[Shown]:
    shown: list[Shown] = []
    try:
        for each in DemoFile.shipped().complaints:
            received = parts.desk.receive(TENANT, each.plain())
            suggestion = await parts.desk.suggest(TENANT, received.id)
            shown.append(Shown(each.title, suggestion))
            if show is not None:
                show(card(suggestion, each.all_turns(), parts.taxonomy, f"{len(shown)}  {each.title}"))
    finally:
        if parts.chat is not None:
            await parts.chat.aclose()
    return shown


def timings(shown: Sequence[Shown]) -> dict[str, dict[str, float]]:
    """Milliseconds of each step: median and slowest."""
    steps: dict[str, list[float]] = {}
    for each in shown:
        for step, taken in each.suggestion.timings.items():
            steps.setdefault(step, []).append(taken)
    return {
        step: {"median": round(statistics.median(taken), 2), "slowest": round(max(taken), 2)}
        for step, taken in steps.items()
    }
