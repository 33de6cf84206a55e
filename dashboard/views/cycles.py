"""What did each cycle decide, and why?"""

from typing import Any

import pandas as pd
import streamlit as st

from alpha_model.analysis import CycleOutcome, cycle_outcomes, cycle_table
from alpha_model.history import History
from dashboard.cursor import choose_time
from dashboard.opened import OpenHistory
from dashboard.selection import OUTCOMES, Selection
from dashboard.text import humanised, plural
from dashboard.views.page import head, no_cycles
from dashboard.views.panel import downloads
from dashboard.views.table import (
    ROW_HEIGHT,
    flags_column,
    number_column,
    outcome_column,
    time_column,
    usd_column,
)

QUESTION = "What did each cycle decide?"
TABLE = "cycles_table"


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: every cycle in a table; a row opens its cycle."""
    opened = whole.between(selection.start, selection.end)
    if not len(opened.history):
        head(QUESTION, "There is no cycle in this window.")
        no_cycles()
        return
    head(QUESTION, opened.ask(answer))
    _table(opened, selection)


def answer(history: History) -> str:
    """The page's answer: how the cycles ended."""
    counts = cycle_outcomes(history)["outcome"].value_counts()
    kinds = ", ".join(f"{count:,} {humanised(str(name))}" for name, count in counts.items())
    return f"{plural(len(history), 'cycle')}: {kinds}."


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
        height=min(760, 40 + ROW_HEIGHT * max(len(table), 1)),
        row_height=ROW_HEIGHT,
        on_select=lambda: _row_selected(table, opened.history),
        selection_mode="single-row",
        column_order=[name for name in _columns(selection, table) if name in table],
        column_config=_columns(selection, table),
        alt="Every cycle with its outcome and amounts",
    )
    downloads("cycles", lambda: opened.ask(cycle_table))


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


def _row_selected(table: pd.DataFrame, history: History) -> None:
    """The selected row is opened on its own page (a callback)."""
    rows = st.session_state[TABLE]["selection"]["rows"]
    if rows:
        choose_time(history, table["timestamp"].iloc[rows[0]], open_page=True)
