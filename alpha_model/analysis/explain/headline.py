"""What would a colleague want to hear first about this history?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from alpha_model.analysis import words
from alpha_model.analysis.cycles import size_risk_frame
from alpha_model.analysis.explain.execution_words import planned_and_done
from alpha_model.analysis.facts import OUTCOME_MEANINGS, CycleOutcome, Execution, Places, cycle_outcomes, numbers
from alpha_model.history import History
from alpha_model.values import Usd


@dataclass(frozen=True, slots=True)
class Headline:
    """The first numbers about a history; None is "not recorded".

    Args:
        cycle_count: Decisions recorded.
        pair_count: Pairs that ever had a signal.
        first: Time of the first cycle, UTC.
        last: Time of the last cycle, UTC.
        outcome_counts: How many cycles decided what; only outcomes that occur, the most frequent first.
        last_outcome: What the last cycle decided.
        standing_counts: How many cycles stand how (`STANDING_WORDS`); only what occurs, the most frequent first.
        execution_counts: Of how many cycles the planned trades became what; only what occurs, the most frequent first.
        last_execution: What became of the trades of the last cycle.
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
    standing_counts: dict[str, int]
    execution_counts: dict[Execution, int]
    last_execution: Execution | None
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
        standing_counts={str(name): int(count) for name, count in outcomes["standing"].value_counts().items()},
        execution_counts={
            Execution(str(name)): int(count) for name, count in outcomes["execution"].value_counts().items()
        },
        last_execution=None if empty else Execution(outcomes["execution"].iloc[-1]),
        last_decision="No cycle is recorded." if empty else describe_decision(outcomes.iloc[-1]),
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
    outcomes = cycle_outcomes(history)
    return list(map(describe_decision, (outcomes if places is None else outcomes.iloc[places]).to_dict("records")))


def describe_decision(outcome: Mapping[Any, Any] | pd.Series) -> str:
    """One cycle in one sentence.

    Args:
        outcome: A row of `cycle_outcomes`.
    """
    row = dict(outcome)
    kind = CycleOutcome(row["outcome"])
    moment = f"{row['timestamp']:%-d %B %Y, %H:%M} UTC"
    if kind in _VERBS:
        flagged = ", although its flags say that the rebalance was held" if row["flag_disagrees"] else ""
        return f"On {moment} the strategy {planned_and_done(row, _VERBS[kind])}{flagged}."
    if kind is CycleOutcome.held_below_threshold:
        return f"On {moment} the strategy held: {_held(row)}."
    if kind is CycleOutcome.unknown and row["planned_count"] == 0:
        return f"On {moment}: no trade is recorded, and the source does not say what held it back."
    if kind is CycleOutcome.unknown and np.isnan(row["max_position_adjust_usd"]):
        return f"On {moment}: the source records neither changes in USD nor trades."
    return f"On {moment}: {OUTCOME_MEANINGS[kind]}{_beside(row) if kind is CycleOutcome.no_signal else ''}."


_VERBS = {CycleOutcome.rebalanced: "rebalanced", CycleOutcome.partly_rebalanced: "rebalanced in part"}


def _beside(row: Mapping[Any, Any]) -> str:
    if not row["beside_count"] > 0:
        return ""
    worth = f"worth {words.usd(row['beside_usd'])}" if words.known(row["beside_usd"]) else "of unknown worth"
    return f"; {words.count(int(row['beside_count']), 'position')} {worth} stood beside it"


def _held(row: Mapping[Any, Any]) -> str:
    largest, threshold = row["max_position_adjust_usd"], row["position_adjust_threshold_usd"]
    gap = threshold - largest
    if not np.isfinite(gap):
        return OUTCOME_MEANINGS[CycleOutcome.held_below_threshold]
    usd = words.usd if abs(gap) >= words.ROUND_FROM else words.usd_and_cents
    if gap <= 0:
        return (
            f"its flags say so, though its largest change of {usd(largest)} reached the threshold of {usd(threshold)}"
        )
    return f"its largest change of {usd(largest)} stayed {usd(gap)} below the threshold of {usd(threshold)}"


def _last(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float | None:
    """The last number that is not NaN."""
    known = values[~np.isnan(values)]
    return float(known[-1]) if known.size else None
