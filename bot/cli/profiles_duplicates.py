"""Customers who are probably on record twice: proposed with reasons, confirmed or refused by a person."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli.console import (
    WrongUse,
    bold,
    json_option,
    open_home,
    progress,
    remark,
    say_json,
    say_table,
    tenant_option,
)
from bot.cli.learn import FILE, evaluate
from bot.cli.profiles import BY
from bot.cli.profiles_refresh import profiles

if TYPE_CHECKING:
    from profiles.duplicate_values import Person

REASONS: Final = 4
"""Reasons a person is shown of each pair; --json has all."""


@profiles.command()
@click.option("--most", type=click.IntRange(1, 100_000), default=50, show_default=True, help="List so many.")
@click.option("--stored", "as_stored", is_flag=True, help="List what was found last, without looking anew.")
@click.option(
    "--merge-certain", is_flag=True,
    help="First merge those of the same name, date of birth, and e-mail address or telephone number.",
)  # fmt: skip
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@tenant_option
@json_option
def duplicates(
    most: int, as_stored: bool, merge_certain: bool, language: Any, tenant: str | None, as_json: bool
) -> None:
    """Look for customers who are probably one person, and list them with the reasons, never with values.

    How much each agreement tells is learnt from your own customers. Confirm with 'redress profiles merge', or
    refuse with 'redress profiles differ': a refused pair is not proposed again.
    """
    now = datetime.now(UTC)
    with open_home(tenant) as (stored, owner):
        merged = stored.duplicates.merge_certain(owner, now) if merge_certain else []
        if not as_stored:
            with progress("comparing customers"):
                stored.duplicates.find(owner, now)
        found = stored.duplicates.proposals(owner, most)
    if as_json:
        say_json(
            {
                "merged": [each.model_dump(mode="json") for each in merged],
                "duplicates": [each.model_dump(mode="json") for each in found],
            }
        )
        return
    if merged:
        click.echo(f"merged {len(merged)} pairs about whom nothing could be asked")
    say_table(
        ("customer", "is probably", "likely", "because"),
        [
            (
                each.first,
                each.second,
                f"{each.probability:.1%}",
                "; ".join(reason.said(language) for reason in each.reasons[:REASONS]),
            )
            for each in found
        ],
    )
    if any(each.two_numbers for each in found):
        remark("some have two numbers of your own: correct those at the source before you merge them")


@profiles.command()
@click.argument("customer")
@click.argument("other")
@tenant_option
@json_option
def differ(customer: str, other: str, tenant: str | None, as_json: bool) -> None:
    """CUSTOMER and OTHER are two people: they are not proposed as one again."""
    with open_home(tenant) as (stored, owner):
        stored.duplicates.refuse(owner, customer, other, by=BY)
    if as_json:
        say_json({"first": customer, "second": other, "refused_by": BY})
    else:
        click.echo(f"{bold(customer)} and {bold(other)} stay two people")


@evaluate.command("duplicates")
@click.option(
    "--data", required=True, type=FILE, help="CSV of people: an id, and what may tell who they are."
)
@click.option(
    "--truth", required=True,
    help="Regular expression with one group: rows whose ids give the same group are one person.",
)  # fmt: skip
@json_option
def evaluate_duplicates(data: Path, truth: str, as_json: bool) -> None:
    """Measure how well duplicates are found in a table, without learning from its truth."""
    from profiles.duplicate_tables import people_of
    from profiles.duplicates import automatic, propose

    people = people_of(data)
    owners = _owners(people, truth)
    with progress(f"comparing {len(people)} people"):
        proposed = [(each.first, each.second) for each in propose(people)]
        merged = automatic(people)
    groups: dict[str, int] = {}
    for owner in owners.values():
        groups[owner] = groups.get(owner, 0) + 1
    twice = sum(count * (count - 1) // 2 for count in groups.values())
    measured = {
        "people": len(people),
        "duplicates": twice,
        "proposals": _measured(proposed, owners, twice),
        "automatic": _measured(merged, owners, twice),
    }
    if as_json:
        say_json(measured)
        return
    click.echo(f"{bold(len(people))} rows, {twice} pairs of which are one person")
    say_table(
        ("", "pairs", "precision", "recall", "f1"),
        [
            (name, str(each["pairs"]), *(f"{each[key]:.4f}" for key in ("precision", "recall", "f1")))
            for name, each in (("proposals", measured["proposals"]), ("automatic", measured["automatic"]))
            if isinstance(each, dict)
        ],
    )


def _owners(people: "list[Person]", truth: str) -> dict[str, str]:
    try:
        pattern = re.compile(truth)
    except re.error as error:
        raise WrongUse(f"--truth is no regular expression: {error}") from error
    if pattern.groups != 1:
        raise WrongUse("--truth needs one group, such as '^(rec-[0-9]+)-'")
    owners: dict[str, str] = {}
    for person in people:
        found = pattern.search(person.id)
        if found is None:
            raise WrongUse("--truth fits not every id: write it so that each gives a group")
        owners[person.id] = found[1]
    return owners


def _measured(pairs: list[tuple[str, str]], owners: dict[str, str], twice: int) -> dict[str, Any]:
    right = sum(owners[first] == owners[second] for first, second in pairs)
    precision, recall = right / len(pairs) if pairs else 1.0, right / twice if twice else 1.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"pairs": len(pairs), "precision": precision, "recall": recall, "f1": f1}
