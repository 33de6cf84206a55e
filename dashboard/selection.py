"""What did the viewer choose? The widgets that pages share, and the frozen choice that they make.

Each widget is bound to a query parameter of its own name, so that the address of a page is a link to exactly this
view. What comes from an address is checked here; what does not fit is dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import pandas as pd
import streamlit as st

from alpha_model.analysis.cycles import Attention
from alpha_model.history import History
from alpha_model.values import PairId
from dashboard.charts.theme import LIGHT, Theme, theme_named
from dashboard.drawing import PairIds, Span
from dashboard.zoom import ZOOM, choose_zoom

SOURCE, WINDOW, START, END, PAIRS, CYCLE = "history", "window", "from", "to", "pairs", "cycle"
OUTCOMES, SEVERITIES, WITH, OTHER_CYCLE, PAIR, TAB = "outcome", "severity", "with", "with_cycle", "pair", "tab"
FLAGS, AT_LEAST, WORDS = "flag", "at_least", "words"
TOLERANCE, MATCH = "tolerance", "match"
OF_ONE_HISTORY = (
    *(WINDOW, START, END, PAIRS, CYCLE, OUTCOMES, SEVERITIES, WITH, OTHER_CYCLE, PAIR, TAB),
    *(FLAGS, AT_LEAST, WORDS, ZOOM, TOLERANCE, MATCH),
)
"""The choices that mean nothing in another history."""

MISSING = "missing_history"
"""Where in the session state, and in the address, it says which history a link asked for in vain."""

ALL, LAST_100, CUSTOM = "whole record", "100 cycles", "dates"
UNCHOSEN: dict[str, Any] = {
    WINDOW: ALL,
    CYCLE: "",
    WORDS: "",
    ZOOM: "",
    AT_LEAST: None,
    **dict.fromkeys((PAIRS, OUTCOMES, FLAGS, SEVERITIES), ()),
}
"""What the widgets hold that are bound to the address, where nothing is chosen."""
_LENGTHS: dict[str, Any] = {
    "1 year": pd.DateOffset(years=1),
    "90 days": pd.Timedelta(days=90),
    "30 days": pd.Timedelta(days=30),
}
WINDOWS = (ALL, *_LENGTHS, LAST_100, CUSTOM)
"""As an address names them; all but `dates` end with the newest cycle, also when new ones come."""
_HUNDRED = 100


@dataclass(frozen=True, slots=True)
class Selection:
    """One viewer's choice.

    Args:
        theme: Of the browser.
        start: First moment of the window; None from the beginning.
        end: Last moment of the window; None to the end.
        pair_ids: The pairs to show; empty is all.
        zoom: The stretch of the window that the time charts show; None is all of it.
        view: What else a reader did to a chart belongs to: it is forgotten with another history or window.
        native: Charts are drawn by Streamlit itself.
        late: That the next cycle is overdue, where the record may still grow.
    """

    theme: Theme = LIGHT
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None
    pair_ids: PairIds = ()
    zoom: Span | None = None
    view: str = ""
    native: bool = False
    late: Attention | None = None


def browser_theme() -> Theme:
    """The theme that the browser shows now."""
    return theme_named(st.context.theme.type)


def asked_in_vain(names: list[str]) -> str | None:
    """The history that the address asked for when the viewer came, where there is none of that name.

    Streamlit drops it from the address, as it is none of the list: there it goes on under a name of its own.
    """
    if SOURCE not in st.session_state and MISSING not in st.session_state:
        asked = st.query_params.get(SOURCE) or st.query_params.get(MISSING)
        st.session_state[MISSING] = asked if asked not in names else None
    if st.session_state.get(SOURCE) is not None:
        st.session_state[MISSING] = None
        st.query_params.pop(MISSING, None)
    elif st.session_state[MISSING] is not None:
        st.query_params[MISSING] = st.session_state[MISSING]
    missing: str | None = st.session_state[MISSING]
    return missing


def choose_source(names: list[str], first: str | None) -> str | None:
    """The history to show; `first` until the viewer chooses."""
    missing = asked_in_vain(names)
    return st.selectbox(
        "History",
        names,
        index=names.index(first) if first in names and not missing else None,
        placeholder="Choose a history",
        key=SOURCE,
        bind="query-params",
        on_change=_forget_window,
    )


def open_source(name: str) -> None:
    """Choose a history from elsewhere on the page (a callback)."""
    st.session_state[SOURCE] = name
    _forget_window()


def choose(
    history: History, labels: Mapping[PairId, str], order: Mapping[PairId, int], name: str, *, native: bool
) -> Selection:
    """Window and pairs of a history.

    Args:
        history: The history.
        labels: A unique name for each pair.
        order: The place of each pair among the most important.
        name: What the history is called in links.
        native: Charts are drawn by Streamlit itself.
    """
    start, end = _choose_window(history)
    names = {labels[pair_id]: pair_id for pair_id in sorted(labels, key=lambda pair_id: order.get(pair_id, 0))}
    chosen = st.multiselect(
        "Pairs",
        list(names),
        key=PAIRS,
        bind="query-params",
        placeholder="All pairs: type to search",
        on_change=_all_is_none,
        args=(len(names),),
    )
    pair_ids = tuple(names[label] for label in chosen if label in names)
    zooms = len(history) > 1 and not native
    zoom = choose_zoom(start or history.timestamps[0], end or history.timestamps[-1]) if zooms else None
    window = st.session_state.get(WINDOW, ALL)
    view = f"{name}|{window}|{start if window == CUSTOM else ''}"
    return Selection(browser_theme(), start, end, pair_ids, zoom, view, native)


def _all_is_none(count: int) -> None:
    """All pairs one by one are too long for an address, and the same as none chosen (a callback)."""
    if len(st.session_state[PAIRS]) == count > 1:
        st.session_state[PAIRS] = UNCHOSEN[PAIRS]


def _choose_window(history: History) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    if len(history) < 2:  # noqa: PLR2004 - one cycle leaves nothing to choose
        return None, None
    first, last = history.timestamps[0], history.timestamps[-1]
    if WINDOW not in st.session_state and not {START, END}.isdisjoint(st.query_params):
        st.session_state[WINDOW] = CUSTOM
    window = st.selectbox("Window", WINDOWS, key=WINDOW, bind="query-params", filter_mode=None)
    if window == CUSTOM:
        return _choose_dates(first.date(), last.date())
    if window == LAST_100:
        return (None if len(history) <= _HUNDRED else history.timestamps[-_HUNDRED]), None
    start = last - _LENGTHS[window] if window in _LENGTHS else None
    return (None if start is None or start <= first else start), None


def _choose_dates(first: date, last: date) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    if first == last:
        return None, None
    _drop_outside(first, last)
    start = st.date_input("From", first, first, last, key=START, format="YYYY-MM-DD", bind="query-params")
    end = st.date_input("To", last, first, last, key=END, format="YYYY-MM-DD", bind="query-params")
    if start > end:
        st.caption(":orange[From is after To, so no cycle lies between them.]")
    return (
        None if start <= first else pd.Timestamp(datetime.combine(start, time.min, UTC)),
        None if end >= last else pd.Timestamp(datetime.combine(end, time.max, UTC)),
    )


def _drop_outside(first: date, last: date) -> None:
    """Forget a window that lies outside this history."""
    for key in (START, END):
        chosen = st.session_state.get(key)
        if isinstance(chosen, date) and not first <= chosen <= last:
            del st.session_state[key]


def _forget_window() -> None:
    """Forget what was chosen in one history (a callback).

    A key that is deleted takes its value from the address again, to which its widget is bound: it is set instead.
    """
    for key in OF_ONE_HISTORY:
        if key in UNCHOSEN:
            st.session_state[key] = UNCHOSEN[key]
        else:
            st.session_state.pop(key, None)
