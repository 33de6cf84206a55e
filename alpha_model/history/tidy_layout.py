"""Which column of a weights table is the time, which the pair? A wide table is laid out as a long one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.errors import HistoryError
from alpha_model.history import coerce
from alpha_model.history.tidy_cycle import NUMBERS
from alpha_model.history.tidy_limits import check_cells, check_unlike, check_weights
from alpha_model.history.tidy_rows import FIRST_TIME, ID, LAST_TIME, NUMBER, Rows, as_numbers

TIME_NAMES = ("timestamp", "time", "date", "datetime")
PAIR_NAMES = ("pair", "ticker", "symbol", "asset")

_FEW = 8


def with_times(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with its index as a column, where that is a time."""
    if isinstance(frame.index, pd.DatetimeIndex):
        return frame.rename_axis(index="timestamp").reset_index()
    return frame.reset_index(drop=True)


def _with_clocks(frame: pd.DataFrame) -> pd.DataFrame:
    """The table, where each time can be told; one beyond all calendars cannot in a time zone, so its column is UTC."""
    day = pd.Timedelta(days=1)
    plain = {}
    for column, kind in frame.dtypes.items():
        if isinstance(kind, pd.DatetimeTZDtype):
            known = frame[column].dropna()
            if not known.between(FIRST_TIME + day, LAST_TIME - day).all():
                plain[str(column)] = frame[column].dt.tz_convert(None)
    return frame.assign(**plain)


def long_table(name: str, frame: pd.DataFrame, max_bytes: int | None = None) -> pd.DataFrame:
    """The table in the long layout, its columns under our names."""
    frame = _named(name, frame.set_axis([str(column).strip() for column in frame.columns], axis=1))
    names = list(frame.columns)
    check_unlike(names, name)
    frame = _with_clocks(frame)
    lower = {column.lower(): column for column in reversed(names)}
    time = next((lower[known] for known in TIME_NAMES if known in lower), None)
    if time is None:
        raise HistoryError(
            f"{name} is no table of weights: it has no column of times, its columns are {_told(names)}. "
            f"Name one of them {', '.join(TIME_NAMES)}.",
            columns=names,
        )
    pair = next((lower[known] for known in PAIR_NAMES if known in lower), None)
    if pair is None:
        others = [column for column in names if column != time]
        if not others or {column.lower() for column in others} & {*NUMBERS, ID}:
            raise HistoryError(
                f"{name} is no table of weights: it has no column of pairs, its columns are {_told(names)}. "
                f"Name one of them {', '.join(PAIR_NAMES)}, or give the weights of each pair in a column of its own.",
                columns=names,
            )
        return _melted(name, frame.rename(columns={time: "timestamp"}), others, max_bytes)
    known = {lower[column]: column for column in (*NUMBERS, ID) if column in lower}
    found = frame.rename(columns={**known, time: "timestamp", pair: "pair"})
    check_unlike(list(found.columns), name)
    if not {"weight", "signal"} & set(found.columns):
        raise HistoryError(
            f"{name} is no table of weights: it has neither a column weight nor a column signal, its columns are "
            f"{_told(names)}. Add one of them.",
            columns=names,
        )
    return found


def _named(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The table without a first column that has no name and only counts the rows; no other may be without a name."""
    if len(frame.columns) and not frame.columns[0] and _counts(frame.iloc[:, 0]):
        return _all_named(name, frame.iloc[:, 1:], 2)
    return _all_named(name, frame, 1)


def _all_named(name: str, frame: pd.DataFrame, first: int) -> pd.DataFrame:
    for place, column in enumerate(frame.columns, first):
        if not column:
            raise HistoryError(
                f"{name}, column {place}: it has no name. Name it, or, where it is only the index of a pandas frame, "
                "write the table with index=False.",
                column=place,
            )
    return frame


def _counts(column: pd.Series) -> bool:
    """Does a column only count the rows, from 0 or from 1?"""
    found, rows = as_numbers(column)[0], np.arange(len(column))
    return bool((found == rows).all() or (found == rows + 1).all())


def _told(columns: list[str]) -> str:
    more = ", …" if len(columns) > _FEW else ""
    return ", ".join(map(coerce.shown, columns[:_FEW])) + more


def _melted(name: str, frame: pd.DataFrame, pairs: list[str], max_bytes: int | None) -> pd.DataFrame:
    """A wide table as a long one; blank cells are left out, and every time keeps a row."""
    check_cells(len(frame), len(pairs), name, max_bytes)
    cells = pd.concat([frame[pair] for pair in pairs], ignore_index=True)
    weights, bad = (found.reshape(len(pairs), len(frame)) for found in as_numbers(cells))
    for first in np.flatnonzero(bad.any(axis=1)):
        Rows(name, frame).refuse(pairs[first], bad[first], NUMBER)
    weights[:, np.isnan(weights).all(axis=0)] = 0.0
    place, row = np.nonzero(~np.isnan(weights))
    check_weights(len(row), name, max_bytes)
    times = frame["timestamp"].take(row).reset_index(drop=True)
    return pd.DataFrame(
        {"timestamp": times, "pair": np.array(pairs, dtype=object)[place], "weight": weights[place, row]}
    )
