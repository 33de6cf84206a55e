"""How near was each cycle to the other decision?"""

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import Numbers, Places, cycle_buckets, cycle_outcomes
from alpha_model.history import History

LOG_FROM = 30
"""The largest amount over the smallest, from which a linear axis would flatten the small ones."""


def threshold_frame(history: History, limit: int | None = None) -> pd.DataFrame:
    """The largest change of each cycle against the threshold that it had to reach.

    Args:
        history: The record.
        limit: For long histories, the number of buckets of neighbouring cycles; of each bucket and outcome the cycle
            with the largest change is kept, so that no outcome vanishes. None keeps every cycle.

    Returns:
        RangeIndex, at most one row a cycle, in order; only cycles that record their largest change: cycle; timestamp
        (UTC); outcome; max_adjust_usd; threshold_usd (NaN = not recorded); ratio (max / threshold; NaN without a
        threshold above 0); cycles_merged (how many cycles the row stands for).
    """
    outcomes = cycle_outcomes(history)
    largest = outcomes["max_position_adjust_usd"].to_numpy()
    threshold = outcomes["position_adjust_threshold_usd"].to_numpy()
    frame = pd.DataFrame(
        {
            "cycle": outcomes["cycle"],
            "timestamp": outcomes["timestamp"],
            "outcome": outcomes["outcome"],
            "max_adjust_usd": largest,
            "threshold_usd": threshold,
            "ratio": largest / np.where(threshold > 0, threshold, np.nan),
            "cycles_merged": np.ones(len(outcomes), dtype=np.int64),
        }
    )
    frame = frame[~np.isnan(largest)].reset_index(drop=True)
    return frame if limit is None or len(frame) <= limit else _largest_of_each(frame, limit)


def threshold_sweep(history: History) -> pd.DataFrame:
    """How many of the recorded cycles would reach any other rebalance threshold.

    A threshold often follows the equity, so each cycle is measured against multiples of its own. Holdings are taken as
    recorded: a lower threshold would have traded more often and so left smaller changes, which this does not replay.

    Returns:
        RangeIndex, one row a multiple at which the count changes, ascending from 0: factor (of each cycle's own
        threshold; 1 is as it was); rebalance_count (cycles whose largest change is above 0 and reaches it);
        rebalance_share (of the cycles that record their largest change and a threshold above 0, 0...1).
    """
    outcomes = cycle_outcomes(history)
    largest, own = (
        outcomes[name].to_numpy(dtype=np.float64)
        for name in ("max_position_adjust_usd", "position_adjust_threshold_usd")
    )
    known = ~np.isnan(largest) & (own > 0)
    wanting = known & (largest > 0)
    ratios: Numbers = np.sort(largest[wanting] / own[wanting])
    steps = np.unique(ratios)
    factors = np.concatenate([[0.0], steps]) if known.any() else np.zeros(0)
    below: Places = np.searchsorted(ratios, factors, side="left")
    counts = len(ratios) - below
    total = max(int(np.count_nonzero(known)), 1)
    return pd.DataFrame({"factor": factors, "rebalance_count": counts, "rebalance_share": counts / total})


def ranges_widely(frame: pd.DataFrame) -> bool:
    """Would a linear axis flatten the small amounts of a `threshold_frame`? From a ratio of 30 on, it would."""
    amounts = frame[["max_adjust_usd", "threshold_usd"]].to_numpy(dtype=np.float64)
    amounts = amounts[amounts > 0]
    return bool(amounts.size) and float(amounts.max() / amounts.min()) > LOG_FROM


def _largest_of_each(frame: pd.DataFrame, limit: int) -> pd.DataFrame:
    """Of each bucket and outcome the row with the largest change."""
    codes, _ = pd.factorize(frame["outcome"])
    group = cycle_buckets(len(frame), limit) * (codes.max() + 1) + codes
    order = np.lexsort((-frame["max_adjust_usd"].to_numpy(), group))
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    counts = np.diff(np.append(first, len(order)))
    kept = frame.iloc[order[first]].assign(cycles_merged=counts)
    return kept.sort_values("cycle", ignore_index=True)
