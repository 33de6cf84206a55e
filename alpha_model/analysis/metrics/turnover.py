"""How much of its equity did the strategy trade in each cycle?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import Facts, Numbers, cycle_frame, facts_of
from alpha_model.history import History


def turnover(history: History | Facts) -> pd.DataFrame:
    """What was traded in each cycle, as a share of investable equity.

    Two-way counts every dollar bought and every dollar sold: Σ|traded USD| / investable equity. One-way is half of it,
    so that replacing the whole portfolio is 1. A flip counts both legs. Triggers between cycles do not count.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); traded_usd (Σ |quantity| × price of what was
        executed, as in `cycle_outcomes`; NaN = unknown); added_usd and removed_usd (the parts that made positions
        larger and smaller; NaN likewise); turnover_two_way, turnover_one_way (shares, >= 0; NaN where the trades or the
        investable equity are unknown).

    Source: R. Grinold and R. Kahn, Active Portfolio Management, 2nd ed. 2000, chapter 16 (one-way: half the sum of
    absolute changes of weights).
    """
    facts = facts_of(history)
    board, executed, history = facts.board, facts.executed, facts.history
    traded = facts.outcomes["traded_usd"].to_numpy()
    rises = board.value_after > np.nan_to_num(board.row("old_value"))
    flips = executed.done() & facts.plan.flips
    old = np.abs(np.nan_to_num(board.row("old_value")))
    usd = np.where(executed.done(), executed.executed_usd, 0.0)
    closed = np.where(flips, np.minimum(old, usd), 0.0)
    known = ~np.isnan(traded)

    def per_cycle(usd: Numbers) -> Numbers:
        return np.where(known, np.bincount(board.places, weights=usd, minlength=len(history)), np.nan)

    share = traded / board.equity
    return cycle_frame(
        history,
        {
            "traded_usd": traded,
            "added_usd": per_cycle(np.where(flips, usd - closed, np.where(rises, usd, 0.0))),
            "removed_usd": per_cycle(np.where(flips, closed, np.where(rises, 0.0, usd))),
            "turnover_two_way": share,
            "turnover_one_way": share / 2,
        },
    )
