"""How much of the equity could be invested, and how much did size risk turn away?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import base_figure, empty_figure, legend_below, time_axis, times, usd_axis
from dashboard.charts.theme import Theme

TITLE = "Investable and accepted equity above, discarded value below"


def size_risk_figure(frame: pd.DataFrame, theme: Theme) -> go.Figure:
    """Investable and accepted USD as lines, discarded USD as bars in a panel with its own scale.

    Args:
        frame: DatetimeIndex; investable_usd, accepted_usd, discarded_usd; NaN where not recorded.
        theme: Light or dark.

    Returns:
        Two panels; an empty frame gives a titled, empty figure.
    """
    if frame.empty:
        return empty_figure(TITLE, "This history records no size risk.")
    figure = base_figure(TITLE, height=430)
    x = times(pd.DatetimeIndex(frame.index))
    mode = "lines+markers" if len(frame) <= 40 else "lines"  # noqa: PLR2004 - few points need to be seen as points
    for column, name, colour, dash in (
        ("investable_usd", "investable", theme.muted, "dot"),
        ("accepted_usd", "accepted", theme.series[0], "solid"),
    ):
        figure.add_scatter(
            x=x,
            y=frame[column].to_numpy(dtype=np.float64),
            name=name,
            mode=mode,
            line={"color": colour, "width": 2, "dash": dash, "shape": "linear"},
            marker={"size": 10 if len(frame) == 1 else 5},
            hovertemplate="%{fullData.name} %{y:$,.2f}<extra></extra>",
        )
    figure.add_bar(
        x=x,
        y=frame["discarded_usd"].to_numpy(dtype=np.float64),
        yaxis="y2",
        name="discarded",
        marker={"color": theme.series[1], "line": {"width": 0}},
        hovertemplate="discarded %{y:$,.2f}<extra></extra>",
    )
    legend_below(figure)
    figure.update_layout(
        hovermode="x unified",
        hoversubplots="axis",
        xaxis={**time_axis(len(frame)), "anchor": "y2"},
        yaxis={
            **usd_axis("Equity, USD", frame["investable_usd"], frame["accepted_usd"]),
            "domain": [0.42, 1],
            "rangemode": "tozero",
        },
        yaxis2={**usd_axis("Discarded, USD", frame["discarded_usd"]), "domain": [0, 0.34], "rangemode": "tozero"},
    )
    return figure
