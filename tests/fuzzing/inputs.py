"""With which files does the fuzzing begin? A few cycles of each kind of input, and, where they are there, real ones."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from alpha_model.history import HistoryRecorder, compact, read_history, record_history

Files: TypeAlias = dict[str, bytes]
"""By their path within a folder."""

REPOSITORY = Path(__file__).parents[2]
SAMPLES = REPOSITORY / "sample_states"
CASES = REPOSITORY.parent / "shared" / "cases"
"""Inputs that failed once, which lie beside the repository and are not part of it."""
LARGEST = 100_000
"""Bytes of an input from there, unpacked: more cases with small ones say more than few with large ones."""

FIRST, LAST = 20, 23
"""Which cycles of the state are taken."""
MOST_PAIRS = 6
RECORDS = {
    "momentum_outgrows_its_market": (30, 34),
    "long_short_with_flips": (20, 24),
    "concentrated_with_dust_and_stops": (100, 104),
}
"""Which cycles of which sample are recorded."""

LONG = """timestamp,pair,weight,signal,price,equity,note
2026-01-05,AAPL,0.6,1.2,190.5,10000,first
2026-01-05,MSFT,0.4,0.8,410.0,10000,"a, b"
2026-01-06,AAPL,0.5,1.1,191.5,10100,
2026-01-06,MSFT,-0.5,-0.9,405.0,10100,short
2026-01-07T08:00:00Z,MSFT,1,0.9,,10200,
"""
WIDE = """date,AAPL,MSFT,EUR/USD
2026-01-05,0.6,0.4,0
2026-01-06,0.5,,0.5
2026-01-07,0,0,0
"""
SIGNALS = """time,ticker,pair_id,signal,value,old_weight
1767571200,AAPL,1,1.5,,
1767571200,MSFT,2,-0.5,10,0.1
1767657600,AAPL,1,0.5,20.5,0.2
"""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Good files of every kind.

    Args:
        plain: Files that are one text, by the name that their kind has.
        tables: Tables of weights for Parquet, long and wide.
        datasets: The files of each.
    """

    plain: dict[str, list[bytes]]
    tables: list[pa.Table]
    datasets: list[Files]


@cache
def all_inputs(*, beside: bool = True) -> Inputs:
    """Our own small inputs; with those that lie `beside` the repository, where they do."""
    more = {name: _beside(*where) if beside else [] for name, where in _BESIDE.items()}
    state = _state()
    models = list(state["visualisation"]["calculations"].values())
    last = {
        **state["visualisation"],
        "calculations": {},
        "discardable_data": {"alpha_model": models[-1], "vaults": [1]},
    }
    own = {
        "state.json": [_json(state)],
        "last_cycle.json": [_json({**state, "visualisation": last})],
        "snapshot.json": [_json(models[-1]), _json(models)],
        "record.jsonl": [_recorded(name, *part) for name, part in RECORDS.items()],
        "weights.csv": [text.encode() for text in (LONG, WIDE, SIGNALS)],
    }
    tables = [pq.read_table(pa.BufferReader(data)) for data in more.pop("weights.parquet")]
    return Inputs(
        {name: files + more.get(name, []) for name, files in own.items()},
        [pa.Table.from_pandas(frame) for frame in _frames()] + tables,
        [_dataset(name, *part) for name, part in RECORDS.items()],
    )


_BESIDE = {
    "state.json": ("states", "*.json*"),
    "record.jsonl": ("records", "*.jsonl*"),
    "weights.csv": ("tables", "*.csv"),
    "weights.parquet": ("tables", "*.parquet"),
}


def _beside(folder: str, pattern: str) -> list[bytes]:
    found = [path.read_bytes() for path in sorted((CASES / folder).glob(pattern))]
    plain = [gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data for data in found]
    return [data for data in plain if len(data) <= LARGEST]


def _json(document: Any) -> bytes:
    return json.dumps(document).encode()


def _state() -> dict[str, Any]:
    """A state file of the reference framework with a few cycles, pairs, positions and trades."""
    state: dict[str, Any] = json.loads(gzip.decompress((SAMPLES / "reference_layout_2020.json.gz").read_bytes()))
    visualisation = state["visualisation"]
    chosen = list(visualisation["calculations"].items())[FIRST:LAST]
    visualisation["calculations"] = {key: _with_few_pairs(model) for key, model in chosen}
    visualisation["messages"] = dict(list(visualisation["messages"].items())[FIRST:LAST])
    for group, positions in state["portfolio"].items():
        state["portfolio"][group] = {key: _with_few_trades(each) for key, each in list(positions.items())[:2]}
    state["stats"]["portfolio"] = state["stats"]["portfolio"][FIRST:LAST]
    return state


def _with_few_pairs(model: dict[str, Any]) -> dict[str, Any]:
    kept = list(model["raw_signals"])[:MOST_PAIRS]
    fewer = {part: {key: model[part][key] for key in kept if key in model[part]} for part in ("raw_signals", "signals")}
    return {**model, **fewer}


def _with_few_trades(position: dict[str, Any]) -> dict[str, Any]:
    return {**position, "trades": dict(list(position["trades"].items())[:2])}


def _frames() -> list[pd.DataFrame]:
    """Weights with the times in the index, and as columns of pandas."""
    whole = read_history(SAMPLES / "long_short_with_flips.jsonl.gz")
    part = whole.between(whole.timestamps[0], whole.timestamps[3])
    wide = part.wide_frame("normalised_weight").fillna(0.0).rename(columns=str)
    long = part.signals[["timestamp", "pair_id", "normalised_weight", "signal"]]
    return [wide, long.rename(columns={"normalised_weight": "weight"}).assign(ticker=long["pair_id"].map("T{}".format))]


def _recorded(name: str, first: int, last: int) -> bytes:
    with TemporaryDirectory() as folder:
        return _record(Path(folder), name, first, last).read_bytes()


def _dataset(name: str, first: int, last: int) -> Files:
    with TemporaryDirectory() as folder:
        dataset = Path(folder) / "dataset"
        compact([_record(Path(folder), name, first, last)], dataset)
        files = [path for path in sorted(dataset.rglob("*")) if path.is_file()]
        return {str(path.relative_to(dataset)): path.read_bytes() for path in files}


def _record(folder: Path, name: str, first: int, last: int) -> Path:
    whole = read_history(SAMPLES / f"{name}.jsonl.gz")
    part, path = whole.between(whole.timestamps[first], whole.timestamps[last]), folder / f"{name}.jsonl"
    with HistoryRecorder(path, strategy=name) as recorder:
        record_history(part, recorder)
    return path
