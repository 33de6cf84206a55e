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
from alpha_model.history.records import CycleKey, cycle_key, cycle_line

SAMPLES = Path(__file__).parents[1] / "sample_states"
RECORD = SAMPLES / "momentum_outgrows_its_market.jsonl.gz"
STATE = SAMPLES / "reference_layout_2020.json.gz"
MEGABYTE = 1_000_000
ROUNDS = 15


def unpacked(path: Path) -> bytes:
    """The bytes of a sample."""
    import gzip  # noqa: PLC0415

    return gzip.decompress(path.read_bytes())


def long_record(path: Path, size: int) -> itertools.count[int]:
    """Write a record of so many bytes: the sample again and again, a week a cycle."""
    lines = unpacked(RECORD).splitlines(keepends=True)
    keys = [key for line in lines if (key := cycle_key(line.rstrip())) is not None]
    weeks = itertools.count()
    with path.open("wb") as file:
        file.writelines(line for line in lines if not line.startswith(b'{"type":"cycle"'))
        while file.tell() < size:
            file.write(next_cycle(keys[next(weeks) % len(keys)], next(weeks)))
    return weeks


def next_cycle(key: CycleKey, week: int) -> bytes:
    """The same content at another time."""
    return cycle_line(CycleKey(week * 604_800 * 1_000_000, 0, key.content))


def long_state(path: Path, size: int) -> dict[str, object]:
    """Write a state of so many bytes: the sample's cycles again and again."""
    state = json.loads(unpacked(STATE))
    found = list(state["visualisation"]["calculations"].values())
    cycles: dict[str, object] = {}
    state["visualisation"]["calculations"] = cycles
    each = len(json.dumps(found[0]))
    for week in range(size // each):
        cycles[str(week * 604_800)] = {**found[week % len(found)], "timestamp": week * 604_800}
    path.write_text(json.dumps(state))
    return state


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bench_records(folder: Path, sizes: list[int]) -> None:
    """A record that gets one cycle more."""
    some = next(key for line in unpacked(RECORD).splitlines() if (key := cycle_key(line)) is not None)
    print(
        f"{'record':>10}{'cycles':>9}{'read whole':>12}{'first look':>12}"
        f"{'a new cycle':>13}{'a revision':>12}{'no news':>10}"
    )
    for size in sizes:
        path = folder / f"{size}.jsonl"
        weeks = long_record(path, size * MEGABYTE)
        whole = min(seconds(partial(read_history, path)) for _ in range(2))
        live = LiveHistory(path)
        first = seconds(live.poll)
        news, revisions = [], []
        for _ in range(ROUNDS):
            week = next(weeks)
            for times, revision in ((news, 0), (revisions, 1)):
                content = (
                    some.content
                    if not revision
                    else some.content.replace(b'"fields":{', b'"message":"again","fields":{', 1)
                )
                with path.open("ab") as file:
                    file.write(cycle_line(CycleKey(week * 604_800 * 1_000_000, revision, content)))
                times.append(seconds(live.poll))
        idle = statistics.median(seconds(live.poll) for _ in range(ROUNDS))
        assert live.history is not None
        columns = (
            whole * 1e3,
            first * 1e3,
            statistics.median(news) * 1e3,
            statistics.median(revisions) * 1e3,
            idle * 1e3,
        )
        print(f"{size:>7} MB{len(live.history):>9}" + "".join(f"{value:>9.2f} ms" for value in columns))


def bench_states(folder: Path, sizes: list[int]) -> None:
    """A state that is rewritten with one cycle more, and followed into a record."""
    print(f"\n{'state':>10}{'cycles':>9}{'read whole':>12}{'follow first':>14}{'a new cycle':>13}{'no news':>10}")
    for size in sizes:
        path = folder / f"{size}.json"
        state = long_state(path, size * MEGABYTE)
        cycles = state["visualisation"]["calculations"]  # type: ignore[index]
        data = path.read_bytes()
        whole = statistics.median(seconds(partial(read_history_bytes, data, "s")) for _ in range(3))
        with Follower([LiveHistory(path)], folder / f"{size}-kept.jsonl") as follower:
            first = seconds(follower.poll)
            news = []
            for _ in range(4):
                week = len(cycles)
                cycles[str(week * 604_800)] = {**cycles["0"], "timestamp": week * 604_800}
                path.write_text(json.dumps(state))
                time.sleep(0.03)
                news.append(seconds(follower.poll))
            idle = statistics.median(seconds(follower.poll) for _ in range(ROUNDS))
            count = follower.cycle_count
        assert count == len(cycles)
        print(
            f"{size:>7} MB{count:>9}{whole * 1e3:>9.0f} ms{first * 1e3:>11.0f} ms"
            f"{statistics.median(news) * 1e3:>10.0f} ms{idle * 1e3:>7.2f} ms"
        )


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as made:
        bench_records(Path(made), asked or [10, 200])
        bench_states(Path(made), asked or [10, 100])
