"""What all commands share: settings, errors in one line, JSON, tables, progress, the choice of a tenant.

Imports of our own packages stand inside the functions of this package: `redress --help` must answer at once,
and SQLAlchemy, Chroma, Litestar and the models cost seconds.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from bot.errors import BotError, InvalidRequest, InvalidSettings
from knowledge.errors import KnowledgeError
from profiles.errors import ProfilesError

if TYPE_CHECKING:
    from rich.console import Console

    from bot.access import Tenants
    from bot.settings import Settings
    from bot.wiring import StoreParts

DONE: Final = 0
PROBLEMS: Final = 1
WRONG_USE: Final = 2
SUBJECTS: Final = ("categories", "emotion", "escalation", "needs", "vulnerability", "complaint")
"""What a company's own heads may judge; as bot.settings.Subject, which is not imported for a help text."""

Progress = Callable[[int, int], None]
"""Called with (items done, items in all); 0 in all where nobody knows."""
_Command = TypeVar("_Command", bound=Callable[..., Any])


class Stopped(click.ClickException):
    """An expected error, in one line."""

    exit_code = PROBLEMS

    def show(self, file: Any = None) -> None:
        click.echo(f"redress: {self.message}", err=True)


class WrongUse(Stopped):
    """An expected error that another command line or another setting avoids."""

    exit_code = WRONG_USE


class Commands(click.Group):
    """Commands whose expected errors end in one line and an exit code, never in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (BotError, KnowledgeError, ProfilesError) as error:
            wrong = isinstance(error, (InvalidSettings, InvalidRequest))
            raise (WrongUse if wrong else Stopped)(str(error)) from error
        except BrokenPipeError:
            raise  # click ends quietly when the reader of our output has gone
        except OSError as error:
            where = f" {error.filename}" if error.filename else ""
            raise Stopped(f"cannot use{where}: {error.strerror or error}") from error


def json_option(command: _Command) -> _Command:
    """Adds --json, as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Write JSON for scripts.")(command)


def tenant_option(command: _Command) -> _Command:
    """Adds --tenant; None means the only one there is, or 'default'."""
    return click.option("--tenant", help="Whose data; needed where there are several tenants.")(command)


def load_settings() -> "Settings":
    """The settings of the environment.

    Raises:
        InvalidSettings: see `Settings.from_env`.
    """
    from bot.settings import Settings

    return Settings.from_env(os.environ)


def has_home(settings: "Settings") -> bool:
    """Whether there is a database to work with."""
    return settings.database_url is not None or (settings.home / "redress.db").exists()


def require_home(settings: "Settings") -> None:
    """Nothing, where there is a database.

    Raises:
        WrongUse: there is none yet.
    """
    if not has_home(settings):
        raise WrongUse(
            f"there is nothing at {settings.home} yet: run 'redress init' first, or set REDRESS_HOME"
        )


@contextmanager
def open_home(tenant: str | None) -> "Generator[tuple[StoreParts, str]]":
    """The stores, and the tenant that was asked for or goes without saying.

    Raises:
        WrongUse: there is no home yet, or the choice of a tenant is open.
    """
    from bot.wiring import open_store

    settings = load_settings()
    require_home(settings)
    with open_store(settings) as stored:
        yield stored, choose_tenant(stored.tenants, tenant)


def choose_tenant(tenants: "Tenants", wanted: str | None) -> str:
    """The tenant of that name; without one the only one, or 'default'.

    Raises:
        WrongUse: there is none of that name, or more than one to choose from.
    """
    names = tenants.names()
    if not names:
        raise WrongUse("there is no tenant yet: run 'redress init' first")
    if wanted is None:
        if len(names) > 1 and "default" not in names:
            raise WrongUse(f"there are several tenants: choose with --tenant from {_listed(names)}")
        return names[0] if len(names) == 1 else "default"
    if wanted not in names:
        raise WrongUse(f"there is no tenant {wanted!r}: choose from {_listed(names)}")
    return wanted


def say_json(value: Any) -> None:
    """A JSON value on a line of standard output, in UTF-8 whatever the terminal's encoding."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "replace"))


def say_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table for people."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*map(Text, row))  # as Text: brackets in a cell are no markup
    terminal().print(table)


def terminal() -> "Console":
    """Where people read; plain text in a pipe."""
    from rich.console import Console

    return Console(highlight=False)


def bold(text: object) -> str:
    """The text as it stands out on a terminal."""
    return click.style(str(text), bold=True)


def remark(text: str) -> None:
    """A line for people beside the answer, on standard error."""
    click.echo(text, err=True)


@contextmanager
def progress(label: str, unit: str = "") -> Generator[Progress]:
    """A bar on standard error while work goes on; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress as Bars, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total or None)


@contextmanager
def until_told_to_stop() -> Generator[None]:
    """A block that SIGTERM and Ctrl-C end as they should: what it opened is closed, and the exit code is 0.

    uvicorn finishes its requests and then raises the signal again, for whoever handled it before.
    """

    def end(_number: int, _frame: object) -> None:
        raise SystemExit(DONE)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stop(code: int) -> None:
    """End the command with that exit code; nothing happens for 0."""
    if code:
        click.get_current_context().exit(code)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
