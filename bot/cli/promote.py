"""The gate before a new head: `redress promote`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from bot.cli.console import PROBLEMS, WrongUse, bold, json_option, load_settings, say_json, say_table, stop

if TYPE_CHECKING:
    from bot.settings import Settings, Subject
    from knowledge.promotion import Verdict


@click.command()
@click.argument("model", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--frozen",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Rows of text and label to set aside for good; needed once.",
)
@click.option("--undo", is_flag=True, help="Go back to the head before the present one.")
@click.option(
    "--subject",
    type=click.Choice(["categories", "emotion", "escalation"]),
    default="categories",
    help="What the head to go back to judges; with --undo.",
)
@json_option
def promote(model: Path | None, frozen: Path | None, undo: bool, subject: "Subject", as_json: bool) -> None:
    """Let the head in MODEL judge complaints, if it loses nowhere on the frozen rows of its subject.

    The frozen rows are kept without personal data in the home folder, and stay the same for every head that
    comes. A refusal says where the head lost. The service uses the promoted head from its next start.
    """
    if (model is None) != undo:
        raise click.UsageError("give either MODEL or --undo")
    settings = load_settings()
    if model is None:
        from knowledge.promotion import step_back

        folder = settings.promoted_head(subject)
        head = step_back(folder)
        answer: dict[str, Any] = {"in_use": head.name, "folder": str(folder)}
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

    from bot.models import head_in_use
    from bot.settings import setting_for
    from bot.wiring import redact_text
    from knowledge.embedding import load_embedder
    from knowledge.head import Head
    from knowledge.ingest import read_labelled
    from knowledge.promotion import freeze, frozen, install, judge
    from knowledge.rows import RowProblem

    candidate = Head.load(model)
    subject = _subject(candidate.card.subject, model)
    if settings.model_for(subject) is not None:
        raise WrongUse(f"{setting_for(subject)} names a model already: unset it to use promoted heads")
    frozen_rows = settings.frozen_rows(subject)
    if file is not None:
        rows = [item for item in read_labelled(file) if not isinstance(item, RowProblem)]
        freeze([replace(row, text=redact_text(row.text)) for row in rows], frozen_rows)
    embedder = load_embedder(settings.embedder)
    verdict = judge(candidate, head_in_use(settings, subject, embedder), embedder, frozen(frozen_rows))
    if verdict.promoted:
        install(model, settings.promoted_head(subject))
    return verdict


def _subject(said: str, model: Path) -> "Subject":
    """What a head judges, if a company may have one of its own for that."""
    from bot.settings import Subject

    for subject in get_args(Subject):
        if said == subject:
            return subject
    raise WrongUse(f"{model} holds a head of {said}: promote one of {', '.join(get_args(Subject))}")


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
