"""How much of what the signals wanted reached the portfolio?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import Facts, cycle_frame, facts_of
from alpha_model.analysis.metrics.correlation import Matrix, correlation, row_count
from alpha_model.history import History


def transfer_coefficients(history: History | Facts) -> pd.DataFrame:
    """The cross-sectional correlation of what was wanted with what the portfolio got, at three places of the chain.

    Clarke, de Silva and Thorley correlate risk-adjusted signals with risk-weighted active weights. A record holds no
    risk model and no benchmark: here every pair has the same risk, and the benchmark is cash, so that the active weight
    is the weight. Under a long-only rule 1 is out of reach where signals are negative.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); transfer_signal (signed signal with signed USD
        held after the planned trades, over all pairs that have a signal or are held: the whole chain, selection
        included), signal_pairs (how many); transfer_weight (signed raw weight with signed USD held, over the pairs
        that are chosen or held: weighting to portfolio), weight_pairs; transfer_target (raw weight with target, over
        the chosen pairs: limits alone, gates before trades apart), target_pairs. -1...1; NaN with fewer than 3 pairs,
        where either side is the same for all of them (equal weights that were never cut), and, but for
        transfer_target, where a position of the cycle is unknown.

    Source: R. Clarke, H. de Silva and S. Thorley, Portfolio Constraints and the Fundamental Law of Active Management,
    Financial Analysts Journal 58(5), 2002.
    """
    board = facts_of(history).board
    signal, holding = board.signal, np.nan_to_num(board.holding)
    held = holding != 0
    raw = np.where(board.chosen, board.wide("raw_weight"), 0.0)
    side = np.where(np.nan_to_num(signal) < 0, -1.0, 1.0)
    known = board.holdings_known[:, None]
    over = {
        "signal": (board.has_signal | held) & known,
        "weight": (board.chosen | held) & ~np.isnan(raw) & known,
        "target": board.chosen & ~np.isnan(raw) & ~np.isnan(board.target),
    }
    sides: dict[str, tuple[Matrix, Matrix]] = {
        "signal": (np.nan_to_num(signal), holding),
        "weight": (np.nan_to_num(raw) * side, holding),
        "target": (np.nan_to_num(raw), np.nan_to_num(board.target)),
    }
    columns: dict[str, object] = {}
    for name, where in over.items():
        columns[f"transfer_{name}"] = correlation(*sides[name], where)
        columns[f"{name}_pairs"] = row_count(where)
    return cycle_frame(board.history, columns)
