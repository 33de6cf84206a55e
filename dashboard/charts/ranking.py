"""Which pairs come first? Horizontal bars, the largest on top."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import base_figure, empty_figure, legend_below, usd_axis
from dashboard.charts.theme import PairStyle, Theme
from dashboard.charts.units import Unit

ROW = 26
MOVERS = "What positions had to change by, mean of a cycle"
CAPACITY = "USD asked of size risk, mean of a cycle"


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


def movers_figure(frame: pd.DataFrame, unit: Unit, pairs: PairStyle, theme: Theme) -> go.Figure:
    """What grew to the right, what shrank to the left.

    Args:
        frame: Rows of `movers`.
        unit: Of its moves.
        pairs: Names.
        theme: Light or dark.

    Returns:
        An empty frame gives a titled, empty figure.
    """
    if frame.empty:
        return empty_figure(MOVERS, "Nothing moved in this history.")
    drawn = frame.assign(grew=unit.drawn(frame["grew"]), shrank=unit.drawn(frame["shrank"]))
    hover = f"%{{x:{unit.hover}}}{unit.suffix}"
    bars = (
        Bar("grew", "to grow", theme.rising_softly, f"to grow {hover}"),
        Bar("shrank", "to shrink", theme.falling_softly, f"to shrink {hover}"),
    )
    axis = {"title": {"text": unit.axis}, **({"tickformat": unit.tickformat} if unit.tickformat else {})}
    return _ranking(drawn, bars, MOVERS, axis, pairs)


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
        Bar("refused_usd", "refused", theme.series[1], "refused %{x:$,.2f} a cycle"),
        Bar("accepted_usd", "accepted", theme.other, "accepted %{x:$,.2f} a cycle"),
    )
    return _ranking(frame, bars, CAPACITY, usd_axis("USD a cycle", frame["asked_usd"]), pairs)


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
