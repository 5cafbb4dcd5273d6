"""Bringing profiles up to date for all customers: what may no longer be kept, the segments."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli.console import bold, json_option, open_home, progress, remark, say_json, say_table, tenant_option
from bot.cli.profiles import BY
from bot.cli.profiles_look import profiles
from profiles.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.wiring import StoreParts
    from profiles.fact import Language
    from profiles.grouping import Refreshed
    from profiles.segment_card import Group

PURPOSE: Final = "complaint_handling"
ANALYSIS: Final = "rca_analytics"
SENTENCES: Final = 3


@profiles.command()
@click.option("--dry-run", is_flag=True, help="Say what would be deleted; change nothing.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@tenant_option
@json_option
def refresh(dry_run: bool, language: Any, tenant: str | None, as_json: bool) -> None:
    """Delete what may no longer be kept, find the segments anew, train risk models again. Run it nightly.

    Groups that are found again keep their names; what changed since the last time is said. Risks are those
    that 'redress train risk' trained once; where one cannot be trained any more, the model of before stays.
    """
    now = datetime.now(UTC)
    with open_home(tenant) as (stored, owner):
        swept = stored.histories.sweep(owner, now, dry_run=dry_run)
        found: Refreshed | None = None
        if not dry_run:
            with progress("reading customers") as done:
                rows = dict(_counted(stored.histories.every_trait(owner, PURPOSE, now), done))
            found = stored.groupings.refresh(owner, rows, now.date())
        risks = {} if dry_run else _trained_again(stored, owner, now)
    if as_json:
        segments = None if found is None else _public(found)
        say_json({"dry_run": dry_run, "deleted": swept, "segments": segments, "risks": risks})
        return
    told = ", ".join(f"{count} {kind}" for kind, count in swept.items()) or "nothing"
    click.echo(f"{'to be deleted' if dry_run else 'deleted'}: {told}")
    if found is not None:
        _say(found, language)
    for risk, told in risks.items():
        click.echo(f"risk {risk}: {told['model'] or 'kept the model of before'}{told['note']}")


def _trained_again(stored: "StoreParts", owner: str, now: datetime) -> dict[str, dict[str, Any]]:
    """The risk models of the tenant, learnt anew from today's history."""
    from profiles.risk_history import COMES_TRUE, learn
    from profiles.risk_model import RiskModel

    folder = stored.risks.folder(owner)
    told: dict[str, dict[str, Any]] = {}
    for risk in COMES_TRUE:
        if not RiskModel.file(folder, risk).exists():
            continue
        try:
            with progress(f"learning {risk}"):
                model = learn(stored.histories.every_history(owner, ANALYSIS), risk, now)
        except InvalidInput as error:
            told[risk] = {"model": None, "note": f": {error}"}
        else:
            model.save(folder)
            told[risk] = {"model": model.name, "note": f", roc_auc {model.card.metrics.roc_auc:.3f}"}
    return told


@profiles.command()
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@tenant_option
@json_option
def segments(language: Any, tenant: str | None, as_json: bool) -> None:
    """Describe the groups that the last 'refresh' found: who is typically in them, and how one tells."""
    with open_home(tenant) as (stored, owner):
        card = stored.groupings.of(owner).card
    if card is None:
        remark("no groups yet: run 'redress profiles refresh'")
        if as_json:
            say_json(None)
        return
    if as_json:
        say_json(card.model_dump(mode="json", exclude={"columns", "spreads"}))
        return
    click.echo(f"{bold(len(card.claimed))} stable groups of {card.customers:,} customers ({card.verdict})")
    for group in card.claimed:
        _describe(group, language)


@profiles.command()
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw them into this file.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@click.option("--segment", help="Only of customers in this segment or group, by its code.")
@tenant_option
@json_option
def paths(svg: Path | None, language: Any, segment: str | None, tenant: str | None, as_json: bool) -> None:
    """Tell the paths that complaints commonly take, of all customers or of a segment; rare ones together."""
    from profiles.grouping import in_segment
    from profiles.journey_paths import common_paths
    from profiles.journey_paths_picture import paths_picture
    from profiles.journey_rules import JourneyRules

    with open_home(tenant) as (stored, owner), progress("reading customers") as done:
        histories, now = _counted(stored.histories.every_history(owner, ANALYSIS), done), datetime.now(UTC)
        if segment is not None:
            histories = in_segment(stored.groupings.of(owner), segment, histories, now)
        found = common_paths(histories, today=now.date())
    if svg is not None:
        svg.write_text(paths_picture(found, language), encoding="utf-8")
        remark(f"drawn into {svg}")
    if as_json:
        click.echo(found.dump())
        return
    rules = JourneyRules.shipped()
    say_table(
        ("path", "complaints", "median days"),
        [
            (
                " > ".join(step.said(rules, language) for step in each.steps),
                f"{each.episodes:,}",
                "" if each.median_days is None else f"{each.median_days:g}",
            )
            for each in found.paths
        ],
    )
    if found.other is not None:
        remark(f"rarer paths, put together: {found.other.episodes:,} complaints")


@profiles.command()
@click.option("--most", type=click.IntRange(1, 10_000), default=50, show_default=True, help="List so many.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@tenant_option
@json_option
def warnings(most: int, language: Any, tenant: str | None, as_json: bool) -> None:
    """List customers to call before they complain again, escalate or leave, and why; it is logged."""
    from profiles.call_list import CallList

    now, calls = datetime.now(UTC), CallList(most, language)
    with open_home(tenant) as (stored, owner):
        judge = stored.risks.of(owner)
        with progress("reading customers") as done:
            for customer, traits in _counted(stored.histories.every_trait(owner, PURPOSE, now), done):
                calls.consider(customer, judge.scores(traits, language, now.date()))
        note_calls(stored, owner, [customer for customer, _ in calls.listed], now)
    if as_json:
        say_json([{"customer": one, **risk.model_dump(mode="json")} for one, risk in calls.listed])
        return
    say_table(
        ("customer", "risk", "likely", "because"),
        [
            (one, risk.name, f"{risk.probability:.0%}", "; ".join(risk.reasons[:2]))
            for one, risk in calls.listed
        ],
    )


def note_calls(stored: "StoreParts", owner: str, listed: "Sequence[str]", now: datetime) -> None:
    """Write down that the risks of those on a list are about to be looked at."""
    from profiles.rights import Access

    named = dict.fromkeys(listed)
    stored.people.note_access(
        owner, [Access(customer_id=one, at=now, by=BY, purpose=PURPOSE, what=("risks",)) for one in named]
    )


def _counted(items: Any, done: Any) -> Any:
    for number, item in enumerate(items, start=1):
        yield item
        done(number, 0)


def _describe(group: "Group", language: "Language") -> None:
    assert group.name is not None and group.persona is not None
    click.echo(
        f"\n{bold(group.name.to(language))} ({group.code}): {group.size:,} customers, {group.share:.0%}"
    )
    click.echo(f"  {group.persona.to(language)}")
    for sentence in group.sentences[:SENTENCES]:
        click.echo(f"  - {sentence.said.to(language)}")


def _say(found: "Refreshed", language: "Language") -> None:
    for layer, counts in found.layers.items():
        say_table((layer, "customers"), [(code, f"{count:,}") for code, count in counts.items()])
    click.echo(
        f"{bold(len(found.card.claimed))} stable groups ({found.card.verdict}); kept {len(found.kept)}, "
        f"new {len(found.new)}, vanished {len(found.vanished)}"
    )
    for group in found.card.claimed:
        _describe(group, language)
    if found.drift is not None and (shifted := found.drift.shifted):
        click.echo(f"traits spread otherwise than last time: {', '.join(shifted)}")


def _public(found: "Refreshed") -> dict[str, Any]:
    return {
        "customers": found.customers,
        "verdict": found.card.verdict,
        "layers": found.layers,
        "groups": found.groups,
        "kept": found.kept,
        "new": found.new,
        "vanished": found.vanished,
        "described": [
            group.model_dump(
                mode="json", include={"code", "name", "persona", "size", "share", "jaccard", "sentences"}
            )
            for group in found.card.claimed
        ],
        "drift": None
        if found.drift is None
        else {"index": found.drift.index, "shifted": found.drift.shifted, "stayed": found.drift.stayed},
    }
