"""Did stronger signals earn more than weaker ones?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import Facts, cycle_frame, facts_of
from alpha_model.analysis.metrics.correlation import Matrix, row_count, row_mean
from alpha_model.history import History
from alpha_model.values import HistoryError

FEWEST_QUANTILES = 2


def quantile_returns(history: History | Facts, quantiles: int = 5) -> pd.DataFrame:
    """The mean return until the next cycle of each quantile of the signals, the most negative signals first.

    Quantiles are those of `pandas.qcut`: the pair of rank r among n goes to ⌈(r - 1) · quantiles / (n - 1)⌉, at least
    1. Equal signals share the mean of their ranks, and so their quantile.

    Args:
        history: The record.
        quantiles: How many, >= 2.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); signals (N) and with_return (n) as in
        `forecast_quality`; q1 … qK (mean return of a unit held long, share; NaN where n < quantiles or ties leave the
        quantile empty); spread (qK - q1, NaN unless both are known). NaN throughout the last cycle, and in every cycle
        where fewer than `COVERAGE` of the expected returns are known over all cycles.

    Raises:
        HistoryError: Fewer than 2 quantiles.

    Source: the sort into quantiles of E. Fama and K. French, The cross-section of expected stock returns, 1992; the
    bounds as alphalens draws them, by pandas.qcut.
    """
    facts = facts_of(history)
    board, returns = facts.board, facts.returns
    if quantiles < FEWEST_QUANTILES:
        raise HistoryError(
            f"quantile_returns() needs at least {FEWEST_QUANTILES} quantiles, got {quantiles}. Five is usual.",
            got=quantiles,
        )
    both = board.has_signal & returns.judged
    count = row_count(both)
    enough = both & (count >= quantiles)[:, None] & returns.cover(board.has_signal)
    place = _quantile(board.signal_ranks(enough), count, quantiles)
    means = {f"q{each}": row_mean(returns.value, enough & (place == each)) for each in range(1, quantiles + 1)}
    return cycle_frame(
        board.history,
        {
            "signals": row_count(board.has_signal),
            "with_return": count,
            **means,
            "spread": means[f"q{quantiles}"] - means["q1"],
        },
    )


def _quantile(ranks: Matrix, count: np.ndarray[tuple[int], np.dtype[np.int64]], quantiles: int) -> Matrix:
    """1 … quantiles; ranks are halves at the finest, so that the division is one of whole numbers."""
    above = np.nan_to_num(2 * ranks - 2).astype(np.int64)
    place = -(-above * quantiles // np.maximum(2 * (count - 1), 1)[:, None])
    return np.where(np.isnan(ranks), np.nan, np.maximum(place, 1))
