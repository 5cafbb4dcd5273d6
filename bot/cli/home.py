"""A home to work in: its database, its tenants and their keys, its settings, its service."""

import gc
import re
from dataclasses import asdict
from typing import Any

import click

from bot.cli.console import (
    bold,
    has_home,
    json_option,
    load_settings,
    open_home,
    progress,
    remark,
    say_json,
    say_table,
    tenant_option,
    until_told_to_stop,
)


def _tenant_name(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[\w.-]{1,80}", value):
        raise click.BadParameter("use 1 to 80 letters, digits, dots, dashes or underscores")
    return value


@click.command()
@click.option("--tenant", default="default", show_default=True, callback=_tenant_name, help="Name to create.")
@click.option("--company", default="", help="Name that signs replies.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True,
              help="Of replies to complaints in neither Chinese nor English.")  # fmt: skip
@click.option("--sector", help="Industry of complaints that do not say theirs: banking, telecom, …")
@click.option("--sample", is_flag=True, help="Load our own corpus of cases, articles and customers.")
@click.option("--new-key", is_flag=True, help="Make a key for a tenant that has one already.")
@json_option
def init(
    tenant: str, company: str, language: str, sector: str | None, sample: bool, new_key: bool, as_json: bool
) -> None:
    """Make a home: folder, schema, a tenant and its first API key. Safe to run twice."""
    from bot.access import TenantSettings
    from bot.sample import load_sample
    from bot.wiring import bring_index_up_to_date, open_store

    settings = load_settings()
    answer: dict[str, Any] = {"home": str(settings.home), "tenant": tenant}
    with open_store(settings) as stored:
        answer["created"] = stored.tenants.settings(tenant) is None
        if answer["created"]:
            wanted = {"company": company, "language": language, "sector": sector}
            stored.tenants.create(tenant, TenantSettings.model_validate(wanted))
        if sample:
            with progress("loading the sample corpus"):
                loaded = load_sample(stored, tenant)
            with progress("indexing") as done:
                bring_index_up_to_date(stored, done)
            answer["sample"] = asdict(loaded)
        # last, so that a key is never made and then not shown
        if new_key or not any(not key.revoked for key in stored.tenants.keys(tenant)):
            answer["key"] = stored.tenants.new_key(tenant, "made by init", ["admin"])
    if as_json:
        say_json({"key": None, "sample": None, **answer})
    else:
        _welcome(answer)


def _welcome(answer: dict[str, Any]) -> None:
    state = "made" if answer["created"] else "there already, and left as it was"
    click.echo(f"Home {bold(answer['home'])}, tenant {bold(answer['tenant'])}: {state}.")
    if "sample" in answer:
        held = ", ".join(f"{count} {kind}" for kind, count in answer["sample"].items())
        click.echo(f"The sample corpus is in its memory: {held}.")
    if "key" in answer:
        click.echo(f"API key, shown this once:\n  {bold(answer['key'])}")
    else:
        click.echo("It has a key, which nobody can show again; --new-key makes another.")
    click.echo(f"Next: {bold('redress serve')}, or {bold('redress triage TEXT')}")


@click.command()
@click.option("--host", help="Address to listen on, instead of REDRESS_HOST.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port, instead of REDRESS_PORT; 0 takes a free one."
)
@json_option
def serve(host: str | None, port: int | None, as_json: bool) -> None:
    """Serve the HTTP API and the sidebar until stopped."""
    gc.disable()  # until all is loaded: what loads stays, and to look through it takes a fifth of the start

    from bot.app import serve as serve_app

    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = load_settings().model_copy(update=given)
    if as_json:
        say_json({"home": str(settings.home), "host": settings.host, "port": settings.port})
    else:
        remark(f"serving {settings.home} on {settings.host}:{settings.port}; stop with Ctrl-C")
    if not has_home(settings):
        remark("there is no tenant yet: run 'redress init' beside this")
    with until_told_to_stop():
        serve_app(settings)


@click.command()
@json_option
def settings(as_json: bool) -> None:
    """List the settings: what they are now, what they mean."""
    from bot.settings import PREFIX, Settings

    current = load_settings()
    rows = [
        {
            "variable": PREFIX + name.upper(),
            "value": _shown(getattr(current, name)),
            "default": _shown(field.default),
            "meaning": field.description or "",
        }
        for name, field in Settings.model_fields.items()
    ]
    if as_json:
        say_json(rows)
        return
    say_table(
        ("variable", "value", "meaning"),
        [(str(row["variable"]), str(row["value"] or ""), str(row["meaning"])) for row in rows],
    )


def _shown(value: Any) -> Any:
    """The value as JSON holds it; a secret as stars."""
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


@click.group()
def keys() -> None:
    """List, make and revoke API keys."""


@keys.command("list")
@tenant_option
@json_option
def list_keys(tenant: str | None, as_json: bool) -> None:
    """List a tenant's keys; the keys themselves nobody can show again."""
    with open_home(tenant) as (stored, name):
        found = stored.tenants.keys(name)
    rows = [
        {
            "id": key.id,
            "name": key.name,
            "scopes": list(key.scopes),
            "created_at": key.created_at.isoformat(timespec="seconds"),
            "revoked": key.revoked,
        }
        for key in found
    ]
    if as_json:
        say_json(rows)
        return
    say_table(
        ("id", "name", "scopes", "made", ""),
        [
            (k.id, k.name, " ".join(k.scopes), f"{k.created_at:%Y-%m-%d}", "revoked" * k.revoked)
            for k in found
        ],
    )


@keys.command("new")
@click.option("--name", default="", help="What the key is for.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(["agent", "widget", "curator", "admin"]),
    default=("agent",), show_default=True, help="What it may do; repeat for several.",
)  # fmt: skip
@tenant_option
@json_option
def new_key(name: str, scopes: tuple[str, ...], tenant: str | None, as_json: bool) -> None:
    """Make a key. It is shown this once."""
    with open_home(tenant) as (stored, owner):
        key = stored.tenants.new_key(owner, name, scopes)
    if as_json:
        say_json({"tenant": owner, "key": key, "scopes": sorted(set(scopes))})
    else:
        click.echo(key)


@keys.command("revoke")
@click.argument("key_id")
@tenant_option
@json_option
def revoke_key(key_id: str, tenant: str | None, as_json: bool) -> None:
    """End the life of the key with this id; a service notices within seconds."""
    with open_home(tenant) as (stored, owner):
        stored.tenants.revoke(owner, key_id)
    if as_json:
        say_json({"tenant": owner, "revoked": key_id})
    else:
        click.echo(f"key {key_id} is revoked")
