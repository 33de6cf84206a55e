"""How do frames of pairs become tables for people? Ids become names, columns get their units."""

from typing import Any

import pandas as pd
import streamlit as st

from alpha_model.analysis.facts import OTHER
from dashboard.charts.theme import PairStyle

TIME = st.column_config.DatetimeColumn("Time, UTC", format="YYYY-MM-DD HH:mm", timezone="UTC", pinned=True)
USD = st.column_config.NumberColumn(format="dollar")
PERCENT = st.column_config.NumberColumn(format="percent")


def named(frame: pd.DataFrame, style: PairStyle, merged: int = 0) -> pd.DataFrame:
    """Columns under the pairs' names, as plain text."""
    names = {OTHER: f"other ({merged} pairs)", **style.labels}
    return frame.rename(columns=names).rename_axis(columns=None)


def both(raw: pd.DataFrame, normalised: pd.DataFrame, style: PairStyle, merged: int = 0) -> pd.DataFrame:
    """Normalised weights under the pairs' names, and beside each the raw share."""
    left, right = named(normalised, style, merged), named(raw, style, merged).add_suffix(", raw")
    order = [name for pair in zip(left.columns, right.columns, strict=True) for name in pair]
    return pd.concat([left, right], axis=1)[order]


def with_pair(frame: pd.DataFrame, style: PairStyle) -> pd.DataFrame:
    """A frame with the column `pair_id`, and first the pair's name."""
    named_rows = frame.drop(columns="pair_id")
    named_rows.insert(0, "pair", [style.labels[int(pair_id)] for pair_id in frame["pair_id"]])
    return named_rows


def each(frame: pd.DataFrame, column: Any) -> dict[str, Any]:
    """The same column configuration for every column but the time."""
    return {"timestamp": TIME, **dict.fromkeys(map(str, frame.columns), column)}
