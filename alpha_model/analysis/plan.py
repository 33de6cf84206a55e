"""Which signals became planned trades, and which wanted changes were skipped?"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.analysis.columns import Numbers, Places, Truths, changes_kind, numbers, was_short
from alpha_model.history import History
from alpha_model.history.schema import FLAG_BITS
from alpha_model.signal import TradingPairSignalFlags as Flags

REBALANCE_KIND = "rebalance"
"""The kind of those trades that a cycle decides, as against stop losses and other triggers."""

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
        trades: How many trades were planned; 2 where a side or kind changes: what is held is closed, the new opened.
        traded_usd: Their Σ|USD|; 0 where none was planned.
        of_short: The change makes a short smaller or larger, so that a positive one is a sale.
    """

    planned: Truths
    skipped: Truths
    undecided: Truths
    trades: Places
    traded_usd: Numbers
    of_short: Truths


def plan_of(history: History) -> Plan:
    """What was decided about the wanted change of each signal.

    A change that was wanted and not decided against became a trade where the cycle records its rebalance (see
    `rebalance_recorded`), or where the source has the trade itself.
    """
    signals = history.tables.signals
    adjust = np.nan_to_num(numbers(signals, "position_adjust_usd"))
    against = (numbers(signals, "ignored") != 0) | has_flags(history, *SKIPPING)
    wanted = adjust != 0
    proven = rebalance_recorded(history)[history.signal_places]
    if not proven.all():
        proven = proven | _has_trade(history)
    planned = wanted & ~against & proven

    within = numbers(signals, "signal_in_selection")
    short = was_short(history)
    held = np.nan_to_num(numbers(signals, "old_value"))
    flips = planned & changes_kind(history) & (held != 0) & ~has_flags(history, Flags.closed)
    return Plan(
        planned=planned,
        skipped=wanted & against,
        undecided=wanted & ~against & ~proven,
        trades=planned.astype(np.int64) + flips,
        traded_usd=np.where(planned, np.abs(adjust), 0.0) + np.where(flips, np.abs(held), 0.0),
        of_short=(within < 0) | ((within == 0) & short),
    )


def rebalance_recorded(history: History) -> Truths:
    """Which cycles record the largest change and the threshold, and so what the rebalance decided."""
    cycles = history.tables.cycles
    both = [numbers(cycles, name) for name in ("max_position_adjust_usd", "position_adjust_threshold_usd")]
    return ~np.isnan(both[0]) & ~np.isnan(both[1])


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


def _has_trade(history: History) -> Truths:
    """For which rows of `signals` the source has a trade of that cycle and pair."""
    trades = rebalance_trades(history)
    known = np.unique(trades["pair_id"].to_numpy())
    if not known.size:
        return np.zeros(history.tables.signals.num_rows, dtype=np.bool_)
    keys = []
    for table in (history.tables.signals, trades):
        pair_ids = table["pair_id"].to_numpy()
        column = np.searchsorted(known, pair_ids).clip(max=len(known) - 1)
        cycles = table["cycle"].to_numpy().astype(np.int64)
        keys.append(np.where(known[column] == pair_ids, cycles * len(known) + column, -1))
    wanted = np.unique(keys[1])
    place = np.searchsorted(wanted, keys[0]).clip(max=len(wanted) - 1)
    return cast("Truths", (wanted[place] == keys[0]) & (keys[0] >= 0))
