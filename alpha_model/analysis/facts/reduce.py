"""How do thousands of cycles and hundreds of pairs become a picture, without hiding what was left out?"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

OTHER = 0
"""The column of everything outside the top pairs. No pair has this id: reference ids start at 1, ours are negative."""

PairIds: TypeAlias = npt.NDArray[np.int64]

Meaning: TypeAlias = Literal["last", "sum", "max", "mean", "extreme"]
"""How the cycles of a bucket become one number: last for weights, sum for counts, max for adjusts, mean for levels in
USD, extreme (the number farthest from 0, with its sign) for differences."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a reduction shows of what there is.

    Args:
        shown: Columns or rows shown.
        total: Columns or rows there are.
    """

    shown: int
    total: int

    @property
    def is_everything(self) -> bool:
        """Was nothing left out or merged?"""
        return self.shown >= self.total


def live_pairs(order: PairIds, *frames: pd.DataFrame) -> PairIds:
    """The pairs that have a value other than 0 in at least one of the frames, in `order`."""
    live = [frame.columns.to_numpy()[np.any(np.nan_to_num(frame.to_numpy()) != 0, axis=0)] for frame in frames]
    return order[np.isin(order, np.concatenate(live))]


def merge_pairs(frame: pd.DataFrame, pair_ids: PairIds, count: int) -> tuple[pd.DataFrame, Kept]:
    """The first `count` pairs, and the sum of the others in one column.

    Args:
        frame: One column a pair id.
        pair_ids: The pairs that take part, the most important first.
        count: How many to keep, >= 1; one pair more is kept too, since alone it needs no merging.

    Returns:
        The columns in the order of `pair_ids`; the last is `OTHER` where pairs were merged, NaN where none of them has
        a value.
    """
    if len(pair_ids) <= count + 1:
        return frame[list(pair_ids)], Kept(len(pair_ids), len(pair_ids))
    others = frame[list(pair_ids[count:])].sum(axis=1, min_count=1).rename(OTHER)
    return pd.concat([frame[list(pair_ids[:count])], others], axis=1), Kept(count, len(pair_ids))


def most_moved(frame: pd.DataFrame, count: int) -> tuple[pd.DataFrame, Kept]:
    """The `count` columns with the largest Σ|values|, the largest first; columns without any value are not counted."""
    values = frame.to_numpy(dtype=np.float64)
    alive = np.flatnonzero(~np.isnan(values).all(axis=0))
    moved = np.nansum(np.abs(values[:, alive]), axis=0)
    order = alive[np.argsort(-moved, kind="stable")]
    return frame.iloc[:, order[:count]], Kept(min(count, len(order)), len(order))


def cycle_buckets(cycle_count: int, limit: int, *, equal: bool = False) -> npt.NDArray[np.int64]:
    """The bucket of each cycle: neighbouring cycles, at most `limit` buckets.

    Args:
        cycle_count: How many cycles there are.
        limit: How many buckets at most, >= 1.
        equal: Every bucket but the last has the same number of cycles, as sums need; otherwise the numbers differ by
            at most one, and all of `limit` is used.
    """
    places = np.arange(cycle_count, dtype=np.int64)
    if equal:
        return places // max(1, -(-cycle_count // limit))
    return places * min(limit, cycle_count) // max(1, cycle_count)


def reduce_cycles(frame: pd.DataFrame, limit: int, meaning: Meaning) -> tuple[pd.DataFrame, Kept]:
    """At most `limit` rows, each made of neighbouring cycles; see `cycle_buckets`.

    Args:
        frame: One row a cycle, in order, any index; columns are numbers.
        limit: How many rows to keep at most, >= 1.
        meaning: How the cycles of a row become one number; NaN is kept by last and left out by the others.

    Returns:
        The same columns; the index is that of the last cycle in each bucket.
    """
    total = len(frame)
    if total <= limit:
        return frame, Kept(total, total)
    starts = np.flatnonzero(np.diff(cycle_buckets(total, limit, equal=meaning == "sum"), prepend=-1))
    last = np.append(starts[1:], total) - 1
    values = frame.to_numpy(dtype=np.float64)
    if meaning == "last":
        reduced = values[last]
    elif meaning == "max":
        reduced = np.fmax.reduceat(values, starts, axis=0)
    elif meaning == "extreme":
        highest, lowest = np.fmax.reduceat(values, starts, axis=0), np.fmin.reduceat(values, starts, axis=0)
        reduced = np.where(highest >= -lowest, highest, lowest)
    else:
        known = ~np.isnan(values)
        counts = np.add.reduceat(known, starts, axis=0, dtype=np.int64)
        sums = np.add.reduceat(np.where(known, values, 0.0), starts, axis=0)
        divisor = np.where(counts > 0, counts, np.nan) if meaning == "mean" else np.where(counts > 0, 1.0, np.nan)
        reduced = sums / divisor
    return pd.DataFrame(reduced, index=frame.index[last], columns=frame.columns), Kept(len(starts), total)
