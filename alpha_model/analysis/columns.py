"""How does one column of a history become a NumPy array, without converting the rest?"""

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.history import History

Numbers: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = npt.NDArray[np.int64]
Truths: TypeAlias = npt.NDArray[np.bool_]
Record = TypeVar("Record")


def numbers(table: pa.Table, column: str) -> Numbers:
    """One numeric or boolean column as float64; null is NaN."""
    values = pc.cast(table[column], pa.float64())
    return cast("Numbers", values.to_numpy(zero_copy_only=False))


def count_per_cycle(history: History, chosen: Truths) -> Places:
    """How many rows of `signals` are chosen, one number a cycle."""
    return np.bincount(history.signal_places[chosen], minlength=len(history)).astype(np.int64)


def sum_per_cycle(history: History, values: Numbers | Places) -> Numbers:
    """The sum of a column of `signals` in each cycle; NaN where no row of the cycle has a number."""
    known = ~np.isnan(values)
    places = history.signal_places[known]
    sums = np.bincount(places, weights=values[known], minlength=len(history))
    counts = np.bincount(places, minlength=len(history))
    return np.where(counts > 0, sums, np.nan)


def shares_in_cycle(history: History, values: Numbers) -> Numbers:
    """Each value of a column of `signals` as a share of the sum of its cycle; NaN where that sum is not above 0."""
    total = sum_per_cycle(history, values)[history.signal_places]
    return values / np.where(total > 0, total, np.nan)


def part_of(record: Record, part: slice) -> Record:
    """A dataclass of columns, cut to some of their rows; columns of dataclasses within it too."""
    cut: dict[str, Any] = {}
    for each in fields(cast("Any", record)):
        value = getattr(record, each.name)
        if isinstance(value, np.ndarray):
            cut[each.name] = value[part]
        elif is_dataclass(value):
            cut[each.name] = part_of(value, part)
    return cast("Record", replace(cast("Any", record), **cut))


def cycle_frame(history: History, columns: dict[str, object]) -> pd.DataFrame:
    """A frame with one row a cycle: `cycle`, `timestamp` and the given columns."""
    return pd.DataFrame({"cycle": history.cycle_numbers, "timestamp": history.timestamps, **columns})
