"""How much of a frame fits into a picture, and what is said about the rest?"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from alpha_model.analysis.facts import Kept, Meaning, reduce_cycles
from alpha_model.history import History
from alpha_model.values import PairId
from dashboard.drawing import Drawing, Look, PairIds, Span

BUCKETS = 500
"""The most cycles that a picture draws one by one."""
MARGIN = 0.25
"""How much is drawn on either side of what a reader zoomed into, as a part of its width: it can be dragged in."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What one chart draws.

    Args:
        frame: The numbers, reduced to what is drawn.
        finding: What they say, in a line; a question where there is nothing to say.
        note: What was left out or merged; empty when nothing was.
        refines: There are more cycles than are drawn.
    """

    frame: pd.DataFrame
    finding: str
    note: str = ""
    refines: bool = False

    def drawn(
        self, figure: go.Figure, look: Look, reading: str, table: pd.DataFrame | None = None, *, timed: bool = True
    ) -> Drawing:
        """The chart of this picture.

        Args:
            figure: What it draws.
            look: How a reader looks at it.
            reading: How to read it; what was left out is said after it. Our own words only, they are Markdown.
            table: Its numbers under names for people; None is the frame.
            timed: Its x axis is time.
        """
        return Drawing(
            figure,
            self.finding,
            f"{reading} {self.note}".strip(),
            self.frame if table is None else table,
            look.theme,
            timed=timed,
            refines=self.refines,
        )


@dataclass(frozen=True, slots=True)
class Reduced:
    """Rows of a frame of cycles that one picture can draw.

    Args:
        frame: The rows.
        kept: How many rows there are of how many in view.
        whole: How many there are without any zoom.
    """

    frame: pd.DataFrame
    kept: Kept
    whole: int = field(default=0)

    @property
    def refines(self) -> bool:
        """Would another zoom show another frame?"""
        return self.whole > BUCKETS


def reduced(frame: pd.DataFrame, meaning: Meaning, zoom: Span | None = None) -> Reduced:
    """What is drawn of a frame with a DatetimeIndex, one row a cycle."""
    drawn, kept = reduce_cycles(in_view(frame, zoom), BUCKETS, meaning)
    return Reduced(drawn, kept, len(frame))


def in_view(frame: pd.DataFrame, zoom: Span | None) -> pd.DataFrame:
    """The rows that a reader looks at, and some on either side."""
    if zoom is None:
        return frame
    return frame.iloc[_places_in_view(pd.DatetimeIndex(frame.index), zoom)]


def cycles_in_view(history: History, zoom: Span | None) -> History:
    """The cycles that a reader looks at, and some on either side."""
    times = history.timestamps
    if zoom is None or not len(times):
        return history
    seen = times[_places_in_view(times, zoom)]
    return history.between(seen[0], seen[-1])


def _places_in_view(times: pd.DatetimeIndex, zoom: Span) -> slice:
    """The places in a zoom and its margins, and one more on either side."""
    margin = (zoom.end - zoom.start) * MARGIN
    first, stop = times.searchsorted(zoom.start - margin), times.searchsorted(zoom.end + margin, side="right")
    return slice(max(0, int(first) - 1), int(stop) + 1)


def among(order: np.ndarray[tuple[int], np.dtype[np.int64]], pair_ids: PairIds) -> list[PairId]:
    """The selected pairs in that order; all when none is selected."""
    chosen = order[np.isin(order, pair_ids)] if pair_ids else order
    return [int(pair_id) for pair_id in chosen]


def note(cycles: Kept, meaning: str, pairs: Kept | None = None, place: str = "") -> str:
    """What was left out, in our own words; empty when nothing was."""
    parts = []
    if pairs is not None and not pairs.is_everything:
        parts.append(f"{pairs.shown} of {pairs.total} pairs {place}.")
    if not cycles.is_everything:
        parts.append(f"Showing {cycles.shown:,} of {cycles.total:,} cycles: {meaning}. Zoom in for more.")
    return " ".join(parts)
