"""What does one of two histories say of a field, in the order of cycles and pairs that both share?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.analysis.compare.fields import CYCLE_FIELDS, Field
from alpha_model.analysis.facts import (
    Numbers,
    Places,
    Truths,
    facts_of,
    has_flags,
    numbers,
    rebalance_trades,
    shares_in_cycle,
)
from alpha_model.analysis.ledger import Recorded
from alpha_model.history import History, Matrix
from alpha_model.history.tables import places_of
from alpha_model.values import Stage
from alpha_model.values import TradingPairSignalFlags as Flags

MOST_CODES = 52
"""So many codes of reasons fit exactly into the bits of a float; later ones share the last bit."""

_CYCLE_NAMES = frozenset(field.name for field in CYCLE_FIELDS)
_FLAG_OF = {"weight_limit": Flags.capped_by_concentration, "chain_limit": Flags.capped_by_chain_allocation}
"""The flag of a pair that a limit cut."""
_MADE_OF = {"limited_share": "asked", "traded_quantity": "trade_count", "traded_usd": "trade_count"}
"""A column without which there is no such field."""
_SAYS_NO = frozenset({"other_flags", "old_kind", "leverage", "stop_loss", "take_profit", "trailing_stop_loss"})
"""Columns whose absence says something: no such flag, nothing held, no leverage, no stop."""
_CALLERS = frozenset({"price", "old_quantity", "trade_count"})
"""Columns that the steps do not write: whoever records gives them, or not."""
_NO_DECISION = frozenset(
    {
        *("leverage", "stop_loss", "take_profit", "trailing_stop_loss", "carry_forward", "ignored", "flag_bits"),
        *("other_flags", "reasons", "held_count", "old_kind", "old_value", "old_weight"),
    }
)
"""Columns that a table of weights does not record, or that are made of its weights of the cycle before."""
_OF_SIGNALS = frozenset({"signal", "signal_in_selection", "raw_weight", "raw_count"})
"""And those that are made of its weights where it has no signals."""


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two histories, brought into the common order of cycles and pairs.

    Args:
        history: The history.
        rows: Its rows of `cycles` that are compared.
        pairs: The place of each common pair in its `pair_ids`; -1 where it has none.
    """

    history: History
    rows: Places
    pairs: Places

    def arrange(self, matrix: Matrix) -> Matrix:
        """A matrix of `wide` in the common order; NaN where the history has no such pair."""
        if matrix.shape == (len(self.rows), len(self.pairs)) and self._in_order:
            return matrix
        known = self.pairs >= 0
        found = np.full((len(self.rows), len(self.pairs)), np.nan)
        found[:, known] = matrix[np.ix_(self.rows, self.pairs[known])]
        return found

    def spread(self, values: Numbers) -> Matrix:
        """Numbers, one a row of `signals`, in the common order."""
        matrix = np.full((len(self.history), len(self.history.pair_ids)), np.nan)
        matrix[self.history.signal_places, self.history.pair_places] = values
        return self.arrange(matrix)

    def values(self, field: Field) -> Matrix:
        """The numbers of a field of pairs that is no word and no code."""
        if field.name == "present":
            return self.present.astype(np.float64)
        if field.name.startswith("traded_"):
            return self._traded(field.name)
        if field.name == "weight_limit":
            return self._limit(Stage.concentration, Flags.capped_by_concentration, self._max_weights)
        if field.name == "chain_limit":
            return self._limit(Stage.chain, Flags.capped_by_chain_allocation, self._chain_limits)
        if field.name == "limited_share":
            return self._limited_share()
        return self.arrange(self.history.wide(field.name))

    @cached_property
    def present(self) -> Truths:
        """Where the pair occurs in the cycle."""
        there: Truths = ~np.isnan(self.arrange(self.history.wide("selected")))
        return there

    @cached_property
    def sized(self) -> Truths:
        """Cycles in which size risk decided the targets."""
        given: Truths = ~np.isnan(numbers(self.history.tables.cycles, "accepted_investable_equity")[self.rows])
        return given

    def has(self, name: str) -> bool:
        """Is there any value of the column, or anything to make it of?"""
        if name in _FLAG_OF:
            return bool(has_flags(self.history, _FLAG_OF[name]).any())
        name = _MADE_OF.get(name, name)
        table = self.history.tables.cycles if name in _CYCLE_NAMES else self.history.tables.signals
        return name not in table.column_names or bool(table[name].null_count < table.num_rows)

    def records(self, name: str) -> bool:
        """Would the column have a value wherever there was one to record?"""
        if (self.of_weights and name in _NO_DECISION) or (self.without_signals and name in _OF_SIGNALS):
            return False
        return self.has(name) or name in _SAYS_NO or (self._with_steps and name not in _CALLERS)

    @cached_property
    def of_weights(self) -> bool:
        """Is it a table of weights, which tells what was wanted and nothing of how it was decided?"""
        return bool(pc.all(pc.equal(self.history.tables.cycles["source"], "weights table")).as_py())

    @cached_property
    def without_signals(self) -> bool:
        """Are its signals nothing but the weights themselves?"""
        signals = self.history.tables.signals
        strength, weight = np.abs(numbers(signals, "signal")), numbers(signals, "normalised_weight")
        return self.of_weights and np.array_equal(strength, weight, equal_nan=True)

    @cached_property
    def unchosen(self) -> bool:
        """Does it record signals whether they were chosen or not?"""
        counts = numbers(self.history.tables.cycles, "raw_count")
        return not self.without_signals and bool((counts > 0).any())

    def held(self) -> Truths:
        """Where the pair was held before the cycle."""
        value, units = (np.nan_to_num(self.arrange(self.history.wide(f"old_{name}"))) for name in ("value", "quantity"))
        there: Truths = (value != 0) | (units != 0)
        return there

    def short_of_cash(self) -> Truths:
        """Where a buy was shrunk to the cash."""
        cut = has_flags(self.history, Flags.capped_by_sync_cash, Flags.capped_by_pending_settlement_cash)
        cash: Truths = self.spread(cut.astype(np.float64)) == 1
        return cash

    def words(self, name: str) -> pa.Array:
        """A column of words, one a row of `signals`; lists are joined, absent ones are empty."""
        column = self.history.tables.signals[name].combine_chunks()
        if name != "other_flags":
            return pc.fill_null(column, "")
        listed = np.flatnonzero(np.asarray(pc.is_valid(column)))
        if not listed.size:
            return pa.repeat("", len(column))
        texts = np.full(len(column), "", dtype=object)
        texts[listed] = [", ".join(sorted(names)) for names in column.take(pa.array(listed)).to_pylist()]
        return pa.array(texts, pa.string())

    @cached_property
    def reasons(self) -> Recorded:
        """What the steps wrote down."""
        return facts_of(self.history).written

    def reason_bits(self, steps: Sequence[Stage], codes: Sequence[str]) -> Matrix:
        """The codes of the reasons of some steps: bit n is the nth of `codes`."""
        found, bits = self.reasons, np.zeros(self.history.tables.signals.num_rows, dtype=np.int64)
        stages = [found.names.index(str(step)) for step in steps if str(step) in found.names]
        those = np.isin(found.stage, stages) & (found.code >= 0)
        bit = np.array([min(codes.index(code), MOST_CODES - 1) for code in found.codes], dtype=np.int64)
        if those.any():
            np.bitwise_or.at(bits, found.row[those], 1 << bit[found.code[those]])
        return self.spread(bits.astype(np.float64))

    @cached_property
    def _in_order(self) -> bool:
        return all(np.array_equal(places, np.arange(len(places))) for places in (self.rows, self.pairs))

    @cached_property
    def _with_steps(self) -> bool:
        cycles = self.history.tables.cycles
        return bool(cycles["pipeline"].null_count < cycles.num_rows)

    @property
    def _equity(self) -> Numbers:
        return numbers(self.history.tables.cycles, "investable_equity")

    @property
    def _max_weights(self) -> Numbers:
        """The largest share of a pair in each cycle, as recorded, else as the pairs were cut to it."""
        return facts_of(self.history).settings.max_weight

    @property
    def _chain_limits(self) -> Numbers:
        """The largest share of a chain in each cycle; 1 where the steps are recorded and this was none of them."""
        with_steps = np.asarray(pc.is_valid(self.history.tables.cycles["pipeline"]))
        recorded = facts_of(self.history).recorded.number("max_weight_per_chain")
        return np.where(np.isnan(recorded) & with_steps, 1.0, recorded)

    def _limited_share(self) -> Matrix:
        """Share of equity that the max weight leaves of the raw share, in cycles with size risk."""
        signals, cut = self.history.tables.signals, has_flags(self.history, Flags.capped_by_concentration)
        raw = np.where(signals["selected"].to_numpy(), numbers(signals, "raw_weight"), np.nan)
        share, equity = shares_in_cycle(self.history, raw), self._equity[self.history.signal_places]
        asked = numbers(signals, "asked") / np.where(equity > 0, equity, np.nan)
        return self.spread(np.where(np.isnan(asked), np.nan, np.where(cut, np.fmin(share, asked), share)))

    def _limit(self, step: Stage, flag: Flags, of_cycle: Numbers) -> Matrix:
        """The limit of each pair: as its reason says, else that of the cycle; negative where it cut nothing."""
        said = self.reasons.limits(step)
        limit = np.where(np.isnan(said), of_cycle[self.history.signal_places], said)
        return self.spread(np.where(has_flags(self.history, flag), limit, -limit))

    def _traded(self, name: str) -> Matrix:
        """Units or USD of the rebalance trades of each cycle and pair; 0 where nothing was traded."""
        trades = rebalance_trades(self.history)
        pair_ids = self.history.tables.pairs["pair_id"].combine_chunks()
        trades = trades.filter(pc.is_in(trades["pair_id"], value_set=pair_ids))
        executed, planned = numbers(trades, "executed_quantity"), numbers(trades, "planned_quantity")
        units = np.where(np.isnan(executed), planned, executed)
        amount = units if name == "traded_quantity" else numbers(trades, "value")
        matrix = np.zeros((len(self.history), len(self.history.pair_ids)))
        rows = places_of(self.history.cycle_numbers, trades["cycle"].to_numpy())
        columns = places_of(self.history.pair_ids, trades["pair_id"].to_numpy())
        np.add.at(matrix, (rows, columns), np.nan_to_num(amount))
        matrix[np.isnan(numbers(self.history.tables.cycles, "trade_count"))] = np.nan
        return self.arrange(matrix)
