"""`redress eval checks|replies|attacks`: how good the replies are, and what keeps them so."""

from pathlib import Path
from typing import Any

import click

from bot.cli.console import bold, json_option, load_settings, progress, say_json, say_table, stop
from bot.cli.learn import FILE, evaluate

PROBLEM = 1
"""Exit status where a measurement shows something wrong."""


@evaluate.command("checks")
@click.option("--contexts", type=FILE, help="Complaints with all that surrounds their reply, JSONL.")
@click.option(
    "--drafts", type=FILE, help="Drafts of these, with the violation planted in half of them, JSONL."
)
@json_option
def evaluate_checks(contexts: Path | None, drafts: Path | None, as_json: bool) -> None:
    """Measure the checks of replies on drafts written by hand: recall and false alarms of each, a language.

    Without files, on those that come with Redress.
    """
    from bot.trials.contexts import Context, rows
    from bot.trials.labelled import LabelledDraft, judge, report, shipped

    if (contexts is None) != (drafts is None):
        raise click.UsageError("--contexts and --drafts go together: give both files, or neither")
    if contexts is not None and drafts is not None:
        known, labelled = rows(contexts, Context), rows(drafts, LabelledDraft)
    else:
        known, labelled = shipped()
    found = report(judge(known, labelled))
    if as_json:
        say_json(found)
        return
    for language, figures in found.items():
        if not figures["n"]:
            continue
        click.echo(
            f"{bold(language)}: {figures['clean']} clean drafts, {figures['planted']} with a violation; "
            f"recall {figures['recall']:.3f} (checks that block {figures['recall_blocking']:.3f}), "
            f"false alarms {figures['false_alarms']:.4f}, clean drafts blocked {figures['clean_blocked']:.3f}"
        )
        say_table(
            ("check", "planted", "recall", "false alarms"),
            [
                (name, str(each["planted"]), _figure(each["recall"]), _figure(each["false_alarms"]))
                for name, each in figures["per_check"].items()
            ],
        )


@evaluate.command("replies")
@click.option("--data", required=True, type=FILE, help="Complaints nobody has seen: rows of text, JSONL.")
@json_option
def evaluate_replies(data: Path, as_json: bool) -> None:
    """Measure the composer on complaints it has not seen, at every stage, with made-up decisions."""
    from bot.complaint import ComplaintIn
    from bot.trials.composing import compose_all
    from bot.trials.contexts import rows
    from bot.trials.desks import trial_desk
    from bot.trials.texts import Unseen

    texts = rows(data, Unseen)
    complaints = [
        ComplaintIn(
            text=row.text,
            channel=row.channel,
            sector=row.sector,
            reference=row.reference or f"C-{1000 + number}",
        )
        for number, row in enumerate(texts)
    ]
    with progress("composing"), trial_desk(load_settings(), sample=True) as parts:
        found = compose_all(parts, complaints)
    say_json(found) if as_json else _say(found)
    stop(PROBLEM if found["passed"] != 1.0 or found["same_text"] else 0)


@evaluate.command("attacks")
@click.option("--data", type=FILE, help="Attacks, JSONL; by default those that come with Redress.")
@click.option("--strict", is_flag=True, help="The model obeys even an attack that its prompt does not hold.")
@json_option
def evaluate_attacks(data: Path | None, strict: bool, as_json: bool) -> None:
    """Measure whether an attack gets through a model that always obeys: to a draft, a field or the log."""
    from bot.trials.attacks import Attack, run_attacks, shipped
    from bot.trials.contexts import rows

    attacks = rows(data, Attack) if data is not None else shipped()
    with progress("attacking"):
        found = run_attacks(load_settings(), attacks, strict=strict)
    say_json(found) if as_json else _say(found)
    stop(PROBLEM if found["reached"] else 0)


def _say(found: dict[str, Any]) -> None:
    say_table(("", ""), [(name, str(value)) for name, value in found.items() if not isinstance(value, dict)])
    for name, value in found.items():
        if isinstance(value, dict) and value:
            click.echo(f"{bold(name)}: " + ", ".join(f"{key} {each}" for key, each in value.items()))  # pyright: ignore[reportUnknownVariableType]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
