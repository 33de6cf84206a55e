"""What was held when each cycle decided, according to what a source tells of its positions over time?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from alpha_model.history.tables.coerce import Micros
from alpha_model.history.tables.schema import POSITIONS, TIME
from alpha_model.values import PairId, Usd

_Times = npt.NDArray[np.int64]
_Numbers = npt.NDArray[np.float64]

DUST = 1e-12
"""Relative: what is left of a position below this share of its largest size is rounding, not a holding."""


class Mark(NamedTuple):
    """One valuation of a position: time, units, USD, USD per unit, profit so far in USD; NaN is not said.

    An old one was made of a price of before.
    """

    time: Micros
    quantity: float
    value: Usd
    price: float
    profit: Usd
    is_old: bool = False


class Flow(NamedTuple):
    """Units that came into a position (or left it: negative), by a fill, a redemption, interest; and when.

    A trigger of a cycle's own second came before its decision, a fill of that second after it.
    """

    time: Micros
    quantity: float
    is_before: bool


@dataclass(frozen=True, slots=True)
class PositionPath:
    """One position as its source tells it.

    Args:
        pair_id: Of the spot pair, also for a short.
        position_id: Its number at the source.
        pair_kind: Kind of the pair that is held.
        group: `open`, `closed`, `frozen`, `pending` or `expired`: where it stands at the end.
        opened_at: When; None is not said.
        closed_at: When; None while it is held.
        frozen_at: Since when it could not be traded; None is never, or not said.
        unfrozen_at: Until when.
        fee: Share of the notional that a trade costs; None is not known.
        flows: In the order of time.
        marks: In the order of time.
    """

    pair_id: PairId
    position_id: int | None
    pair_kind: str | None
    group: str
    opened_at: Micros | None = None
    closed_at: Micros | None = None
    frozen_at: Micros | None = None
    unfrozen_at: Micros | None = None
    fee: float | None = None
    flows: Sequence[Flow] = field(default_factory=tuple)
    marks: Sequence[Mark] = field(default_factory=tuple)


def positions_table(paths: Iterable[PositionPath], rows: Iterable[Mapping[str, Any]], times: _Times) -> pa.Table:
    """The table `positions`: what was held before the trades of each cycle.

    Args:
        paths: Positions over time, in any order.
        rows: Rows of the table that are made already, without their cycle; those of no cycle's time are left out.
        times: Of the cycles, microseconds, ascending.
    """
    parts = [part for path in paths if (part := _held(path, times))]
    told = _told(list(rows), times)
    joined = [*(_as_table(part) for part in parts), *([told] if told.num_rows else [])]
    if not joined:
        return POSITIONS.empty_table()
    return pa.concat_tables(joined).sort_by([("cycle", "ascending"), ("position_id", "ascending")]).combine_chunks()


def _told(rows: Sequence[Mapping[str, Any]], times: _Times) -> pa.Table:
    moments = np.array([row["timestamp"] for row in rows], dtype=np.int64)
    place = np.searchsorted(times, moments)
    known = np.flatnonzero(np.isin(moments, times)).tolist()
    columns = {name: [rows[row].get(name) for row in known] for name in POSITIONS.names if name != "cycle"}
    return _as_table({"cycle": place[known], **columns})


def _held(path: PositionPath, times: _Times) -> dict[str, Any]:
    """The rows of one position; empty where no cycle found it held."""
    first = np.searchsorted(times, _start(path), side="left")
    stop = len(times) if path.closed_at is None else np.searchsorted(times, path.closed_at, side="right")
    cycles = np.arange(first, max(first, stop))
    quantity = _quantities(path, times[cycles])
    size = np.nanmax(np.abs([flow.quantity for flow in path.flows] or [0.0]))
    kept = np.abs(quantity) > max(size * DUST, 0.0)
    cycles, quantity = cycles[kept], quantity[kept]
    if not cycles.size:
        return {}
    moments = times[cycles]
    price, value, profit = _valued(path, moments, quantity)
    rows = len(cycles)
    return {
        "cycle": cycles,
        "timestamp": moments,
        "pair_id": np.full(rows, path.pair_id, dtype=np.int64),
        "position_id": np.full(rows, path.position_id, dtype=object),
        "state": _states(path, moments),
        "pair_kind": np.full(rows, path.pair_kind, dtype=object),
        "quantity": quantity,
        "mark": price,
        "value": value,
        "profit": profit,
        "opened_at": np.full(rows, path.opened_at, dtype=object),
    }


def _start(path: PositionPath) -> Micros:
    known = [*(flow.time for flow in path.flows[:1]), *(mark.time for mark in path.marks[:1])]
    return min(known) if path.opened_at is None and known else path.opened_at or 0


def _quantities(path: PositionPath, moments: _Times) -> _Numbers:
    """Units held just before the trades of each moment: the last mark, unless a flow came after it, else the flows."""
    flow_times = np.array([flow.time for flow in path.flows], dtype=np.int64)
    early = np.array([flow.time - flow.is_before for flow in path.flows], dtype=np.int64)
    order = np.argsort(early, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum([path.flows[place].quantity for place in order])])
    flowed = np.searchsorted(early[order], moments, side="left")
    by_flows = sums[flowed]
    mark_times = np.array([mark.time for mark in path.marks], dtype=np.int64)
    marked = np.searchsorted(mark_times, moments, side="left")
    if not len(mark_times):
        return by_flows
    last_mark = np.where(marked > 0, mark_times[np.maximum(marked - 1, 0)], -1)
    last_flow = np.where(flowed > 0, flow_times[order][np.maximum(flowed - 1, 0)] if len(flow_times) else -1, -1)
    by_marks = np.array([mark.quantity for mark in path.marks])[np.maximum(marked - 1, 0)]
    is_told = (marked > 0) & (last_mark >= last_flow) & ~np.isnan(by_marks)
    sign = -1.0 if path.pair_kind is not None and path.pair_kind.endswith("short") else 1.0
    return np.where(is_told, sign * np.abs(by_marks), by_flows)


def _valued(path: PositionPath, moments: _Times, quantity: _Numbers) -> tuple[_Numbers, _Numbers, _Numbers]:
    """The last mark at or before each moment: USD per unit; USD of what was held; profit, USD."""
    nothing = np.full(len(moments), np.nan)
    if not path.marks:
        return nothing, nothing, nothing
    marks = np.array([mark[1:5] for mark in path.marks], dtype=np.float64)
    place = np.searchsorted([mark.time for mark in path.marks], moments, side="right") - 1
    there, found = place >= 0, marks[np.maximum(place, 0)]
    units, value, price, profit = (np.where(there, found[:, column], np.nan) for column in range(4))
    same = np.isclose(np.abs(quantity), np.abs(units), rtol=DUST, atol=0.0)
    price = np.where(np.isnan(price) & (units != 0), np.abs(value / np.where(units == 0, np.nan, units)), price)
    by_price = quantity * price if quantity.size and quantity.min() >= 0 else nothing
    return price, np.where(same, value, by_price), profit


def _states(path: PositionPath, moments: _Times) -> npt.NDArray[np.object_]:
    if path.group == "pending":
        return np.full(len(moments), "pending", dtype=object)
    since = path.frozen_at if path.group == "frozen" or path.unfrozen_at is not None else None
    until = path.unfrozen_at if path.unfrozen_at is not None else moments[-1] + 1
    frozen = (moments > since) & (moments <= until) if since is not None else np.zeros(len(moments), dtype=np.bool_)
    return np.where(frozen, "frozen", "open").astype(object)


def _as_table(columns: dict[str, Any]) -> pa.Table:
    kinds = {each.name: pa.int64() if each.type == TIME else each.type for each in POSITIONS}
    arrays = [pa.array(columns[name], kind, from_pandas=True) for name, kind in kinds.items()]
    return pa.Table.from_arrays(arrays, names=POSITIONS.names).cast(POSITIONS)
