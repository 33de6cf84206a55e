"""How did one cycle narrow its signals down to trades, and its dollars to targets?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from alpha_model.analysis.ledger import STAGE_LABELS
from dashboard.charts.house import base_figure, empty_figure, usd_axis
from dashboard.charts.theme import Theme
from dashboard.text import humanised, plural, usd

_ROOM_FOR_TEXT = 1.35
"""The axis is so many times as long as the longest bar, whose text stands beside it."""

FUNNEL_TITLE = "Pairs left after each step"
WATERFALL_TITLE = "USD, stage by stage"


def stage_names(frame: pd.DataFrame) -> list[str]:
    """What people call the stages of a `dollar_waterfall`; sharing takes where it has nothing left to offer."""
    return [
        "sharing stopped" if stage == "redistribution" and amount < 0 else STAGE_LABELS[stage]
        for stage, amount in zip(frame["stage"], frame["usd"], strict=True)
    ]


def funnel_figure(frame: pd.DataFrame, theme: Theme) -> go.Figure:
    """The pairs of each step as bars, their number beside them, 0 too, with what was lost on the way.

    Args:
        frame: Rows of `cycle_funnel`.
        theme: Light or dark.
    """
    if frame.empty or not frame["pair_count"].any():
        return empty_figure(FUNNEL_TITLE, "This cycle chose nothing: no pair had a signal.")
    figure = base_figure(
        FUNNEL_TITLE,
        height=300,
        xaxis={"visible": False, "range": [0, float(frame["pair_count"].max()) * _ROOM_FOR_TEXT]},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"size": 13, "color": theme.text}},
        bargap=0.25,
    )
    amounts = ["" if pd.isna(amount) else f" · {usd(amount)}" for amount in frame["usd"]]
    texts = [f"{count:,}{amount}" for count, amount in zip(frame["pair_count"], amounts, strict=True)]
    figure.add_bar(
        y=list(frame["step"]),
        x=frame["pair_count"].to_numpy(dtype=np.float64),
        orientation="h",
        text=texts,
        textposition="outside",
        textfont={"size": 13},
        cliponaxis=False,
        marker={"color": theme.series[0], "line": {"width": 0}},
        customdata=[[lost_words(lost)] for lost in frame["lost"]],
        hovertemplate="%{y}: %{text}<br>%{customdata[0]}<extra></extra>",
    )
    return figure


def lost_words(lost: list[tuple[str, int]]) -> str:
    """What happened to those that did not get here, in our own words."""
    if not lost:
        return "none lost on the way"
    return "lost on the way: " + ", ".join(f"{plural(count, 'pair')} {humanised(code)}" for code, count in lost)


def waterfall_figure(frame: pd.DataFrame, theme: Theme) -> go.Figure:
    """From what was wanted to the target, and of one pair on to the trade.

    Args:
        frame: Rows of `dollar_waterfall`; those with an unknown amount are left out.
        theme: Light or dark.
    """
    known = frame[frame["usd"].notna()]
    if known.empty or not (known["usd"] != 0).any():
        return empty_figure(WATERFALL_TITLE, "The source does not record the amounts of this cycle.")
    levels = known["usd"].where(known["is_total"]).abs()
    figure = base_figure(
        WATERFALL_TITLE,
        height=300,
        xaxis={"type": "category", "showgrid": False, "tickfont": {"size": 12, "color": theme.text}},
        yaxis=usd_axis("USD", levels),
        waterfallgap=0.3,
    )
    figure.add_waterfall(
        x=stage_names(known),
        y=known["usd"].to_numpy(dtype=np.float64),
        measure=["absolute" if is_total else "relative" for is_total in known["is_total"]],
        text=[usd(amount) for amount in known["usd"]],
        textposition="outside",
        textfont={"size": 12},
        cliponaxis=False,
        connector={"line": {"color": theme.grid, "width": 1}},
        increasing={"marker": {"color": theme.rising_softly}},
        decreasing={"marker": {"color": theme.falling_softly}},
        totals={"marker": {"color": theme.series[0]}},
        hovertemplate="%{x}: %{y:$,.2f}<extra></extra>",
    )
    return figure
