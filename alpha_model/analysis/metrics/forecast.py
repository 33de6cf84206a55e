"""Did the signals foresee what the pairs did next?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.columns import cycle_frame
from alpha_model.analysis.metrics.board import Board
from alpha_model.analysis.metrics.correlation import average_ranks, correlation, row_count, row_mean
from alpha_model.analysis.metrics.returns import Returns, returns_of
from alpha_model.history import History


def forecast_quality(history: History) -> pd.DataFrame:
    """The signals of each cycle against the returns until the next one (see `next_returns` for where those come from).

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); signals (N: pairs with a signal other than 0),
        with_return (n: those of them with a known return, which all that follows is about); rank_ic (rank correlation
        of signal and return, -1...1; NaN with n < 3 or where all are the same); hit_rate (share of the signals whose
        sign is that of the return, 0...1; returns of exactly 0 are left out), hits_of (how many were counted);
        chosen_return and others_return (mean return of the chosen and of the other pairs, a short's negated; share),
        selection_spread (their difference, NaN unless both are known). NaN throughout the last cycle.

    Source: R. Grinold and R. Kahn, Active Portfolio Management, 2nd ed. 2000, chapter 6 (information coefficient); of
    ranks: C. Spearman, The proof and measurement of association between two things, 1904. Where returns come from held
    values, n is about the held pairs, and a signal that nobody followed is not judged.
    """
    board = Board(history)
    return forecast_of(board, returns_of(board))


def forecast_of(board: Board, returns: Returns) -> pd.DataFrame:
    """`forecast_quality` from matrices that are made already."""
    signal, value = board.signal, returns.value
    both = board.has_signal & returns.known
    judged = both & (value != 0)
    earned = value * np.where(np.nan_to_num(signal) < 0, -1.0, 1.0)
    hits = judged & (earned > 0)
    counted = row_count(judged)
    chosen, others = row_mean(earned, both & board.chosen), row_mean(earned, both & ~board.chosen)
    return cycle_frame(
        board.history,
        {
            "signals": row_count(board.has_signal),
            "with_return": row_count(both),
            "rank_ic": correlation(board.signal_ranks(both), average_ranks(value, both), both),
            "hit_rate": np.where(counted > 0, row_count(hits) / np.maximum(counted, 1), np.nan),
            "hits_of": counted,
            "chosen_return": chosen,
            "others_return": others,
            "selection_spread": chosen - others,
        },
    )
