"""How do users of any other back-tester come in? By a plain table of weights.

Two layouts, as CSV, Parquet or a pandas frame:

*long*, one row a time and pair::

    timestamp,pair,weight,signal,price,equity
    2026-01-05,AAPL,0.6,1.2,190.5,10000
    2026-01-05,MSFT,0.4,0.8,410.0,10000

*wide*, one row a time, one column a pair, the weights in the cells::

    timestamp,AAPL,MSFT
    2026-01-05,0.6,0.4
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from alpha_model.history.address import is_uri, name_of
from alpha_model.history.assemble import Assembly
from alpha_model.history.history import History, Source
from alpha_model.history.opening import open_bytes, open_file
from alpha_model.history.spool import Progress, at_hand
from alpha_model.history.tidy_cycle import NUMBERS, TidyRow, tidy_snapshot
from alpha_model.history.tidy_extra import extras_of
from alpha_model.history.tidy_file import columns_of
from alpha_model.history.tidy_layout import long_table, with_times
from alpha_model.history.tidy_limits import check_rows
from alpha_model.history.tidy_rows import ID, Rows, Times
from alpha_model.units import Usd

TABLE_SUFFIXES = (".csv.gz", ".csv.zst", ".csv", ".parquet")
"""What a table file's name ends with, in capitals or not."""


def is_table(source: Path | str) -> bool:
    """Is this the path or address of a table file, by its name?"""
    return is_table_name(name_of(source))


def is_table_name(name: str) -> bool:
    """Is a file of this name a table file?"""
    return name.lower().endswith(TABLE_SUFFIXES)


def read_weights(
    table: Path | str | pd.DataFrame,
    *,
    strategy: str | None = None,
    equity: Usd | None = None,
    progress: Progress | None = None,
) -> History:
    """A history from a table of weights.

    Columns: a time (`timestamp`, `time`, `date` or `datetime`: ISO 8601, UTC unless it says otherwise, or UNIX
    seconds); a pair (`pair`, `ticker`, `symbol` or `asset`) in the long layout; and of these numbers at least `weight`
    or `signal`:

    - `weight`: share of equity wanted, negative for a short; `signal`: what it came from, else the weight itself;
    - `raw_weight`: before normalising, else the weight; `old_weight`: held before, else the weight wanted last time;
    - `price`: USD; `value`: USD held before; `equity`: USD that may be invested, the same for all rows of a time;
    - `pair_id`: your own whole number for the pair. Other columns are kept as `extra` of the signal, but for a first
      one without a name that only counts the rows, the index of a pandas frame.

    Where the equity is known, so are the targets and changes in USD, and as such a table knows no threshold, every
    change counts as traded. Where it is not known, they are absent.

    Args:
        table: The file, by path or address, or a frame; a frame's DatetimeIndex is its time.
        strategy: The strategy's name.
        equity: USD that may be invested at every time, for a table that does not say.
        progress: Told the share that is done, 0...1.

    Raises:
        HistoryError: The file cannot be had, has no rows, or a value cannot be read; the message names row and column.
    """
    if isinstance(table, pd.DataFrame):
        source = Source("the table", "weights table", strategy)
        return _history(long_table(source.name, with_times(table)), source, equity, progress)
    name = name_of(table)
    with at_hand(table) as path:
        size = path.stat().st_size if path.is_file() else None
        frame = columns_of(open_file(path, name=name if is_uri(table) else None), name)
    return _history(
        long_table(name, with_times(frame)), Source(name, "weights table", strategy, size), equity, progress
    )


def read_weights_bytes(data: bytes, name: str, *, max_bytes: int | None = None) -> History:
    """A history from the bytes of a table of weights, such as an upload; see `read_weights`. Nothing goes to disk.

    Args:
        data: The bytes of CSV, plain or compressed with gzip or zstd, or of Parquet.
        name: The file's name, for people.
        max_bytes: Most bytes that it may take in memory; None is no limit.

    Raises:
        HistoryError: It is no table of weights, or too large; the message names row and column where it can.
    """
    frame = long_table(name, with_times(columns_of(open_bytes(data, name, max_bytes), name, max_bytes)), max_bytes)
    return _history(frame, Source(name, "weights table", None, len(data)), max_bytes=max_bytes)


def _history(
    frame: pd.DataFrame,
    source: Source,
    equity: Usd | None = None,
    progress: Progress | None = None,
    max_bytes: int | None = None,
) -> History:
    """The history of a long table."""
    check_rows(len(frame), source.name)
    rows = Rows(source.name, frame)
    times, tickers, ids = rows.times(), rows.tickers(), rows.ids()
    values = {column: rows.numbers(column) for column in NUMBERS if column in frame.columns}
    if equity is not None:
        values["equity"] = np.full(len(frame), float(equity))
    rows.check_unique(times, tickers)
    if "weight" in values:
        rows.check_shares(times, values["weight"])
    kept = [column for column in frame.columns if column not in (*NUMBERS, "timestamp", "pair", ID)]
    extras = extras_of(frame[kept], source.name, max_bytes)

    assembly = Assembly()
    before: Mapping[str, TidyRow] = {}
    done = 0
    for places in _together(times):
        cycle = {
            tickers[place]: TidyRow(
                tickers[place],
                ids[place],
                extras[place],
                {column: _known(numbers[place]) for column, numbers in values.items()},
            )
            for place in places
        }
        money = rows.one_equity(places, values.get("equity"))
        when = int(times[places[0]])
        point = {"total_equity": money} if money is not None and equity is None else None
        snapshot = tidy_snapshot(cycle, before, when, money)
        assembly.add_cycle(snapshot, when, source="weights table", equity=point)
        before = {ticker: row for ticker, row in cycle.items() if row.numbers.get("weight")}
        done += len(places)
        if progress is not None:
            progress(done / len(times))
    return assembly.finish(source)


def _together(times: Times) -> list[Times]:
    """The rows of each time, in time order."""
    if not times.size:
        return []
    order = np.argsort(times, kind="stable").astype(np.int64)
    return np.split(order, np.flatnonzero(np.diff(times[order])) + 1)


def _known(number: np.float64) -> float | None:
    return None if np.isnan(number) else float(number)
