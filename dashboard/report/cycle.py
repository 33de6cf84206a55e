"""What did this one cycle decide, and why, on one page for a colleague?"""

import pandas as pd

from alpha_model.analysis import audit_report, explain_flags, pair_labels, summarise_cycle
from alpha_model.analysis.facts import pairs_by_weight
from alpha_model.history import History, Moment
from dashboard import decision
from dashboard.charts.theme import PairStyle
from dashboard.report.charts import context_charts, decision_charts
from dashboard.report.making import Making, facts
from dashboard.report.page import Message, Report, Section, page
from dashboard.report.shows import FINDINGS, FLAGS, PAIRS, TRADES
from dashboard.report.tables import table_of, utc_time
from dashboard.text import plural

BEFORE = 90
"""So many cycles are shown up to the one that the report is about."""


def cycle_report(history: History, moment: Moment, making: Making) -> str:
    """The post-mortem of one cycle as one HTML file.

    Args:
        history: Where the cycle is; the cycles before it are its context, and rules about neighbours need them all.
        moment: When it was decided.
        making: How the report comes about; the last lines say it.

    Returns:
        A page that needs no other file and no network. Strangers' words in it are text.

    Raises:
        CycleNotFoundError: No cycle was decided then.
    """
    one = history.at(moment)
    when = one.timestamps[0]
    place = int(history.timestamps.searchsorted(when))
    context = history.between(history.timestamps[max(0, place + 1 - BEFORE)], when)
    style = PairStyle.of(pair_labels(history), pairs_by_weight(history))
    cycle = int(one.cycle_numbers[0])
    findings = audit_report(history, limit=None).findings
    return page(
        Report(
            title=f"{history.source.strategy or history.source.name}: cycle {cycle} of {when:%-d %B %Y, %H:%M} UTC",
            paragraph=summarise_cycle(one).paragraph,
            numbers=[
                (label, value) for label, value, _ in decision.numbers(one, dollars=decision.tells_dollars(history))
            ],
            first=decision_charts(one),
            sections=[
                Section(
                    "Every pair, and why",
                    table_of(decision.pairs(one), PAIRS),
                    "This cycle chose nothing: no pair had a signal.",
                ),
                Section(
                    "Trades",
                    table_of(decision.trades(one, style), TRADES),
                    "The source records no trade of this cycle.",
                ),
                Section("Flags", table_of(explain_flags(one), FLAGS), "No flag was raised, or the source has none."),
                Section(
                    "Audit",
                    table_of(findings[findings["cycle"] == cycle], FINDINGS),
                    "The audit finds nothing in this cycle.",
                ),
            ],
            context="This cycle alone" if len(context) == 1 else f"The {plural(len(context), 'cycle')} up to this one",
            later=context_charts(context, style),
            messages=messages(one),
            unsaid="",
            facts=facts(history, context, making),
        )
    )


def messages(history: History) -> list[Message]:
    """The strategy's own words, in order of time."""
    frame = pd.concat([history.cycles[["timestamp", "message"]], history.messages[["timestamp", "message"]]])
    return [
        Message(utc_time(when), text)
        for when, text in frame.sort_values("timestamp", kind="stable").itertuples(index=False)
        if isinstance(text, str) and text.strip()
    ]
