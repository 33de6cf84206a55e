"""Which stretch of the window does the viewer look at? One zoom for the time charts of all pages.

A drag across a chart fills the field in, and what stands in the field is what the charts show: typed, come with the
address, or brought back by Back.
"""

from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR
from typing import Any

import pandas as pd
import streamlit as st

from alpha_model.history import utc
from alpha_model.values import HistoryError
from dashboard.drawing import Span
from dashboard.text import link_time

ZOOM = "zoom"
TURN = "zoom_turn"
"""Where in the session state the browser's mark of its last zoom is kept, by which it knows that it was heard."""
BETWEEN = ".."


def choose_zoom(first: pd.Timestamp, last: pd.Timestamp) -> Span | None:
    """The stretch to look at; None is the whole window.

    Args:
        first: First moment of the window.
        last: Its last one.
    """
    words = st.text_input(
        "Zoom, UTC",
        key=ZOOM,
        bind="query-params",
        placeholder="Drag across a chart",
        help="What the time charts show of the window, as START..END. Drag across a chart to fill it in; double-click "
        "a chart, or empty the field, to see all again. It is part of the address.",
    )
    zoom, remark = span_named(words, first, last)
    if remark:
        st.caption(f":orange[{remark}]")
    return zoom


def span_named(words: str, first: pd.Timestamp, last: pd.Timestamp) -> tuple[Span | None, str]:
    """The stretch of that name inside the window, and why there is none."""
    if not words.strip():
        return None, ""
    start, between, end = (part.strip() for part in words.partition(BETWEEN))
    try:
        named = Span(utc(start) if start else first, utc(end) if end else last) if between else None
    except HistoryError:
        named = None
    if named is None or not _can_be_written(named):
        return None, "That is no stretch of time, so all of the window is shown. Write it as 2024-04-10..2024-05-01."
    if start and end and named.start >= named.end:
        return None, "That stretch ends before or where it begins, so all of the window is shown."
    if named.start >= named.end or named.start > last or named.end < first:
        return None, "That stretch is outside the window, so all of it is shown."
    return named, ""


def span_name(zoom: Span) -> str:
    """What a stretch is called in the field and in links: whole minutes that hold it."""
    return f"{link_time(zoom.start.floor('min'))}{BETWEEN}{link_time(zoom.end.ceil('min'))}"


def zoom_to(told: Mapping[str, Any]) -> None:
    """Take over the zoom that a browser tells of (a callback).

    Args:
        told: `turn`, and `range`: both ends as text, None to see all. Anything else is dropped.
    """
    st.session_state[TURN] = str(told.get("turn"))
    seen = told.get("range")
    if seen is None:
        st.session_state[ZOOM] = ""
    elif isinstance(seen, list) and len(seen) == 2:  # noqa: PLR2004 - both ends
        try:
            zoom = Span(utc(str(seen[0])), utc(str(seen[1])))
        except HistoryError:
            return
        st.session_state[ZOOM] = span_name(zoom) if _can_be_written(zoom) else ""


def _can_be_written(zoom: Span) -> bool:
    """Do both ends lie in the years that a date has? A reader may zoom out beyond them."""
    return all(pd.notna(end) and MINYEAR < end.year < MAXYEAR for end in (zoom.start, zoom.end))


def told_zoom(zoom: Span | None) -> dict[str, Any]:
    """What a browser needs to show the zoom: `range`, both ends as Plotly writes times, and the `turn` it told last."""
    ends = None if zoom is None else [f"{end:%Y-%m-%d %H:%M:%S}" for end in (zoom.start, zoom.end)]
    return {"range": ends, "turn": st.session_state.get(TURN)}
