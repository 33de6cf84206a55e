"""Which cycle is the viewer looking at? One cursor for all pages, in a dock at the foot of the window.

Nothing chosen means the newest cycle, also when new ones come.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from alpha_model.analysis import cycle_outcomes
from alpha_model.analysis.cycles import INTEREST_MEANINGS, Interest
from alpha_model.analysis.facts import STANDING_WORDS, cycle_buckets
from alpha_model.history import History, utc
from alpha_model.values import HistoryError
from dashboard.charts.theme import outcome_mark
from dashboard.components.timeline import Strip, show_timeline
from dashboard.local_time import local_words
from dashboard.opened import OpenHistory
from dashboard.selection import CYCLE, Selection
from dashboard.text import link_time, moment, plural
from dashboard.zoom import told_zoom

GO_TO = "go_to"
"""Where in the session state a callback leaves the address of the page to go to."""
BUCKETS = 600
MARKS = 300
"""The most bucket and marks in the strip."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The cycle that is looked at.

    Args:
        place: Among the cycles of the window, from 0.
        count: How many cycles the window has.
        moment: When it was decided, UTC.
        standing: How it stands: a key of `STANDING_WORDS`.
        remark: Why it is not the one that was asked for; empty when it is.
    """

    place: int
    count: int
    moment: pd.Timestamp
    standing: str
    remark: str = ""


def find_cursor(opened: OpenHistory) -> Cursor | None:
    """The chosen cycle of the window; the last one where none is chosen, None where there is none."""
    count = len(opened.history)
    if not count:
        return None
    place, remark = _place_named(opened.history.timestamps, _name())
    standing = str(opened.ask(cycle_outcomes)["standing"].iloc[place])
    return Cursor(place, count, opened.history.timestamps[place], standing, remark)


def show_dock(opened: OpenHistory, selection: Selection) -> None:
    """The strip of all cycles, the keys that step through them, and the cursor's own time, which is also its link."""
    times = opened.history.timestamps
    if not len(times):
        return
    with st.bottom, st.container(key="dock", horizontal=True, vertical_alignment="center", gap="xsmall"):
        moving = st.container(key="moving", horizontal=True, vertical_alignment="center", gap="xsmall")
        st.text_input(  # drawn first: after Back it takes its time from the address, and then the cursor is there
            "Cycle, UTC",
            key=CYCLE,
            bind="query-params",
            placeholder=link_time(times[-1]),
            width=186,
            label_visibility="collapsed",
            help="Time of the cycle, UTC. It is part of the address: send that to a colleague to show this very cycle.",
        )
        cursor = find_cursor(opened)
        assert cursor is not None
        number = opened.history.cycle_numbers[cursor.place]
        notable = _why(opened.notable, cursor.place)
        words = f"{cursor.place + 1:,} of {cursor.count:,} · cycle {number} · {STANDING_WORDS[cursor.standing]}"
        more = "\n\n".join(each for each in (notable, local_words(cursor.moment)) if each)
        st.caption(f"{words} · notable" if notable else words, width="content", help=more or None)
    if cursor.remark:
        with st.bottom:
            st.caption(f":orange[{cursor.remark}]")
    with moving:
        _show_moves(opened, cursor, selection)


def _show_moves(opened: OpenHistory, cursor: Cursor, selection: Selection) -> None:
    """The strip with its buttons on both sides."""
    times = opened.history.timestamps
    places = opened.notable["place"].to_numpy()
    before, after = int(places.searchsorted(cursor.place)), int(places.searchsorted(cursor.place, side="right"))
    last = cursor.count - 1

    def step(icon: str, target: int | None, help_text: str, key: str | None = None) -> None:
        inside = target is not None and 0 <= target <= last and target != cursor.place
        st.button(
            help_text.partition(":")[0],
            icon=f":material/{icon}:",
            key=f"step_{icon}",
            help=help_text,
            disabled=not inside,
            shortcut=key if selection.native else None,  # elsewhere the strip has the keys, and counts quick ones
            type="tertiary",
            on_click=_go_to_place,
            args=(times, target if inside else cursor.place),
        )

    step("first_page", 0, "First cycle")
    step("skip_previous", int(places[before - 1]) if before else None, _interest_help("Previous"))
    step("chevron_left", cursor.place - 1, "Previous cycle (←)", "Left")
    show_timeline(
        opened.make(strip_of),
        cursor.place,
        f"{cursor.moment:%Y-%m-%d %H:%M:%S}",
        f"{moment(cursor.moment)} UTC, {STANDING_WORDS[cursor.standing]}",
        {words: outcome_mark(selection.theme, standing)[0] for standing, words in STANDING_WORDS.items()},
        told_zoom(selection.zoom),
        partial(_go_to_place, times),
        native=selection.native,
    )
    step("chevron_right", cursor.place + 1, "Next cycle (→)", "Right")
    step("skip_next", int(places[after]) if after < len(places) else None, _interest_help("Next"))
    step("last_page", last, "Last cycle")


def strip_of(opened: OpenHistory) -> Strip:
    """The cycles of a history as a strip: of each bucket the rarest standing, so that no exception vanishes."""
    count = len(opened.history)
    names = [str(standing) for standing in STANDING_WORDS]
    codes = opened.ask(cycle_outcomes)["standing"].map(names.index).to_numpy(dtype=np.int64)
    frequency = np.bincount(codes, minlength=len(names))
    buckets = cycle_buckets(count, BUCKETS)
    order = np.lexsort((frequency[codes], buckets))
    first = order[np.flatnonzero(np.diff(buckets[order], prepend=-1))]
    starts = np.flatnonzero(np.diff(buckets, prepend=-1))
    seconds = opened.history.timestamps[starts].as_unit("s").asi8
    places = opened.notable["place"].to_numpy()
    return Strip(
        count,
        "".join(np.base_repr(code, 36) for code in codes[first]),
        tuple(int(second) for second in seconds),
        tuple(int(place) for place in places) if len(places) <= MARKS else (),
    )


def choose_time(history: History, time: pd.Timestamp, *, open_page: bool) -> None:
    """Move the cursor to the cycle nearest to a time (a callback)."""
    times = history.timestamps
    if not len(times):
        return
    st.session_state[CYCLE] = link_time(times[int(np.abs(times - time).argmin())])
    if open_page:
        st.session_state[GO_TO] = "cycle"


def _name() -> str:
    """What the address calls the cycle: the field that is bound to it is drawn after the cursor is found."""
    return (st.session_state[CYCLE] if CYCLE in st.session_state else st.query_params.get(CYCLE)) or ""


def stay_at(when: pd.Timestamp) -> None:
    """Stay at that cycle when newer ones come, as somebody is looking at something in it (a callback)."""
    if not st.session_state.get(CYCLE):
        st.session_state[CYCLE] = link_time(when)


def _go_to_place(times: pd.DatetimeIndex, place: int) -> None:
    """Choose a cycle (a callback)."""
    st.session_state[CYCLE] = link_time(times[place])


def _place_named(times: pd.DatetimeIndex, name: str) -> tuple[int, str]:
    """The place of the cycle of that time, and why it is another one."""
    last = len(times) - 1
    if not name.strip():
        return last, ""
    try:
        wanted = utc(name.strip())
    except HistoryError:
        return last, "That is no time, so the last cycle is shown. Write it as 2024-04-10T08:00Z."
    place = int(times.searchsorted(wanted))
    if place <= last and times[place] == wanted:
        return place, ""
    if wanted < times[0] or wanted > times[-1]:
        return (0 if place == 0 else last), "That time is outside the window, so the nearest cycle is shown."
    return place - 1, "No cycle was decided then, so the one before it is shown."


def _interest_help(which: str) -> str:
    meanings = "; ".join(INTEREST_MEANINGS.values())
    return f"{which} notable cycle: {meanings}"


def _why(notable: pd.DataFrame, place: int) -> str:
    """Why the cycle is notable; empty where it is not."""
    row = notable[notable["place"] == place]
    if row.empty:
        return ""
    kinds = [INTEREST_MEANINGS[Interest(kind)] for kind in row["kinds"].iloc[0]]
    appearing = row["appearing"].iloc[0]
    return f"Notable: {'; '.join(kinds)}" + (f" ({plural(len(appearing), 'flag')})" if len(appearing) > 1 else "")
