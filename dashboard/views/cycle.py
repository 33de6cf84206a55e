"""What did this one cycle decide, and why?"""

import streamlit as st

from alpha_model.analysis import cycle_funnel, dollar_waterfall, summarise_cycle
from alpha_model.analysis.explain import moved_around, oldest_price, since_last
from alpha_model.history import History
from dashboard import decision, pictures
from dashboard.charts.decision import funnel_figure, lost_words, stage_names, waterfall_figure
from dashboard.cursor import find_cursor
from dashboard.drawing import Drawing, Look
from dashboard.local_time import local_words
from dashboard.opened import OpenHistory
from dashboard.report import cycle_report
from dashboard.selection import TAB, Selection
from dashboard.views.cycle_details import show_changes, show_findings, show_json, show_message
from dashboard.views.cycle_tables import show_flags, show_pairs, show_trades
from dashboard.views.frames import USD
from dashboard.views.page import Number, head, no_cycles, show_numbers
from dashboard.views.panel import panel
from dashboard.views.takeaway import offer_report

TABS = {
    "Pairs": show_pairs,
    "Trades": show_trades,
    "Flags": show_flags,
    "What changed": show_changes,
    "Findings": show_findings,
    "Message": show_message,
    "JSON": show_json,
}
"""What is drawn in each tab; the open one is part of the address."""

_COLUMNS = {"usd": USD}


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: the decision in a paragraph, its funnel and its dollars, every pair, and what else is on record."""
    opened = whole.between(selection.start, selection.end)
    cursor = find_cursor(opened)
    if cursor is None:
        head("What did this cycle decide?", "There is no cycle in this window.")
        no_cycles()
        return
    one = opened.at(cursor.moment)
    question = f"What was decided on {cursor.moment:%-d %B %Y, %H:%M} UTC?"
    st.title(question, anchor=False, help=local_words(cursor.moment))
    st.text(one.ask(summarise_cycle).paragraph, width="stretch")  # it names pairs, so it is shown as it is
    for line in (one.ask(since_last), one.ask(oldest_price), one.ask(moved_around)):
        if line:
            st.text(line, width="stretch")
    show_numbers(Number(*row) for row in one.ask(decision.numbers, dollars=whole.ask(decision.tells_dollars)))
    moment = cursor.moment
    offer_report(
        "cycle_report",
        f"cycle_{moment:%Y%m%dT%H%M}",
        lambda making: cycle_report(whole.history, moment, making),
        "Cycle",
    )
    with st.grid(columns=2, min_column_width=480, gap="medium"):
        with st.container():
            panel("funnel", one, selection, draw_funnel, lambda: cycle_funnel(one.history), _COLUMNS)
        with st.container():
            panel("waterfall", one, selection, draw_waterfall, lambda: dollar_waterfall(one.history), _COLUMNS)
    for tab, show in zip(
        st.tabs(list(TABS), key=TAB, on_change="rerun", bind="query-params"), TABS.values(), strict=True
    ):
        if tab.open:
            with tab:
                show(opened, one, selection)


def draw_funnel(history: History, look: Look) -> Drawing:
    """From all signals of one cycle to its trades."""
    picture = pictures.funnel_picture(history)
    table = picture.frame.assign(lost=picture.frame["lost"].map(lost_words))
    figure = funnel_figure(picture.frame, look.theme)
    return picture.drawn(figure, look, "", table, timed=False)


def draw_waterfall(history: History, look: Look) -> Drawing:
    """From what was wanted in one cycle to the targets; of one pair on to the trade."""
    picture = pictures.waterfall_picture(history, look.pair_ids)
    scope = (
        "The chosen pair." if len(look.pair_ids) == 1 else "All selected pairs; choose a single pair to see its own."
    )
    table = picture.frame.assign(stage=stage_names(picture.frame))
    figure = waterfall_figure(picture.frame, look.theme)
    return picture.drawn(figure, look, scope, table, timed=False)
