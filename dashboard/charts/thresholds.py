"""Which cycles rebalanced, and how near was the threshold?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from alpha_model.analysis import CycleOutcome
from alpha_model.analysis.cycles import ranges_widely
from dashboard.charts.house import base_figure, empty_figure, legend_below, time_axis, times, usd_axis
from dashboard.charts.theme import Theme, outcome_mark
from dashboard.text import folded, humanised

TITLE = "Largest change of any position, against the rebalance threshold"


def thresholds_figure(frame: pd.DataFrame, theme: Theme) -> go.Figure:
    """Each cycle's largest change as a mark coloured and shaped by outcome, the threshold as a line.

    Args:
        frame: Rows of `threshold_frame`, with sentence, which the hover shows.
        theme: Light or dark.

    Returns:
        A log axis when the amounts range widely; an empty frame gives a titled, empty figure.
    """
    if frame.empty:
        return empty_figure(TITLE, "This history records neither the largest change nor the threshold.")
    figure = base_figure(TITLE, height=430)
    one = len(frame) == 1
    x = times(pd.DatetimeIndex(frame["timestamp"]))
    threshold = frame["threshold_usd"].to_numpy(dtype=np.float64)
    figure.add_scatter(
        x=x,
        y=threshold,
        name="threshold",
        mode="markers" if one else "lines",
        marker={"symbol": "line-ew-open", "size": 60, "color": theme.strong},
        line={"color": theme.strong, "width": 1.5, "dash": "dash", "shape": "hv"},
        hovertemplate="threshold %{y:$,.2f}<extra></extra>",
    )
    for outcome in CycleOutcome:
        rows = (frame["outcome"] == outcome).to_numpy()
        if not rows.any():
            continue
        colour, symbol = outcome_mark(theme, outcome)
        chosen = frame[rows]
        figure.add_scatter(
            x=times(pd.DatetimeIndex(chosen["timestamp"]), len(frame)),
            y=chosen["max_adjust_usd"].to_numpy(dtype=np.float64),
            name=humanised(outcome),
            mode="markers",
            marker={
                "color": colour,
                "symbol": symbol,
                "size": 14 if one else 8,
                "line": {"width": 1, "color": theme.surface},
            },
            customdata=[
                [ratio, folded(words)] for ratio, words in zip(chosen["ratio"], chosen["sentence"], strict=True)
            ],
            hovertemplate="%{customdata[1]}<br>%{customdata[0]:.2f} × threshold<extra>%{fullData.name}</extra>",
        )
    legend_below(figure)
    logarithmic = ranges_widely(frame)
    figure.update_layout(
        xaxis=time_axis(len(frame)),
        yaxis={
            **usd_axis("USD, log scale" if logarithmic else "USD", frame["max_adjust_usd"], frame["threshold_usd"]),
            **({"type": "log", "dtick": 1} if logarithmic else {"rangemode": "tozero"}),
        },
    )
    return figure
