"""What did a strategy decide, according to the recorder's file?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa
from msgspec import Raw, Struct

from alpha_model.errors import HistoryError
from alpha_model.history import coerce
from alpha_model.history.assemble import Assembly, Trade
from alpha_model.history.coerce import Micros, OddValueError, ProblemKind
from alpha_model.history.rawjson import UNREADABLE, Buffer
from alpha_model.history.records import (
    FORMAT,
    JSON_COLUMNS,
    NOT_WRITTEN,
    VERSION,
    Line,
    lines_of,
)
from alpha_model.history.schema import EQUITY, MESSAGES, POSITIONS, SIGNALS, TIME, TRADES, pack_flags
from alpha_model.history.snapshot import CYCLE_NUMBERS, Snapshot, extra_text, is_selected
from alpha_model.history.state import Progress

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_NO_FLAGS = frozenset({list, type(None)})
_WRITTEN: dict[pa.DataType, frozenset[type]] = {
    pa.float64(): frozenset({float, int, type(None)}),
    pa.int64(): frozenset({int}),
    pa.bool_(): frozenset({bool}),
    pa.string(): frozenset({str, type(None)}),
}
"""How our own recorder writes the values of a column."""
_WHOLE = range(-(2**63), 2**63)
_CONVERT: dict[pa.DataType, Callable[[object], Any]] = {
    pa.float64(): coerce.number,
    pa.int64(): coerce.whole,
    pa.bool_(): coerce.truth,
    pa.string(): coerce.text,
    TIME: coerce.moment,
}
_TRADE_KEYS = tuple(field.name for field in TRADES if not field.nullable)
_SIGNAL_FIELDS = {field.name: field for field in SIGNALS if field.name not in NOT_WRITTEN}
_TRADE_FIELDS = {field.name: field for field in TRADES if field.name != "cycle"}
_POSITION_FIELDS = {field.name: field for field in POSITIONS if field.name != "cycle"}
_EQUITY_FIELDS = {field.name: field for field in EQUITY}
_MESSAGE_FIELDS = {field.name: field for field in MESSAGES}


class _Header(Struct):
    format: str
    version: int
    strategy: str | None = None


class _Pair(Struct):
    pair_id: int
    pair: Raw


class _Account(Struct):
    trades: dict[str, list[Any]] = {}
    positions: dict[str, list[Any]] = {}
    equity: dict[str, list[Any]] = {}
    messages: dict[str, list[Any]] = {}


class _Cycle(Struct, forbid_unknown_fields=True):
    timestamp: float
    signals: dict[str, list[Any]]
    fields: dict[str, Any] = {}
    pipeline: Raw = Raw(b"null")
    message: str | None = None
    extra: dict[str, Any] = {}
    trades: dict[str, list[Any]] | None = None
    equity: dict[str, Any] | None = None
    type: str = "cycle"
    revision: int = 0
    crc32: str = ""


_HEADER, _PAIR, _CYCLE = msgspec.json.Decoder(_Header), msgspec.json.Decoder(_Pair), msgspec.json.Decoder(_Cycle)
_ACCOUNT = msgspec.json.Decoder(_Account)


def read_record(document: Buffer, name: str, assembly: Assembly, progress: Progress | None = None) -> str | None:
    """Read a recorder file into an assembly; damaged lines are reported by number and skipped.

    Args:
        document: The file's bytes.
        name: The file's name, for messages.
        assembly: Takes cycles, trades, equity, messages and problems.
        progress: Told how far the reading is.

    Returns:
        The strategy's name.

    Raises:
        HistoryError: The file was written by a later version, or no line of it is whole.
    """
    reader = RecordReader(assembly, name)
    for line in lines_of(document):
        reader.add(line)
        if progress is not None:
            progress(min(1.0, (line.start + line.size) / len(document)))
    if not reader.whole_count:
        raise HistoryError(f"{name} is a recorder file without a single whole line. Copy it again.", path=name)
    return reader.strategy


class RecordReader:
    """Takes the lines of a recorder file one by one.

    Args:
        assembly: Takes cycles, trades, equity, messages and problems.
        name: The file's name, for messages.
    """

    def __init__(self, assembly: Assembly, name: str) -> None:
        self.strategy: str | None = None
        self._assembly = assembly
        self._name = name
        self.whole_count = 0
        self._line = 0
        self._told: set[str] = set()
        self._cycles: dict[tuple[Micros, int], int] = {}

    def add(self, line: Line) -> None:
        """One line, of whatever type and state."""
        self._line = line.number
        if line.state != "whole":
            torn = "the last line is not finished: it is being written, or was cut off; skipped"
            damaged = "the line is damaged, its checksum does not hold; skipped"
            self._problem("skipped", torn if line.state == "torn" else damaged)
            return
        self.whole_count += 1
        try:
            kind = msgspec.json.decode(_OBJECT.decode(line.data[: line.data.find(b",")] + b"}").get("type", b"null"))
            {"header": self._header, "pair": self._pair, "cycle": self._cycle, "account": self._account}.get(
                str(kind), self._unknown
            )(line.data)
        except UNREADABLE as error:
            self._problem("skipped", f"the line cannot be read: {error}; skipped")

    def _problem(self, kind: ProblemKind, message: str, field: str | None = None, pair: str | None = None) -> None:
        self._assembly.problems.add(
            kind, message, cycle_key=str(self._line), pair=pair, field=field, position=self._line
        )

    def _once(self, what: str, message: str) -> None:
        if what not in self._told:
            self._told.add(what)
            self._problem("skipped", message, field=what)

    def _unknown(self, data: bytes) -> None:
        kind = coerce.shown(msgspec.json.decode(data).get("type"))
        self._once(f"type {kind}", f"lines of type {kind} are not known to this version; skipped")

    def _header(self, data: bytes) -> None:
        found = _HEADER.decode(data)
        if found.format == FORMAT and found.version > VERSION:
            raise HistoryError(
                f"{self._name} is a record of version {found.version}, and this program reads up to version "
                f"{VERSION}. Update alpha-model.",
                path=self._name,
                version=found.version,
            )
        self.strategy = found.strategy

    def _pair(self, data: bytes) -> None:
        found = _PAIR.decode(data)
        self._assembly.pairs.see({found.pair_id: found.pair})

    def _cycle(self, data: bytes) -> None:
        try:
            found, beyond = _CYCLE.decode(data), {}
        except msgspec.ValidationError:
            members = _OBJECT.decode(data)
            known = {name: raw for name, raw in members.items() if name in _Cycle.__struct_fields__}
            found = _CYCLE.decode(msgspec.json.encode(known))
            beyond = {name: msgspec.json.decode(raw) for name, raw in members.items() if name not in known}
        timestamp = coerce.moment(found.timestamp)
        assert timestamp is not None
        key, content = (timestamp, found.revision), hash(data)
        if self._cycles.get(key) == content:
            self._problem("odd", "the same line stands earlier in the file too; read once")
            return
        self._cycles[key] = content
        extra = beyond | found.extra
        trades = None if found.trades is None else self._trades(found.trades)
        self._assembly.add_cycle(
            self._snapshot(timestamp, found, extra),
            timestamp,
            source="recorder",
            source_key=str(self._line),
            message=found.message,
            trades=trades,
            equity=None if found.equity is None else self._equity(found.equity),
        )

    def _account(self, data: bytes) -> None:
        found = _ACCOUNT.decode(data)
        for trade in self._trades(found.trades):
            self._assembly.add_trade(trade)
        for held in self._rows("positions", found.positions, _POSITION_FIELDS, ("timestamp", "pair_id", "state")):
            self._assembly.add_holding(held)
        for point in self._rows("equity", found.equity, _EQUITY_FIELDS, ("timestamp",)):
            self._assembly.add_equity(**point)
        for told in self._rows("messages", found.messages, _MESSAGE_FIELDS, tuple(_MESSAGE_FIELDS)):
            self._assembly.add_message(**told)

    def _snapshot(self, timestamp: Micros, found: _Cycle, extra: dict[str, Any]) -> Snapshot:
        columns, count = self._columns("signals", found.signals, _SIGNAL_FIELDS)
        in_selection = columns["signal_in_selection"]
        packed = [self._packed_flags(flags) for flags in columns.pop("flags")]
        numbers = dict(found.fields)
        raw_count = self._value(coerce.whole, numbers.pop("raw_count", None), "raw_count")
        known = {name: self._value(coerce.number, numbers.pop(name, None), name) for name in CYCLE_NUMBERS}
        return Snapshot(
            timestamp=timestamp,
            numbers=known,
            raw_count=count if raw_count is None else raw_count,
            signals={
                **columns,
                "selected": [is_selected(signal) for signal in in_selection],
                "flag_bits": [bits for bits, _ in packed],
                "other_flags": [others for _, others in packed],
            },
            pipeline=None if bytes(found.pipeline) == b"null" else coerce.json_text(found.pipeline),
            extra=extra_text(numbers | extra),
        )

    def _columns(
        self, part: str, given: Mapping[str, list[Any]], fields: Mapping[str, pa.Field]
    ) -> tuple[dict[str, Sequence[Any]], int]:
        """The columns of a part by our names, all of the same length, and that length."""
        count = len(given.get("pair_id", given.get("timestamp", ())))
        columns: dict[str, Sequence[Any]] = {}
        for name in (*fields, *(("flags",) if part == "signals" else ())):
            values = given.get(name, [None] * count)
            if len(values) != count:
                self._problem("odd", f"{part}.{name} has {len(values)} values, not {count}; left out", field=name)
                values = [None] * count
            columns[name] = self._converted(values, fields.get(name))
        for name in given:
            if name not in columns:
                self._once(f"{part}.{name}", f"column {name} of {part} is not known to this version; left out")
        return columns, count

    def _converted(self, values: list[Any], field: pa.Field | None) -> list[Any]:
        """The values as the field has them; most are already."""
        if field is None:
            return values
        if field.name in JSON_COLUMNS:
            absent = "{}" if field.name == "other_data" else None
            return [absent if value is None else coerce.json_text(value) for value in values]
        convert = _CONVERT.get(field.type)
        if convert is None or _is_as_written(values, field):
            return values
        converted = [None if value is None else self._value(convert, value, field.name) for value in values]
        return converted if field.type != pa.bool_() or field.nullable else [value is True for value in converted]

    def _packed_flags(self, flags: Any) -> tuple[int, list[str] | None]:
        """The bits and the other names of a signal's flags; most signals have none, or the same as many others."""
        if not flags and type(flags) in _NO_FLAGS:
            return 0, None
        return pack_flags(self._value(coerce.names, flags, "flags") or [])

    def _value(self, convert: Callable[[object], Any], value: object, name: str) -> Any:
        try:
            return convert(value)
        except OddValueError as error:
            self._problem(error.kind, f"{error}; left out", field=name)
            return None

    def _trades(self, given: Mapping[str, list[Any]]) -> list[Trade]:
        return self._rows("trades", given, _TRADE_FIELDS, _TRADE_KEYS)

    def _rows(
        self, part: str, given: Mapping[str, list[Any]], fields: Mapping[str, pa.Field], keys: Sequence[str]
    ) -> list[dict[str, Any]]:
        """The rows of a part that have a value for each of the keys."""
        columns, count = self._columns(part, given, fields)
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        whole = [row for row in rows if all(row[name] is not None for name in keys)]
        if len(whole) < count:
            self._problem("skipped", f"{count - len(whole)} {part} lack one of {', '.join(keys)}; skipped")
        return whole

    def _equity(self, given: Mapping[str, Any]) -> dict[str, float | None]:
        return {name: self._value(coerce.number, given.get(name), name) for name in ("total_equity", "cash")}


def _is_as_written(values: list[Any], field: pa.Field) -> bool:
    """Are all values as our own recorder writes them, so that there is nothing to convert?"""
    if not values or not _WRITTEN.get(field.type, frozenset()).issuperset(map(type, values)):
        return False
    if field.type == pa.int64():
        return min(values) in _WHOLE and max(values) in _WHOLE
    return field.type != pa.string() or coerce.NON_FINITE_TOKENS.keys().isdisjoint(values)
