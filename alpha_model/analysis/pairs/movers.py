"""Which pairs moved, how much and when?

A move is in dollars where the source records any, else in points: the API's weight diff.
"""

import numpy as np
import pandas as pd

from alpha_model.analysis.pairs.shares import moves_usd
from alpha_model.analysis.pairs.weights import weight_diffs
from alpha_model.history import History


def moves_are_usd(history: History) -> bool:
    """Does the source record the dollars that positions were to change by? Asked of the whole of a history."""
    adjust = history.whole.tables.signals["position_adjust_usd"]
    return bool(adjust.null_count < len(adjust))


def moves(history: History) -> pd.DataFrame:
    """How far each position had to move: `moves_usd`, or `weight_diffs` where no dollars are recorded."""
    return moves_usd(history) if moves_are_usd(history) else weight_diffs(history)


def moved(history: History) -> pd.DataFrame:
    """How much had to move in each cycle.

    Returns:
        DatetimeIndex (UTC), one row a cycle: grew (Σ of the positive `moves`), shrank (Σ of the negative ones, <= 0);
        USD, or shares where no dollars are recorded; NaN in a cycle without any.
    """
    frame = moves(history)
    values = frame.to_numpy()
    known = ~np.isnan(values).all(axis=1) if values.size else np.zeros(len(frame), dtype=np.bool_)
    grew, shrank = np.nansum(np.fmax(values, 0.0), axis=1), np.nansum(np.fmin(values, 0.0), axis=1)
    return pd.DataFrame(
        {"grew": np.where(known, grew, np.nan), "shrank": np.where(known, shrank, np.nan)}, index=frame.index
    )


def movers(history: History) -> pd.DataFrame:
    """Every pair that had to move, the most moved first.

    A change that was wanted and not traded is wanted again in the next cycle, so amounts are means, and not sums.

    Returns:
        RangeIndex, one row a pair: pair_id; moved (mean |move| over all cycles); grew and shrank (mean of either sign);
        change_count (cycles with a move other than 0); largest (the move farthest from 0, with its sign); largest_at
        (UTC). USD, or shares where no dollars are recorded.
    """
    values = np.nan_to_num(moves(history).to_numpy())
    size = np.abs(values).mean(axis=0) if len(values) else np.zeros(values.shape[1])
    order = np.argsort(-size, kind="stable")[: int((size > 0).sum())]
    values = values[:, order]
    farthest = np.abs(values).argmax(axis=0) if len(order) else np.zeros(0, dtype=np.int64)
    return pd.DataFrame(
        {
            "pair_id": history.pair_ids[order],
            "moved": size[order],
            "grew": np.fmax(values, 0.0).mean(axis=0) if len(order) else [],
            "shrank": np.fmin(values, 0.0).mean(axis=0) if len(order) else [],
            "change_count": (values != 0).sum(axis=0),
            "largest": values[farthest, np.arange(len(order))],
            "largest_at": history.timestamps[farthest],
        }
    )
