"""Did the strategy decide to rebalance in this cycle, and if not, what held it back?

Nothing here is guessed: where a source does not record what the answer needs, the answer is `unknown`.
"""

from enum import StrEnum
from typing import cast

import numpy as np
import pandas as pd

from alpha_model.analysis.facts.columns import (
    Numbers,
    Truths,
    count_per_cycle,
    cycle_frame,
    numbers,
    sum_per_cycle,
    texts,
)
from alpha_model.analysis.facts.execution import DOING, NOT_DONE, Execution
from alpha_model.analysis.facts.facts import Facts, facts_of
from alpha_model.analysis.facts.plan import has_flags, held_by_threshold, rebalance_recorded, rows_of_trades
from alpha_model.history import History
from alpha_model.values import TradingPairSignalFlags


class CycleOutcome(StrEnum):
    """What was decided in one cycle; what became of it is its `Execution`."""

    rebalanced = "rebalanced"
    partly_rebalanced = "partly_rebalanced"
    held_below_threshold = "held_below_threshold"
    every_change_skipped = "every_change_skipped"
    unchanged = "unchanged"
    no_signal = "no_signal"
    refused_by_risk = "refused_by_risk"
    unknown = "unknown"


OUTCOME_MEANINGS: dict[CycleOutcome, str] = {
    CycleOutcome.rebalanced: "every wanted change was planned as a trade",
    CycleOutcome.partly_rebalanced: "some wanted changes were planned as trades, others skipped pair by pair",
    CycleOutcome.held_below_threshold: "the largest change was below the rebalance threshold, so nothing was traded",
    CycleOutcome.every_change_skipped: "every wanted change was decided against",
    CycleOutcome.unchanged: "nothing was to be changed, every target is what was held already",
    CycleOutcome.no_signal: "no pair was selected, and the model held none",
    CycleOutcome.refused_by_risk: "size risk accepted none of what was asked",
    CycleOutcome.unknown: "the source does not record what the answer needs",
}
"""One clause for people about each outcome."""


STANDING_WORDS: dict[str, str] = {
    **{str(outcome): str(outcome).replace("_", " ") for outcome in CycleOutcome},
    Execution.executed_in_part: "executed in part",
    Execution.awaiting: "awaiting fills",
    Execution.unconfirmed: "planned, unconfirmed",
    Execution.contradicted: "planned, not made",
    Execution.failed: "planned, failed",
}
"""How a cycle stands, in a few words: the outcome, or, where its trades are not all executed, what became of them."""


_AS_PLANS = {
    CycleOutcome.rebalanced: "rebalance planned",
    CycleOutcome.partly_rebalanced: "rebalance planned in part",
}


def outcome_words(outcome: str, execution: str) -> str:
    """What was decided, in words that do not tell a plan as done.

    Args:
        outcome: A `CycleOutcome` value.
        execution: An `Execution` value: what became of it.
    """
    kind = CycleOutcome(outcome)
    plan = _AS_PLANS.get(kind) if Execution(execution) not in DOING else None
    return str(kind).replace("_", " ") if plan is None else plan


def cycle_outcomes(history: History | Facts) -> pd.DataFrame:
    """What was decided in each cycle, and what became of it.

    A planned trade is a signal whose adjust is not 0 and was not decided against. Where the source kept the amounts
    and the threshold of the rebalance, they decide. Where it did not (older files), recorded rebalance trades prove a
    decision to rebalance, the flag `max_adjust_too_small` that the cycle was held, changes that are all marked as
    ignored that nothing was to be traded; the rest is unknown.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); outcome (a `CycleOutcome` value: what was
        decided); execution (an `Execution` value: what became of it); standing (a key of `STANDING_WORDS`: the outcome,
        or the execution where a plan was not executed whole); flag_disagrees (a flag says that the whole rebalance was
        held, and a trade of it is on record); beside_count and beside_usd (positions of pairs that the cycle has no
        signal of, such as credit; NaN = not recorded); max_position_adjust_usd and position_adjust_threshold_usd as
        recorded (USD, NaN = not recorded); shortfall_usd (threshold - max, NaN unless the cycle was held and both are
        known); planned_count and planned_usd of the planned trades, Σ |quantity| × price, a close of the whole
        position, a flip both sides, the collateral of a short apart (NaN = unknown); traded_count and traded_usd, the
        same of those that were executed (NaN where the execution is not known); failed, awaiting, unconfirmed and
        contradicted trades likewise, as `failed_count`, `failed_usd` …; told_count and confirmed_count: of how many
        planned trades the next holdings are known, fill or not, and how many they show.
    """
    return facts_of(history).outcomes.copy(deep=False)


def outcomes_of(facts: Facts) -> pd.DataFrame:
    """`cycle_outcomes`; `Facts.outcomes` keeps it."""
    history = facts.history
    largest, threshold = facts.of_cycle("max_position_adjust_usd"), facts.of_cycle("position_adjust_threshold_usd")
    decided = rebalance_recorded(history)
    plan, sums = facts.plan, facts.executed.cycles
    planned = np.nan_to_num(sums["planned_count"].astype(np.float64)) > 0
    held = held_by_threshold(history) & ~planned
    flagged = count_per_cycle(history, has_flags(history, TradingPairSignalFlags.max_adjust_too_small)) > 0
    absent = (facts.of_cycle("selected_count") == 0) & (facts.of_cycle("held_count") == 0)
    skipped = count_per_cycle(history, plan.skipped) > 0
    undecided = count_per_cycle(history, plan.undecided) > 0
    rules: list[tuple[Truths, CycleOutcome]] = [
        (held, CycleOutcome.held_below_threshold),
        (planned & skipped, CycleOutcome.partly_rebalanced),
        (planned, CycleOutcome.rebalanced),
        (absent, CycleOutcome.no_signal),
        (_nothing_accepted(history), CycleOutcome.refused_by_risk),
        (decided & (largest == 0), CycleOutcome.unchanged),
        (flagged, CycleOutcome.held_below_threshold),
        (skipped & ~undecided, CycleOutcome.every_change_skipped),
    ]
    outcome = np.select([rule for rule, _ in rules], [str(name) for _, name in rules], str(CycleOutcome.unknown))
    execution = facts.executed.cycle_words()
    idle = ~planned & (outcome != CycleOutcome.unknown)
    execution[idle & (execution == Execution.unknown)] = str(Execution.nothing_planned)
    sums = {name: np.where(idle, 0.0, values) for name, values in sums.items() if name != "execution"}
    blind = np.isin(execution, _BLIND)
    traded = {f"traded_{unit}": np.where(blind, np.nan, sums.pop(f"executed_{unit}")) for unit in ("count", "usd")}
    plans = {f"planned_{unit}": sums.pop(f"planned_{unit}") for unit in ("count", "usd")}
    return cycle_frame(
        history,
        {
            "outcome": texts(outcome.tolist()),
            "execution": texts(execution.tolist()),
            "standing": texts(np.where(np.isin(execution, _TOLD), execution, outcome).tolist()),
            "flag_disagrees": flagged & planned,
            **_held_beside(history),
            "max_position_adjust_usd": largest,
            "position_adjust_threshold_usd": threshold,
            "shortfall_usd": np.where(held, threshold - largest, np.nan),
            **plans,
            **traded,
            **sums,
        },
    )


_TOLD = [str(word) for word in (Execution.executed_in_part, *NOT_DONE) if word is not Execution.unknown]
"""Of these the outcome alone would tell a plan as a fact."""

_BLIND = [str(word) for word in (Execution.awaiting, Execution.unconfirmed, Execution.unknown)]
"""Where nobody can say how much was traded."""


def _held_beside(history: History) -> dict[str, Numbers]:
    """Positions of pairs that the cycle has no signal of, such as credit: how many, and USD; NaN where none tells."""
    table = history.tables.positions
    if not history.whole.tables.positions.num_rows:
        return {name: np.full(len(history), np.nan) for name in ("beside_count", "beside_usd")}
    alone = rows_of_trades(history, table) < 0
    place = np.searchsorted(history.cycle_numbers, table["cycle"].to_numpy())[alone]
    value = numbers(table, "value")[alone]  # one that is not known leaves the sum unknown
    return {
        "beside_count": np.bincount(place, minlength=len(history)).astype(np.float64),
        "beside_usd": np.bincount(place, weights=value, minlength=len(history)).astype(np.float64),
    }


def _nothing_accepted(history: History) -> Truths:
    """In which cycles size risk was asked for something and accepted nothing."""
    asked = sum_per_cycle(history, numbers(history.tables.signals, "asked"))
    accepted = sum_per_cycle(history, numbers(history.tables.signals, "accepted"))
    return cast("Truths", (asked > 0) & (accepted == 0))
