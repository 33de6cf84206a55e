"""What did the strategy do so far, what did it do last, and what deserves a look?"""

import pandas as pd
import streamlit as st

from alpha_model.analysis import CycleOutcome, headline, size_risk_frame
from alpha_model.analysis.explain import Headline
from alpha_model.analysis.facts import EXECUTION_MEANINGS, STANDING_WORDS, outcome_words
from alpha_model.history import History
from dashboard import pictures
from dashboard.charts.equity import equity_figure
from dashboard.drawing import Drawing, Look
from dashboard.opened import OpenHistory
from dashboard.report import window_report
from dashboard.selection import Selection
from dashboard.text import byte_size, day, moment, plural, share, usd
from dashboard.views import flags, size_risk, thresholds, weights
from dashboard.views.attention import show_attention
from dashboard.views.frames import TIME
from dashboard.views.page import Number, no_cycles, show_numbers
from dashboard.views.panel import own_words, panel, small_print
from dashboard.views.problems import show_problems
from dashboard.views.takeaway import offer_report


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: the last decision, key numbers, what needs attention, the equity curve, and one chart a question."""
    opened = whole.between(selection.start, selection.end)
    facts = opened.ask(headline)
    small_print(source_line(whole.history))
    st.title(own_words(_title(facts)), anchor=False)
    if not facts.cycle_count:
        no_cycles()
        show_problems(whole.history)
        return
    st.markdown(own_words(facts.last_decision))
    show_numbers(_numbers(facts, opened))
    offer_report(
        "window_report",
        f"window_{facts.first:%Y%m%d}_{facts.last:%Y%m%d}",
        lambda making: window_report(whole.history, selection.start, selection.end, making),
        "Overview",
    )
    show_problems(whole.history)
    show_attention(opened, selection.late)
    only_weights = facts.equity_usd is None
    if only_weights:  # what can be drawn comes first
        weights.stacked(opened, selection)
    panel("equity", opened, selection, draw_equity, lambda: equity_table(opened.history), {"timestamp": TIME})
    with st.grid(columns=2, min_column_width=520, gap="medium"):
        with st.container():
            size_risk.equity(opened, selection)
        with st.container():
            thresholds.gate(opened, selection)
    if not only_weights:
        weights.stacked(opened, selection)
    flags.counts(opened, selection)


def source_line(history: History) -> str:
    """Where the history came from, in a line of a stranger's words."""
    source = history.source
    size = None if source.byte_count is None else byte_size(source.byte_count)
    return " · ".join(part for part in (source.name, source.strategy, source.kind, size) if part)


def equity_table(history: History) -> pd.DataFrame:
    """All of the equity curve; where there is none, the investable equity of every cycle."""
    if len(history.equity):
        return history.equity
    return history.cycles[["timestamp", "investable_equity"]]


def draw_equity(history: History, look: Look) -> Drawing:
    """The equity curve."""
    picture = pictures.equity_picture(history, look.zoom)
    return picture.drawn(
        equity_figure(picture.frame, picture.breaks, look.theme),
        look,
        "Click any moment to take its cycle apart.",
    )


def _title(facts: Headline) -> str:
    if not facts.cycle_count:
        return "No cycle to show"
    if list(facts.outcome_counts) == [CycleOutcome.unknown]:
        return f"{plural(facts.cycle_count, 'cycle')}, outcome not recorded"
    kinds = [f"{count:,} {STANDING_WORDS[standing]}" for standing, count in facts.standing_counts.items()]
    if len(kinds) == 1:
        kinds = [STANDING_WORDS[standing] for standing in facts.standing_counts]
    return f"{plural(facts.cycle_count, 'cycle')}: {' · '.join(kinds)}"


def _numbers(facts: Headline, opened: OpenHistory) -> list[Number]:
    part = "" if facts.discarded_share is None else f": {share(facts.discarded_share)} of what was investable"
    discarded = "not recorded" if facts.discarded_usd is None else usd(facts.discarded_usd)
    outcome = "–"
    if facts.last_outcome is not None and facts.last_execution is not None:
        outcome = outcome_words(facts.last_outcome, facts.last_execution).capitalize()
    execution = "" if facts.last_execution is None else f"What was decided. {_became(facts)}"
    return [
        Number("Cycles", f"{facts.cycle_count:,}", f"{plural(facts.pair_count, 'pair')} had a signal."),
        Number("First decision", day(facts.first), f"{moment(facts.first)} UTC."),
        Number("Last decision", day(facts.last), f"{moment(facts.last)} UTC."),
        Number("Last outcome", outcome, execution),
        Number(
            "Total equity" if facts.equity_is_total else "Investable equity",
            "not recorded" if facts.equity_usd is None else usd(facts.equity_usd),
            "The last recorded value.",
            opened.ask(pictures.equity_line),
        ),
        Number(
            "Discarded",
            discarded,
            f"Left uninvested because of size risk in the last cycle{part}.",
            opened.ask(discarded_line),
        ),
    ]


def _became(facts: Headline) -> str:
    meaning = "" if facts.last_execution is None else EXECUTION_MEANINGS[facts.last_execution]
    return f"{meaning[:1].upper()}{meaning[1:]}."


def discarded_line(history: History) -> tuple[float, ...]:
    """A sparkline of what size risk discarded."""
    return pictures.sparkline(size_risk_frame(history)["discarded_usd"])
