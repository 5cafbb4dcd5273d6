"""What sent replies promised, from the command line."""

from datetime import UTC, datetime
from typing import Any

import click

from bot.cli.console import json_option, open_home, remark, say_json, say_table, tenant_option


@click.command()
@click.option("--overdue", is_flag=True, help="Only those whose day has passed.")
@click.option("--kept", metavar="ID", help="This promise was kept.")
@click.option("--broken", metavar="ID", help="This promise will not be kept.")
@tenant_option
@json_option
def commitments(
    overdue: bool, kept: str | None, broken: str | None, tenant: str | None, as_json: bool
) -> None:
    """List what sent replies promised and is open, those due first in front; or say what became of one."""
    now = datetime.now(UTC)
    with open_home(tenant) as (stored, owner):
        if kept is not None:
            stored.promises.settle(owner, kept, "kept", "command line", now)
        if broken is not None:
            stored.promises.settle(owner, broken, "broken", "command line", now)
        found = stored.promises.waiting(owner, now.date(), overdue=overdue)
    if as_json:
        told: list[dict[str, Any]] = [promise.model_dump(mode="json") for promise in found]
        say_json(told)
        return
    if not found:
        remark("nothing is overdue" if overdue else "nothing promised is open")
        return
    say_table(
        ("promise", "complaint", "due", "", "what", "who keeps it"),
        [
            (
                promise.id,
                promise.complaint_id,
                "" if promise.due is None else promise.due.isoformat(),
                "overdue" if promise.overdue(now.date()) else "",
                promise.text,
                promise.owner,
            )
            for promise in found
        ],
    )
