"""How strongly do two rows of numbers go together, cycle by cycle?

Dense cycle × pair matrices in, one number a cycle out; NaN where a correlation has no meaning, never 0.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from alpha_model.analysis.facts import Numbers, Places, Truths

Matrix: TypeAlias = npt.NDArray[np.float64]
"""Cycles × pairs."""
Mask: TypeAlias = npt.NDArray[np.bool_]
"""Cycles × pairs."""

FEWEST = 3
"""Pairs that a correlation needs: two points always lie on a line."""

CONSTANT = 1e-12
"""Relative: numbers that are no further apart are the same number, rounded differently."""


def average_ranks(values: Matrix, where: Mask) -> Matrix:
    """The place of each value in its row, the smallest first.

    Args:
        values: Finite wherever `where`.
        where: Which values take part.

    Returns:
        1, 2, 3 …; equal values share the mean of their places; NaN outside `where`.
    """
    rows, width = values.shape
    if not values.size:
        return np.full((rows, width), np.nan)
    keys = np.where(where, values, np.inf)
    order = np.argsort(keys, axis=1)
    ordered = np.take_along_axis(keys, order, axis=1)
    begins = np.ones((rows, width), dtype=np.bool_)
    begins[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first = np.flatnonzero(begins)
    lengths = np.diff(np.append(first, rows * width))
    mean_place = first % width + (lengths + 1) / 2
    ranks = np.empty((rows, width))
    np.put_along_axis(ranks, order, np.repeat(mean_place, lengths).reshape(rows, width), axis=1)
    return np.where(where, ranks, np.nan)


def correlation(left: Matrix, right: Matrix, where: Mask) -> Numbers:
    """Pearson's correlation of each row.

    Args:
        left: Finite wherever `where`.
        right: The same.
        where: Which pairs take part.

    Returns:
        -1...1, one number a row; NaN with fewer than 3 pairs, or where one side is the same for all of them.
    """
    count = np.count_nonzero(where, axis=1)
    a, varies_a = _deviations(left, where, count)
    b, varies_b = _deviations(right, where, count)
    together = np.einsum("ij,ij->i", a, b)
    size = np.sqrt(np.einsum("ij,ij->i", a, a) * np.einsum("ij,ij->i", b, b))
    defined = (count >= FEWEST) & varies_a & varies_b & (size > 0)
    found: Numbers = np.where(defined, np.clip(together / np.where(defined, size, 1.0), -1.0, 1.0), np.nan)
    return found


def row_mean(values: Matrix, where: Mask) -> Numbers:
    """The mean of each row over `where`; NaN where nothing takes part."""
    count = np.count_nonzero(where, axis=1)
    sums = np.where(where, values, 0.0).sum(axis=1)
    mean: Numbers = np.where(count > 0, sums / np.where(count > 0, count, 1), np.nan)
    return mean


def row_count(where: Mask) -> Places:
    """How many take part in each row."""
    count: Places = np.count_nonzero(where, axis=1).astype(np.int64)
    return count


def _deviations(values: Matrix, where: Mask, count: npt.NDArray[np.intp]) -> tuple[Matrix, Truths]:
    """Distance from the row's mean, in units of the row's largest number; and which rows vary at all."""
    kept = np.where(where, values, 0.0)
    if not kept.size:
        return kept, np.zeros(len(kept), dtype=np.bool_)
    largest = np.abs(kept).max(axis=1)
    kept /= np.where(largest > 0, largest, 1.0)[:, None]
    mean = kept.sum(axis=1) / np.where(count > 0, count, 1)
    kept -= mean[:, None]
    kept[~where] = 0.0
    spread = np.abs(kept).max(axis=1)
    kept /= np.where(spread > 0, spread, 1.0)[:, None]
    return kept, spread > CONSTANT
