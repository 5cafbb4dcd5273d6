"""What influenced the judgement of one complaint."""

from typing import Any, Final

import click

from bot.cli.console import Stopped, bold, json_option, open_home, say_json, say_table, tenant_option
from bot.cli.profiles_similar import profiles

BECAUSE: Final = 4
"""Grounds a person is shown of each; --json has all."""


@profiles.command()
@click.argument("complaint")
@click.option("--language", type=click.Choice(["zh", "en"]), help="Of the words; else the reply's.")
@tenant_option
@json_option
def explain(complaint: str, language: Any, tenant: str | None, as_json: bool) -> None:
    """Say what influenced the judgement of COMPLAINT: its words, cases like it, and what of the profile.

    For the customer who asks, and for an auditor: it also lists who read which fields for it.
    """
    from bot.cli.beside import service_that_owns
    from bot.explanation import explanation_of
    from bot.wiring import open_parts
    from knowledge.errors import IndexLocked

    with open_home(tenant) as (stored, owner):
        settings = stored.settings
    try:
        with open_parts(settings) as parts:
            found = explanation_of(parts.desk, parts.people, owner, complaint, language)
            told = found.model_dump(mode="json")
    except IndexLocked as locked:
        service = service_that_owns(settings, owner, locked)
        try:
            told = service.explanation(complaint, language)
        finally:
            service.close()
    if "status" in told:
        raise Stopped(str(told.get("detail") or told.get("title")))
    if as_json:
        say_json(told)
        return
    click.echo(f"{bold(told['complaint_id'])}, suggestion {told['suggestion_id']}")
    for title, key in (
        ("from the complaint", "from_complaint"),
        ("how to serve them", "care"),
        ("from the profile", "from_profile"),
    ):
        say_table(
            (title, "", "because"),
            [(each["part"], each["value"], "; ".join(each["because"][:BECAUSE])) for each in told[key]],
        )
    click.echo(told["never"])
    say_table(
        ("read at", "by", "for", "fields"),
        [(each["at"][:19], each["by"], each["purpose"], " ".join(each["what"])) for each in told["read"]],
    )
