"""How does one question reach the page? A finding, a figure, a note, and the same numbers as table and file."""

import html
from collections.abc import Callable
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.text import deferred_csv

TOOLBAR = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "png", "scale": 2},
}


def panel(
    key: str,
    finding: str,
    reading: str,
    figure: go.Figure,
    table: pd.DataFrame,
    full: Callable[[], pd.DataFrame],
    columns: dict[str, Any] | None = None,
) -> None:
    """One figure with everything that belongs to it.

    Args:
        key: Unique on the page; the name of the downloaded file.
        finding: What the figure says; our own words only, they are Markdown.
        reading: How to read it, and what was left out; our own words only.
        figure: The figure.
        table: The numbers that it draws.
        full: All the numbers, computed when downloaded.
        columns: Column configuration of the table.
    """
    st.subheader(own_words(finding), anchor=False)
    if not table.empty:
        st.caption(own_words(reading))
    st.plotly_chart(figure, theme=None, config=TOOLBAR, key=f"figure_{key}", alt=f"{finding}. {reading}")
    if table.empty:
        return
    twin = st.expander("Numbers", key=f"table_{key}", on_change="rerun", type="compact")
    if twin.open:
        with twin:
            st.dataframe(
                table,
                column_config=columns,
                height=280,
                row_height=28,
                placeholder="–",
                key=f"rows_{key}",
                alt=f"The numbers of the figure: {finding}",
            )
            st.download_button(
                "Download all as CSV",
                data=deferred_csv(full),
                file_name=f"{key}.csv",
                mime="text/csv",
                on_click="ignore",
                key=f"download_{key}",
                icon=":material/download:",
            )


def small_print(words: str) -> None:
    """Small, muted text of any origin, shown as it is."""
    st.html(f'<p style="margin:0; font-size:0.85rem; opacity:0.7; overflow-wrap:anywhere">{html.escape(words)}</p>')


def own_words(sentence: str) -> str:
    """A sentence of ours as Markdown: two dollar signs are no formula."""
    return sentence.replace("$", r"\$")
