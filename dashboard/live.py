"""What of a file that is still being written has the viewer not seen yet, and how fresh is it?

A file is looked at every second, and only what is new in it is read. A viewer who looks at a cycle or a past window
is not moved: the page says how many cycles are new. Nobody's page changes while the file does not.
"""

from datetime import UTC, datetime, timedelta
from functools import partial

import pandas as pd
import streamlit as st

from alpha_model.analysis.cycles import Attention, overdue
from alpha_model.history import Freshness, History, freshness_of, is_table_name
from dashboard import data
from dashboard.data import PACKED, Listed, grows, open_history
from dashboard.opened import OpenHistory
from dashboard.selection import CYCLE
from dashboard.settings import Settings
from dashboard.text import byte_size, link_time, plural, span

FOLLOW = "follow"
LOOK_EVERY = timedelta(seconds=1)
CLOCKS_DIFFER = timedelta(days=1)
"""A record whose last cycle lies further ahead than this was not made by a strategy that runs now."""
LIVE_FOR = timedelta(days=7)
"""A record whose last cycle is older than this, and than ten of its intervals, has ended rather than stalled."""


def show_live(listed: Listed, opened: OpenHistory, settings: Settings, seen: OpenHistory) -> None:
    """A line on freshness above every page, where the file is an operator's and may still grow.

    Args:
        listed: The file.
        opened: What the page shows of it.
        settings: The operator's.
        seen: The window of it.
    """
    if not is_watched(listed):
        return
    if is_alive(opened.history.timestamps, datetime.now(UTC)):
        _line(listed, opened, settings, _chosen(), last_of(seen))


def is_watched(listed: Listed) -> bool:
    """Is it an operator's file, which a strategy may be writing?"""
    return listed.path is not None and listed.origin == "file"


def lateness(listed: Listed, history: History) -> Attention | None:
    """That the next cycle of a record that may still grow is overdue."""
    now = datetime.now(UTC)
    return overdue(history, now) if is_watched(listed) and is_alive(history.timestamps, now) else None


def is_alive(timestamps: pd.DatetimeIndex, now: datetime) -> bool:
    """May the record still grow?"""
    fresh = freshness_of(timestamps, now)
    if fresh.last_cycle_at is None:
        return True
    patience = max(LIVE_FOR, 10 * (fresh.interval or timedelta(0)))
    return -CLOCKS_DIFFER <= now - fresh.last_cycle_at <= patience


@st.fragment(run_every=LOOK_EVERY)
def _line(listed: Listed, shown: OpenHistory, settings: Settings, chosen: str, last: pd.Timestamp) -> None:
    newest = open_history(listed, settings)
    if _chosen() != chosen or (newest is not shown and not chosen):
        st.rerun()  # the viewer follows the newest cycle, or began or ceased to
    if newest is not shown:
        count = int((newest.history.timestamps > last_of(shown)).sum())
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="news"):
            words = f"{plural(count, 'new cycle')}" if count else "The record changed"
            st.markdown(f":material/fiber_new: {words}")
            st.button("Jump to the newest", key="jump", type="primary", on_click=follow_newest)
    now = datetime.now(UTC)
    fresh = freshness_of(newest.history.timestamps, now)
    if fresh.is_overdue:
        st.error(f"{overdue_words(fresh, now)}{_slowness(listed)}", icon=":material/alarm:")
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="live"):
        if not fresh.is_overdue:
            st.caption(f":green[:material/circle:] {fresh_words(fresh, now)}.{_slowness(listed)}", width="content")
        if len(shown.history):
            st.session_state[FOLLOW] = not chosen
            st.toggle(
                "Follow the newest cycle",
                key=FOLLOW,
                on_change=partial(_follow_or_stay, last),
                help="On: every page shows a new cycle as soon as it is written. Off: the page stays where it is, and "
                "says how many cycles are new. Looking at another cycle turns it off.",
            )


def _chosen() -> str:
    """The cycle that the viewer stays at; empty while the newest is followed."""
    return st.session_state.get(CYCLE) or ""


def _follow_or_stay(last: pd.Timestamp) -> None:
    """The switch was turned (a callback): to follow, or to stay at the last cycle of the window."""
    st.session_state[CYCLE] = "" if st.session_state[FOLLOW] else link_time(last)


def _slowness(listed: Listed) -> str:
    """Why new cycles of this file take their time; empty where they do not."""
    if listed.path is None or not listed.path.is_file() or grows(listed.path, listed.path.stat().st_size):
        return ""
    why = f"larger than {byte_size(data.LIVE_LIMIT)}"
    if is_table_name(listed.path.name):
        why = "a table"
    elif listed.path.name.endswith(PACKED):
        why = "packed"
    return f" It is {why}, so each change takes a reading of the whole file."


def last_of(opened: OpenHistory) -> pd.Timestamp:
    """The last cycle's time; long ago where there is none."""
    times = opened.history.timestamps
    return times[-1] if len(times) else pd.Timestamp(0, tz=UTC)


def follow_newest() -> None:
    """Show the newest cycle, also when newer ones come (a callback)."""
    st.session_state[CYCLE] = ""


def fresh_words(fresh: Freshness, now: datetime) -> str:
    """How old the last cycle is and when the next is due."""
    if fresh.last_cycle_at is None:
        return "Live: no cycle yet"
    words = f"Live: last cycle {span(max(now - fresh.last_cycle_at, timedelta(0)))} ago"
    return (
        words if fresh.due_at is None else f"{words}, the next is due in {span(max(fresh.due_at - now, timedelta(0)))}"
    )


def overdue_words(fresh: Freshness, now: datetime) -> str:
    """How late the next cycle is."""
    assert fresh.due_at is not None
    assert fresh.last_cycle_at is not None
    return (
        f"The next cycle is overdue by {span(now - fresh.due_at)}: the last one was decided "
        f"{span(now - fresh.last_cycle_at)} ago, and they usually come every {span(fresh.interval or timedelta(0))}."
    )
