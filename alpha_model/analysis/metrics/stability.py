"""How much did the signals, and the choice made from them, change from one cycle to the next?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import Facts, Numbers, cycle_frame, facts_of
from alpha_model.analysis.metrics.board import Board
from alpha_model.analysis.metrics.correlation import correlation, row_count
from alpha_model.history import History


def signal_stability(history: History | Facts) -> pd.DataFrame:
    """The signals of each cycle against those of the cycle before.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); signals (N: pairs with a signal other than 0),
        common (n: those that had one in the cycle before too); rank_autocorrelation (rank correlation of both, over
        the common pairs, -1...1; NaN with n < 3 or where all are the same); kept_share (chosen in both cycles / chosen
        in either, 0...1; NaN where neither chose anything); entered and left (pairs chosen now and not before, and the
        other way round; NaN in the first cycle). A low autocorrelation makes turnover; limits and gates then decide
        what of it is paid for.

    Source: rank autocorrelation as a turnover measure of signals: E. Qian, R. Hua and E. Sorensen, Quantitative Equity
    Portfolio Management, 2007, chapter 8; kept_share is P. Jaccard's index, 1912.
    """
    board = facts_of(history).board
    there, chosen = board.has_signal, board.chosen
    common = there[1:] & there[:-1]
    now, before = board.signal_ranks(common, slice(1, None)), board.signal_ranks(common, slice(-1))
    kept, either = row_count(chosen[1:] & chosen[:-1]), row_count(chosen[1:] | chosen[:-1])
    return cycle_frame(
        board.history,
        {
            "signals": row_count(there),
            "common": _after_first(board, row_count(common).astype(np.float64)),
            "rank_autocorrelation": _after_first(board, correlation(now, before, common)),
            "kept_share": _after_first(board, np.where(either > 0, kept / np.maximum(either, 1), np.nan)),
            "entered": _after_first(board, row_count(chosen[1:] & ~chosen[:-1]).astype(np.float64)),
            "left": _after_first(board, row_count(chosen[:-1] & ~chosen[1:]).astype(np.float64)),
        },
    )


def _after_first(board: Board, values: Numbers) -> Numbers:
    """One number a cycle; the first cycle has none before it."""
    return np.concatenate([np.full(1, np.nan), values])[: len(board.history)]
