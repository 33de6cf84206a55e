"""Why did the strategy decide what it decided in this cycle?"""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd

from alpha_model.analysis import cycle_outcomes, cycle_signals, pair_labels
from alpha_model.analysis.explain import describe_decision
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
    decision = describe_decision(outcome)
    signals, trades = cycle_signals(history), _trades(history)
    message = history.tables.cycles["message"][0].as_py()
    if as_json:
        facts = {"decision": decision, "cycle": history.cycles, "outcome": outcome.to_dict()}
        show_json({**facts, "signals": signals, "trades": trades, "message": message})
        return
    click.echo(f"Cycle {outcome['cycle']}. {decision}")
    if not signals.empty:
        click.echo()
        _show(_told(signals))
    if not trades.empty:
        click.echo("\nTrades")
        _show(trades[list(_TRADES)])
    if message is not None:
        click.echo("\nThe strategy's message")
        click.echo("\n".join(plain_text(line) for line in message.splitlines()))


def _told(signals: pd.DataFrame) -> pd.DataFrame:
    """The columns that are shown; the side only where a pair is short, as otherwise the word says nothing."""
    has_short = any("short" in side for side in signals["side"].dropna())
    return signals[[name for name in _SIGNALS if name != "side" or has_short]].rename(columns=_SIGNALS)


def _trades(history: History) -> pd.DataFrame:
    """The trades from this cycle to the next, with the names of their pairs."""
    names = pair_labels(history)
    return history.trades.assign(pair=[names.get(pair_id, "") for pair_id in history.trades["pair_id"]])


def _show(frame: pd.DataFrame) -> None:
    """A table without the columns that are absent throughout."""
    show_table(frame[[name for name in frame.columns if says_something(frame[name])]], _FORMATS)
