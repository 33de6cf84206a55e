"""How is each of the five questions put on a page? Picture, figure, table and file together."""

import pandas as pd
import streamlit as st

from alpha_model import analysis
from dashboard import pictures
from dashboard.charts.flags import flags_figure
from dashboard.charts.size_risk import size_risk_figure
from dashboard.charts.theme import PairStyle
from dashboard.charts.thresholds import thresholds_figure
from dashboard.charts.weight_diffs import weight_diffs_figure
from dashboard.charts.weights import weights_figure
from dashboard.opened import OpenHistory
from dashboard.selection import Selection
from dashboard.text import plural
from dashboard.views.panel import panel

TIME = st.column_config.DatetimeColumn("Time, UTC", format="YYYY-MM-DD HH:mm", timezone="UTC", pinned=True)
USD = st.column_config.NumberColumn(format="dollar")
PERCENT = st.column_config.NumberColumn(format="percent")


def side_by_side(opened: OpenHistory) -> bool:
    """Do size risk and thresholds both have something to show?"""
    both = (opened.ask(pictures.size_risk_picture), opened.ask(pictures.thresholds_picture))
    return not any(picture.frame.empty for picture in both)


def weights(opened: OpenHistory, selection: Selection) -> None:
    """Raw against normalised weights."""
    picture = opened.ask(pictures.weights_picture, selection.pair_ids)
    table = _both(picture.raw, picture.normalised, opened.style, picture.merged)
    panel(
        "weights",
        picture.finding,
        "Above what the signals asked for, below what normalising and caps left of it; shorts point down. "
        + picture.note,
        weights_figure(picture.raw, picture.normalised, picture.merged, picture.whole, opened.style, selection.theme),
        table,
        lambda: _both(opened.ask(analysis.raw_shares), opened.ask(analysis.normalised_weights), opened.style),
        {"timestamp": TIME, **dict.fromkeys(table.columns, PERCENT)},
    )


def weight_diffs(opened: OpenHistory, selection: Selection) -> None:
    """Where the weights had to move."""
    picture = opened.ask(pictures.diffs_picture, selection.pair_ids)
    table = _named(picture.frame, opened.style)
    panel(
        "weight_diffs",
        picture.finding,
        "One row a pair, one column a cycle: blue grows, orange shrinks, blank is neither wanted nor held. "
        + picture.note,
        weight_diffs_figure(picture.frame, opened.style, selection.theme),
        table,
        lambda: _named(opened.ask(analysis.weight_diffs), opened.style),
        {"timestamp": TIME, **dict.fromkeys(table.columns, PERCENT)},
    )


def size_risk(opened: OpenHistory, selection: Selection) -> None:
    """What size risk turned away."""
    picture = opened.ask(pictures.size_risk_picture)
    panel(
        "size_risk",
        picture.finding,
        "Below, on a scale of its own, what size risk left uninvested; any further gap between the lines is cash that "
        f"the weights left. {picture.note}",
        size_risk_figure(picture.frame, selection.theme),
        picture.frame,
        lambda: opened.ask(analysis.size_risk_frame),
        {"timestamp": TIME, **dict.fromkeys(picture.frame.columns, USD)},
    )


def thresholds(opened: OpenHistory, selection: Selection) -> None:
    """Which cycles reached the threshold."""
    picture = opened.ask(pictures.thresholds_picture)
    panel(
        "thresholds",
        picture.finding,
        f"Marks below the dashed line held the portfolio as it was. {picture.note}",
        thresholds_figure(picture.frame, selection.theme),
        picture.frame.set_index("timestamp"),
        lambda: opened.ask(analysis.cycle_outcomes),
        {"timestamp": TIME, "max_adjust_usd": USD, "threshold_usd": USD},
    )


def flags(opened: OpenHistory, selection: Selection) -> None:
    """Why signals were not followed in full."""
    picture = opened.ask(pictures.flags_picture, selection.pair_ids)
    scope = f" of {plural(len(selection.pair_ids), 'chosen pair')}" if selection.pair_ids else ""
    panel(
        "flags",
        picture.finding,
        f"A flag says why a signal{scope} was not followed in full; a signal may carry several. {picture.note}",
        flags_figure(picture.frame, selection.theme),
        picture.frame,
        lambda: opened.ask(analysis.flag_counts),
        {"timestamp": TIME},
    )


def _both(raw: pd.DataFrame, normalised: pd.DataFrame, style: PairStyle, merged: int = 0) -> pd.DataFrame:
    """Normalised weights under the pairs' names, and beside each the raw share."""
    left, right = _named(normalised, style, merged), _named(raw, style, merged).add_suffix(", raw")
    order = [name for pair in zip(left.columns, right.columns, strict=True) for name in pair]
    return pd.concat([left, right], axis=1)[order]


def _named(frame: pd.DataFrame, style: PairStyle, merged: int = 0) -> pd.DataFrame:
    """Columns under the pairs' names, as plain text."""
    names = {analysis.OTHER: f"other ({merged} pairs)", **style.labels}
    return frame.rename(columns=names).rename_axis(columns=None)
