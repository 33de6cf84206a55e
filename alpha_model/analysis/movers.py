"""Which pairs moved, how much and when?"""

import numpy as np
import pandas as pd

from alpha_model.analysis.weights import weight_diffs
from alpha_model.history import History


def weight_moved(history: History) -> pd.DataFrame:
    """How much weight had to move in each cycle.

    Returns:
        DatetimeIndex (UTC), one row a cycle: grew (Σ of the positive `weight_diffs`), shrank (Σ of the negative ones,
        <= 0); shares, NaN in a cycle without any.
    """
    diffs = weight_diffs(history)
    values = diffs.to_numpy()
    known = ~np.isnan(values).all(axis=1) if values.size else np.zeros(len(diffs), dtype=np.bool_)
    grew, shrank = np.nansum(np.fmax(values, 0.0), axis=1), np.nansum(np.fmin(values, 0.0), axis=1)
    return pd.DataFrame(
        {"grew": np.where(known, grew, np.nan), "shrank": np.where(known, shrank, np.nan)}, index=diffs.index
    )


def movers(history: History) -> pd.DataFrame:
    """Every pair whose weight had to move, the most moved first.

    Returns:
        RangeIndex, one row a pair: pair_id; moved (Σ|weight diff|); grew and shrank (Σ of either sign); change_count
        (cycles with a diff other than 0); largest (the diff farthest from 0, with its sign); largest_at (UTC). Weights
        are shares, so a `moved` of 1.5 is 150 percentage points.
    """
    diffs = weight_diffs(history)
    values = np.nan_to_num(diffs.to_numpy())
    moved = np.abs(values).sum(axis=0)
    order = np.argsort(-moved, kind="stable")[: int((moved > 0).sum())]
    values = values[:, order]
    farthest = np.abs(values).argmax(axis=0) if len(order) else np.zeros(0, dtype=np.int64)
    return pd.DataFrame(
        {
            "pair_id": history.pair_ids[order],
            "moved": moved[order],
            "grew": np.fmax(values, 0.0).sum(axis=0),
            "shrank": np.fmin(values, 0.0).sum(axis=0),
            "change_count": (values != 0).sum(axis=0),
            "largest": values[farthest, np.arange(len(order))],
            "largest_at": history.timestamps[farthest],
        }
    )
