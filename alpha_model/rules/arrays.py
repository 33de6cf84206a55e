"""Which arrays do the rules work on?

One row a decision: a cycle, a setting that is tried, or the one live cycle. One column a pair. A setting is a number
for all rows, or an array of (batch × 1) with one of its own for each.
"""

from __future__ import annotations

from typing import TypeAlias

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


def first_of(shape: tuple[int, ...], *gates: tuple[int, Truths]) -> Codes:
    """The code of the first gate that holds in each cell, or in its whole row; 0 where none does."""
    codes = np.zeros(shape, dtype=np.int8)
    for code, holds in reversed(gates):
        np.copyto(codes, code, where=holds)
    return codes


def scattered(columns: Places, values: Numbers, count: int) -> Numbers:
    """Values by rank, put back into the columns that they belong to; 0 in the others."""
    spread = np.zeros((len(columns), count), dtype=values.dtype)
    spread[np.arange(len(columns))[:, None], columns] = values
    return spread


def gathered(values: Numbers, columns: Places) -> Numbers:
    """The values of the columns in the order of `columns`."""
    return values[np.arange(len(columns))[:, None], columns]
