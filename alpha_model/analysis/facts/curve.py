"""Where does the equity curve leave out a position that is still there?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from alpha_model.analysis.facts.columns import is_in, microseconds, numbers
from alpha_model.history import History

FITS = 0.05
"""Relative: a fall that differs by less from the value of a position is that position leaving the curve."""


def curve_breaks(history: History) -> pd.DataFrame:
    """Falls of the equity curve that are a frozen position leaving it, and no loss.

    The reference framework freezes a position whose trade failed, and counts it no longer. A fall is told so only where
    it is, within 5 %, what the position was worth.

    Returns:
        RangeIndex, one row a fall: timestamp (UTC, the first point without the position); cycle (the last at or before
        it); pair_id; value (of the position, USD); fall (of the curve, USD); share (fall / equity before, 0...1).
    """
    points, failed = history.whole.tables.equity, history.tables.trades
    failed = failed.filter(pa.array(is_in(failed["status"], ("failed",))))
    failed = failed.filter(failed["failed_at"].is_valid())
    total, times = numbers(points, "total_equity"), microseconds(points)
    rows = []
    for row, moment in enumerate(microseconds(failed, "failed_at")):
        after = int(np.searchsorted(times, moment, side="left"))
        if not 0 < after < len(times):
            continue
        fall, value = total[after - 1] - total[after], _worth(history, failed, row)
        if value > 0 and abs(fall - value) <= FITS * value:
            when = pd.Timestamp(int(times[after]), unit="us", tz="UTC")
            place = max(int(history.timestamps.searchsorted(when, side="right")) - 1, 0)
            pair_id = failed["pair_id"][row].as_py()
            cycle = int(history.cycle_numbers[place])
            rows.append((when, cycle, pair_id, value, fall, fall / total[after - 1]))
    return pd.DataFrame(rows, columns=["timestamp", "cycle", "pair_id", "value", "fall", "share"])


def _worth(history: History, failed: pa.Table, row: int) -> float:
    """What the position of that trade was worth before it; NaN where the source does not tell."""
    positions = history.tables.positions
    cycle, pair_id = failed["cycle"][row].as_py(), failed["pair_id"][row].as_py()
    those = (positions["cycle"].to_numpy() == cycle) & (positions["pair_id"].to_numpy() == pair_id)
    return float(np.abs(numbers(positions, "value")[those]).sum()) if those.any() else float("nan")
