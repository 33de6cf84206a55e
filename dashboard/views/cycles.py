"""What did each cycle decide, and why?"""

from typing import Any

import pandas as pd
import streamlit as st

from alpha_model.analysis import CycleOutcome, cycle_table
from alpha_model.errors import CycleNotFoundError, HistoryError
from alpha_model.history import History
from dashboard.opened import OpenHistory
from dashboard.selection import CYCLE, OUTCOMES, Selection
from dashboard.text import deferred_csv, humanised, plural
from dashboard.views.cycle import show_cycle
from dashboard.views.panel import small_print
from dashboard.views.table import (
    ROW_HEIGHT,
    flags_column,
    number_column,
    outcome_column,
    time_column,
    usd_column,
)

TABLE = "cycles_table"


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: every cycle in a table, one of them taken apart below."""
    opened = whole.between(selection.start, selection.end)
    st.title("Cycles", anchor=False)
    if not len(opened.history):
        st.info("There is no cycle here. Widen the window in the sidebar, or choose another history.")
        return
    _table(opened, selection)
    show_cycle(opened, _choose_cycle(opened.history), selection)


def newest_first(history: History, outcomes: tuple[str, ...]) -> pd.DataFrame:
    """`cycle_table` as shown: the last cycle on top, only these outcomes (none: all)."""
    table = cycle_table(history)
    chosen = table[table["outcome"].isin(outcomes)] if outcomes else table
    shown = chosen.iloc[::-1].reset_index(drop=True)
    shown = shown[[name for name in shown if name in ("timestamp", "outcome", "flags") or table[name].notna().any()]]
    return shown.assign(outcome=shown["outcome"].map(lambda name: [name]))


def _table(opened: OpenHistory, selection: Selection) -> None:
    names = [str(outcome) for outcome in CycleOutcome]
    wanted = st.multiselect(
        "Outcome",
        names,
        format_func=humanised,
        key=OUTCOMES,
        bind="query-params",
        placeholder="Every outcome",
        label_visibility="collapsed",
        width=420,
    )
    table = opened.ask(newest_first, tuple(wanted))
    total = len(opened.history)
    st.caption(
        f"{plural(total, 'cycle')}, the newest on top. Select a row to take the cycle apart."
        if len(table) == total
        else f"{len(table):,} of {plural(total, 'cycle')}. Select a row to take the cycle apart."
    )
    st.dataframe(
        table,
        key=TABLE,
        hide_index=True,
        placeholder="–",
        height=min(340, 40 + ROW_HEIGHT * max(len(table), 1)),
        row_height=ROW_HEIGHT,
        on_select=lambda: _row_selected(table),
        selection_mode="single-row",
        column_order=[name for name in _columns(selection, table) if name in table],
        column_config=_columns(selection, table),
        alt="Every cycle with its outcome and amounts",
    )
    st.download_button(
        "Download as CSV",
        data=deferred_csv(lambda: opened.ask(cycle_table)),
        file_name="cycles.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
    )


def _columns(selection: Selection, table: pd.DataFrame) -> dict[str, Any]:
    return {
        "timestamp": time_column(),
        "outcome": outcome_column(selection.theme),
        "equity_usd": usd_column("Investable", "Investable equity, USD"),
        "max_position_adjust_usd": usd_column("Largest change", "Largest |USD change| of any position"),
        "position_adjust_threshold_usd": usd_column("Threshold", "USD that the largest change must reach"),
        "ratio": number_column("Change / threshold", "At 1 and above the portfolio is rebalanced", "%.2f"),
        "traded_count": number_column("Trades", "Planned trades"),
        "traded_usd": usd_column("Traded", "Σ|USD| of the planned trades"),
        "selected_count": number_column("Selected", "Pairs selected with a signal"),
        "raw_count": number_column("Signals", "Pairs with a raw signal"),
        "discarded_usd": usd_column("Discarded", "Left uninvested because of size risk"),
        "flags": flags_column(selection.theme, table["flags"].explode().dropna().unique()),
    }


def _row_selected(table: pd.DataFrame) -> None:
    """The selected row becomes the chosen cycle (a callback)."""
    rows = st.session_state[TABLE]["selection"]["rows"]
    if rows:
        st.session_state[CYCLE] = link_time(table["timestamp"].iloc[rows[0]])


def _choose_cycle(history: History) -> pd.Timestamp:
    """Back, forward, and the time itself, which is also the link; the last cycle until one is chosen."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    last = link_time(history.timestamps[-1])
    name = row.text_input("Cycle, UTC", key=CYCLE, bind="query-params", placeholder=last, width=220)
    moment = _cycle_named(history, name)
    place = int(history.timestamps.searchsorted(moment))
    for label, target, shortcut in (("Previous", place - 1, "Left"), ("Next", place + 1, "Right")):
        inside = 0 <= target < len(history)
        row.button(
            label,
            key=f"step_{label}",
            disabled=not inside,
            shortcut=shortcut,
            on_click=_go,
            args=(link_time(history.timestamps[target]) if inside else "",),
        )
    row.caption(f"{place + 1:,} of {len(history):,}", width="content")
    return moment


def _cycle_named(history: History, name: str | None) -> pd.Timestamp:
    """The cycle of that time; the last one where there is none, which is said."""
    last: pd.Timestamp = history.timestamps[-1]
    if not name:
        return last
    try:
        moment: pd.Timestamp = history.at(name).timestamps[0]
    except (CycleNotFoundError, HistoryError) as error:
        st.warning("The chosen cycle is not in this window, so the last one is shown.")
        small_print(str(error))
        return last
    return moment


def _go(name: str) -> None:
    """Choose a cycle (a callback)."""
    st.session_state[CYCLE] = name


def link_time(moment: pd.Timestamp) -> str:
    """A cycle's name in links."""
    return moment.isoformat().replace("+00:00", "Z")
