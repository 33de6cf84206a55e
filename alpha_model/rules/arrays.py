"""Which arrays do the rules work on?

One row a decision: a cycle, a setting that is tried, or the one live cycle. One column a pair. A setting is a number
for all rows, or an array of (batch × 1) with one of its own for each.
"""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.float64]
"""(batch × pairs)"""

Truths: TypeAlias = npt.NDArray[np.bool_]
"""(batch × pairs)"""

Codes: TypeAlias = npt.NDArray[np.int8]
"""(batch × pairs), members of an enumeration of the rule."""

Places: TypeAlias = npt.NDArray[np.intp]
"""(batch × pairs), places of columns."""

Setting: TypeAlias = float | Numbers
"""A number, or (batch × 1)."""


def first_of(shape: tuple[int, ...], *gates: tuple[int, Truths | np.bool_]) -> Codes:
    """The code of the first gate that holds in each cell, or in its whole row; 0 where none does."""
    codes = np.zeros(shape, dtype=np.int8)
    for code, holds in reversed(gates):
        np.copyto(codes, code, where=holds)
    return codes


_Array = TypeVar("_Array", bound=npt.NDArray[Any])


def scattered(columns: Places, values: _Array, count: int) -> _Array:
    """Values by rank, put back into the columns that they belong to; 0 in the others."""
    spread: Any = np.zeros((len(columns), count), dtype=values.dtype)
    spread[np.arange(len(columns))[:, None], columns] = values
    return spread  # type: ignore[no-any-return] # of the type of `values`


def gathered(values: _Array, columns: Places) -> _Array:
    """The values of the columns in the order of `columns`."""
    found: Any = values[np.arange(len(columns))[:, None], columns]
    return found  # type: ignore[no-any-return] # of the type of `values`
