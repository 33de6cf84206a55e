"""What do the cells of a weights table say? Each is checked; errors name the row and the column."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from alpha_model.errors import HistoryError
from alpha_model.history import coerce
from alpha_model.history.tidy_extra import BLANK
from alpha_model.units import Usd

Numbers = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ID = "pair_id"
NUMBER = "a finite number"
FIRST_TIME, LAST_TIME = pd.Timestamp("0001-01-01T00:00Z"), pd.Timestamp("9999-12-31T23:59:59.999999Z")

_LARGEST_ID = 1 << 53
"""Above it, not every whole number is one that a column of numbers can hold."""
_LONGEST = 60
"""Characters of a column's name that is told as it is."""
_MOST_LEVERAGE = 50.0
"""Gross weights of one time; a table of percentages has 100."""


class Rows:
    """The columns of a long table, each value checked; errors name the row and the column.

    Args:
        name: Of the table, for messages.
        frame: The table, with the columns `timestamp` and `pair`.
    """

    def __init__(self, name: str, frame: pd.DataFrame) -> None:
        self._name = name
        self._frame = frame

    def times(self) -> Times:
        """Microseconds, UTC."""
        column = self._frame["timestamp"]
        if pd.api.types.is_datetime64_any_dtype(column):
            found = pd.to_datetime(column, utc=True)
        else:
            seconds = pd.to_numeric(column, errors="coerce")
            text = column.where(seconds.isna(), None).astype("string").str.strip()
            found = pd.to_datetime(text, utc=True, errors="coerce", format="ISO8601")
            found = found.fillna(pd.to_datetime(seconds, unit="s", utc=True, errors="coerce"))
        self.refuse("timestamp", ~found.between(FIRST_TIME, LAST_TIME), "a time, as 2026-01-05 or 2026-01-05T08:00Z")
        return np.asarray(found.dt.as_unit("us").astype("int64"), dtype=np.int64)

    def tickers(self) -> list[str]:
        """Names of the pairs."""
        column = self._frame["pair"].astype("string").str.strip()
        self.refuse("pair", column.isna() | (column == ""), "the name of a pair")
        return [str(name) for name in column]

    def ids(self) -> list[int | None]:
        """The table's own ids, all or none."""
        if ID not in self._frame.columns:
            return [None] * len(self._frame)
        found = self.numbers(ID)
        bad = np.isnan(found) | (found != np.round(found)) | (np.abs(found) > _LARGEST_ID)
        self.refuse(ID, bad, "a whole number")
        return [int(value) for value in found]

    def numbers(self, column: str) -> Numbers:
        """The numbers of a column; NaN where it is blank."""
        found, bad = as_numbers(self._frame[column])
        self.refuse(column, bad, NUMBER)
        return found

    def check_unique(self, times: Times, tickers: list[str]) -> None:
        """A pair has one row a time."""
        twice = pd.DataFrame({"time": times, "pair": tickers}).duplicated()
        if twice.any():
            row = int(np.flatnonzero(twice)[0])
            when = coerce.iso(int(times[row]))
            raise self._error(row, "pair", f"{coerce.shown(tickers[row])} has a row of {when} already. Remove one.")

    def check_shares(self, times: Times, weights: Numbers) -> None:
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

    def one_equity(self, places: Times, column: Numbers | None) -> Usd | None:
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


def as_numbers(given: pd.Series) -> tuple[Numbers, Flags]:
    """The numbers of cells, NaN where one is blank, and which of them are neither blank nor finite."""
    found = np.array(pd.to_numeric(given, errors="coerce").astype("float64"), dtype=np.float64)
    bad, unknown = np.isinf(found), np.isnan(found)
    text = given[unknown].astype("string").str.strip().str.lower()
    bad[unknown] = ~(text.isna() | text.isin(BLANK)).to_numpy(bool)
    return found, bad
