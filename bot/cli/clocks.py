"""The dates of complaints, from the command line."""

from datetime import UTC, datetime
from typing import Any

import click

from bot.cli.console import bold, json_option, open_home, remark, say_json, say_table, tenant_option


@click.command()
@click.argument("complaint", required=False)
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@tenant_option
@json_option
def clocks(complaint: str | None, language: Any, tenant: str | None, as_json: bool) -> None:
    """Tell the dates of COMPLAINT and how each came to stand so; without one, those that run out soonest."""
    now = datetime.now(UTC)
    with open_home(tenant) as (stored, owner):
        if complaint is None:
            found = stored.deadlines.due(owner, now, language)
        else:
            found = stored.deadlines.of(owner, complaint, now, language)
    if as_json:
        say_json([each.model_dump(mode="json") for each in found])
        return
    if not found:
        remark("of no complaint has half the time passed")
        return
    say_table(
        ("complaint", "rule", "stage", "due", "state", ""),
        [
            (
                each.complaint_id,
                each.rule,
                each.stage,
                each.due.isoformat(),
                each.state,
                "" if each.verified else "rule not verified",
            )
            for each in found
        ],
    )
    if complaint is not None:
        for each in found:
            click.echo(f"{bold(each.rule)}: {' '.join(each.trace)}")
