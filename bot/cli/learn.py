"""Heads of one's own, and honest measures of what they and the search are worth."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli.console import (
    PROBLEMS,
    SUBJECTS,
    WrongUse,
    bold,
    json_option,
    load_settings,
    progress,
    remark,
    say_json,
    say_table,
    stop,
)

if TYPE_CHECKING:
    from knowledge.evaluation import LabelledText
    from knowledge.head import Head
    from knowledge.rows import RowProblem

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER: Final = click.Path(file_okay=False, path_type=Path)
SHOWN_PROBLEMS: Final = 20
FIGURES: Final = ("n", "accuracy", "macro_f1", "ece", "coverage_at_p90")

data_option = click.option(
    "--data", required=True, type=FILE, help="Rows of text and label: JSONL, CSV, XLSX."
)
against_option = click.option(
    "--against", type=FOLDER, help="Another head: how much better the first is on the same rows."
)
model_option = click.option("--model", required=True, type=FOLDER, help="Folder that 'redress train' wrote.")


@click.group()
def train() -> None:
    """Train a head on your own labelled texts."""


@train.command("categories")
@data_option
@click.option("--out", required=True, type=FOLDER, help="Folder to write; REDRESS_CATEGORY_MODEL names it.")
@click.option(
    "--extend",
    metavar="MODEL",
    help="Give this head (a folder, or 'shipped') the labels it lacks, instead of training one; the rows are "
    "a few examples of each, and for a head in a folder some rows of its old labels.",
)
@json_option
def train_categories_(data: Path, out: Path, extend: str | None, as_json: bool) -> None:
    """Train what tells categories apart: any label names, exactly one a row."""
    if extend is None:
        _train("categories", data, out, as_json=as_json)
    else:
        _extend(extend, data, out, as_json=as_json)


def _add_training(subject: str, what: str, labels: str) -> None:
    """One more command of `redress train`."""

    @train.command(subject, help=f"Train what tells {what}: {labels}.")
    @data_option
    @click.option("--out", required=True, type=FOLDER, help="Folder to write.")
    @json_option
    def command(data: Path, out: Path, as_json: bool) -> None:
        _train(subject, data, out, as_json=as_json)


@train.command("embedder")
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with ship/, the texts that models may be trained on.",
)
@click.option("--out", required=True, type=FOLDER, help="Folder to write; REDRESS_EMBEDDER names it.")
@click.option(
    "--cache",
    type=FOLDER,
    help="Folder that keeps the teacher's vectors, so that the next run need not ask again.",
)
@json_option
def train_embedder_(data: Path, out: Path, cache: Path | None, as_json: bool) -> None:
    """Train the static embedder of Chinese and English; needs redress[train]."""
    import tempfile

    from knowledge.distillation import distil

    with (
        tempfile.TemporaryDirectory(prefix="redress-train-", ignore_cleanup_errors=True) as place,
        progress("training the embedder", "steps") as done,
    ):
        name = distil(data, out, cache=cache or Path(place), progress=done)
    size = sum(path.stat().st_size for path in out.iterdir() if path.is_file())
    if as_json:
        say_json({"out": str(out), "name": name, "bytes": size})
    else:
        click.echo(f"{bold(name)}: {size / 1e6:.1f} MB in {out}")


def _train(subject: str, data: Path, out: Path, *, as_json: bool) -> None:
    from knowledge.embedding import load_embedder
    from knowledge.label_doubts import doubtful_labels, spelled_alike
    from knowledge.training import learn

    settings = load_settings()
    rows, problems = _rows(data)
    with progress(f"training on {len(rows)} rows", "steps") as done:
        learned = learn(rows, load_embedder(settings.embedder_source()), subject, progress=done)
    head = learned.head
    head.save(out)
    single = head.card.kind == "one"
    doubts = doubtful_labels(learned, [row.labels[0] for row in rows]) if single else []
    doubtful = [
        {
            "row": rows[doubt.place].row,
            "label": doubt.given,
            "looks_like": doubt.suggested,
            "probability": doubt.probability,
        }
        for doubt in doubts
    ]
    alike = [f"labels {' and '.join(map(repr, group))} look like one" for group in spelled_alike(head.labels)]
    warnings = [*head.card.warnings, *(f"{each}: give both the same spelling" for each in alike)]
    if as_json:
        answer: dict[str, Any] = {
            "out": str(out),
            "name": head.name,
            "embedder": head.card.embedder,
            "labels": list(head.labels),
            "rows": len(rows),
            "bad": len(problems),
            "metrics": head.card.metrics,
            "warnings": warnings,
            "doubtful": doubtful,
        }
        say_json(answer)
    else:
        for warning in warnings:
            remark(f"note: {warning}")
        _say_doubtful(doubtful)
        click.echo(f"{bold(head.name)}: {len(head.labels)} labels from {len(rows)} rows, in {out}")
        _say_figures(head.card.metrics, "cross-validated")
    stop(PROBLEMS if problems else 0)


def _extend(source: str, data: Path, out: Path, *, as_json: bool) -> None:
    from knowledge.embedding import load_embedder
    from knowledge.head import Head
    from knowledge.shipped import SHIPPED_HEAD, sample_rows
    from knowledge.training.extending import extend

    settings = load_settings()
    rows, problems = _rows(data)
    shipped = source == "shipped"
    head = Head.load(SHIPPED_HEAD if shipped else Path(source))
    old = [row for row in sample_rows() if row.judged] if shipped else []
    extended = extend(head, [*rows, *old], load_embedder(settings.embedder_source()))
    extended.save(out)
    fresh = {label: sum(label in row.labels for row in rows) for label in extended.labels[len(head.labels) :]}
    if as_json:
        say_json(
            {
                "out": str(out),
                "name": extended.name,
                "labels": list(extended.labels),
                "new": fresh,
                "bad": len(problems),
            }
        )
    else:
        examples = ", ".join(f"{label} ({count} examples)" for label, count in fresh.items())
        click.echo(f"{bold(extended.name)}: {len(extended.labels)} labels, new: {examples}, in {out}")
    stop(PROBLEMS if problems else 0)


def _say_doubtful(doubtful: Sequence[dict[str, Any]]) -> None:
    """The labels to look at again, the surest first."""
    if not doubtful:
        return
    click.echo(f"{len(doubtful)} labels look wrong; the surest:")
    shown = [
        (str(each["row"]), str(each["label"]), str(each["looks_like"]), f"{each['probability']:.2f}")
        for each in doubtful[:SHOWN_PROBLEMS]
    ]
    say_table(("row", "label", "looks like", "probability"), shown)


@click.group("eval")
def evaluate() -> None:
    """Measure a head or the search on data it has not seen."""


def _add_measuring(subject: str) -> None:
    """One more command of `redress eval`."""

    @evaluate.command(subject, help=f"Measure a head of {subject}.")
    @model_option
    @data_option
    @against_option
    @json_option
    def command(model: Path, data: Path, against: Path | None, as_json: bool) -> None:
        _evaluate(subject, model, data, against, as_json=as_json)


def _evaluate(subject: str, model: Path, data: Path, against: Path | None, *, as_json: bool) -> None:
    from knowledge.embedding import load_embedder
    from knowledge.evaluation import compare_heads, evaluate_labels

    settings = load_settings()
    head = _head(subject, model)
    other = None if against is None else _head(subject, against)
    rows, problems = _rows(data)
    embedder = load_embedder(settings.embedder_source())
    report = evaluate_labels(head, embedder, rows)
    if other is not None:
        report["comparison"] = compare_heads(head, other, embedder, rows)
    if as_json:
        say_json({**report, "bad": len(problems)})
    else:
        _say_report(report)
    stop(PROBLEMS if problems else 0)


def _head(subject: str, model: Path) -> "Head":
    from knowledge.head import Head

    head = Head.load(model)
    if head.card.subject != subject:
        subject = head.card.subject
        raise WrongUse(f"{model} holds a head of {subject}: use 'redress eval {subject}'")
    return head


def _say_report(report: dict[str, Any]) -> None:
    _say_figures(report, "measured")
    click.echo(f"  an ece of {report['ece_by_chance']:.3f} would be chance on so many rows")
    for name, (low, high) in report["intervals"].items():
        click.echo(f"  {name}: {low:.3f} to {high:.3f} in 95 of 100 samples")
    if strange := report["out_of_scope"]:
        click.echo(
            f"  out of scope: {strange['n']} rows with other labels, {strange['recall']:.3f} of them told as "
            f"such, {strange['false_alarms']:.3f} of the others too; "
            f"{strange['recall_at_5']:.3f} of them at 5 % false alarms"
        )
    for name, c in report.get("comparison", {}).items():
        click.echo(
            f"  {name} against the other: {c['difference']:+.3f} ({c['low']:+.3f} to {c['high']:+.3f})"
        )
    say_table(
        ("label", "precision", "recall", "f1", "rows"),
        [
            (name, f"{c['precision']:.3f}", f"{c['recall']:.3f}", f"{c['f1']:.3f}", str(c["n"]))
            for name, c in report["per_class"].items()
        ],
    )


@evaluate.command("retrieval")
@click.option("--corpus", type=FILE, help="Rows of id and text.")
@click.option("--queries", type=FILE, help="Rows of id and text.")
@click.option("--qrels", type=FILE, help="Rows of qid, docid and rel.")
@json_option
def evaluate_search(corpus: Path | None, queries: Path | None, qrels: Path | None, as_json: bool) -> None:
    """Measure dense, lexical and fused search on a corpus of its own; your home stays as it is.

    Without files it is measured on ours: long complaints, and the past cases that decide them.
    """
    from knowledge.embedding import load_embedder
    from knowledge.evaluation import evaluate_retrieval, precedent_queries, read_queries

    embedder = load_embedder(load_settings().embedder_source())
    if corpus is not None and queries is not None and qrels is not None:
        wanted, problems = read_queries(corpus, queries, qrels)
        _say_problems(problems)
        report = evaluate_retrieval(wanted, embedder)
        say_json(report) if as_json else _say_search(report)
        stop(PROBLEMS if problems else 0)
    elif corpus is queries is qrels is None:
        reports = {name: evaluate_retrieval(data, embedder) for name, data in precedent_queries().items()}
        if as_json:
            say_json(reports)
        for language, report in reports.items() if not as_json else ():
            click.echo(f"{bold(language)}: long complaints against {report['fused']['n']:.0f} precedents")
            _say_search(report)
    else:
        raise WrongUse("give --corpus, --queries and --qrels together, or none of them")


def _say_search(report: dict[str, dict[str, float]]) -> None:
    keys = [key for key in next(iter(report.values())) if key != "n"]
    rows = [(name, *(f"{figures[key]:.3f}" for key in keys)) for name, figures in report.items()]
    say_table(("", *keys), rows)


def _rows(data: Path) -> "tuple[list[LabelledText], list[RowProblem]]":
    """The labelled texts of a file; what is wrong with the others is said on standard error."""
    from knowledge.ingest import read_labelled
    from knowledge.rows import RowProblem

    found = list(read_labelled(data))
    _say_problems([item for item in found if isinstance(item, RowProblem)])
    problems = [item for item in found if isinstance(item, RowProblem) and item.lost]
    return [item for item in found if not isinstance(item, RowProblem)], problems


def _say_problems(problems: "Sequence[RowProblem]") -> None:
    for problem in problems[:SHOWN_PROBLEMS]:
        remark(str(problem))
    if len(problems) > SHOWN_PROBLEMS:
        remark(f"… and {len(problems) - SHOWN_PROBLEMS} more")


def _say_figures(figures: dict[str, Any], how: str) -> None:
    click.echo(f"{how}: " + ", ".join(f"{name} {figures[name]}" for name in FIGURES if name in figures))


_MANY: Final = "none (empty), one or several a row"
for _subject, _what, _labels in (
    ("emotion", "emotions apart", "any label names, one or several a row"),
    ("escalation", "escalations apart", f"any label names, {_MANY}"),
    ("needs", "needs apart", f"explicit.CODE and implicit.CODE, {_MANY}"),
    ("vulnerability", "signs of vulnerability apart", f"the codebook's kinds, {_MANY}"),
    ("complaint", "complaints from what is none", "'complaint' or 'none', one a row"),
):
    _add_training(_subject, _what, _labels)
for _subject in SUBJECTS:
    _add_measuring(_subject)
