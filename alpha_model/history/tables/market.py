"""What could each pair be bought and sold for when each cycle decided, and how much of it would the market carry?

Several parts of a source know something of that: what was told beside the cycle, the signals, the trades that were
planned at the very decision, and the marks of what is held. A cell is taken from the first of them that has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.history.tables.places import places_of
from alpha_model.history.tables.positions import PositionPath
from alpha_model.history.tables.schema import MARKET, TIME, Tables

RECORDED, TRADE, MARK = "recorded", "trade", "mark"
"""Where a row comes from."""

MARKET_NUMBERS = ("price", "buy_price", "sell_price", "tvl", "size_cap_usd")
MARKET_TRUTHS = ("can_deposit", "can_redeem")

_OF_SIGNALS = ("price", "tvl", "size_cap_usd")
_SOURCES = (MARK, TRADE, RECORDED)
_PLAIN_KINDS = (None, "spot_market_hold", "vault")
_Times = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one part of a source knows; one entry a row, NaN is not known, times in microseconds."""

    source: str
    cycle: _Times
    pair_id: _Times
    values: Mapping[str, npt.NDArray[np.float64]]
    as_of: npt.NDArray[np.float64] | None = None


def market_table(
    told: Sequence[Mapping[str, Any]],
    paths: Iterable[PositionPath],
    trades: pa.Table,
    signals: pa.Table,
    times: _Times,
) -> pa.Table:
    """The table `market`.

    Args:
        told: Rows of the table that are made already, without their cycle, a later one over an earlier; those of no
            cycle's time are left out.
        paths: Positions over time, whose marks at the very time of a cycle are what a sale brings.
        trades: The table; of a rebalance that was planned at the very time of its cycle the mid price counts.
        signals: The table; its price, TVL and size cap count.
        times: Of the cycles, microseconds, ascending.
    """
    layers = [*_marked(paths, times), *_traded(trades, times), *_signalled(signals), *_told(told, times)]
    layers = [layer for layer in layers if layer.cycle.size]
    if not layers:
        return MARKET.empty_table()
    cycle, pair_id = (np.concatenate([getattr(layer, name) for layer in layers]) for name in ("cycle", "pair_id"))
    ids, place = np.unique(pair_id, return_inverse=True)
    keys, row = np.unique(cycle * len(ids) + place, return_inverse=True)
    bounds = np.cumsum([0, *(layer.cycle.size for layer in layers)])
    rows = [row[first:stop] for first, stop in pairwise(bounds)]
    columns: dict[str, Any] = {name: _merged(name, layers, rows, len(keys)) for name in MARKET_NUMBERS}
    columns |= {name: _truths(_merged(name, layers, rows, len(keys))) for name in MARKET_TRUTHS}
    columns |= {"cycle": keys // len(ids), "pair_id": ids[keys % len(ids)], "as_of": _ages(layers, rows, len(keys))}
    columns |= {"timestamp": times[columns["cycle"]], "source": _sources(layers, rows, len(keys))}
    return _as_table(columns)


def beyond_signals(tables: Tables, first: int) -> pa.Table:
    """The rows of `market` from a cycle on, without what the signals and the trades say already; recorded is null."""
    market = tables.market.filter(pc.field("cycle") >= first)
    told = np.asarray(pc.not_equal(market["source"], TRADE)) | _says_more(market)
    for layer in _signalled(tables.signals.filter(pc.field("cycle") >= first)):
        market = _without(market, layer)
    names = [*MARKET_NUMBERS, *MARKET_TRUTHS, "as_of"]
    says = np.logical_or.reduce([np.asarray(pc.is_valid(market[name])) for name in names])
    source = pc.if_else(pc.equal(market["source"], RECORDED), pa.scalar(None, pa.string()), market["source"])
    return _set(market, "source", source).filter(pa.array(says & told))


def _without(market: pa.Table, layer: _Layer) -> pa.Table:
    """The market with nulls where a layer says the same."""
    ids = np.unique(market["pair_id"].to_numpy())

    def key(cycle: _Times, pair_id: _Times) -> _Times:
        return cycle * (len(ids) + 1) + np.searchsorted(ids, pair_id)

    own = key(layer.cycle, layer.pair_id)
    order = np.argsort(own)
    place = places_of(own[order], key(market["cycle"].to_numpy(), market["pair_id"].to_numpy()))
    for name, values in layer.values.items():
        said = _numbers(market[name])
        same = (place >= 0) & (values[order][np.maximum(place, 0)] == said)
        market = _set(market, name, pa.array(said, pa.float64(), mask=same | np.isnan(said)))
    return market


def _set(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, values)


def _says_more(market: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows say anything but a price?"""
    others = [name for name in (*MARKET_NUMBERS, *MARKET_TRUTHS) if name != "price"]
    return np.asarray(np.logical_or.reduce([np.asarray(pc.is_valid(market[name])) for name in others]))


def _merged(
    name: str, layers: Sequence[_Layer], rows: Sequence[npt.NDArray[np.intp]], count: int
) -> npt.NDArray[np.float64]:
    """A column: what the last of the layers says that says anything."""
    found = np.full(count, np.nan)
    for layer, row in zip(layers, rows, strict=True):
        if name in layer.values:
            said = ~np.isnan(layer.values[name])
            found[row[said]] = layer.values[name][said]
    return found


def _ages(layers: Sequence[_Layer], rows: Sequence[npt.NDArray[np.intp]], count: int) -> pa.Array:
    found = np.full(count, np.iinfo(np.int64).min)
    for layer, row in zip(layers, rows, strict=True):
        if layer.as_of is not None:
            said = ~np.isnan(layer.as_of)
            found[row[said]] = layer.as_of[said].astype(np.int64)
    return pa.array(found, pa.int64(), mask=found == np.iinfo(np.int64).min)


def _sources(layers: Sequence[_Layer], rows: Sequence[npt.NDArray[np.intp]], count: int) -> pa.Array:
    """Where the price of each row comes from, or, without one, whatever else it says."""
    code = np.zeros(count, dtype=np.int64)
    for layer, row in zip(layers, rows, strict=True):
        code[row] = _SOURCES.index(layer.source)
    for layer, row in zip(layers, rows, strict=True):
        if "price" in layer.values:
            code[row[~np.isnan(layer.values["price"])]] = _SOURCES.index(layer.source)
    return pa.array(np.array(_SOURCES, dtype=object)[code], pa.string())


def _truths(values: npt.NDArray[np.float64]) -> pa.Array:
    return pa.array(values == 1, pa.bool_(), mask=np.isnan(values))


def _as_table(columns: Mapping[str, Any]) -> pa.Table:
    kinds = {each.name: pa.int64() if each.type == TIME else each.type for each in MARKET}
    arrays = [
        columns[name] if isinstance(columns[name], pa.Array) else pa.array(columns[name], kind, from_pandas=True)
        for name, kind in kinds.items()
    ]
    return pa.Table.from_arrays(arrays, names=MARKET.names).cast(MARKET)


def _signalled(signals: pa.Table) -> list[_Layer]:
    columns = {name: signals[name] for name in _OF_SIGNALS if signals[name].null_count < signals.num_rows}
    if not columns:
        return []
    values = {name: _numbers(column) for name, column in columns.items()}
    says = np.logical_or.reduce([~np.isnan(each) for each in values.values()])
    cycle, pair_id = (signals[name].to_numpy()[says] for name in ("cycle", "pair_id"))
    return [_Layer(RECORDED, cycle, pair_id, {name: each[says] for name, each in values.items()})]


def _traded(trades: pa.Table, times: _Times) -> list[_Layer]:
    own = pc.fill_null(pc.equal(trades["kind"], "rebalance"), fill_value=False)
    planned = trades.filter(pc.and_kleene(own, pc.fill_null(pc.greater(trades["planned_mid_price"], 0.0), False)))  # noqa: FBT003 - pyarrow's own signature
    moments = planned["timestamp"].cast(pa.int64()).to_numpy()
    cycle = pc.fill_null(planned["cycle"], -1).to_numpy()
    at = cycle >= 0
    at[at] = times[cycle[at]] == moments[at]
    values = {"price": _numbers(planned["planned_mid_price"])[at]}
    return [_Layer(TRADE, cycle[at], planned["pair_id"].to_numpy()[at], values)]


def _marked(paths: Iterable[PositionPath], times: _Times) -> list[_Layer]:
    """Marks are what a sale brings; what that says of the mid price is known where the fee is."""
    found: list[tuple[int, int, float, float]] = []
    for path in paths:
        if path.pair_kind not in _PLAIN_KINDS or not path.marks:
            continue
        moments = np.array([mark.time for mark in path.marks], dtype=np.int64)
        place = np.searchsorted(times, moments)
        for row in np.flatnonzero(np.isin(moments, times)).tolist():
            mark = path.marks[row]
            if mark.price > 0 and not mark.is_old:
                fee = np.nan if path.fee is None else path.fee
                found.append((int(place[row]), path.pair_id, mark.price, mark.price / (1 - fee)))
    cycle, pair_id, sell, mid = zip(*found, strict=True) if found else ((), (), (), ())
    values = {"sell_price": np.array(sell, dtype=np.float64), "price": np.array(mid, dtype=np.float64)}
    return [_Layer(MARK, np.array(cycle, dtype=np.int64), np.array(pair_id, dtype=np.int64), values)]


def _told(rows: Sequence[Mapping[str, Any]], times: _Times) -> list[_Layer]:
    """A layer for each source of the rows, in the order of the sources."""
    moments = np.array([row["timestamp"] for row in rows], dtype=np.int64)
    known = np.isin(moments, times)
    layers = []
    for source in _SOURCES:
        chosen = [row for row, is_known in zip(rows, known, strict=True) if is_known and _source(row) == source]
        when = np.array([row["timestamp"] for row in chosen], dtype=np.int64)
        values = {
            name: np.array([row.get(name) for row in chosen], dtype=np.float64)
            for name in (*MARKET_NUMBERS, *MARKET_TRUTHS)
        }
        ids = np.array([row["pair_id"] for row in chosen], dtype=np.int64)
        ages = np.array([row.get("as_of") for row in chosen], dtype=np.float64)
        layers.append(_Layer(source, np.searchsorted(times, when), ids, values, ages))
    return layers


def _source(row: Mapping[str, Any]) -> str:
    source = row.get("source")
    return source if source in _SOURCES else RECORDED


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    return np.asarray(column.to_numpy(), dtype=np.float64)
