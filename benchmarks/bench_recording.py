"""What does it cost to keep a cycle: one line appended, or the whole state written again?

Run with `make bench`, or `python benchmarks/bench_recording.py [CYCLES] [PAIRS]`. All ways keep the same model, cycle
after cycle, so that only the history grows:

- append: `HistoryRecorder.append`, from the model to the line that is on disk;
- rewrite: the reference framework's way, dataclasses-json's generic `to_dict` of the model, put beside all cycles
  before it, and everything written with the standard library's `json`;
- quick rewrite: the same with our own `to_dict` and orjson, the fastest that a rewrite can be.

A rewrite goes to a second file that is synced and takes the place of the first. It is measured in every 25th cycle.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from bench_model import NOW, Market
from dataclasses_json import DataClassJsonMixin

from alpha_model import AlphaModel
from alpha_model.history import HistoryRecorder, read_history

EVERY = 25
PERIODS = 5


def generic_dict(model: AlphaModel) -> dict[str, Any]:
    """The model as the generic function of dataclasses-json gives it."""
    found: dict[str, Any] = DataClassJsonMixin.to_dict(model)  # type: ignore[arg-type]
    return found


def rewritten(path: Path, data: bytes) -> None:
    """Put the bytes in the file's place, synced."""
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fdatasync(file.fileno())
    beside.replace(path)


def seconds(work: Callable[[Any], object], what: object) -> float:
    """How long the work takes."""
    start = time.perf_counter()
    work(what)
    return time.perf_counter() - start


def main(cycle_count: int = 1_000, pair_count: int = 20) -> None:
    """Grow one history in three ways and print what a cycle costs as it grows."""
    model = Market(pair_count).cycle()
    kept: dict[str, Any] = {}
    costs: dict[str, list[float]] = {"append": [], "rewrite": [], "quick rewrite": []}

    with tempfile.TemporaryDirectory() as folder:
        ours, theirs, quick = (Path(folder) / name for name in ("history.jsonl", "state.json", "quick.json"))

        def rewrite(key: str) -> None:
            kept[key] = generic_dict(model)
            rewritten(theirs, json.dumps({"visualisation": {"calculations": kept}}).encode())

        def quick_rewrite(key: str) -> None:
            kept[key] = model.to_dict()
            rewritten(quick, orjson.dumps({"visualisation": {"calculations": kept}}, option=orjson.OPT_NON_STR_KEYS))

        with HistoryRecorder(ours) as recorder:
            for number in range(cycle_count):
                model.timestamp = NOW + timedelta(hours=number)
                key = str(int(model.timestamp.timestamp()))
                costs["append"].append(seconds(recorder.append, model))
                if number % EVERY == EVERY - 1:
                    costs["quick rewrite"].append(seconds(quick_rewrite, key))
                    costs["rewrite"].append(seconds(rewrite, key))
                else:
                    kept[key] = model.to_dict()
        assert len(read_history(ours)) == cycle_count
        sizes = ours.stat().st_size / cycle_count, theirs.stat().st_size / cycle_count

    print(f"{pair_count} pairs; a cycle is {sizes[0]:,.0f} bytes in the record, {sizes[1]:,.0f} in the state")
    print(f"{'cycles':>14}{'append':>12}{'quick rewrite':>20}{'rewrite':>22}")
    for period in range(PERIODS):
        first, stop = (cycle_count * n // PERIODS for n in (period, period + 1))
        append = statistics.median(costs["append"][first:stop])
        others = [
            statistics.median(costs[name][first // EVERY : stop // EVERY]) for name in ("quick rewrite", "rewrite")
        ]
        shown = "".join(f"{other * 1e3:>12,.1f} ms {other / append:>6,.0f}×" for other in others)
        print(f"{first:>6}…{stop:>6,}{append * 1e3:>10.2f} ms{shown}")
    totals = sum(costs["append"]), *(EVERY * sum(costs[name]) for name in ("quick rewrite", "rewrite"))
    shown = "".join(f"{total:>12,.1f} s  {total / totals[0]:>6,.0f}×" for total in totals[1:])
    print(f"{'all together':>14}{totals[0]:>10.2f} s {shown}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
