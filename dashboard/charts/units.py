"""In which unit does a chart draw a move: dollars, or percentage points?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.charts.house import as_percent


@dataclass(frozen=True, slots=True)
class Unit:
    """How numbers of a frame are drawn and written.

    Args:
        axis: Title of an axis.
        suffix: After a number.
        hover: A number format with its sign.
        tickformat: A number format of ticks; empty for Plotly's own.
        is_share: Numbers are shares, drawn times 100.
    """

    axis: str
    suffix: str
    hover: str
    tickformat: str
    is_share: bool

    def drawn(self, values: pd.Series | pd.DataFrame) -> np.ndarray[Any, Any]:
        """The numbers as they are drawn."""
        return as_percent(values) if self.is_share else values.to_numpy(dtype=np.float64)


POINTS = Unit("Percentage points", " pp", "+,.1f", "", is_share=True)
DOLLARS = Unit("USD", "", "+$,.2f", "$~s", is_share=False)


def unit_of(*, dollars: bool) -> Unit:
    """The unit of moves that are in dollars, or not."""
    return DOLLARS if dollars else POINTS
