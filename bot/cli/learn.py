"""Heads of one's own, and honest measures of what they and the search are worth."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.console import (
    PROBLEMS,
    Stopped,
    bold,
    json_option,
    load_settings,
    progress,
    remark,
    say_json,
    say_table,
    stop,
)

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def train() -> None:
    """Train a head on your own labelled texts."""


@click.group("eval")
def evaluate() -> None:
    """Measure a head or the search on data it has not seen."""
