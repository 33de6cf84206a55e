"""Power cuts, full disks and broken disks: what was acknowledged is there, once, and the recorder goes on."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from disks import FailingDisk, ForgetfulDisk, PowerCut, QuickDisk, UnsyncedDisk

from alpha_model.history import HistoryRecorder, read_history
from alpha_model.history.files.disk import Disk
from alpha_model.values.errors import RecordError

MONDAY = 1_767_571_200
WEEK = 7 * 86_400
COUNT = 4


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


def cycle(make: Any, n: int) -> Any:
    """The nth cycle: its signal is n, so that it can be told from the others."""
    return make.snapshot({str(n): make.signal(n, float(n))}, timestamp=MONDAY + n * WEEK)


def recorded(path: Path) -> list[float]:
    """The cycles in a file, revisions too: none may be there twice."""
    history = read_history(path)
    assert len(history.superseded) == 0
    return list(history.signals["signal"])


def written_on(disk: ForgetfulDisk, path: Path, make: Any) -> list[PowerCut]:
    """Every power cut that may happen while cycles are recorded and the file is opened a second time."""
    for first, stop in ((0, COUNT - 1), (COUNT - 1, COUNT)):
        with HistoryRecorder(path, strategy="Momentum", disk=disk) as recorder:
            for n in range(first, stop):
                recorder.append(cycle(make, n))
                disk.acknowledged += 1
    return disk.cuts


def promised(cuts: list[PowerCut]) -> dict[bytes | None, int]:
    """Each file that a power cut may leave, and how many cycles had been acknowledged at the latest of them."""
    found: dict[bytes | None, int] = {}
    for cut in cuts:
        for leftover in cut.leftovers():
            found[leftover] = max(cut.acknowledged, found.get(leftover, 0))
    return found


def survives(leftover: bytes | None, acknowledged: int, path: Path, make: Any) -> bool:
    """Is every acknowledged cycle in what a power cut left, and does the recorder go on from there?"""
    path.unlink(missing_ok=True)
    if leftover is not None:
        path.write_bytes(leftover)
    with HistoryRecorder(path, strategy="Momentum", disk=QuickDisk()) as recorder:
        receipts = [recorder.append(cycle(make, n)) for n in range(COUNT)]
    assert recorded(path) == list(range(COUNT))
    return not any(receipt.is_new for receipt in receipts[:acknowledged])


def test_acknowledged_cycle_survives_a_power_cut_at_any_moment(path: Path, tmp_path: Path, make: Any) -> None:
    cuts = written_on(ForgetfulDisk(), path, make)
    assert {cut.acknowledged for cut in cuts} == set(range(COUNT))
    assert len(cuts) > 2 * COUNT
    for leftover, acknowledged in promised(cuts).items():
        assert survives(leftover, acknowledged, tmp_path / "found.jsonl", make), leftover


def test_recorder_that_does_not_sync_would_lose_cycles(path: Path, tmp_path: Path, make: Any) -> None:
    cuts = written_on(UnsyncedDisk(), path, make)
    found = promised(cuts)
    assert not all(survives(leftover, found[leftover], tmp_path / "found.jsonl", make) for leftover in found)


def test_leftover_of_a_killed_process_is_synced_before_it_counts_as_recorded(path: Path, make: Any) -> None:
    """A killed process may have written a cycle that it never synced: to recognise it must not be a lie."""
    with HistoryRecorder(path) as recorder:
        recorder.append(cycle(make, 0))
    disk = ForgetfulDisk()
    disk._durable, disk._path = b"", path
    with HistoryRecorder(path, disk=disk) as recorder:
        assert not recorder.append(cycle(make, 0)).is_new
    assert disk.cuts[-1].durable == path.read_bytes()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_any_call_may_fail_without_losing_or_doubling_a_cycle(path: Path, make: Any, code: int) -> None:
    probe = FailingDisk()
    record_all(path, probe, make)
    assert set(probe.calls) == {"open", "write", "sync", "sync_folder"}
    for at in range(len(probe.calls)):
        path.unlink()
        disk = FailingDisk(at, code)
        acknowledged = record_all(path, disk, make)
        assert acknowledged == list(range(COUNT)), f"after the failure of call {at}, {probe.calls[at]}"
        assert len(disk.calls) > at
        assert recorded(path) == list(range(COUNT))


def record_all(path: Path, disk: Disk, make: Any) -> list[int]:
    """Record as a strategy would: on an error append again, and open anew where the message says so."""
    acknowledged: list[int] = []
    recorder = opened(path, disk)
    for n in range(COUNT):
        for _ in range(3):
            try:
                recorder.append(cycle(make, n))
            except RecordError as error:
                assert recorded(path) == acknowledged
                if "pen the recorder again" in str(error):
                    recorder.close()
                    recorder = opened(path, disk)
            else:
                acknowledged.append(n)
                break
    recorder.close()
    return acknowledged


def opened(path: Path, disk: Disk) -> HistoryRecorder:
    try:
        return HistoryRecorder(path, strategy="Momentum", disk=disk).open()
    except RecordError:
        return HistoryRecorder(path, strategy="Momentum", disk=disk).open()


def test_failed_sync_asks_for_a_new_recorder(path: Path, make: Any) -> None:
    """The kernel tells of a failed sync once; a second one would succeed and prove nothing."""
    disk = FailingDisk()
    with HistoryRecorder(path, disk=disk) as recorder:
        recorder.append(cycle(make, 0))
        disk.at = len(disk.calls) + 1
        with pytest.raises(RecordError, match=r"Input/output error.*open the recorder again"):
            recorder.append(cycle(make, 1))
        with pytest.raises(RecordError, match="the disk failed to keep an earlier append"):
            recorder.append(cycle(make, 1))
    assert recorded(path) == [0]


def test_append_that_cannot_be_taken_back_stops_the_recorder(path: Path, make: Any) -> None:
    class Broken(FailingDisk):
        def truncate(self, file: int, size: int) -> None:
            del file, size
            raise OSError(errno.EIO, "Input/output error")

    disk = Broken()
    with HistoryRecorder(path, disk=disk) as recorder:
        recorder.append(cycle(make, 0))
        disk.at = len(disk.calls)
        for words in ("This cycle was not kept", "could not be taken back"):
            with pytest.raises(RecordError, match=words):
                recorder.append(cycle(make, 1))
    with HistoryRecorder(path) as recorder:
        assert recorder.append(cycle(make, 1)).is_new
    assert recorded(path) == [0, 1]


def test_file_that_was_replaced_or_changed_is_not_written_to(path: Path, make: Any) -> None:
    with HistoryRecorder(path) as recorder:
        recorder.append(cycle(make, 0))
        with path.open("ab") as file:
            file.write(b"x")
        with pytest.raises(RecordError, match="was changed by another program"):
            recorder.append(cycle(make, 1))
        os.truncate(path, path.stat().st_size - 1)
        assert recorder.append(cycle(make, 1)).is_new
        path.rename(path.with_suffix(".old"))
        with pytest.raises(RecordError, match="was moved, replaced or deleted"):
            recorder.append(cycle(make, 2))
    assert recorded(path.with_suffix(".old")) == [0, 1]


def test_recorder_belongs_to_the_process_that_opened_it(path: Path) -> None:
    code = (
        "import os, sys\n"
        "from alpha_model.values.errors import RecordError\n"
        "from alpha_model.history import HistoryRecorder\n"
        f"recorder = HistoryRecorder({str(path)!r}).open()\n"
        "if os.fork() == 0:\n"
        "    try:\n"
        "        recorder.append({'timestamp': 0, 'signals': {}, 'raw_signals': {}})\n"
        "    except RecordError as error:\n"
        "        print(error, flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "belongs to the process that opened it" in told.stdout


def test_threads_share_a_recorder(path: Path, make: Any) -> None:
    with HistoryRecorder(path) as recorder, ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda n: recorder.append(cycle(make, n % 20)), range(60)))
    assert sum(receipt.is_new for receipt in receipts) == 20
    assert sorted(recorded(path)) == list(range(20))


def test_killed_writers_and_a_full_disk_lose_nothing() -> None:
    """A small part of `campaigns/crash.py`, which `make campaign` runs at length."""
    script = Path(__file__).parents[4] / "campaigns" / "crash.py"
    result = subprocess.run([sys.executable, str(script), "10"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "10 kills" in result.stdout
    assert "0 lost, 0 doubled" in result.stdout
    assert "File too large" in result.stdout
