"""What layout do all figures share? The only source of their fonts, margins and axes."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.theme import Theme

ROW_HEIGHT = 22
"""Of a pair in a heatmap."""
NARROW = 60
"""Gaps between the cells of more cycles than this would eat them where the window is narrow."""

_BILLION = 1e9
_DOLLARS = 20.0
"""From here on, ticks fall on whole dollars; SI would write half a dollar as $500m."""

FONT = '"Source Sans", "Source Sans Pro", system-ui, sans-serif'


def base_figure(title: str, height: int, **layout: Any) -> go.Figure:
    """A figure without data; `dressed` gives it the house layout.

    Args:
        title: What it shows.
        height: Pixels.
        layout: What else is known of its layout; `update_layout` takes several times as long.
    """
    return go.Figure(layout={"title": {"text": title}, "height": height, "template": "none", **layout})


def dressed(figure: go.Figure, theme: Theme) -> dict[str, Any]:
    """The figure as Plotly's JSON has it, in the house layout.

    The layout is its template, put in only here: Plotly for Python would check all of it again for each figure, which
    takes longer than to make the figure.
    """
    plain: dict[str, Any] = figure.to_plotly_json()
    plain["layout"]["template"] = {"layout": _layout(theme)}
    return plain


def _layout(theme: Theme) -> dict[str, Any]:
    axis = {
        "gridcolor": theme.grid,
        "linecolor": theme.grid,
        "zerolinecolor": theme.grid,
        "tickfont": {"size": 12, "color": theme.muted},
        "ticks": "",
        "title": {"font": {"size": 12, "color": theme.muted}, "standoff": 8},
        "automargin": True,
    }
    return {
        "xaxis": axis,
        "yaxis": {**axis, "ticklabelstandoff": 6},
        "title": {
            "font": {"size": 13, "color": theme.muted, "weight": 600},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 8},
        },
        "margin": {"l": 8, "r": 8, "t": 40, "b": 8},
        "font": {"family": FONT, "size": 13, "color": theme.text},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {
            "bgcolor": theme.surface,
            "bordercolor": theme.grid,
            "font": {"family": FONT, "size": 13, "color": theme.text},
            "align": "left",
            "namelength": -1,
        },
        "legend": {
            "font": {"size": 12, "color": theme.text},
            "itemsizing": "constant",
            "bgcolor": "rgba(0,0,0,0)",
            "traceorder": "normal",
        },
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": theme.muted, "activecolor": theme.text},
        "bargap": 0.12,
        "showlegend": False,
    }


def empty_figure(title: str, reason: str, height: int = 72) -> go.Figure:
    """A titled figure that says in a sentence why there is nothing to see."""
    figure = base_figure(title, height)
    figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
    figure.add_annotation(
        text=reason,
        x=0,
        y=0,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        xshift=-8,
        showarrow=False,
        font={"size": 14},
    )
    return figure


def legend_below(figure: go.Figure) -> None:
    """A legend in as many rows as it needs, under the time axis."""
    below_axis = 58 / (figure.layout.height - 130)
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": -below_axis, "yanchor": "top"},
    )


def rows_height(count: int, header: int = 96) -> int:
    """How high a figure with one row a pair is."""
    return max(180, header + ROW_HEIGHT * count)


def cells(theme: Theme, cycle_count: int, unit: str) -> dict[str, Any]:
    """How the cells and the colour bar of a heatmap over time look."""
    return {
        "xgap": 1 if cycle_count <= NARROW else 0,
        "ygap": 1,
        "hoverongaps": False,
        "colorbar": {
            "thickness": 10,
            "outlinewidth": 0,
            "ticksuffix": unit,
            "tickfont": {"size": 12, "color": theme.muted},
        },
    }


def times(index: pd.DatetimeIndex, count: int | None = None) -> Any:
    """Times for an x axis of `count` cycles; of a single one a label, since one point makes no time axis."""
    if (len(index) if count is None else count) == 1:
        return [f"{index[0]:%-d %b %Y, %H:%M}"]
    return index.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[ms]")


def time_axis(count: int) -> dict[str, Any]:
    """The x axis for `times` of so many cycles."""
    if count == 1:
        return {"type": "category", "title": {"text": "Cycle, UTC"}, "range": [-1.5, 1.5], "showgrid": False}
    return {"type": "date", "title": {"text": "UTC"}, "showgrid": False, "hoverformat": "%-d %b %Y, %H:%M"}


def usd_axis(title: str, *amounts: pd.Series) -> dict[str, Any]:
    """A y axis in dollars that fits the amounts: $0.50, $12k, $1.2M, $3B."""
    largest = max((float(series.max()) for series in amounts if series.notna().any()), default=0.0)
    if largest >= _BILLION:  # SI would write $3G
        return {"title": {"text": title}, "tickprefix": "$", "exponentformat": "B"}
    return {"title": {"text": title}, "tickformat": "$~s" if largest >= _DOLLARS else "$,.2f"}


def percent_axis(title: str) -> dict[str, Any]:
    """A y axis for shares times 100."""
    return {"title": {"text": title}, "ticksuffix": " %"}


def as_percent(values: pd.Series | pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Shares as percentages for the wire."""
    return (values.to_numpy(dtype=np.float64) * 100).astype(np.float32)
