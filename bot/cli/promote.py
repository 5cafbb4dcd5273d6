"""The gate before a new head: `redress promote`."""

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

import click

from bot.cli.console import (
    PROBLEMS,
    SUBJECTS,
    WrongUse,
    bold,
    json_option,
    load_settings,
    say_json,
    say_table,
    stop,
)

if TYPE_CHECKING:
    from bot.settings import Settings, Subject
    from knowledge.embedding import Embedder
    from knowledge.promotion import Verdict

HEAD_FIGURES: Final = ("accuracy", "macro_f1", "ece", "coverage_at_p90")


@click.command()
@click.argument("model", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--embedder",
    metavar="SOURCE",
    help="An embedder instead of a head: a folder, or a sentence-transformers model by name.",
)
@click.option(
    "--frozen",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Rows of text and label to set aside for good; needed once.",
)
@click.option("--undo", is_flag=True, help="Go back to the head before the present one.")
@click.option(
    "--subject",
    type=click.Choice([*SUBJECTS, "embedder"]),
    default="categories",
    help="What --undo takes back.",
)
@json_option
def promote(
    model: Path | None,
    embedder: str | None,
    frozen: Path | None,
    undo: bool,
    subject: "Subject | Literal['embedder']",
    as_json: bool,
) -> None:
    """Let the head in MODEL judge complaints, if it loses nowhere on the frozen rows of its subject.

    The frozen rows are kept without personal data in the home folder, and stay the same for every head that
    comes. A refusal says where the head lost. The service uses the promoted head from its next start.
    An embedder is judged by the precedents of long complaints, and by the frozen rows of categories.
    """
    if (model is not None) + (embedder is not None) + undo != 1:
        raise click.UsageError("give one of MODEL, --embedder and --undo")
    settings = load_settings()
    if undo:
        name = _taken_back(settings, subject)
        say_json({"in_use": name}) if as_json else click.echo(f"in use again: {bold(name)}")
        return
    if model is not None:
        verdict = _judged(settings, model, frozen)
        then = "the service uses it from its next start"
    else:
        assert embedder is not None
        verdict = _judged_embedder(settings, embedder)
        then = "stop the service, run 'redress rebuild' and start it again: every text is embedded anew"
    if as_json:
        say_json(verdict.public())
    else:
        _say(verdict, str(model or embedder), then)
    stop(0 if verdict.promoted else PROBLEMS)


def _taken_back(settings: "Settings", subject: "Subject | Literal['embedder']") -> str:
    """What is in use again."""
    from knowledge.embedding import load_embedder
    from knowledge.promotion import step_back

    if subject != "embedder":
        head = step_back(settings.promoted_head(subject))
        return "the shipped one" if head is None else head.name
    if not settings.promoted_embedder.exists():
        raise WrongUse("no embedder was promoted: nothing to go back to")
    _refuse_heads_of_another(settings, load_embedder(settings.embedder), settings.embedder)
    settings.promoted_embedder.unlink()
    return settings.embedder


def _refuse_heads_of_another(settings: "Settings", embedder: "Embedder", source: str) -> None:
    from bot.models import heads_of_another_embedder

    if left := heads_of_another_embedder(settings, embedder):
        raise WrongUse(
            f"your own heads of {', '.join(left)} read another embedder's vectors: take them back with "
            "'redress promote --undo --subject …' (or unset what names them), and train them again with "
            f"REDRESS_EMBEDDER={source}"
        )


def _judged_embedder(settings: "Settings", source: str) -> "Verdict":
    """The verdict on an embedder, which is written down as the one to use if it passed."""
    from bot.models import remember_embedder
    from knowledge.embedder_gate import judge_embedder
    from knowledge.embedding import SHIPPED, load_embedder
    from knowledge.promotion import frozen

    if settings.embedder != SHIPPED:
        raise WrongUse("REDRESS_EMBEDDER names an embedder already: unset it to use a promoted one")
    candidate = load_embedder(source)
    _refuse_heads_of_another(settings, candidate, source)
    rows = frozen(settings.frozen_rows("categories")) if settings.frozen_rows("categories").exists() else []
    verdict = judge_embedder(candidate, load_embedder(settings.embedder_source()), rows)
    if verdict.promoted:
        remember_embedder(settings, source, candidate.name)
    return verdict


def _judged(settings: "Settings", model: Path, file: Path | None) -> "Verdict":
    """The verdict on a head, which is put to use if it passed."""
    from dataclasses import replace

    from bot.models import head_in_use, refuse_strange_labels
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
    refuse_strange_labels(subject, candidate)
    frozen_rows = settings.frozen_rows(subject)
    if file is not None:
        rows = [item for item in read_labelled(file) if not isinstance(item, RowProblem)]
        freeze([replace(row, text=redact_text(row.text)) for row in rows], frozen_rows)
    embedder = load_embedder(settings.embedder_source())
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


def _say(verdict: "Verdict", what: str, then: str) -> None:
    shown = HEAD_FIGURES if "accuracy" in verdict.before else tuple(verdict.before)
    rows = [(name, f"{verdict.before[name]:.3f}", f"{verdict.after[name]:.3f}") for name in shown]
    say_table((f"on {verdict.rows} frozen rows", "in use", "new"), rows)
    if verdict.promoted:
        click.echo(f"promoted: {bold(what)}; {then}")
        return
    click.echo(f"{bold('refused')}: it loses here")
    say_table(
        ("where", "which", "in use", "new"),
        [(loss.place, loss.name, f"{loss.before:.3f}", f"{loss.after:.3f}") for loss in verdict.losses],
    )
