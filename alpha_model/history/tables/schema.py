"""What does a recorded history consist of, column by column?

The one contract between reading, storing, analysing and drawing: ten Arrow tables. Absent numbers are null, never 0.
Times are UTC. A column that is not nullable is always there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import pyarrow as pa

from alpha_model.values import TradingPairSignalFlags

TIME = pa.timestamp("us", tz="UTC")

REASON = pa.struct(
    [
        ("stage", pa.string()),
        ("code", pa.string()),
        ("before_usd", pa.float64()),
        ("after_usd", pa.float64()),
        ("limit", pa.float64()),
    ]
)


def _field(name: str, kind: pa.DataType, meaning: str, *, nullable: bool = True) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={"meaning": meaning})


def _key(name: str, kind: pa.DataType, meaning: str) -> pa.Field:
    return _field(name, kind, meaning, nullable=False)


CYCLES = pa.schema(
    [
        _key("cycle", pa.int64(), "place in the opened history, 0…"),
        _key("timestamp", TIME, "decision time"),
        _field("investable_equity", pa.float64(), "USD that the cycle may invest"),
        _field("accepted_investable_equity", pa.float64(), "USD that size risk lets it invest"),
        _field("size_risk_discarded_value", pa.float64(), "USD left uninvested because of size risk"),
        _field("max_position_adjust_usd", pa.float64(), "largest |USD change| of any position"),
        _field("position_adjust_threshold_usd", pa.float64(), "USD below which the whole rebalance is held"),
        _field("close_position_weight_epsilon", pa.float64(), "weight below which a position is closed"),
        _key("raw_count", pa.int64(), "pairs with a raw signal"),
        _key("selected_count", pa.int64(), "pairs selected with a non-zero signal"),
        _key("held_count", pa.int64(), "pairs with a position before the cycle"),
        _field("trade_count", pa.int64(), "trades planned by the cycle; null where the source keeps no trades"),
        _field("message", pa.string(), "the strategy's own report"),
        _field("pipeline", pa.string(), "settings of the steps, JSON"),
        _key("revision", pa.int64(), "0, or how many times the cycle was written again"),
        _key("source", pa.string(), "where in the source: calculations, discardable_data, recorder …"),
        _field("source_key", pa.string(), "the key or line there"),
        _field("run_id", pa.string(), "the run that wrote it, as in runs; null where the source knows of no runs"),
        _field("extra", pa.string(), "fields of the source that this schema does not know, JSON"),
    ]
)

SIGNALS = pa.schema(
    [
        _key("cycle", pa.int64(), "as in cycles"),
        _key("timestamp", TIME, "as in cycles"),
        _key("pair_id", pa.int64(), "as in pairs"),
        _key("selected", pa.bool_(), "selected with a non-zero signal"),
        _field("signal", pa.float64(), "the raw signal; for a pair without one, the signal in the selection"),
        _field("signal_in_selection", pa.float64(), "0 for a pair held and not selected; null outside the selection"),
        _field("raw_weight", pa.float64(), "what the weighting method made of the signal"),
        _field("normalised_weight", pa.float64(), "share of equity, or of the accepted part with size risk"),
        _field("old_weight", pa.float64(), "share of the held positions before the cycle"),
        _field("old_value", pa.float64(), "USD held before the cycle"),
        _field("old_quantity", pa.float64(), "units held before the cycle, negative for a short"),
        _field("old_kind", pa.string(), "kind of the pair held before the cycle"),
        _field("position_target", pa.float64(), "USD wanted"),
        _field("position_adjust_usd", pa.float64(), "USD to change, signed"),
        _field("position_adjust_quantity", pa.float64(), "units to sell or cover, negative; 0 for increases"),
        _key("ignored", pa.bool_(), "the adjust was decided against"),
        _field("asked", pa.float64(), "USD asked of the size-risk model"),
        _field("accepted", pa.float64(), "USD that it allowed"),
        _field("capped", pa.bool_(), "it refused something"),
        _field("size_cap_usd", pa.float64(), "the most that it would have allowed, USD"),
        _field("tvl", pa.float64(), "USD locked in the pool"),
        _field("price", pa.float64(), "mid price at the decision, USD"),
        _key("flag_bits", pa.uint32(), "bit n is the nth of TradingPairSignalFlags"),
        _field("other_flags", pa.list_(pa.string()), "flags that have no bit"),
        _field("leverage", pa.float64(), "null is spot"),
        _field("stop_loss", pa.float64(), "share of the mid price at the decision"),
        _field("take_profit", pa.float64(), "share of the mid price at the decision"),
        _field("trailing_stop_loss", pa.float64(), "share of the highest price since; for a short, of the lowest"),
        _field("profit_before_trades", pa.float64(), "unrealised USD before the cycle"),
        _field("profit_before_trades_pct", pa.float64(), "the same as a share of the cost"),
        _field("position_id", pa.int64(), "the position that a planned trade changes"),
        _field("synthetic_kind", pa.string(), "kind of the pair that is traded"),
        _key("carry_forward", pa.bool_(), "cannot be traded now and keeps its value"),
        _field("reasons", pa.list_(REASON), "what each step did, where the steps recorded it"),
        _field("other_data", pa.string(), "free data of the strategy, JSON"),
        _field("extra", pa.string(), "fields of the source that this schema does not know, JSON"),
    ]
)

PAIRS = pa.schema(
    [
        _key("pair_id", pa.int64(), "the framework's id; negative for a pair that came without one"),
        _key("ticker", pa.string(), "BASE-QUOTE, written by strangers"),
        _field("name", pa.string(), "what its venue calls it, such as a vault, in full; tokens cut such names"),
        _field("base", pa.string(), "symbol"),
        _field("quote", pa.string(), "symbol"),
        _field("kind", pa.string(), "spot_market_hold, vault …"),
        _field("chain_id", pa.int64(), "of the base asset"),
        _field("exchange", pa.string(), "name"),
        _field("pool_address", pa.string(), ""),
        _field("base_address", pa.string(), ""),
        _field("quote_address", pa.string(), ""),
        _key("identity", pa.string(), "everything the source says of the pair, JSON"),
    ]
)

TRADES = pa.schema(
    [
        _field("cycle", pa.int64(), "the last cycle at or before the trade; null before the first"),
        _key("timestamp", TIME, "when the trade was decided"),
        _key("pair_id", pa.int64(), "of the spot pair, also for shorts"),
        _field("trade_id", pa.int64(), ""),
        _field("position_id", pa.int64(), ""),
        _key("side", pa.string(), "buy or sell"),
        _key("kind", pa.string(), "rebalance, stop_loss, take_profit … and test_trade"),
        _key("status", pa.string(), "planned, started, executed, failed, expired or repaired (made good, with a fill)"),
        _field("planned_quantity", pa.float64(), "units, signed"),
        _field("planned_price", pa.float64(), "USD, fees included"),
        _field("planned_mid_price", pa.float64(), "USD"),
        _field("executed_quantity", pa.float64(), "units, signed"),
        _field("executed_price", pa.float64(), "USD"),
        _field("value", pa.float64(), "|USD|: executed where it was, else planned"),
        _field("fees", pa.float64(), "USD"),
        _field("started_at", TIME, "when its execution began"),
        _field("executed_at", TIME, ""),
        _field("failed_at", TIME, ""),
        _field("closing", pa.bool_(), "closes the position"),
        _field("pair_kind", pa.string(), "kind of the pair that is traded: a short has its own"),
        _field("notes", pa.string(), "written by the strategy"),
    ]
)

POSITIONS = pa.schema(
    [
        _key("cycle", pa.int64(), "as in cycles"),
        _key("timestamp", TIME, "as in cycles"),
        _key("pair_id", pa.int64(), "of the spot pair, also for shorts"),
        _field("position_id", pa.int64(), ""),
        _key("state", pa.string(), "open, frozen (a failed trade keeps it from being traded), pending or locked"),
        _field("pair_kind", pa.string(), "kind of the pair that is held: a short or a credit has its own"),
        _field("quantity", pa.float64(), "units held before the trades of the cycle, negative for a short"),
        _field("mark", pa.float64(), "USD per unit at the decision, as the source values it: often what a sale brings"),
        _field("value", pa.float64(), "USD held before the trades of the cycle"),
        _field("profit", pa.float64(), "USD, realised and open, as the source counts it"),
        _field("opened_at", TIME, ""),
    ]
)

MARKET = pa.schema(
    [
        _key("cycle", pa.int64(), "as in cycles"),
        _key("timestamp", TIME, "as in cycles"),
        _key("pair_id", pa.int64(), "of any pair that the strategy knows, with a signal or not"),
        _field("price", pa.float64(), "mid price at the decision, USD"),
        _field("buy_price", pa.float64(), "what one unit costs then, fees included, USD"),
        _field("sell_price", pa.float64(), "what one unit brings then, fees deducted, USD"),
        _field("tvl", pa.float64(), "USD locked in the pool"),
        _field("size_cap_usd", pa.float64(), "the most that size risk would allow, USD"),
        _field("can_deposit", pa.bool_(), "it could be bought then"),
        _field("can_redeem", pa.bool_(), "what is held of it could be sold then"),
        _field("as_of", TIME, "when the price was made, where that is told"),
        _key(
            "source",
            pa.string(),
            "of the price, or of the rest: recorded, trade (planned at the very decision) or mark (of a held position)",
        ),
    ]
)

EQUITY = pa.schema(
    [
        _key("timestamp", TIME, ""),
        _field("total_equity", pa.float64(), "cash + positions, USD"),
        _field("cash", pa.float64(), "USD"),
    ]
)

MESSAGES = pa.schema(
    [_key("timestamp", TIME, ""), _key("message", pa.string(), "a report of the strategy that matches no cycle")]
)

RUNS = pa.schema(
    [
        _key("run_id", pa.string(), "a name that no other run has"),
        _field("started_at", TIME, ""),
        _field("strategy", pa.string(), "its name"),
        _field("code_version", pa.string(), "the strategy's own version"),
        _field("code_hash", pa.string(), "SHA-256 of the strategy's files"),
        _field("git_commit", pa.string(), "of the repository that the strategy lies in"),
        _field("git_dirty", pa.bool_(), "there were changes that no commit had"),
        _field("library", pa.string(), "name and version of what recorded"),
        _field("python", pa.string(), "its version"),
        _field("dependencies", pa.string(), "versions by name, JSON"),
        _field("seeds", pa.string(), "of random numbers, JSON"),
        _field("data_fingerprint", pa.string(), "tells the data that it ran on from other data"),
        _field("expected_interval_seconds", pa.float64(), "from one cycle to the next"),
        _field("extra", pa.string(), "whatever else its author says, JSON"),
    ]
)

PROBLEMS = pa.schema(
    [
        _key("kind", pa.string(), "skipped, patched or odd"),
        _field("cycle_key", pa.string(), "the cycle's key in the source"),
        _field("pair", pa.string(), "the pair's key there"),
        _field("field", pa.string(), "the field"),
        _field("position", pa.int64(), "byte offset, or line number of a recorder file"),
        _key("message", pa.string(), "what is wrong and what was done about it"),
    ]
)

FLAG_BITS = {flag.value: 1 << bit for bit, flag in enumerate(TradingPairSignalFlags)}
"""The bit of each known flag in `signals.flag_bits`."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The Arrow tables of one history; each has the schema of the same name in capitals."""

    cycles: pa.Table
    signals: pa.Table
    pairs: pa.Table
    trades: pa.Table
    positions: pa.Table
    market: pa.Table
    equity: pa.Table
    messages: pa.Table
    runs: pa.Table
    problems: pa.Table


SCHEMAS: dict[str, pa.Schema] = {
    "cycles": CYCLES,
    "signals": SIGNALS,
    "pairs": PAIRS,
    "trades": TRADES,
    "positions": POSITIONS,
    "market": MARKET,
    "equity": EQUITY,
    "messages": MESSAGES,
    "runs": RUNS,
    "problems": PROBLEMS,
}

REVISED = ("cycles", "signals", "trades")
"""The tables that earlier revisions of cycles have; `pairs` is that of the history, the others are empty."""

SUPERSEDED = "superseded_"
"""Before the name of a stored table that holds earlier revisions."""


def describe_tables() -> list[dict[str, Any]]:
    """Every column of every table: table, column, type, always (it is never null), meaning."""
    return [
        {
            "table": name,
            "column": field.name,
            "type": str(field.type),
            "always": not field.nullable,
            "meaning": (field.metadata or {}).get(b"meaning", b"").decode(),
        }
        for name, schema in SCHEMAS.items()
        for field in schema
    ]


def empty_tables() -> Tables:
    """A history of nothing."""
    return Tables(**{field.name: SCHEMAS[field.name].empty_table() for field in fields(Tables)})


def pack_flags(names: Iterable[str]) -> tuple[int, list[str] | None]:
    """The bits of the known flags, and the sorted names of the others (None when there are none)."""
    bits, others = 0, []
    for name in names:
        bit = FLAG_BITS.get(name)
        if bit is None:
            others.append(name)
        else:
            bits |= bit
    return bits, sorted(others) or None


def unpack_flags(bits: int, others: Iterable[str] | None = None) -> list[str]:
    """The names of the flags, sorted: the inverse of `pack_flags`."""
    known = [name for name, bit in FLAG_BITS.items() if bits & bit]
    return sorted([*known, *(others if others is not None else ())])


def table_of(name: str, columns: dict[str, list[Any]]) -> pa.Table:
    """A table of the named schema from lists; a column that is not given is null throughout."""
    schema = SCHEMAS[name]
    length = len(next(iter(columns.values()))) if columns else 0
    arrays = [
        pa.array(columns[field.name], field.type) if field.name in columns else pa.nulls(length, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
