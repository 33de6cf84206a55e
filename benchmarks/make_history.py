"""What does a large history look like? Arrow tables of plausible numbers that belong together, built directly.

Every cycle has the same pairs; the strongest tenth or more are selected and weighted by strength, capped, sized and
held until the next cycle; changes below a threshold are skipped. The same arguments give the same history.
"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa

from alpha_model.history import History, Source
from alpha_model.history.tables import FLAG_BITS, SCHEMAS, empty_tables

DAY = 86_400_000_000
FIRST_DAY = 11_000
"""Days from 1970 to the first cycle."""
EQUITY = 1e6
MAX_WEIGHT = 0.04
SMALLEST_TRADE = 500.0


def large_history(cycle_count: int, pair_count: int = 100, seed: int = 1, *, settings: bool = True) -> History:
    """A history of daily cycles in which half of the pairs are selected.

    Args:
        cycle_count: Cycles.
        pair_count: Pairs in each of them.
        seed: Of the random numbers.
        settings: Whether the cycles record their settings; without, an analysis has to infer them.
    """
    random = np.random.default_rng(seed)
    shape = (cycle_count, pair_count)
    signal = random.uniform(0.01, 1, shape)
    selected = signal > np.median(signal, axis=1, keepdims=True)
    raw = np.where(selected, signal, 0.0)
    share = raw / raw.sum(axis=1, keepdims=True)
    weight = np.minimum(share, MAX_WEIGHT)
    target = weight * EQUITY
    old, adjust, skipped = _held(target)
    inside = selected | (old > 0)
    closed = ~selected & (old > 0)
    bits = (share > MAX_WEIGHT) * np.uint32(FLAG_BITS["capped_by_concentration"])
    bits |= skipped * np.uint32(FLAG_BITS["individual_trade_size_too_small"])
    bits |= closed * np.uint32(FLAG_BITS["closed"] | FLAG_BITS["close_position_weight_limit"])
    cycle = np.repeat(np.arange(cycle_count), pair_count)
    spot = pa.DictionaryArray.from_arrays(pa.array(np.zeros(cycle.size, np.int8)), ["spot_market_hold"]).cast("string")
    signals = {
        "cycle": cycle,
        "timestamp": (FIRST_DAY + cycle) * DAY,
        "pair_id": np.tile(np.arange(1, pair_count + 1), cycle_count),
        "selected": selected,
        "signal": signal,
        "signal_in_selection": pa.array(np.where(selected, signal, 0.0).ravel(), mask=~inside.ravel()),
        "raw_weight": raw,
        "normalised_weight": weight,
        "old_value": old,
        "old_weight": old / np.maximum(old.sum(axis=1, keepdims=True), 1),
        "old_kind": spot,
        "synthetic_kind": spot,
        "position_target": pa.array(target.ravel(), mask=~inside.ravel()),
        "position_adjust_usd": adjust,
        "ignored": skipped,
        "price": np.full(shape, 10.0),
        "flag_bits": bits.astype(np.uint32),
        "carry_forward": np.zeros(shape, dtype=bool),
    }
    each = np.arange(cycle_count)
    cycles = {
        "cycle": each,
        "timestamp": (FIRST_DAY + each) * DAY,
        "investable_equity": np.full(cycle_count, EQUITY),
        "max_position_adjust_usd": np.abs(adjust).max(axis=1),
        "position_adjust_threshold_usd": np.full(cycle_count, 10.0),
        "close_position_weight_epsilon": np.full(cycle_count, 0.0),
        "raw_count": np.full(cycle_count, pair_count),
        "selected_count": selected.sum(axis=1),
        "held_count": (old > 0).sum(axis=1),
        "pipeline": [json.dumps(_steps(pair_count))] * cycle_count if settings else [None] * cycle_count,
        "revision": np.zeros(cycle_count, dtype=np.int64),
        "source": ["made"] * cycle_count,
    }
    names = [f"T{number}-USDC" for number in range(1, pair_count + 1)]
    pairs = {"pair_id": np.arange(1, pair_count + 1), "ticker": names, "identity": ["{}"] * pair_count}
    made = {"signals": signals, "cycles": cycles, "pairs": pairs}
    tables = {name: _table(name, columns) for name, columns in made.items()}
    return History(replace(empty_tables(), **tables), Source("made"))


def _held(target: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is held before each cycle, the change, and which changes are skipped; prices stand still."""
    old, adjust, skipped = (np.zeros(target.shape, dtype) for dtype in (float, float, bool))
    holding = np.zeros(target.shape[1])
    for cycle, wanted in enumerate(target):
        change = wanted - holding
        skip = (np.abs(change) < SMALLEST_TRADE) & (change != 0) & (wanted > 0)
        old[cycle], adjust[cycle], skipped[cycle] = holding, change, skip
        holding = np.where(skip, holding, wanted)
    return old, adjust, skipped


def _steps(pair_count: int) -> list[dict[str, object]]:
    return [
        {"step": "select_top_signals", "count": pair_count // 2, "threshold": 0.0},
        {"step": "assign_weights", "method": "weight_passthrough"},
        {"step": "normalise_weights", "max_weight": MAX_WEIGHT},
        {"step": "generate_rebalance_trades_and_triggers", "individual_rebalance_min_threshold": SMALLEST_TRADE},
    ]


def _table(name: str, columns: dict[str, object]) -> pa.Table:
    schema = SCHEMAS[name]
    length = len(next(iter(columns.values())))
    arrays = [
        _array(columns[field.name], field.type) if field.name in columns else pa.nulls(length, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: object, kind: pa.DataType) -> pa.Array:
    if isinstance(values, np.ndarray):
        return pa.array(values.ravel()).cast(kind)
    return values if isinstance(values, pa.Array) else pa.array(values, kind)
