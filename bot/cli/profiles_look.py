"""Looking at customers: one of them, the state of all, what one may have of us."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.cli.console import bold, json_option, open_home, progress, remark, say_json, say_table, tenant_option
from bot.cli.profiles import BY, profiles

if TYPE_CHECKING:
    from bot.cli.console import Progress

RISK_REASONS = 3
Item = TypeVar("Item")


@profiles.command()
@click.argument("customer")
@click.option("--purpose", default="complaint_handling", show_default=True, help="What you look for.")
@click.option("--language", type=click.Choice(["zh", "en"]), help="Of the words; else the customer's.")
@tenant_option
@json_option
def show(customer: str, purpose: str, language: Any, tenant: str | None, as_json: bool) -> None:
    """Show what is known of CUSTOMER and may be seen for a purpose; the look is logged."""
    from datetime import UTC, datetime

    from profiles.person import Looker

    with open_home(tenant) as (stored, owner):
        looker = Looker(by=BY, purpose=purpose, language=language)
        person = stored.persons.look(owner, customer, looker, datetime.now(UTC))
    if as_json:
        say_json(person.model_dump(mode="json"))
        return
    click.echo(f"{bold(person.id)}" + (f": {person.note}" if person.note else ""))
    say_table(
        ("field", "value", "source", "observed", "confidence"),
        [
            (f.field, f.value, f.source, f.observed_at.isoformat(), f"{f.confidence:.2f}")
            for f in person.facts
        ],
    )
    for conflict in person.conflicts:
        others = ", ".join(f"{other.value} ({other.source})" for other in conflict.others)
        remark(f"{conflict.field} is contradicted: {others}")
    for title, parts in (("", person.portrait.dimensions), ("known by ", person.portrait.ways)):
        for name, said in parts.items():
            click.echo(f"{bold(title + name)}: {'; '.join(said)}")
    for risk in person.risks:
        if risk.level != "low":
            click.echo(
                f"{bold(risk.name)}: {risk.probability:.0%} ({'; '.join(risk.reasons[:RISK_REASONS])})"
            )


@profiles.command()
@tenant_option
@json_option
def quality(tenant: str | None, as_json: bool) -> None:
    """How complete, valid and fresh the profiles are, and where sources contradict each other."""
    from datetime import UTC, datetime

    from profiles.quality import quality as measure

    with open_home(tenant) as (stored, owner), progress("reading customers") as done:
        counted = _counted(stored.profiles.every_customer(owner), done)
        report = measure(counted, datetime.now(UTC).date()).public()
    if as_json:
        say_json(report)
        return
    click.echo(f"{bold(report['customers'])} customers, {report['without_identity']} without any identity")
    say_table(
        ("field", "complete", "valid", "fresh", "expired", "conflicts"),
        [
            (
                name, f"{q['completeness']:.0%}", f"{q['validity']:.0%}", f"{q['freshness']:.0%}",
                str(q["expired"]), str(q["conflicts"]),
            )
            for name, q in report["fields"].items()
        ],
    )  # fmt: skip
    say_table(
        ("identity", "complete", "verified", "shared by several"),
        [
            (kind, f"{q['completeness']:.0%}", f"{q['verified']:.0%}", str(q["shared_values"]))
            for kind, q in report["identities"].items()
        ],
    )


def _counted(items: "Iterable[Item]", done: "Progress") -> "Iterator[Item]":
    for number, item in enumerate(items, start=1):
        yield item
        done(number, 0)


@profiles.command("export")
@click.argument("customer")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@tenant_option
@json_option
def export_one(customer: str, file: Path, tenant: str | None, as_json: bool) -> None:
    """Write all that is known of CUSTOMER to FILE, a ZIP archive for the person themselves."""
    from datetime import UTC, datetime

    with open_home(tenant) as (stored, owner):
        archive = stored.persons.bundle(owner, customer, BY, datetime.now(UTC))
    file.touch(mode=0o600)
    file.write_bytes(archive)
    if as_json:
        say_json({"customer": customer, "file": str(file), "bytes": len(archive)})
    else:
        click.echo(f"{bold(customer)}: {len(archive):,} bytes in {file}")


@profiles.command()
@click.argument("customer")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw it into this file.")
@click.option("--purpose", default="complaint_handling", show_default=True, help="What you look for.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@tenant_option
@json_option
def journey(
    customer: str, svg: Path | None, purpose: str, language: Any, tenant: str | None, as_json: bool
) -> None:
    """Tell the path of CUSTOMER through contacts, feelings, promises and silence; the look is logged."""
    from datetime import UTC, datetime

    from profiles.journey import journey as journey_of
    from profiles.journey_picture import journey_picture
    from profiles.person import Looker

    now = datetime.now(UTC)
    with open_home(tenant) as (stored, owner):
        events = stored.persons.history(owner, customer, Looker(by=BY, purpose=purpose), now)
    path = journey_of(events, today=now.date(), language=language)
    if svg is not None:
        svg.touch(mode=0o600)
        svg.write_text(journey_picture(path), encoding="utf-8")
        remark(f"drawn into {svg}")
    if as_json:
        click.echo(path.dump())
        return
    click.echo(path.words)
    for episode in path.episodes:
        click.echo(f"\n{bold(episode.words)}")
        for pain in episode.pains:
            click.echo(f"  ! {pain.words}")
    for step in path.steps:
        click.echo(f"  {step.begin:%Y-%m-%d}  {step.words}")
