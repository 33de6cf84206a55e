"""How does a chart reach the screen, and what did the reader do with it?

The wrapper around `Plotly.react` in `chart.js` keeps the zoom when the data changes, reports zooms and clicks on
anything, and moves the cycle cursor without drawing again. Where the server does not serve Plotly, or the setting
says so, the same figure is drawn by Streamlit itself, without those gifts.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from alpha_model.history import utc
from alpha_model.values import HistoryError
from dashboard.drawing import Drawing
from dashboard.plotly_js import plotly_address

HERE = Path(__file__).parent
TOOLBAR = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}

_HTML = (
    '<div class="am-chart" tabindex="0" role="figure">'
    '<div class="am-plot"></div><div class="am-cursor" hidden></div><div class="am-local" hidden></div></div>'
)

_mount = st.components.v2.component(
    "alpha_model_chart",
    html=_HTML,
    css=(HERE / "chart.css").read_text(),
    js=(HERE / "chart.js").read_text(),
    isolate_styles=False,  # in a shadow root Plotly gets no clicks on heatmaps
)


def show_chart(
    drawing: Drawing,
    key: str,
    view: str,
    on_pick: Callable[[dict[str, Any]], None],
    on_zoom: Callable[[dict[str, Any]], None],
    *,
    native: bool,
) -> None:
    """Put a chart on the page.

    Args:
        drawing: What to show.
        key: Unique on the page; the chart keeps what a reader did to it as long as its key and the view stay the same.
        view: What the reader's hiding of lines and the like belongs to.
        on_pick: What to do when a reader clicks a time (`time`), or something else that can be picked (`item`);
            `open` tells a plain click from one with Shift, which only moves the cursor.
        on_zoom: What to do when a reader zooms: `range`, both ends as text, None to see all, and the `turn` to be
            told to the strip.
        native: Draw it by Streamlit itself.
    """
    if native:
        st.plotly_chart(drawing.dressed, theme=None, config=TOOLBAR, key=f"figure_{key}", alt=drawing.alt)
        return
    name = _state_key(key)
    _mount(
        key=name,
        data=drawing.content(key, view, plotly_address()),
        height=drawing.height,
        on_zoom_change=lambda: _told(name, "zoom", on_zoom),
        on_pick_change=lambda: _told(name, "pick", on_pick),
    )


def picked_time(pick: dict[str, Any]) -> pd.Timestamp | None:
    """The time that a reader clicked; None where it was something else, or no time."""
    try:
        return utc(str(pick["time"]))
    except (KeyError, HistoryError):
        return None


def _told(name: str, what: str, listener: Callable[[dict[str, Any]], None]) -> None:
    words = st.session_state[name].get(what)
    if isinstance(words, dict):
        listener(words)


def _state_key(key: str) -> str:
    return f"chart_{key}"
