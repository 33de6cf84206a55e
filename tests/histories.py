"""Histories that tests are made of: a few cycles, two or three pairs, round numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alpha_model import AlphaModel
from alpha_model.analysis.facts.plan import SKIPPING
from alpha_model.history import History, Source, read_history_bytes
from alpha_model.history.tables.schema import FLAG_BITS, SCHEMAS, empty_tables, pack_flags, table_of

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
REPOSITORY = Path(__file__).parents[1]
SAMPLES = sorted(path for path in (REPOSITORY / "sample_states").iterdir() if ".json" in path.name)
SHARED = REPOSITORY.parent / "shared" / "states"
"""Real histories, which lie beside the repository and are not part of it."""
REAL = sorted([*SHARED.glob("*.json*"), *SHARED.glob("live/*.json")])
EVERY = [path for path in [*SAMPLES, *REAL] if "no-alpha-model" not in path.name]
"""The samples and the real histories, but for the one file without an alpha model."""

Rows = Sequence[Mapping[str, Any]]

SKIPPED = sum(FLAG_BITS[flag] for flag in SKIPPING)


def moment(cycle: int) -> datetime:
    """The time of a cycle: one a day, from Monday on."""
    return MONDAY + timedelta(days=cycle)


def make_history(
    signals: Rows = (),
    cycles: Rows | int = 1,
    tickers: Mapping[int, str] | None = None,
    trades: Rows | None = None,
    name: str = "made.json",
    **tables: Rows,
) -> History:
    """A history of daily cycles.

    Args:
        signals: Of each at least `pair_id`; unless given, `cycle` is 0, `selected` True, `signal` 1; `flags` are names.
        cycles: Their rows, or how many there are; counts follow from the signals.
        tickers: Of the pairs, `T1-USDC` unless given.
        trades: Of each at least `pair_id` and `value`; a rebalance buy of cycle 0 unless given. None fills
            whatever the cycles planned, as a back-test does; an empty list leaves plans without a fill.
        name: Of the source.
        tables: Rows of `equity`, `messages`, `problems`.
    """
    rows = [_signal(row) for row in signals]
    wanted = [{} for _ in range(cycles)] if isinstance(cycles, int) else cycles
    ids = sorted({row["pair_id"] for row in rows} | set(tickers or {}))
    names = {pair_id: f"T{pair_id}-USDC" for pair_id in ids} | dict(tickers or {})
    made = {
        "cycles": [_cycle(number, row, rows) for number, row in enumerate(wanted)],
        "signals": sorted(rows, key=lambda row: row["cycle"]),
        "pairs": [{"pair_id": pair_id, "ticker": names[pair_id], "identity": "{}"} for pair_id in ids],
        "trades": [_trade(row) for row in (_fills(rows, wanted) if trades is None else trades)],
        **tables,
    }
    return History(
        replace(empty_tables(), **{key: table_of(key, _columns(key, rows)) for key, rows in made.items() if rows}),
        Source(name),
    )


def make_long_history(cycle_count: int, pair_count: int) -> History:
    """Every pair selected in every cycle, with equal weights and three flags a cycle."""
    share = 1 / pair_count
    return make_history(
        [
            {
                "cycle": cycle,
                "pair_id": pair_id,
                "raw_weight": 1.0,
                "normalised_weight": share,
                "old_weight": 0.0,
                "position_adjust_usd": 10.0,
                "flags": ["capped_by_pool_size", "closed", "new"] if pair_id == 1 else [],
            }
            for cycle in range(cycle_count)
            for pair_id in range(1, pair_count + 1)
        ],
        [
            {"max_position_adjust_usd": 10.0 + number, "position_adjust_threshold_usd": 5.0}
            for number in range(cycle_count)
        ],
    )


def differing_tables(one: History, other: History, *but: str) -> list[str]:
    """The tables in which two histories differ, columns of `cycles` that are named left aside."""
    found = []
    for name in SCHEMAS:
        tables = [getattr(history.tables, name) for history in (one, other)]
        if name == "cycles":
            tables = [table.drop_columns(list(but)) for table in tables]
        if not tables[0].equals(tables[1]):
            found.append(name)
    return found


def kept_by_framework(*models: AlphaModel) -> History:
    """The cycles as a state file of the reference framework keeps them, one a day, read back."""
    calculations = {}
    for day, model in enumerate(models):
        when = int(moment(day).timestamp())
        calculations[str(when)] = model.to_dict(encode_json=True) | {"timestamp": when}
    state = {"created_at": 0, "visualisation": {"calculations": calculations}}
    return read_history_bytes(json.dumps(state).encode(), "state.json")


def _signal(row: Mapping[str, Any]) -> dict[str, Any]:
    values = {"cycle": 0, "selected": True, "signal": 1.0, "ignored": False, "carry_forward": False, **row}
    values.setdefault("signal_in_selection", values["signal"] if values["selected"] else None)
    values["flag_bits"], values["other_flags"] = pack_flags(values.pop("flags", ()))
    return {"timestamp": moment(values["cycle"]), **values}


def _cycle(number: int, row: Mapping[str, Any], signals: Rows) -> dict[str, Any]:
    own = [signal for signal in signals if signal["cycle"] == number]
    return {
        "cycle": number,
        "timestamp": moment(number),
        "raw_count": len(own),
        "selected_count": sum(signal["selected"] for signal in own),
        "held_count": sum(bool(signal.get("old_value")) for signal in own),
        "revision": 0,
        "source": "calculations",
        **row,
    }


def _fills(signals: Rows, cycles: Rows) -> list[dict[str, Any]]:
    """An executed trade for each change that a cycle with a known rebalance planned, two for a flip."""
    fills = []
    for signal in signals:
        gate = cycles[signal["cycle"]]
        change, held = signal.get("position_adjust_usd") or 0.0, abs(signal.get("old_value") or 0.0)
        largest, threshold = (gate.get(name) for name in ("max_position_adjust_usd", "position_adjust_threshold_usd"))
        against = signal["ignored"] or signal["flag_bits"] & SKIPPED
        if not change or against or largest is None or threshold is None or largest < threshold:
            continue
        was_short = (signal.get("old_kind") or "").endswith("short")
        flips = held and signal["signal_in_selection"] and (signal["signal_in_selection"] < 0) != was_short
        closes = signal["flag_bits"] & FLAG_BITS["closed"]
        values = [held, abs(change)] if flips and not closes else [held if closes else abs(change)]
        sides = ("buy", "sell") if change > 0 else ("sell", "buy")
        keys = {"cycle": signal["cycle"], "pair_id": signal["pair_id"]}
        fills += [{**keys, "side": sides[len(values) - 1 - n], "value": value} for n, value in enumerate(values)]
    return fills


def _trade(row: Mapping[str, Any]) -> dict[str, Any]:
    values = {"cycle": 0, "side": "buy", "kind": "rebalance", "status": "executed", **row}
    return {"timestamp": moment(values["cycle"] or 0), **values}


def _columns(table: str, rows: Rows) -> dict[str, list[Any]]:
    return {field.name: [row.get(field.name) for row in rows] for field in SCHEMAS[table]}
