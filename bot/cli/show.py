"""The product in a minute, in a home that is gone afterwards."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.console import (
    bold,
    json_option,
    load_settings,
    say_json,
    say_table,
    terminal,
    until_told_to_stop,
)

if TYPE_CHECKING:
    from bot.settings import Settings


@click.command()
@click.option("--serve", "and_serve", is_flag=True, help="Go on serving, with the sidebar, until stopped.")
@click.option(
    "--replies", "replies_only", is_flag=True, help="Twenty drafts instead: every feeling and stage."
)
@json_option
def demo(and_serve: bool, replies_only: bool, as_json: bool) -> None:
    """Run eight complaints through everything, on our own corpus, in a temporary home."""
    from bot.cli.demonstration import Demonstration, timings

    given = load_settings()
    if replies_only:
        _replies(given, as_json=as_json)
        return
    # on Windows the index's files may still be open when the folder goes
    with tempfile.TemporaryDirectory(prefix="redress-demo-", ignore_cleanup_errors=True) as place:
        settings = given.model_copy(update={"home": Path(place), "database_url": None})
        demonstration = Demonstration(settings)
        shown = demonstration.run(None if as_json else terminal().print)
        steps = timings(shown)
        if as_json:
            say_json(
                {
                    "suggestions": [{"title": each.title, **each.suggestion.public()} for each in shown],
                    "timings_ms": steps,
                    "corpus": demonstration.corpus,
                }
            )
        else:
            click.echo(bold(f"How long each step took, once warm, over {len(shown)} complaints"))
            rows = [(name, f"{t['median']:.1f}", f"{t['slowest']:.1f}") for name, t in steps.items()]
            say_table(("step", "median ms", "slowest ms"), rows)
        if and_serve:
            from bot.app import serve

            click.echo(
                f"Sidebar: {bold(f'http://{settings.host}:{settings.port}/sidebar/')}\n"
                f"Key:     {bold(demonstration.key)}\nStop with Ctrl-C.",
                err=as_json,
            )
            with until_told_to_stop():
                serve(settings)


def _replies(given: "Settings", *, as_json: bool) -> None:
    from bot.cli.demonstration_replies import show_replies

    with tempfile.TemporaryDirectory(prefix="redress-demo-", ignore_cleanup_errors=True) as place:
        settings = given.model_copy(update={"home": Path(place), "database_url": None})
        drafted = show_replies(settings, None if as_json else terminal().print)
    if as_json:
        say_json({"replies": [{"title": title, **each.public()} for title, each in drafted]})
