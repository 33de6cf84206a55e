"""Which planned trades came to nothing?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.analysis.columns import Places, Truths
from alpha_model.analysis.plan import rebalance_trades
from alpha_model.history import History

FAILED = ("failed", "expired")
"""The statuses of a trade that was planned and never made."""


def failed_counts(history: History) -> Places:
    """How many of the recorded rebalance trades of each cycle failed or expired, one number a cycle."""
    cycles = _failed(history)["cycle"].to_numpy()
    return np.bincount(np.searchsorted(history.cycle_numbers, cycles), minlength=len(history)).astype(np.int64)


def failed_rows(history: History) -> Truths:
    """Which rows of `signals` have a trade in their cycle that failed or expired."""
    failed = _failed(history)
    places = np.searchsorted(history.cycle_numbers, failed["cycle"].to_numpy())
    pairs = set(zip(places.tolist(), failed["pair_id"].to_pylist(), strict=True))
    if not pairs:
        return np.zeros(history.tables.signals.num_rows, dtype=np.bool_)
    own = zip(history.signal_places.tolist(), history.tables.signals["pair_id"].to_pylist(), strict=True)
    return np.array([each in pairs for each in own], dtype=np.bool_)


def _failed(history: History) -> pa.Table:
    trades = rebalance_trades(history)
    return trades.filter(pc.is_in(trades["status"], pa.array(FAILED)))
