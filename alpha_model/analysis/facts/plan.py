"""Which signals became planned trades, and which wanted changes were skipped?"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.analysis.facts.columns import Numbers, Places, Truths, numbers, was_short
from alpha_model.history import History
from alpha_model.history.tables import FLAG_BITS
from alpha_model.values import TradingPairSignalFlags as Flags

REBALANCE_KIND = "rebalance"
"""The kind of those trades that a cycle decides, as against stop losses and other triggers."""

PLANNED_KINDS = (REBALANCE_KIND, "test_trade")
"""The kinds that are not triggers between cycles."""

SKIPPING = (
    Flags.max_adjust_too_small,
    Flags.individual_trade_size_too_small,
    Flags.individual_trade_quantity_too_small,
)
"""Flags of a change that was not traded; the reference framework raises them without marking the signal ignored."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided about the wanted change of each signal; one entry a row of `signals`.

    Args:
        planned: A trade was planned.
        skipped: A change was wanted, and decided against.
        undecided: A change was wanted, and the source does not record what became of it.
        flips: What is held is of another kind or side than what is wanted, so that it is closed first.
        trades: How many trades were planned; 2 for a flip, which closes what is held and opens the new one.
        planned_usd: What they come to, Σ|USD|, where the source keeps no trades; a close is of the whole position.
        of_short: The change makes a short smaller or larger, so that a positive one is a sale.
    """

    planned: Truths
    skipped: Truths
    undecided: Truths
    flips: Truths
    trades: Places
    planned_usd: Numbers
    of_short: Truths


def plan_of(history: History, flips: Truths) -> Plan:
    """What was decided about the wanted change of each signal.

    A change that was wanted became a trade where the source has that trade, whatever a flag says; without one where it
    was not decided against and the cycle records its rebalance (see `rebalance_recorded`).

    Args:
        history: The record.
        flips: `columns.flips` of it.
    """
    signals = history.tables.signals
    adjust = np.nan_to_num(numbers(signals, "position_adjust_usd"))
    recorded = rebalance_recorded(history)
    against = (numbers(signals, "ignored") != 0) | has_flags(history, *SKIPPING)
    against = against | (recorded & held_by_threshold(history))[history.signal_places]
    wanted = adjust != 0
    traded = _has_trade(history)
    proven = traded | recorded[history.signal_places]
    planned = wanted & (traded | (~against & proven))

    within = numbers(signals, "signal_in_selection")
    short = was_short(history)
    held = np.abs(np.nan_to_num(numbers(signals, "old_value")))
    closes = has_flags(history, Flags.closed)
    turned = planned & flips & ~closes
    return Plan(
        planned=planned,
        skipped=wanted & against & ~planned,
        undecided=wanted & ~against & ~proven,
        flips=turned,
        trades=planned.astype(np.int64) + turned,
        planned_usd=np.where(planned, np.where(closes, held, np.abs(adjust)), 0.0) + np.where(turned, held, 0.0),
        of_short=(within < 0) | ((within == 0) & short),
    )


def rebalance_recorded(history: History) -> Truths:
    """Which cycles record the largest change and the threshold, and so what the rebalance decided."""
    cycles = history.tables.cycles
    both = [numbers(cycles, name) for name in ("max_position_adjust_usd", "position_adjust_threshold_usd")]
    return ~np.isnan(both[0]) & ~np.isnan(both[1])


def held_by_threshold(history: History) -> Truths:
    """In which cycles the largest change was below the threshold of the whole rebalance."""
    largest, threshold = (
        numbers(history.tables.cycles, name) for name in ("max_position_adjust_usd", "position_adjust_threshold_usd")
    )
    held: Truths = (largest > 0) & (largest < threshold)
    return held


def rebalance_trades(history: History) -> pa.Table:
    """The trades that were decided by a cycle of this history."""
    trades = history.tables.trades
    if not trades.num_rows:
        return trades
    cycles = pc.is_in(trades["cycle"], pa.array(history.cycle_numbers, trades["cycle"].type))
    return trades.filter(pc.and_(pc.equal(trades["kind"], REBALANCE_KIND), cycles))


def has_flags(history: History, *flags: Flags) -> Truths:
    """Which rows of `signals` carry at least one of the flags."""
    mask = np.uint32(sum(FLAG_BITS[flag] for flag in flags))
    return cast("Truths", (history.tables.signals["flag_bits"].to_numpy() & mask) != 0)


def rows_of_trades(history: History, trades: pa.Table) -> Places:
    """The row of `signals` with the cycle and pair of each trade; -1 where there is none."""
    signals = history.tables.signals
    known = np.unique(signals["pair_id"].to_numpy())
    if not known.size:
        return np.full(trades.num_rows, -1, dtype=np.int64)

    def keys(table: pa.Table) -> Places:
        pair_ids = table["pair_id"].to_numpy()
        column = np.searchsorted(known, pair_ids).clip(max=len(known) - 1)
        cycles = table["cycle"].to_numpy().astype(np.int64)
        return np.where(known[column] == pair_ids, cycles * len(known) + column, -1)

    own, wanted = keys(signals), keys(trades)
    order = np.argsort(own, kind="stable")
    at = np.searchsorted(own, wanted, sorter=order).clip(max=len(own) - 1)
    found = order[at]
    return np.where((own[found] == wanted) & (wanted >= 0), found, -1).astype(np.int64)


def _has_trade(history: History) -> Truths:
    """For which rows of `signals` the source has a trade of that cycle and pair."""
    rows = rows_of_trades(history, rebalance_trades(history))
    found = np.zeros(history.tables.signals.num_rows, dtype=np.bool_)
    found[rows[rows >= 0]] = True
    return found
