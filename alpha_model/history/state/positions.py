"""How much of each position was held when, according to a state file of the reference framework?

Fills and balance updates tell when units came and went, `stats.positions` what was held and what it was worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct

from alpha_model.history.assemble import Assembly
from alpha_model.history.tables import (
    UNREADABLE,
    Buffer,
    Flow,
    Mark,
    OddValueError,
    PositionPath,
    coerce,
    locate,
    pair_id_of,
    spot_pair,
)

GROUPS = ("open", "closed", "frozen", "pending", "expired")
"""Where a position stands at the end: `portfolio` has a key `GROUP_positions` for each."""


class _Fill(Struct):
    pair: Raw = Raw(b"null")
    trade_type: Any = None
    executed_at: Any = None
    executed_quantity: Any = None


class _Update(Struct):
    quantity: Any = None
    block_mined_at: Any = None
    strategy_cycle_included_at: Any = None


class _Position(Struct):
    position_id: Any = None
    pair: Any = None
    opened_at: Any = None
    closed_at: Any = None
    frozen_at: Any = None
    unfrozen_at: Any = None
    trades: dict[str, _Fill] | None = None
    balance_updates: dict[str, _Update] | None = None


class _Point(Struct):
    calculated_at: Any = None
    quantity: Any = None
    value: Any = None
    underlying_price: Any = None
    last_valuation_at: Any = None
    profit_usd: Any = None


class _Statistics(Struct):
    positions: dict[str, Raw] | None = None


_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_POSITION = msgspec.json.Decoder(_Position)
_POINTS = msgspec.json.Decoder(list[_Point])
_STATISTICS = msgspec.json.Decoder(_Statistics)


def read_positions(portfolio: Raw, statistics: Raw, assembly: Assembly, document: Buffer) -> None:
    """Add every position of the state; what cannot be read is a problem, and the others stand."""
    marks = _marks(statistics, assembly, document)
    for group, key, raw in _entries(portfolio):
        place = f"portfolio.{group}_positions.{key}"
        try:
            found = _POSITION.decode(raw)
            pair = _pair(found)
            if pair is None:
                continue  # nothing says what it is a position in, and its trades are reported
            path = _path(found, pair, group, key, marks.get(key, ()))
        except (*UNREADABLE, OddValueError) as error:
            what = str(error) if isinstance(error, OddValueError) else "expected a position"
            message = f"{what}; when how much of it was held is not read"
            assembly.problems.add("odd", message, field=place, position=locate(document, raw))
            continue
        assembly.add_position(path)
        if path.pair_id not in assembly.pairs:
            assembly.pairs.see({path.pair_id: spot_pair(pair)})


def _entries(portfolio: Raw) -> Iterator[tuple[str, str, Raw]]:
    """Group, key and content of every position; what is no object was reported with the trades."""
    try:
        groups = _OBJECT.decode(portfolio)
    except UNREADABLE:
        return
    for group in GROUPS:
        try:
            found = _OBJECT.decode(groups.get(f"{group}_positions", b"{}"))
        except UNREADABLE:
            continue
        yield from ((group, key, raw) for key, raw in found.items() if bytes(memoryview(raw)[:1]) == b"{")


def _pair(found: _Position) -> Mapping[str, Any] | None:
    """What is held: the position's own pair, or that of its first trade."""
    raw = next((trade.pair for trade in (found.trades or {}).values()), Raw(b"null"))
    pair = found.pair if isinstance(found.pair, Mapping) else msgspec.json.decode(raw)
    return pair if isinstance(pair, Mapping) else None


def _path(found: _Position, pair: Mapping[str, Any], group: str, key: str, marks: tuple[Mark, ...]) -> PositionPath:
    flows = [*_fills(found.trades or {}), *_updates(found.balance_updates or {})]
    kind = pair.get("kind")
    number = _lenient(coerce.whole, found.position_id)
    return PositionPath(
        pair_id=pair_id_of(spot_pair(pair)),
        position_id=_lenient(coerce.whole, key) if number is None else number,
        pair_kind=None if kind is None else str(kind),
        group=group,
        opened_at=_lenient(coerce.moment, found.opened_at),
        closed_at=_lenient(coerce.moment, found.closed_at),
        frozen_at=_lenient(coerce.moment, found.frozen_at),
        unfrozen_at=_lenient(coerce.moment, found.unfrozen_at),
        fee=_fee(pair),
        flows=sorted(flows),
        marks=marks,
    )


def _fills(trades: Mapping[str, _Fill]) -> Iterator[Flow]:
    for trade in trades.values():
        when, units = _lenient(coerce.moment, trade.executed_at), _lenient(coerce.number, trade.executed_quantity)
        if when is not None and units:
            yield Flow(when, units, is_before=trade.trade_type in {"stop_loss", "take_profit"})


def _updates(updates: Mapping[str, _Update]) -> Iterator[Flow]:
    for update in updates.values():
        times = (_lenient(coerce.moment, when) for when in (update.block_mined_at, update.strategy_cycle_included_at))
        when = next((moment for moment in times if moment is not None), None)
        units = _lenient(coerce.number, update.quantity)
        if when is not None and units:
            yield Flow(when, units, is_before=True)


def _marks(statistics: Raw, assembly: Assembly, document: Buffer) -> dict[str, tuple[Mark, ...]]:
    """The valuations of each position, by its key; a state without any says nothing of them."""
    try:
        positions = _STATISTICS.decode(statistics).positions or {}
    except UNREADABLE:
        return {}
    found = {}
    for key, raw in positions.items():
        try:
            points = _POINTS.decode(raw)
        except UNREADABLE:
            message = "expected a list of valuations; they are left out"
            field = f"stats.positions.{key}"
            assembly.problems.add("odd", message, field=field, position=locate(document, raw))
            continue
        found[key] = tuple(sorted(mark for point in points if (mark := _mark(point)) is not None))
    return found


def _mark(point: _Point) -> Mark | None:
    when = _lenient(coerce.moment, point.calculated_at)
    if when is None:
        return None
    quantity, value, price, profit = map(
        _number, (point.quantity, point.value, point.underlying_price, point.profit_usd)
    )
    valued = _lenient(coerce.moment, point.last_valuation_at)
    return Mark(when, quantity, value, price, profit, is_old=valued is not None and valued < when)


def _fee(pair: Mapping[str, Any]) -> float | None:
    fee = _lenient(coerce.number, pair.get("fee"))
    return fee if fee is not None and 0 <= fee < 1 else None


def _number(value: object) -> float:
    found = value if isinstance(value, float) else _lenient(coerce.number, value)
    return float("nan") if found is None else float(found)


def _lenient(convert: Any, value: Any) -> Any:
    """The value, or None where it is not of its kind; the trade or the point is reported where it is read whole."""
    try:
        return convert(value)
    except OddValueError:
        return None
