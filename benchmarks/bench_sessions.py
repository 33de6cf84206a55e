"""How long does the server take for one interaction, alone and with ten viewers, and what does a viewer cost?

`python benchmarks/bench_sessions.py [CYCLES]`. Viewers without browsers look at 10,000 cycles × 100 pairs: what is
timed is the server's work and the socket, from an interaction to the end of its answer; the floor is a step over five
cycles.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

from make_history import large_history
from session import Session

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browsing import dashboard_over

from alpha_model.history.record import write_record

STEPS = 40
VIEWERS = 10
EVERY = 3.0
"""Seconds from one interaction of a viewer to the next, on average"""
ROUNDS = 12
PAGES = ("cycle", "cycles", "pair", "weights", "moves", "size_risk", "thresholds", "flags")
WINDOWS = ("1 year", "90 days", "100 cycles", "30 days")


def interactions(viewer: Session, kind: str, count: int) -> list[float]:
    """The seconds of some interactions of one kind on the page that the viewer looks at."""
    if kind == "step":
        return [viewer.press("step_chevron_left") for _ in range(count)]
    if kind == "window":
        return [viewer.choose("window", WINDOWS[turn % len(WINDOWS)]) for turn in range(count)]
    return [viewer.choose_all("pairs", [f"T{1 + turn % 5}-USDC"]) for turn in range(count)]


def floor_of(viewer: Session) -> list[float]:
    """The seconds of steps to and fro over five cycles."""
    viewer.visit("thresholds", history="small")
    interactions(viewer, "step", 2)
    return [viewer.press(f"step_chevron_{('right', 'left')[turn % 2]}") for turn in range(STEPS)]


def row(name: str, seconds: list[float], floor: float) -> str:
    """One line of the table."""
    ordered = sorted(seconds)
    middle, late = statistics.median(ordered), ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"{name:<40}{middle * 1e3:>8.0f} ms{late * 1e3:>9.0f} ms{middle / floor:>9.1f}"


def together(address: str, history: str) -> list[float]:
    """The seconds of every interaction of ten viewers, each at random moments and on a page of its own."""
    seconds: list[float] = []
    with ExitStack() as stack:
        viewers = [stack.enter_context(closing(Session(address))) for _ in range(VIEWERS)]
        for number, viewer in enumerate(viewers):
            viewer.visit(PAGES[number % len(PAGES)], history=history)
            interactions(viewer, "step", 1)

        def look(viewer: Session, moments: random.Random) -> None:
            for _ in range(ROUNDS):
                time.sleep(moments.expovariate(1 / EVERY))
                seconds.extend(interactions(viewer, "step", 1))

        threads = [
            threading.Thread(target=look, args=(viewer, random.Random(number))) for number, viewer in enumerate(viewers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return seconds


def server_memory() -> float:
    """MB of memory that the server, the one child of this process, holds for itself."""
    (server,) = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    status = Path(f"/proc/{server}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("RssAnon"))


def memory_of_viewers(address: str, history: str) -> float:
    """MB that each further viewer costs."""
    with ExitStack() as stack:
        used = []
        for _ in range(3 * VIEWERS):
            viewer = stack.enter_context(closing(Session(address)))
            viewer.visit("cycle", history=history)
            interactions(viewer, "step", 2)
            used.append(server_memory())
    return (used[-1] - used[VIEWERS - 1]) / (2 * VIEWERS)


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        os.environ["ALPHA_MODEL_CACHE"] = str(folder / "cache")
        write_record(large_history(count), folder / "large.jsonl.zst")
        write_record(large_history(5), folder / "small.jsonl.zst")
        with dashboard_over([folder / "small.jsonl.zst", folder / "large.jsonl.zst"]) as address:
            with closing(Session(address)) as viewer:
                floor_times = floor_of(viewer)
            floor = statistics.median(floor_times)
            print(f"{count:,} cycles × 100 pairs\n{'':<40}{'median':>11}{'95th':>12}{'× floor':>9}")
            print(row("floor: a step over five cycles", floor_times, floor))
            with closing(Session(address)) as viewer:
                for name in PAGES:
                    viewer.visit(name, history="large")
                    for kind in ("step", "window", "pairs"):
                        interactions(viewer, kind, len(WINDOWS) + 1)
                for kind in ("step", "window", "pairs"):
                    for name in PAGES:
                        viewer.visit(name, history="large")
                        interactions(viewer, kind, 1)
                        print(row(f"{kind} on {name}", interactions(viewer, kind, STEPS), floor))
            print(row(f"step of {VIEWERS} viewers, one each every {EVERY:.0f} s", together(address, "large"), floor))
            print(f"memory of a further viewer: {memory_of_viewers(address, 'large'):.1f} MB")


if __name__ == "__main__":
    main()
