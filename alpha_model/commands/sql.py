"""What does SQL say about a dataset?"""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal
from typing import Any

import click
import pandas as pd
import pyarrow as pa

from alpha_model.commands.output import json_option, plain_text, show_json, show_table
from alpha_model.history import QueryLimits, query_dataset


@click.command("sql")
@click.argument("query")
@click.argument("dataset")
@click.option("--rows", default=50, show_default=True, help="How many rows to show people; --json gives all.")
@click.option("--seconds", default=QueryLimits().seconds, show_default=True, help="How long the query may take.")
@click.option("--megabytes", default=QueryLimits().megabytes, show_default=True, help="How much memory it may take.")
@json_option
def sql_command(query: str, dataset: str, rows: int, seconds: float, megabytes: int, *, as_json: bool) -> None:
    """Answer QUERY, one SELECT in DuckDB's dialect, from DATASET.

    Tables: cycles, signals, pairs, trades, equity, messages and flags; superseded_cycles, superseded_signals and
    superseded_trades. Each has the columns strategy and month. The query can read nothing but the dataset, and change
    nothing.

    Example: alpha-model sql "select month, sum(value) from trades group by month order by month" histories
    """
    answer = query_dataset(dataset, query, QueryLimits(seconds, megabytes))
    if as_json:
        columns = _columns(answer)
        show_json([dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)])
        return
    columns = _columns(answer.slice(0, rows))
    frame = pd.DataFrame({name: pd.Series(values, dtype=_dtype(values)) for name, values in columns.items()})
    show_table(frame, {name: _number for name in frame.columns if frame[name].dtype == "float64"})
    if answer.num_rows > rows:
        click.echo(f"… and {answer.num_rows - rows:,} rows more; see --rows and --json.")


def _columns(answer: pa.Table) -> dict[str, list[Any]]:
    """The answer by column, in JSON's types; of columns with one name each has its own."""
    found: dict[str, list[Any]] = {}
    for place, name in enumerate(answer.column_names):
        own = plain_text(name) if name not in found else f"{plain_text(name)} ({place + 1})"
        found[own] = [_plain(value) for value in answer.column(place).to_pylist()]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _dtype(values: list[Any]) -> str:
    kinds = {type(value) for value in values if value is not None}
    return "Int64" if kinds == {int} else "float64" if kinds and kinds <= {int, float} else "object"


def _number(value: float) -> str:
    return f"{value:,.10g}"
