"""What would a colleague want to hear first about this history?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from alpha_model.analysis import words
from alpha_model.analysis.columns import Places, numbers
from alpha_model.analysis.failures import failed_counts
from alpha_model.analysis.outcome import OUTCOME_MEANINGS, CycleOutcome, cycle_outcomes
from alpha_model.analysis.size_risk import size_risk_frame
from alpha_model.history import History
from alpha_model.units import Usd


@dataclass(frozen=True, slots=True)
class Headline:
    """The first numbers about a history; None is "not recorded".

    Args:
        cycle_count: Decisions recorded.
        pair_count: Pairs that ever had a signal.
        first: Time of the first cycle, UTC.
        last: Time of the last cycle, UTC.
        outcome_counts: How many cycles ended how; only outcomes that occur, the most frequent first.
        last_outcome: How the last cycle ended.
        last_decision: The last cycle in one sentence.
        equity_usd: The last known total equity; where there is no equity curve, the last investable equity.
        equity_is_total: Whether `equity_usd` is total equity rather than investable equity.
        discarded_usd: Left uninvested because of size risk in the last cycle that records it.
        discarded_share: The same as a share of what was investable then, 0...1.
        problem_count: What in the source was skipped, patched or odd.
    """

    cycle_count: int
    pair_count: int
    first: pd.Timestamp | None
    last: pd.Timestamp | None
    outcome_counts: dict[CycleOutcome, int]
    last_outcome: CycleOutcome | None
    last_decision: str
    equity_usd: Usd | None
    equity_is_total: bool
    discarded_usd: Usd | None
    discarded_share: float | None
    problem_count: int


def headline(history: History) -> Headline:
    """The first numbers about a history."""
    outcomes = cycle_outcomes(history)
    counts = outcomes["outcome"].value_counts()
    risk = size_risk_frame(history).dropna(subset=["discarded_usd"])
    total = _last(numbers(history.tables.equity, "total_equity"))
    empty = not len(history)
    return Headline(
        cycle_count=len(history),
        pair_count=len(np.unique(history.tables.signals["pair_id"].to_numpy())),
        first=None if empty else history.timestamps[0],
        last=None if empty else history.timestamps[-1],
        outcome_counts={CycleOutcome(str(name)): int(count) for name, count in counts.items()},
        last_outcome=None if empty else CycleOutcome(outcomes["outcome"].iloc[-1]),
        last_decision="No cycle is recorded."
        if empty
        else describe_decision(outcomes.iloc[-1], failed_counts(history)[-1]),
        equity_usd=_last(numbers(history.tables.cycles, "investable_equity")) if total is None else total,
        equity_is_total=total is not None,
        discarded_usd=None if risk.empty else float(risk["discarded_usd"].iloc[-1]),
        discarded_share=None if risk.empty else _last(risk["discarded_share"].tail(1).to_numpy()),
        problem_count=history.tables.problems.num_rows,
    )


def decision_sentences(history: History, places: Places | None = None) -> list[str]:
    """One sentence for each cycle, of our own words and numbers.

    Args:
        history: The record.
        places: Only these cycles, by their places; None is all.
    """
    outcomes, failed = cycle_outcomes(history), failed_counts(history)
    if places is not None:
        outcomes, failed = outcomes.iloc[places], failed[places]
    return [describe_decision(row, count) for row, count in zip(outcomes.to_dict("records"), failed, strict=True)]


def describe_decision(outcome: Mapping[Any, Any] | pd.Series, failed: int = 0) -> str:
    """One cycle in one sentence.

    Args:
        outcome: A row of `cycle_outcomes`.
        failed: How many of its trades failed: its number of `failed_counts`.
    """
    kind = CycleOutcome(outcome["outcome"])
    moment = f"{outcome['timestamp']:%-d %B %Y, %H:%M} UTC"
    count, amount = outcome["traded_count"], outcome["traded_usd"]
    largest, threshold = outcome["max_position_adjust_usd"], outcome["position_adjust_threshold_usd"]
    if kind in {CycleOutcome.rebalanced, CycleOutcome.partly_rebalanced}:
        trades = words.count(int(count), "trade")
        if failed >= count:
            which = "which failed" if count == 1 else "which all failed"
            return f"On {moment} the strategy planned {trades} worth {words.usd(amount)}, {which}."
        verb = "rebalanced" if kind is CycleOutcome.rebalanced else "rebalanced in part"
        broken = f", of which {failed:,} failed" if failed else ""
        return f"On {moment} the strategy {verb} with {trades} worth {words.usd(amount)}{broken}."
    if kind is CycleOutcome.held_below_threshold and np.isfinite(largest) and np.isfinite(threshold):
        gap = threshold - largest
        usd = words.usd if gap >= words.ROUND_FROM else words.usd_and_cents
        return (
            f"On {moment} the strategy held: its largest change of {usd(largest)} stayed {usd(gap)} below the "
            f"threshold of {usd(threshold)}."
        )
    if kind is CycleOutcome.unknown and count == 0:
        return f"On {moment}: no trade is recorded, and the source does not say what held it back."
    if kind is CycleOutcome.unknown and np.isnan(largest):
        return f"On {moment}: the source records neither changes in USD nor trades."
    return f"On {moment}: {OUTCOME_MEANINGS[kind]}."


def _last(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float | None:
    """The last number that is not NaN."""
    known = values[~np.isnan(values)]
    return float(known[-1]) if known.size else None
