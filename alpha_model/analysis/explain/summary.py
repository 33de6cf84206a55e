"""What would a portfolio manager write about this cycle in an e-mail?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alpha_model.analysis.explain.execution_words import as_plans
from alpha_model.analysis.explain.headline import describe_decision
from alpha_model.analysis.explain.reasons import ReasonCode
from alpha_model.analysis.facts import (
    WHOLE_MEANINGS,
    Book,
    CycleOutcome,
    Execution,
    Facts,
    Numbers,
    Truths,
    Whole,
    check_one_cycle,
    facts_of,
    pair_labels,
)
from alpha_model.analysis.former import without_book
from alpha_model.analysis.ledger import CENT, CONSTRAINT_LABELS, CONSTRAINTS, LIMITS, OF_STAGE, refused
from alpha_model.analysis.words import count, known, percent, the, usd
from alpha_model.history import History

_MOVES = {
    ReasonCode.opened: ("opened", "to open"),
    ReasonCode.increased: ("increased", "to increase"),
    ReasonCode.reduced: ("reduced", "to reduce"),
    ReasonCode.closed: ("closed", "to close"),
    ReasonCode.flipped: ("flipped", "to flip"),
}
"""As done, and as planned."""

_NOT_MADE = (Execution.failed, Execution.contradicted, Execution.unconfirmed, Execution.awaiting, Execution.unknown)
_LIMITS = tuple(OF_STAGE.get(name, name) for name in LIMITS if name != "redistribution")
_GATES = CONSTRAINTS[len(LIMITS) :]
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class CycleSummary:
    """One cycle for people; plain text with strangers' tickers in it, to be escaped before it becomes HTML or Markdown.

    Args:
        headline: One sentence.
        paragraph: The headline, and what was chosen, moved, held back and skipped.
        outcome: What was decided.
        execution: What became of the planned trades.
    """

    headline: str
    paragraph: str
    outcome: CycleOutcome
    execution: Execution


@without_book
def summarise_cycle(history: History | Facts) -> CycleSummary:
    """One cycle in one sentence and in one paragraph.

    Args:
        history: Of exactly one cycle: `history.at(timestamp)`.

    Raises:
        HistoryError: Not exactly one cycle.
    """
    facts = facts_of(history)
    check_one_cycle(facts.history, "a summary")
    row = facts.outcomes.iloc[0]
    first = describe_decision(row)
    parts = [
        first,
        _chosen(facts),
        _moves(facts),
        _held_back(facts),
        _skipped(facts),
        _undecided(facts),
    ]
    words = " ".join(part for part in parts if part)
    return CycleSummary(first, words, CycleOutcome(row["outcome"]), Execution(row["execution"]))


def _chosen(facts: Facts) -> str:
    reasons, targets = facts.reasons, facts.ledger.targets
    if not len(reasons.code):
        return ""
    signals, selected = (int(reasons.numbers[name][0]) for name in ("signal_count", "selected_count"))
    words = f"{selected} of {count(signals, 'signal')} {'was' if selected == 1 else 'were'} selected"
    free = reasons.code != list(ReasonCode).index(ReasonCode.carried_forward)
    equity, target = float(targets.equity[0]), float(np.sum(targets.amounts["target"][free]))
    if known(equity, target) and equity > 0:
        words += f", with targets of {usd(target)} for {usd(equity)} of investable equity ({percent(target / equity)})"
    return f"{words}.{_unread(facts)}{_locked(facts.book)}"


def _unread(facts: Facts) -> str:
    """How many signals are no numbers: they are not nothing."""
    number = int(np.count_nonzero(np.isnan(facts.column("signal"))))
    return f" Of {count(number, 'more pair')} the signal is not recorded." if number else ""


def _locked(whole: Book) -> str:
    """What could not be traded, and the part of the whole book that it is."""
    locked, equity = float(whole.locked[0]), float(whole.equity[0])
    if not known(locked) or locked < CENT:
        return ""
    share = f", {percent(locked / equity)} of {WHOLE_MEANINGS[Whole(whole.whole[0])]}" if known(equity) else ""
    return f" Locked and not to be traded: {usd(locked)}{share}."


def _moves(facts: Facts) -> str:
    """The largest trades, by what was done; then those that were planned and are not known to have been made."""
    executed = facts.executed
    done = executed.done()
    made = [text for code, words in _MOVES.items() if (text := _named(facts, code, done))]
    sentences = [f"It {'; '.join(made)}."] if made else []
    for execution in _NOT_MADE:
        those = executed.of(execution)
        plans = [text for code in _MOVES if (text := _named(facts, code, those, plan=True))]
        if plans:
            sentences.append(f"{as_plans(execution)}: {'; '.join(plans)}.")
    return " ".join(sentences)


def _named(facts: Facts, code: ReasonCode, those: Truths, *, plan: bool = False) -> str:
    """`closed X ($3,031), Y ($12) and 2 more`, of the largest with this code; empty where there is none."""
    labels, pair_ids = pair_labels(facts.history), facts.history.tables.signals["pair_id"].to_numpy()
    reasons, amounts = facts.reasons, facts.reasons.numbers["amount_usd"]
    rows = np.flatnonzero(those & (reasons.code == list(ReasonCode).index(code)))
    if not rows.size:
        return ""
    largest = rows[np.lexsort((reasons.numbers["rank"][rows], -amounts[rows]))]
    named = [f"{labels[int(pair_ids[row])]} ({usd(float(amounts[row]))})" for row in largest[:_SHOWN]]
    more = f" and {len(largest) - _SHOWN:,} more" if len(largest) > _SHOWN else ""
    return f"{_MOVES[code][1 if plan else 0]} {', '.join(named)}{more}"


def _held_back(facts: Facts) -> str:
    """Which limits took money from what was wanted."""
    costs = refused(facts)
    totals = {the(CONSTRAINT_LABELS[name]): float(np.sum(costs[name])) for name in _LIMITS}
    parts = [f"{name} ({usd(total)})" for name, total in totals.items() if total > CENT]
    missed = int(np.count_nonzero(costs["not_reached"] > CENT))
    if missed:
        parts.append(f"sharing that ended early or ran short ({count(missed, 'pair')})")
    if not parts:
        return ""
    redistributed = facts.ledger.targets.amounts["redistribution"]
    offered = float(np.sum(np.maximum(np.nan_to_num(redistributed), 0.0)))
    again = f" {usd(offered)} was offered to other signals." if offered > CENT else ""
    return f"What held money back: {', '.join(parts)}.{again}"


def _skipped(facts: Facts) -> str:
    costs, parts = refused(facts), []
    for name in _GATES:
        number, total = int(np.count_nonzero(costs[name] > 0)), float(np.nansum(costs[name]))
        if number:
            parts.append(f"{count(number, 'change')} worth {usd(total)} by {the(CONSTRAINT_LABELS[name])}")
    return f"Not traded: {', '.join(parts)}." if parts else ""


def _undecided(facts: Facts) -> str:
    """Changes that were wanted and have neither a trade nor a word that they were skipped."""
    rows, change = facts.ledger.traded.undecided, np.abs(facts.ledger.traded.amounts["change"])
    if not rows.any():
        return ""
    shown = facts.executed.unmoved[rows].all()
    ending = "; the next holdings show that nothing was traded" if shown else ""
    return f"Without a trade on record: {count(int(rows.sum()), 'change')} worth {_sum(change[rows])}{ending}."


def _sum(usd_each: Numbers) -> str:
    known_ones = usd_each[~np.isnan(usd_each)]
    return usd(float(known_ones.sum())) if known_ones.size == usd_each.size else "an unknown amount"
