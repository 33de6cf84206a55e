"""What did this one cycle decide about every pair, chosen or not?"""

import pandas as pd
import streamlit as st

from alpha_model.analysis import cycle_outcomes, cycle_signals, describe_decision
from alpha_model.history import History
from dashboard.opened import OpenHistory
from dashboard.selection import Selection
from dashboard.text import deferred_csv, plural
from dashboard.views.panel import own_words
from dashboard.views.table import (
    ROW_HEIGHT,
    flags_column,
    number_column,
    share_column,
    time_column,
    usd_column,
)


def show_cycle(opened: OpenHistory, moment: pd.Timestamp, selection: Selection) -> None:
    """One cycle: its decision in a sentence, every signal, its trades, the strategy's own words."""
    one = opened.ask(at, moment)
    row = opened.ask(outcome_at, moment)
    st.subheader(own_words(describe_decision(row)), anchor=False)
    signals, trades, message = st.tabs(
        [f"Signals ({one.tables.signals.num_rows:,})", f"Trades ({one.tables.trades.num_rows:,})", "Message"]
    )
    with signals:
        _signals(opened.ask(signals_at, moment), selection, moment)
    with trades:
        _trades(one, opened)
    with message:
        _message(one)


def at(history: History, moment: pd.Timestamp) -> History:
    """The history of one cycle."""
    return history.at(moment)


def outcome_at(history: History, moment: pd.Timestamp) -> pd.Series:
    """The cycle's row of `cycle_outcomes`."""
    outcomes = cycle_outcomes(history.at(moment))
    return outcomes.iloc[0]


def signals_at(history: History, moment: pd.Timestamp) -> pd.DataFrame:
    """The cycle's `cycle_signals`; columns without any number are left out."""
    return cycle_signals(history.at(moment)).dropna(axis="columns", how="all")


def _signals(table: pd.DataFrame, selection: Selection, moment: pd.Timestamp) -> None:
    if selection.pair_ids:
        table = table[table["pair_id"].isin(selection.pair_ids)]
    if table.empty:
        st.text("No pair had a signal in this cycle, and none was held.")
        return
    config = {
        "pair": st.column_config.TextColumn("Pair", pinned=True),
        "decision": st.column_config.TextColumn("Decision", help="What became of the wanted change"),
        "selected": st.column_config.CheckboxColumn("Selected", width="small"),
        "signal": number_column("Signal", "The raw signal; below 0 is short", "%.4g"),
        "raw_weight": number_column("Raw weight", "What the weighting method made of the signal", "%.4g"),
        "raw_share": share_column("Raw share", "Raw weight / Σ raw weights"),
        "normalised_weight": share_column("Normalised", "Share of investable or accepted equity"),
        "old_weight": share_column("Old weight", "Share of the held positions before the cycle"),
        "old_value": usd_column("Old value"),
        "position_target": usd_column("Target"),
        "position_adjust_usd": usd_column("Change", "Target - old value; of a flip the whole new position"),
        "asked": usd_column("Asked", "USD asked of the size-risk model", 100),
        "accepted": usd_column("Accepted", "USD that it allowed", 100),
        "tvl": usd_column("TVL", "USD locked in the pool", 120),
        "price": usd_column("Price", width=100),
        "flags": flags_column(selection.theme, table["flags"].explode().dropna().unique()),
    }
    st.dataframe(
        table,
        hide_index=True,
        placeholder="–",
        height=min(620, 40 + ROW_HEIGHT * len(table)),
        row_height=ROW_HEIGHT,
        column_order=[name for name in config if name in table.columns],
        column_config=config,
        key="cycle_signals",
        alt="Every signal of the cycle",
    )
    st.download_button(
        "Download as CSV",
        data=deferred_csv(lambda: table),
        file_name=f"signals_{moment:%Y%m%dT%H%M}.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
        key="download_cycle_signals",
    )


def _trades(one: History, opened: OpenHistory) -> None:
    if one.trades.empty:
        st.text("The source records no trade of this cycle.")
        return
    table = one.trades.assign(pair=one.trades["pair_id"].map(opened.style.labels)).dropna(axis="columns", how="all")
    config = {
        "timestamp": time_column("Decided, UTC"),
        "pair": st.column_config.TextColumn("Pair"),
        "side": "Side",
        "kind": "Kind",
        "status": "Status",
        "value": usd_column("Value"),
        "planned_quantity": number_column("Planned quantity", form="%.6g"),
        "executed_quantity": number_column("Executed quantity", form="%.6g"),
        "planned_price": usd_column("Planned price"),
        "executed_price": usd_column("Executed price"),
        "fees": usd_column("Fees"),
        "notes": "Notes",
    }
    st.dataframe(
        table,
        hide_index=True,
        placeholder="–",
        row_height=ROW_HEIGHT,
        column_order=[name for name in config if name in table.columns],
        column_config=config,
        key="cycle_trades",
        alt=f"{plural(len(table), 'trade')} of the cycle",
    )


def _message(one: History) -> None:
    message = one.cycles["message"].iloc[0]
    others = one.messages["message"].tolist()
    words = [text for text in (message, *others) if isinstance(text, str) and text.strip()]
    if not words:
        st.text("The strategy left no message for this cycle.")
    for text in words:
        st.code(text, language=None, wrap_lines=True)
