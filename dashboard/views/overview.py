"""What happened in this history, at a glance?"""

import streamlit as st

from alpha_model.analysis import Headline, headline
from alpha_model.history import History
from dashboard.opened import OpenHistory
from dashboard.pictures import equity_line
from dashboard.selection import Selection
from dashboard.text import byte_size, day, humanised, moment, plural, share, usd
from dashboard.views import figures
from dashboard.views.panel import own_words, small_print
from dashboard.views.problems import show_problems


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: headline, key numbers, five figures."""
    opened = whole.between(selection.start, selection.end)
    facts = opened.ask(headline)
    small_print(source_line(whole.history))
    st.title(own_words(_title(facts)), anchor=False)
    if not facts.cycle_count:
        st.info("There is no cycle here. Widen the window in the sidebar, or choose another history.")
        show_problems(whole.history)
        return
    st.markdown(own_words(facts.last_decision))
    _key_numbers(facts, opened.ask(equity_line))
    show_problems(whole.history)
    figures.weights(opened, selection)
    figures.weight_diffs(opened, selection)
    if figures.side_by_side(opened):
        with st.grid(columns=2, min_column_width=480, gap="medium"):
            with st.container():
                figures.size_risk(opened, selection)
            with st.container():
                figures.thresholds(opened, selection)
    else:
        figures.thresholds(opened, selection)
        figures.size_risk(opened, selection)
    figures.flags(opened, selection)


def source_line(history: History) -> str:
    """Where the history came from, in a line of a stranger's words."""
    source = history.source
    size = None if source.byte_count is None else byte_size(source.byte_count)
    return " · ".join(part for part in (source.name, source.strategy, source.kind, size) if part)


def _title(facts: Headline) -> str:
    if not facts.cycle_count:
        return "No cycle to show"
    kinds = [f"{count:,} {humanised(outcome)}" for outcome, count in facts.outcome_counts.items()]
    if len(kinds) == 1:
        kinds = [humanised(outcome) for outcome in facts.outcome_counts]
    return f"{plural(facts.cycle_count, 'cycle')}: {' · '.join(kinds)}"


def _key_numbers(facts: Headline, equity: list[float]) -> None:
    outcome = "–" if facts.last_outcome is None else humanised(facts.last_outcome).capitalize()
    discarded = "not recorded" if facts.discarded_usd is None else usd(facts.discarded_usd)
    part = "" if facts.discarded_share is None else f": {share(facts.discarded_share)} of what was investable"
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Cycles",
            f"{facts.cycle_count:,}",
            help=f"{plural(facts.pair_count, 'pair')} had a signal.",
            width="content",
        )
        st.metric("First decision", day(facts.first), help=f"{moment(facts.first)} UTC.", width="content")
        st.metric("Last decision", day(facts.last), help=f"{moment(facts.last)} UTC.", width="content")
        st.metric("Last outcome", outcome, width="content")
        st.metric(
            "Total equity" if facts.equity_is_total else "Investable equity",
            usd(facts.equity_usd),
            chart_data=equity if len(equity) > 1 else None,
            help="The last recorded value.",
            width=180,
        )
        st.metric(
            "Discarded",
            discarded,
            help=f"Left uninvested because of size risk in the last cycle{part}.",
            width="content",
        )
