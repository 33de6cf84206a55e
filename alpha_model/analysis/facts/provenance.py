"""How sure is an amount?"""

from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes: TypeAlias = npt.NDArray[np.int8]
"""Places in `Provenance`, one a row."""


class Provenance(StrEnum):
    """Where an amount comes from, the least certain first."""

    unknown = "unknown"
    """The source does not record what the amount needs; it is NaN."""
    inferred = "inferred"
    """Follows from settings that were fitted so that they reproduce the record."""
    derived = "derived"
    """Follows exactly from recorded amounts or recorded settings."""
    recorded = "recorded"
    """The step that made it wrote it down."""


UNKNOWN, INFERRED, DERIVED, RECORDED = (np.int8(place) for place in range(4))


def as_words(codes: Codes) -> pd.Categorical:
    """Codes as an ordered categorical."""
    kind = pd.CategoricalDtype([str(each) for each in Provenance], ordered=True)
    words: pd.Categorical = pd.Categorical.from_codes(codes, dtype=kind)
    return words
