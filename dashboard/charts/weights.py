"""What did the strategy want of each pair, and what did normalising leave of it?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import as_percent, base_figure, empty_figure, percent_axis, time_axis, times
from dashboard.charts.theme import BAR_LIMIT, PairStyle, Theme

TITLE = "Raw weights above, normalised weights below, stacked"


def weights_figure(
    raw: pd.DataFrame, normalised: pd.DataFrame, merged: int, whole: str, pairs: PairStyle, theme: Theme
) -> go.Figure:
    """Two panels over one time axis: each pair's share of the raw weights, and its normalised weight.

    Args:
        raw: DatetimeIndex; one column a pair id, the largest first, mostly `OTHER` last; shares, shorts below 0.
        normalised: The same rows and columns.
        merged: How many pairs `OTHER` stands for.
        whole: What the normalised weights are shares of.
        pairs: Names and colours.
        theme: Light or dark.

    Returns:
        Stacked bars, or areas where there are many; empty frames give a titled, empty figure.
    """
    if normalised.empty:
        return empty_figure(TITLE, "This history records no weights.")
    figure = base_figure(TITLE, height=520)
    x = times(pd.DatetimeIndex(normalised.index))
    as_bars = 2 * normalised.size <= BAR_LIMIT
    for frame, yaxis in ((raw, "y"), (normalised, "y2")):
        for column in frame.columns:
            values = as_percent(frame[column].fillna(0.0))
            colour = pairs.colour(theme, int(column))
            shared = {
                "x": x,
                "yaxis": yaxis,
                "name": pairs.name(int(column), merged),
                "legendgroup": str(column),
                "hovertemplate": "%{fullData.name}: %{y:.1f} %<extra></extra>",
            }
            if as_bars:
                figure.add_bar(
                    y=values, marker={"color": colour, "line": {"width": 0}}, **shared, showlegend=yaxis == "y"
                )
                continue
            for side, half in (("long", np.fmax(values, 0)), ("short", np.fmin(values, 0))):
                if side == "long" or half.any():
                    figure.add_scatter(
                        y=half,
                        stackgroup=f"{yaxis} {side}",
                        mode="lines",
                        line={"width": 0, "shape": "hv", "color": colour},
                        fillcolor=colour,
                        **shared,
                        showlegend=yaxis == "y" and side == "long",
                    )
    figure.update_layout(
        barmode="relative",
        hovermode="x unified" if len(normalised.columns) <= 14 else "closest",  # noqa: PLR2004 - a longer list covers the chart
        showlegend=True,
        legend={"traceorder": "reversed", "x": 1.01, "y": 1, "yanchor": "top"},
        xaxis={**time_axis(len(normalised)), "anchor": "y2"},
        yaxis={**percent_axis("% of Σ raw weight"), "domain": [0.54, 1]},
        yaxis2={**percent_axis(f"% of {whole}"), "domain": [0, 0.46]},
    )
    return figure
