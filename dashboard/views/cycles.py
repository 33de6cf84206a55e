"""What did each cycle decide, and why?"""

from typing import Any

import pandas as pd
import streamlit as st

from alpha_model.analysis import CycleOutcome, CycleQuery, cycle_outcomes, cycle_table, find_cycles, flag_counts
from alpha_model.analysis.facts import STANDING_WORDS
from alpha_model.history import History
from dashboard.cursor import choose_time
from dashboard.opened import OpenHistory
from dashboard.selection import AT_LEAST, FLAGS, OUTCOMES, WORDS, Selection
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
    counts = cycle_outcomes(history)["standing"].value_counts()
    kinds = " · ".join(f"{count:,} {STANDING_WORDS[str(name)]}" for name, count in counts.items())
    return f"{plural(len(history), 'cycle')}: {kinds}."


def newest_first(history: History, query: CycleQuery) -> pd.DataFrame:
    """`cycle_table` as shown: the last cycle on top, only those that are looked for."""
    table = cycle_table(history)
    shown = table.iloc[find_cycles(history, query)[::-1]].reset_index(drop=True)
    shown = shown[
        [name for name in shown if name in ("timestamp", "outcome", "standing", "flags") or table[name].notna().any()]
    ]
    return shown.assign(outcome=shown["standing"].map(lambda name: [STANDING_WORDS[name]])).drop(columns="standing")


def flags_raised(history: History) -> tuple[str, ...]:
    """The names of the flags that occur, the most frequent first."""
    counts = flag_counts(history).sum()
    return tuple(str(name) for name in counts.sort_values(ascending=False, kind="stable").index)


def _query(opened: OpenHistory, selection: Selection) -> CycleQuery:
    """What the reader looks for: a row of widgets, and the pairs of the sidebar."""
    with st.container(horizontal=True, gap="small", key="search"):
        outcomes = st.multiselect(
            "Outcome",
            [str(outcome) for outcome in CycleOutcome],
            format_func=humanised,
            key=OUTCOMES,
            bind="query-params",
            placeholder="Every outcome",
            width=300,
        )
        raised = opened.ask(flags_raised)
        flags = st.multiselect(
            "Flag",
            raised,
            format_func=humanised,
            key=FLAGS,
            bind="query-params",
            placeholder="With or without" if raised else "None was raised",
            disabled=not raised,
            width=300,
        )
        at_least = st.number_input(
            "Change of a pair, USD",
            min_value=0.0,
            value=None,
            step=100.0,
            format="%.0f",
            key=AT_LEAST,
            bind="query-params",
            placeholder="At least",
            width=190,
        )
        words = st.text_input(
            "The strategy's message", key=WORDS, bind="query-params", placeholder="Contains", width=230
        )
    return CycleQuery(tuple(outcomes), tuple(flags), selection.pair_ids, at_least, (words or "").strip())


def _table(opened: OpenHistory, selection: Selection) -> None:
    query = _query(opened, selection)
    table = opened.ask(newest_first, query)
    total = plural(len(opened.history), "cycle")
    found = f"{total}, the newest on top" if query.is_empty else f"{len(table):,} of {total}, the newest on top"
    pairs = f" with {plural(len(query.pair_ids), 'chosen pair')} in play" if query.pair_ids else ""
    st.caption(f"{found}{pairs}. Select a row to take the cycle apart.")
    if table.empty:
        st.info("No cycle is like that. Take something out of the search, or widen the window.")
        return
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
        "planned_count": number_column("Planned trades", "Trades that were planned"),
        "planned_usd": usd_column("Planned", "Σ |quantity| × price of the planned trades"),
        "traded_usd": usd_column("Executed", "The same of those that were executed; empty where nobody knows"),
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
