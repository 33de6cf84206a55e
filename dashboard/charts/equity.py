"""What was the portfolio worth?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import base_figure, empty_figure, legend_below, time_axis, times, usd_axis
from dashboard.charts.theme import Theme
from dashboard.text import usd

TITLE = "Value of the portfolio"
_NAMES = {"total_equity": "total equity", "investable_equity": "investable equity", "cash": "cash"}


def equity_figure(frame: pd.DataFrame, breaks: pd.DataFrame, theme: Theme) -> go.Figure:
    """Total equity as a line, cash as an area below it.

    Args:
        frame: DatetimeIndex; total_equity and cash, or investable_equity; USD.
        breaks: Rows of `curve_breaks`, each marked.
        theme: Light or dark.

    Returns:
        An empty frame gives a titled, empty figure.
    """
    if frame.empty:
        return empty_figure(TITLE, "This history records neither an equity curve nor the investable equity.")
    figure = base_figure(TITLE, height=320)
    x = times(pd.DatetimeIndex(frame.index))
    for column in frame.columns:
        is_cash = column == "cash"
        figure.add_scatter(
            x=x,
            y=frame[column].to_numpy(dtype=np.float64),
            name=_NAMES[column],
            mode="lines+markers" if len(frame) == 1 else "lines",
            line={"color": theme.muted if is_cash else theme.series[0], "width": 1 if is_cash else 2},
            fill="tozeroy" if is_cash else None,
            fillcolor=f"{theme.other}55",
            marker={"size": 10},
            hovertemplate="%{fullData.name} %{y:$,.2f}<extra></extra>",
        )
    _mark(figure, breaks, theme)
    legend_below(figure)
    figure.update_layout(
        hovermode="x unified",
        xaxis=time_axis(len(frame)),
        yaxis={
            **usd_axis("USD", *(frame[column] for column in frame.columns)),
            "rangemode": "tozero" if "cash" in frame.columns else "normal",
        },
    )
    return figure


def _mark(figure: go.Figure, breaks: pd.DataFrame, theme: Theme) -> None:
    """A dotted line where the curve leaves a position out, and its value."""
    for when, value in zip(breaks["timestamp"], breaks["value"], strict=True) if len(breaks) else ():
        moment = when.tz_convert("UTC").tz_localize(None).isoformat()
        figure.add_shape(
            type="line", x0=moment, x1=moment, y0=0, y1=1, yref="paper", line={"color": theme.muted, "dash": "dot"}
        )
        figure.add_annotation(
            text=f"frozen: {usd(value)} left the curve",
            x=moment,
            y=0.5,
            yref="paper",
            xanchor="right",
            yanchor="middle",
            xshift=-4,
            showarrow=False,
            font={"size": 12, "color": theme.muted},
        )
