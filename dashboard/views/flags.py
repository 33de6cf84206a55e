"""Which flags were raised, when, for which pairs, and which of them come together?"""

import pandas as pd
import streamlit as st

from alpha_model.analysis import flag_counts, flags_by_pair
from alpha_model.analysis.cycles import SPAN, flag_co_occurrence, flag_shifts
from alpha_model.history import History
from dashboard import pictures
from dashboard.charts.flag_grids import co_occurrence_figure, flags_by_pair_figure
from dashboard.charts.flags import flags_figure
from dashboard.charts.theme import PairStyle
from dashboard.drawing import Drawing, Look, PairIds
from dashboard.opened import OpenHistory
from dashboard.selection import Selection
from dashboard.text import day, humanised, plural
from dashboard.views.attention import Remark, show_remarks
from dashboard.views.frames import TIME
from dashboard.views.page import Number, head, no_cycles
from dashboard.views.panel import panel

QUESTION = "Why were signals not followed in full?"
SHIFTS = 3
"""So many changes of the mix are told."""


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: counts over time, by pair, and what comes together."""
    opened = whole.between(selection.start, selection.end)
    if not len(opened.history):
        head(QUESTION, "There is no cycle in this window.")
        no_cycles()
        return
    head(QUESTION, *opened.ask(answer, selection.pair_ids))
    show_remarks("flag_shifts", opened.history, opened.ask(shifts, selection.pair_ids))
    counts(opened, selection)
    with st.grid(columns=2, min_column_width=480, gap="medium"):
        with st.container():
            panel(
                "flags_by_pair",
                opened,
                selection,
                draw_by_pair,
                lambda: _pairs_named(opened.ask(flags_by_pair), opened.style),
            )
        with st.container():
            panel(
                "flag_co_occurrence",
                opened,
                selection,
                draw_together,
                lambda: _as_table(opened.ask(flag_co_occurrence)),
            )


def counts(opened: OpenHistory, selection: Selection) -> None:
    """How many signals carry each flag."""
    panel("flags", opened, selection, draw_counts, lambda: opened.ask(flag_counts), {"timestamp": TIME})


def shifts(history: History, pair_ids: PairIds) -> tuple[Remark, ...]:
    """When the mix of flags changed most, in order of time."""
    found = flag_shifts(history, pair_ids or None)
    most = found.nlargest(SHIFTS, "moved").sort_values("place")
    columns = (most[name].tolist() for name in ("timestamp", "flag", "before", "after"))
    return tuple(_shift(*row) for row in zip(*columns, strict=True))


def _shift(when: pd.Timestamp, flag: str, before: float, after: float) -> Remark:
    what = f"From {day(when)} {pictures.flag_in_words(flag)} was raised on {after:.2g} signals a cycle"
    icon = "trending_up" if after > before else "trending_down"
    return Remark(icon, f"{what}, against {before:.2g} in the {SPAN} cycles before.", when)


def answer(history: History, pair_ids: PairIds) -> tuple[str, list[Number]]:
    """The page's answer and its numbers."""
    raised = flag_counts(history, pair_ids or None)
    if raised.empty:
        return "No flag was raised, or the source records none.", []
    totals = raised.sum()
    cycles = int((raised.sum(axis=1) > 0).sum())
    last = int(raised.iloc[-1].sum())
    numbers = [
        Number("Flags raised", f"{int(totals.sum()):,}", "One for each signal that carries one.", _trend(raised)),
        Number("Cycles with a flag", f"{cycles:,} of {len(raised):,}"),
        Number("Kinds", f"{len(totals)}", "Different flags."),
        Number("Last cycle", f"{last}", "Flags raised in the last cycle."),
    ]
    words = f"{plural(int(totals.sum()), 'flag')} of {plural(len(totals), 'kind')} in {plural(cycles, 'cycle')}."
    changed = len(flag_shifts(history, pair_ids or None))
    if len(history) < 2 * SPAN:
        return words, numbers
    if not changed:
        return f"{words} Their mix stayed much the same throughout.", numbers
    most = f", most at these {SHIFTS}" if changed > SHIFTS else ""
    return f"{words} Their mix changed {plural(changed, 'time')}{most}:", numbers


def draw_counts(history: History, look: Look) -> Drawing:
    """Over time."""
    picture = pictures.flags_picture(history, look.pair_ids, look.zoom)
    scope = f" of {plural(len(look.pair_ids), 'chosen pair')}" if look.pair_ids else ""
    return picture.drawn(
        flags_figure(picture.frame, look.theme, [remark.timestamp for remark in shifts(history, look.pair_ids)]),
        look,
        f"A flag says why a signal{scope} was not followed in full; a signal may carry several.",
    )


def draw_by_pair(history: History, look: Look) -> Drawing:
    """By pair."""
    picture = pictures.flags_by_pair_picture(history, look.pair_ids)
    return picture.drawn(
        flags_by_pair_figure(picture.frame, look.style, look.theme),
        look,
        "Signals of the window that carry the flag.",
        _pairs_named(picture.frame, look.style),
        timed=False,
    )


def draw_together(history: History, look: Look) -> Drawing:
    """Which flags come together."""
    picture = pictures.co_occurrence_picture(history, look.pair_ids)
    return picture.drawn(
        co_occurrence_figure(picture.frame, look.theme),
        look,
        "Signals of the window that carry both flags.",
        _as_table(picture.frame),
        timed=False,
    )


def _pairs_named(frame: pd.DataFrame, style: PairStyle) -> pd.DataFrame:
    table = frame.rename(columns=lambda flag: humanised(str(flag))).reset_index(drop=True)
    table.insert(0, "pair", [style.labels[int(pair_id)] for pair_id in frame.index])
    return table


def _as_table(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename_axis("flag").reset_index()


def _trend(raised: pd.DataFrame) -> tuple[float, ...]:
    return pictures.sparkline(raised.sum(axis=1))
