"""What did each pair weigh: before normalising, after it, and against what was held?

Every frame here: DatetimeIndex (UTC), one row a cycle, in order; one column a pair id, in the order of `pairs`.
"""

import numpy as np
import pandas as pd

from alpha_model.history import History, Matrix


def raw_shares(history: History) -> pd.DataFrame:
    """Each pair's share of the raw weights of its cycle.

    Returns:
        Raw weight / Σ raw weights of the cycle, 0...1; NaN where the pair has no raw weight, and throughout a cycle
        whose raw weights are all 0.
    """
    raw = history.wide("raw_weight")
    total = np.nansum(raw, axis=1, keepdims=True) if raw.size else np.ones((len(history), 1))
    return _frame(history, raw / np.where(total > 0, total, np.nan))


def normalised_weights(history: History) -> pd.DataFrame:
    """The weights after normalising.

    Returns:
        Share of investable equity, or of its accepted part where size risk was used, 0...1; NaN where the pair has no
        normalised weight.
    """
    return history.wide_frame("normalised_weight")


def sides(history: History) -> pd.DataFrame:
    """On which side each signal is.

    Returns:
        1 for a long or a signal of 0, -1 for a short; NaN where the pair has no signal.
    """
    signal = history.wide("signal")
    return _frame(history, np.where(np.isnan(signal), np.nan, np.where(signal < 0, -1.0, 1.0)))


def weight_diffs(history: History) -> pd.DataFrame:
    """How far the weight of each pair had to move.

    Returns:
        Normalised weight - weight held before the cycle, -1...1; a pair that is on one side only counts 0 on the
        other, and one that cannot be traded does not move; NaN where it is neither wanted nor held. The two sides are
        shares of different wholes where cash was held: the normalised weight is a share of equity, the old one of the
        held positions.
    """
    new, old = history.wide("normalised_weight"), history.wide("old_weight")
    new, old = np.nan_to_num(new), np.nan_to_num(old)
    pinned = np.nan_to_num(history.wide("carry_forward").astype(np.float64)) > 0
    return _frame(history, np.where((new == 0) & (old == 0), np.nan, np.where(pinned, 0.0, new - old)))


def _frame(history: History, matrix: Matrix) -> pd.DataFrame:
    return pd.DataFrame(matrix, index=history.timestamps, columns=pd.Index(history.pair_ids, name="pair_id"))
