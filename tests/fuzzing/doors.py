"""In which ways does somebody open a case? The first is the command line's."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow.parquet as pq

from alpha_model.commands.sources import opened
from alpha_model.history import (
    History,
    HistoryRecorder,
    is_table_name,
    read_history,
    read_history_bytes,
    read_weights,
    read_weights_bytes,
)
from fuzzing.cases import Case, cache_beside

UPLOAD_LIMIT = 50_000_000
"""Bytes of an upload, unpacked."""
AFTER_ALL = 4_000_000_000
"""UNIX seconds: later than every cycle that anybody recorded."""

Door: TypeAlias = Callable[[], Any]


def doors(case: Case) -> dict[str, Door]:
    """By name."""
    path = case.path
    found: dict[str, Door] = {"opened": partial(opened, path)}
    if path.is_file():
        found["an upload"] = partial(_uploaded, path)
    if case.kind in _MORE:
        name, door = _MORE[case.kind]
        found[name] = partial(door, path)
    return found


def _uploaded(path: Path) -> History:
    read = read_weights_bytes if is_table_name(path.name) else read_history_bytes
    return read(path.read_bytes(), path.name, max_bytes=UPLOAD_LIMIT)


def _appended(path: Path) -> History | None:
    """Snapshots given to a recorder, as a strategy does."""
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    target = path.with_name("recorded.jsonl")
    with HistoryRecorder(target, strategy="fuzz") as recorder:
        for snapshot in document if isinstance(document, list) else [document]:
            if isinstance(snapshot, dict):
                recorder.append(snapshot)
    return read_history(target)


def _gone_on(path: Path) -> History:
    """One cycle more in a record that is there."""
    copy = path.with_name("gone_on.jsonl")
    copy.write_bytes(path.read_bytes())
    with HistoryRecorder(copy) as recorder:
        recorder.append({"timestamp": AFTER_ALL, "signals": {}, "raw_signals": {}})
    return read_history(copy)


def _framed(path: Path) -> History | None:
    """The same table as a pandas frame."""
    try:
        frame = pq.read_table(path).to_pandas()
    except Exception:  # noqa: BLE001 - Arrow and pandas have many, and none of them is ours
        return None
    return read_weights(frame)


_MORE: dict[str, tuple[str, Callable[[Path], History | None]]] = {
    "snapshot": ("HistoryRecorder.append", _appended),
    "record": ("HistoryRecorder, reopened", _gone_on),
    "CSV table": ("read_weights, equity", partial(read_weights, equity=1_000.0)),
    "Parquet table": ("read_weights, frame", _framed),
    "cache entry": ("read_history, cached", lambda path: read_history(path, cache=cache_beside(path))),
}
"""What only inputs of this kind are opened with."""
