"""What did this one cycle decide about every pair, chosen or not?"""

import pandas as pd
import streamlit as st

from alpha_model.analysis import cycle_outcomes, cycle_signals, cycle_table, describe_decision
from alpha_model.history import History
from dashboard.cursor import find_cursor
from dashboard.opened import OpenHistory
from dashboard.selection import Selection
from dashboard.text import humanised, plural, usd
from dashboard.views.page import Number, head, no_cycles
from dashboard.views.panel import downloads
from dashboard.views.table import (
    ROW_HEIGHT,
    flags_column,
    number_column,
    share_column,
    time_column,
    usd_column,
)


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: one cycle, its decision in a sentence, every signal, its trades, the strategy's own words."""
    opened = whole.between(selection.start, selection.end)
    cursor = find_cursor(opened)
    if cursor is None:
        head("What did this cycle decide?", "There is no cycle in this window.")
        no_cycles()
        return
    moment = cursor.moment
    one = opened.ask(at, moment)
    row = opened.ask(outcome_at, moment)
    head(f"What was decided on {moment:%-d %B %Y, %H:%M} UTC?", describe_decision(row), opened.ask(numbers_at, moment))
    signals, trades, message = st.tabs(
        [f"Signals ({one.tables.signals.num_rows:,})", f"Trades ({one.tables.trades.num_rows:,})", "Message"]
    )
    with signals:
        _signals(opened.ask(signals_at, moment), selection, moment)
    with trades:
        _trades(one, opened)
    with message:
        _message(one)


def numbers_at(history: History, moment: pd.Timestamp) -> list[Number]:
    """The cycle's numbers."""
    row = cycle_table(history.at(moment)).iloc[0]
    return [
        Number("Outcome", humanised(str(row["outcome"])).capitalize()),
        Number("Investable", usd(row["equity_usd"]), "Investable equity."),
        Number("Largest change", usd(row["max_position_adjust_usd"]), "Largest |USD change| of any position."),
        Number("Threshold", usd(row["position_adjust_threshold_usd"]), "What the largest change has to reach."),
        Number("Traded", usd(row["traded_usd"]), "Σ|USD| of the planned trades."),
        Number("Discarded", usd(row["discarded_usd"]), "Left uninvested because of size risk."),
    ]


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
    downloads(f"signals_{moment:%Y%m%dT%H%M}", lambda: table)


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
