"""Of what is a weight a share: how much was the whole book worth at each decision, and how much of it was pinned?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from alpha_model.analysis.facts.columns import Numbers, cycle_frame, is_in, microseconds, numbers, sum_per_cycle
from alpha_model.analysis.facts.facts import Facts, facts_of
from alpha_model.history import History

PINNED = ("frozen", "pending")
"""The states of a position that cannot be traded."""


class Whole(StrEnum):
    """What shares of a cycle are shares of; the first that is recorded."""

    total_equity = "total_equity"
    cash_and_positions = "cash_and_positions"
    investable_and_locked = "investable_and_locked"
    unknown = "unknown"


WHOLE_MEANINGS: dict[Whole, str] = {
    Whole.total_equity: "total equity",
    Whole.cash_and_positions: "cash and positions",
    Whole.investable_and_locked: "investable equity and what is locked",
    Whole.unknown: "equity as the source weighs it",
}
"""In words, after "of"."""


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """What the portfolio was worth before the trades of each cycle; one entry a cycle, USD, NaN = not recorded.

    Args:
        equity: The whole, cash and every position, pinned ones too.
        whole: How that is known: values of `Whole`.
        investable: What the cycle might invest.
        locked: Held value that could not be traded: carried forward, frozen or pending, each counted once.
        cash: Free cash.
    """

    equity: Numbers
    whole: npt.NDArray[np.object_]
    investable: Numbers
    locked: Numbers
    cash: Numbers


def book_of(history: History) -> Book:
    """The book before the trades of each cycle; `Facts.book` keeps it.

    Total equity is that of the last point of the equity curve at or before the decision, at most one interval of cycles
    old. The framework's curve leaves frozen positions out, so they are added.
    """
    investable = numbers(history.tables.cycles, "investable_equity")
    total, cash = _last_points(history)
    held, pinned, frozen = _positions(history)
    locked = np.where(np.isnan(pinned), carried_usd(history), pinned + _carried_elsewhere(history))
    total = total + np.nan_to_num(frozen)
    choices = {
        Whole.total_equity: total,
        Whole.cash_and_positions: cash + held,
        Whole.investable_and_locked: np.where(investable > 0, investable, np.nan) + locked,
    }
    known = [values > 0 for values in choices.values()]
    whole = np.select(known, [str(name) for name in choices], str(Whole.unknown)).astype(object)
    equity = np.select(known, list(choices.values()), np.nan)
    return Book(equity, whole, investable, locked, cash)


def book_frame(history: History | Facts) -> pd.DataFrame:
    """The book before the trades of each cycle.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); equity_usd (the whole book); equity_whole (a
        `Whole` value: how it is known); investable_usd; locked_usd (held and not to be traded, in equity_usd too);
        cash_usd; NaN = not recorded.
    """
    facts = facts_of(history)
    book = facts.book
    return cycle_frame(
        facts.history,
        {
            "equity_usd": book.equity,
            "equity_whole": book.whole,
            "investable_usd": book.investable,
            "locked_usd": book.locked,
            "cash_usd": book.cash,
        },
    )


def _last_points(history: History) -> tuple[Numbers, Numbers]:
    """Total equity and cash of the last point at or before each cycle, not older than an interval."""
    points, nothing = history.whole.tables.equity, np.full(len(history), np.nan)
    times = microseconds(history.tables.cycles)
    if not points.num_rows or not len(history):
        return nothing, nothing
    moments = microseconds(points)
    place = np.searchsorted(moments, times, side="right") - 1
    fresh = (place >= 0) & (times - moments[np.maximum(place, 0)] <= _interval(history.whole))
    total, cash = (numbers(points, name)[np.maximum(place, 0)] for name in ("total_equity", "cash"))
    return np.where(fresh, total, np.nan), np.where(fresh, cash, np.nan)


def _interval(history: History) -> float:
    """The usual time between two cycles, microseconds; a day where there is only one."""
    steps = np.diff(microseconds(history.tables.cycles))
    return float(np.median(steps)) if steps.size else 86_400e6


def _positions(history: History) -> tuple[Numbers, Numbers, Numbers]:
    """USD of all positions of each cycle, of the pinned ones, and of the frozen ones; NaN where no source tells."""
    table = history.tables.positions
    if not history.whole.tables.positions.num_rows:
        held = sum_per_cycle(history, numbers(history.tables.signals, "old_value"))
        return held, np.full(len(history), np.nan), np.zeros(len(history))
    place = np.searchsorted(history.cycle_numbers, table["cycle"].to_numpy())
    value = numbers(table, "value")

    def total(*states: str) -> Numbers:
        those = is_in(table["state"], states) if states else np.ones(len(value), dtype=np.bool_)
        return np.bincount(place[those], weights=value[those], minlength=len(history)).astype(np.float64)

    return total(), total(*PINNED), total("frozen")


def carried_usd(history: History) -> Numbers:
    """USD that is carried forward in each cycle; 0 where nothing is."""
    return np.nan_to_num(sum_per_cycle(history, _carried_usd(history)))


def _carried_elsewhere(history: History) -> Numbers:
    """The same without pairs whose position is frozen or pending, which are counted there."""
    table = history.tables.positions
    pinned = table.filter(is_in(table["state"], PINNED))
    there = set(zip(pinned["cycle"].to_pylist(), pinned["pair_id"].to_pylist(), strict=True))
    usd, signals = _carried_usd(history), history.tables.signals
    if there:
        keys = zip(signals["cycle"].to_pylist(), signals["pair_id"].to_pylist(), strict=True)
        usd = np.where([key in there for key in keys], 0.0, usd)
    return np.nan_to_num(sum_per_cycle(history, usd))


def _carried_usd(history: History) -> Numbers:
    signals = history.tables.signals
    carried = np.asarray(signals["carry_forward"].to_numpy())
    return np.where(carried, np.abs(np.nan_to_num(numbers(signals, "old_value"))), 0.0)
