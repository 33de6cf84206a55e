"""What did the viewer choose? The widgets that pages share, and the frozen choice that they make.

Each widget is bound to a query parameter of its own name, so that the address of a page is a link to exactly this
view. What comes from an address is checked here; what does not fit is dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import pandas as pd
import streamlit as st

from alpha_model.history import History
from alpha_model.units import PairId
from dashboard.charts.theme import LIGHT, Theme, theme_named

SOURCE, START, END, PAIRS, CYCLE, OUTCOMES = "history", "from", "to", "pairs", "cycle", "outcome"


@dataclass(frozen=True, slots=True)
class Selection:
    """One viewer's choice.

    Args:
        theme: Of the browser.
        start: First moment of the window; None from the beginning.
        end: Last moment of the window; None to the end.
        pair_ids: The pairs to show; empty is all.
    """

    theme: Theme = LIGHT
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None
    pair_ids: tuple[PairId, ...] = ()


def browser_theme() -> Theme:
    """The theme that the browser shows now."""
    return theme_named(st.context.theme.type)


def choose_source(names: list[str], first: str | None) -> str | None:
    """The history to show; `first` until the viewer chooses."""
    return st.selectbox(
        "History",
        names,
        index=names.index(first) if first in names else None,
        placeholder="Choose a history",
        key=SOURCE,
        bind="query-params",
        on_change=_forget_window,
    )


def open_source(name: str) -> None:
    """Choose a history from elsewhere on the page (a callback)."""
    st.session_state[SOURCE] = name
    _forget_window()


def choose(history: History, labels: Mapping[PairId, str], order: Mapping[PairId, int]) -> Selection:
    """Window and pairs of a history."""
    start, end = _choose_window(history)
    names = {labels[pair_id]: pair_id for pair_id in sorted(labels, key=lambda pair_id: order.get(pair_id, 0))}
    chosen = st.multiselect("Pairs", list(names), key=PAIRS, bind="query-params", placeholder="All pairs")
    return Selection(browser_theme(), start, end, tuple(names[name] for name in chosen if name in names))


def _choose_window(history: History) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    if len(history) < 2:  # noqa: PLR2004 - one cycle leaves nothing to choose
        return None, None
    first, last = history.timestamps[0].date(), history.timestamps[-1].date()
    if first == last:
        return None, None
    _drop_outside(first, last)
    start = st.date_input("From", first, first, last, key=START, format="YYYY-MM-DD", bind="query-params")
    end = st.date_input("To", last, first, last, key=END, format="YYYY-MM-DD", bind="query-params")
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
    """A window, pairs and cycle belong to one history."""
    for key in (START, END, PAIRS, CYCLE, OUTCOMES):
        st.session_state.pop(key, None)
