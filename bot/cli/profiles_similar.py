"""Customers who had a problem before, without who they are."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli.console import Stopped, json_option, open_home, remark, say_json, say_table, tenant_option
from bot.cli.profiles import BY
from bot.cli.profiles_duplicates import profiles

if TYPE_CHECKING:
    from bot.wiring import StoreParts

PURPOSE: Final = "complaint_handling"


@profiles.command()
@click.argument("text")
@click.option("--limit", type=click.IntRange(1, 50), default=5, show_default=True, help="How many.")
@tenant_option
@json_option
def similar(text: str, limit: int, tenant: str | None, as_json: bool) -> None:
    """Find customers who had the problem of TEXT, and what became of it; the look is logged."""
    from bot.cli.beside import service_that_owns
    from knowledge.errors import IndexLocked

    with open_home(tenant) as (stored, owner):
        try:
            found = _here(stored, owner, text, limit)
        except IndexLocked as locked:
            service = service_that_owns(stored.settings, owner, locked)
            try:
                found = service.similar({"text": text, "limit": limit}, PURPOSE)
            finally:
                service.close()
    if "status" in found:
        raise Stopped(str(found.get("detail") or found.get("title")))
    if as_json:
        say_json(found)
        return
    if not found["customers"]:
        remark("nobody on record had this problem")
        return
    say_table(
        ("customer", "similarity", "on", "came out"),
        [
            (each["customer_id"], f"{each['similarity']:.2f}", each["on"], each["outcome"] or "")
            for each in found["customers"]
        ],
    )


def _here(stored: "StoreParts", tenant: str, text: str, limit: int) -> dict[str, Any]:
    from bot.wiring import open_notes
    from knowledge.embedding import load_embedder
    from knowledge.index import Index
    from profiles.note_index import outcomes
    from profiles.rights import Access

    embedder = load_embedder(stored.settings.embedder_source())
    index, now = Index(stored.settings.index_folder, stored.knowledge, embedder), datetime.now(UTC)
    index.open(for_rebuild=True)  # only its lock is needed
    try:
        notes = open_notes(stored, embedder)
        try:
            notes.catch_up()
            found = notes.index.similar(tenant, text, now.date(), limit=limit)
        finally:
            notes.close()
    finally:
        index.close()
    looks = [
        Access(customer_id=one.customer_id, at=now, by=BY, purpose=PURPOSE, what=("similar",))
        for one in found
    ]
    stored.people.note_access(tenant, looks)
    return {
        "customers": [one.model_dump(mode="json") for one in found],
        "outcomes": outcomes(found),
    }
