"""How long does it take, and how sure is that? Medians of interleaved runs, for all benchmarks."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of several runs of one thing."""

    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.runs)

    @property
    def spread(self) -> float:
        """(third − first quartile) / median: how much the machine wobbled."""
        first, _, third = statistics.quantiles(self.runs, n=4)
        return (third - first) / self.median


def time_together(work: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, Timing]:
    """Time several things in turns, so that a busy moment of the machine hits all of them.

    Args:
        work: What to time, by name.
        rounds: How often each is run, after one run that is not counted.
    """
    runs: dict[str, list[float]] = {name: [] for name in work}
    for counted in range(-1, rounds):
        for name, job in work.items():
            gc.collect()
            start = time.perf_counter()
            job()
            if counted >= 0:
                runs[name].append(time.perf_counter() - start)
    return {name: Timing(tuple(seconds)) for name, seconds in runs.items()}


def table(timings: Mapping[str, Timing], baseline: str) -> str:
    """A table of medians, with each as a multiple of the named baseline in the same run."""
    base = timings[baseline].median
    lines = [f"{'':34}{'median':>12}{'spread':>9}{'× ' + baseline:>24}"]
    for name, timing in timings.items():
        lines.append(f"{name:34}{timing.median * 1e3:>9.2f} ms{timing.spread:>8.0%}{timing.median / base:>24.2f}")
    return "\n".join(lines)
