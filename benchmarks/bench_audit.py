"""How long do the audit and a comparison take, and how do they grow?

Prints medians of interleaved runs and their ratios to one pandas group-by rank of the same rows.
"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
from measure import table, time_together

from alpha_model.analysis import audit_report, compare_histories
from alpha_model.history import History
from alpha_model.history.tables import SCHEMAS, empty_tables

PAIRS = 100
SIZES = (1_000, 3_000, 10_000)
DAY = 86_400_000_000
FIRST = 11_000
"""Days from 1970 to the first cycle."""
STEPS = [
    {"step": "normalise_weights", "max_weight": 0.2},
    {"step": "generate_rebalance_trades_and_triggers", "individual_rebalance_min_threshold": 0.0},
]


def make_history(cycle_count: int, seed: int = 1) -> History:
    """A record that adds up, of 100 pairs a cycle, half of them traded; prices stand still."""
    random = np.random.default_rng(seed)
    rows = cycle_count * PAIRS
    cycle = np.repeat(np.arange(cycle_count), PAIRS)
    pair = np.tile(np.arange(1, PAIRS + 1), cycle_count)
    raw = random.uniform(0.5, 1.5, (cycle_count, PAIRS))
    weight = raw / raw.sum(axis=1, keepdims=True)
    target = weight * 1e6
    old = np.vstack([np.zeros(PAIRS), target[:-1]])
    adjust = target - old
    signals = {
        "cycle": cycle,
        "timestamp": (FIRST + cycle) * DAY,
        "pair_id": pair,
        "selected": np.ones(rows, dtype=bool),
        "signal": raw.ravel(),
        "signal_in_selection": raw.ravel(),
        "raw_weight": raw.ravel(),
        "normalised_weight": weight.ravel(),
        "old_value": old.ravel(),
        "old_weight": (old / np.maximum(old.sum(axis=1, keepdims=True), 1)).ravel(),
        "old_quantity": old.ravel() / 10,
        "position_target": target.ravel(),
        "position_adjust_usd": adjust.ravel(),
        "position_adjust_quantity": np.minimum(adjust, 0).ravel() / 10,
        "ignored": np.zeros(rows, dtype=bool),
        "price": np.full(rows, 10.0),
        "flag_bits": np.zeros(rows, dtype=np.uint32),
        "carry_forward": np.zeros(rows, dtype=bool),
    }
    each = np.arange(cycle_count)
    cycles = {
        "cycle": each,
        "timestamp": (FIRST + each) * DAY,
        "investable_equity": np.full(cycle_count, 1e6),
        "max_position_adjust_usd": np.abs(adjust).max(axis=1),
        "position_adjust_threshold_usd": np.full(cycle_count, 10.0),
        "close_position_weight_epsilon": np.full(cycle_count, 0.0),
        "raw_count": np.full(cycle_count, PAIRS),
        "selected_count": np.full(cycle_count, PAIRS),
        "held_count": (old > 0).sum(axis=1),
        "trade_count": np.full(cycle_count, PAIRS),
        "pipeline": [json.dumps(STEPS)] * cycle_count,
        "revision": np.zeros(cycle_count, dtype=np.int64),
        "source": ["recorder"] * cycle_count,
    }
    trades = {
        "cycle": cycle,
        "timestamp": (FIRST + cycle) * DAY,
        "pair_id": pair,
        "side": np.where(adjust.ravel() > 0, "buy", "sell"),
        "kind": ["rebalance"] * rows,
        "status": ["executed"] * rows,
        "planned_quantity": adjust.ravel() / 10,
        "executed_quantity": adjust.ravel() / 10,
        "planned_price": np.full(rows, 10.0),
        "executed_price": np.full(rows, 10.0),
        "value": np.abs(adjust).ravel(),
    }
    names = [f"T{number}-USDC" for number in range(1, PAIRS + 1)]
    pairs = {"pair_id": np.arange(1, PAIRS + 1), "ticker": names, "identity": ["{}"] * PAIRS}
    made = {"signals": signals, "cycles": cycles, "trades": trades, "pairs": pairs}
    return History(replace(empty_tables(), **{name: _table(name, columns) for name, columns in made.items()}))


def _table(name: str, columns: dict[str, object]) -> pa.Table:
    schema = SCHEMAS[name]
    count = len(next(iter(columns.values())))  # type: ignore[call-overload]
    arrays = [
        pa.array(columns[field.name]).cast(field.type) if field.name in columns else pa.nulls(count, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def again(history: History) -> History:
    """The same history, of which nothing is known yet."""
    history.kept.clear()
    return history


def main() -> None:
    """Measure and print."""
    histories = {size: make_history(size) for size in SIZES}
    report = audit_report(histories[SIZES[0]], now="2100-01-01")
    print(report.summary[report.summary["findings"] > 0][["rule", "findings"]].to_string() or "no findings")
    frames = {size: history.signals[["cycle", "raw_weight"]] for size, history in histories.items()}
    work = {f"audit, {size:,} cycles": (lambda size=size: audit_report(again(histories[size]))) for size in SIZES}
    work |= {
        f"compare, {size:,} cycles": (lambda size=size: compare_histories(again(histories[size]), histories[size]))
        for size in SIZES
    }
    largest = frames[SIZES[-1]]
    work["one group-by rank, 10,000 cycles"] = lambda: largest.groupby("cycle")["raw_weight"].rank()  # noqa: PLW0108
    timings = time_together(work, rounds=5)
    print(table(timings, "one group-by rank, 10,000 cycles"))
    for name in ("audit", "compare"):
        ratio = timings[f"{name}, 10,000 cycles"].median / timings[f"{name}, 1,000 cycles"].median
        print(f"{name}: 10,000 cycles take {ratio:.1f} times as long as 1,000")


if __name__ == "__main__":
    main()
