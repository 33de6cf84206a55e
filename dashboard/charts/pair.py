"""How did one pair go through time: its weights, and its dollars?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import (
    as_percent,
    base_figure,
    empty_figure,
    legend_below,
    percent_axis,
    time_axis,
    times,
    usd_axis,
)
from dashboard.charts.theme import Theme

WEIGHTS_TITLE = "Shares of the whole book, and what the signal wanted"
DOLLARS_TITLE = "Value held and target"
REFUSED_TITLE = f"{DOLLARS_TITLE} above, refused by size risk below"


def pair_weights_figure(frame: pd.DataFrame, theme: Theme, colour: str) -> go.Figure:
    """Target and held share of the whole book against the cap, normalised weight and raw share, as lines.

    Args:
        frame: DatetimeIndex; target_share, held_share, cap_share, normalised_weight, raw_share; NaN = none.
        theme: Light or dark.
        colour: Of the pair.
    """
    if frame.drop(columns="cap_share").isna().to_numpy().all():
        return empty_figure(WEIGHTS_TITLE, "The pair never had a weight in this window.")
    figure = base_figure(WEIGHTS_TITLE, height=360)
    x = times(pd.DatetimeIndex(frame.index))
    for column, name, line in (
        ("raw_share", "raw share", {"color": theme.muted, "dash": "dot", "width": 1}),
        ("normalised_weight", "normalised weight", {"color": theme.muted, "dash": "dashdot", "width": 1}),
        ("cap_share", "cap", {"color": theme.strong, "dash": "dash", "width": 1.5}),
        ("held_share", "held before", {"color": theme.behind, "width": 2}),
        ("target_share", "target", {"color": colour, "width": 2}),
    ):
        if frame[column].isna().all():
            continue
        figure.add_scatter(
            x=x,
            y=as_percent(frame[column]),
            name=name,
            mode=_mode(frame),
            line={**line, "shape": "hv"},
            marker={"size": 10 if len(frame) == 1 else 5},
            hovertemplate="%{fullData.name} %{y:.1f} %<extra></extra>",
        )
    if (frame["target_share"] < 0).any():
        line = {"color": theme.strong, "dash": "dash", "width": 1.5, "shape": "hv"}
        figure.add_scatter(
            x=x, y=-as_percent(frame["cap_share"]), mode="lines", line=line, showlegend=False, hoverinfo="skip"
        )
    legend_below(figure)
    figure.update_layout(hovermode="x unified", xaxis=time_axis(len(frame)), yaxis=percent_axis("Share"))
    return figure


def pair_dollars_figure(frame: pd.DataFrame, theme: Theme, colour: str) -> go.Figure:
    """Old value and target as lines, refused USD as bars in a panel of its own where there are any.

    Args:
        frame: DatetimeIndex; old_value, position_target, refused in USD; NaN = none.
        theme: Light or dark.
        colour: Of the pair.
    """
    if frame.empty:
        return empty_figure(DOLLARS_TITLE, "This history records no amount of this pair.")
    refuses = bool((frame["refused"] > 0).any())
    figure = base_figure(REFUSED_TITLE if refuses else DOLLARS_TITLE, height=400)
    x = times(pd.DatetimeIndex(frame.index))
    for column, name, line in (
        ("old_value", "held before", {"color": theme.behind, "width": 2}),
        ("position_target", "target", {"color": colour, "width": 2}),
    ):
        figure.add_scatter(
            x=x,
            y=frame[column].to_numpy(dtype=np.float64),
            name=name,
            mode=_mode(frame),
            line={**line, "shape": "hv"},
            marker={"size": 10 if len(frame) == 1 else 5},
            hovertemplate="%{fullData.name} %{y:$,.2f}<extra></extra>",
        )
    if refuses:
        figure.add_bar(
            x=x,
            y=frame["refused"].to_numpy(dtype=np.float64),
            yaxis="y2",
            name="refused by size risk",
            marker={"color": theme.series[1], "line": {"width": 0}},
            hovertemplate="refused %{y:$,.2f}<extra></extra>",
        )
    legend_below(figure)
    above = usd_axis("USD", frame["old_value"], frame["position_target"])
    figure.update_layout(
        hovermode="x unified",
        hoversubplots="axis",
        xaxis={**time_axis(len(frame)), **({"anchor": "y2"} if refuses else {})},
        yaxis={**above, "domain": [0.36, 1] if refuses else [0, 1]},
    )
    if refuses:
        below = usd_axis("Refused, USD", frame["refused"])
        figure.update_layout(yaxis2={**below, "domain": [0, 0.28], "rangemode": "tozero"})
    return figure


def _mode(frame: pd.DataFrame) -> str:
    """Points that have no neighbour would be invisible as lines."""
    return "lines+markers" if len(frame) <= 40 else "lines"  # noqa: PLR2004 - few points need to be seen as points
