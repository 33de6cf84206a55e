"""Did the strategy rebalance in this cycle, and if not, what held it back?

Nothing here is guessed: where a source does not record what the answer needs, the answer is `unknown`.
"""

from enum import StrEnum
from typing import cast

import numpy as np
import pandas as pd

from alpha_model.analysis.columns import Numbers, Truths, count_per_cycle, cycle_frame, numbers, sum_per_cycle, texts
from alpha_model.analysis.plan import has_flags, plan_of, rebalance_recorded, rebalance_trades
from alpha_model.history import History
from alpha_model.signal import TradingPairSignalFlags


class CycleOutcome(StrEnum):
    """What became of one cycle."""

    rebalanced = "rebalanced"
    partly_rebalanced = "partly_rebalanced"
    held_below_threshold = "held_below_threshold"
    every_change_skipped = "every_change_skipped"
    unchanged = "unchanged"
    no_signal = "no_signal"
    refused_by_risk = "refused_by_risk"
    unknown = "unknown"


OUTCOME_MEANINGS: dict[CycleOutcome, str] = {
    CycleOutcome.rebalanced: "every wanted change was traded",
    CycleOutcome.partly_rebalanced: "some wanted changes were traded, others skipped pair by pair",
    CycleOutcome.held_below_threshold: "the largest change was below the rebalance threshold, so nothing was traded",
    CycleOutcome.every_change_skipped: "every wanted change was decided against",
    CycleOutcome.unchanged: "the positions were already where they should be",
    CycleOutcome.no_signal: "no pair was selected and none was held",
    CycleOutcome.refused_by_risk: "size risk accepted none of what was asked",
    CycleOutcome.unknown: "the source does not record what the answer needs",
}
"""One clause for people about each outcome."""


def cycle_outcomes(history: History) -> pd.DataFrame:
    """What became of each cycle.

    A planned trade is a signal whose adjust is not 0 and was not decided against. Where the source kept the amounts
    and the threshold of the rebalance, they decide. Where it did not (older files), recorded rebalance trades prove a
    rebalance, the flag `max_adjust_too_small` that the cycle was held, changes that are all marked as ignored that
    nothing was to be traded; the rest is unknown.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); outcome (a `CycleOutcome` value);
        max_position_adjust_usd and position_adjust_threshold_usd as recorded (USD, NaN = not recorded); shortfall_usd
        (threshold - max, NaN unless the cycle was held and both are known); traded_count and traded_usd (Σ|USD|) of
        the planned trades, or of the recorded ones where the cycle does not record its rebalance (NaN = unknown). A
        flip counts twice: the old side closed, the new one opened. USD are those of the signals: position value, which
        for a short is not the notional of its trade.
    """
    cycles = history.tables.cycles
    largest = numbers(cycles, "max_position_adjust_usd")
    threshold = numbers(cycles, "position_adjust_threshold_usd")
    decided = rebalance_recorded(history)
    plan = plan_of(history)
    count, amount = sum_per_cycle(history, plan.trades), sum_per_cycle(history, plan.traded_usd)
    if not decided.all():
        own_count, own_amount = _recorded_trades(history)
        count, amount = np.where(decided, count, own_count), np.where(decided, amount, own_amount)

    traded = count > 0
    held = decided & (largest > 0) & (largest < threshold)
    flagged = count_per_cycle(history, has_flags(history, TradingPairSignalFlags.max_adjust_too_small)) > 0
    absent = (numbers(cycles, "selected_count") == 0) & (numbers(cycles, "held_count") == 0)
    skipped = count_per_cycle(history, plan.skipped) > 0
    undecided = count_per_cycle(history, plan.undecided) > 0
    rules: list[tuple[Truths, CycleOutcome]] = [
        (held, CycleOutcome.held_below_threshold),
        (traded & skipped, CycleOutcome.partly_rebalanced),
        (traded, CycleOutcome.rebalanced),
        (absent, CycleOutcome.no_signal),
        (_nothing_accepted(history), CycleOutcome.refused_by_risk),
        (decided & (largest == 0), CycleOutcome.unchanged),
        (flagged, CycleOutcome.held_below_threshold),
        (skipped & ~undecided, CycleOutcome.every_change_skipped),
    ]
    outcome = np.select([rule for rule, _ in rules], [str(name) for _, name in rules], str(CycleOutcome.unknown))
    idle = ~traded & (outcome != CycleOutcome.unknown)
    return cycle_frame(
        history,
        {
            "outcome": texts(outcome.tolist()),
            "max_position_adjust_usd": largest,
            "position_adjust_threshold_usd": threshold,
            "shortfall_usd": np.where(held, threshold - largest, np.nan),
            "traded_count": np.where(held | idle, 0.0, count),
            "traded_usd": np.where(held | idle, 0.0, amount),
        },
    )


def _recorded_trades(history: History) -> tuple[Numbers, Numbers]:
    """How many rebalance trades the source recorded for each cycle, and their Σ|USD|; NaN where it keeps no trades."""
    trades = rebalance_trades(history)
    place = np.searchsorted(history.cycle_numbers, trades["cycle"].to_numpy())
    values = np.nan_to_num(numbers(trades, "value"))
    counts = np.bincount(place, minlength=len(history)).astype(np.float64)
    amounts = np.bincount(place, weights=values, minlength=len(history)).astype(np.float64)
    kept = (counts > 0) | ~np.isnan(numbers(history.tables.cycles, "trade_count"))
    return np.where(kept, counts, np.nan), np.where(kept, amounts, np.nan)


def _nothing_accepted(history: History) -> Truths:
    """In which cycles size risk was asked for something and accepted nothing."""
    asked = sum_per_cycle(history, numbers(history.tables.signals, "asked"))
    accepted = sum_per_cycle(history, numbers(history.tables.signals, "accepted"))
    return cast("Truths", (asked > 0) & (accepted == 0))
