"""What do the figures look like? The only source of their colours, fonts and layout."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from alpha_model.analysis import OTHER, CycleOutcome
from alpha_model.signal import TradingPairSignalFlags
from alpha_model.units import PairId
from dashboard.text import figure_text, shortened

ThemeName: TypeAlias = Literal["light", "dark"]

BAR_LIMIT = 1_200
"""The most rectangles in one figure; beyond it stacks are drawn as areas, which stay fast."""

ROW_HEIGHT = 22
"""Of a pair in a heatmap."""
NARROW = 160
"""Gaps between the cells of more cycles than this would eat them."""

_BILLION = 1e9
_DOLLARS = 20.0
"""From here on, ticks fall on whole dollars; SI would write half a dollar as $500m."""

FONT = '"Source Sans", "Source Sans Pro", system-ui, sans-serif'


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one mode; every series colour is told apart by the colour-blind too.

    Args:
        name: Which mode.
        text: Titles and numbers.
        muted: Axis labels and notes.
        grid: Grid lines.
        surface: The page behind the figure.
        series: Pairs, in order of importance, and other equal things.
        other: Everything merged.
        falling: The negative end of a diverging scale.
        falling_softly: A quarter of the way to it.
        rising: The positive end.
        rising_softly: A quarter of the way to it.
        strong: The one line that matters.
    """

    name: ThemeName
    text: str
    muted: str
    grid: str
    surface: str
    series: tuple[str, ...]
    other: str
    falling: str
    falling_softly: str
    rising: str
    rising_softly: str
    strong: str

    def diverging(self) -> list[tuple[float, str]]:
        """A colour scale centred at 0, steeper near it, so that a quarter of the range is seen as more than half."""
        return [
            (0.0, self.falling),
            (0.375, self.falling_softly),
            (0.5, self.surface),
            (0.625, self.rising_softly),
            (1.0, self.rising),
        ]

    def sequential(self) -> list[tuple[float, str]]:
        """A colour scale from nothing to much, steeper near nothing."""
        return [(0.0, self.surface), (0.25, self.rising_softly), (1.0, self.rising)]


LIGHT = Theme(
    name="light",
    text="#1b2430",
    muted="#5a6675",
    grid="#e6eaef",
    surface="#ffffff",
    series=(
        "#4477aa", "#ee8866", "#44aa99", "#ddcc77", "#aa4499", "#88ccee",
        "#cc6677", "#117733", "#332288", "#999933", "#882255", "#77aadd",
    ),
    other="#c3c9d1",
    falling="#8c3f00",
    falling_softly="#eba25c",
    rising="#0f4c8a",
    rising_softly="#7fb0da",
    strong="#1b2430",
)  # fmt: skip

DARK = Theme(
    name="dark",
    text="#e3e8ee",
    muted="#98a4b3",
    grid="#262f3a",
    surface="#11161c",
    series=(
        "#5e93cc", "#ee8866", "#44bb99", "#ddcc77", "#c76cb8", "#99ddff",
        "#e07a8b", "#4fa45c", "#8f84e0", "#b5b54a", "#c2588a", "#a7c4e8",
    ),
    other="#56616e",
    falling="#ffb066",
    falling_softly="#9a5a22",
    rising="#8cc8ff",
    rising_softly="#2f6797",
    strong="#e3e8ee",
)  # fmt: skip

_OUTCOME_MARKS: dict[CycleOutcome, tuple[int, str]] = {
    CycleOutcome.rebalanced: (0, "circle"),
    CycleOutcome.partly_rebalanced: (5, "circle"),
    CycleOutcome.held_below_threshold: (1, "diamond"),
    CycleOutcome.every_change_skipped: (3, "square"),
    CycleOutcome.refused_by_risk: (6, "x"),
    CycleOutcome.unchanged: (2, "circle-open"),
    CycleOutcome.no_signal: (-1, "circle-open"),
    CycleOutcome.unknown: (-1, "cross-thin-open"),
}


_FLAG_ORDER = (
    TradingPairSignalFlags.individual_trade_size_too_small,
    TradingPairSignalFlags.capped_by_pool_size,
    TradingPairSignalFlags.max_adjust_too_small,
    TradingPairSignalFlags.capped_by_concentration,
    TradingPairSignalFlags.close_position_weight_limit,
    TradingPairSignalFlags.closed,
)
_FLAG_PLACES: dict[str, int] = {
    flag: place for place, flag in enumerate(dict.fromkeys([*_FLAG_ORDER, *TradingPairSignalFlags]))
}
"""The frequent ones first, so that they get the colours that are easiest to tell apart."""


def flag_colour(theme: Theme, flag: str, place: int) -> str:
    """A flag's colour, the same in every history; unknown flags take theirs by their place in the figure."""
    return theme.series[_FLAG_PLACES.get(flag, len(_FLAG_PLACES) + place) % len(theme.series)]


def theme_named(name: str | None) -> Theme:
    """The theme of the browser; light where it does not say."""
    return DARK if name == "dark" else LIGHT


def outcome_mark(theme: Theme, outcome: CycleOutcome) -> tuple[str, str]:
    """Colour and marker symbol of an outcome; the shape tells it without the colour."""
    place, symbol = _OUTCOME_MARKS[outcome]
    return (theme.other if place < 0 else theme.series[place]), symbol


@dataclass(frozen=True, slots=True, eq=False)
class PairStyle:
    """The name and colour of each pair of one history, the same on every page.

    Args:
        labels: A unique name for each pair.
        short: The same, short enough for a figure, and still unique.
        ranks: The place of each pair among the most important.
    """

    labels: dict[PairId, str]
    short: dict[PairId, str]
    ranks: dict[PairId, int]

    @classmethod
    def of(cls, labels: dict[PairId, str], order: Iterable[PairId]) -> "PairStyle":
        """From unique labels and the pairs in order of importance."""
        short = {pair_id: shortened(label) for pair_id, label in labels.items()}
        count = Counter(short.values())
        for pair_id, label in short.items():
            if count[label] > 1:
                mark = f" #{pair_id}"
                short[pair_id] = shortened(labels[pair_id].removesuffix(mark), 24 - len(mark)) + mark
        return cls(labels, short, {int(pair_id): rank for rank, pair_id in enumerate(order)})

    def colour(self, theme: Theme, pair_id: PairId) -> str:
        """The pair's colour; beyond the palette's end colours repeat."""
        return theme.other if pair_id == OTHER else theme.series[self.ranks.get(pair_id, 0) % len(theme.series)]

    def name(self, pair_id: PairId, merged: int = 0) -> str:
        """The pair's name, safe in a figure; `OTHER` says how many pairs it stands for."""
        if pair_id == OTHER:
            return f"other ({merged} pairs)"
        return figure_text(self.short.get(pair_id, f"#{pair_id}"))


def base_figure(theme: Theme, title: str, height: int) -> go.Figure:
    """A figure without data, in the house layout."""
    axis = {
        "gridcolor": theme.grid,
        "linecolor": theme.grid,
        "zerolinecolor": theme.grid,
        "tickfont": {"size": 12, "color": theme.muted},
        "title": {"font": {"size": 12, "color": theme.muted}, "standoff": 8},
        "automargin": True,
    }
    layout = go.Layout(
        template=go.layout.Template(layout={"xaxis": axis, "yaxis": axis}),
        title={
            "text": title,
            "font": {"size": 13, "color": theme.muted, "weight": 600},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 8},
        },
        height=height,
        margin={"l": 8, "r": 8, "t": 40, "b": 8},
        font={"family": FONT, "size": 13, "color": theme.text},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hoverlabel={
            "bgcolor": theme.surface,
            "bordercolor": theme.grid,
            "font": {"family": FONT, "size": 13, "color": theme.text},
            "align": "left",
            "namelength": -1,
        },
        legend={
            "font": {"size": 12, "color": theme.text},
            "itemsizing": "constant",
            "bgcolor": "rgba(0,0,0,0)",
            "traceorder": "normal",
        },
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": theme.muted, "activecolor": theme.text},
        bargap=0.12,
        showlegend=False,
    )
    return go.Figure(layout=layout)  # four times quicker than updating an empty figure


def empty_figure(theme: Theme, title: str, reason: str, height: int = 72) -> go.Figure:
    """A titled figure that says in a sentence why there is nothing to see."""
    figure = base_figure(theme, title, height)
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
        font={"size": 14, "color": theme.text},
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
