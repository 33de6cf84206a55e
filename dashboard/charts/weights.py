"""What did the strategy want of each pair, and what of the whole book was it to be?"""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import as_percent, base_figure, empty_figure, percent_axis, time_axis, times
from dashboard.charts.theme import BAR_LIMIT, PairStyle, Theme

TITLE = "Raw weights above, shares of the whole book below, stacked"
ALONE = "Shares of the whole book, stacked"
LONG_LIST = 14
"""A hover that lists more than this covers the chart."""
FOOT = 0.14
"""The part of the height that the largest pair and its cap take."""


def weights_figure(
    raw: pd.DataFrame,
    shares: pd.DataFrame,
    rest: pd.DataFrame,
    caps: pd.DataFrame,
    merged: int,
    whole: str,
    pairs: PairStyle,
    theme: Theme,
) -> go.Figure:
    """Panels over one time axis: shares of the raw weights, shares of the book, and the largest pair against its cap.

    Args:
        raw: DatetimeIndex; one column a pair id, the largest first, mostly `OTHER` last; shares, shorts below 0.
        shares: The same rows and columns, as shares of the whole book.
        rest: The same rows; shares of the book that are in no such pair, by name.
        caps: The same rows; the largest share of a single pair, and the most that one may have; or no columns.
        merged: How many pairs `OTHER` stands for.
        whole: What the shares are shares of.
        pairs: Names and colours.
        theme: Light or dark.

    Returns:
        Stacked bars, or areas where there are many; empty frames give a titled, empty figure.
    """
    if shares.empty and rest.empty:
        return empty_figure(TITLE, "This history records no weights.")
    foot = FOOT if len(caps.columns) else 0.0
    wanted = len(raw.columns) > 0
    figure = base_figure(TITLE, height=620 if foot else 540) if wanted else base_figure(ALONE, height=400)
    x = times(pd.DatetimeIndex(shares.index))
    as_bars = 2 * shares.size + rest.size <= BAR_LIMIT
    for frame, yaxis in ((raw, "y"), (shares, "y2")):
        for column in frame.columns:
            name, colour = pairs.name(int(column), merged), pairs.colour(theme, int(column))
            look = {"name": name, "legendgroup": str(column), "showlegend": yaxis == "y"}
            _stack(figure, x, as_percent(frame[column]), yaxis, colour, look, as_bars=as_bars)
    look_of = {"locked": (theme.locked, "/"), "beside the model": (theme.beside, ""), "cash": (theme.cash, "")}
    for name in rest.columns:
        colour, pattern = look_of[name]
        look = {"name": name, "legendgroup": name}
        _stack(figure, x, as_percent(rest[name]), "y2", colour, look, pattern, as_bars=as_bars)
    _cap_lines(figure, x, caps, theme)
    start = foot + 0.08 if foot else 0.0
    middle = start + (1 - start) * 0.56 if wanted else 1.0
    figure.update_layout(
        barmode="relative",
        hovermode="x unified" if len(shares.columns) + len(rest.columns) <= LONG_LIST else "closest",
        showlegend=True,
        legend={"traceorder": "reversed", "x": 1.01, "y": 1, "yanchor": "top"},
        xaxis={**time_axis(len(shares)), "anchor": "y3" if foot else "y2"},
        yaxis={**percent_axis("% of Σ raw weight"), "domain": [middle + 0.06, 1]} if wanted else {"visible": False},
        yaxis2={**percent_axis(f"% of {axis_words(whole)}"), "domain": [start, middle]},
    )
    if foot:
        figure.update_layout(yaxis3={**percent_axis("One pair"), "domain": [0, foot], "rangemode": "tozero"})
    return figure


def axis_words(whole: str) -> str:
    """The whole beside an axis, where there is no room for a list."""
    return "equity" if len(whole) > 20 else whole  # noqa: PLR2004 - letters beside a panel


def _stack(
    figure: go.Figure,
    x: Any,
    values: Any,
    yaxis: str,
    colour: str,
    look: dict[str, Any],
    pattern: str = "",
    *,
    as_bars: bool,
) -> None:
    """One band, as bars, or as an area for each side of the axis."""
    shared = {"x": x, "yaxis": yaxis, "hovertemplate": "%{fullData.name}: %{y:.1f} %<extra></extra>", **look}
    if as_bars:
        marker = {"color": colour, "line": {"width": 0}, **({"pattern": {"shape": pattern}} if pattern else {})}
        figure.add_bar(y=values, marker=marker, **shared)
        return
    for side, half in (("long", np.fmax(values, 0)), ("short", np.fmin(values, 0))):
        if side == "long" or half.any():
            figure.add_scatter(
                y=half,
                stackgroup=f"{yaxis} {side}",
                mode="lines",
                line={"width": 0, "shape": "hv", "color": colour},
                **({"fillpattern": {"shape": pattern, "fgcolor": colour}} if pattern else {"fillcolor": colour}),
                **(shared if side == "long" else {**shared, "showlegend": False}),
            )


def _cap_lines(figure: go.Figure, x: Any, caps: pd.DataFrame, theme: Theme) -> None:
    """The largest pair as a line, its cap as a dashed one."""
    for name, line in zip(
        caps.columns, ({"color": theme.behind}, {"color": theme.strong, "dash": "dash"}), strict=False
    ):
        figure.add_scatter(
            x=x,
            y=as_percent(caps[name]),
            yaxis="y3",
            name=name,
            mode="lines+markers" if len(caps) == 1 else "lines",
            line={"width": 1.5, "shape": "hv", **line},
            hovertemplate="%{fullData.name}: %{y:.1f} %<extra></extra>",
        )
