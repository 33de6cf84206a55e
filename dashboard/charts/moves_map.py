"""Which positions had to move, when, and in which direction?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import base_figure, cells, empty_figure, rows_height, time_axis, times
from dashboard.charts.theme import PairStyle, Theme
from dashboard.charts.units import Unit

TITLE = "Target less value held before"
DIFFS = "Weight diff: normalised weight less weight held before, percentage points"


def moves_map_figure(moves: pd.DataFrame, title: str, unit: Unit, pairs: PairStyle, theme: Theme) -> go.Figure:
    """A heatmap pair × cycle, centred at 0: one colour up, the other down.

    Args:
        moves: DatetimeIndex; one column a pair id, the most moved first; NaN where neither wanted nor held.
        title: What it shows.
        unit: Of the moves.
        pairs: Names.
        theme: Light or dark.

    Returns:
        One heatmap; an empty frame gives a titled, empty figure.
    """
    if moves.empty:
        return empty_figure(title, "Nothing moved in this history.")
    values = unit.drawn(moves).T
    known = np.abs(values[~np.isnan(values)])
    limit = float(known.max(initial=0.0)) or 1.0
    figure = base_figure(title, rows_height(len(moves.columns)))
    look = cells(theme, len(moves), unit.suffix)
    look["colorbar"] |= {"tickformat": unit.tickformat}
    figure.add_heatmap(
        x=times(pd.DatetimeIndex(moves.index)),
        y=[pairs.name(int(column)) for column in moves.columns],
        z=values,
        zmin=-limit,
        zmax=limit,
        colorscale=theme.diverging(),
        **look,
        hovertemplate=f"%{{y}}<br>%{{x}}<br>%{{z:{unit.hover}}}{unit.suffix}<extra></extra>",
    )
    figure.update_layout(
        xaxis=time_axis(len(moves)),
        yaxis={"type": "category", "autorange": "reversed", "title": {"text": "Pair"}, "showgrid": False},
    )
    return figure
