"""How do the rows of a frame read on paper? Numbers with their unit, UTC times, a dash for what is absent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd

from dashboard.text import humanised, share

ROWS = 2_000
"""The most rows of one table; a browser lays out more only slowly."""
ABSENT = "–"

Format: TypeAlias = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value.

    Args:
        text: What is read; strangers' words as they are.
        order: What the column is sorted by: the number itself, or the text; empty where there is none.
    """

    text: str
    order: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Args:
        title: Its heading.
        numeric: Is it a number, and stands to the right?
        wide: Is it a sentence?
    """

    title: str
    numeric: bool
    wide: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a report.

    Args:
        columns: From left to right.
        rows: Of cells, as many as there are columns.
        note: What was left out; empty when nothing was.
    """

    columns: list[Column]
    rows: list[list[Cell]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Show:
    """How one column of a frame is shown.

    Args:
        title: Its heading.
        form: How a value is written; None for text.
        wide: Is it a sentence?
    """

    title: str
    form: Format | None = None
    wide: bool = False


def dollars(amount: float) -> str:
    """To the cent: -$26,351.52."""
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def number(value: float) -> str:
    """Six digits: 1,191.62; whole numbers in full."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.6g}"


def utc_time(time: pd.Timestamp) -> str:
    """2026-01-05 00:00."""
    return f"{time:%Y-%m-%d %H:%M}"


def percent(value: float) -> str:
    """A share: 3.1 %."""
    return share(value)


def table_of(frame: pd.DataFrame, shows: Mapping[str, Show], limit: int = ROWS) -> Table:
    """The frame's columns that are named and have a value, its first rows.

    Args:
        frame: One row a line.
        shows: How each column is shown, from left to right; others are left out.
        limit: The most rows.
    """
    names = [name for name in shows if name in frame.columns and frame[name].notna().any()]
    top = frame.head(limit)
    numeric = [_is_number(frame[name]) for name in names]
    columns = [
        Column(shows[name].title, is_number, shows[name].wide) for name, is_number in zip(names, numeric, strict=True)
    ]
    shown = [
        [_cell(value, shows[name].form, is_number) for value in top[name]]
        for name, is_number in zip(names, numeric, strict=True)
    ]
    left_out = f"The first {len(top):,} of {len(frame):,} rows; `alpha-model export` writes them all."
    return Table(columns, [list(row) for row in zip(*shown, strict=True)], left_out if len(frame) > len(top) else "")


def numbers_of(frame: pd.DataFrame) -> Table:
    """Any frame that a chart draws, column by column."""
    flat = frame.reset_index() if frame.index.name or isinstance(frame.index, pd.DatetimeIndex) else frame
    flat = flat.rename(columns=str)
    return table_of(flat, {name: Show(humanised(name), _form_of(flat[name])) for name in flat.columns})


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _form_of(column: pd.Series) -> Format | None:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return utc_time
    if not _is_number(column):
        return None
    name = str(column.name)
    return dollars if name == "usd" or name.endswith("_usd") else number


def _cell(value: Any, form: Format | None, is_number: bool) -> Cell:  # noqa: FBT001 - a column's property
    if isinstance(value, (list, tuple)):
        words = ", ".join(map(_word, value))
        return Cell(words or ABSENT, words)
    if value is None or pd.isna(value):
        return Cell(ABSENT, "")
    text = str(value) if form is None else form(value)
    return Cell(text, repr(float(value)) if is_number else text)


def _word(value: Any) -> str:
    """An item of a list; the funnel's are how many, and why."""
    parts = value if isinstance(value, (list, tuple)) else [value]
    return " ".join(humanised(str(part)) for part in parts)
