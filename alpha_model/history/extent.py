"""Up to where do two histories of the same source say the same?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.history.history import History


@dataclass(frozen=True, slots=True)
class Extent:
    """The first so many rows of a history's tables.

    Args:
        cycles: Cycles, with their signals and trades.
        trades: Rows of `trades`.
        equity: Rows of `equity`.
        messages: Rows of `messages`.
    """

    cycles: int = 0
    trades: int = 0
    equity: int = 0
    messages: int = 0


def common_extent(old: History, new: History, known: Extent | None = None) -> Extent:
    """The part that is the same in both histories.

    Args:
        old: The history as it was.
        new: The history as it is.
        known: What is known to be the same, and is not compared again.
    """
    start = known or Extent()
    rows = {
        name: _common(getattr(old.tables, name), getattr(new.tables, name), getattr(start, name))
        for name in ("trades", "equity", "messages")
    }
    told = _first_cycle(new.tables.trades, rows["trades"]), _first_cycle(old.tables.trades, rows["trades"])
    most = min(len(old), len(new), *(int(np.searchsorted(new.cycle_numbers, cycle)) for cycle in told))
    first = min(start.cycles, most)
    parts = [_cycles(history, first, most) for history in (old, new)]

    def same(count: int) -> bool:
        heads = [part.slice(0, count) for part in parts]
        return bool(heads[0].equals(heads[1])) and _same_signals(old, new, first, first + count)

    return Extent(cycles=first + _most(most - first, same), **rows)


def _common(old: pa.Table, new: pa.Table, start: int) -> int:
    """How many rows from the start are equal."""
    first = int(min(start, old.num_rows, new.num_rows))
    ends = old.slice(first), new.slice(first)
    most = min(end.num_rows for end in ends)
    return first + _most(most, lambda count: bool(ends[0].slice(0, count).equals(ends[1].slice(0, count))))


def _most(limit: int, holds: Callable[[int], bool]) -> int:
    """The largest count up to the limit for which it holds; it holds for 0, and for no more than some count."""
    if holds(limit):
        return limit
    low, high = 0, limit
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _first_cycle(trades: pa.Table, row: int) -> int:
    """The earliest cycle of the trades from a row on; beyond every cycle when there are none."""
    found = pc.min(trades["cycle"].slice(row)).as_py()
    return int(np.iinfo(np.int64).max) if found is None else int(found)


def _cycles(history: History, first: int, stop: int) -> pa.Table:
    return history.tables.cycles.drop_columns(["source", "source_key"]).slice(first, stop - first)


def _same_signals(old: History, new: History, first: int, stop: int) -> bool:
    if first >= stop:
        return True
    parts = []
    for history in (old, new):
        numbers = history.tables.signals["cycle"].to_numpy()
        bounds = history.cycle_numbers[first], history.cycle_numbers[stop - 1]
        low, high = np.searchsorted(numbers, bounds[0]), np.searchsorted(numbers, bounds[1], side="right")
        parts.append(history.tables.signals.slice(int(low), int(high - low)))
    return bool(parts[0].equals(parts[1]))
