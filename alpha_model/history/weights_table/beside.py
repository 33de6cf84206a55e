"""Which names of a weights table are no pairs? Cash, and the total of the others; both are said, neither is held."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from alpha_model.history.tables import coerce
from alpha_model.history.weights_table.layout import Long
from alpha_model.history.weights_table.names import is_cash, is_total, may_be_total, parents_of
from alpha_model.history.weights_table.sheet import Flags, Numbers, Places, sums_of

_CLOSE = 1e-6
"""So much of the largest sum of a table may a total differ from the sum."""
_WHOLES = (1.0, 100.0)
_NEARLY_ALL = 0.999


class _Grid(NamedTuple):
    """The weights of a table, by time and name.

    Args:
        weights: One a row.
        time: The place of its time.
        name: The place of its name.
        names: The names.
        sums: Of each time.
        cash: Of each time; 0 where there is none.
    """

    weights: Numbers
    time: Places
    name: Places
    names: list[str]
    sums: Numbers
    cash: Numbers

    def everywhere(self, holds: Flags) -> Flags:
        """Of which names something holds in each row, where they have one at every time."""
        kept = sums_of(self.name, holds, len(self.names)) == np.bincount(self.name, minlength=len(self.names))
        is_always = np.bincount(self.name, minlength=len(self.names)) == len(np.unique(self.time))
        return np.asarray(kept & is_always, dtype=np.bool_)


def set_aside(long: Long) -> Long:
    """The table without cash and totals; `cash` and `total` of each time stand in the numbers of its rows."""
    long = _without_cash(long)
    if "weight" not in long.numbers or not len(long.rows):
        return long
    rows = np.isin(long.pairs, sorted(_totals(long)))
    return _taken(long, rows, "total", "is the total of others, no pair")


def _without_cash(long: Long) -> Long:
    """The table without cash; at a time where only cash has a value, and that is all, all is cash."""
    rows, (times, at) = is_cash_row(long), long.moments()
    weights = np.nan_to_num(long.numbers.get("weight", np.zeros(len(rows))))
    has_others, cash = np.isin(times, long.times[~rows]), sums_of(at[rows], weights[rows], len(times))
    alone = times[~has_others & (cash >= _NEARLY_ALL)]
    return replace(_taken(long, rows, "cash", "is what is not invested, no pair"), all_cash=frozenset(alone.tolist()))


def is_cash_row(long: Long) -> Flags:
    """Which rows are cash by their name."""
    named = {name: is_cash(name) for name in pd.unique(long.pairs)}
    return np.array([named[name] for name in long.pairs], dtype=np.bool_)


def _taken(long: Long, rows: Flags, role: str, words: str) -> Long:
    """The table without some rows; what they say of a time stands in the numbers of its other rows."""
    if not rows.any():
        return long
    for name in dict.fromkeys(long.pairs[rows]):
        long.sheet.note(f"{coerce.shown(name)} {words}", name)
    times, at = long.moments()
    said = np.full(len(times), np.nan)
    weights = long.numbers.get("weight", np.zeros(len(rows)))[rows]
    np.fmax.at(said, at[rows], weights)
    return long.kept(~rows).having(**{role: said[at[~rows]]})


def _totals(long: Long) -> set[str]:
    """The names that are totals.

    Raises:
        HistoryError: One is called a total, and is not the sum of the others.
    """
    names = pd.unique(long.pairs)
    parents = parents_of(list(names))
    found = parents | _named_totals(long, {name for name in names if may_be_total(name)} - parents, parents)
    return found | _unnamed_totals(_grid(long, found))


def _grid(long: Long, without: set[str]) -> _Grid:
    times, place = long.moments()
    keep = ~np.isin(long.pairs, sorted(without)) & ~np.isnan(long.numbers["weight"])
    weights = long.numbers["weight"][keep]
    name, names = pd.factorize(long.pairs[keep])
    free = np.zeros(len(times))
    if "cash" in long.numbers:
        free[place] = np.nan_to_num(long.numbers["cash"])
    sums = sums_of(place[keep], weights, len(times))
    return _Grid(weights, place[keep], name.astype(np.int64), list(names), sums, free)


def _named_totals(long: Long, named: set[str], parents: set[str]) -> set[str]:
    """Of the names that a total may have those that are totals."""
    if not named:
        return set()
    all_of_them, others = _grid(long, parents), _grid(long, parents | named)
    own, place = all_of_them.weights, all_of_them.time
    gross = sums_of(others.time, np.abs(others.weights), len(others.sums))
    sums = (others.sums, others.sums + others.cash, gross, gross + others.cash)
    fits = [np.abs(own - found[place]) <= _CLOSE * max(1.0, float(gross.max(initial=0.0))) for found in sums]
    whole = [np.abs(own - found) <= _CLOSE for found in _WHOLES]
    are_sums = np.logical_or.reduce([all_of_them.everywhere(found) for found in fits])
    are_whole = np.logical_or.reduce([all_of_them.everywhere(found) for found in whole])
    found, together = set(), _is_portfolio(all_of_them, _CLOSE)
    for name, is_sum, is_all in zip(all_of_them.names, are_sums, are_whole, strict=True):
        if name in named and ((is_sum and not together) or (is_total(name) and (is_sum or is_all))):
            found.add(name)
        elif is_total(name):
            message = "it is called the total, and is not the sum of the others. Correct it, or leave it out."
            raise long.error(long.first(long.pairs == name), "weight", message)
    return found


def _unnamed_totals(grid: _Grid) -> set[str]:
    """Names that say nothing, and equal the sum of the others wherever they stand."""
    close = _CLOSE * max(1.0, float(np.abs(grid.sums).max(initial=0.0)))
    if not grid.names or _is_portfolio(grid, close) or not _is_telling(grid, close):
        return set()
    sums = [grid.sums[grid.time] + more for more in (0.0, grid.cash[grid.time])]
    are_sums = np.logical_or.reduce([grid.everywhere(np.abs(2 * grid.weights - found) <= close) for found in sums])
    return {name for name, is_sum in zip(grid.names, are_sums, strict=True) if is_sum}


def _is_portfolio(grid: _Grid, close: float) -> bool:
    """Do all names together make up a whole portfolio, as half in one pair and the rest in others does?"""
    whole = [np.abs(grid.sums + more - all_of_it) <= close for more in (0.0, grid.cash) for all_of_it in _WHOLES]
    used = np.unique(grid.time)
    return any(bool(found[used].all()) for found in whole)


def _is_telling(grid: _Grid, close: float) -> bool:
    """Can it be no accident? Three names or more at one time, and either weights that change, or twice the whole."""
    held = np.bincount(grid.time[np.abs(grid.weights) > close], minlength=len(grid.sums))
    order = pd.Series(grid.weights).groupby(grid.name)
    changes = bool(((order.max() - order.min()) > close).any())
    twice = any(bool((np.abs(grid.sums - 2 * whole) <= close).all()) for whole in _WHOLES)
    return bool((held > 2).any()) and (changes or twice)  # noqa: PLR2004 - a total and two others
