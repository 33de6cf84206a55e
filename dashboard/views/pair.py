"""What happened to one pair through time?"""

from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from alpha_model.analysis import pair_history
from alpha_model.analysis.pairs import pair_shares, whole_words
from alpha_model.history import History
from alpha_model.values import PairId
from dashboard import pictures
from dashboard.charts.pair import pair_dollars_figure, pair_weights_figure
from dashboard.cursor import choose_time
from dashboard.drawing import Drawing, Look
from dashboard.opened import OpenHistory
from dashboard.selection import PAIR, Selection
from dashboard.text import plural, share, usd
from dashboard.views.frames import PERCENT, TIME, USD
from dashboard.views.page import Number, head, no_cycles
from dashboard.views.panel import downloads, panel
from dashboard.views.table import ROW_HEIGHT, flags_column, number_column, share_column, time_column, usd_column

QUESTION = "What happened to this pair?"
TABLE = "pair_cycles_table"
REFUSED = "Refused is what was asked of the size-risk model and not accepted."
HELD = "Before each cycle, and as the cycle wanted it."


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: one pair's decisions, weights, dollars, and every cycle in which it was there."""
    opened = whole.between(selection.start, selection.end)
    if not len(opened.history):
        head(QUESTION, "There is no cycle in this window.")
        no_cycles()
        return
    if not len(opened.history.pair_ids):
        head(QUESTION, "The cycles of this window chose nothing: no pair had a signal.")
        return
    top = st.container()
    pair_id = choose_pair(opened, selection)
    with top:
        head(QUESTION, *opened.ask(answer, pair_id))
    narrowed = opened.ask(pair_history, pair_id)
    chosen, shares = _only(selection, pair_id), partial(opened.ask, pair_shares, pair_id)
    percent = {"timestamp": TIME, **dict.fromkeys(pictures.PAIR_WEIGHTS, PERCENT)}
    panel("pair_weights", opened, chosen, weights_of, shares, percent)
    dollars = {"timestamp": TIME, **dict.fromkeys(pictures.PAIR_DOLLARS, USD)}
    panel("pair_dollars", opened, chosen, dollars_of, lambda: narrowed, dollars)
    _cycles(opened, narrowed, selection)


def choose_pair(opened: OpenHistory, selection: Selection) -> PairId:
    """The pair of the page: the one in the address, else the first of the chosen ones, else the most important."""
    style = opened.style
    order = sorted(style.labels, key=lambda pair_id: style.ranks.get(pair_id, 0))
    names = {style.labels[pair_id]: pair_id for pair_id in order}
    first = style.labels[selection.pair_ids[0]] if selection.pair_ids else next(iter(names))
    if st.session_state.get(PAIR) not in names:
        st.session_state[PAIR] = first
    name = st.selectbox("Pair", list(names), key=PAIR, bind="query-params", width=340)
    return names.get(name, order[0])


def _beside(history: History, pair_id: PairId) -> str:
    """What the positions say of a pair without signals, such as credit."""
    positions = history.tables.positions
    held = len(set(positions["cycle"].to_numpy()[positions["pair_id"].to_numpy() == pair_id].tolist()))
    return f"; a position in it stood beside the signals in {held:,}" if held else " and was never held"


def answer(history: History, pair_id: PairId) -> tuple[str, list[Number]]:
    """The page's answer and its numbers."""
    frame = pair_history(history, pair_id)
    total, there, shares = len(history), len(frame), pair_shares(history, pair_id)
    if not there:
        return f"In {plural(total, 'cycle')} it had no signal{_beside(history, pair_id)}.", []
    chosen = int(frame["selected"].sum())
    held = int((frame["old_value"].fillna(frame["old_weight"]).fillna(0.0) != 0).sum())
    traded = int(frame["decision"].isin(["buy", "sell"]).sum())
    skipped = int((frame["decision"] == "skipped").sum())
    refused = frame["refused"] > 0
    decisions = set(frame["decision"]) - {"not selected"}
    is_decided = decisions != {"unknown"}
    numbers = [
        Number("Selected", f"{chosen:,} of {total:,}", "Cycles in which it was among the chosen signals."),
        Number("Held", f"{held:,}", "Cycles that began with a position in it."),
    ]
    if is_decided:
        numbers += [
            Number("Planned", f"{traded:,}", "Cycles that planned a trade in it."),
            Number("Skipped", f"{skipped:,}", "Cycles that wanted a change and decided against it."),
            Number("Refused", f"{int(refused.sum()):,}", "Cycles in which size risk allowed less than was asked."),
        ]
    numbers.append(
        Number(
            "Last target",
            share(shares["target_share"].iloc[-1]),
            f"Share of {whole_words(history)}, in the last cycle.",
            pictures.sparkline(shares["target_share"]),
        )
    )
    sentence = f"Selected in {chosen:,} of {plural(total, 'cycle')}, held in {held:,}"
    sentence += f", a trade planned in {traded:,}." if is_decided else "; what was traded is not recorded."
    if refused.any():
        sentence += f" Size risk allowed less than was asked in {int(refused.sum()):,}"
        sentence += f", at most {usd(float(frame['refused'].max()))} less."
    return sentence, numbers


def weights_of(history: History, look: Look) -> Drawing:
    """Its shares."""
    pair_id = look.pair_ids[0]
    picture = pictures.pair_weights_picture(history, pair_id, look.zoom)
    return picture.drawn(
        pair_weights_figure(picture.frame, look.theme, look.style.colour(look.theme, pair_id)),
        look,
        f"Target and held before are shares of {whole_words(history)}; a short is below 0. The API's normalised "
        f"weight is a share of {pictures.whole_of(history)}; raw share is the raw weight among all of the cycle.",
    )


def dollars_of(history: History, look: Look) -> Drawing:
    """Its dollars."""
    pair_id = look.pair_ids[0]
    picture = pictures.pair_dollars_picture(history, pair_id, look.zoom)
    return picture.drawn(
        pair_dollars_figure(picture.frame, look.theme, look.style.colour(look.theme, pair_id)),
        look,
        REFUSED if (picture.frame["refused"] > 0).any() else HELD,
    )


def newest_first(frame: pd.DataFrame) -> pd.DataFrame:
    """`pair_history` as shown: the last cycle on top, without empty columns."""
    always = ("timestamp", "decision", "selected", "flags")
    shown = frame[[name for name in frame if name in always or frame[name].notna().any()]]
    return shown.iloc[::-1].reset_index(drop=True)


def _only(selection: Selection, pair_id: PairId) -> Selection:
    """The same choice, of this pair."""
    return replace(selection, pair_ids=(pair_id,), view=f"{selection.view}|{pair_id}")


def _cycles(opened: OpenHistory, frame: pd.DataFrame, selection: Selection) -> None:
    table = newest_first(frame)
    st.header("Cycle by cycle", anchor=False)
    if table.empty:
        st.text("It had no signal in this window.")
        return
    st.caption(f"{plural(len(table), 'cycle')}, the newest on top. Select a row to take the cycle apart.")
    columns = _columns(selection, table)
    st.dataframe(
        table,
        key=TABLE,
        hide_index=True,
        placeholder="–",
        height=min(560, 40 + ROW_HEIGHT * len(table)),
        row_height=ROW_HEIGHT,
        on_select=partial(_row_selected, table, opened.history),
        selection_mode="single-row",
        column_order=[name for name in columns if name in table],
        column_config=columns,
        alt="Every cycle of the pair",
    )
    downloads("pair_cycles", lambda: frame)


def _columns(selection: Selection, table: pd.DataFrame) -> dict[str, Any]:
    return {
        "timestamp": time_column(),
        "decision": st.column_config.TextColumn("Decision", help="What became of the wanted change", width=100),
        "position_adjust_usd": usd_column(
            "Change", "Target - old value, so a short that grows is a sale above 0; of a flip the whole new position"
        ),
        "flags": flags_column(selection.theme, table["flags"].explode().dropna().unique()),
        "selected": st.column_config.CheckboxColumn("Selected", width="small"),
        "signal": number_column("Signal", "The raw signal; below 0 is short", "%.4g"),
        "rank": number_column("Rank", "By the strength of its signal; 1 is the strongest, 0 has no signal"),
        "signal_count": number_column("Of", "Pairs with a signal in this cycle"),
        "raw_share": share_column("Raw share", "Raw weight / Σ raw weights"),
        "normalised_weight": share_column("Normalised", "Share of investable or accepted equity"),
        "old_weight": share_column("Old weight", "Share of the held positions before the cycle"),
        "old_value": usd_column("Old value"),
        "position_target": usd_column("Target"),
        "asked": usd_column("Asked", "USD asked of the size-risk model"),
        "refused": usd_column("Refused", "Asked - accepted"),
        "price": usd_column("Price"),
    }


def _row_selected(table: pd.DataFrame, history: History) -> None:
    """The selected row's cycle is opened on its own page (a callback)."""
    rows = st.session_state[TABLE]["selection"]["rows"]
    if rows:
        choose_time(history, table["timestamp"].iloc[rows[0]], open_page=True)
