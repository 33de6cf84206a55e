"""What did each limit and gate move, and what did that cost or earn?"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import base_figure, empty_figure
from dashboard.charts.theme import Theme
from dashboard.text import share, usd

TITLE = "USD that each limit moved in a cycle, and what that earned (or cost) in all"
ROW = 30
_ROOM_FOR_TEXT, _ROOM_ON_BOTH_SIDES = 1.6, 1.9


def costs_figure(frame: pd.DataFrame, names: Mapping[str, str], theme: Theme) -> go.Figure:
    """Two columns of bars that share their rows: moved on the left, earned on the right.

    Args:
        frame: Rows of `constraint_effect_totals`.
        names: What each constraint is called.
        theme: Light or dark.

    Returns:
        An empty frame gives a titled, empty figure.
    """
    if frame.empty:
        return empty_figure(TITLE, "No limit or gate moved anything, or the source does not record it.")
    figure = base_figure(TITLE, height=90 + ROW * len(frame))
    rows = [names[constraint] for constraint in frame["constraint"]]
    cycles = frame["cycles"].to_numpy()
    effects = frame["effect_usd"].to_numpy(dtype=np.float64)
    figure.add_bar(
        orientation="h",
        y=rows,
        x=frame["mean_moved_usd"].to_numpy(dtype=np.float64),
        text=[usd(moved) for moved in frame["mean_moved_usd"]],
        textposition="outside",
        cliponaxis=False,
        marker={"color": theme.other, "line": {"width": 0}},
        customdata=cycles,
        hovertemplate="%{y}: moved %{x:$,.2f} in a mean one of %{customdata:,} cycles<extra></extra>",
    )
    figure.add_bar(
        orientation="h",
        y=rows,
        x=np.nan_to_num(effects),
        xaxis="x2",
        text=["not known" if np.isnan(effect) else usd(effect) for effect in effects],
        textposition="outside",
        cliponaxis=False,
        marker={"color": np.where(effects < 0, theme.falling_softly, theme.rising_softly), "line": {"width": 0}},
        customdata=[share(part) for part in frame["effect_share"]],
        hovertemplate="%{y}: %{text}, %{customdata} of the dollars whose next return is known<extra></extra>",
    )
    widest = float(np.nanmax(np.abs(effects))) if np.isfinite(effects).any() else 1.0
    reach = _ROOM_ON_BOTH_SIDES * (widest or 1.0)
    figure.update_layout(
        bargap=0.3,
        xaxis={
            "domain": [0.0, 0.42],
            "range": [0, float(frame["mean_moved_usd"].max()) * _ROOM_FOR_TEXT],
            "showgrid": False,
            "showticklabels": False,
            "title": {"text": "moved, mean of its cycles"},
        },
        xaxis2={
            "domain": [0.5, 1.0],
            "range": [-reach, reach],
            "showgrid": False,
            "showticklabels": False,
            "zeroline": True,
            "zerolinecolor": theme.muted,
            "title": {"text": "cost ← → earned", "font": {"size": 12, "color": theme.muted}},
        },
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "title": {"text": ""}},
    )
    return figure
