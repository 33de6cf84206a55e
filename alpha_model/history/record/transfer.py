"""How does a history that was read become a record again, without loss?

`record_history` writes every cycle with its revisions, trades and message, the trades and equity points between the
cycles, and the messages that match none. Doing it twice writes nothing the second time.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.history.assemble import Trade
from alpha_model.history.extent import Extent
from alpha_model.history.history import History
from alpha_model.history.record.account import rows_of, trades_of
from alpha_model.history.record.line_types import RunLine
from alpha_model.history.record.lines import RUN_OBJECTS, AccountRow, cycle_content
from alpha_model.history.record.recorder import HistoryRecorder
from alpha_model.history.record.recording import Entry, Receipt
from alpha_model.history.tables import CYCLE_NUMBERS, Micros, Snapshot, Tables, beyond_signals, coerce
from alpha_model.values import RecordError

RECORD_SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst")
"""What the file name of a record ends with."""

BESIDE = ("trades", "positions", "market")
"""Tables of what happened beside the cycles, which may name pairs that have no signal."""

_BATCH_CYCLES = 64


def record_history(history: History, recorder: HistoryRecorder, start: Extent | None = None) -> list[Receipt]:
    """Append a history to a record.

    Reading the record gives the same tables again, but for `source` and `source_key` of the cycles and the problems,
    which tell of the file that was read. What is on file already is recognised and not written again.

    Args:
        history: What to append.
        recorder: Of the file to append to.
        start: Leave out what stands before, because it is known to be on file; None is nothing.

    Returns:
        A receipt a cycle, in time order, earlier revisions before later ones.

    Raises:
        RecordError: The file cannot be written.
    """
    begin = start or Extent()
    pairs = dict(
        zip(history.tables.pairs["pair_id"].to_pylist(), history.tables.pairs["identity"].to_pylist(), strict=True)
    )
    runs = _runs(history.tables.runs)
    receipts: list[Receipt] = []
    for batch in _batches(history, begin.cycles):
        receipts += recorder.append_entries(
            [Entry(when, content, pairs, run=runs.get(run)) for when, content, run in batch]
        )
    traded = {each for name in BESIDE for each in pc.unique(getattr(history.tables, name)["pair_id"]).to_pylist()}
    described = {pair_id: text for pair_id, text in pairs.items() if pair_id in traded}
    recorder.append_entries([], _account(history, begin), described)
    return receipts


def write_record(history: History, path: Path | str) -> None:
    """Write a history as a record of its own; the file is there whole or not at all, and replaces one that was there.

    Args:
        history: What to write.
        path: Ends in `.jsonl`, or `.jsonl.gz` or `.jsonl.zst` for a compressed one, which cannot be appended to.

    Raises:
        RecordError: The file cannot be written.
    """
    target = Path(path)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            plain, packed = Path(folder) / "plain.jsonl", Path(folder) / f"packed{target.suffix}"
            with HistoryRecorder(plain, strategy=history.source.strategy) as recorder:
                record_history(history, recorder)
            if target.suffix == ".jsonl":
                packed = plain
            else:
                with plain.open("rb") as file, _compressor(packed) as stream:
                    shutil.copyfileobj(file, stream)
            packed.chmod(0o644)
            packed.replace(target)
    except OSError as error:
        message = f"cannot write {target}: {error.strerror}. Give a file in an existing folder that you may write."
        raise RecordError(message, path=target) from error


def _compressor(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path, "wb", compresslevel=6)
    return pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "zstd")


def _runs(table: pa.Table) -> dict[str | None, RunLine]:
    rows = table.set_column(1, "started_at", table["started_at"].cast(pa.int64())).to_pylist()
    for row in rows:
        row |= {name: msgspec.json.decode(row[name]) for name in RUN_OBJECTS if row[name] is not None}
        row["started_at"] = None if row["started_at"] is None else coerce.to_seconds(row["started_at"])
    return {row["run_id"]: RunLine(**row) for row in rows}


_Line = tuple[Micros, bytes, str | None]


def _batches(history: History, first: int) -> Iterator[list[_Line]]:
    """The cycles from the first on as lines, each after its earlier revisions."""
    tables, earlier = history.tables, history.superseded.tables
    late = tables.trades.slice(0, 0)
    if first < len(history):
        wanted = (
            pa.array(_stands_beside(tables)),
            pc.greater_equal(tables.trades["cycle"], tables.cycles["cycle"][first]),
        )
        late = tables.trades.filter(pc.and_kleene(*wanted))
    trades = _by_cycle(late)
    revised: defaultdict[Micros, list[_Line]] = defaultdict(list)
    since = None if first >= len(history) else tables.cycles["timestamp"][first]
    old = earlier.cycles if since is None else earlier.cycles.filter(pc.field("timestamp") >= since)
    skipped = earlier.cycles.num_rows - old.num_rows
    for entry in _entries(earlier, _by_cycle(earlier.trades), skipped, earlier.cycles.num_rows):
        revised[entry[0]].append(entry)
    for begin in range(first, len(history), _BATCH_CYCLES):
        batch = _entries(tables, trades, begin, min(begin + _BATCH_CYCLES, len(history)))
        yield [line for entry in batch for line in (*revised.pop(entry[0], ()), entry)]


def _entries(tables: Tables, trades: dict[int, list[Trade]], first: int, stop: int) -> list[_Line]:
    """Some cycles as lines."""
    if first >= stop:
        return []
    cycles = tables.cycles.slice(first, stop - first)
    rows = cycles.set_column(1, "timestamp", cycles["timestamp"].cast(pa.int64())).to_pylist()
    numbers = tables.signals["cycle"].to_numpy()
    bounds = np.searchsorted(numbers, [rows[0]["cycle"], *(row["cycle"] + 1 for row in rows)])
    signals = tables.signals.slice(int(bounds[0]), int(bounds[-1] - bounds[0])).drop_columns(["cycle", "timestamp"])
    columns = {name: signals[name].to_pylist() for name in signals.column_names}
    entries = []
    for row, low, high in zip(rows, bounds - bounds[0], (bounds - bounds[0])[1:], strict=False):
        snapshot = Snapshot(
            timestamp=row["timestamp"],
            numbers={name: row[name] for name in CYCLE_NUMBERS},
            raw_count=row["raw_count"],
            signals={name: values[low:high] for name, values in columns.items()},
            pipeline=row["pipeline"],
            extra=row["extra"],
        )
        own = None if row["trade_count"] is None else trades.get(row["cycle"], [])
        content = cycle_content(snapshot, message=row["message"], trades=own)
        entries.append((row["timestamp"], content, row["run_id"]))
    return entries


def _by_cycle(trades: pa.Table) -> dict[int, list[Trade]]:
    found: defaultdict[int, list[Trade]] = defaultdict(list)
    for trade in trades_of(trades):
        found[trade.pop("cycle")].append(trade)
    return dict(found)


def _stands_beside(tables: Tables) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which trades stand in a cycle's line: those decided at its very time, if it knows its trades at all."""
    cycles, trades = tables.cycles, tables.trades
    if not trades.num_rows or not cycles.num_rows:
        return np.zeros(trades.num_rows, dtype=np.bool_)
    cycle = pc.fill_null(trades["cycle"], -1).to_numpy()
    place = np.clip(np.searchsorted(cycles["cycle"].to_numpy(), cycle), 0, len(cycles) - 1)
    same_cycle = cycles["cycle"].to_numpy()[place] == cycle
    same_time = cycles["timestamp"].to_numpy()[place] == trades["timestamp"].to_numpy()
    knows = pc.is_valid(cycles["trade_count"]).to_numpy(zero_copy_only=False)[place]
    return np.asarray(same_cycle & same_time & knows, dtype=np.bool_)


def _account(history: History, start: Extent) -> list[AccountRow]:
    """What happened beside the cycles, in the rows of an account line."""
    tables = history.tables
    later = np.arange(tables.trades.num_rows) >= start.trades
    rows = rows_of("trades", tables.trades.filter(pa.array(later & ~_stands_beside(tables))))
    rows += rows_of("positions", tables.positions.filter(pc.field("cycle") >= start.cycles))
    rows += rows_of("market", beyond_signals(tables, start.cycles))
    return (
        rows
        + rows_of("equity", tables.equity.slice(start.equity))
        + rows_of("messages", tables.messages.slice(start.messages))
    )
