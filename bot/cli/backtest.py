"""What Redress would have done with a company's closed complaints."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.console import PROBLEMS, bold, json_option, load_settings, progress, remark, say_json, stop

if TYPE_CHECKING:
    from bot.backtest.run import Findings

SHOWN_PROBLEMS = 20


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="backtest.html",
              show_default=True, help="The report: one HTML file.")  # fmt: skip
@click.option("--minutes", type=click.FloatRange(0, min_open=True), default=4.0, show_default=True,
              help="What routing one complaint costs a person; an assumption, so give your own.")  # fmt: skip
@click.option(
    "--language", type=click.Choice(["zh", "en"]), help="Of the report; else that of most complaints."
)
@click.option("--dates", type=click.Choice(["ymd", "dmy", "mdy"]), default="ymd", show_default=True,
              help="How the file writes days that do not begin with the year.")  # fmt: skip
@json_option
def backtest(file: Path, out: Path, minutes: float, language: Any, dates: Any, as_json: bool) -> None:
    """Replay closed complaints in the order they came, and report what Redress would have made of them.

    FILE is any export that 'redress import cases' reads, with a text, a date and a category in every row;
    your own category names will do. Each complaint is judged by a model that learned only from those closed
    before it. Nothing is stored, and nothing leaves this machine.
    """
    from bot.backtest.report import report
    from bot.backtest.run import backtest as replayed
    from bot.page.frame import write_page
    from bot.wiring import redact_text
    from knowledge.embedding import load_embedder

    embedder = load_embedder(load_settings().embedder_source())
    with progress(f"replaying {file.name}", "complaints") as done:
        found = replayed(file, embedder, clean=redact_text, minutes=minutes, order=dates, progress=done)
    write_page(out, report(found, language))
    if as_json:
        say_json({**found.public(), "report": str(out)})
    else:
        _tell(found, out)
    stop(PROBLEMS if found.rows.left_out else 0)


def _tell(found: "Findings", out: Path) -> None:
    for problem in found.problems[:SHOWN_PROBLEMS]:
        remark(str(problem))
    if len(found.problems) > SHOWN_PROBLEMS:
        remark(f"… and {len(found.problems) - SHOWN_PROBLEMS} more")
    routing, rows = found.routing, found.rows
    reached = "" if routing.assigned_right is None else f", right in {routing.assigned_right:.1%} of them"
    click.echo(
        f"{bold(routing.judged)} of {rows.used} complaints judged, {rows.left_out} rows left out\n"
        f"right category: {bold(f'{routing.right:.1%}')} (always the commonest: {routing.by_commonest:.1%})\n"
        f"routed without a person: {routing.assigned:.1%}{reached}\n"
        f"precedent of the same category in the first five: {found.precedents.five:.1%}\n"
        f"labels that look wrong: {found.labels.doubted}\n"
        f"report: {bold(out)}"
    )
