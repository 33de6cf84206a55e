"""What did the strategy decide in a stretch of time, and why, on one page for a colleague?"""

import numpy as np
import pandas as pd

from alpha_model.analysis import audit_report, capacity_by_pair, cycle_table, flag_counts, headline, pair_labels
from alpha_model.analysis.explain import Headline, decision_sentences, flag_meaning
from alpha_model.analysis.facts import STANDING_WORDS, outcome_words, pairs_by_weight
from alpha_model.history import History, Moment
from alpha_model.values import CycleNotFoundError
from dashboard import decision
from dashboard.charts.theme import PairStyle
from dashboard.report.charts import window_charts
from dashboard.report.cycle import messages
from dashboard.report.making import Making, facts
from dashboard.report.page import Report, Section, page
from dashboard.report.shows import CAPACITY, CYCLES, FINDINGS, FLAGS, PROBLEMS, TRADES
from dashboard.report.tables import ROWS, table_of
from dashboard.text import day, plural, usd

MESSAGES = 50
"""The last so many messages are shown."""


def window_report(history: History, start: Moment | None, end: Moment | None, making: Making) -> str:
    """The post-mortem of all cycles from `start` to `end` as one HTML file.

    Args:
        history: Where the cycles are; rules about neighbours need them all.
        start: The first time, included; None is open.
        end: The last time, included; None is open.
        making: How the report comes about; the last lines say it.

    Returns:
        A page that needs no other file and no network. Strangers' words in it are text.

    Raises:
        CycleNotFoundError: No cycle was decided between these times.
        HistoryError: Not a time.
    """
    seen = history.between(start, end)
    if not len(seen):
        raise CycleNotFoundError(f"{history.source.name} has no cycle {_span(start, end)}. {_extent(history)}")
    style = PairStyle.of(pair_labels(history), pairs_by_weight(history))
    told = headline(seen)
    findings = audit_report(history, limit=None).findings
    words = messages(seen)
    return page(
        Report(
            title=f"{history.source.strategy or history.source.name}: {day(told.first)} to {day(told.last)}",
            paragraph=paragraph(told),
            numbers=_numbers(told, cycle_table(seen)),
            first=window_charts(seen, style),
            sections=[
                Section("Cycles", table_of(cycles(seen), CYCLES), "There is no cycle."),
                Section("Flags", table_of(flags(seen), FLAGS), "No flag was raised, or the source has none."),
                Section(
                    "Pairs and their capacity",
                    table_of(capacity(seen, style), CAPACITY),
                    "The source does not record what size risk asked and accepted.",
                ),
                Section("Trades", table_of(decision.trades(seen, style), TRADES), "The source records no trade."),
                Section(
                    "Audit",
                    table_of(findings[findings["cycle"].isin(seen.cycle_numbers)], FINDINGS),
                    "The audit finds nothing in these cycles.",
                ),
                Section("What was odd in the source", table_of(history.problems, PROBLEMS), "Nothing."),
            ],
            context="",
            later=[],
            messages=words[-MESSAGES:],
            unsaid=f"The last {MESSAGES} of {plural(len(words), 'message')}." if len(words) > MESSAGES else "",
            facts=facts(history, seen, making),
        )
    )


def paragraph(told: Headline) -> str:
    """A window in three sentences."""
    became = ", ".join(f"{count:,} {STANDING_WORDS[name]}" for name, count in told.standing_counts.items())
    return (
        f"{plural(told.cycle_count, 'cycle')} of {plural(told.pair_count, 'pair')} from {day(told.first)} to "
        f"{day(told.last)}: {became}. {told.last_decision}"
    )


def cycles(seen: History) -> pd.DataFrame:
    """`cycle_table` with a sentence for each cycle that a table has room for."""
    frame = cycle_table(seen)
    told = decision_sentences(seen, np.arange(min(len(frame), ROWS)))
    outcomes = [outcome_words(*pair) for pair in zip(frame["outcome"], frame["execution"], strict=True)]
    return frame.assign(sentence=pd.Series(told, dtype=object), outcome=pd.Series(outcomes, dtype=object))


def flags(seen: History) -> pd.DataFrame:
    """Each flag that was raised, how often, and what it means."""
    totals = flag_counts(seen).sum().sort_values(ascending=False)
    return pd.DataFrame(
        {
            "flag": [str(flag) for flag in totals.index],
            "pair_count": totals.to_numpy(),
            "meaning": [flag_meaning(str(flag)) for flag in totals.index],
        }
    )


def capacity(seen: History, style: PairStyle) -> pd.DataFrame:
    """`capacity_by_pair` with names."""
    frame = capacity_by_pair(seen)
    return frame.assign(pair=frame["pair_id"].map(style.labels))


def _numbers(told: Headline, table: pd.DataFrame) -> list[tuple[str, str]]:
    return [
        ("Cycles", f"{told.cycle_count:,}"),
        ("Equity at the end" if told.equity_is_total else "Investable at the end", usd(told.equity_usd)),
        ("Planned", usd(table["planned_usd"].sum(min_count=1))),
        ("Executed", usd(table["traded_usd"].sum(min_count=1))),
        ("Trades", f"{table['traded_count'].sum():,.0f}" if table["traded_count"].notna().any() else "–"),
        ("Discarded last", usd(told.discarded_usd)),
    ]


def _span(start: Moment | None, end: Moment | None) -> str:
    if end is None:
        return f"from {start} on"
    return f"until {end}" if start is None else f"from {start} to {end}"


def _extent(history: History) -> str:
    if not len(history):
        return "It has no cycles at all."
    return f"Its cycles run from {history.timestamps[0]:%Y-%m-%dT%H:%MZ} to {history.timestamps[-1]:%Y-%m-%dT%H:%MZ}."
