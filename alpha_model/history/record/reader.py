"""What did a strategy decide, according to the recorder's file?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Raw

from alpha_model.history.assemble import Assembly, Trade
from alpha_model.history.record.columns import ColumnReader
from alpha_model.history.record.line_types import ACCOUNT, CYCLE, FORMAT, HEADER, PAIR, RUN, VERSION, CycleLine
from alpha_model.history.record.lines import NOT_WRITTEN, RUN_OBJECTS, Line, lines_of
from alpha_model.history.state import Progress
from alpha_model.history.tables import (
    CYCLE_NUMBERS,
    EQUITY,
    MARKET,
    MESSAGES,
    MISHAPS,
    POSITIONS,
    SIGNALS,
    TRADES,
    UNREADABLE,
    Buffer,
    Micros,
    OddValueError,
    ProblemKind,
    Snapshot,
    coerce,
    extra_text,
    is_selected,
    mended,
    pipeline_text,
)
from alpha_model.values import HistoryError

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LATER = frozenset({"timestamp", "pair_id", "pair", "message", "pipeline"})
_PARTS = frozenset({"signals", "trades", "positions", "market", "equity", "messages"})
"""Members of a line whose values are looked at one by one."""
_TRADE_KEYS = tuple(field.name for field in TRADES if not field.nullable)
_SIGNAL_FIELDS = {field.name: field for field in SIGNALS if field.name not in NOT_WRITTEN}
_TRADE_FIELDS = {field.name: field for field in TRADES if field.name != "cycle"}
_POSITION_FIELDS = {field.name: field for field in POSITIONS if field.name != "cycle"}
_MARKET_FIELDS = {field.name: field for field in MARKET if field.name != "cycle"}
_EQUITY_FIELDS = {field.name: field for field in EQUITY}
_MESSAGE_FIELDS = {field.name: field for field in MESSAGES}
_Line = TypeVar("_Line", bound=msgspec.Struct)


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
        self._parts = ColumnReader(self._problem)
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
            self._take(line.data)
        except HistoryError:
            raise
        except MISHAPS as error:
            self._problem("skipped", f"the line cannot be read: {error}; skipped")

    def _take(self, data: bytes) -> None:
        kind = msgspec.json.decode(_OBJECT.decode(data[: data.find(b",")] + b"}").get("type", b"null"))
        takers = {
            "header": self._header,
            "run": self._run,
            "pair": self._pair,
            "cycle": self._cycle,
            "account": self._account,
        }
        takers.get(str(kind), self._unknown)(data)

    def _decoded(self, decoder: msgspec.json.Decoder[_Line], data: bytes) -> tuple[_Line, dict[str, Any]]:
        """The line, and its members that we do not know; a member that is not what it should be is left out.

        Raises:
            UNREADABLE: It is no object.
            TypeError: It lacks what it cannot do without.
        """
        try:
            return decoder.decode(data), {}
        except UNREADABLE:
            found, note = mended(data)
        if note is not None:
            self._problem("patched", f"the line has {note}")
        beyond, known = msgspec.convert(found, dict[str, Any]), {}
        for field in msgspec.structs.fields(decoder.type):
            try:
                if field.name in beyond:
                    known[field.name] = _member(field, beyond.pop(field.name))
            except msgspec.ValidationError as error:
                self._problem("odd", f"{error}; left out", field=field.name)
        return decoder.type(**known), beyond

    def _problem(self, kind: ProblemKind, message: str, field: str | None = None, pair: str | None = None) -> None:
        self._assembly.problems.add(
            kind, message, cycle_key=str(self._line), pair=pair, field=field, position=self._line
        )

    def _unknown(self, data: bytes) -> None:
        kind = coerce.shown(msgspec.json.decode(data).get("type"))
        self._parts.once(f"type {kind}", f"lines of type {kind} are not known to this version; skipped")

    def _header(self, data: bytes) -> None:
        found, _ = self._decoded(HEADER, data)
        if found.format == FORMAT and found.version > VERSION:
            raise HistoryError(
                f"{self._name} is a record of version {found.version}, and this program reads up to version "
                f"{VERSION}. Update alpha-model.",
                path=self._name,
                version=found.version,
            )
        self.strategy = found.strategy

    def _run(self, data: bytes) -> None:
        found, _ = self._decoded(RUN, data)
        told = msgspec.structs.asdict(found)
        told |= {name: self._parts.value(extra_text, told[name], name) for name in RUN_OBJECTS}
        self._assembly.begin_run(
            told | {"started_at": self._parts.value(coerce.moment, found.started_at, "started_at")}
        )

    def _pair(self, data: bytes) -> None:
        found, _ = self._decoded(PAIR, data)
        pair_id = coerce.whole(found.pair_id)
        if pair_id is None:
            raise OddValueError("expected the id of a pair, got none")
        self._assembly.pairs.see({pair_id: found.pair if isinstance(found.pair, (Raw, dict)) else {}})

    def _cycle(self, data: bytes) -> None:
        found, beyond = self._decoded(CYCLE, data)
        timestamp = coerce.moment(found.timestamp)
        if timestamp is None:
            raise OddValueError("expected the time of a cycle, got none")
        key, content = (timestamp, found.revision), hash(data)
        if self._cycles.get(key) == content:
            self._problem("odd", "the same line stands earlier in the file too; read once")
            return
        beside: dict[str, Any] = {
            "message": self._parts.value(coerce.message, found.message, "message"),
            "trades": None if found.trades is None else self._trades(found.trades),
            "equity": None if found.equity is None else self._equity(found.equity),
        }
        snapshot = self._snapshot(timestamp, found, beyond | found.extra)
        self._assembly.add_cycle(snapshot, timestamp, source="recorder", source_key=str(self._line), **beside)
        for told in found.problems:
            self._problem(cast("ProblemKind", told.kind), told.message, told.field, told.pair)
        self._cycles[key] = content

    def _account(self, data: bytes) -> None:
        found, _ = self._decoded(ACCOUNT, data)
        trades = self._trades(found.trades)
        holdings = self._parts.rows("positions", found.positions, _POSITION_FIELDS, ("timestamp", "pair_id", "state"))
        prices = self._parts.rows("market", found.market, _MARKET_FIELDS, ("timestamp", "pair_id"))
        points = self._parts.rows("equity", found.equity, _EQUITY_FIELDS, ("timestamp",))
        messages = self._parts.rows("messages", found.messages, _MESSAGE_FIELDS, tuple(_MESSAGE_FIELDS))
        for trade in trades:
            self._assembly.add_trade(trade)
        for held in holdings:
            self._assembly.add_holding(held)
        for price in prices:
            self._assembly.add_market(price)
        for point in points:
            self._assembly.add_equity(**point)
        for told in messages:
            self._assembly.add_message(**told)

    def _snapshot(self, timestamp: Micros, found: CycleLine, extra: dict[str, Any]) -> Snapshot:
        columns, count = self._parts.columns("signals", found.signals, _SIGNAL_FIELDS)
        columns = self._parts.of_pairs(columns)
        in_selection = columns["signal_in_selection"]
        packed = [self._parts.packed_flags(flags) for flags in columns.pop("flags")]
        numbers = dict(found.fields)
        raw_count = self._parts.value(coerce.whole, numbers.pop("raw_count", None), "raw_count")
        known = {name: self._parts.value(coerce.number, numbers.pop(name, None), name) for name in CYCLE_NUMBERS}
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
            pipeline=self._parts.value(pipeline_text, found.pipeline, "pipeline"),
            extra=self._parts.value(extra_text, numbers | extra, "extra"),
        )

    def _trades(self, given: Mapping[str, Any]) -> list[Trade]:
        return self._parts.rows("trades", given, _TRADE_FIELDS, _TRADE_KEYS)

    def _equity(self, given: Mapping[str, Any]) -> dict[str, float | None]:
        return {name: self._parts.value(coerce.number, given.get(name), name) for name in ("total_equity", "cash")}


def _member(field: msgspec.structs.FieldInfo, value: Any) -> Any:
    """A member of a line: as it is where its values are looked at one by one, else of its type.

    Raises:
        msgspec.ValidationError: It is of another.
    """
    is_kept = field.name in _LATER or (field.name in _PARTS and isinstance(value, dict))
    return value if is_kept else msgspec.convert(value, field.type)
