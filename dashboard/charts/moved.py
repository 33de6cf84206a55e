"""How much had to move in each cycle?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import base_figure, empty_figure, legend_below, time_axis, times
from dashboard.charts.theme import Theme
from dashboard.charts.units import Unit

TITLE = "What all positions had to change by, together"
NAMES = {"grew": "to grow", "shrank": "to shrink"}


def moved_figure(frame: pd.DataFrame, unit: Unit, theme: Theme) -> go.Figure:
    """What grew above the axis, what shrank below.

    Args:
        frame: DatetimeIndex; grew (>= 0) and shrank (<= 0); NaN where nothing is known.
        unit: Of these.
        theme: Light or dark.

    Returns:
        Bars, or areas where there are many; an empty frame gives a titled, empty figure.
    """
    if not np.nan_to_num(frame.to_numpy(dtype=np.float64)).any():
        return empty_figure(TITLE, "Nothing moved in this history.")
    figure = base_figure(TITLE, height=300)
    x = times(pd.DatetimeIndex(frame.index))
    for column, colour in (("grew", theme.rising_softly), ("shrank", theme.falling_softly)):
        shared = {"x": x, "y": unit.drawn(frame[column]), "name": NAMES[column]}
        hover = f"%{{fullData.name}} %{{y:{unit.hover}}}{unit.suffix}<extra></extra>"
        if len(frame) <= 250:  # noqa: PLR2004 - more bars than that are thinner than a pixel's gap
            figure.add_bar(marker={"color": colour, "line": {"width": 0}}, hovertemplate=hover, **shared)
        else:
            line = {"width": 0, "shape": "hv", "color": colour}
            figure.add_scatter(mode="lines", fill="tozeroy", line=line, fillcolor=colour, hovertemplate=hover, **shared)
    legend_below(figure)
    figure.update_layout(
        barmode="relative",
        hovermode="x unified",
        xaxis=time_axis(len(frame)),
        yaxis={"title": {"text": unit.axis}, **({"tickformat": unit.tickformat} if unit.tickformat else {})},
    )
    return figure
