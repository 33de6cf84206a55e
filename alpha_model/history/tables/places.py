"""At which place among the known ones does each of these stand, if it is there at all?"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Places: TypeAlias = npt.NDArray[np.int64]


def places_of(known: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> Places:
    """The place of each wanted value among the known ones, which are all different, in any order; -1 where it is none.

    `searchsorted` alone gives the place of a neighbour for a value that is not there.
    """
    if not len(known):
        return np.full(len(wanted), -1, dtype=np.int64)
    order = np.argsort(known, kind="stable")
    found = order[np.searchsorted(known, wanted, sorter=order).clip(max=len(known) - 1)]
    return np.where(known[found] == wanted, found, -1).astype(np.int64)
