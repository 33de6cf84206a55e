"""How does one column of a history become a NumPy array, without converting the rest?"""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.history import History
from alpha_model.rules import PositionKind, is_flip, kind_named
from alpha_model.values import HistoryError

Numbers: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = npt.NDArray[np.int64]
Truths: TypeAlias = npt.NDArray[np.bool_]
Record = TypeVar("Record")

UNKNOWN_TIME: int = np.iinfo(np.int64).min
"""Stands for no time among microseconds."""


def check_one_cycle(history: History, what: str) -> None:
    """Refuse anything but one cycle.

    Args:
        history: What was given.
        what: What is asked, such as `a summary`.

    Raises:
        HistoryError: Not exactly one cycle.
    """
    if len(history) != 1:
        raise HistoryError(
            f"{what} is of one cycle, got a history of {len(history)}. Take one with history.at() or .cycle().",
            count=len(history),
        )


def numbers(table: pa.Table, column: str) -> Numbers:
    """One numeric or boolean column as float64, whole numbers above 2**53 as the nearest; null is NaN."""
    values = pc.cast(table[column], pa.float64(), safe=False)
    return cast("Numbers", values.to_numpy(zero_copy_only=False))


def texts(values: Iterable[str]) -> pd.Series:
    """A column of words; it is one where there are none, too, which pandas would take for numbers."""
    return pd.Series(list(values), dtype="str")


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


def ends_with(column: pa.ChunkedArray, ending: str) -> Truths:
    """Which words end so; an absent one does not."""
    return np.asarray(pc.fill_null(pc.ends_with(column, ending), fill_value=False), dtype=np.bool_)


def is_in(column: pa.ChunkedArray, words: tuple[str, ...]) -> Truths:
    """Which words are among those; an absent one is not."""
    return np.asarray(pc.is_in(column, value_set=pa.array(words)), dtype=np.bool_)


def was_short(history: History) -> Truths:
    """Which rows of `signals` are of a pair that was held short."""
    return ends_with(history.tables.signals["old_kind"], "short")


def flips(history: History) -> Truths:
    """Which rows of `signals` must close what is held first, because another kind of position is wanted.

    `rules.is_flip` of the recorded kinds. Where the kind that is wanted is not recorded, the side of the signal
    decides: a long then stays the kind of long that is held.
    """
    signals = history.tables.signals
    within, weight = numbers(signals, "signal_in_selection"), numbers(signals, "normalised_weight")
    there = np.nan_to_num(numbers(signals, "old_value")) != 0
    held = np.where(there, _kinds(signals["old_kind"], PositionKind.spot), PositionKind.nothing)
    long = np.where(held == PositionKind.short, PositionKind.spot, held)
    side = np.where(within < 0, PositionKind.short, long)
    wanted = np.where(np.nan_to_num(within) == 0, PositionKind.nothing, _kinds(signals["synthetic_kind"], side))
    return cast("Truths", is_flip(held, wanted, weight))


def _kinds(column: pa.ChunkedArray, otherwise: npt.NDArray[Any] | PositionKind) -> npt.NDArray[Any]:
    """The `PositionKind` of recorded kinds of pairs; another one where none is recorded."""
    words = pc.dictionary_encode(column).combine_chunks()
    words = words.chunk(0) if isinstance(words, pa.ChunkedArray) else words
    codes = np.array([kind_named(word) for word in words.dictionary.to_pylist()] + [0])
    places = words.indices.fill_null(len(codes) - 1).to_numpy(zero_copy_only=False)
    return np.where(np.asarray(pc.is_valid(column)), codes[places], otherwise)


def microseconds(table: pa.Table, column: str = "timestamp") -> Places:
    """The times in a table, microseconds since 1970; `UNKNOWN_TIME` where there is none."""
    return cast("Places", pc.fill_null(table[column].cast(pa.int64()), UNKNOWN_TIME).to_numpy())


def shares_in_cycle(history: History, values: Numbers) -> Numbers:
    """Each value of a column of `signals` as a share of the sum of its cycle; NaN where that sum is not above 0."""
    total = sum_per_cycle(history, values)[history.signal_places]
    return values / np.where(total > 0, total, np.nan)


def part_of(record: Record, rows: slice | Places) -> Record:
    """A dataclass of columns, cut to some of their rows; columns of dataclasses and dictionaries within it too."""
    cut = {each.name: _cut(getattr(record, each.name), rows) for each in fields(cast("Any", record))}
    return cast("Record", replace(cast("Any", record), **cut))


def _cut(value: Any, rows: slice | Places) -> Any:
    if isinstance(value, np.ndarray):
        return value[rows]
    if isinstance(value, dict):
        return {name: _cut(each, rows) for name, each in value.items()}
    return part_of(value, rows) if is_dataclass(value) else value


def cycle_frame(history: History, columns: dict[str, object]) -> pd.DataFrame:
    """A frame with one row a cycle: `cycle`, `timestamp` and the given columns."""
    return pd.DataFrame({"cycle": history.cycle_numbers, "timestamp": history.timestamps, **columns})
