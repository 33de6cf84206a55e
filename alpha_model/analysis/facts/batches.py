"""How do rows of `signals` become the (batch × pairs) arrays that the rules work on?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from alpha_model.analysis.facts.columns import Numbers, Places, Truths

_MOST_CELLS = 1 << 18
"""So many cells of a batch are worked on at once, for the sake of memory."""

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some cycles of about the same number of pairs: one row each.

    Args:
        cycles: Their places, one number a row.
        rows: (batch × pairs) the row of `signals` in each cell; any where there is none.
        there: (batch × pairs) whether there is one.
    """

    cycles: Places
    rows: Places
    there: Truths

    def of(self, values: Numbers, otherwise: float = np.nan) -> Numbers:
        """(batch × pairs) a column of `signals`."""
        return np.where(self.there, values[self.rows], otherwise)

    def where(self, truths: Truths) -> Truths:
        """(batch × pairs) a column of `signals`; False where there is no row."""
        found: Truths = truths[self.rows] & self.there
        return found

    def of_cycle(self, values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """(batch × 1) a column of `cycles`."""
        return values[self.cycles][:, None]

    def put(self, column: npt.NDArray[Any], values: npt.NDArray[Any]) -> None:
        """Write (batch × pairs) values into a column of `signals`."""
        column[self.rows[self.there]] = values[self.there]


def batches(places: Places, rows: Places) -> Iterator[Batch]:
    """Rows of `signals` in batches of at most about twice as many cells as rows.

    A cycle always comes as wide, whatever others there are, so that its sums are the same to the last bit.

    Args:
        places: The cycle of each row of `signals`.
        rows: Which rows, cycle by cycle, and within a cycle in the order that the columns are to have.
    """
    of_row = places[rows]
    starts = np.flatnonzero(np.diff(of_row, prepend=-1))
    widths = np.diff(np.append(starts, len(rows)))
    sizes = np.frexp(widths - 0.5)[1]  # the same for 5 to 8, for 9 to 16 …
    for size in np.unique(sizes):
        those = np.flatnonzero(sizes == size)
        width = 1 << int(size)
        for some in np.array_split(those, len(those) * width // _MOST_CELLS + 1):
            columns = np.arange(width)
            there = columns < widths[some, None]
            cells = np.where(there, starts[some, None] + columns, starts[some, None])
            yield Batch(of_row[starts[some]], rows[cells], there)
