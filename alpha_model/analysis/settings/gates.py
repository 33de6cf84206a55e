"""What do the decisions themselves say about the gates that they passed?"""

from __future__ import annotations

import numpy as np

from alpha_model.analysis.facts import Numbers, facts_of, has_flags, numbers
from alpha_model.history import History
from alpha_model.values import TradingPairSignalFlags as Flags


def fit_top_n(history: History) -> Numbers:
    """How many signals were selected at most, one number a cycle; NaN where the record does not show a limit.

    It does where the strongest were always selected, and where the largest number selected was reached at least twice
    with others left out. All cycles have the same one then.
    """
    signals, places, count = history.tables.signals, history.signal_places, len(history)
    strength = np.abs(np.nan_to_num(numbers(signals, "signal")))
    chosen = np.asarray(signals["selected"].to_numpy())
    others = ~chosen & (strength > 0)
    weakest, strongest = np.full(count, np.inf), np.zeros(count)
    np.minimum.at(weakest, places[chosen], strength[chosen])
    np.maximum.at(strongest, places[others], strength[others])
    number = np.bincount(places[chosen], minlength=count)
    most = int(number.max(initial=0))
    reached = np.count_nonzero((number == most) & (strongest > 0))
    shows = most > 0 and reached > 1 and bool(np.all(weakest >= strongest))
    return np.full(count, float(most) if shows else np.nan)


def individual_threshold_bounds(history: History) -> dict[str, Numbers]:
    """Between which USD the threshold of a single trade lies, one number a cycle each; NaN = no such change."""
    signals, places, plan = history.tables.signals, history.signal_places, facts_of(history).plan
    size = np.abs(numbers(signals, "position_adjust_usd"))
    small = plan.skipped & has_flags(history, Flags.individual_trade_size_too_small)
    small &= ~has_flags(history, Flags.max_adjust_too_small, Flags.capped_by_sync_cash)
    made = plan.planned & (plan.trades == 1) & ~has_flags(history, Flags.closed)
    above, at_most = np.full(len(history), -np.inf), np.full(len(history), np.inf)
    np.maximum.at(above, places[small], size[small])
    np.minimum.at(at_most, places[made], size[made])
    return {
        "individual_above_usd": np.where(np.isfinite(above), above, np.nan),
        "individual_at_most_usd": np.where(np.isfinite(at_most), at_most, np.nan),
    }
