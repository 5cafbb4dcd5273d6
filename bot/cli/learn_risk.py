"""Risk models of one's own: trained on the history that is on record, or on a table of customers."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli.console import WrongUse, bold, json_option, open_home, progress, remark, say_json, say_table
from bot.cli.learn import FILE, FOLDER, evaluate, train

if TYPE_CHECKING:
    from profiles.risk_metrics import RiskMetrics
    from profiles.risk_model import RiskModel

RISKS: Final = ("complain_again", "escalate", "leave")
ANALYSIS: Final = "rca_analytics"
"""The purpose of learning from histories."""
SHOWN: Final = ("roc_auc", "ece", "brier", "log_loss", "lift_top_decile")

risk_option = click.option(
    "--risk", type=click.Choice(RISKS), default="leave", show_default=True, help="What the customer may do."
)
label_option = click.option("--label", help="Column of --data that says whether it came true: yes or no.")


@train.command("risk")
@risk_option
@click.option("--data", type=FILE, help="CSV of customers, one a row; by default the history on record.")
@label_option
@click.option("--out", type=FOLDER, help="Folder to write; by default where the service looks for it.")
@click.option("--tenant", help="Whose history; needed where there are several tenants.")
@json_option
def train_risk(
    risk: str, data: Path | None, label: str | None, out: Path | None, tenant: str | None, as_json: bool
) -> None:
    """Train what says how likely a customer complains again, escalates or leaves, and why.

    From the history: on four days of the past year each customer's traits as they were then, and what came in
    the 90 days after. The service uses the model at once, and only to add care. A model from a table of
    other columns (--data, --label, --out) is for that table.
    """
    if data is not None:
        if label is None or out is None:
            raise WrongUse("--data needs --label, the column with yes and no, and --out, a folder to write")
        model = _from_table(data, label, risk)
        model.save(out)
    else:
        if label is not None:
            raise WrongUse("--label names a column of --data: give both, or neither")
        model, out = _from_history(risk, out, tenant)
    _say(model, out, as_json=as_json)


@evaluate.command("risk")
@risk_option
@click.option("--model", required=True, type=FOLDER, help="Folder that 'redress train risk' wrote.")
@click.option("--data", required=True, type=FILE, help="CSV of customers the model has not seen.")
@click.option("--label", required=True, help="Column that says whether it came true: yes or no.")
@json_option
def evaluate_risk(risk: str, model: Path, data: Path, label: str, as_json: bool) -> None:
    """Measure a risk model on customers it has not seen."""
    from profiles.risk_model import RiskModel
    from profiles.risk_rows import read_rows

    loaded = RiskModel.load(model, risk)
    read = read_rows(data, label)
    labels = read.labels or ()
    if len(set(labels)) < 2:
        raise WrongUse(f"all labels of {data.name} are the same: bring customers of both kinds")
    metrics = loaded.evaluate(read.rows, labels)
    if as_json:
        say_json({"model": loaded.name, **metrics.model_dump(mode="json")})
    else:
        click.echo(bold(loaded.name))
        _say_metrics(metrics, "measured")


def _from_table(data: Path, label: str, risk: str) -> "RiskModel":
    from profiles.risk_rows import read_rows
    from profiles.risk_training import train as learn

    read = read_rows(data, label)
    with progress(f"training on {len(read.rows)} customers"):
        return learn(read.rows, read.labels or (), risk=risk, label=label)


def _from_history(risk: str, out: Path | None, tenant: str | None) -> "tuple[RiskModel, Path]":
    from profiles.risk_history import learn

    with open_home(tenant) as (stored, owner), progress("learning from the history"):
        folder = out or stored.risks.folder(owner)
        model = learn(stored.histories.every_history(owner, ANALYSIS), risk, datetime.now(UTC))
    model.save(folder)
    return model, folder


def _say(model: "RiskModel", out: Path, *, as_json: bool) -> None:
    card = model.card
    if as_json:
        told: dict[str, Any] = card.model_dump(mode="json", exclude={"model"})
        say_json(
            {"out": str(out), "model": model.name, "columns": [c.name for c in card.model.columns], **told}
        )
        return
    for name in card.suspects:
        remark(f"note: {name} nearly gives the label away: was it filled in afterwards? Then take it out.")
    for name, why in card.left_out.items():
        remark(f"left out: {name} ({why})")
    click.echo(f"{bold(model.name)}: {len(card.model.columns)} columns, in {out}")
    _say_metrics(card.metrics, "cross-validated")


def _say_metrics(metrics: "RiskMetrics", how: str) -> None:
    figures = ", ".join(f"{name} {getattr(metrics, name):.3f}" for name in SHOWN)
    click.echo(f"{how} on {metrics.rows} customers, {metrics.base_rate:.1%} of whom it came true: {figures}")
    click.echo(f"  roc_auc: {metrics.roc_auc_low:.3f} to {metrics.roc_auc_high:.3f} in 95 of 100 samples")
    say_table(
        ("predicted", "observed", "customers"),
        [(f"{bin.predicted:.0%}", f"{bin.observed:.0%}", str(bin.rows)) for bin in metrics.reliability],
    )
