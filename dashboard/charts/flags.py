"""Which flags were raised, and when?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import base_figure, empty_figure, legend_below, time_axis, times
from dashboard.charts.theme import BAR_LIMIT, Theme, flag_colour
from dashboard.text import figure_text, humanised, shortened

TITLE = "Signals that carry each flag"


def flags_figure(counts: pd.DataFrame, theme: Theme, shifts: Sequence[pd.Timestamp] = ()) -> go.Figure:
    """How many signals of each cycle carry each flag, stacked.

    Args:
        counts: DatetimeIndex; one column a flag; counts.
        theme: Light or dark.
        shifts: When the mix changed; a dotted line each.

    Returns:
        Stacked bars, or areas where there are many; no columns give a titled, empty figure.
    """
    if counts.empty:
        return empty_figure(TITLE, "This history records no flags.")
    figure = base_figure(TITLE, height=390)
    x = times(pd.DatetimeIndex(counts.index))
    for place, name in enumerate(counts.columns):
        colour = flag_colour(theme, str(name), place)
        shared = {
            "x": x,
            "y": counts[name].to_numpy(dtype=np.float32),
            "name": figure_text(shortened(humanised(str(name)), 40)),
            "hovertemplate": "%{fullData.name}: %{y:,.0f}<extra></extra>",
        }
        if counts.size <= BAR_LIMIT:
            figure.add_bar(marker={"color": colour, "line": {"width": 0}}, **shared)
        else:
            line = {"width": 0, "shape": "hv", "color": colour}
            figure.add_scatter(stackgroup="flags", mode="lines", line=line, fillcolor=colour, **shared)
    legend_below(figure)
    few = float(counts.sum(axis=1).max()) <= 8  # noqa: PLR2004 - small axes would get half a signal as a tick
    figure.update_layout(
        barmode="stack",
        hovermode="x unified",
        xaxis=time_axis(len(counts)),
        yaxis={"title": {"text": "Signals"}, "rangemode": "tozero", "tickformat": ",d", "dtick": 1 if few else None},
    )
    for when in shifts:
        figure.add_vline(when.tz_localize(None), line={"dash": "dot", "width": 1, "color": theme.muted})
    return figure
