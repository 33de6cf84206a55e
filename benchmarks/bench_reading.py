"""How long does a state file take to open, the first time and again, and how much memory does that need?

Run with `make bench`, or `python benchmarks/bench_reading.py [MEGABYTES …]`: 10 and 100 MB, 700 where it is asked for.
Each opening is a process of its own, as a user's is. The floor is msgspec finding the end of the same bytes, in the
same process right before; their ratio is of processor time, because a scan is too short to be timed on a busy machine.
Memory is what the kernel counts as the process's own (`RssAnon`), with all imports.
"""

from __future__ import annotations

import json
import mmap
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from make_state import make_state

from alpha_model import AlphaModel
from alpha_model.history import read_history
from alpha_model.history.cache import HistoryCache

SIZES = (10.0, 100.0)
ROUNDS, FEW_ROUNDS = 5, 3
"""For sizes up to 100 MB, and beyond."""
PATIENCE = 50
"""Megabytes up to which the plain way, `json.load` and `AlphaModel.from_dict`, is timed."""
SETTLED = 2.1
"""Seconds after which the cache trusts a file's times."""
POLL = 0.01
"""Seconds between two looks at a process's memory."""
MOST_SCANS, MOST_MEGABYTES, MOST_AGAIN = 4.5, 600.0, 1.0
"""The targets: first opening in scans, its memory, and seconds of the second opening."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One process that opened a file.

    Args:
        seconds: Of each step, by name.
        work: The same in processor time of the thread that waits for it.
        peak_mb: Most anonymous memory, with the imports.
    """

    seconds: dict[str, float]
    work: dict[str, float]
    peak_mb: float


def scan(path: Path) -> None:
    """The least that any reader of JSON does: look at every byte once, and make nothing of it."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as document:
        msgspec.json.decode(document, type=msgspec.Raw)


def read_plainly(path: Path) -> list[AlphaModel]:
    """What one writes without this reader."""
    with path.open("rb") as file:
        state = json.load(file)
    return [AlphaModel.from_dict(entry) for entry in state["visualisation"]["calculations"].values()]


def _child(step: str, path: Path, folder: Path) -> None:
    """Inside of the process: take one step and print how long it took."""
    cache = HistoryCache(folder, max_bytes=10**12, smallest=0)
    steps: dict[str, dict[str, Callable[[], Any]]] = {
        "first": {
            "scan": lambda: scan(path),
            "open": lambda: read_history(path, cache=cache),
            "rest of storing": cache.wait,
        },
        "again": {"again": lambda: read_history(path, cache=cache)},
        "plainly": {"plainly": lambda: read_plainly(path)},
    }
    seconds, work = {}, {}
    kept: list[Any] = []  # as a program that uses what it opened
    for name, job in steps[step].items():
        start, before = time.perf_counter(), time.thread_time()
        kept.append(job())
        seconds[name], work[name] = time.perf_counter() - start, time.thread_time() - before
    print(json.dumps({"seconds": seconds, "work": work}))


def opening(step: str, path: Path, folder: Path) -> Opening:
    """One step in a fresh process, watched from outside: decoding lets no other thread run."""
    command = [sys.executable, __file__, "--child", step, str(path), str(folder)]
    peak = 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peak = max(peak, _anonymous_mb(process.pid))
            time.sleep(POLL)
        output = process.communicate()[0]
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Opening(**json.loads(output), peak_mb=peak)


def _anonymous_mb(pid: int) -> float:
    try:
        found = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1_000 if found else 0.0


def measure(megabytes: float, folder: Path, rounds: int) -> dict[str, float]:
    """Medians of one size: seconds by step, scans, and the memory of the first and the second opening."""
    path = folder / "state.json"
    make_state(path, megabytes)
    time.sleep(SETTLED)
    firsts, agains = [], []
    for number in range(rounds):
        cache = folder / f"cache-{number}"
        firsts.append(opening("first", path, cache))
        agains.append(opening("again", path, cache))
    found = {name: _median([first.seconds[name] for first in firsts]) for name in firsts[0].seconds}
    found["scans"] = _median([first.work["open"] / first.work["scan"] for first in firsts])
    found["peak"] = _median([first.peak_mb for first in firsts])
    found["again"] = _median([again.seconds["again"] for again in agains])
    found["again peak"] = _median([again.peak_mb for again in agains])
    if megabytes <= PATIENCE:
        found["plainly"] = _median([opening("plainly", path, folder).seconds["plainly"] for _ in range(rounds)])
    return found


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)


def _line(megabytes: float, found: dict[str, float]) -> str:
    plainly = f"{found['open'] / found['plainly']:.2f}" if "plainly" in found else "–"
    missed = [
        name
        for name, value, most in (
            ("scans", found["scans"], MOST_SCANS),
            ("memory", found["peak"], MOST_MEGABYTES),
            ("again", found["again"], MOST_AGAIN),
        )
        if value > most
    ]
    return (
        f"{megabytes:>6,.0f} MB{found['scan']:>9.3f} s{found['open']:>9.3f} s{found['scans']:>9.1f}{plainly:>13}"
        f"{found['peak']:>9,.0f} MB{found['again']:>9.3f} s{found['again peak']:>9,.0f} MB   "
        f"{', '.join(missed) or 'none'}"
    )


def main(sizes: Sequence[float] = SIZES) -> None:
    """Print one line for each size."""
    print(
        f"{'file':>9}{'scan':>11}{'first':>11}{'× scan':>9}{'× json.load':>13}{'memory':>12}{'again':>11}{'memory':>12}"
        "   targets missed"
    )
    for megabytes in sizes:
        with tempfile.TemporaryDirectory() as name:
            found = measure(megabytes, Path(name), ROUNDS if megabytes <= max(SIZES) else FEW_ROUNDS)
            print(_line(megabytes, found), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main(tuple(map(float, sys.argv[1:])) or SIZES)
