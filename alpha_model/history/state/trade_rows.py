"""What does one trade of a strategy say, as a row of `trades`?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from alpha_model.history.assemble import Trade
from alpha_model.history.tables import Micros, OddValueError, Report, coerce, pair_id_of, spot_pair

TRADE_FIELDS = (
    *("trade_id", "position_id", "trade_type", "flags", "pair", "opened_at", "started_at", "executed_at", "failed_at"),
    *("expired_at", "repaired_at", "planned_quantity", "planned_price", "planned_mid_price", "executed_quantity"),
    *("executed_price", "lp_fees_paid", "fees_usd", "closing", "notes"),
)
"""The fields that are read, by the names of the reference framework's state files and of `TradeExecution`."""

_TIMES = ("opened_at", "started_at", "executed_at", "failed_at")


def read_trade(
    trade: Mapping[str, Any], report: Report, *, otherwise: Micros | None = None
) -> tuple[Trade, Mapping[str, Any]] | None:
    """One trade as a row, and the description of the spot pair that it is filed under.

    Args:
        trade: Its fields, those of `TRADE_FIELDS` at least where they exist, in plain values.
        report: Called for each oddity.
        otherwise: The time of a trade that does not say when it was opened.

    Returns:
        None when the trade has no time at all; that is reported.
    """

    def value(convert: Callable[[object], Any], name: str) -> Any:
        try:
            return convert(trade.get(name))
        except OddValueError as error:
            report(error.kind, f"{error}; left out", (name,))
            return None

    found = trade.get("pair")
    pair = found if isinstance(found, Mapping) else {}
    times = {name: value(coerce.moment, name) for name in _TIMES}
    decided = times["opened_at"] if times["opened_at"] is not None else otherwise
    timestamp = next((when for when in (decided, *times.values()) if when is not None), None)
    if timestamp is None:
        report("skipped", "the trade has no time; skipped", ("opened_at",))
        return None
    spot = spot_pair(pair)
    try:
        pair_id = pair_id_of(spot)
    except OddValueError as error:
        report("skipped", f"{error}; the trade is skipped", ("pair", "internal_id"))
        return None
    planned, executed = value(coerce.decimal, "planned_quantity"), value(coerce.decimal, "executed_quantity")
    planned_price, executed_price = value(coerce.number, "planned_price"), value(coerce.number, "executed_price")
    flags = value(coerce.names, "flags") or []
    fees = value(coerce.number, "fees_usd")
    return {
        "timestamp": timestamp,
        "pair_id": pair_id,
        "trade_id": value(coerce.whole, "trade_id"),
        "position_id": value(coerce.whole, "position_id"),
        "side": _side(planned, executed, flags),
        "kind": "test_trade" if "test_trade" in flags else value(coerce.text, "trade_type") or "rebalance",
        "status": _status(trade, times, executed),
        "planned_quantity": planned,
        "planned_price": planned_price,
        "planned_mid_price": value(coerce.number, "planned_mid_price"),
        "executed_quantity": executed,
        "executed_price": executed_price,
        "value": _value(executed, executed_price) if executed is not None else _value(planned, planned_price),
        "fees": value(coerce.number, "lp_fees_paid") if fees is None else fees,
        "started_at": times["started_at"],
        "executed_at": times["executed_at"],
        "failed_at": times["failed_at"],
        "closing": _closing(value(coerce.truth, "closing"), flags),
        "pair_kind": None if pair.get("kind") is None else coerce.restored(str(pair["kind"])),
        "notes": value(coerce.text, "notes"),
    }, spot


def _side(planned: Decimal | None, executed: Decimal | None, flags: list[str]) -> str:
    """By the sign of the quantity; where that is 0 or absent, by what the framework noted."""
    quantity = planned or executed
    if quantity:
        return "buy" if quantity > 0 else "sell"
    return "sell" if {"close", "reduce"} & set(flags) else "buy"


def _status(trade: Mapping[str, Any], times: Mapping[str, Micros | None], executed: Decimal | None) -> str:
    """What became of the plan: units that changed hands decide, whatever times are written beside them."""
    repaired, failed, expired = (trade.get(f"{name}_at") is not None for name in ("repaired", "failed", "expired"))
    if executed:
        return "repaired" if repaired else "executed"
    if repaired or failed or executed is not None:
        return "failed"
    if expired:
        return "expired"
    if times["executed_at"] is not None:
        return "executed"
    return "planned" if times["started_at"] is None else "started"


def _closing(stated: bool | None, flags: list[str]) -> bool | None:  # noqa: FBT001 - the field's own value
    return True if "close" in flags else stated


def _value(quantity: Decimal | None, price: float | None) -> float | None:
    return None if quantity is None or price is None else abs(float(quantity)) * price
