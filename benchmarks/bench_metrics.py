"""How long do all metrics take, and how do they grow?

Prints medians of interleaved runs and their ratios to one pandas group-by rank of the same rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from bench_audit import PAIRS, SIZES, again, make_history
from measure import table, time_together

from alpha_model.analysis import cycle_metrics, facts_of, near_misses
from alpha_model.analysis.metrics import (
    constraint_effects,
    forecast_quality,
    next_returns,
    outcome_streaks,
    pair_streaks,
    rolling_metrics,
)
from alpha_model.history import History

BASELINE = "one group-by rank, 10,000 cycles"


def make_market(cycle_count: int, seed: int = 1) -> History:
    """The record of the audit's benchmark, a million trades at 10,000 cycles, with prices that move."""
    history = make_history(cycle_count, seed)
    steps = np.random.default_rng(seed).normal(0, 0.01, (cycle_count, PAIRS))
    prices = 10 * np.exp(np.cumsum(steps, axis=0)).ravel()
    signals = history.tables.signals
    place = signals.schema.get_field_index("price")
    return History(
        replace(history.tables, signals=signals.set_column(place, signals.schema.field("price"), pa.array(prices)))
    )


def with_ledger(history: History) -> History:
    """The same history, of which only the ledger is known."""
    facts = facts_of(history)
    known = {name: getattr(facts, name) for name in ("plan", "executed", "settings", "ledger")}
    facts_of(again(history)).__dict__.update(known)
    return history


def main() -> None:
    """Measure and print."""
    histories = {size: make_market(size) for size in SIZES}
    largest = histories[SIZES[-1]]
    rolling = cycle_metrics(largest)
    work: dict[str, Callable[[], Any]] = {
        f"all metrics, {size:,} cycles": (lambda size=size: cycle_metrics(with_ledger(histories[size])))
        for size in SIZES
    }
    work |= {
        "the ledger that they need, 10,000": lambda: facts_of(again(largest)).ledger,
        "next_returns, 10,000": lambda: next_returns(again(largest)),
        "forecast_quality, 10,000": lambda: forecast_quality(again(largest)),
        "constraint_effects, 10,000": lambda: constraint_effects(again(largest)),
        "near_misses, 10,000": lambda: near_misses(again(largest)),
        "outcome_streaks, 10,000": lambda: outcome_streaks(again(largest)),
        "pair_streaks, 10,000": lambda: pair_streaks(again(largest)),
        "rolling_metrics, 10,000": lambda: rolling_metrics(rolling, 20),
    }
    frame = largest.signals[["cycle", "raw_weight"]]
    work[BASELINE] = lambda: frame.groupby("cycle")["raw_weight"].rank()  # noqa: PLW0108
    timings = time_together(work, rounds=9)
    print(table(timings, BASELINE))
    medians = [timings[f"all metrics, {size:,} cycles"].median for size in SIZES]
    for size, seconds in zip(SIZES[1:], medians[1:], strict=True):
        print(f"{size // SIZES[0]} times the cycles take {seconds / medians[0]:.1f} times as long")


if __name__ == "__main__":
    main()
