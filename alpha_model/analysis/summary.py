"""What would a portfolio manager write about this cycle in an e-mail?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alpha_model.analysis.explain import ReasonCode, Reasons, reasons_of
from alpha_model.analysis.failures import failed_counts
from alpha_model.analysis.headline import describe_decision
from alpha_model.analysis.ledger import CENT, Ledger, ledger_of
from alpha_model.analysis.ledger_rollups import refused
from alpha_model.analysis.outcome import CycleOutcome, cycle_outcomes
from alpha_model.analysis.pairs import pair_labels
from alpha_model.analysis.words import count, known, percent, usd
from alpha_model.errors import HistoryError
from alpha_model.history import History

_MOVES = {
    ReasonCode.opened: "opened {}",
    ReasonCode.increased: "increased {}",
    ReasonCode.reduced: "reduced {}",
    ReasonCode.closed: "closed {}",
    ReasonCode.flipped: "flipped {}",
}
_NAMES = {
    "concentration": "the cap per pair",
    "size_risk": "size risk",
    "chain": "the cap per chain",
    "other_limits": "other limits",
    "cash": "the cash at hand",
}
_SKIPS = {
    "rebalance_threshold": "the rebalance threshold",
    "individual_threshold": "the threshold for single trades",
    "closing_weight": "the closing weight",
    "other_skips": "other gates",
}
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class CycleSummary:
    """One cycle for people; plain text with strangers' tickers in it, to be escaped before it becomes HTML or Markdown.

    Args:
        headline: One sentence.
        paragraph: The headline, and what was chosen, moved, held back and skipped.
        outcome: What became of the cycle.
    """

    headline: str
    paragraph: str
    outcome: CycleOutcome


def summarise_cycle(history: History, book: Ledger | None = None) -> CycleSummary:
    """One cycle in one sentence and in one paragraph.

    Args:
        history: Of exactly one cycle: `history.at(timestamp)`.
        book: Its `ledger_of`, where that is at hand.

    Raises:
        HistoryError: Not exactly one cycle.
    """
    if len(history) != 1:
        raise HistoryError(
            f"a summary is of one cycle, got a history of {len(history)}. Take one with history.at() or .cycle().",
            count=len(history),
        )
    row = cycle_outcomes(history).iloc[0]
    book = book or ledger_of(history)
    reasons = reasons_of(history, book)
    failed = int(failed_counts(history)[0])
    first = describe_decision(row, failed)
    moves = _moves(history, reasons, all_failed=0 < row["traded_count"] <= failed)
    parts = [first, _chosen(reasons, book), moves, _held_back(history, book), _skipped(history, book)]
    return CycleSummary(first, " ".join(part for part in parts if part), CycleOutcome(row["outcome"]))


def _chosen(reasons: Reasons, book: Ledger) -> str:
    if not len(reasons.code):
        return ""
    signals, selected = (int(reasons.numbers[name][0]) for name in ("signal_count", "selected_count"))
    words = f"{selected} of {count(signals, 'signal')} {'was' if selected == 1 else 'were'} selected"
    equity, target = float(book.targets.equity[0]), float(np.sum(book.targets.amounts["target"]))
    if known(equity, target) and equity > 0:
        words += f", with targets of {usd(target)} for {usd(equity)} of investable equity ({percent(target / equity)})"
    return f"{words}."


def _moves(history: History, reasons: Reasons, *, all_failed: bool) -> str:
    """The largest trades, by what was done."""
    labels, pair_ids = pair_labels(history), history.tables.signals["pair_id"].to_numpy()
    amounts, parts = reasons.numbers["amount_usd"], []
    for code, words in _MOVES.items():
        rows = np.flatnonzero(reasons.code == list(ReasonCode).index(code))
        those = rows[np.lexsort((reasons.numbers["rank"][rows], -amounts[rows]))]
        named = [f"{labels[int(pair_ids[row])]} ({usd(float(amounts[row]))})" for row in those[:_SHOWN]]
        more = f" and {len(those) - _SHOWN:,} more" if len(those) > _SHOWN else ""
        if named:
            parts.append(words.format(", ".join(named)) + more)
    return f"It {'would have ' if all_failed else ''}{'; '.join(parts)}." if parts else ""


def _held_back(history: History, book: Ledger) -> str:
    """Which limits took money from what was wanted."""
    costs = refused(history, book)
    totals = {name: float(np.sum(costs[key])) for key, name in _NAMES.items()}
    parts = [f"{name} ({usd(total)})" for name, total in totals.items() if total > CENT]
    missed = int(np.count_nonzero(costs["not_reached"] > CENT))
    if missed:
        parts.append(f"sharing that stopped before their turn, or had little left ({count(missed, 'pair')})")
    if not parts:
        return ""
    again = " What size risk refused was asked for again by smaller signals." if _asked_again(book) else ""
    return f"What held money back: {', '.join(parts)}.{again}"


def _asked_again(book: Ledger) -> bool:
    amounts = book.targets.amounts
    return bool(np.any(amounts["size_risk"] < -CENT) and np.any(amounts["redistribution"] > CENT))


def _skipped(history: History, book: Ledger) -> str:
    costs, parts = refused(history, book), []
    for key, name in _SKIPS.items():
        number, total = int(np.count_nonzero(costs[key] > 0)), float(np.nansum(costs[key]))
        if number:
            parts.append(f"{count(number, 'change')} worth {usd(total)} by {name}")
    return f"Not traded: {', '.join(parts)}." if parts else ""
