"""What has the strategy decided so far, and how do I ask for a part of it?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.history.tables import FLAG_BITS, SIGNALS, Tables, Window, empty_tables, frame_of, places_of
from alpha_model.values import CycleNotFoundError, HistoryError, PairId

Matrix: TypeAlias = npt.NDArray[np.float64]
"""Dense cycle × pair; NaN where the pair had no such value."""

Moment: TypeAlias = datetime | pd.Timestamp | str
"""A time: aware, naive UTC, or ISO 8601 text."""

_DENSE_TYPES = (pa.float64(), pa.int64(), pa.bool_(), pa.uint32())


@dataclass(frozen=True, slots=True)
class Source:
    """Where a history came from, for people.

    Args:
        name: File name or address.
        kind: `reference state`, `recorder file`, `snapshot` …
        strategy: The strategy's name, where the source has one.
        byte_count: Size of the file as it lies on disk.
    """

    name: str = "memory"
    kind: str = "memory"
    strategy: str | None = None
    byte_count: int | None = None


class History:
    """An immutable, ordered record of a strategy's cycles.

    Cycles are in time order; where a cycle was written several times, the last revision is here and the earlier ones
    are in `superseded`. Narrower histories keep the cycle numbers of the one they came from.

    Args:
        tables: The Arrow tables (see `history.tables.schema`), `cycles` sorted by cycle and `signals` by cycle.
        source: Where it came from.
        superseded: Earlier revisions of cycles, as a history of their own.
        whole: The history that this one is a part of; None where it is no part.
    """

    def __init__(
        self,
        tables: Tables,
        source: Source | None = None,
        superseded: Tables | None = None,
        *,
        whole: History | None = None,
    ) -> None:
        self.tables = tables
        self.source = source or Source()
        self._superseded = superseded
        self._whole = whole
        self.kept: dict[type, object] = {}
        """What others derived from this history and want to find again, by what it is."""

    @classmethod
    def empty(cls) -> History:
        """A history of nothing."""
        return cls(empty_tables())

    @classmethod
    def open(
        cls,
        dataset: Path | str,
        *,
        strategy: str | None = None,
        between: tuple[Moment | None, Moment | None] = (None, None),
    ) -> History:
        """The history of a strategy in a Parquet dataset, as `compact` makes them.

        Args:
            dataset: A folder, or an address of fsspec such as `s3://bucket/histories`.
            strategy: Whose; it need not be said where there is only one. `""` is the records without a name.
            between: The first and last moment wanted, both included, None is open. Files of other months are not read.

        Raises:
            HistoryError: There is no such dataset or strategy, or a file of it is damaged.
        """
        from alpha_model.history.dataset import read_dataset  # noqa: PLC0415 - datasets are made of histories

        start, end = (None if moment is None else utc(moment).to_pydatetime() for moment in between)
        found = read_dataset(dataset, strategy, Window(start, end))
        source = Source(found.name, "dataset", found.manifest.strategy, found.manifest.byte_count)
        return cls(found.tables, source, found.superseded)

    def __len__(self) -> int:
        return int(self.tables.cycles.num_rows)

    def __repr__(self) -> str:
        if not len(self):
            return f"<History of no cycles from {self.source.name}>"
        first, last = self.timestamps[0], self.timestamps[-1]
        return f"<History of {len(self)} cycles, {len(self.pair_ids)} pairs, {first} to {last}, {self.source.name}>"

    @property
    def whole(self) -> History:
        """The history that this is a part of, which knows what came before and after; itself where it is no part."""
        return self if self._whole is None else self._whole

    @property
    def superseded(self) -> History:
        """Earlier revisions of cycles that were written again; mostly empty.

        A history of its own, with cycle numbers of its own; find a cycle's earlier revisions by its timestamp, which
        several of them may share.
        """
        empty = replace(empty_tables(), pairs=self.tables.pairs)
        return History(self._superseded or empty, self.source)

    @cached_property
    def cycles(self) -> pd.DataFrame:
        """One row a cycle: equity, discarded value, thresholds, counts, message."""
        return frame_of(self.tables.cycles)

    @cached_property
    def signals(self) -> pd.DataFrame:
        """One row a cycle × pair: from raw signal to planned adjust."""
        return frame_of(self.tables.signals)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """One row a pair: ids and names."""
        return frame_of(self.tables.pairs)

    @cached_property
    def trades(self) -> pd.DataFrame:
        """One row a trade: planned and executed."""
        return frame_of(self.tables.trades)

    @cached_property
    def positions(self) -> pd.DataFrame:
        """One row a cycle × held position: units, mark and state before the trades of the cycle."""
        return frame_of(self.tables.positions)

    @cached_property
    def market(self) -> pd.DataFrame:
        """One row a cycle × pair, with a signal or not: prices, TVL and size cap at the decision."""
        return frame_of(self.tables.market)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run of the strategy: its code, versions, seeds and data, where they are told."""
        return frame_of(self.tables.runs)

    @cached_property
    def equity(self) -> pd.DataFrame:
        """The equity curve: total equity and cash, USD."""
        return frame_of(self.tables.equity)

    @cached_property
    def messages(self) -> pd.DataFrame:
        """Reports of the strategy that match no cycle."""
        return frame_of(self.tables.messages)

    @cached_property
    def problems(self) -> pd.DataFrame:
        """What in the source was skipped, patched or odd."""
        return frame_of(self.tables.problems)

    @cached_property
    def flags(self) -> pd.DataFrame:
        """One row a flag: cycle, timestamp, pair_id, flag; ordered by cycle, then flag bit."""
        signals = self.tables.signals
        keys = signals.select(["cycle", "timestamp", "pair_id"])
        bits = signals["flag_bits"].to_numpy()
        parts = []
        for name, bit in FLAG_BITS.items():
            rows = np.flatnonzero(bits & bit)
            if rows.size:
                parts.append(keys.take(pa.array(rows)).append_column("flag", pa.array([name] * rows.size, pa.string())))
        others = signals["other_flags"].combine_chunks()
        if others.null_count < len(others):
            found = keys.take(pc.list_parent_indices(others))
            parts.append(found.append_column("flag", pc.list_flatten(others)))
        if not parts:
            parts = [keys.slice(0, 0).append_column("flag", pa.array([], pa.string()))]
        frame: pd.DataFrame = pa.concat_tables(parts).to_pandas()
        return frame.sort_values("cycle", kind="stable", ignore_index=True)

    @cached_property
    def timestamps(self) -> pd.DatetimeIndex:
        """Decision times, UTC, one a cycle."""
        return pd.DatetimeIndex(self.tables.cycles["timestamp"].to_pandas(), name="timestamp")

    @cached_property
    def cycle_numbers(self) -> npt.NDArray[np.int64]:
        """The cycle numbers, ascending; 0…n-1 unless this history is a part of another."""
        return cast("npt.NDArray[np.int64]", self.tables.cycles["cycle"].to_numpy())

    @cached_property
    def pair_ids(self) -> npt.NDArray[np.int64]:
        """The pairs, in the order of `pairs` and of the columns of `wide`."""
        return cast("npt.NDArray[np.int64]", self.tables.pairs["pair_id"].to_numpy())

    @cached_property
    def signal_places(self) -> npt.NDArray[np.int64]:
        """For each row of `signals`, the row of its cycle in `cycles`.

        Raises:
            HistoryError: A signal is of a cycle that is not there; no reader makes such a history.
        """
        return self._places(self.cycle_numbers, "cycle")

    @cached_property
    def pair_places(self) -> npt.NDArray[np.int64]:
        """For each row of `signals`, the row of its pair in `pairs`, which is its column in the matrices of `wide`.

        Raises:
            HistoryError: A signal is of a pair that is not there; no reader makes such a history.
        """
        return self._places(self.pair_ids, "pair_id")

    def _places(self, known: npt.NDArray[np.int64], column: str) -> npt.NDArray[np.int64]:
        wanted = self.tables.signals[column].to_numpy()
        places = places_of(known, wanted)
        lost = wanted[places < 0]
        if lost.size:
            table = {"cycle": "cycles", "pair_id": "pairs"}[column]
            raise HistoryError(
                f"each {column} of signals needs a row in {table}, got {lost[0]} without one in {self.source.name}. "
                f"Add it to {table}.",
                path=self.source.name,
                got=int(lost[0]),
            )
        places.flags.writeable = False
        return places

    def wide(self, column: str) -> Matrix:
        """One number of every signal as a dense matrix.

        Args:
            column: A numeric or boolean column of `signals`.

        Returns:
            float64, cycles × pairs in the order of `timestamps` and `pair_ids`; NaN where the pair has no such value.

        Raises:
            HistoryError: There is no such column, or it holds no numbers.
        """
        if column not in SIGNALS.names or SIGNALS.field(column).type not in _DENSE_TYPES:
            numeric = [field.name for field in SIGNALS if field.type in _DENSE_TYPES]
            raise HistoryError(
                f"wide() needs a numeric column of signals, got {column!r}. Choose one of {', '.join(numeric)}.",
                column=column,
            )
        matrix = np.full((len(self), len(self.pair_ids)), np.nan)
        values = pc.cast(self.tables.signals[column], pa.float64(), safe=False)  # an id may be above 2**53
        matrix[self.signal_places, self.pair_places] = values.to_numpy(zero_copy_only=False)
        return matrix

    def wide_frame(self, column: str) -> pd.DataFrame:
        """`wide` with its labels: DatetimeIndex (UTC), one row a cycle; one column a pair id."""
        return pd.DataFrame(self.wide(column), index=self.timestamps, columns=pd.Index(self.pair_ids, name="pair_id"))

    def between(self, start: Moment | None = None, end: Moment | None = None) -> History:
        """The cycles from `start` to `end`, both included; None is open."""
        first = 0 if start is None else int(self.timestamps.searchsorted(utc(start), side="left"))
        stop = len(self) if end is None else int(self.timestamps.searchsorted(utc(end), side="right"))
        return self._part(first, max(first, stop), window=(start, end))

    def cycle(self, number: int) -> History:
        """The history of one cycle, by its number.

        Raises:
            CycleNotFoundError: There is no such cycle.
        """
        place = int(np.searchsorted(self.cycle_numbers, number))
        if place >= len(self) or self.cycle_numbers[place] != number:
            known = f"cycles {self.cycle_numbers[0]} to {self.cycle_numbers[-1]}" if len(self) else "no cycles"
            raise CycleNotFoundError(f"no cycle {number} in {self.source.name}, which has {known}.", cycle=number)
        return self._part(place, place + 1, window=(self.timestamps[place], self._next_moment(place)))

    def at(self, when: Moment) -> History:
        """The history of the one cycle decided at that time.

        Raises:
            CycleNotFoundError: No cycle was decided then; the message names the nearest.
        """
        moment = utc(when)
        place = int(self.timestamps.searchsorted(moment))
        if place < len(self) and self.timestamps[place] == moment:
            return self.cycle(int(self.cycle_numbers[place]))
        near = [str(self.timestamps[i]) for i in (place - 1, place) if 0 <= i < len(self)]
        hint = f"The nearest are {' and '.join(near)}." if near else "The history is empty."
        raise CycleNotFoundError(f"no cycle at {moment} in {self.source.name}. {hint}", timestamp=moment)

    def pair(self, pair_id: PairId) -> History:
        """One pair through all cycles: `signals`, `pairs` and `trades` of that pair only.

        Raises:
            CycleNotFoundError: The history has no such pair.
        """
        if pair_id not in self.pair_ids:
            raise CycleNotFoundError(f"no pair {pair_id} in {self.source.name}. See history.pairs.", pair_id=pair_id)
        wanted = pc.field("pair_id") == pair_id
        tables = replace(
            self.tables,
            signals=self.tables.signals.filter(wanted),
            pairs=self.tables.pairs.filter(wanted),
            trades=self.tables.trades.filter(wanted),
            positions=self.tables.positions.filter(wanted),
            market=self.tables.market.filter(wanted),
        )
        earlier = self._superseded and replace(
            self._superseded,
            signals=self._superseded.signals.filter(wanted),
            pairs=self._superseded.pairs.filter(wanted),
            trades=self._superseded.trades.filter(wanted),
        )
        return History(tables, self.source, earlier, whole=self.whole)

    def _next_moment(self, place: int) -> pd.Timestamp | None:
        """Just before the cycle after this one."""
        following = place + 1
        return None if following >= len(self) else self.timestamps[following] - pd.Timedelta(microseconds=1)

    def _part(self, first: int, stop: int, window: tuple[Moment | None, Moment | None]) -> History:
        numbers = self.tables.signals["cycle"].to_numpy()
        bounds, times = self.cycle_numbers[first:stop], self.timestamps[first:stop]
        low, high, earlier = 0, 0, None
        if bounds.size:
            low, high = np.searchsorted(numbers, bounds[0]), np.searchsorted(numbers, bounds[-1], side="right")
            earlier = self._superseded and _revisions_during(self._superseded, times[0], times[-1])
        tables = replace(
            self.tables,
            cycles=self.tables.cycles.slice(first, stop - first),
            signals=self.tables.signals.slice(int(low), int(high - low)),
            trades=_during(self.tables.trades, *window),
            positions=_within(self.tables.positions, bounds),
            market=_within(self.tables.market, bounds),
            equity=_during(self.tables.equity, *window),
            messages=_during(self.tables.messages, *window),
        )
        return History(tables, self.source, earlier, whole=self.whole)


def utc(when: Moment) -> pd.Timestamp:
    """A UTC timestamp; a naive time is taken to be UTC.

    Raises:
        HistoryError: Not a time.
    """
    try:
        moment = pd.Timestamp(when)
    except (ValueError, TypeError) as error:
        raise HistoryError(f"expected a time, got {when!r}. Write it as 2026-01-05T00:00Z.", got=when) from error
    return moment.tz_localize(UTC) if moment.tzinfo is None else moment.tz_convert(UTC)


def _during(table: pa.Table, start: Moment | None, end: Moment | None) -> pa.Table:
    """The rows from `start` to `end`; masks, because a plan of Acero for a small table takes longer than the rest."""
    times = table["timestamp"]
    for bound, compare in ((start, pc.greater_equal), (end, pc.less_equal)):
        if bound is not None:
            table = table.filter(compare(times, pa.scalar(utc(bound).to_pydatetime(), times.type)))
            times = table["timestamp"]
    return table


def _within(table: pa.Table, cycles: npt.NDArray[np.int64]) -> pa.Table:
    """The rows of the cycles, which follow each other."""
    if not cycles.size:
        return table.slice(0, 0)
    numbers = table["cycle"].to_numpy()
    low, high = np.searchsorted(numbers, cycles[0]), np.searchsorted(numbers, cycles[-1], side="right")
    return table.slice(int(low), int(high - low))


def _revisions_during(tables: Tables, start: Moment, end: Moment) -> Tables:
    """The revisions of cycles from `start` to `end`, each with the trades that stood beside it."""
    cycles = _during(tables.cycles, start, end)
    own = pc.is_in(tables.trades["cycle"], value_set=cycles["cycle"].combine_chunks())
    signals = _during(tables.signals, start, end)
    return replace(tables, cycles=cycles, signals=signals, trades=tables.trades.filter(own))
