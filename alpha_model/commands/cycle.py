"""Why did the strategy decide what it decided in this cycle?"""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd

from alpha_model.analysis import cycle_outcomes, cycle_signals, describe_decision, failed_counts
from alpha_model.analysis.columns import was_short
from alpha_model.commands.cycles import usd, words
from alpha_model.commands.output import Format, json_option, plain_text, says_something, show_json, show_table
from alpha_model.commands.sources import one_cycle, opened, source_argument
from alpha_model.history import History

_SIGNALS = {
    "pair": "pair",
    "decision": "decision",
    "side": "side",
    "signal": "signal",
    "raw_share": "raw",
    "normalised_weight": "weight",
    "old_weight": "held",
    "position_target": "target",
    "position_adjust_usd": "change",
    "asked": "asked",
    "accepted": "accepted",
    "flags": "flags",
}
_SIDES = {False: "long", True: "short"}
_TRADES = ("pair", "side", "kind", "status", "planned_quantity", "executed_quantity", "executed_price", "value", "fees")


def _share(value: float) -> str:
    return f"{value:.1%}"


def _number(value: float) -> str:
    return f"{value:,.6g}"


_FORMATS: dict[str, Format] = {
    **dict.fromkeys(("raw", "weight", "held"), _share),
    **dict.fromkeys(("target", "change", "asked", "accepted", "value"), usd),
    **dict.fromkeys(("signal", "planned_quantity", "executed_quantity", "executed_price", "fees"), _number),
    "flags": lambda flags: words(", ".join(flags)),
}


@click.command("cycle")
@source_argument
@click.argument("which", metavar="WHICH")
@json_option
def cycle_command(source: Path | str, which: str, *, as_json: bool) -> None:
    """Show one cycle of SOURCE: the decision, every pair, the trades, the strategy's own message.

    WHICH is the cycle's number, its time, `first` or `last`.

    Examples: alpha-model cycle state.json last; alpha-model cycle state.json 2026-01-05T08:00Z
    """
    history = one_cycle(opened(source), which)
    outcome = cycle_outcomes(history).iloc[0]
    decision = describe_decision(outcome, failed_counts(history)[0])
    signals, trades = cycle_signals(history), _trades(history)
    message = history.tables.cycles["message"][0].as_py()
    if as_json:
        facts = {"decision": decision, "cycle": history.cycles, "outcome": outcome.to_dict()}
        show_json({**facts, "signals": signals, "trades": trades, "message": message})
        return
    click.echo(f"Cycle {outcome['cycle']}. {decision}")
    if not signals.empty:
        click.echo()
        told = signals.assign(side=signals["pair_id"].map(_sides(history)))
        _show(told[list(_SIGNALS)].rename(columns=_SIGNALS))
    if not trades.empty:
        click.echo("\nTrades")
        _show(trades[list(_TRADES)])
    if message is not None:
        click.echo("\nThe strategy's message")
        click.echo("\n".join(plain_text(line) for line in message.splitlines()))


def _sides(history: History) -> dict[int, str]:
    """Of each pair `long`, `short` or how it turns; no pair at all where none is short, as then the word says nothing.

    The side is that of the signal; of a pair that is held and not wanted any more, that of what is held.
    """
    signals = history.signals
    signal = signals["signal_in_selection"].fillna(signals["signal"]).fillna(0.0)
    is_held = (signals[["old_value", "old_weight"]].fillna(0.0) != 0).any(axis="columns")
    found = {}
    for pair_id, number, there, held_short in zip(signals["pair_id"], signal, is_held, was_short(history), strict=True):
        held = _SIDES[bool(held_short)] if there else None
        wanted = _SIDES[number < 0] if number else None
        turns = held is not None and wanted is not None and held != wanted
        side = f"{held} to {wanted}" if turns else wanted or held
        if side is not None:
            found[int(pair_id)] = side
    return found if any("short" in side for side in found.values()) else {}


def _trades(history: History) -> pd.DataFrame:
    """The trades from this cycle to the next, with the names of their pairs."""
    names = dict(zip(history.pair_ids.tolist(), history.tables.pairs["ticker"].to_pylist(), strict=True))
    return history.trades.assign(pair=[names.get(pair_id, "") for pair_id in history.trades["pair_id"]])


def _show(frame: pd.DataFrame) -> None:
    """A table without the columns that are absent throughout."""
    show_table(frame[[name for name in frame.columns if says_something(frame[name])]], _FORMATS)
