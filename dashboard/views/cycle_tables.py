"""Which pairs, trades and flags does one cycle have?"""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from alpha_model.analysis import ReasonCode, explain_flags
from alpha_model.history import History
from dashboard import decision
from dashboard.cursor import stay_at
from dashboard.opened import OpenHistory
from dashboard.selection import Selection
from dashboard.text import plural
from dashboard.views.panel import downloads
from dashboard.views.table import (
    ROW_HEIGHT,
    flags_column,
    number_column,
    share_column,
    time_column,
    usd_column,
)

RECENT = 40
"""So many cycles are drawn in a pair's sparkline."""

_GROUPS: dict[str, tuple[ReasonCode, ...]] = {
    "planned": (
        ReasonCode.opened,
        ReasonCode.increased,
        ReasonCode.reduced,
        ReasonCode.closed,
        ReasonCode.flipped,
    ),
    "not selected": (ReasonCode.below_signal_threshold, ReasonCode.not_in_top, ReasonCode.not_selected),
    "unchanged": (ReasonCode.no_change, ReasonCode.carried_forward),
    "undecided": (ReasonCode.undecided,),
}
_EXECUTED = {
    "executed": "executed",
    "executed_in_part": "executed in part",
    "awaiting": "awaiting",
    "unconfirmed": "unconfirmed",
    "contradicted": "not made",
    "failed": "failed",
}
"""The groups of pairs of which a trade was planned, by what became of it."""
HELD_BACK = "held back"
SHOWN = "cycle_pairs_shown"
"""Where in the session state it says which rows the table of pairs shows, and how often it was begun anew."""


def show_pairs(opened: OpenHistory, one: OpenHistory, selection: Selection) -> None:
    """Every pair with its sentence, chosen or not."""
    table = one.ask(pairs_of)
    if table.empty:
        st.text("This cycle chose nothing: no pair had a signal.")
        return
    if selection.pair_ids:
        table = table[table["pair_id"].isin(selection.pair_ids)]
    groups = table["group"].value_counts()
    chosen = st.pills(
        "What became of them",
        [group for group in (*_GROUPS, *_EXECUTED.values(), HELD_BACK) if group in groups],
        selection_mode="multi",
        format_func=lambda group: f"{group} {groups[group]:,}",
        key="cycle_groups",
        label_visibility="collapsed",
    )
    table = table[table["group"].isin(chosen)] if chosen else table
    moment = one.history.timestamps[0]
    weights = opened.ask(recent_weights, moment)
    table = table.assign(weights=table["pair_id"].map(weights))
    config = {
        "pair": st.column_config.TextColumn("Pair", pinned=True),
        "became": st.column_config.TextColumn("Became", width=140),
        "amount_usd": usd_column("Amount", "What that is about: the change, or what it would have had"),
        "weights": st.column_config.LineChartColumn(
            "Weights", help=f"Normalised weight in the last {RECENT} cycles", y_min=0, width=90
        ),
        "sentence": st.column_config.TextColumn("Why", width=640),
        "flags": flags_column(selection.theme, table["flags"].explode().dropna().unique()),
        "rank": number_column("Rank", "By the strength of its signal; 1 is the strongest, 0 has no signal"),
        "signal": number_column("Signal", "The raw signal; below 0 is short", "%.4g"),
        "share": share_column("Wanted share", "Raw weight / Σ raw weights"),
        "wanted": usd_column("Wanted"),
        "limited_usd": usd_column("Limited by", "What the limit that took most took"),
        "target": usd_column("Target"),
        "old_value": usd_column("Held before"),
        "planned_usd": usd_column("Planned", "Σ |quantity| × price of its trades"),
        "executed_usd": usd_column("Executed", "The same as executed; empty where nobody knows"),
        "confirmed": share_column("Confirmed", "How much of the plan the holdings before the next cycle show"),
    }
    whole_sentence = st.container()
    key = _table_key((moment, *chosen))
    table = table[[name for name in config if name in table.columns]]
    chosen_row: Any = st.dataframe(
        table,
        hide_index=True,
        placeholder="–",
        height=min(640, 40 + ROW_HEIGHT * max(len(table), 1)),
        row_height=ROW_HEIGHT,
        column_config=config,
        on_select=partial(stay_at, moment),
        selection_mode="single-row",
        key=key,
        alt="Every pair of the cycle with what became of it and why",
    )
    with whole_sentence:
        _show_sentence(table, chosen_row.selection.rows)
    downloads(f"pairs_{moment:%Y%m%dT%H%M}", lambda: one.ask(pairs_of))


def _table_key(shown: tuple[Any, ...]) -> str:
    """The key of the table; a new one, without a selection, where a row is selected and other rows are shown now."""
    turn, before = st.session_state.get(SHOWN, (0, shown))
    selected = st.session_state.get(f"cycle_pairs_{turn}")
    if before != shown and selected and selected["selection"]["rows"]:
        turn += 1
    st.session_state[SHOWN] = (turn, shown)
    return f"cycle_pairs_{turn}"


def _show_sentence(table: pd.DataFrame, rows: list[int]) -> None:
    """The sentence of the selected row in full: it is often wider than its column."""
    if rows and rows[0] < len(table):
        row = table.iloc[rows[0]]
        st.text(f"{row['pair']}: {row['sentence']}", width="stretch")
    else:
        st.caption("Select a row to read its sentence in full.")


def pairs_of(one: History) -> pd.DataFrame:
    """`decision.pairs` with the group of each pair, without columns that have no number."""
    frame = decision.pairs(one)
    group_of = {str(code): group for group, codes in _GROUPS.items() for code in codes}
    groups = [group_of.get(str(code), HELD_BACK) for code in frame["code"]]
    frame = frame.assign(group=_by_execution(frame["execution"].astype(str), groups))
    known = frame.notna().any()
    known["flags"] = True
    return frame.loc[:, known]


def _by_execution(executions: pd.Series, groups: list[str]) -> list[str]:
    """The group of each pair; of a planned trade what became of it."""
    pairs = zip(executions, groups, strict=True)
    return [_EXECUTED.get(word, group) if group == "planned" else group for word, group in pairs]


def recent_weights(history: History, moment: pd.Timestamp) -> dict[int, list[float]]:
    """The normalised weights of each pair in the cycles up to that moment; 0 where it had none."""
    last = int(history.timestamps.searchsorted(moment, side="right"))
    recent = history.between(history.timestamps[max(0, last - RECENT)], moment)
    weights = np.nan_to_num(recent.wide("normalised_weight"))
    return {int(pair_id): weights[:, place].tolist() for place, pair_id in enumerate(history.pair_ids)}


def show_trades(opened: OpenHistory, one: OpenHistory, selection: Selection) -> None:  # noqa: ARG001 - as every tab
    """What was asked for, planned and executed, side by side."""
    if one.history.trades.empty:
        st.text("The source records no trade of this cycle.")
        return
    change = dict(zip(one.history.signals["pair_id"], one.history.signals["position_adjust_usd"], strict=True))
    table = decision.trades(one.history, opened.style)
    table.insert(list(table).index("slippage"), "asked", table["pair_id"].map(change))
    table = table.dropna(axis="columns", how="all")
    config: dict[str, Any] = {
        "timestamp": time_column("Decided, UTC"),
        "pair": st.column_config.TextColumn("Pair"),
        "side": "Side",
        "kind": "Kind",
        "status": "Status",
        "asked": usd_column("Asked", "The change that the alpha model wanted"),
        "value": usd_column("Value", "Of the trade"),
        "planned_quantity": number_column("Planned quantity", form="%.6g"),
        "executed_quantity": number_column("Executed quantity", form="%.6g"),
        "planned_price": usd_column("Planned price"),
        "executed_price": usd_column("Executed price"),
        "slippage": st.column_config.NumberColumn("Price difference", help="Executed / planned - 1", format="percent"),
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
    downloads("trades", lambda: table)


def show_flags(opened: OpenHistory, one: OpenHistory, selection: Selection) -> None:  # noqa: ARG001 - as every tab
    """What each flag means and what it did here."""
    table = one.ask(explain_flags)
    if table.empty:
        st.text("No flag was raised in this cycle, or the source records none.")
        return
    st.dataframe(
        table.assign(flag=table["flag"].map(lambda name: [name])),
        hide_index=True,
        placeholder="–",
        row_height=ROW_HEIGHT,
        column_config={
            "flag": flags_column(selection.theme, table["flag"]),
            "pair_count": number_column("Pairs"),
            "amount_usd": usd_column("Took", "What its stage took from these pairs"),
            "meaning": st.column_config.TextColumn("What it means", width="large"),
            "effect": st.column_config.TextColumn("Here", width="large"),
        },
        key="cycle_flags",
        alt="Every flag of the cycle with its meaning and its effect",
    )
