"""How does one chart reach the page? A finding, the chart, a note, and the same numbers as table and files."""

import html
from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components.chart import picked_time, show_chart
from dashboard.cursor import choose_time
from dashboard.drawing import Draw, Look
from dashboard.opened import OpenHistory
from dashboard.selection import Selection
from dashboard.text import deferred_csv, deferred_parquet
from dashboard.zoom import zoom_to


def panel(
    key: str,
    opened: OpenHistory,
    selection: Selection,
    draw: Draw,
    full: Callable[[], pd.DataFrame],
    columns: dict[str, Any] | None = None,
    *given: Hashable,
) -> None:
    """One chart with everything that belongs to it.

    Args:
        key: Unique among all pages; the name of downloaded files.
        opened: The cycles of the window.
        selection: What the viewer chose.
        draw: How it is drawn; asked again only when something it depends on changed.
        full: All the numbers, computed when downloaded.
        columns: Column configuration of the table; columns without one show shares or counts as they are.
        given: What `draw` takes besides.
    """
    look = Look(opened.style, selection.theme, selection.pair_ids)
    drawing = opened.ask(draw, look, *given)
    if drawing.refines and selection.zoom:
        drawing = opened.ask(draw, replace(look, zoom=selection.zoom), *given)
    st.header(own_words(drawing.finding), anchor=False)
    if drawing.is_empty:
        st.caption(drawing.reason)
        return
    st.caption(own_words(drawing.reading))
    show_chart(drawing, key, selection.view, partial(_picked, opened), zoom_to, native=selection.native)
    twin = st.expander("Numbers", key=f"table_{key}", on_change="rerun", type="compact")
    if twin.open:
        with twin:
            _numbers(key, drawing.table, drawing.finding, columns)
            downloads(key, full)


def downloads(key: str, full: Callable[[], pd.DataFrame]) -> None:
    """All the numbers as files, computed when somebody wants them."""
    with st.container(horizontal=True, gap="small"):
        for label, suffix, mime, deferred in (
            ("CSV", "csv", "text/csv", deferred_csv(full)),
            ("Parquet", "parquet", "application/vnd.apache.parquet", deferred_parquet(full)),
        ):
            st.download_button(
                f"Download all as {label}",
                data=deferred,
                file_name=f"{key}.{suffix}",
                mime=mime,
                on_click="ignore",
                icon=":material/download:",
                type="tertiary",
                key=f"{suffix}_{key}",
            )


def small_print(words: str) -> None:
    """Small, muted text of any origin, shown as it is."""
    st.html(f'<p style="margin:0; font-size:0.85rem; opacity:0.7; overflow-wrap:anywhere">{html.escape(words)}</p>')


def own_words(sentence: str) -> str:
    """A sentence of ours as Markdown: two dollar signs are no formula."""
    return sentence.replace("$", r"\$")


def _numbers(key: str, table: pd.DataFrame, finding: str, columns: dict[str, Any] | None) -> None:
    st.dataframe(
        table,
        column_config=columns,
        height=280,
        row_height=28,
        placeholder="–",
        key=f"rows_{key}",
        alt=f"The numbers of the chart: {finding}",
    )


def _picked(opened: OpenHistory, pick: dict[str, Any]) -> None:
    """A click on a chart leads to the cycle (a callback); with Shift it only moves the cursor there."""
    time = picked_time(pick)
    if time is not None:
        choose_time(opened.history, time, open_page=bool(pick.get("open")))
