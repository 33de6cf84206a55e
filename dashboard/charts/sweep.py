"""How many cycles would have rebalanced at any other threshold?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import base_figure, empty_figure
from dashboard.charts.theme import Theme
from dashboard.text import plural

TITLE = "Cycles that reach a multiple of their threshold, holdings as recorded"
_TICKS = {0.01: "1 %", 0.1: "a tenth", 0.5: "half", 1: "as it was", 2: "twice", 10: "10 ×", 100: "100 ×"}
_FEW = 5
"""Cycles up to which the axis has a tick for each; it would have fractions of one otherwise."""


def sweep_figure(frame: pd.DataFrame, theme: Theme) -> go.Figure:
    """A falling staircase: the higher the threshold, the fewer cycles reach it.

    Args:
        frame: factor ascending, rebalance_count, rebalance_share, threshold_usd (that multiple of the last threshold).
        theme: Light or dark.

    Returns:
        An empty frame gives a titled, empty figure.
    """
    if len(frame) < 2:  # noqa: PLR2004 - the row of no threshold alone makes no curve
        return empty_figure(TITLE, "This history records no largest changes and thresholds to compare.")
    figure = base_figure(TITLE, height=320)
    positive = frame[frame["factor"] > 0]
    counted = [plural(int(count), "cycle") for count in positive["rebalance_count"]]
    facts = np.column_stack([positive["rebalance_share"] * 100, positive["threshold_usd"]]).astype(object)
    few = frame["rebalance_count"].max() <= _FEW
    figure.add_scatter(
        x=positive["factor"].to_numpy(dtype=np.float64),
        y=positive["rebalance_count"].to_numpy(dtype=np.float64),
        customdata=np.column_stack([facts, np.array(counted, dtype=object)]),
        mode="lines+markers" if len(positive) == 1 else "lines",
        line={"color": theme.series[0], "width": 2, "shape": "vh"},
        fill="tozeroy",
        fillcolor=f"{theme.series[0]}22",
        hovertemplate="%{x:.2f} × the threshold, %{customdata[1]:$,.0f} in the last cycle<br>"
        "%{customdata[2]} (%{customdata[0]:.0f} %)<extra></extra>",
    )
    figure.add_vline(x=1, line={"color": theme.strong, "width": 1.5, "dash": "dash"})
    figure.update_layout(
        xaxis={
            "title": {"text": "Threshold, log scale"},
            "type": "log",
            "range": [
                float(np.log10(min(positive["factor"].min(), 0.5))),
                float(np.log10(max(positive["factor"].max(), 2))),
            ],
            "tickvals": list(_TICKS),
            "ticktext": list(_TICKS.values()),
        },
        yaxis={
            "title": {"text": "Cycles"},
            "rangemode": "tozero",
            "tickformat": ",d",
            **({"dtick": 1} if few else {}),
        },
    )
    return figure
