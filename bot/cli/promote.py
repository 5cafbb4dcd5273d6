"""The gate before a new head: `redress promote`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.console import PROBLEMS, WrongUse, bold, json_option, load_settings, say_json, say_table, stop

if TYPE_CHECKING:
    from bot.settings import Settings
    from knowledge.promotion import Verdict


@click.command()
@click.argument("model", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--frozen",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Rows of text and label to set aside for good; needed once.",
)
@click.option("--undo", is_flag=True, help="Go back to the head before the present one.")
@json_option
def promote(model: Path | None, frozen: Path | None, undo: bool, as_json: bool) -> None:
    """Let the head in MODEL judge complaints, if it loses nowhere on the frozen rows.

    The frozen rows are kept without personal data in the home folder, and stay the same for every head that
    comes. A refusal says where the head lost. The service uses the promoted head from its next start.
    """
    if (model is None) != undo:
        raise click.UsageError("give either MODEL or --undo")
    settings = load_settings()
    if settings.category_model is not None:
        raise WrongUse("REDRESS_CATEGORY_MODEL names a head already: unset it to use promoted ones")
    if model is None:
        from knowledge.promotion import step_back

        head = step_back(settings.promoted_head)
        answer: dict[str, Any] = {"in_use": head.name, "folder": str(settings.promoted_head)}
        say_json(answer) if as_json else click.echo(f"in use again: {bold(head.name)}")
        return
    verdict = _judged(settings, model, frozen)
    if as_json:
        say_json(verdict.public())
    else:
        _say(verdict, model)
    stop(0 if verdict.promoted else PROBLEMS)


def _judged(settings: "Settings", model: Path, file: Path | None) -> "Verdict":
    """The verdict on a head, which is put to use if it passed."""
    from dataclasses import replace

    from bot.wiring import category_head, redact_text
    from knowledge.embedding import load_embedder
    from knowledge.head import Head
    from knowledge.ingest import read_labelled
    from knowledge.promotion import freeze, frozen, install, judge
    from knowledge.rows import RowProblem

    candidate = Head.load(model)
    if candidate.card.subject != "categories":
        raise WrongUse(
            f"{model} holds a head of {candidate.card.subject}: only heads of categories are promoted"
        )
    if file is not None:
        rows = [item for item in read_labelled(file) if not isinstance(item, RowProblem)]
        freeze([replace(row, text=redact_text(row.text)) for row in rows], settings.frozen_rows)
    embedder = load_embedder(settings.embedder)
    verdict = judge(candidate, category_head(settings, embedder), embedder, frozen(settings.frozen_rows))
    if verdict.promoted:
        install(model, settings.promoted_head)
    return verdict


def _say(verdict: "Verdict", model: Path) -> None:
    rows = [
        (name, f"{verdict.before[name]:.3f}", f"{verdict.after[name]:.3f}")
        for name in ("accuracy", "macro_f1", "ece", "coverage_at_p90")
    ]
    say_table((f"on {verdict.rows} frozen rows", "in use", "new"), rows)
    if verdict.promoted:
        click.echo(f"promoted: {bold(str(model))}; the service uses it from its next start")
        return
    click.echo(f"{bold('refused')}: it loses here")
    say_table(
        ("where", "which", "in use", "new"),
        [(loss.place, loss.name, f"{loss.before:.3f}", f"{loss.after:.3f}") for loss in verdict.losses],
    )
