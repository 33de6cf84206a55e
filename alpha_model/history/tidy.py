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
import numpy.typing as npt
import pandas as pd

from alpha_model.errors import HistoryError
from alpha_model.history import coerce
from alpha_model.history.address import is_uri, name_of
from alpha_model.history.assemble import Assembly
from alpha_model.history.history import History, Source
from alpha_model.history.opening import open_bytes, open_file
from alpha_model.history.spool import Progress, at_hand
from alpha_model.history.tidy_cycle import NUMBERS, TidyRow, tidy_snapshot
from alpha_model.history.tidy_extra import BLANK, extras_of
from alpha_model.history.tidy_file import columns_of
from alpha_model.history.tidy_limits import check_cells, check_unlike, check_weights
from alpha_model.units import Usd

TIME_NAMES = ("timestamp", "time", "date", "datetime")
PAIR_NAMES = ("pair", "ticker", "symbol", "asset")
TABLE_SUFFIXES = (".csv.gz", ".csv.zst", ".csv", ".parquet")
"""What a table file's name ends with, in capitals or not."""

_ID = "pair_id"
_NUMBER = "a finite number"
_LARGEST_ID = 1 << 53
"""Above it, not every whole number is one that a column of numbers can hold."""
_FIRST_TIME, _LAST_TIME = pd.Timestamp("0001-01-01T00:00Z"), pd.Timestamp("9999-12-31T23:59:59.999999Z")
_FEW = 8
_LONGEST = 60
"""Characters of a column's name that is told as it is."""
_MOST_LEVERAGE = 50.0
"""Gross weights of one time; a table of percentages has 100."""
_Numbers = npt.NDArray[np.float64]
_Times = npt.NDArray[np.int64]
_Flags = npt.NDArray[np.bool_]


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
    - `pair_id`: your own whole number for the pair. Other columns are kept as `extra` of the signal.

    Where the equity is known, so are the targets and changes in USD, and as such a table knows no threshold, every
    change counts as traded. Where it is not known, they are absent.

    Args:
        table: The file, by path or address, or a frame; a frame's DatetimeIndex is its time.
        strategy: The strategy's name.
        equity: USD that may be invested at every time, for a table that does not say.
        progress: Told the share that is done, 0...1.

    Raises:
        HistoryError: The file cannot be had, or a value not be read; the message names row and column.
    """
    if isinstance(table, pd.DataFrame):
        source = Source("the table", "weights table", strategy)
        return _history(_long(source.name, _with_times(table)), source, equity, progress)
    name = name_of(table)
    with at_hand(table) as path:
        size = path.stat().st_size if path.is_file() else None
        frame = columns_of(open_file(path, name=name if is_uri(table) else None), name)
    return _history(_long(name, _with_times(frame)), Source(name, "weights table", strategy, size), equity, progress)


def read_weights_bytes(data: bytes, name: str, *, max_bytes: int | None = None) -> History:
    """A history from the bytes of a table of weights, such as an upload; see `read_weights`. Nothing goes to disk.

    Args:
        data: The bytes of CSV, plain or compressed with gzip or zstd, or of Parquet.
        name: The file's name, for people.
        max_bytes: Most bytes that it may take in memory; None is no limit.

    Raises:
        HistoryError: It is no table of weights, or too large; the message names row and column where it can.
    """
    frame = _long(name, _with_times(columns_of(open_bytes(data, name, max_bytes), name, max_bytes)), max_bytes)
    return _history(frame, Source(name, "weights table", None, len(data)), max_bytes=max_bytes)


def _history(
    frame: pd.DataFrame,
    source: Source,
    equity: Usd | None = None,
    progress: Progress | None = None,
    max_bytes: int | None = None,
) -> History:
    """The history of a long table."""
    rows = _Rows(source.name, frame)
    times, tickers, ids = rows.times(), rows.tickers(), rows.ids()
    values = {column: rows.numbers(column) for column in NUMBERS if column in frame.columns}
    if equity is not None:
        values["equity"] = np.full(len(frame), float(equity))
    rows.check_unique(times, tickers)
    if "weight" in values:
        rows.check_shares(times, values["weight"])
    kept = [column for column in frame.columns if column not in (*NUMBERS, "timestamp", "pair", _ID)]
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


def _together(times: _Times) -> list[_Times]:
    """The rows of each time, in time order."""
    if not times.size:
        return []
    order = np.argsort(times, kind="stable").astype(np.int64)
    return np.split(order, np.flatnonzero(np.diff(times[order])) + 1)


class _Rows:
    """The columns of a long table, each value checked; errors name the row and the column.

    Args:
        name: Of the table, for messages.
        frame: The table, with the columns `timestamp` and `pair`.
    """

    def __init__(self, name: str, frame: pd.DataFrame) -> None:
        self._name = name
        self._frame = frame

    def times(self) -> _Times:
        """Microseconds, UTC."""
        column = self._frame["timestamp"]
        if pd.api.types.is_datetime64_any_dtype(column):
            found = pd.to_datetime(column, utc=True)
        else:
            seconds = pd.to_numeric(column, errors="coerce")
            text = column.where(seconds.isna(), None).astype("string").str.strip()
            found = pd.to_datetime(text, utc=True, errors="coerce", format="ISO8601")
            found = found.fillna(pd.to_datetime(seconds, unit="s", utc=True, errors="coerce"))
        self.refuse("timestamp", ~found.between(_FIRST_TIME, _LAST_TIME), "a time, as 2026-01-05 or 2026-01-05T08:00Z")
        return np.asarray(found.dt.as_unit("us").astype("int64"), dtype=np.int64)

    def tickers(self) -> list[str]:
        """Names of the pairs."""
        column = self._frame["pair"].astype("string").str.strip()
        self.refuse("pair", column.isna() | (column == ""), "the name of a pair")
        return [str(name) for name in column]

    def ids(self) -> list[int | None]:
        """The table's own ids, all or none."""
        if _ID not in self._frame.columns:
            return [None] * len(self._frame)
        found = self.numbers(_ID)
        bad = np.isnan(found) | (found != np.round(found)) | (np.abs(found) > _LARGEST_ID)
        self.refuse(_ID, bad, "a whole number")
        return [int(value) for value in found]

    def numbers(self, column: str) -> _Numbers:
        """The numbers of a column; NaN where it is blank."""
        found, bad = _as_numbers(self._frame[column])
        self.refuse(column, bad, _NUMBER)
        return found

    def check_unique(self, times: _Times, tickers: list[str]) -> None:
        """A pair has one row a time."""
        twice = pd.DataFrame({"time": times, "pair": tickers}).duplicated()
        if twice.any():
            row = int(np.flatnonzero(twice)[0])
            when = coerce.iso(int(times[row]))
            raise self._error(row, "pair", f"{coerce.shown(tickers[row])} has a row of {when} already. Remove one.")

    def check_shares(self, times: _Times, weights: _Numbers) -> None:
        """Refuse prices and percentages: no portfolio holds that many times its equity in most of its cycles."""
        moments, place = np.unique(times, return_inverse=True)
        sums = np.bincount(place, np.abs(np.nan_to_num(weights)), minlength=len(moments))
        if sums.any() and np.median(sums[sums > 0]) > _MOST_LEVERAGE:
            first = int(np.flatnonzero(sums > _MOST_LEVERAGE)[0])
            raise HistoryError(
                f"{self._name} is no table of weights: a weight is a share of equity, where 1 is all of it, got a sum "
                f"of {sums[first]:,.6g} at {coerce.iso(int(moments[first]))}. Divide percentages by 100; prices are no "
                "weights.",
                weight_sum=float(sums[first]),
            )

    def one_equity(self, places: _Times, column: _Numbers | None) -> Usd | None:
        """The equity of a time, which its rows must agree on."""
        found = np.array([]) if column is None else column[places]
        known = np.flatnonzero(~np.isnan(found))
        if not known.size:
            return None
        first = float(found[known[0]])
        for place in known:
            if found[place] != first:
                message = f"the rows of one time have one equity, got {found[place]:,.2f} after {first:,.2f}."
                raise self._error(int(places[place]), "equity", message)
        return first

    def refuse(self, column: str, bad: npt.ArrayLike, expected: str) -> None:
        """Raise a HistoryError where a cell of the column is bad, one flag a row."""
        places = np.flatnonzero(bad)
        if places.size:
            row = int(places[0])
            got = self._frame[column].iloc[row]
            more = f" ({places.size - 1:,} more rows like this.)" if places.size > 1 else ""
            raise self._error(row, column, f"expected {expected}, got {coerce.shown(got)}. Correct it.{more}")

    def _error(self, row: int, column: str, message: str) -> HistoryError:
        told = column if column.isprintable() and len(column) <= _LONGEST else coerce.shown(column)
        return HistoryError(f"{self._name}, row {row + 1}, column {told}: {message}", row=row + 1, column=column)


def _with_times(frame: pd.DataFrame) -> pd.DataFrame:
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
            if not known.between(_FIRST_TIME + day, _LAST_TIME - day).all():
                plain[str(column)] = frame[column].dt.tz_convert(None)
    return frame.assign(**plain)


def _long(name: str, frame: pd.DataFrame, max_bytes: int | None = None) -> pd.DataFrame:
    """The table in the long layout, its columns under our names."""
    names = [str(column).strip() for column in frame.columns]
    check_unlike(names, name)
    frame = _with_clocks(frame.set_axis(names, axis=1))
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
        if not others or {column.lower() for column in others} & {*NUMBERS, _ID}:
            raise HistoryError(
                f"{name} is no table of weights: it has no column of pairs, its columns are {_told(names)}. "
                f"Name one of them {', '.join(PAIR_NAMES)}, or give the weights of each pair in a column of its own.",
                columns=names,
            )
        return _melted(name, frame.rename(columns={time: "timestamp"}), others, max_bytes)
    known = {lower[column]: column for column in (*NUMBERS, _ID) if column in lower}
    found = frame.rename(columns={**known, time: "timestamp", pair: "pair"})
    check_unlike(list(found.columns), name)
    if not {"weight", "signal"} & set(found.columns):
        raise HistoryError(
            f"{name} is no table of weights: it has neither a column weight nor a column signal, its columns are "
            f"{_told(names)}. Add one of them.",
            columns=names,
        )
    return found


def _told(columns: list[str]) -> str:
    more = ", …" if len(columns) > _FEW else ""
    return ", ".join(map(coerce.shown, columns[:_FEW])) + more


def _melted(name: str, frame: pd.DataFrame, pairs: list[str], max_bytes: int | None) -> pd.DataFrame:
    """A wide table as a long one; blank cells are left out, and every time keeps a row."""
    check_cells(len(frame), len(pairs), name, max_bytes)
    cells = pd.concat([frame[pair] for pair in pairs], ignore_index=True)
    weights, bad = (found.reshape(len(pairs), len(frame)) for found in _as_numbers(cells))
    for first in np.flatnonzero(bad.any(axis=1)):
        _Rows(name, frame).refuse(pairs[first], bad[first], _NUMBER)
    weights[:, np.isnan(weights).all(axis=0)] = 0.0
    place, row = np.nonzero(~np.isnan(weights))
    check_weights(len(row), name, max_bytes)
    times = frame["timestamp"].take(row).reset_index(drop=True)
    return pd.DataFrame(
        {"timestamp": times, "pair": np.array(pairs, dtype=object)[place], "weight": weights[place, row]}
    )


def _as_numbers(given: pd.Series) -> tuple[_Numbers, _Flags]:
    """The numbers of cells, NaN where one is blank, and which of them are neither blank nor finite."""
    found = np.array(pd.to_numeric(given, errors="coerce").astype("float64"), dtype=np.float64)
    bad, unknown = np.isinf(found), np.isnan(found)
    text = given[unknown].astype("string").str.strip().str.lower()
    bad[unknown] = ~(text.isna() | text.isin(BLANK)).to_numpy(bool)
    return found, bad


def _known(number: np.float64) -> float | None:
    return None if np.isnan(number) else float(number)
