"""Which matrices do the metrics share, each made once?

Every matrix is cycles × pairs in the order of `history.timestamps` and `history.pair_ids`; NaN = not known there.
"""

from __future__ import annotations

from functools import cached_property
from typing import cast

import numpy as np

from alpha_model.analysis.facts import (
    Derived,
    Executed,
    Execution,
    Numbers,
    Places,
    Plan,
    Truths,
    facts_of,
    has_flags,
    was_short,
)
from alpha_model.analysis.metrics.correlation import Mask, Matrix, average_ranks
from alpha_model.history.tables import places_of
from alpha_model.values import TradingPairSignalFlags as Flags

ROUNDING = 1e-9
"""Relative: what is left of a position by less than this of its change is rounding."""


class Board(Derived):
    """The decisions of one history as matrices; a part of its facts."""

    @property
    def shape(self) -> tuple[int, int]:
        """How many cycles and pairs there are."""
        return len(self.history), len(self.history.pair_ids)

    def wide(self, name: str) -> Matrix:
        """A column of `signals` as a matrix; NaN where the pair has no such value."""
        return facts_of(self.history).wide(name)

    def row(self, name: str) -> Numbers:
        """A column of `signals` as it lies there, one number a row; null is NaN."""
        return facts_of(self.history).column(name)

    def of_cycle(self, name: str) -> Numbers:
        """A column of `cycles`, one number a cycle; null is NaN."""
        return facts_of(self.history).of_cycle(name)

    def spread(self, rows: Numbers) -> Matrix:
        """One number a row of `signals` as a matrix; NaN where there is no row."""
        matrix = np.full(self.shape, np.nan)
        matrix[self.places, self.columns] = rows
        return matrix

    def spread_truths(self, rows: Truths) -> Mask:
        """One truth a row of `signals` as a matrix; False where there is no row."""
        matrix = np.zeros(self.shape, dtype=np.bool_)
        matrix[self.places, self.columns] = rows
        return matrix

    @cached_property
    def places(self) -> Places:
        """For each row of `signals`, the row of the matrices."""
        return self.history.signal_places

    @cached_property
    def columns(self) -> Places:
        """For each row of `signals`, the column of the matrices."""
        return self.history.pair_places

    def columns_of(self, pair_ids: Places) -> Places:
        """The column of each pair; -1 for a stranger."""
        return places_of(self.history.pair_ids, pair_ids)

    @cached_property
    def there(self) -> Mask:
        """Where the pair has a row in the cycle."""
        return self.spread_truths(np.ones(len(self.places), dtype=np.bool_))

    @property
    def plan(self) -> Plan:
        """What was decided about the change of each row of `signals`."""
        return facts_of(self.history).plan

    @property
    def executed(self) -> Executed:
        """What became of the planned trades of each row of `signals`."""
        return facts_of(self.history).executed

    @cached_property
    def chosen(self) -> Mask:
        """Selected with a signal other than 0."""
        return cast("Mask", self.wide("selected") == 1)

    @cached_property
    def signal(self) -> Matrix:
        """The raw signals."""
        return self.wide("signal")

    @cached_property
    def has_signal(self) -> Mask:
        """Where the pair has a signal other than 0; a 0 stands for a pair that is held without one."""
        return cast("Mask", np.nan_to_num(self.signal) != 0)

    def signal_ranks(self, where: Mask, rows: slice = slice(None)) -> Matrix:
        """The place of each signal among those of its cycle, the most negative first.

        Args:
            where: Which signals take part; none without `has_signal`.
            rows: The cycles that `where` is about.

        Returns:
            As `average_ranks` gives it; only cycles in which not every signal takes part are ranked again.
        """
        ranks, others = self._ranks[rows], np.flatnonzero((where != self.has_signal[rows]).any(axis=1))
        if not others.size:
            return ranks
        ranks = ranks.copy()
        ranks[others] = average_ranks(self.signal[rows][others], where[others])
        return ranks

    @cached_property
    def _ranks(self) -> Matrix:
        return average_ranks(self.signal, self.has_signal)

    @cached_property
    def was_short(self) -> Truths:
        """Rows of `signals` whose pair was held short."""
        return was_short(self.history)

    @cached_property
    def side_after(self) -> Numbers:
        """1 for a long after the cycle, -1 for a short; one number a row of `signals`."""
        within = self.row("signal_in_selection")
        goes_short = self.executed.done() & (within != 0)
        return np.where(np.where(goes_short, within < 0, self.was_short), -1.0, 1.0)

    @cached_property
    def value_after(self) -> Numbers:
        """USD of each position after the executed trades; one number a row of `signals`, NaN = not known.

        Of a trade that was executed in part, its share of the change.
        """
        old, plan, executed = self.row("old_value"), self.plan, self.executed
        share = np.where(executed.of(Execution.executed_in_part), np.nan_to_num(executed.share, nan=1.0), 1.0)
        adjust, done = self.row("position_adjust_usd") * share, executed.done() & plan.planned
        nobody = np.isnan(old) & np.isnan(self.row("signal_in_selection"))
        old = np.where(nobody, 0.0, old)
        after = np.where(done, np.where(plan.flips, adjust, old + adjust), old)
        whole = executed.of(Execution.executed) & has_flags(self.history, Flags.closed)
        after = np.where(whole, 0.0, after)
        rounding = np.abs(after) <= ROUNDING * np.abs(adjust)
        blind = plan.undecided | executed.of(Execution.awaiting, Execution.unconfirmed)
        return np.where(blind, np.nan, np.where(rounding, 0.0, after))

    @cached_property
    def equity(self) -> Numbers:
        """Investable equity, USD, one number a cycle; NaN where it is not recorded or not above 0."""
        equity = self.of_cycle("investable_equity")
        return np.where(equity > 0, equity, np.nan)

    @cached_property
    def target(self) -> Matrix:
        """USD wanted in each pair, >= 0; NaN outside the selection. Where only the weight is recorded, its amount."""
        target, weight = self.wide("position_target"), self.wide("normalised_weight")
        whole = np.where(np.isnan(self.of_cycle("accepted_investable_equity")), self.equity, np.nan)
        usd = np.where(np.isnan(target) & self.chosen, weight * whole[:, None], target)
        return np.asarray(np.abs(usd))

    @cached_property
    def holding(self) -> Matrix:
        """USD of each position after the executed trades; negative for a short."""
        return self.spread(self.value_after * self.side_after)

    @cached_property
    def holdings_known(self) -> Truths:
        """Which cycles have no position whose value after the trades is unknown."""
        unknown = self.places[np.isnan(self.value_after)]
        return np.asarray(np.bincount(unknown, minlength=len(self.history)) == 0)
