"""How are the numbers shown in which two cycles differ?"""

import math
from typing import Any

import streamlit as st

from alpha_model.analysis.compare import STAGE_MEANINGS, CycleComparison
from dashboard.views.panel import downloads
from dashboard.views.table import ROW_HEIGHT, number_column, usd_column

_LARGE = 10_000


def show_differences(found: CycleComparison, name: str) -> None:
    """The rows of `compare_cycles`, to be narrowed to stages; nothing where there are none.

    Args:
        found: What differs.
        name: Of downloaded files.
    """
    differences = found.differences
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
        shown.assign(a=shown["a"].map(_written), b=shown["b"].map(_written)),
        hide_index=True,
        placeholder="–",
        height=min(680, 40 + ROW_HEIGHT * len(shown)),
        row_height=ROW_HEIGHT,
        column_order=["stage", "pair", "field", "a", "b", "difference", "pair_usd", "sentence"],
        column_config={
            "stage": st.column_config.TextColumn("Stage", pinned=True, width=100),
            "pair": st.column_config.TextColumn("Pair"),
            "field": st.column_config.TextColumn("Number", width=130),
            **{
                side: st.column_config.TextColumn(title(found.sides[place]), width=96)
                for place, side in enumerate("ab")
            },
            "difference": number_column("Difference", "The second less the first", "%.6g"),
            "pair_usd": usd_column("Pair's dollars", "The largest difference of any amount of the pair"),
            "sentence": st.column_config.TextColumn("In words", width="large"),
        },
        key="cycle_differences",
        alt="Every number that differs between the two cycles",
    )
    downloads(name, lambda: differences)


def title(side: str) -> str:
    """The head of a column: `Before`, or `A` for `in A`."""
    words = side.removeprefix("in ")
    return words[0].upper() + words[1:]


def _written(value: Any) -> str | None:
    """A number with six digits, `none` for a word that says nothing, anything else as it is."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if not isinstance(value, float):
        return str(value) or "none"
    return f"{value:,.2f}" if abs(value) >= _LARGE else f"{value:.6g}"
