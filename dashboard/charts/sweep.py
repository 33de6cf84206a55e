"""How many cycles would have rebalanced at any other threshold?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.theme import Theme, base_figure, empty_figure, usd_axis
from dashboard.text import usd

TITLE = "Cycles whose largest change reaches the threshold, holdings as recorded"


def sweep_figure(frame: pd.DataFrame, theme: Theme) -> go.Figure:
    """A falling staircase: the higher the threshold, the fewer cycles reach it.

    Args:
        frame: threshold_usd ascending, rebalance_count, actual_usd (the last recorded threshold; NaN is none).
        theme: Light or dark.

    Returns:
        An empty frame gives a titled, empty figure.
    """
    if len(frame) < 2:  # noqa: PLR2004 - the row of threshold 0 alone makes no curve
        return empty_figure(theme, TITLE, "This history records no largest changes to compare with other thresholds.")
    figure = base_figure(theme, TITLE, height=320)
    positive = frame[frame["threshold_usd"] > 0]
    figure.add_scatter(
        x=positive["threshold_usd"].to_numpy(dtype=np.float64),
        y=positive["rebalance_count"].to_numpy(dtype=np.float64),
        customdata=positive[["rebalance_share"]].to_numpy(dtype=np.float64) * 100,
        mode="lines+markers" if len(positive) == 1 else "lines",
        line={"color": theme.series[0], "width": 2, "shape": "vh"},
        fill="tozeroy",
        fillcolor=f"{theme.series[0]}22",
        hovertemplate="threshold %{x:$,.0f}<br>%{y:,.0f} cycles (%{customdata[0]:.0f} %)<extra></extra>",
    )
    actual = float(frame["actual_usd"].iloc[0])
    if actual > 0:
        figure.add_vline(x=actual, line={"color": theme.strong, "width": 1.5, "dash": "dash"})
        figure.add_annotation(
            x=np.log10(actual),
            y=1,
            yref="paper",
            yanchor="bottom",
            text=f"last threshold {usd(actual)}",
            showarrow=False,
            font={"size": 12, "color": theme.text},
        )
    figure.update_layout(
        xaxis={**usd_axis("Threshold, USD, log scale", positive["threshold_usd"]), "type": "log", "dtick": 1},
        yaxis={"title": {"text": "Cycles"}, "rangemode": "tozero", "tickformat": ",d"},
    )
    return figure
