"""Is every acknowledged cycle in the record, once, after its writer was killed, or its disk was full?

Run with `make campaign`, or `python campaigns/crash.py KILLS [SEED]`. A writing process is killed with SIGKILL at
random moments, again and again on the same file; then a disk of 2 MB is filled up, freed, and filled up again. The same
with a limit on the size of files, for machines where nothing may be mounted. The exit code is 1 where a cycle is
missing or there twice.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from alpha_model.history import HistoryRecorder, read_history
from alpha_model.values import RecordError

MONDAY = 1_767_571_200
HOUR = 3_600
MOST_CYCLES = 12
LONGEST_REST = 0.03
LIVES_OF_A_FILE = 25
DISK_BYTES = 2 * 1024 * 1024
BALLAST_BYTES = 1024 * 1024
SIZES = (1, 5, 40, 400)


def cycle(number: int) -> dict[str, Any]:
    """The snapshot of that number, always the same: some are small, some are many pages long."""
    signals = _signals(random.Random(number).choice(SIZES))
    return {"timestamp": MONDAY + number * HOUR, "signals": signals, "raw_signals": signals, "number": number}


@cache
def _signals(size: int) -> dict[str, Any]:
    chance = random.Random(size)
    return {
        str(pair_id): {
            "pair": {"internal_id": pair_id, "base": {"token_symbol": f"T{pair_id}"}},
            "signal": chance.random(),
            "raw_weight": chance.random(),
            "old_value": chance.random() * 1_000,
            "position_target": chance.random() * 1_000,
        }
        for pair_id in range(1, size + 1)
    }


def recorded_numbers(path: Path) -> list[int]:
    """The cycles in a file, in its order; one that is there twice is there twice."""
    history = read_history(path)
    extra = [*history.cycles["extra"], *history.superseded.cycles["extra"]]
    return sorted(int(text.removeprefix('{"number":').removesuffix("}")) for text in extra)


def write_until_killed(path: Path, told: int) -> None:
    """Record cycle after cycle, the last one on file again first, and tell the number of each that is acknowledged."""
    with HistoryRecorder(path, strategy="crash") as recorder:
        number = max(0, len(recorder) - 1)
        while True:
            recorder.append(cycle(number))
            os.write(told, b"%d\n" % number)
            number += 1


def one_kill(path: Path, cycles: int, seconds: float) -> list[int]:
    """Let a writer acknowledge so many cycles and live a moment longer; gives the cycles that it acknowledged."""
    reading, telling = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        with suppress(BaseException):
            write_until_killed(path, telling)
        os._exit(1)
    os.close(telling)
    with os.fdopen(reading, "rb") as pipe:
        told = [pipe.readline() for _ in range(cycles)]
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        told += pipe.readlines()
    if not os.WIFSIGNALED(status):
        raise RuntimeError("the writer ended by itself: it could not write")
    return [int(line) for line in told if line.endswith(b"\n")]


def kills(count: int, seed: int, folder: Path) -> int:
    """Kill writers, many of each file, and look at it after each; gives the number of faults."""
    chance = random.Random(seed)
    torn, early, lost, doubled, per_life = 0, 0, 0, 0, []
    acknowledged: set[int] = set()
    for size in SIZES:
        _signals(size)  # made before the writers are forked, which so spend their lives writing
    for life in range(count):
        path = folder / f"history-{life // LIVES_OF_A_FILE}.jsonl"
        acknowledged = acknowledged if life % LIVES_OF_A_FILE else set()
        told = one_kill(path, chance.randrange(MOST_CYCLES), chance.random() * LONGEST_REST)
        per_life.append(len(set(told) - acknowledged))
        acknowledged.update(told)
        content = path.read_bytes() if path.exists() else b""
        torn += not content.endswith(b"\n") and bool(content)
        found = recorded_numbers(path) if b"\n" in content else []
        lost += len(acknowledged - set(found))
        doubled += sum(times - 1 for times in Counter(found).values())
        early += len(set(found) - acknowledged)
    print(
        f"{count} kills: {sum(per_life):,} cycles acknowledged, {statistics.median(per_life):.0f} a life (median); "
        f"{torn} torn last lines, {early} times a cycle on file that was not acknowledged; "
        f"{lost} lost, {doubled} doubled"
    )
    return lost + doubled


def fill(path: Path, stop: int) -> tuple[list[int], str | None]:
    """Record up to a number, until the disk is full; gives what was acknowledged and the error."""
    acknowledged: list[int] = []
    with HistoryRecorder(path, strategy="crash") as recorder:
        for number in range(stop):
            try:
                recorder.append(cycle(number))
            except RecordError as error:
                return acknowledged, str(error)
            acknowledged.append(number)
    return acknowledged, None


def full_disk(folder: Path, room: Iterator[None]) -> int:
    """Fill a disk, make room, and go on; gives the number of faults."""
    path, faults, told = folder / "history.jsonl", 0, []
    for _ in room:
        acknowledged, error = fill(path, 10_000)
        whole = path.read_bytes().endswith(b"\n")
        faults += recorded_numbers(path) != acknowledged or error is None or not whole
        told.append(len(acknowledged))
    print(f"full disk: {' and then '.join(map(str, told))} cycles acknowledged and there, {faults} faults; {error}")
    return faults + (told[-1] <= told[0])


def in_a_tiny_disk(folder: Path) -> int:
    """Mount a tiny disk, which only this process sees and which ends with it, and fill it."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)], check=True)

    def room() -> Iterator[None]:
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(BALLAST_BYTES))
        yield
        ballast.unlink()
        yield

    return full_disk(folder, room())


def under_a_limit(folder: Path) -> int:
    """The same with a limit on the size of files, which the kernel enforces in the middle of a write."""

    def room() -> Iterator[None]:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        for limit in (DISK_BYTES - BALLAST_BYTES, DISK_BYTES):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
            yield
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))

    return full_disk(folder, room())


def main(count: int = 500, seed: int = 1) -> int:
    """Kill so many writers, then fill a disk."""
    with tempfile.TemporaryDirectory() as name:
        faults = kills(count, seed, Path(name))
        disk, limited = Path(name) / "disk", Path(name) / "limited"
        disk.mkdir()
        limited.mkdir()
        inside = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, __file__, "--disk", str(disk)]
        can_mount = subprocess.run(["unshare", "-Urm", "true"], capture_output=True, check=False).returncode == 0
        faults += subprocess.run(inside, check=False).returncode if can_mount else 0
        faults += under_a_limit(limited)
    return 1 if faults else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--disk"]:
        sys.exit(in_a_tiny_disk(Path(sys.argv[2])))
    sys.exit(main(*map(int, sys.argv[1:])))
