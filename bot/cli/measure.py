"""What Redress costs on this machine."""

from typing import Any

import click

from bot.cli.console import json_option, load_settings, remark, say_json, say_table


@click.command()
@click.option(
    "--size", "sizes", type=click.IntRange(1), multiple=True, default=(10_000, 100_000), show_default=True,
    help="Cases in memory; repeat for several.",
)  # fmt: skip
@click.option(
    "--events", type=click.IntRange(1000), default=100_000, show_default=True,
    help="Events of customers in profiles, a tenth as many customers.",
)  # fmt: skip
@json_option
def bench(sizes: tuple[int, ...], events: int, as_json: bool) -> None:
    """Measure our own cost beside the floors it stands on: embedding, vector query, empty route, commit.

    Works in temporary homes; yours stays as it is.
    """
    from bot.bench.profiles import bench_profiles
    from bot.bench.replies import bench_replies
    from bot.bench.run import run_bench

    settings = load_settings()
    report = run_bench(settings, sorted(set(sizes)), remark)
    report["replies"] = bench_replies(settings, remark)
    report["profiles"] = bench_profiles(settings, events, remark)
    if as_json:
        say_json(report)
        return
    for result in report["sizes"]:
        click.echo(f"\n{result['cases']:,} cases")
        say_table(("", "p50 ms", "p99 ms"), _rows(result))
        say_table(("", "value"), [(name, str(value)) for name, value in _figures(result)])
    click.echo("\nreplies, at every stage")
    say_table(("", "p50 ms", "p99 ms"), _rows(report["replies"]))
    say_table(("", "value"), [(name, str(value)) for name, value in _figures(report["replies"])])
    of_profiles = report["profiles"]
    click.echo(f"\nprofiles: {of_profiles['events']:,} events of {of_profiles['customers']:,} customers")
    say_table(("", "p50 ms", "p99 ms"), _rows(of_profiles))
    say_table(("", "value"), [(name, str(value)) for name, value in _figures(of_profiles)])
    click.echo(f"start: {report['start']}")


def _rows(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Everything measured in milliseconds: requests, their steps, and the floors."""
    measured: dict[str, Any] = {name: value for name, value in result.items() if _is_times(value)}
    measured |= {f"  step: {name}": times for name, times in result.get("steps", {}).items()}
    measured |= {f"  floor: {name}": times for name, times in result.get("floors", {}).items()}
    return [(name, f"{times['p50']:.2f}", f"{times['p99']:.2f}") for name, times in measured.items()]


def _figures(result: dict[str, Any]) -> list[tuple[str, Any]]:
    plain = [(name, v) for name, v in result.items() if not isinstance(v, dict) and name != "cases"]
    return [*plain, *result.get("ratios", {}).items()]


def _is_times(value: Any) -> bool:
    return isinstance(value, dict) and "p50" in value
