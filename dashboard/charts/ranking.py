"""Which pairs come first? Horizontal bars, the largest on top."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import base_figure, empty_figure, legend_below, usd_axis
from dashboard.charts.theme import PairStyle, Theme

ROW = 26
MOVERS = "Sum of the weight differences over all cycles, percentage points"
CAPACITY = "USD asked of size risk over all cycles"


@dataclass(frozen=True, slots=True)
class Bar:
    """One colour of the bars.

    Args:
        column: Of the frame.
        name: In the legend.
        colour: Its colour.
        hover: How a value is shown.
    """

    column: str
    name: str
    colour: str
    hover: str


def movers_figure(frame: pd.DataFrame, pairs: PairStyle, theme: Theme) -> go.Figure:
    """What grew to the right, what shrank to the left.

    Args:
        frame: Rows of `movers`.
        pairs: Names.
        theme: Light or dark.

    Returns:
        An empty frame gives a titled, empty figure.
    """
    if frame.empty:
        return empty_figure(MOVERS, "No weight moved in this history.")
    points = frame.assign(grew=frame["grew"] * 100, shrank=frame["shrank"] * 100)
    bars = (
        Bar("grew", "grew", theme.rising_softly, "grew %{x:+,.0f} pp"),
        Bar("shrank", "shrank", theme.falling_softly, "shrank %{x:+,.0f} pp"),
    )
    return _ranking(points, bars, MOVERS, {"title": {"text": "Percentage points"}}, pairs)


def capacity_figure(frame: pd.DataFrame, pairs: PairStyle, theme: Theme) -> go.Figure:
    """What each pair accepted and what it refused.

    Args:
        frame: Rows of `capacity_by_pair`.
        pairs: Names.
        theme: Light or dark.

    Returns:
        An empty frame gives a titled, empty figure.
    """
    if frame.empty:
        return empty_figure(CAPACITY, "Size risk refused nothing in this history, or it records no size risk.")
    bars = (
        Bar("refused_usd", "refused", theme.series[1], "refused %{x:$,.0f}"),
        Bar("accepted_usd", "accepted", theme.other, "accepted %{x:$,.0f}"),
    )
    return _ranking(frame, bars, CAPACITY, usd_axis("USD", frame["asked_usd"]), pairs)


def _ranking(frame: pd.DataFrame, bars: Sequence[Bar], title: str, axis: dict[str, Any], pairs: PairStyle) -> go.Figure:
    figure = base_figure(title, height=150 + ROW * len(frame))
    for bar in bars:
        figure.add_bar(
            orientation="h",
            x=frame[bar.column].to_numpy(dtype=np.float64),
            y=[pairs.name(int(pair_id)) for pair_id in frame["pair_id"]],
            customdata=frame["pair_id"].to_numpy(),
            name=bar.name,
            marker={"color": bar.colour, "line": {"width": 0}},
            hovertemplate=f"%{{y}}<br>{bar.hover}<extra></extra>",
        )
    legend_below(figure)
    figure.update_layout(
        barmode="relative",
        bargap=0.25,
        xaxis=axis,
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "title": {"text": ""}},
    )
    return figure
