"""The command line: `redress`."""

import click

from bot.cli.backtest import backtest
from bot.cli.clocks import clocks
from bot.cli.commitments import commitments
from bot.cli.console import Commands
from bot.cli.handover import handover
from bot.cli.home import init, keys, serve, settings
from bot.cli.learn_replies import evaluate
from bot.cli.learn_risk import train
from bot.cli.measure import bench
from bot.cli.memory import export, import_, rebuild, search
from bot.cli.profiles_report import profiles
from bot.cli.promote import promote
from bot.cli.show import demo
from bot.cli.triage import triage


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="redress")
def main() -> None:
    """Everything an agent needs to answer a complaint well, in Chinese and English.

    Exit codes: 0 done, 1 found problems, 2 wrong use. Settings are REDRESS_* variables: 'redress settings'.
    """


for command in (
    demo, init, serve, triage, search, import_, export, rebuild, profiles, train, evaluate, promote,
    backtest, clocks, commitments, handover, bench, keys, settings,
):  # fmt: skip
    main.add_command(command)
