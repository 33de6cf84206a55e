"""How does a table become one row a time and pair, whatever its layout?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from alpha_model.history.weights_table.cycle import NUMBERS
from alpha_model.history.weights_table.limits import check_cells, check_weights
from alpha_model.history.weights_table.names import MOST_OPEN, PAIR_NAMES, are_orders, plain_names, says_percent
from alpha_model.history.weights_table.numbers import EXPECTED, as_numbers, has_decimal_comma, has_money
from alpha_model.history.weights_table.roles import Roles
from alpha_model.history.weights_table.sheet import Flags, Numbers, Places, Sheet
from alpha_model.history.weights_table.sides import sides_of
from alpha_model.values import HistoryError

ID = "pair_id"


@dataclass(frozen=True, slots=True)
class Long:
    """A table in the long layout.

    Args:
        sheet: The table as it was found.
        rows: Of each row here its row there.
        times: Microseconds, UTC.
        pairs: Names of pairs, as they stand in the table.
        plain: Of each name the ticker.
        numbers: By what they are (`NUMBERS`, `pair_id`, later `cash`); NaN where a cell is blank.
        columns: The table's own name of each of them; without `weight` in a wide table, where that is the pair's.
        is_money: The weights are said to be amounts of USD.
        is_percent: The weights are said to be percentages.
        knows_equity: The equity is that of the account, not only of what was open.
        all_cash: Times at which nothing but cash is held.
    """

    sheet: Sheet
    rows: Places
    times: Places
    pairs: npt.NDArray[np.object_]
    plain: dict[str, str]
    numbers: dict[str, Numbers]
    columns: dict[str, str]
    is_money: bool = False
    is_percent: bool = False
    knows_equity: bool = True
    all_cash: frozenset[int] = frozenset()

    def kept(self, keep: Flags) -> Long:
        """Some of the rows."""
        numbers = {role: found[keep] for role, found in self.numbers.items()}
        return replace(self, rows=self.rows[keep], times=self.times[keep], pairs=self.pairs[keep], numbers=numbers)

    def having(self, **numbers: Numbers) -> Long:
        """The same rows with other numbers."""
        return replace(self, numbers={**self.numbers, **numbers})

    def moments(self) -> tuple[Places, Places]:
        """The times that occur, in order, and of each row the place of its time among them."""
        times, places = np.unique(self.times, return_inverse=True)
        return times, places.astype(np.int64)

    def first(self, flags: Flags) -> int:
        """Of the rows with a flag the one that the table has first."""
        places = np.flatnonzero(flags)
        return int(places[np.argmin(self.rows[places])])

    def error(self, place: int, role: str, message: str) -> HistoryError:
        """What is wrong in a row, in the words of the table."""
        column = self.columns.get(role, self.pairs[place] if role == "weight" else role)
        return self.sheet.error(int(self.rows[place]), column, message)


def long_form(roles: Roles, max_bytes: int | None = None) -> Long:
    """The table in the long layout, each cell checked.

    Raises:
        HistoryError: A cell cannot be read, or the columns are not those of a table of weights.
    """
    roles.sheet.refuse(roles.times[0], roles.moments.bad, roles.moments.expected)
    if roles.pair is None:
        return _of_wide(roles, max_bytes)
    return _of_long(roles, roles.pair)


def _of_long(roles: Roles, pair: str) -> Long:
    columns, is_money = _weights(roles)
    if not {"weight", "signal"} & set(columns):
        raise roles.sheet.no_weights(
            f"it has neither a column weight nor a column signal, its columns are {roles.sheet.told_columns()}. "
            "Add one of them."
        )
    frame, names = roles.sheet.frame, roles.sheet.frame[pair].astype("string").str.strip()
    roles.sheet.refuse(pair, is_blank_name(names), "the name of a pair")
    known = {role: column for role, column in columns.items() if role in (*NUMBERS, ID, MOST_OPEN)}
    has_comma = has_decimal_comma(roles.sheet, list(known.values()))
    numbers = {role: _numbers(roles.sheet, column, has_comma=has_comma) for role, column in known.items()}
    if "side" in columns and "weight" in numbers:
        numbers["weight"] = _signed(roles.sheet, columns["side"], numbers["weight"])
    return Long(
        roles.sheet,
        np.arange(len(frame)),
        roles.moments.micros,
        names.to_numpy(object),
        plain_names(names.unique().tolist()),
        numbers,
        known,
        is_money or ("weight" in known and has_money(frame[known["weight"]])),
        "weight" in known and says_percent(known["weight"]),
    )


def is_blank_name(names: pd.Series) -> Flags:
    """Which pairs have no name; one may be called NA."""
    return (names.isna() | (names == "")).to_numpy(bool)


def _weights(roles: Roles) -> tuple[dict[str, str], bool]:
    """The columns by what they are, and whether the weights are amounts: of those only one column is needed."""
    columns, names = dict(roles.numbers), list(roles.sheet.frame.columns)
    if {"weight", "signal"} & set(columns):
        return columns, False
    amount = columns.pop("amount", None) or columns.pop("value", None)
    if amount is not None and are_orders(names):
        raise roles.sheet.no_weights(
            f"its columns are those of orders, {roles.sheet.told_columns()}. Write what is held or wanted at each time."
        )
    return columns if amount is None else {**columns, "weight": amount}, amount is not None


def _numbers(sheet: Sheet, column: str, *, has_comma: bool) -> Numbers:
    found, bad = as_numbers(sheet.frame[column], has_decimal_comma=has_comma)
    sheet.refuse(column, bad, EXPECTED)
    return found


def _signed(sheet: Sheet, column: str, weights: Numbers) -> Numbers:
    """Weights of a table that tells the side of each in a column of its own; signs that are there already stay."""
    sides = sides_of(sheet.frame[column])
    if np.isnan(sides).any() or (weights < 0).any() or not (sides < 0).any():
        return weights
    sheet.note("the weights have the sides that this column says", column)
    return np.where(sides < 0, -weights, weights)


def _leave_out_times(roles: Roles) -> None:
    for column in roles.more_times:
        roles.sheet.note("the column is called a time, so it is no pair; another one is the time here", column)


def _of_wide(roles: Roles, max_bytes: int | None) -> Long:
    sheet, frame = roles.sheet, roles.sheet.frame
    equity = roles.numbers.get("equity")
    _leave_out_times(roles)
    pairs = [column for column in frame.columns if column not in (*roles.times, *roles.more_times, equity)]
    if not pairs or {column.lower() for column in pairs} & {*NUMBERS, ID}:
        raise sheet.no_weights(
            f"it has no column of pairs, its columns are {sheet.told_columns()}. "
            f"Name one of them {', '.join(PAIR_NAMES)}, or give the weights of each pair in a column of its own."
        )
    check_cells(len(frame), len(pairs), sheet.name, max_bytes)
    has_comma = has_decimal_comma(sheet, pairs)
    cells = pd.concat([frame[pair] for pair in pairs], ignore_index=True)
    found, odd = as_numbers(cells, has_decimal_comma=has_comma)
    weights, bad = found.reshape(len(pairs), len(frame)), odd.reshape(len(pairs), len(frame))
    for first in np.flatnonzero(bad.any(axis=1)):
        sheet.refuse(pairs[first], bad[first], EXPECTED)
    place, row = np.nonzero(~np.isnan(weights))
    check_weights(len(row), sheet.name, max_bytes)
    numbers = {"weight": weights[place, row]}
    if equity is not None:
        numbers["equity"] = _numbers(sheet, equity, has_comma=has_comma)[row]
    names = np.array(pairs, dtype=object)[place]
    columns = {} if equity is None else {"equity": equity}
    is_percent = all(map(says_percent, pairs))
    return Long(
        sheet, row, roles.moments.micros[row], names, plain_names(pairs), numbers, columns, has_money(cells), is_percent
    )
