"""What differs between two histories, or between two cycles?"""

from __future__ import annotations

from pathlib import Path

import click

from alpha_model.analysis import CycleComparison, HistoryComparison, compare_cycles, compare_histories
from alpha_model.commands.output import json_option, plain_text, show_json, show_table
from alpha_model.commands.sources import HistorySource, opened
from alpha_model.history import History


@click.command("compare")
@click.argument("first", type=HistorySource())
@click.argument("second", type=HistorySource(), required=False)
@click.option("--cycle", type=int, help="Compare this cycle of FIRST.")
@click.option("--with", "other", type=int, help="With this cycle of SECOND, or of FIRST where there is only one.")
@click.option("--tolerance", default="0s", show_default=True, help="How far apart the times of one cycle may be: 5min.")
@json_option
def compare_command(
    first: Path | str, second: Path | str | None, cycle: int | None, other: int | None, tolerance: str, *, as_json: bool
) -> None:
    """Say what differs between FIRST and SECOND, and at which stage of the decision first.

    Examples: alpha-model compare live.json backtest.jsonl; alpha-model compare state.json --cycle 4 --with 5
    """
    if second is None and (cycle is None or other is None):
        raise click.UsageError("give a second history, or --cycle and --with to compare two cycles of one.")
    if other is not None and cycle is None:
        raise click.UsageError("--with names the cycle to compare --cycle with. Give both.")
    a = opened(first)
    b = a if second is None else opened(second)
    if cycle is None:
        _show_histories(compare_histories(a, b, tolerance), as_json=as_json)
        return
    one = a.cycle(cycle)
    _show_cycles(compare_cycles(one, _counterpart(one, b, other)), as_json=as_json)


def _counterpart(one: History, other: History, number: int | None) -> History:
    """The cycle to compare with: the one of that number, else the one of the same time."""
    return other.at(one.timestamps[0]) if number is None else other.cycle(number)


def _show_cycles(found: CycleComparison, *, as_json: bool) -> None:
    if as_json:
        names = ("settings", "differences", "pairs", "not_compared")
        show_json(_plain(found) | {name: getattr(found, name) for name in names})
        return
    click.echo(plain_text(found.verdict))
    if not found.differences.empty:
        show_table(found.differences[["stage", "sentence"]])
    _show_rest(found)


def _show_histories(found: HistoryComparison, *, as_json: bool) -> None:
    if as_json:
        names = ("cycles", "stages", "settings", "pairs", "not_compared")
        show_json(_plain(found) | {name: getattr(found, name) for name in names})
        return
    click.echo(plain_text(found.verdict))
    show_table(
        found.stages[["stage", "first_count", "cycle_count", "pair_count", "largest_usd"]],
        {"largest_usd": lambda usd: f"${usd:,.2f}"},
    )
    _show_rest(found)


def _show_rest(found: CycleComparison | HistoryComparison) -> None:
    alone = found.pairs.loc[found.pairs["matched_by"].str.startswith("only"), ["pair", "matched_by"]]
    for name, where in alone.itertuples(index=False):
        click.echo(plain_text(f"{name} is {where}."))
    if found.not_compared:
        click.echo(f"Recorded by one side only, so not compared: {', '.join(found.not_compared)}.")


def _plain(found: CycleComparison | HistoryComparison) -> dict[str, object]:
    return {"verdict": found.verdict, "first_stage": None if found.first_stage is None else str(found.first_stage)}
