"""Customers over time: brought in from any system, shown, merged, explained, forgotten."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli.console import (
    PROBLEMS,
    WrongUse,
    bold,
    json_option,
    open_home,
    progress,
    remark,
    say_json,
    stop,
    tenant_option,
)

if TYPE_CHECKING:
    from bot.cli.loading_records import RecordsReport

SHOWN: Final = 20
"""Problems and columns that a person is shown; --json lists more."""
BY: Final = "command line"
"""Who did it, where a person at this machine did."""


@click.group()
def profiles() -> None:
    """Who the customers are: bring them in, look at one, merge, explain, forget."""


@profiles.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", help="Which system the file comes from; else its columns tell.")
@click.option("--dry-run", is_flag=True, help="Read and check only; store nothing.")
@click.option("--dates", type=click.Choice(["ymd", "dmy", "mdy"]), default="ymd", show_default=True,
              help="How the file writes days that do not begin with the year.")  # fmt: skip
@tenant_option
@json_option
def import_records(
    file: Path, source: str | None, dry_run: bool, dates: Any, tenant: str | None, as_json: bool
) -> None:
    """Bring in customers and what happened with them, from JSON Lines, CSV or XLSX of any system.

    Exports of CRMs, helpdesks, call centres, surveys, sites and apps are recognised by their columns. Records
    of one person become one profile; a row that points at several people, or contradicts itself, is kept
    apart. Running it twice changes nothing, so a run that broke off is simply repeated.
    """
    from zoneinfo import ZoneInfo

    from bot.access import TenantSettings
    from bot.cli.loading_records import load_records

    with open_home(tenant) as (stored, owner):
        settings = stored.tenants.settings(owner) or TenantSettings()
        with progress(f"reading {file.name}", "rows") as done:
            report = load_records(
                file,
                owner,
                None if dry_run else (stored.recorder, stored.histories),
                source=source,
                zone=ZoneInfo(settings.timezone),
                order=dates,
                progress=done,
            )
    if as_json:
        say_json({"file": str(file), "tenant": owner, "dry_run": dry_run, **report.public()})
    else:
        _tell(report, dry_run=dry_run)
    stop(PROBLEMS if report.bad else 0)


def _tell(report: "RecordsReport", *, dry_run: bool) -> None:
    for problem in report.problems[:SHOWN]:
        remark(str(problem))
    if len(report.problems) > SHOWN:
        remark(f"… and more: --json lists up to {len(report.problems)}")
    if report.left_out:
        left = ", ".join(f"{what} ({count})" for what, count in list(report.left_out.items())[:SHOWN])
        remark(f"left out: {left}")
    told = f"read as {report.source or 'nothing'}: {report.rows} rows, {bold(report.bad)} bad"
    if dry_run:
        click.echo(f"{told}; nothing stored")
        return
    done = report.recorded
    click.echo(
        f"{told}; people: {bold(done.people_new)} new, {done.people_changed} changed; events: "
        f"{bold(done.happened.new)} new, {done.happened.repeated} known already"
        + (f"; {done.undecided} rows point at several people and were kept apart" if done.undecided else "")
    )


@profiles.command()
@click.argument("customer")
@click.argument("kind", type=click.Choice(["granted", "withdrawn", "objected"]))
@click.option("--purpose", default="complaint_handling", show_default=True)
@click.option("--consent-id", help="Of one consent; without it the whole purpose is meant.")
@tenant_option
@json_option
def consent(
    customer: str, kind: Any, purpose: str, consent_id: str | None, tenant: str | None, as_json: bool
) -> None:
    """Record what CUSTOMER agreed to, took back or objects to; it counts at once."""
    from datetime import UTC, datetime

    from profiles.consent import ConsentEntry

    entry = ConsentEntry(at=datetime.now(UTC), purpose=purpose, kind=kind, consent_id=consent_id, channel=BY)
    with open_home(tenant) as (stored, owner):
        stored.profiles.add_consent(owner, customer, entry)
    if as_json:
        say_json(entry.model_dump(mode="json"))
    else:
        click.echo(f"{bold(customer)}: {kind} for {purpose}")


@profiles.command()
@click.argument("customer")
@click.argument("into")
@click.option("--reason", default="confirmed by a person", help="Why they are one person.")
@tenant_option
@json_option
def merge(customer: str, into: str, reason: str, tenant: str | None, as_json: bool) -> None:
    """Take CUSTOMER for the same person as INTO; 'redress profiles unmerge' takes it back."""
    with open_home(tenant) as (stored, owner):
        done = stored.people.merge(owner, customer, into, by=BY, reason=reason)
    if as_json:
        say_json(done.model_dump(mode="json"))
    else:
        click.echo(f"{bold(done.customer_id)} is now part of {bold(done.into)}")


@profiles.command()
@click.argument("customer")
@tenant_option
@json_option
def unmerge(customer: str, tenant: str | None, as_json: bool) -> None:
    """Take the merge of CUSTOMER back; nothing is lost."""
    with open_home(tenant) as (stored, owner):
        done = stored.people.unmerge(owner, customer)
    if as_json:
        say_json(done.model_dump(mode="json"))
    else:
        click.echo(f"{bold(done.customer_id)} is a customer of their own again")


@profiles.command()
@click.argument("customer")
@click.option("--yes", is_flag=True, help="Do not ask.")
@tenant_option
@json_option
def forget(customer: str, yes: bool, tenant: str | None, as_json: bool) -> None:
    """Delete all that is known of CUSTOMER; a tombstone refuses them when they are brought in again."""
    if not yes:
        click.confirm(f"Forget {customer} for good?", abort=True)
    with open_home(tenant) as (stored, owner):
        stone = stored.profiles.forget(owner, customer)
    if stone is None:
        raise WrongUse(f"no customer {customer!r}")
    if as_json:
        say_json({"tombstone": stone.id, "erased_at": stone.erased_at.isoformat(), "basis": stone.basis})
    else:
        click.echo(f"forgotten: {bold(stone.id)}")
