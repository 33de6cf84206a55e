"""Which trades and which equity curve does a state file of the reference framework hold?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Raw, Struct

from alpha_model.history.assemble import Assembly
from alpha_model.history.state.trade_rows import TRADE_FIELDS, read_trade
from alpha_model.history.tables import (
    MISHAPS,
    UNREADABLE,
    Buffer,
    OddValueError,
    ProblemKind,
    Report,
    coerce,
    locate,
    mended,
)

_GROUPS = ("open_positions", "closed_positions", "frozen_positions", "pending_positions", "expired_positions")
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_TRADE = msgspec.json.Decoder(msgspec.defstruct("_Trade", [(name, Any, None) for name in TRADE_FIELDS]))


class _Statistics(Struct):
    portfolio: list[Raw] | None = None


class _Point(Struct):
    calculated_at: Any = None
    total_equity: Any = None
    free_cash: Any = None


_POINT = msgspec.json.Decoder(_Point)
_STATISTICS = msgspec.json.Decoder(_Statistics)


def read_trades(portfolio: Raw, assembly: Assembly, document: Buffer) -> None:
    """Add the trades of every position; a state without a portfolio says nothing of trades."""
    problems = assembly.problems
    try:
        groups = _OBJECT.decode(portfolio)
    except UNREADABLE:
        if bytes(portfolio) != b"null":
            message = "expected an object; no trades are read"
            problems.add("odd", message, field="portfolio", position=locate(document, portfolio))
        return
    assembly.knows_trades = True
    for group in _GROUPS:
        for key, raw in _trades_of(groups.get(group), group, assembly, document):
            _add_trade(key, raw, assembly, document)


def _trades_of(group: Raw | None, name: str, assembly: Assembly, document: Buffer) -> Iterator[tuple[str, Raw]]:
    """The trades of one group of positions, each with a name for messages."""
    if group is None or bytes(group) == b"null":
        return
    for key, position in _members(group, name, assembly, document).items():
        trades = _members(position, f"{name}.{key}", assembly, document).get("trades")
        if trades is not None:
            for trade_key, trade in _members(trades, f"{name}.{key}.trades", assembly, document).items():
                yield f"{name}.{key}.trades.{trade_key}", trade


def _members(raw: Raw, place: str, assembly: Assembly, document: Buffer) -> dict[str, Raw]:
    """The members of an object; none, and a problem, where it is something else."""
    try:
        return _OBJECT.decode(raw)
    except UNREADABLE:
        message = "expected an object; its trades are not read"
        assembly.problems.add("skipped", message, field=f"portfolio.{place}", position=locate(document, raw))
        return {}


def _add_trade(key: str, raw: Raw, assembly: Assembly, document: Buffer) -> None:
    def report(kind: ProblemKind, message: str, path: Sequence[str]) -> None:
        field = ".".join(("portfolio", key, *path))
        assembly.problems.add(kind, message, field=field, position=locate(document, raw, path))

    try:
        found = read_trade(_fields(raw, report), report)
    except MISHAPS as error:
        report("skipped", f"the trade cannot be read: {error}; skipped", ())
        return
    if found is not None:
        trade, pair = found
        assembly.add_trade(trade)
        if trade["pair_id"] not in assembly.pairs:
            assembly.pairs.see({trade["pair_id"]: pair})


def _fields(raw: Raw, report: Report) -> dict[str, Any]:
    """The fields of a trade, also where its text is not quite JSON.

    Raises:
        msgspec.ValidationError: It is no object.
    """
    try:
        return msgspec.structs.asdict(_TRADE.decode(raw))
    except UNREADABLE:
        fields, note = mended(raw)
    if note is not None:
        report("patched", f"the trade has {note}; read so", ())
    return msgspec.convert(fields, dict[str, Any])


def read_equity(statistics: Raw, assembly: Assembly, document: Buffer) -> None:
    """Add the points of `stats.portfolio`."""
    try:
        points = _STATISTICS.decode(statistics).portfolio or []
    except UNREADABLE:
        if bytes(statistics) != b"null":
            message = "expected a list of points; no equity curve is read"
            assembly.problems.add("odd", message, field="stats.portfolio", position=locate(document, statistics))
        return
    for place, raw in enumerate(points):
        _add_point(place, raw, assembly, document)


def _add_point(place: int, raw: Raw, assembly: Assembly, document: Buffer) -> None:
    def value(convert: Any, name: str) -> Any:
        try:
            return convert(getattr(point, name))
        except OddValueError as error:
            message, position = f"{error}; left out", locate(document, raw, (name,))
            assembly.problems.add(error.kind, message, field=f"stats.portfolio.{name}", position=position)
            return None

    try:
        point = _POINT.decode(raw)
    except UNREADABLE:
        point = _Point()  # and so it has no time
    timestamp = value(coerce.moment, "calculated_at")
    if timestamp is None:
        message = f"point {place} of the equity curve has no time; skipped"
        assembly.problems.add("skipped", message, field="stats.portfolio", position=locate(document, raw))
        return
    assembly.add_equity(timestamp, value(coerce.number, "total_equity"), value(coerce.number, "free_cash"))
