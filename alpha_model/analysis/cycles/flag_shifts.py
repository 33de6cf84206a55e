"""When did the mix of flags change?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from alpha_model.analysis.cycles.flags import flag_counts
from alpha_model.analysis.facts import Numbers, Places
from alpha_model.history import History
from alpha_model.values import PairId

SPAN = 20
"""Cycles before and after a moment that are compared."""
CERTAIN = 5.0
"""Standard errors by which both means have to differ, so that chance is no shift."""
LEAST = 0.25
"""Signals a cycle by which they have to differ, so that a rare flag is no shift."""


def flag_shifts(history: History, pair_ids: Sequence[PairId] | None = None, span: int = SPAN) -> pd.DataFrame:
    """The moments at which flags began to be raised more or less often than before.

    Args:
        history: The record.
        pair_ids: Only these pairs; None is all.
        span: How many cycles before and after a moment are compared; shifts are at least as far apart.

    Returns:
        RangeIndex, one row a shift, in order of time: place (of the first cycle after, in this history); cycle;
        timestamp (UTC); flag (the one that moved most); before and after (mean number of signals of a cycle that carry
        it, over `span` cycles); moved (Σ|after - before| over all flags). No rows: the mix never changed for certain,
        or there are fewer than twice `span` cycles.
    """
    counts = flag_counts(history, pair_ids)
    places, before, after, moved = _shifts(counts.to_numpy(dtype=np.float64), span)
    most = np.abs(after - before).argmax(axis=1) if places.size else places
    row = np.arange(len(places))
    return pd.DataFrame(
        {
            "place": places,
            "cycle": history.cycle_numbers[places],
            "timestamp": history.timestamps[places],
            "flag": pd.Series([str(counts.columns[column]) for column in most], dtype=object),
            "before": before[row, most] if places.size else np.zeros(0),
            "after": after[row, most] if places.size else np.zeros(0),
            "moved": moved,
        }
    )


def _shifts(counts: Numbers, span: int) -> tuple[Places, Numbers, Numbers, Numbers]:
    """Place, means before and after (a row a shift, a column a flag), and how much moved in all."""
    cycle_count, flag_count = counts.shape
    if cycle_count < 2 * span or not flag_count:
        nothing = np.zeros((0, flag_count))
        return np.zeros(0, dtype=np.int64), nothing, nothing, np.zeros(0)
    mean, square = _rolling(counts, span), _rolling(counts**2, span)
    variance = np.maximum(square - mean**2, 0.0)
    before, after = mean[:-span], mean[span:]
    difference = np.abs(after - before)
    error = np.sqrt((variance[:-span] + variance[span:]) / span)
    certain = ((difference >= LEAST) & (difference >= CERTAIN * error)).any(axis=1)
    moved = difference.sum(axis=1)
    peaks = _apart(np.where(certain, moved, 0.0), span)
    return peaks + span, before[peaks], after[peaks], moved[peaks]


def _rolling(values: Numbers, span: int) -> Numbers:
    """The mean of each `span` rows in a row."""
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    means: Numbers = (sums[span:] - sums[:-span]) / span
    return means


def _apart(heights: Numbers, span: int) -> Places:
    """The highest places, each at least `span` from every higher one, in order; 0 is no height."""
    free: npt.NDArray[np.bool_] = heights > 0
    found = []
    for place in np.argsort(-heights, kind="stable"):
        if not free.any():
            break
        if free[place]:
            found.append(int(place))
            free[max(0, place - span + 1) : place + span] = False
    return np.array(sorted(found), dtype=np.int64)
