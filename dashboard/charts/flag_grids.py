"""Which pairs carry which flags, and which flags come together?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.house import base_figure, empty_figure, rows_height
from dashboard.charts.theme import PairStyle, Theme
from dashboard.text import figure_text, humanised, shortened

BY_PAIR = "Signals of each pair that carry the flag"
TOGETHER = "Signals that carry both flags"


def flags_by_pair_figure(counts: pd.DataFrame, pairs: PairStyle, theme: Theme) -> go.Figure:
    """A table of pair × flag, the darker the more often.

    Args:
        counts: Index pair_id; one column a flag.
        pairs: Names.
        theme: Light or dark.

    Returns:
        One heatmap; an empty frame gives a titled, empty figure.
    """
    if counts.empty:
        return empty_figure(BY_PAIR, "This history records no flags.")
    return _grid(counts, [pairs.name(int(pair_id)) for pair_id in counts.index], BY_PAIR, theme)


def co_occurrence_figure(counts: pd.DataFrame, theme: Theme) -> go.Figure:
    """A table of flag × flag, the darker the more often; its diagonal is left out.

    Args:
        counts: Square; the diagonal holds how often each flag was raised.
        theme: Light or dark.

    Returns:
        One heatmap; fewer than two flags give a titled, empty figure.
    """
    if len(counts) < 2:  # noqa: PLR2004 - one flag has no company
        return empty_figure(TOGETHER, "Fewer than two flags were raised, so none came together.")
    below = counts.astype(np.float64).where(np.tri(len(counts), k=-1, dtype=bool))
    below = below.iloc[1:, :-1]
    return _grid(below, [_name(flag) for flag in below.index], TOGETHER, theme)


def _grid(counts: pd.DataFrame, rows: list[str], title: str, theme: Theme) -> go.Figure:
    values = counts.to_numpy(dtype=np.float64)
    largest = float(np.nanmax(values)) or 1.0
    figure = base_figure(title, rows_height(len(counts), header=190))
    figure.add_heatmap(
        x=[_name(flag) for flag in counts.columns],
        y=rows,
        z=np.where(values > 0, values, np.nan),
        zmin=0,
        zmax=largest,
        colorscale=theme.sequential(),
        showscale=False,
        xgap=2,
        ygap=2,
        texttemplate="%{z:,.0f}",
        textfont={"size": 12},
        hovertemplate="%{y}<br>%{x}<br>%{z:,.0f} signals<extra></extra>",
        hoverongaps=False,
    )
    figure.update_layout(
        xaxis={"type": "category", "side": "bottom", "showgrid": False, "tickangle": -35, "title": {"text": ""}},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "title": {"text": ""}},
    )
    return figure


def _name(flag: object) -> str:
    return figure_text(shortened(humanised(str(flag)), 36))
