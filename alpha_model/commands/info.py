"""What is in this history?"""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd

from alpha_model.commands.output import json_option, plain_text, show_json
from alpha_model.history import read_history


@click.command("info")
@click.argument("source", type=click.Path(path_type=Path))
@json_option
def info_command(source: Path, *, as_json: bool) -> None:
    """Say what SOURCE is and what is in it.

    Example: alpha-model info state.json
    """
    history = read_history(source)
    facts = {
        "name": history.source.name,
        "kind": history.source.kind,
        "strategy": history.source.strategy,
        "cycles": len(history),
        "pairs": len(history.pair_ids),
        "first": None if not len(history) else history.timestamps[0],
        "last": None if not len(history) else history.timestamps[-1],
        "trades": history.tables.trades.num_rows,
        "equity_points": history.tables.equity.num_rows,
        "problems": history.tables.problems.num_rows,
    }
    if as_json:
        show_json(facts)
        return
    for name, value in facts.items():
        shown = f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, pd.Timestamp) else "–" if value is None else value
        click.echo(f"{name.replace('_', ' '):14} {plain_text(str(shown))}")
