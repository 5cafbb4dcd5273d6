"""Suggestions without storing anything: for one text, or for every line of a file, in order."""

import io
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from bot.cli.console import (
    PROBLEMS,
    Stopped,
    json_option,
    load_settings,
    progress,
    say_json,
    stop,
    tenant_option,
    terminal,
)

if TYPE_CHECKING:
    from bot.settings import Settings


@click.command()
@click.argument("text", required=False)
@click.option(
    "--input",
    "file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="JSON Lines of complaints; - reads standard input.",
)
@click.option("--language", type=click.Choice(["zh", "en"]), help="Of TEXT; detected where it is not given.")
@click.option("--channel", default="api", show_default=True, help="Where TEXT came in.")
@click.option("--sector", help="Industry of TEXT: banking, insurance, telecom, …")
@tenant_option
@json_option
def triage(
    text: str | None,
    file: Path | None,
    language: str | None,
    channel: str,
    sector: str | None,
    tenant: str | None,
    as_json: bool,
) -> None:
    """Suggest what to make of TEXT, or of every complaint in a file; nothing is stored.

    A line of the file is {"id", "text" or "turns", "lang", "channel", "customer", "sector"}; all but the
    words may be absent. Suggestions come out as JSON Lines in the order of the complaints. A bad line
    becomes an error with its line number, and the rest goes on.
    """
    if (text is None) == (file is None):
        raise click.UsageError("give either TEXT or --input FILE")
    settings = load_settings()
    if file is not None:
        stop(_judge_file(settings, file, tenant))
        return
    given = {"text": text, "lang": language, "channel": channel, "sector": sector}
    found = _judge_one(settings, given, tenant)
    if as_json or not terminal().is_terminal:
        say_json(found)
        return
    from bot.cards import card
    from bot.complaint import Turn
    from bot.models import company_taxonomy
    from bot.suggestion import Suggestion

    taxonomy = company_taxonomy(settings)
    terminal().print(card(Suggestion.model_validate(found), [Turn(text=text or "")], taxonomy))


def _judge_one(settings: "Settings", given: dict[str, Any], tenant: str | None) -> dict[str, Any]:
    import asyncio

    from bot.cli.batch import BadLine, complaint_from
    from bot.cli.considering import considering

    async def judge() -> dict[str, Any]:
        async with considering(settings, tenant) as consider:
            return await consider(complaint_from(given), "")

    try:
        return asyncio.run(judge())
    except BadLine as bad:
        raise Stopped(bad.detail) from bad


def _judge_file(settings: "Settings", file: Path, tenant: str | None) -> int:
    import asyncio

    from bot.cli.batch import judge
    from bot.cli.considering import considering
    from knowledge.encodings import numbered_lines

    async def run() -> int:
        async with considering(settings, tenant) as consider:
            done = 0

            def write(answer: dict[str, Any]) -> None:
                nonlocal done
                say_json(answer)
                done += 1
                tell(done, 0)

            lines = numbered_lines(lines_file)
            _, failed = await judge(lines, consider, at_once=2 * settings.threads, write=write)
            return failed

    with _opened(file) as lines_file, progress("judging", "complaints") as tell:
        return PROBLEMS if asyncio.run(run()) else 0


@contextmanager
def _opened(file: Path) -> Generator[TextIO]:
    """The lines of a file in any encoding we know, or of standard input in UTF-8."""
    from knowledge.encodings import open_text

    if str(file) != "-":
        with open_text(file) as text:
            yield text
        return
    text = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield text
    finally:
        text.detach()  # standard input is not ours to close
