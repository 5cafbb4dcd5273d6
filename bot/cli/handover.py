"""The case for the colleague who takes it over, from the command line."""

import asyncio
from typing import Any

import click

from bot.cli.console import json_option, open_home, say_json, tenant_option


@click.command()
@click.argument("complaint")
@click.option("--language", type=click.Choice(["zh", "en"]), help="Of the summary; else the reply's.")
@tenant_option
@json_option
def handover(complaint: str, language: Any, tenant: str | None, as_json: bool) -> None:
    """Say what happened with COMPLAINT, what was promised and what is open; without personal data."""
    from bot.cli.beside import service_that_owns
    from bot.cli.console import Stopped
    from bot.wiring import open_parts
    from knowledge.errors import IndexLocked

    with open_home(tenant) as (stored, owner):
        settings = stored.settings
    try:
        with open_parts(settings) as parts:
            told = asyncio.run(parts.handovers.of(owner, complaint, language)).model_dump(mode="json")
    except IndexLocked as locked:
        service = service_that_owns(settings, owner, locked)
        try:
            told = service.handover(complaint, language)
        finally:
            service.close()
    if "status" in told:
        raise Stopped(str(told.get("detail") or told.get("title")))
    say_json(told) if as_json else click.echo(told["text"])
