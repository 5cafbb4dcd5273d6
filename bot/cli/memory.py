"""What the company remembers: brought in, taken out, searched, indexed afresh."""

import sys
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import click

from bot.cli.console import (
    PROBLEMS,
    bold,
    json_option,
    load_settings,
    open_home,
    progress,
    remark,
    require_home,
    say_json,
    stop,
    tenant_option,
    terminal,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

    from bot.cli.loading import Report
    from bot.wiring import StoreParts

KINDS: Final = click.Choice(["cases", "articles", "customers"])
SHOWN_PROBLEMS: Final = 50
"""Lines of problems that a person is shown; --json lists more."""
LOOK_EVERY: Final = 0.3
"""Seconds between two looks whether the service has rebuilt its index."""


@click.command("import")
@click.argument("kind", type=KINDS)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read and check only; store nothing.")
@click.option("--dates", type=click.Choice(["ymd", "dmy", "mdy"]), default="ymd", show_default=True,
              help="How the file writes days that do not begin with the year.")  # fmt: skip
@tenant_option
@json_option
def import_(kind: str, file: Path, dry_run: bool, dates: Any, tenant: str | None, as_json: bool) -> None:
    """Bring in cases, articles or customers from JSON Lines, CSV or XLSX.

    Columns may have English or Chinese names (工单号, 投诉内容, 处理结果, …). Bad rows are listed by their
    number and the good ones kept; running it twice changes nothing.
    """
    from bot.cli.loading import Loader
    from bot.wiring import bring_index_up_to_date

    with open_home(tenant) as (stored, owner):
        with progress(f"reading {file.name}", "rows") as done:
            report = Loader(stored, owner, dry_run=dry_run, order=dates, progress=done).load(kind, file)
        indexed = None
        if report.new + report.changed and kind != "customers":
            with progress("indexing") as done:
                indexed = "here" if bring_index_up_to_date(stored, done) else "by the running service"
    if as_json:
        say_json({"kind": kind, "file": str(file), "tenant": owner, "dry_run": dry_run,
                  "indexed": indexed, **report.public()})  # fmt: skip
    else:
        _tell(kind, report, dry_run=dry_run, indexed=indexed)
    stop(PROBLEMS if report.bad else 0)


def _tell(kind: str, report: "Report", *, dry_run: bool, indexed: str | None) -> None:
    for problem in report.problems[:SHOWN_PROBLEMS]:
        remark(str(problem))
    if len(report.problems) > SHOWN_PROBLEMS:
        remark(f"… and more: --json lists up to {len(report.problems)}")
    if dry_run:
        click.echo(f"{kind}: {report.good} good, {report.bad} bad; nothing stored")
        return
    click.echo(
        f"{kind}: {bold(report.new)} new, {report.changed} changed, {report.unchanged} unchanged, "
        f"{bold(report.bad)} bad" + (f"; indexed {indexed}" if indexed else "")
    )


@click.command()
@click.argument("kind", type=KINDS)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
@tenant_option
@json_option
def export(kind: str, file: Path, tenant: str | None, as_json: bool) -> None:
    """Write cases, articles or customers as JSON Lines, to FILE or standard output."""
    with open_home(tenant) as (stored, owner), _output(file) as out:
        count = 0
        with progress(f"writing {kind}") as done:
            for item in _every(stored, owner, kind):
                out.write(item.model_dump_json(exclude_defaults=True).encode("utf-8", "replace") + b"\n")
                count += 1
                done(count, 0)
    if as_json and str(file) != "-":
        say_json({"kind": kind, "file": str(file), "tenant": owner, "count": count})
    else:
        remark(f"{kind}: {count} written")


def _every(stored: "StoreParts", tenant: str, kind: str) -> "Iterable[BaseModel]":
    if kind == "cases":
        return stored.knowledge.every_case(tenant)
    if kind == "articles":
        return stored.knowledge.every_article(tenant)
    return stored.profiles.every_customer(tenant)


@contextmanager
def _output(file: Path) -> Generator[BinaryIO]:
    """Standard output, or a file that appears when it is complete."""
    if str(file) == "-":
        yield sys.stdout.buffer
        return
    temporary = file.with_name(f".{file.name}.part")
    try:
        temporary.touch(mode=0o600)  # customers are personal data
        with temporary.open("wb") as out:
            yield out
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


@click.command()
@click.argument("query")
@click.option("--limit", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option("--language", type=click.Choice(["zh", "en"]), help="Only items in this language.")
@click.option("--category", help="Only cases of this category: its code, or its name in either language.")
@click.option("--kind", type=click.Choice(["cases", "articles"]), help="Only one kind of item.")
@tenant_option
@json_option
def search(
    query: str,
    limit: int,
    language: str | None,
    category: str | None,
    kind: str | None,
    tenant: str | None,
    as_json: bool,
) -> None:
    """Find similar cases, and passages of articles that bear on QUERY."""
    from bot.cli.finding import ask, find
    from bot.models import company_taxonomy
    from knowledge.errors import IndexLocked

    kinds = {"cases": ("cases",), "articles": ("passages",)}.get(kind or "", ("cases", "passages"))
    wanted = {"query": query, "limit": limit, "kinds": kinds, "language": language, "category": None}
    with open_home(tenant) as (stored, owner):
        taxonomy = company_taxonomy(stored.settings)
        if category is not None:
            wanted["category"] = taxonomy.find(category) or category
        try:
            found = find(stored, owner, wanted)
        except IndexLocked as locked:
            found = ask(stored.settings, owner, wanted, locked)
    if as_json:
        say_json(found)
        return
    from bot.cards import found_cards
    from knowledge.cells import language_of

    terminal().print(found_cards(found, taxonomy, language_of(query) or "en"))


@click.command()
@json_option
def rebuild(as_json: bool) -> None:
    """Make the index afresh from the database; a running service is asked to do it, and waited for."""
    from bot.wiring import open_store

    started = time.perf_counter()
    settings = load_settings()
    require_home(settings)
    with open_store(settings) as stored, progress("rebuilding", "items") as done:
        by = _rebuild(stored, done)
    seconds = round(time.perf_counter() - started, 3)
    if as_json:
        say_json({"rebuilt_by": by, "seconds": seconds})
    else:
        click.echo(f"rebuilt by {by} in {seconds:.1f} s")


def _rebuild(stored: "StoreParts", done: Any) -> str:
    from knowledge.embedding import load_embedder
    from knowledge.errors import IndexLocked
    from knowledge.index import Index

    index = Index(
        stored.settings.index_folder, stored.knowledge, load_embedder(stored.settings.embedder_source())
    )
    asked = False
    while True:
        try:
            index.open(for_rebuild=True)
        except IndexLocked:
            if asked and not index.rebuild_asked:
                return "the running service"
            if not asked:
                remark("another process owns the index: it is asked to rebuild, and waited for")
                index.ask_for_rebuild()
                asked = True
            time.sleep(LOOK_EVERY)
            continue
        break
    try:
        index.rebuild(done)
        (stored.settings.index_folder / "rebuild").unlink(missing_ok=True)
    finally:
        index.close()
    return "this command"
