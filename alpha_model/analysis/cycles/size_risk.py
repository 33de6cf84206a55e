"""How much of the investable equity did size risk leave uninvested?"""

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import Numbers, cycle_frame, numbers, sum_per_cycle
from alpha_model.history import History


def discarded_usd(history: History) -> Numbers:
    """USD left uninvested because of size risk in each cycle: at most investable less accepted; NaN = not recorded.

    A source may count money twice that was offered again: `cycles.size_risk_discarded_value` is its own count.
    """
    cycles = history.tables.cycles
    counted = numbers(cycles, "size_risk_discarded_value")
    left = numbers(cycles, "investable_equity") - numbers(cycles, "accepted_investable_equity")
    return np.where(np.isnan(left), counted, np.minimum(counted, np.maximum(left, 0.0)))


def size_risk_frame(history: History) -> pd.DataFrame:
    """Investable, accepted and discarded equity of each cycle.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); investable_usd, accepted_usd as recorded;
        discarded_usd (left uninvested because of size risk, at most investable - accepted); source_discarded_usd (the
        source's own count, in which money that was offered again may stand twice); discarded_share (discarded /
        investable, 0...1); asked_usd and allowed_usd (Σ over the pairs that size risk looked at; re-offered money is
        asked for twice). NaN where the source records none: never 0.
    """
    cycles, signals = history.tables.cycles, history.tables.signals
    investable = numbers(cycles, "investable_equity")
    discarded = discarded_usd(history)
    return cycle_frame(
        history,
        {
            "investable_usd": investable,
            "accepted_usd": numbers(cycles, "accepted_investable_equity"),
            "discarded_usd": discarded,
            "source_discarded_usd": numbers(cycles, "size_risk_discarded_value"),
            "discarded_share": discarded / np.where(investable > 0, investable, np.nan),
            "asked_usd": sum_per_cycle(history, numbers(signals, "asked")),
            "allowed_usd": sum_per_cycle(history, numbers(signals, "accepted")),
        },
    )
