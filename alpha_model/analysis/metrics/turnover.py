"""How much of its equity did the strategy trade in each cycle?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.columns import Numbers, cycle_frame
from alpha_model.analysis.metrics.board import Board
from alpha_model.analysis.outcome import cycle_outcomes
from alpha_model.analysis.plan import rebalance_recorded
from alpha_model.history import History


def turnover(history: History) -> pd.DataFrame:
    """What was traded in each cycle, as a share of investable equity.

    Two-way counts every dollar bought and every dollar sold: Σ|traded USD| / investable equity. One-way is half of it,
    so that replacing the whole portfolio is 1. A flip counts both legs. Triggers between cycles do not count.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); traded_usd (Σ|USD| of position value, as in
        `cycle_outcomes`; NaN = unknown); added_usd and removed_usd (the parts that made positions larger and smaller;
        NaN where the cycle does not record its rebalance); turnover_two_way, turnover_one_way (shares, >= 0; NaN where
        the trades or the investable equity are unknown).

    Source: R. Grinold and R. Kahn, Active Portfolio Management, 2nd ed. 2000, chapter 16 (one-way: half the sum of
    absolute changes of weights).
    """
    return turnover_of(Board(history))


def turnover_of(board: Board) -> pd.DataFrame:
    """`turnover` from matrices that are made already."""
    history, plan = board.history, board.plan
    traded = cycle_outcomes(history)["traded_usd"].to_numpy()
    adjust, old = np.nan_to_num(board.row("position_adjust_usd")), np.nan_to_num(board.row("old_value"))
    flips = plan.planned & (plan.trades > 1)
    decided = rebalance_recorded(history)

    def per_cycle(usd: Numbers) -> Numbers:
        sums = np.bincount(board.places, weights=np.where(plan.planned, usd, 0.0), minlength=len(history))
        return np.where(decided, sums, np.nan)

    share = traded / board.equity
    return cycle_frame(
        history,
        {
            "traded_usd": traded,
            "added_usd": per_cycle(np.maximum(adjust, 0.0)),
            "removed_usd": per_cycle(np.maximum(-adjust, 0.0) + np.where(flips, np.abs(old), 0.0)),
            "turnover_two_way": share,
            "turnover_one_way": share / 2,
        },
    )
