"""Which weights had to move, when, and in which direction?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import as_percent, base_figure, cells, empty_figure, rows_height, time_axis, times
from dashboard.charts.theme import PairStyle, Theme

TITLE = "Normalised weight minus weight held before, percentage points"


def weight_diffs_figure(diffs: pd.DataFrame, pairs: PairStyle, theme: Theme) -> go.Figure:
    """A heatmap pair × cycle, centred at 0: one colour up, the other down.

    Args:
        diffs: DatetimeIndex; one column a pair id, the most moved first; -1...1, NaN where neither wanted nor held.
        pairs: Names.
        theme: Light or dark.

    Returns:
        One heatmap; an empty frame gives a titled, empty figure.
    """
    if diffs.empty:
        return empty_figure(TITLE, "No weight moved in this history.")
    values = as_percent(diffs).T
    limit = float(np.nanmax(np.abs(values))) or 1.0
    figure = base_figure(TITLE, rows_height(len(diffs.columns)))
    figure.add_heatmap(
        x=times(pd.DatetimeIndex(diffs.index)),
        y=[pairs.name(int(column)) for column in diffs.columns],
        z=values,
        zmin=-limit,
        zmax=limit,
        colorscale=theme.diverging(),
        **cells(theme, len(diffs), " pp"),
        hovertemplate="%{y}<br>%{x}<br>%{z:+.1f} pp<extra></extra>",
    )
    figure.update_layout(
        xaxis=time_axis(len(diffs)),
        yaxis={"type": "category", "autorange": "reversed", "title": {"text": "Pair"}, "showgrid": False},
    )
    return figure
