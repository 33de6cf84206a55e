"""What is a table of cells before anybody knows what its columns mean, and how are its rows called?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from alpha_model.history.tables import Problems, coerce
from alpha_model.values import HistoryError

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

BLANK = frozenset({"", "nan", "na", "n/a", "null", "none", "nat", "<na>"})
"""What an empty cell says, in lower case."""

_FEW = 8
_LONGEST = 60
"""Characters of a column's name that is told as it is."""


def _row_name(row: int) -> str:
    return f"row {row + 1}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it was found.

    Args:
        name: Of the table, for people.
        frame: Its cells; every column has another name, a text.
        row_name: What a row, counted from 0, is called: `line 4` where a file has lines.
        has_commas: Its cells are not parted by commas, so that one may stand for the decimal point.
        written_at: When the file was last written, in microseconds, UTC; None where nobody knows.
        problems: What was left out, or is strange.
    """

    name: str
    frame: pd.DataFrame
    row_name: Callable[[int], str] = _row_name
    has_commas: bool = False
    written_at: int | None = None
    problems: Problems = field(default_factory=Problems)

    def having(self, frame: pd.DataFrame) -> Sheet:
        """The same rows with other columns."""
        return replace(self, frame=frame)

    def kept(self, keep: Flags) -> Sheet:
        """Some of the rows, which keep their names."""
        if keep.all():
            return self
        places, name = np.flatnonzero(keep), self.row_name
        return replace(self, frame=self.frame[keep].reset_index(drop=True), row_name=lambda row: name(int(places[row])))

    def note(self, message: str, column: str | None = None) -> None:
        """Say once how something was understood that could have been meant otherwise."""
        self.problems.add("odd", message, field=column)

    def refuse(self, column: str, bad: npt.ArrayLike, expected: str) -> None:
        """Raise a HistoryError where a cell of the column is bad, one flag a row."""
        places = np.flatnonzero(bad)
        if places.size:
            row = int(places[0])
            more = f" ({places.size - 1:,} more rows like this.)" if places.size > 1 else ""
            got = coerce.shown(self.frame[column].iloc[row])
            raise self.error(row, column, f"expected {expected}, got {got}. Correct it.{more}")

    def error(self, row: int, column: str, message: str) -> HistoryError:
        """What is wrong with a cell."""
        told = column if column.isprintable() and len(column) <= _LONGEST else coerce.shown(column)
        return HistoryError(
            f"{self.name}, {self.row_name(row)}, column {told}: {message}", path=self.name, row=row + 1, column=column
        )

    def no_weights(self, message: str) -> HistoryError:
        """Why it is no table of weights."""
        return HistoryError(f"{self.name} is no table of weights: {message}", columns=list(self.frame.columns))

    def told_columns(self) -> str:
        """The names of its first columns, for a message."""
        names = list(self.frame.columns)
        return ", ".join(map(coerce.shown, names[:_FEW])) + (", …" if len(names) > _FEW else "")


def sums_of(places: Places, values: npt.NDArray[Any], count: int) -> Numbers:
    """The sum of the values at each of so many places."""
    return np.bincount(places, values, count).astype(np.float64)


def is_blank(cells: pd.Series) -> Flags:
    """Which cells say nothing."""
    found = cells.isna().to_numpy(bool, copy=True)
    if pd.api.types.is_numeric_dtype(cells) or pd.api.types.is_datetime64_any_dtype(cells):
        return found
    return found | cells.astype("string").str.strip().str.lower().isin(BLANK).fillna(True).to_numpy(bool)  # noqa: FBT003
