"""How are the numbers shown in which two cycles differ?"""

import math
from typing import Any

import pandas as pd
import streamlit as st

from alpha_model.analysis import STAGE_MEANINGS
from dashboard.views.panel import downloads
from dashboard.views.table import ROW_HEIGHT, number_column

_LARGE = 10_000


def show_differences(differences: pd.DataFrame, name: str) -> None:
    """The rows of `compare_cycles`, to be narrowed to stages; nothing where there are none.

    Args:
        differences: The rows.
        name: Of downloaded files.
    """
    if differences.empty:
        return
    counts = differences["stage"].value_counts()
    stages = [str(stage) for stage in STAGE_MEANINGS if str(stage) in counts]
    chosen = st.pills(
        "Stages of the decision",
        stages,
        selection_mode="multi",
        format_func=lambda stage: f"{stage} {counts[stage]:,}",
        key="compared_stage",
        help=" · ".join(f"{stage}: {meaning}" for stage, meaning in STAGE_MEANINGS.items()),
    )
    shown = differences[differences["stage"].isin(chosen)] if chosen else differences
    st.dataframe(
        shown.assign(before=shown["before"].map(_written), after=shown["after"].map(_written)),
        hide_index=True,
        placeholder="–",
        height=min(680, 40 + ROW_HEIGHT * len(shown)),
        row_height=ROW_HEIGHT,
        column_order=["stage", "pair", "field", "before", "after", "difference", "sentence"],
        column_config={
            "stage": st.column_config.TextColumn("Stage", pinned=True, width=100),
            "pair": st.column_config.TextColumn("Pair"),
            "field": st.column_config.TextColumn("Number", width=130),
            "before": st.column_config.TextColumn("Before", width=96),
            "after": st.column_config.TextColumn("After", width=96),
            "difference": number_column("Difference", "After - before", "%.6g"),
            "sentence": st.column_config.TextColumn("In words", width="large"),
        },
        key="cycle_differences",
        alt="Every number that differs between the two cycles",
    )
    downloads(name, lambda: differences)


def _written(value: Any) -> str | None:
    """A number with six digits, anything else as it is."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.2f}" if abs(value) >= _LARGE else f"{value:.6g}"
