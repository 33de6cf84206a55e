"""What does it cost to follow a file that grows, and does the cost depend on the file's size?"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from alpha_model.history import Follower, LiveHistory, read_history, read_history_bytes
from alpha_model.history.record import CycleKey, cycle_key, cycle_line

SAMPLES = Path(__file__).parents[1] / "sample_states"
RECORD = SAMPLES / "momentum_outgrows_its_market.jsonl.gz"
STATE = SAMPLES / "reference_layout_2020.json.gz"
MEGABYTE = 1_000_000
ROUNDS = 15


def unpacked(path: Path) -> bytes:
    """The bytes of a sample."""
    import gzip  # noqa: PLC0415

    return gzip.decompress(path.read_bytes())


WEEK = 604_800


def long_record(path: Path, size: int) -> tuple[list[CycleKey], itertools.count[int]]:
    """Write a record of so many bytes: the sample again and again. Gives its cycles and the weeks to come."""
    lines = unpacked(RECORD).splitlines(keepends=True)
    keys = [key for line in lines if (key := cycle_key(line.rstrip())) is not None]
    weeks = itertools.count(1)
    with path.open("wb") as file:
        file.writelines(line for line in lines if not line.startswith(b'{"type":"cycle"'))
        while file.tell() < size:
            week = next(weeks)
            file.write(moved(keys[week % len(keys)], week))
    return keys, weeks


def moved(key: CycleKey, week: int, revision: int = 0) -> bytes:
    """The line of the same decision and trades at another time; a revision has another message."""
    content = key.content.replace(b"%d" % (key.timestamp // 1_000_000), b"%d" % (week * WEEK))
    if revision:
        content = content.replace(b'"message":"', b'"message":"again: ', 1)
    return cycle_line(CycleKey(week * WEEK * 1_000_000, revision, content))


def long_state(path: Path, size: int) -> dict[str, object]:
    """Write a state of so many bytes: the sample's cycles again and again."""
    state = json.loads(unpacked(STATE))
    found = list(state["visualisation"]["calculations"].values())
    cycles: dict[str, object] = {}
    state["visualisation"]["calculations"] = cycles
    each = len(json.dumps(found[0]))
    for week in range(size // each):
        cycles[str(week * WEEK)] = {**found[week % len(found)], "timestamp": week * WEEK}
    path.write_text(json.dumps(state))
    return state


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bench_records(folder: Path, sizes: list[int]) -> None:
    """A record that gets one cycle more, seen by a reader and followed into another record."""
    names = ("read whole", "first look", "seen", "recorded", "revision", "no news")
    print(f"{'record':>10}{'cycles':>9}" + "".join(f"{name:>13}" for name in names))
    for size in sizes:
        path = folder / f"{size}.jsonl"
        keys, weeks = long_record(path, size * MEGABYTE)
        whole = seconds(partial(read_history, path))
        live = LiveHistory(path)
        with Follower([LiveHistory(path)], folder / f"{size}-kept.jsonl") as follower:
            first = seconds(follower.poll)
            live.poll()
            seen, recorded, revised = [], [], []
            for _ in range(ROUNDS):
                week = next(weeks)
                append(path, moved(keys[week % len(keys)], week))
                seen.append(seconds(live.poll))
                recorded.append(seconds(follower.poll))
                append(path, moved(keys[week % len(keys)], week, revision=1))
                revised.append(seconds(follower.poll))
            idle = statistics.median(seconds(follower.poll) for _ in range(ROUNDS))
            count = follower.cycle_count
        assert live.history is not None
        assert count == len(live.history), (count, len(live.history))
        columns = (whole, first, *map(statistics.median, (seen, recorded, revised)), idle)
        print(f"{size:>7} MB{count:>9}" + "".join(f"{value * 1e3:>10.2f} ms" for value in columns))


def append(path: Path, line: bytes) -> None:
    """As a recorder does."""
    with path.open("ab") as file:
        file.write(line)


def bench_states(folder: Path, sizes: list[int]) -> None:
    """A state that is rewritten with one cycle more, and followed into a record."""
    print(f"\n{'state':>10}{'cycles':>9}{'read whole':>12}{'follow first':>14}{'a new cycle':>13}{'no news':>10}")
    for size in sizes:
        path = folder / f"{size}.json"
        state = long_state(path, size * MEGABYTE)
        cycles = state["visualisation"]["calculations"]  # type: ignore[index]
        data = path.read_bytes()
        whole = statistics.median(seconds(partial(read_history_bytes, data, "s")) for _ in range(3))
        with Follower([LiveHistory(path)], folder / f"{size}-state-kept.jsonl") as follower:
            first = seconds(follower.poll)
            news = []
            for _ in range(4):
                week = len(cycles)
                cycles[str(week * WEEK)] = {**cycles["0"], "timestamp": week * WEEK}
                path.write_text(json.dumps(state))
                time.sleep(0.03)
                news.append(seconds(follower.poll))
            idle = statistics.median(seconds(follower.poll) for _ in range(ROUNDS))
            count = follower.cycle_count
        assert count == len(cycles), (count, len(cycles))
        print(
            f"{size:>7} MB{count:>9}{whole * 1e3:>9.0f} ms{first * 1e3:>11.0f} ms"
            f"{statistics.median(news) * 1e3:>10.0f} ms{idle * 1e3:>7.2f} ms"
        )


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as made:
        bench_records(Path(made), asked or [10, 100])
        bench_states(Path(made), asked or [10, 100])
