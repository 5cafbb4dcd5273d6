"""All customers on one page."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bot.cli.console import bold, json_option, open_home, progress, say_json, tenant_option
from bot.cli.profiles_explain import profiles
from bot.cli.profiles_refresh import note_calls


@profiles.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="customers.html",
              show_default=True, help="The report: one HTML file.")  # fmt: skip
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@tenant_option
@json_option
def report(out: Path, language: Any, tenant: str | None, as_json: bool) -> None:
    """Write one HTML page about all customers: segments, journeys, risks, whom to call, quality of the data.

    It opens without a network. Whoever is on the list of whom to call is logged as looked at.
    """
    from bot.overview.gathering import gather
    from bot.overview.report import report as written
    from bot.page.frame import write_page

    now = datetime.now(UTC)
    with open_home(tenant) as (stored, owner):
        with progress("reading customers") as done:
            found = gather(stored, owner, language, now, done)
        note_calls(stored, owner, [customer for customer, _ in found.calls], now)
    write_page(out, written(found))
    if as_json:
        say_json({**found.public(), "report": str(out)})
    else:
        click.echo(f"{bold(found.quality.customers)} customers, {found.events:,} events: {bold(out)}")
