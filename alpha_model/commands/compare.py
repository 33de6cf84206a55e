"""What differs between two histories, or between two cycles?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import get_args

import click

from alpha_model.analysis import compare_cycles, compare_histories
from alpha_model.analysis.compare import CycleComparison, HistoryComparison, Match, not_compared_words
from alpha_model.commands.output import json_option, plain_text, show_json, show_table
from alpha_model.commands.sources import HistorySource, opened
from alpha_model.history import History

_MOST = 10
"""So many pairs are listed."""


@click.command("compare")
@click.argument("first", type=HistorySource())
@click.argument("second", type=HistorySource(), required=False)
@click.option("--cycle", type=int, help="Compare this cycle of FIRST.")
@click.option("--with", "other", type=int, help="With this cycle of SECOND, or of FIRST where there is only one.")
@click.option("--tolerance", default="0s", show_default=True, help="How far apart the times of one cycle may be: 5min.")
@click.option(
    "--match",
    type=click.Choice(get_args(Match)),
    default="pair",
    show_default=True,
    help="`base` also matches pairs by what is bought alone: BTC-USDT with BTC-USDC.",
)
@json_option
def compare_command(
    first: Path | str,
    second: Path | str | None,
    cycle: int | None,
    other: int | None,
    tolerance: str,
    match: Match,
    *,
    as_json: bool,
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
        _show_histories(compare_histories(a, b, tolerance, match=match), as_json=as_json)
        return
    one = a.cycle(cycle)
    _show_cycles(compare_cycles(one, _counterpart(one, b, other), match=match), as_json=as_json)


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
        more = None if found.next_step is None else asdict(found.next_step)
        show_json(_plain(found) | {name: getattr(found, name) for name in names} | {"next_step": more})
        return
    click.echo(plain_text(found.verdict))
    if (found.cycles["result"] == "differs").any():
        usd = {"largest_usd": lambda usd: f"${usd:,.2f}"}
        show_table(found.stages[["stage", "first_count", "cycle_count", "pair_count", "largest_usd"]], usd)
        differing = found.pairs[found.pairs["first_stage"].notna()]
        show_table(differing[["pair_a", "pair_b", "first_stage", "cycles_differing", "largest_usd"]].head(_MOST), usd)
    _show_rest(found)


def _show_rest(found: CycleComparison | HistoryComparison) -> None:
    for side in ("a", "b"):
        alone = found.pairs.loc[found.pairs["matched_by"] == f"only in {side.upper()}", f"pair_{side}"]
        if len(alone):
            more = f" and {len(alone) - _MOST:,} more" if len(alone) > _MOST else ""
            click.echo(plain_text(f"Only in {side.upper()}: {', '.join(alone.head(_MOST))}{more}."))
    click.echo(plain_text(not_compared_words(found.not_compared)))


def _plain(found: CycleComparison | HistoryComparison) -> dict[str, object]:
    return {"verdict": found.verdict, "first_stage": None if found.first_stage is None else str(found.first_stage)}
