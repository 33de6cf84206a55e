"""How does the history of a recorder file grow with the file, at a cost that does not depend on the file's size?

The last few dozen cycles stay open, because a cycle may be written again and trades may come late. Everything before
them is settled: Arrow tables that are never touched again, only joined with those of the open end.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.history.assemble import Assembly
from alpha_model.history.extent import Extent
from alpha_model.history.history import History, Source
from alpha_model.history.record.lines import Line
from alpha_model.history.record.reader import RecordReader
from alpha_model.history.tables import Micros, Tables, empty_tables

OPEN_CYCLES = 32
"""So many cycles stay open; anything older that changes makes the whole file be read again."""

_GROWING = ("cycles", "signals", "trades", "positions", "market", "equity", "messages")


_NUMBERED = ("cycles", "signals", "trades", "positions", "market")


class GrowingHistory:
    """Takes the lines of a recorder file as they come, and gives the history of all of them at any time.

    Args:
        name: The file's name, for messages.
        open_cycles: How many cycles stay open.
    """

    def __init__(self, name: str, open_cycles: int = OPEN_CYCLES) -> None:
        self._assembly = Assembly()
        self._reader = RecordReader(self._assembly, name)
        self._open_cycles = open_cycles
        self._settled = _Settled()
        self._earlier = _Settled()
        self._floor: Micros | None = None
        self.unchanged = Extent()
        """What of the last history was settled when the one before was given."""

    @property
    def strategy(self) -> str | None:
        """The strategy's name, as the header has it."""
        return self._reader.strategy

    def add(self, line: Line) -> None:
        """One line of the file, whole or damaged.

        Raises:
            HistoryError: The file was written by a later version.
        """
        self._reader.add(line)

    def history(self, source: Source) -> History | None:
        """The history of all lines so far.

        Returns:
            None when a line changed something that is settled: only reading the whole file again tells what it says.
        """
        first = self._assembly.first_time
        if self._floor is not None and first is not None and first < self._floor:
            return None
        self.unchanged = self._settled.extent
        tail = self._assembly.finish(source)
        whole = self._joined(tail, source)
        if len(tail) > 2 * self._open_cycles:
            self._settle(tail)
        return whole

    def _joined(self, tail: History, source: Source) -> History:
        tables = self._settled.joined(tail.tables)
        earlier = self._earlier.joined(tail.superseded.tables)
        return History(tables, source, earlier if earlier.cycles.num_rows else None)

    def _settle(self, tail: History) -> None:
        """Close all but the last cycles."""
        moment = int(tail.tables.cycles["timestamp"][-self._open_cycles].value)
        if self._assembly.forget_before(moment):
            self._settled.add(_before(tail.tables, moment))
            self._earlier.add(_before(tail.superseded.tables, moment, by_cycle=("signals", "trades")))
            self._floor = moment


class _Settled:
    """The growing tables of cycles that do not change any more, in pieces that double in size."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[pa.Table]] = {name: [] for name in _GROWING}
        self._count = 0

    def add(self, tables: Tables) -> None:
        """Take the tables of the next cycles, numbered from 0."""
        numbered = self._renumbered(tables)
        self._count += tables.cycles.num_rows
        for name, pieces in self._pieces.items():
            pieces.append(getattr(numbered, name))
            while len(pieces) > 1 and 2 * pieces[-1].num_rows > pieces[-2].num_rows:
                pieces[-2:] = [pa.concat_tables(pieces[-2:]).combine_chunks()]

    @property
    def extent(self) -> Extent:
        """How many rows there are."""
        rows = {name: sum(piece.num_rows for piece in pieces) for name, pieces in self._pieces.items()}
        return Extent(rows["cycles"], rows["trades"], rows["equity"], rows["messages"])

    def joined(self, tail: Tables) -> Tables:
        """These tables with those of the cycles after them, which are numbered from 0."""
        numbered = self._renumbered(tail)
        return replace(
            tail,
            **{name: pa.concat_tables([*pieces, getattr(numbered, name)]) for name, pieces in self._pieces.items()},
        )

    def _renumbered(self, tables: Tables) -> Tables:
        if not self._count:
            return tables
        changed = {name: _shifted(getattr(tables, name), self._count) for name in _NUMBERED}
        return replace(tables, **changed)


def _shifted(table: pa.Table, count: int) -> pa.Table:
    """The table with so many cycles before it; a trade before its first cycle belongs to the last of those."""
    place = table.schema.get_field_index("cycle")
    return table.set_column(place, table.schema.field(place), pc.add(pc.fill_null(table["cycle"], -1), count))


def _before(tables: Tables, moment: Micros, by_cycle: tuple[str, ...] = ("signals", "positions", "market")) -> Tables:
    """The rows before a time; the tables named are in the order of cycles instead of time."""
    number = _place(tables.cycles["timestamp"], moment)
    parts = {}
    for name in _GROWING:
        table = getattr(tables, name)
        stop = _place(table["cycle"], number) if name in by_cycle else _place(table["timestamp"], moment)
        parts[name] = table.slice(0, stop)
    return replace(empty_tables(), **parts)


def _place(column: pa.ChunkedArray, value: int) -> int:
    """Where the first value stands that is not smaller."""
    return int(np.searchsorted(column.cast(pa.int64()).to_numpy(), value))
