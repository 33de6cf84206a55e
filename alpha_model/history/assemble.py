"""How do cycles, trades and messages that were read in any order become one ordered history?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.history.history import History, Source
from alpha_model.history.tables import (
    OUT_OF_ORDER,
    RUNS,
    TIME,
    Columns,
    Micros,
    PairBook,
    PositionPath,
    Problems,
    Snapshot,
    Tables,
    empty_tables,
    market_table,
    positions_table,
    table_of,
)

Trade: TypeAlias = dict[str, Any]
"""One row of `trades` without its cycle; times in microseconds."""

_TRADE_KEY = ("position_id", "trade_id", "pair_id", "timestamp")
_TRADE_PLAN = ("side", "planned_quantity", "planned_price")
"""What of a trade does not change when it is told again after it was executed."""

_Places: TypeAlias = npt.NDArray[np.int64]


class Assembly:
    """Takes what a reader finds, in the order of the source, and makes a history of it.

    Args:
        problems: Where oddities go; the readers of the parts share it.
    """

    def __init__(self, problems: Problems | None = None) -> None:
        self.problems = Problems() if problems is None else problems
        self.pairs = PairBook()
        self._cycles: list[dict[str, Any]] = []
        self._signals = Columns("signals", left_out=("cycle", "timestamp"))
        self._trades: list[tuple[int | None, Trade]] = []
        self._equity: list[tuple[int | None, dict[str, Any]]] = []
        self._positions: list[PositionPath] = []
        self._holdings: dict[tuple[Any, ...], Trade] = {}
        self._market: list[Trade] = []
        self._runs: dict[str, dict[str, Any]] = {}
        self._run_id: str | None = None
        self._messages: list[tuple[Micros, str]] = []
        self._is_sorted = True
        self.knows_trades = False

    def add_cycle(
        self,
        snapshot: Snapshot,
        timestamp: Micros,
        *,
        source: str,
        source_key: str | None = None,
        message: str | None = None,
        trades: Sequence[Trade] | None = None,
        equity: Mapping[str, float | None] | None = None,
    ) -> None:
        """One cycle as it was written; a later one of the same time supersedes it.

        Args:
            snapshot: What the cycle decided.
            timestamp: When.
            source: Where in the source it stood.
            source_key: The key or line there.
            message: The strategy's report, where it stands beside the cycle.
            trades: The cycle's trades, where they stand beside it; None is not known, empty is none.
            equity: `total_equity` and `cash` at the cycle.
        """
        columns, place = snapshot.signals, len(self._cycles)
        held = zip(columns["old_value"], columns["old_weight"], strict=True)
        self._cycles.append(
            {
                "timestamp": timestamp,
                **snapshot.numbers,
                "raw_count": snapshot.raw_count,
                "selected_count": columns["selected"].count(True),
                "held_count": len([True for value, weight in held if value or weight]),
                "message": message,
                "pipeline": snapshot.pipeline,
                "source": source,
                "source_key": source_key,
                "extra": snapshot.extra,
                "run_id": self._run_id,
                "row_count": len(snapshot),
                "knows_trades": trades is not None,
            }
        )
        self._signals.extend(columns, len(snapshot))
        self.pairs.see(snapshot.pairs)
        self._trades += [(place, trade) for trade in trades or ()]
        if equity is not None:
            self._equity.append((place, {"timestamp": timestamp, **equity}))

    def add_trade(self, trade: Trade) -> None:
        """A trade that belongs to no cycle in particular."""
        self._trades.append((None, trade))

    def add_position(self, path: PositionPath) -> None:
        """A position from its opening to its end."""
        self.pairs.mention((path.pair_id,))
        self._positions.append(path)

    def add_holding(self, row: Trade) -> None:
        """A row of `positions`, without its cycle."""
        self.pairs.mention((row["pair_id"],))
        self._holdings[row["timestamp"], row["pair_id"], row["position_id"]] = row

    def add_market(self, row: Trade) -> None:
        """A row of `market`, without its cycle."""
        self.pairs.mention((row["pair_id"],))
        self._market.append(row)

    def begin_run(self, row: Mapping[str, Any]) -> None:
        """A row of `runs`; the cycles that are added from here on are of that run."""
        self._run_id = row["run_id"]
        self._runs[row["run_id"]] = dict(row)

    def add_equity(self, timestamp: Micros, total_equity: float | None, cash: float | None) -> None:
        """A point of the equity curve."""
        self._equity.append((None, {"timestamp": timestamp, "total_equity": total_equity, "cash": cash}))

    def add_message(self, timestamp: Micros, message: str) -> None:
        """A report of the strategy; it goes to the cycle of the same time if there is one."""
        self._messages.append((timestamp, message))

    def __len__(self) -> int:
        return len(self._cycles)

    @property
    def first_time(self) -> Micros | None:
        """The earliest time of anything that was added and not forgotten."""
        beside = (entry["timestamp"] for _, entry in (*self._trades, *self._equity))
        cycles = (cycle["timestamp"] for cycle in self._cycles)
        return min((*cycles, *beside, *(when for when, _ in self._messages)), default=None)

    def forget_before(self, moment: Micros) -> bool:
        """Let go of everything before a time, because it is kept elsewhere; the pairs and problems stay.

        Returns:
            False, and nothing is forgotten, when a trade or an equity point stands on the other side than its cycle.
        """
        is_late = [cycle["timestamp"] >= moment for cycle in self._cycles]
        owned = [(place, entry) for place, entry in (*self._trades, *self._equity) if place is not None]
        if any((entry["timestamp"] >= moment) != is_late[place] for place, entry in owned):
            return False
        dropped = set(self._ordered(Problems())[1])
        settled = (trade for n, trade in self._trades if n not in dropped and trade["timestamp"] < moment)
        _told_last(settled, self.problems)
        starts = np.cumsum([0, *(cycle["row_count"] for cycle in self._cycles)])
        kept = [place for place, late in enumerate(is_late) if late]
        self._signals.keep(_rows_of(kept, starts))
        numbers: dict[int | None, int] = {place: number for number, place in enumerate(kept)}
        self._cycles = [self._cycles[place] for place in kept]
        self._trades = [(numbers.get(n), trade) for n, trade in self._trades if trade["timestamp"] >= moment]
        self._equity = [(numbers.get(n), point) for n, point in self._equity if point["timestamp"] >= moment]
        self._messages = [(when, text) for when, text in self._messages if when >= moment]
        self._holdings = {key: row for key, row in self._holdings.items() if row["timestamp"] >= moment}
        self._market = [row for row in self._market if row["timestamp"] >= moment]
        return True

    def finish(self, source: Source) -> History:
        """The history of everything that was added so far; more may be added, and the history finished again."""
        problems = self.problems.copy()
        last, earlier = self._ordered(problems)
        self._say_mixed_runs(last, problems)
        starts = np.cumsum([0, *(cycle["row_count"] for cycle in self._cycles)])
        nothing = pa.array(np.zeros(self._signals.row_count, dtype=np.int64))
        signals = self._signals.table(cycle=nothing, timestamp=nothing.cast(TIME))
        self.pairs.mention(pc.unique(signals["pair_id"]).to_pylist())
        self.pairs.mention(trade["pair_id"] for _, trade in self._trades)
        times = np.array([self._cycles[place]["timestamp"] for place in last], dtype=np.int64)
        matched, others = self._matched_messages(set(times.tolist()))
        messages = {**self._said_earlier(earlier), **matched}
        trades = self._trade_table(times, set(earlier), problems)
        counts = self._trade_counts(trades, times)
        numbered = _numbered(signals, last, starts, times)
        tables = Tables(
            cycles=self._cycle_table(last, messages, counts),
            signals=numbered,
            pairs=self.pairs.table(problems),
            trades=trades,
            positions=positions_table(self._positions, self._holdings.values(), times),
            market=market_table(self._market, self._positions, trades, numbered, times),
            equity=self._equity_table(set(earlier)),
            messages=table_of("messages", {"timestamp": [t for t, _ in others], "message": [m for _, m in others]}),
            runs=table_of("runs", {field.name: [run.get(field.name) for run in self._runs.values()] for field in RUNS}),
            problems=problems.table(),
        )
        superseded = None
        if earlier:
            old_times = np.array([self._cycles[place]["timestamp"] for place in earlier], dtype=np.int64)
            old_trades = self._own_trades(earlier)
            superseded = replace(
                empty_tables(),
                cycles=self._cycle_table(earlier, {}, self._own_counts(earlier, old_trades)),
                signals=_numbered(signals, earlier, starts, old_times),
                pairs=tables.pairs,
                trades=old_trades,
            )
        return History(tables, source, superseded)

    def _ordered(self, problems: Problems) -> tuple[list[int], list[int]]:
        """The places of the cycles to show and of those that they supersede, both in time order; sets revisions."""
        order = sorted(range(len(self._cycles)), key=lambda place: self._cycles[place]["timestamp"])
        self._is_sorted = self._is_sorted and order == list(range(len(order)))
        if not self._is_sorted:
            problems.add("odd", OUT_OF_ORDER, field="timestamp", cycle_key=self._first_out_of_order())
        last: list[int] = []
        earlier: list[int] = []
        for place in order:
            cycle = self._cycles[place]
            cycle["revision"] = 0
            if last and self._cycles[last[-1]]["timestamp"] == cycle["timestamp"]:
                cycle["revision"] = self._cycles[last[-1]]["revision"] + 1
                earlier.append(last.pop())
            last.append(place)
        return last, earlier

    def _say_mixed_runs(self, last: list[int], problems: Problems) -> None:
        """Each run goes on where the one before it stopped, unless a back-test was repeated into the same file."""
        order = {run_id: number for number, run_id in enumerate(self._runs)}
        runs = [order[run_id] for place in last if (run_id := self._cycles[place]["run_id"]) is not None]
        back = next((number for before, number in pairwise(runs) if number < before), None)
        if back is not None:
            kept = runs.count(back)
            message = (
                f"a later run began before the end of run {list(self._runs)[back]}, of which {kept} cycles are still "
                "shown beside its own; kept both. Record a repeated back-test to a file of its own"
            )
            problems.add("odd", message, field="run_id")

    def _first_out_of_order(self) -> str | None:
        """The key of the first cycle that stands after a later one."""
        pairs = zip(self._cycles, self._cycles[1:], strict=False)
        found = next((after for before, after in pairs if after["timestamp"] < before["timestamp"]), None)
        return None if found is None else found["source_key"]

    def _said_earlier(self, earlier: list[int]) -> dict[Micros, str]:
        """The messages of earlier revisions; a revision that has none of its own leaves what was said."""
        cycles = (self._cycles[place] for place in earlier)
        return {cycle["timestamp"]: str(cycle["message"]) for cycle in cycles if cycle["message"] is not None}

    def _matched_messages(self, times: set[Micros]) -> tuple[dict[Micros, str], list[tuple[Micros, str]]]:
        matched: defaultdict[Micros, list[str]] = defaultdict(list)
        others = []
        for timestamp, message in self._messages:
            if timestamp in times:
                matched[timestamp].append(message)
            else:
                others.append((timestamp, message))
        return {when: "\n".join(texts) for when, texts in matched.items()}, sorted(others, key=lambda entry: entry[0])

    def _cycle_table(self, places: list[int], messages: dict[Micros, str], counts: list[int | None] | None) -> pa.Table:
        cycles = [self._cycles[place] for place in places]
        names = [name for name in cycles[0] if name not in ("row_count", "knows_trades")] if cycles else ["timestamp"]
        columns: dict[str, list[Any]] = {name: [cycle[name] for cycle in cycles] for name in names}
        columns["cycle"] = list(range(len(cycles)))
        if cycles:
            columns["message"] = [_message(cycle, messages) for cycle in cycles]
        if counts is not None:
            columns["trade_count"] = counts
        return table_of("cycles", columns)

    def _trade_table(self, times: _Places, dropped: set[int], problems: Problems) -> pa.Table:
        """The trades in time order, each with the last cycle at or before it."""
        kept = _told_last((trade for cycle, trade in self._trades if cycle not in dropped), problems)
        rows = sorted(kept, key=lambda trade: trade["timestamp"])
        found = np.searchsorted(times, np.array([row["timestamp"] for row in rows], dtype=np.int64), side="right") - 1
        return _trade_rows(rows, pa.array(found, pa.int64(), mask=found < 0))

    def _own_trades(self, places: list[int]) -> pa.Table:
        """The trades that stood beside these cycles, numbered by the places' order."""
        numbers = {place: number for number, place in enumerate(places)}
        own = [(numbers[cycle], trade) for cycle, trade in self._trades if cycle in numbers]
        own.sort(key=lambda entry: entry[0])
        return _trade_rows([trade for _, trade in own], pa.array([number for number, _ in own], pa.int64()))

    def _own_counts(self, places: list[int], trades: pa.Table) -> list[int | None]:
        kinds = zip(trades["cycle"].to_pylist(), trades["kind"].to_pylist(), strict=True)
        counts = Counter(cycle for cycle, kind in kinds if kind != "test_trade")
        return [counts[n] if self._cycles[place]["knows_trades"] else None for n, place in enumerate(places)]

    def _trade_counts(self, trades: pa.Table, times: _Places) -> list[int | None]:
        """Per cycle the trades that were decided at its very time, without test trades; None where nobody knows."""
        moments, kinds = trades["timestamp"].cast(pa.int64()).to_pylist(), trades["kind"].to_pylist()
        decided = Counter(when for when, kind in zip(moments, kinds, strict=True) if kind != "test_trade")
        last = {cycle["timestamp"]: cycle for cycle in self._cycles}
        return [decided[when] if self.knows_trades or last[when]["knows_trades"] else None for when in times.tolist()]

    def _equity_table(self, dropped: set[int]) -> pa.Table:
        points = sorted((p for place, p in self._equity if place not in dropped), key=lambda point: point["timestamp"])
        names = ("timestamp", "total_equity", "cash")
        return table_of("equity", {name: [point.get(name) for point in points] for name in names})


def _message(cycle: Mapping[str, Any], messages: Mapping[Micros, str]) -> str | None:
    own = cycle["message"]
    return messages.get(cycle["timestamp"]) if own is None else str(own)


def _told_last(trades: Iterable[Trade], problems: Problems) -> list[Trade]:
    """Each trade as it was told last; one that was planned otherwise before is a problem.

    A trade is known by its position and its number in it; both may begin anew when a strategy does, so by its time too.
    """
    kept: dict[tuple[Any, ...], Trade] = {}
    for place, trade in enumerate(trades):
        known = trade.get("trade_id") is not None
        key = tuple(trade.get(name) for name in _TRADE_KEY) if known else (place,)
        before = kept.get(key, trade)
        if any(before.get(name) != trade.get(name) for name in _TRADE_PLAN):
            what = f"trade {trade['trade_id']} of position {trade.get('position_id')}"
            message = f"{what} is told twice, and was planned otherwise at first; kept the later"
            problems.add("odd", message, pair=str(trade["pair_id"]), field="trades")
        kept[key] = trade
    return list(kept.values())


def _trade_rows(rows: Sequence[Trade], cycle: pa.Array) -> pa.Table:
    columns = Columns("trades", left_out=("cycle",))
    columns.extend({name: [_plain(row.get(name)) for row in rows] for name in columns.names}, len(rows))
    return columns.table(cycle=cycle)


def _plain(value: Any) -> Any:
    """Quantities are exact until here."""
    return float(value) if isinstance(value, Decimal) else value


def _rows_of(places: list[int], starts: _Places) -> pa.Array:
    """The rows of the signals of the cycles at these places."""
    rows = [np.arange(starts[place], starts[place + 1]) for place in places]
    return pa.array(np.concatenate(rows) if rows else [], pa.int64())


def _numbered(signals: pa.Table, places: list[int], starts: _Places, times: _Places) -> pa.Table:
    """The signals of the cycles at these places, in that order, with cycle numbers and times."""
    counts = np.array([starts[place + 1] - starts[place] for place in places], dtype=np.int64)
    if list(places) != list(range(len(starts) - 1)):
        signals = signals.take(_rows_of(places, starts))
    cycle = np.repeat(np.arange(len(places)), counts)
    fields = signals.schema
    signals = signals.set_column(0, fields.field("cycle"), pa.array(cycle, pa.int64()))
    return signals.set_column(1, fields.field("timestamp"), pa.array(np.repeat(times, counts), pa.int64()).cast(TIME))
