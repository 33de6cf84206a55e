"""What differs between this cycle and another one, or between this history and another one, and where first?"""

from collections.abc import Callable, Iterable
from typing import Any, get_args

import pandas as pd
import streamlit as st

from alpha_model.analysis import compare_cycles, compare_histories
from alpha_model.analysis.compare import CycleComparison, HistoryComparison, Match, NextStep, not_compared_words
from alpha_model.history import History, utc
from alpha_model.values import AlphaModelError
from dashboard.cursor import choose_time, find_cursor
from dashboard.opened import OpenHistory
from dashboard.selection import MATCH, OTHER_CYCLE, TOLERANCE, WITH, Selection
from dashboard.text import moment, plural
from dashboard.views.differences import show_differences, title
from dashboard.views.page import head, no_cycles
from dashboard.views.panel import downloads
from dashboard.views.table import ROW_HEIGHT, number_column, time_column, usd_column

QUESTION = "What is different, and where does it begin?"
TABLE = "compared_cycles_table"
ITSELF = "Another cycle of this history"


def render(
    whole: OpenHistory, selection: Selection, names: Iterable[str], open_named: Callable[[str], OpenHistory]
) -> None:
    """The page: the verdict, the stages, and every number that differs.

    Args:
        whole: The opened history.
        selection: What the viewer chose.
        names: The histories it can be compared with.
        open_named: Opens one of them.
    """
    opened = whole.between(selection.start, selection.end)
    cursor = find_cursor(opened)
    if cursor is None:
        head(QUESTION, "There is no cycle in this window.")
        no_cycles()
        return
    head(QUESTION, "Only what differs is shown, in the order in which the decision is made.")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        other = st.selectbox("Compare with", [ITSELF, *names], key=WITH, bind="query-params", width=340)
        if other == ITSELF:
            st.text_input(
                "Cycle to compare with, UTC",
                key=OTHER_CYCLE,
                bind="query-params",
                placeholder="the one before",
                width=240,
                help="Time of the other cycle, as 2024-04-10T08:00Z. Left empty: the cycle before the chosen one.",
            )
        else:
            _ways_to_match()
    if other == ITSELF:
        _two_cycles(opened, cursor.moment)
    else:
        _two_histories(opened, open_named(other), selection)


def cycles_compared(history: History, moment: pd.Timestamp, other: pd.Timestamp) -> CycleComparison:
    """What differs between the cycle of `other` and that of `moment`."""
    return compare_cycles(history.at(other), history.at(moment))


def histories_compared(history: History, other: OpenHistory, tolerance: str, match: Match) -> HistoryComparison:
    """What differs between two histories: A is this one."""
    return compare_histories(history, other.history, tolerance, match=match)


def other_moment(times: pd.DatetimeIndex, chosen: pd.Timestamp, asked: str) -> pd.Timestamp | None:
    """The cycle to compare with: the one asked for, else the one before, else the one after; None where there is none.

    Raises:
        HistoryError: What is asked for is no time.
    """
    place = int(times.searchsorted(chosen))
    if not asked.strip():
        return times[place - 1] if place else (times[1] if len(times) > 1 else None)
    wanted = int(times.searchsorted(utc(asked.strip()), side="right")) - 1
    return times[max(wanted, 0)]


def _ways_to_match() -> None:
    """When cycles and pairs of two histories are the same."""
    st.text_input(
        "Tolerance",
        key=TOLERANCE,
        bind="query-params",
        placeholder="0s",
        width=120,
        help="How far apart the times of one cycle may be: 10s, 5min, 1h. Left empty: not at all.",
    )
    st.selectbox(
        "Match pairs by",
        get_args(Match),
        key=MATCH,
        bind="query-params",
        width=120,
        help="pair: the same pool, else the same ticker. base: also what is bought alone, BTC-USDT with BTC-USDC.",
    )


def _two_cycles(opened: OpenHistory, chosen: pd.Timestamp) -> None:
    try:
        other = other_moment(opened.history.timestamps, chosen, st.session_state.get(OTHER_CYCLE) or "")
    except AlphaModelError:
        st.info("That is no time. Write it as 2024-04-10T08:00Z.")
        return
    if other is None:
        st.info("This history has one cycle only. Choose another history to compare it with.")
        return
    found = opened.ask(cycles_compared, chosen, other)
    heads = [title(side) for side in found.sides]
    st.caption(f"{heads[0]}: {moment(other)} UTC. {heads[1]}: {moment(chosen)} UTC, the cycle of the cursor.")
    _verdict(found.verdict)
    _settings(found.settings, heads)
    show_differences(found, f"differences_{chosen:%Y%m%dT%H%M}")
    _not_compared(found.not_compared)


def _two_histories(opened: OpenHistory, other: OpenHistory, selection: Selection) -> None:
    tolerance: str = st.session_state.get(TOLERANCE) or "0s"
    match: Match = st.session_state.get(MATCH) or "pair"
    try:
        found = opened.ask(histories_compared, other.between(selection.start, selection.end), tolerance.strip(), match)
    except AlphaModelError:
        st.info("That is no tolerance. Write it as 10s, 5min or 1h.")
        return
    st.caption("A is the history that is open; B is the one it is compared with.")
    _verdict(found.verdict)
    if found.next_step is not None:
        _offer(found.next_step)
    _settings(found.settings, ["A", "B"])
    names = [f"Pairs ({len(found.pairs):,})", f"Cycles ({len(found.cycles):,})"]
    *stages, pairs, cycles = st.tabs(["Stages", *names] if found.first_stage else names)
    for tab in stages:
        with tab:
            _stages(found.stages)
    with pairs:
        _pairs(found.pairs)
    with cycles:
        _cycles(opened, found)
    _not_compared(found.not_compared)


def _offer(step: NextStep) -> None:
    with st.container(horizontal=True):
        if step.tolerance is not None:
            words = f"Compare with a tolerance of {step.tolerance}"
            st.button(words, key="take_tolerance", on_click=_choose, args=(TOLERANCE, step.tolerance))
        if step.match is not None:
            words = f"Match pairs by {step.match}"
            st.button(words, key="take_match", on_click=_choose, args=(MATCH, step.match))


def _choose(key: str, value: str) -> None:
    """A choice that a button makes (a callback)."""
    st.session_state[key] = value


def _stages(stages: pd.DataFrame) -> None:
    st.dataframe(
        stages,
        hide_index=True,
        placeholder="–",
        row_height=ROW_HEIGHT,
        column_order=["stage", "first_count", "cycle_count", "pair_count", "largest_usd", "meaning"],
        column_config={
            "stage": st.column_config.TextColumn("Stage", pinned=True, width=100),
            "meaning": st.column_config.TextColumn("What it decides", width="large"),
            "first_count": number_column("First here", "Cycles that differ at this stage first"),
            "cycle_count": number_column("Cycles", "Cycles that differ at this stage"),
            "pair_count": number_column("Cycle × pair", "Pairs that differ at this stage, in each cycle anew"),
            "largest_usd": usd_column("Largest", "Largest difference of an amount of the portfolio at this stage"),
        },
        key="compared_stages",
        alt="The stages of the decision and how many cycles differ at each",
    )


def _pairs(pairs: pd.DataFrame) -> None:
    st.dataframe(
        pairs,
        hide_index=True,
        placeholder="–",
        height=min(620, 40 + ROW_HEIGHT * max(len(pairs), 1)),
        row_height=ROW_HEIGHT,
        column_order=["pair_a", "pair_b", "largest_usd", "cycles_differing", "first_stage", "matched_by"],
        column_config={
            "pair_a": st.column_config.TextColumn("Pair of A", pinned=True),
            "pair_b": "Pair of B",
            "largest_usd": usd_column("Largest", "Largest difference of an amount of the portfolio in any cycle"),
            "cycles_differing": number_column("Cycles", "Cycles in which the pair differs"),
            "first_stage": st.column_config.TextColumn("Differs first at", help="In the first of those cycles"),
            "matched_by": "Matched by",
        },
        key="compared_pairs",
        alt="The pairs of the two histories, those that differ by most dollars first",
    )
    downloads("compared_pairs", lambda: pairs)


def _cycles(opened: OpenHistory, found: HistoryComparison) -> None:
    differing = found.cycles[found.cycles["result"] != "same"].reset_index(drop=True)
    if differing.empty:
        st.text(f"All {plural(len(found.cycles), 'cycle')} are the same.")
        return
    st.caption(f"{len(differing):,} of {plural(len(found.cycles), 'cycle')} differ. Select a row to open its cycle.")
    st.dataframe(
        differing,
        key=TABLE,
        hide_index=True,
        placeholder="–",
        height=min(620, 40 + ROW_HEIGHT * len(differing)),
        row_height=ROW_HEIGHT,
        on_select=lambda: _row_selected(differing, opened.history),
        selection_mode="single-row",
        column_order=["timestamp_a", "timestamp_b", "result", "first_stage", "pairs_differing", "largest_usd"],
        column_config={
            "timestamp_a": time_column("Cycle of A, UTC"),
            "timestamp_b": time_column("Cycle of B, UTC"),
            "result": "Result",
            "first_stage": st.column_config.TextColumn("Differs first at"),
            "pairs_differing": number_column("Pairs that differ"),
            "largest_usd": usd_column("Largest difference"),
        },
        alt="Cycles that differ between the two histories",
    )
    downloads("compared_cycles", lambda: found.cycles)


def _verdict(words: str) -> None:
    """The verdict names pairs, so it is shown as it is."""
    with st.container(border=True):
        st.text(words)


def _settings(settings: pd.DataFrame, heads: list[str]) -> None:
    if settings.empty:
        return
    st.dataframe(
        settings_shown(settings),
        hide_index=True,
        placeholder="–",
        row_height=ROW_HEIGHT,
        column_config={
            "setting": "Setting",
            **{side: st.column_config.TextColumn(head, width=96) for side, head in zip("ab", heads, strict=True)},
            "changed": st.column_config.TextColumn("Changed", help="An amount that only follows equity is no change"),
            "step": "Step",
            "cycles": number_column("Cycles", "How many cycles have different values; the first of them is shown"),
            "first": st.column_config.DatetimeColumn("First, UTC", format="YYYY-MM-DD HH:mm", timezone="UTC"),
        },
        key="compared_settings",
        alt="Settings that differ",
    )


def settings_shown(settings: pd.DataFrame) -> pd.DataFrame:
    """One row a setting that differs, its own name first and the step that it belongs to after the values.

    Args:
        settings: `CycleComparison.settings` or `HistoryComparison.settings`.

    Returns:
        setting, a, b (`not given`: absent), changed (`yes`, or `no: ` and which share of equity it is), step (empty: a
        column of its own, or one side has not the whole step), and the other columns; what was changed first.
    """
    shown = settings.sort_values("derived", kind="stable", ignore_index=True)
    parts = shown["setting"].str.partition(".")
    texts = shown["shares"].fillna("")
    changed = pd.Series(["no: " if derived else "yes: " for derived in shown["derived"]], dtype=object) + texts
    shown = shown.assign(
        setting=parts[2].where(parts[1] != "", parts[0]),
        **{side: shown[side].astype(object).fillna("not given") for side in "ab"},
    ).drop(columns=["derived", "shares"])
    shown.insert(3, "changed", changed.str.removesuffix(": "))
    shown.insert(4, "step", parts[0].where(parts[1] != "", ""))
    return shown


def _not_compared(columns: dict[str, str]) -> None:
    words = not_compared_words(columns)
    if words:
        st.caption(words)


def _row_selected(table: pd.DataFrame, history: History) -> None:
    """The selected row's cycle is opened on its own page (a callback)."""
    rows: Any = st.session_state[TABLE]["selection"]["rows"]
    when = table["timestamp_a"].iloc[rows[0]] if rows else None
    if when is not None and pd.notna(when):
        choose_time(history, when, open_page=True)
