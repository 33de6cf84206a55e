"""How does a command show its answer, to a person or to a machine?

Words from files are written by strangers: they reach the terminal as plain text, never as markup or control codes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, Literal

import click
import numpy as np
import pandas as pd
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from alpha_model.values import plain_text

__all__ = ["Format", "json_option", "plain_text", "says_something", "show_json", "show_table"]

Format = Callable[[Any], str]
"""How a person reads a value."""

_NEVER_FOLDED = 24
"""Columns of no longer texts stay on one line, however narrow the terminal."""

_PIPE_WIDTH = 10_000
"""What is read by another program has one line a row."""

json_option = click.option("--json", "as_json", is_flag=True, help="JSON for machines: all rows, nothing rounded.")
"""The option of every command that answers with data."""


def show_table(frame: pd.DataFrame, formats: Mapping[str, Format] | None = None) -> None:
    """Print a frame for people.

    Args:
        frame: One row a line; columns are shown in their order.
        formats: How to read a column; others are shown as their text. Absent values are a dash.

    A terminal that is too narrow wraps lines; numbers and short words are never cut.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    shown = [[_text(value, (formats or {}).get(name)) for value in frame[name]] for name in frame.columns]
    for name, texts in zip(frame.columns, shown, strict=True):
        is_number = pd.api.types.is_numeric_dtype(frame[name])
        is_short = is_number or max(map(len, texts), default=0) <= _NEVER_FOLDED
        justify: Literal["left", "right"] = "right" if is_number else "left"
        widest = max(map(cell_len, [str(name), *texts]))
        least = widest if is_short else min(widest, _NEVER_FOLDED)
        table.add_column(Text(str(name)), justify=justify, overflow="fold", no_wrap=is_short, min_width=least)
    for row in zip(*shown, strict=True):
        table.add_row(*map(Text, row))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    least = Measurement.get(console, console.options.update(max_width=_PIPE_WIDTH), table).minimum
    console.width = max(console.width, least)
    console.print(table, crop=False)


def says_something(column: pd.Series) -> bool:
    """Is there anything in the column but absent values and empty lists?"""
    return any(bool(value) if isinstance(value, list) else not _is_absent(value) for value in column)


def show_json(value: Any) -> None:
    """Print a value as JSON: frames as a list of rows, times as ISO 8601, absent numbers as null."""
    click.echo(json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, indent=1))


def _text(value: Any, form: Format | None) -> str:
    if _is_absent(value):
        return "–"
    return plain_text(form(value) if form else ", ".join(value) if isinstance(value, list) else str(value))


def _plain(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        return [_plain(row) for row in value.to_dict("records")]
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if _is_absent(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat().replace("+00:00", "Z")
    return value.item() if isinstance(value, np.generic) else value


def _is_absent(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and pd.isna(value))
