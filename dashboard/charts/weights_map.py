"""Which pairs were held, when, and how heavily?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import as_percent, base_figure, cells, empty_figure, rows_height, time_axis, times
from dashboard.charts.theme import PairStyle, Theme

TITLE = "Normalised weight, %"


def weights_map_figure(weights: pd.DataFrame, pairs: PairStyle, theme: Theme) -> go.Figure:
    """A heatmap pair × cycle: the darker, the heavier; shorts in the other colour.

    Args:
        weights: DatetimeIndex; one column a pair id, the heaviest first; shorts below 0, NaN where it has no weight.
        pairs: Names.
        theme: Light or dark.

    Returns:
        One heatmap; an empty frame gives a titled, empty figure.
    """
    if weights.empty:
        return empty_figure(TITLE, "This history records no weights.")
    values = as_percent(weights).T
    limit = float(np.nanmax(np.abs(values))) if not np.isnan(values).all() else 1.0
    has_shorts = bool((values < 0).any())
    figure = base_figure(TITLE, rows_height(len(weights.columns)))
    figure.add_heatmap(
        x=times(pd.DatetimeIndex(weights.index)),
        y=[pairs.name(int(column)) for column in weights.columns],
        z=values,
        zmin=-limit if has_shorts else 0,
        zmax=limit,
        colorscale=theme.diverging() if has_shorts else theme.sequential(),
        **cells(theme, len(weights), " %"),
        hovertemplate="%{y}<br>%{x}<br>%{z:.1f} %<extra></extra>",
    )
    figure.update_layout(
        xaxis=time_axis(len(weights)),
        yaxis={"type": "category", "autorange": "reversed", "title": {"text": "Pair"}, "showgrid": False},
    )
    return figure
