"""How much of the investable equity did size risk leave uninvested?"""

import numpy as np
import pandas as pd

from alpha_model.analysis.columns import cycle_frame, numbers, sum_per_cycle
from alpha_model.history import History


def size_risk_frame(history: History) -> pd.DataFrame:
    """Investable, accepted and discarded equity of each cycle.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); investable_usd, accepted_usd, discarded_usd as
        recorded; discarded_share (discarded / investable, 0...1); asked_usd and allowed_usd (Σ over the pairs that size
        risk looked at; re-offered money is asked for twice). NaN where the source records none: never 0.
    """
    cycles, signals = history.tables.cycles, history.tables.signals
    investable = numbers(cycles, "investable_equity")
    discarded = numbers(cycles, "size_risk_discarded_value")
    return cycle_frame(
        history,
        {
            "investable_usd": investable,
            "accepted_usd": numbers(cycles, "accepted_investable_equity"),
            "discarded_usd": discarded,
            "discarded_share": discarded / np.where(investable > 0, investable, np.nan),
            "asked_usd": sum_per_cycle(history, numbers(signals, "asked")),
            "allowed_usd": sum_per_cycle(history, numbers(signals, "accepted")),
        },
    )
