"""Which columns do the rules of the audit look at, each converted once?"""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.analysis.audit.tolerances import WEIGHT, differ
from alpha_model.analysis.facts import (
    SKIPPING,
    Derived,
    Numbers,
    Places,
    RecordedSettings,
    Trades,
    Truths,
    clipped_weights,
    facts_of,
    microseconds,
    numbers,
    of_framework,
    rebalance_recorded,
    trades_of,
    was_short,
)
from alpha_model.history import History, Source
from alpha_model.history.tables import FLAG_BITS, places_of
from alpha_model.values import Stage
from alpha_model.values import TradingPairSignalFlags as Flags

Scalar = TypeVar("Scalar", bound=np.generic)

_TOLD = (Source().kind, "recorder file", "dataset")
"""Kinds of sources whose columns are the tables' own."""


class Sheet(Derived):
    """The columns of one history that the rules share; a part of its facts.

    Args:
        history: The record.
        now: The time of the audit; None leaves out the question whether a cycle lies in the future.
    """

    __slots__ = ("now",)

    def __init__(self, history: History, now: pd.Timestamp | None = None) -> None:
        super().__init__(history)
        self.now = now

    @property
    def cycle_count(self) -> int:
        """How many cycles there are."""
        return len(self.history)

    def column(self, name: str) -> Numbers:
        """A column of `signals` as float64; null is NaN."""
        return facts_of(self.history).column(name)

    def of_cycle(self, name: str) -> Numbers:
        """A column of `cycles` as float64; null is NaN."""
        return facts_of(self.history).of_cycle(name)

    def lacks(self, name: str) -> bool:
        """Has no row of `signals` such a value?"""
        column = self.history.tables.signals[name]
        return bool(column.null_count == len(column))

    def is_patchy(self, name: str) -> bool:
        """Have some rows of `signals` such a value, and others not?"""
        column = self.history.tables.signals[name]
        return bool(0 < column.null_count < len(column))

    @cached_property
    def _counts(self) -> Places:
        """How many rows of `signals` each cycle has; they stand in the order of their cycles."""
        return np.bincount(self.places, minlength=self.cycle_count).astype(np.int64)

    @cached_property
    def _starts(self) -> Places:
        """The first row of each cycle that has one."""
        return (np.cumsum(self._counts) - self._counts)[self._counts > 0]

    def _reduced(self, operation: np.ufunc, values: npt.NDArray[Scalar], otherwise: float) -> npt.NDArray[Scalar]:
        found = np.full(self.cycle_count, otherwise, dtype=values.dtype)
        if len(values):
            found[self._counts > 0] = operation.reduceat(values, self._starts)
        return found

    def spread(self, values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """One value a cycle, repeated for each of its rows of `signals`."""
        return np.repeat(values, self._counts)

    def total(self, values: Numbers, rows: Truths | None = None) -> Numbers:
        """Σ in each cycle over the rows; NaN counts 0."""
        used = np.nan_to_num(values) if rows is None else np.where(rows, np.nan_to_num(values), 0.0)
        return self._reduced(np.add, used, 0.0)

    def largest(self, values: Numbers, rows: Truths) -> Numbers:
        """The largest in each cycle over the rows; NaN where there is none."""
        return self._reduced(np.fmax, np.where(rows, values, np.nan), np.nan)

    def least(self, values: Numbers, rows: Truths) -> Numbers:
        """The least in each cycle over the rows; NaN where there is none."""
        return self._reduced(np.fmin, np.where(rows, values, np.nan), np.nan)

    def any(self, rows: Truths) -> Truths:
        """Which cycles have such a row."""
        return self._reduced(np.logical_or, rows, 0)

    def cycles_with(self, rows: Truths) -> int:
        """How many cycles have such a row."""
        return int(np.count_nonzero(self.any(rows)))

    def flagged(self, *flags: Flags) -> Truths:
        """Which rows carry at least one of the flags."""
        mask = np.uint32(sum(FLAG_BITS[flag] for flag in flags))
        return cast("Truths", (self.flag_bits & mask) != 0)

    @cached_property
    def flag_bits(self) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
        """The flags of each row."""
        return cast("np.ndarray[tuple[int], np.dtype[np.uint32]]", self.history.tables.signals["flag_bits"].to_numpy())

    @cached_property
    def places(self) -> Places:
        """The row of `cycles` that each row of `signals` belongs to."""
        return self.history.signal_places

    @cached_property
    def pair_ids(self) -> Places:
        """The pair of each row of `signals`."""
        return cast("Places", self.history.tables.signals["pair_id"].to_numpy())

    @cached_property
    def keys(self) -> Places:
        """Cycle and pair of each row of `signals` as one number."""
        return self.places * self.key_width + self.pair_places(self.pair_ids)

    @cached_property
    def by_pair(self) -> Places:
        """The rows of `signals` in the order of pair, then cycle."""
        return np.argsort(self.pair_places(self.pair_ids), kind="stable")

    @cached_property
    def row_of_trade(self) -> Places:
        """The row of `signals` with the cycle and pair of each trade; -1 where there is none."""
        rows = np.full(self.cycle_count * self.key_width, -1, dtype=np.int64)
        rows[self.keys] = np.arange(len(self.keys))
        keys = self.trades.keys
        return np.where(keys >= 0, rows[np.maximum(keys, 0)], -1) if len(rows) else np.full(len(keys), -1)

    @cached_property
    def traded_price(self) -> Numbers:
        """The mid price at which each row of `signals` was planned to be traded; NaN where it was not."""
        found = np.full(len(self.keys), np.nan)
        own = (self.row_of_trade >= 0) & self.trades.rebalance & self.trades.at_cycle
        found[self.row_of_trade[own]] = numbers(self.history.tables.trades, "planned_mid_price")[own]
        return found

    def traded(self, trades: Truths) -> Truths:
        """Which rows of `signals` have such a trade of their cycle."""
        found = np.zeros(len(self.keys), dtype=np.bool_)
        rows = self.row_of_trade[trades]
        found[rows[rows >= 0]] = True
        return found

    @property
    def key_width(self) -> int:
        """How many keys a cycle has: one a pair, and one for strangers."""
        return len(self.history.pair_ids) + 1

    def pair_places(self, pair_ids: Places) -> Places:
        """The place of each pair in `pairs`; one beyond the last where it is not there."""
        places = places_of(self.history.pair_ids, pair_ids)
        return np.where(places < 0, len(self.history.pair_ids), places)

    @cached_property
    def reasons(self) -> tuple[Places, pa.Table] | None:
        """The row of `signals` of each reason, and the reasons; None where there are none."""
        column = self.history.tables.signals["reasons"]
        if column.null_count == len(column):
            return None
        whole = column.combine_chunks()
        rows = pc.list_parent_indices(whole).to_numpy().astype(np.int64)
        return rows, pa.Table.from_struct_array(pc.list_flatten(whole))

    def with_reason(self, stage: Stage) -> Truths:
        """Which rows have a reason of that step."""
        found = np.zeros(len(self.places), dtype=np.bool_)
        if self.reasons is not None:
            rows, table = self.reasons
            found[rows[np.asarray(pc.equal(table["stage"], str(stage)), dtype=np.bool_)]] = True
        return found

    @cached_property
    def inside(self) -> Truths:
        """Rows of the selection: chosen, or held and to be sold."""
        return ~np.isnan(self.column("signal_in_selection")) | ~np.isnan(self.column("position_target"))

    @cached_property
    def whole(self) -> Truths:
        """Which cycles have all their pairs here; not those of a history narrowed to one pair."""
        rows = np.bincount(self.places, minlength=self.cycle_count)
        chosen = np.bincount(self.places[self.column("selected") != 0], minlength=self.cycle_count)
        return cast("Truths", (rows >= self.of_cycle("raw_count")) & (chosen == self.of_cycle("selected_count")))

    @cached_property
    def by_hand(self) -> Truths:
        """All cycles where the tables were not made by a reader, which sorts and repeats; else none."""
        return np.full(self.cycle_count, self.history.source.kind == Source().kind)

    @cached_property
    def chosen(self) -> Truths:
        """Rows that are selected with a signal."""
        return cast("Truths", self.column("selected") != 0)

    @cached_property
    def narrowed(self) -> bool:
        """Is this one pair of a larger record?"""
        return len(self.history.pair_ids) <= 1

    @cached_property
    def as_told(self) -> bool:
        """Do the tables hold what the source said, column by column, and not what a reader made of it?"""
        return self.history.source.kind in _TOLD

    @cached_property
    def sized(self) -> Truths:
        """In which cycles weights are shares of what the targets add up to, not of what may be invested."""
        accepted = ~np.isnan(self.of_cycle("accepted_investable_equity"))
        return accepted | self._shares_of_targets if self.framework.any() else accepted

    @cached_property
    def _shares_of_targets(self) -> Truths:
        """Cycles of the framework whose every weight is a share of targets that leave something uninvested."""
        target = np.where(self.inside & (self.column("carry_forward") == 0), self.column("position_target"), np.nan)
        total = self.total(target)
        share = target / self.spread(np.where(total > 0, total, np.nan))
        others = self.any(self.inside & differ(self.column("normalised_weight"), share, WEIGHT) & ~self.clipped)
        below = total < self.of_cycle("investable_equity") * (1 - WEIGHT)
        return self.framework & below & (total > 0) & ~others

    @cached_property
    def framework(self) -> Truths:
        """Which cycles may have the habits of the reference framework."""
        return of_framework(self.history)

    @cached_property
    def clipped(self) -> Truths:
        """Rows whose weight a habit of the framework made smaller."""
        return clipped_weights(self.history)

    @cached_property
    def raw_shares(self) -> Numbers:
        """Each row's share of the raw weights of its cycle; NaN outside the selection and where there are none."""
        raw = np.where(self.inside, self.column("raw_weight"), np.nan)
        total = self.total(raw)
        return cast("Numbers", raw / self.spread(np.where(total > 0, total, np.nan)))

    @cached_property
    def was_short(self) -> Truths:
        """Rows whose pair was held short."""
        return was_short(self.history)

    @property
    def flips(self) -> Truths:
        """Rows whose position is closed first, because another side or kind is wanted."""
        return facts_of(self.history).flips

    @cached_property
    def wanted(self) -> Numbers:
        """USD to change before anything was decided against or shrunk: target - old value, or a flip's target."""
        target = self.column("position_target")
        old = np.where(self.flips, 0.0, np.nan_to_num(self.column("old_value")))
        return np.where(self.column("carry_forward") != 0, 0.0, target - old)

    @cached_property
    def decided(self) -> Truths:
        """Which cycles record what their rebalance decided."""
        return rebalance_recorded(self.history)

    @cached_property
    def held(self) -> Truths:
        """Which cycles were held back by their threshold as a whole."""
        largest, threshold = self.of_cycle("max_position_adjust_usd"), self.of_cycle("position_adjust_threshold_usd")
        return self.decided & (largest < threshold)

    @cached_property
    def against(self) -> Truths:
        """Rows whose change was decided against, by mark or by flag."""
        return cast("Truths", (self.column("ignored") != 0) | self.flagged(*SKIPPING))

    @cached_property
    def planned(self) -> Truths:
        """Rows whose change was to be traded, in cycles that record it."""
        adjust = np.nan_to_num(self.column("position_adjust_usd"))
        return cast("Truths", (adjust != 0) & ~self.against & self.decided[self.places] & ~self.held[self.places])

    @property
    def settings(self) -> RecordedSettings:
        """What the steps wrote down of their settings."""
        return facts_of(self.history).recorded

    @cached_property
    def moments(self) -> Places:
        """The time of each cycle, microseconds."""
        return microseconds(self.history.tables.cycles)

    @cached_property
    def keeps_trades(self) -> Truths:
        """In which cycles the source keeps trades; in none where it has no trade at all."""
        return ~np.isnan(self.of_cycle("trade_count")) & (len(self.trades) > 0)

    @cached_property
    def equity_at_cycle(self) -> Numbers:
        """Total equity at the very time of each cycle, USD; NaN where no point of the curve has that time."""
        return self._at_cycle("total_equity")

    @cached_property
    def cash_at_cycle(self) -> Numbers:
        """Cash at the very time of each cycle, USD; NaN where no point of the curve has that time."""
        return self._at_cycle("cash")

    def _at_cycle(self, name: str) -> Numbers:
        equity = self.history.tables.equity
        values, times = numbers(equity, name), microseconds(equity)
        found = np.searchsorted(times, self.moments, side="right") - 1
        exact = found >= 0
        exact[exact] = times[found[exact]] == self.moments[exact]
        return np.where(exact, values[found] if len(values) else np.nan, np.nan)

    @cached_property
    def row_before(self) -> Places:
        """The row of the same pair in the cycle before, for each row of `signals`; -1 where there is none."""
        order, places = self.by_pair, self.places[self.by_pair]
        pairs = self.pair_ids[order]
        follows = (np.diff(places, prepend=-2) == 1) & (np.diff(pairs, prepend=pairs[:1]) == 0)
        found = np.full(len(order), -1, dtype=np.int64)
        found[order[follows]] = order[np.flatnonzero(follows) - 1]
        return found

    @cached_property
    def pulled(self) -> Truths:
        """Rows whose position a trigger changed after their cycle, be it at the time of the next."""
        trades, found = self.trades, np.zeros(self.cycle_count * self.key_width, dtype=np.bool_)
        found[trades.moved_keys[trades.moved_keys >= 0]] = True
        return found[self.keys]

    @cached_property
    def only_plans(self) -> bool:
        """Does the source have plans, and not of a single one what became of it?"""
        own = self.trades.rebalance
        return bool(own.any()) and not bool((own & (self.trades.settled | self.trades.lost)).any())

    @cached_property
    def trades(self) -> Trades:
        """The trades."""
        return trades_of(self.history, self.moments, self.key_width, self.pair_places)
