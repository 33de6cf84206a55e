"""How is a cycle written as one line that proves itself whole?

The recorder's format, JSON Lines: a header, a definition of each pair, a line a cycle, and lines of what happened
beside the cycles. Every line ends with a checksum of what stands before it. docs/recorded-format.md describes it
for other programs.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec
import pyarrow as pa
from msgspec import Raw

from alpha_model.history.assemble import Trade
from alpha_model.history.record.line_types import HeaderLine, LineProblem, RunLine, checked
from alpha_model.history.tables import (
    EQUITY,
    MARKET,
    MESSAGES,
    POSITIONS,
    SIGNALS,
    TRADES,
    Buffer,
    Identity,
    Micros,
    Snapshot,
    coerce,
    unpack_flags,
)
from alpha_model.values import PairId

NOT_WRITTEN = frozenset({"cycle", "timestamp", "selected", "flag_bits", "other_flags"})
"""Columns of `signals` that a line says otherwise: once, as flag names, or by `signal_in_selection`."""

JSON_COLUMNS = ("other_data", "extra")
"""Columns of `signals` that hold JSON; in a line they are the values themselves."""

TIME_COLUMNS = ("timestamp", "started_at", "executed_at", "failed_at", "opened_at", "as_of")
"""Columns of `trades`, `positions` and `market` that are UNIX seconds in a line."""

RUN_OBJECTS = ("dependencies", "seeds", "extra")
"""Columns of `runs` that hold JSON; in a line they are the objects themselves."""

ACCOUNT_COLUMNS = {
    "trades": tuple(field.name for field in TRADES if field.name != "cycle"),
    "positions": tuple(field.name for field in POSITIONS if field.name != "cycle"),
    "market": tuple(field.name for field in MARKET if field.name != "cycle"),
    "equity": tuple(EQUITY.names),
    "messages": tuple(MESSAGES.names),
}
"""The parts of an account line: what happened beside the cycles, by column."""

AccountRow: TypeAlias = tuple[str, tuple[Any, ...]]
"""A part of an account line, and the values of one row of it in JSON's types."""

_LINE_START = re.compile(rb'\s*\{"type":"(header|run|pair|cycle)",')
_CHECKSUM = re.compile(rb',"crc32":"([0-9a-f]{8})"\}')
_CHECKSUM_SIZE = len(b',"crc32":"00000000"}')
_CYCLE = re.compile(rb'\{"type":"cycle","timestamp":(-?[0-9.e+-]+),"revision":([0-9]+),')

LineState = Literal["whole", "damaged", "torn"]


class Line(NamedTuple):
    """One line of a record.

    Args:
        number: From 1.
        start: Byte offset.
        size: Bytes with the line end, be it there or not.
        data: The bytes without the line end.
        state: Whether the checksum holds; a torn line is a last one that was never finished.
    """

    number: int
    start: int
    size: int
    data: bytes
    state: LineState


class CycleKey(NamedTuple):
    """What identifies a cycle line, and the bytes that are its content."""

    timestamp: Micros
    revision: int
    content: bytes


def is_record(document: Buffer) -> bool:
    """Are these the bytes of a recorder file, be it a damaged one?"""
    lines = bytes(document[: 1 << 16]).split(b"\n", 3)[:3]
    return any(_LINE_START.match(line) for line in lines)


def seal(body: bytes) -> bytes:
    """A line from the JSON object that it holds: with its checksum and line end."""
    kept = body[:-1]
    return b'%b,"crc32":"%08x"}\n' % (kept, zlib.crc32(kept))


def _sealed(kind: str, body: Mapping[str, Any]) -> bytes:
    return checked(kind, seal(msgspec.json.encode(body)))


def is_whole(line: bytes) -> bool:
    """Does the line's checksum hold?"""
    found = _CHECKSUM.fullmatch(line, max(0, len(line) - _CHECKSUM_SIZE))
    return found is not None and int(found[1], 16) == zlib.crc32(memoryview(line)[:-_CHECKSUM_SIZE])


def lines_of(document: Buffer) -> Iterator[Line]:
    """The lines that are not blank, each checked."""
    data = bytes(document) if isinstance(document, memoryview) else document
    start, number, size = 0, 0, len(data)
    while start < size:
        end = data.find(b"\n", start)
        number += 1
        stop = size if end < 0 else end
        line = bytes(data[start:stop])
        if line.strip():
            state: LineState = "whole" if is_whole(line.rstrip()) else "torn" if end < 0 else "damaged"
            yield Line(number, start, stop + 1 - start, line.rstrip(), state)
        start = stop + 1


def header_line(header: HeaderLine) -> bytes:
    """The first line of a file: what is not known is left out."""
    said = {name: value for name, value in msgspec.structs.asdict(header).items() if value is not None}
    return _sealed("header", {"type": "header", **said})


def run_line(run: RunLine) -> bytes:
    """What a run is, before its first cycle: what is not known is left out."""
    said = {name: value for name, value in msgspec.structs.asdict(run).items() if value is not None}
    return _sealed("run", {"type": "run", **said})


def pair_line(pair_id: PairId, identity: str) -> bytes:
    """The definition of a pair; `identity` is JSON."""
    return _sealed("pair", {"type": "pair", "pair_id": pair_id, "pair": Raw(identity.encode())})


def identity_text(identity: Identity) -> str:
    """What a source says of a pair, as the JSON of a pair line."""
    return coerce.json_text(identity)


def cycle_content(
    snapshot: Snapshot,
    *,
    message: str | None = None,
    trades: Sequence[Trade] | None = None,
    equity: Mapping[str, float | None] | None = None,
    problems: Sequence[LineProblem] = (),
) -> bytes:
    """What a cycle line says beside its time and revision: a JSON object without its opening brace."""
    numbers = {name: value for name, value in snapshot.numbers.items() if value is not None}
    body: dict[str, Any] = {"fields": {"raw_count": snapshot.raw_count, **numbers}}
    if snapshot.pipeline is not None:
        body["pipeline"] = Raw(snapshot.pipeline.encode())
    if message is not None:
        body["message"] = message
    if snapshot.extra is not None:
        body["extra"] = Raw(snapshot.extra.encode())
    body["signals"] = _signal_columns(snapshot.signals)
    if trades is not None:
        body["trades"] = _trade_columns(trades)
    if equity is not None:
        body["equity"] = {name: value for name, value in equity.items() if value is not None}
    if problems:
        body["problems"] = problems
    return msgspec.json.encode(body)[1:]


def cycle_line(key: CycleKey) -> bytes:
    """A whole cycle line."""
    seconds = msgspec.json.encode(coerce.to_seconds(key.timestamp))
    line = seal(b'{"type":"cycle","timestamp":%b,"revision":%d,%b' % (seconds, key.revision, key.content))
    return checked("cycle", line)


def account_line(rows: Sequence[AccountRow]) -> bytes:
    """A line of trades, equity points and messages that belong to no cycle's line."""
    body: dict[str, Any] = {"type": "account"}
    for part, names in ACCOUNT_COLUMNS.items():
        own = [values for owner, values in rows if owner == part]
        columns = dict(zip(names, zip(*own, strict=True), strict=True)) if own else {}
        told = {name: values for name, values in columns.items() if any(value is not None for value in values)}
        body |= {part: told} if told else {}
    return _sealed("account", body)


def account_rows(line: Mapping[str, Any]) -> list[AccountRow]:
    """The rows of an account line: the inverse of `account_line`."""
    rows: list[AccountRow] = []
    for part, names in ACCOUNT_COLUMNS.items():
        columns = line.get(part, {})
        nothing = [None] * len(columns.get("timestamp", ()))
        rows += [(part, row) for row in zip(*(columns.get(name, nothing) for name in names), strict=True)]
    return rows


def cycle_key(line: bytes) -> CycleKey | None:
    """Time, revision and content of a cycle line; None for other lines."""
    found = _CYCLE.match(line)
    timestamp = coerce.moment(found[1].decode()) if found else None
    if found is None or timestamp is None:
        return None
    return CycleKey(timestamp, int(found[2]), line[found.end() : -_CHECKSUM_SIZE] + b"}")


def _signal_columns(signals: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """The columns that say something, `pair_id` always."""
    columns: dict[str, Sequence[Any]] = {"pair_id": signals["pair_id"]}
    for field in SIGNALS:
        if field.name in NOT_WRITTEN or field.name not in signals:
            continue
        values = signals[field.name]
        if any(_says_something(field, value) for value in values):
            columns[field.name] = _json_values(values) if field.name in JSON_COLUMNS else values
    flags = [
        unpack_flags(bits, others) for bits, others in zip(signals["flag_bits"], signals["other_flags"], strict=True)
    ]
    return columns | ({"flags": flags} if any(flags) else {})


def _json_values(texts: Sequence[str | None]) -> list[Raw | None]:
    return [None if text is None or text == "{}" else Raw(text.encode()) for text in texts]


def _says_something(field: pa.Field, value: object) -> bool:
    """Is this more than what a reader takes for an absent value? 0 is a number, and says something."""
    if field.nullable or field.type != pa.bool_():
        return value is not None and not (field.name in JSON_COLUMNS and value == "{}")
    return value is True


def _trade_columns(trades: Sequence[Trade]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    for name in (field.name for field in TRADES if field.name != "cycle"):
        values = [trade.get(name) for trade in trades]
        if any(value is not None for value in values):
            columns[name] = [_seconds(value) for value in values] if name in TIME_COLUMNS else values
    return columns


def _seconds(when: Micros | None) -> float | None:
    return None if when is None else coerce.to_seconds(when)
