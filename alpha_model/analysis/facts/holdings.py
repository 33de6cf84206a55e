"""What was held before a decision, and what did the next decision find?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.analysis.facts.columns import Numbers, Places, Truths, is_in, microseconds, numbers
from alpha_model.analysis.facts.plan import PLANNED_KINDS
from alpha_model.history import History
from alpha_model.history.tables import places_of

DUST = 1e-6
"""Relative: a holding that moved by less did not move; sources round their units."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What was held around some decisions; one entry a row of `signals` that was asked for, NaN = not known.

    Args:
        units_before: Before the trades of the cycle, negative for a short.
        units_after: Before the trades of the next cycle.
        usd_before: The value then, USD.
        usd_after: The value before the next cycle, USD.
        change_usd: What the decision wanted to change, USD.
        is_closing: It wanted to hold nothing any more.
    """

    units_before: Numbers
    units_after: Numbers
    usd_before: Numbers
    usd_after: Numbers
    change_usd: Numbers
    is_closing: Truths


def holdings_around(history: History, rows: Places) -> Holdings:
    """What was held before these rows of `signals`, and before the same pairs were looked at in the next cycle."""
    cells = _Cells(history)
    signals = history.tables.signals
    before = cells.keys(history.signal_places[rows], signals["pair_id"].to_numpy()[rows])
    after = before + cells.width
    target, weight = (numbers(signals, name)[rows] for name in ("position_target", "normalised_weight"))
    wanted = np.where(np.isnan(target), weight, target)
    return Holdings(
        units_before=cells.units(before),
        units_after=cells.units(after),
        usd_before=cells.usd(before),
        usd_after=cells.usd(after),
        change_usd=numbers(signals, "position_adjust_usd")[rows],
        is_closing=np.nan_to_num(wanted, nan=1.0) == 0,
    )


def unmoved(history: History, rows: Places) -> Truths:
    """Whether the next cycle found the same units of the pairs of these rows of `signals`; False where unknown."""
    held = holdings_around(history, rows)
    size = np.fmax(np.abs(held.units_before), np.abs(held.units_after))
    return np.asarray(np.abs(held.units_after - held.units_before) <= DUST * size, dtype=np.bool_)


class _Cells:
    """Units and dollars held, by cycle and pair: from the positions of the source, else from what its signals tell.

    Args:
        history: The record.
    """

    def __init__(self, history: History) -> None:
        self._ids = np.sort(history.pair_ids)
        self.width = len(self._ids)
        tables = history.tables
        self._told_by_source = tables.positions.num_rows > 0
        if self._told_by_source:
            place = np.searchsorted(history.cycle_numbers, tables.positions["cycle"].to_numpy())
            keys = self.keys(place, tables.positions["pair_id"].to_numpy())
            self._units, self._usd = (self._summed(keys, numbers(tables.positions, n)) for n in ("quantity", "value"))
            told = np.bincount(place, minlength=len(history)) > 0
            self._telling = told | np.asarray(numbers(tables.cycles, "held_count") == 0)
        else:
            keys = self.keys(history.signal_places, tables.signals["pair_id"].to_numpy())
            value = numbers(tables.signals, "old_value")
            units = np.where(np.nan_to_num(value) == 0, 0.0, numbers(tables.signals, "old_quantity"))
            self._units, self._usd = self._summed(keys, units), self._summed(keys, np.nan_to_num(value))
            told = np.bincount(history.signal_places[~np.isnan(value)], minlength=len(history)) > 0
            self._telling = told | _invested_nothing(history)

    def keys(self, places: Places, pair_ids: Places) -> Places:
        """One number for each cycle and pair."""
        column = np.searchsorted(self._ids, pair_ids)
        return places.astype(np.int64) * self.width + column

    def units(self, keys: Places) -> Numbers:
        """Units held; 0 where the source tells of holdings and of none in this pair."""
        return self._found(self._units, keys)

    def usd(self, keys: Places) -> Numbers:
        """USD held; 0 where the source tells of holdings and of none in this pair."""
        return self._found(self._usd, keys)

    def _found(self, cells: tuple[Places, Numbers], keys: Places) -> Numbers:
        known, values = cells
        place = keys // max(self.width, 1)
        inside = place < len(self._telling)
        telling = inside & self._telling[np.where(inside, place, 0)] if len(self._telling) else inside
        at = np.searchsorted(known, keys)
        there = np.zeros(len(keys), dtype=np.bool_)
        there[at < len(known)] = known[at[at < len(known)]] == keys[at < len(known)]
        found = np.full(len(keys), np.nan)
        found[telling] = 0.0
        found[there] = values[at[there]]
        return found

    @staticmethod
    def _summed(keys: Places, values: Numbers) -> tuple[Places, Numbers]:
        known, place = np.unique(keys, return_inverse=True)
        return known, np.bincount(place, weights=values, minlength=len(known)).astype(np.float64)


def _invested_nothing(history: History) -> Truths:
    """Cycles that have signals, none of them of a pair that is held: there was nothing to hold."""
    return np.asarray(numbers(history.tables.cycles, "held_count") == 0) & (
        np.bincount(history.signal_places, minlength=len(history)) > 0
    )


def moved_without_trade(history: History) -> pd.DataFrame:
    """Holdings that changed between two cycles by more, or less, than the fills on record.

    Redemptions in kind, deposits into a vault, interest and rebasing tokens do that. Only sources that tell of their
    positions are asked.

    Args:
        history: The record; between cycles is known only of the whole of it.

    Returns:
        RangeIndex, one row a move, in order: cycle (the one after which it moved); timestamp (UTC); pair_id; units
        (signed); usd (units × the mark of the next cycle, NaN = no mark); share (of what was held before, signed).
    """
    positions, trades = history.tables.positions, history.tables.trades
    cells, count = _Cells(history), len(history)
    if not positions.num_rows or count < 2:  # noqa: PLR2004 - a move is between two cycles
        return _moves([], [], [], [], [], [])
    keys = cells.keys(_place(history, positions["cycle"]), positions["pair_id"].to_numpy())
    later, sooner = np.unique(keys), np.unique(keys) + cells.width
    both = np.union1d(later, sooner)
    both = both[(both >= cells.width) & (both < count * cells.width)]
    before, after = cells.units(both - cells.width), cells.units(both)
    done = trades.filter(pc.and_(pc.is_valid(trades["executed_at"]), pc.is_valid(trades["executed_quantity"])))
    done = done.filter(pa.array(is_in(done["status"], ("executed", "repaired"))))
    early = is_in(done["kind"], PLANNED_KINDS)
    times = microseconds(done, "executed_at")
    # The fill of a trade that a cycle decided comes after it, a trigger of the same second before it.
    place = np.searchsorted(microseconds(history.tables.cycles), np.where(early, times, times - 1), side="right")
    fill_keys = cells.keys(place, done["pair_id"].to_numpy())
    known, filled = _Cells._summed(fill_keys, np.nan_to_num(numbers(done, "executed_quantity")))  # noqa: SLF001
    at = np.searchsorted(known, both).clip(max=max(len(known) - 1, 0))
    traded = np.where(known[at] == both, filled[at], 0.0) if len(known) else np.zeros(len(both))
    gap = after - before - traded
    size = np.fmax(np.abs(before), np.abs(after))
    moved = np.abs(gap) > DUST * np.fmax(size, np.abs(traded))
    row, ids = both[moved] // cells.width - 1, np.sort(history.pair_ids)[both[moved] % cells.width]
    mark_keys = cells.keys(_place(history, positions["cycle"]), positions["pair_id"].to_numpy())
    marks = dict(zip(mark_keys.tolist(), numbers(positions, "mark").tolist(), strict=True))
    mark = np.array([marks.get(key, np.nan) for key in both[moved].tolist()])
    held = before[moved]
    share = gap[moved] / np.where(held == 0, np.nan, np.abs(held))
    return _moves(history.cycle_numbers[row], history.timestamps[row], ids, gap[moved], gap[moved] * mark, share)


def _place(history: History, cycles: pa.ChunkedArray) -> Places:
    return places_of(history.cycle_numbers, cycles.to_numpy())


def _moves(*columns: object) -> pd.DataFrame:
    names = ("cycle", "timestamp", "pair_id", "units", "usd", "share")
    return pd.DataFrame(dict(zip(names, columns, strict=True)))
