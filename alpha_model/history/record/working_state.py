"""What has happened since the last cycle, according to the state that the reference framework is working with?

The state is looked at through its names, be it the framework's own object or a dictionary; only what may have changed
since is taken out of it, and then read as a state file is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from alpha_model.history.assemble import Assembly
from alpha_model.history.history import Source
from alpha_model.history.record.account import rows_of
from alpha_model.history.record.lines import AccountRow, identity_text
from alpha_model.history.record.plain import plain
from alpha_model.history.state import GROUPS, TRADE_FIELDS, read_equity, read_messages, read_positions, read_trades
from alpha_model.history.tables import Micros, OddValueError, Report, beyond_signals, coerce, read_snapshot
from alpha_model.values import PairId, RecordError

_POSITION = ("position_id", "pair", "opened_at", "closed_at", "frozen_at", "unfrozen_at")
_UPDATE = ("quantity", "block_mined_at", "strategy_cycle_included_at")
_MARK = ("calculated_at", "quantity", "value", "underlying_price", "profit_usd", "last_valuation_at")
_POINT = ("calculated_at", "total_equity", "free_cash")


def happened(state: Any, times: Sequence[Micros], notes: Report) -> tuple[list[AccountRow], dict[PairId, str]]:
    """Trades, positions, marks, equity and messages of a state, as rows beside the cycles.

    Args:
        state: Of the reference framework, or a dictionary of its layout.
        times: Of the cycles to tell the positions of, ascending; what happened before the first is on file.
        notes: Told what has no form in JSON.

    Returns:
        The rows, and the pairs that they name.

    Raises:
        RecordError: It is no state.
    """
    if _of(state, "portfolio") is None:
        raise RecordError(
            f"expected a state of the reference framework, got {coerce.shown(state)} without a portfolio. "
            "Pass input.state, or leave state out.",
            got=state,
        )
    part = _part(state, times[0] if len(times) > 1 else None, notes)
    assembly = Assembly()
    for when in times:
        empty: dict[str, Any] = {"timestamp": coerce.to_seconds(when), "raw_signals": {}, "signals": {}}
        assembly.add_cycle(read_snapshot(empty, notes), when, source="state")
    document = msgspec.json.encode(part)
    parts = msgspec.json.decode(document, type=dict[str, Raw])
    read_trades(parts["portfolio"], assembly, document)
    read_positions(parts["portfolio"], parts["stats"], assembly, document)
    read_equity(parts["stats"], assembly, document)
    read_messages(msgspec.json.decode(parts["messages"], type=dict[str, Raw]), assembly)
    tables = assembly.finish(Source()).tables
    rows = [*rows_of("trades", tables.trades), *rows_of("positions", tables.positions)]
    rows += rows_of("market", beyond_signals(tables, 0))
    rows += [*rows_of("equity", tables.equity), *rows_of("messages", tables.messages)]
    identities = zip(tables.pairs["pair_id"].to_pylist(), tables.pairs["identity"].to_pylist(), strict=True)
    return rows, {pair_id: identity_text(msgspec.json.decode(text)) for pair_id, text in identities}


def _part(state: Any, since: Micros | None, notes: Report) -> dict[str, Any]:
    """What of a state may have changed since a time, in the layout of a state file."""
    portfolio, statistics = _of(state, "portfolio"), _of(state, "stats")
    marks = _of(statistics, "positions") or {}
    groups: dict[str, dict[str, Any]] = {}
    valued: dict[str, list[Any]] = {}
    for group in (f"{name}_positions" for name in GROUPS):
        held = {key: each for key, each in (_of(portfolio, group) or {}).items() if not _is_over(each, since)}
        groups[group] = {str(key): _position(each) for key, each in held.items()}
        valued |= {str(key): _recent(marks.get(key, marks.get(str(key), ())), _MARK, since) for key in held}
    points = _recent(_of(statistics, "portfolio") or (), _POINT, since)
    messages = _of(_of(state, "visualisation"), "messages") or {}
    said = {key: text for key, text in messages.items() if since is None or (_time(key) or since) >= since}
    found = {"portfolio": groups, "stats": {"positions": valued, "portfolio": points}, "messages": said}
    made: dict[str, Any] = plain(found, notes, ("state",))
    return made


def _position(position: Any) -> dict[str, Any]:
    trades, updates = _of(position, "trades") or {}, _of(position, "balance_updates") or {}
    return {
        **_named(position, _POSITION),
        "trades": {str(key): _named(trade, TRADE_FIELDS) for key, trade in trades.items()},
        "balance_updates": {str(key): _named(update, _UPDATE) for key, update in updates.items()},
    }


def _recent(points: Sequence[Any], names: Sequence[str], since: Micros | None) -> list[dict[str, Any]]:
    """The points from a time on, and the last one before it."""
    found: list[dict[str, Any]] = []
    for point in reversed(points):
        found.append(_named(point, names))
        when = _time(_of(point, "calculated_at"))
        if since is not None and when is not None and when < since:
            break
    return found[::-1]


def _is_over(position: Any, since: Micros | None) -> bool:
    closed = _time(_of(position, "closed_at"))
    return since is not None and closed is not None and closed < since


def _named(thing: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: _described(_of(thing, name)) for name in names}


def _described(value: Any) -> Any:
    """A pair as its own `to_dict` tells it; anything else as it is."""
    return value.to_dict() if hasattr(value, "to_dict") else value


def _of(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def _time(value: Any) -> Micros | None:
    try:
        return coerce.moment(value)
    except OddValueError:
        return None
