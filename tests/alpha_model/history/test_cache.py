"""A file that was opened before: recognised, shared between processes, and never trusted when damaged."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from alpha_model.history import History, HistoryRecorder, read_history
from alpha_model.history import cache as cache_module
from alpha_model.history.cache import FOLDER_VARIABLE, HistoryCache, default_cache

MONDAY = 1_767_571_200
WEEK = 7 * 86_400
LONG_AGO = 1_700_000_000


@pytest.fixture
def source(tmp_path: Path, make: Any) -> Path:
    """A settled file of three cycles, one of which was written twice."""
    times = [MONDAY, MONDAY + WEEK, MONDAY + 2 * WEEK]
    snapshots = [make.snapshot({"1": make.signal()}, timestamp=when) for when in times]
    return write(
        tmp_path / "list.json", [*snapshots, make.snapshot({"1": make.signal(1, signal=9.0)}, timestamp=MONDAY)]
    )


@pytest.fixture
def kept(tmp_path: Path) -> HistoryCache:
    return HistoryCache(tmp_path / "cache", smallest=0)


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def open_and_wait(path: Path, cache: HistoryCache) -> History:
    history = read_history(path, cache=cache)
    cache.wait()
    return history


def assert_equal(found: History | None, expected: History) -> None:
    assert found is not None
    assert found.tables == expected.tables
    assert found.source == expected.source
    assert found.superseded.tables == expected.superseded.tables


def entries(cache: HistoryCache) -> list[Path]:
    return sorted(cache.folder.iterdir())


def test_second_opening_gives_the_same_history_without_reading_the_file(
    source: Path, kept: HistoryCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = open_and_wait(source, kept)
    assert expected.superseded.tables.cycles.num_rows == 1
    monkeypatch.setattr("alpha_model.history.reader.open_file", None)
    assert_equal(read_history(source, cache=kept), expected)


def test_earlier_revisions_keep_their_trades(tmp_path: Path, kept: HistoryCache, make: Any) -> None:
    path = tmp_path / "history.jsonl"
    with HistoryRecorder(path) as recorder:
        recorder.append(make.snapshot({"1": make.signal()}), trades=[make.trade(1)])
        recorder.append(make.snapshot({"1": make.signal()}), trades=[make.trade(1), make.trade(2)])
    os.utime(path, (LONG_AGO, LONG_AGO))
    expected = open_and_wait(path, kept)
    assert expected.superseded.trades["trade_id"].tolist() == [1]
    assert_equal(kept.load(path), expected)


def test_settled_file_is_recognised_without_hashing_it(
    source: Path, kept: HistoryCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "_SETTLED", -(10**12))
    expected = open_and_wait(source, kept)
    monkeypatch.setattr(cache_module, "content_hash", None)
    assert_equal(kept.load(source), expected)


def test_copy_is_recognised_by_its_content_under_its_own_name(source: Path, kept: HistoryCache) -> None:
    open_and_wait(source, kept)
    copy = source.with_name("copy.json")
    shutil.copy(source, copy)
    found = kept.load(copy)
    assert found is not None
    assert found.source.name == "copy.json"
    assert len(entries(kept)) == 1


def test_other_content_of_the_same_size_and_time_is_read_anew(source: Path, kept: HistoryCache) -> None:
    open_and_wait(source, kept)
    text = source.read_text()
    source.write_text(text.replace("1000.0", "2000.0"))
    os.utime(source, (LONG_AGO, LONG_AGO))
    assert source.stat().st_size == len(text)
    assert kept.load(source) is None
    assert read_history(source, cache=kept).cycles["investable_equity"].tolist() == [2000.0] * 3


@pytest.mark.parametrize("damage", ["cut", "flip", "remove", "contents", "garbage"])
def test_damaged_entry_is_ignored_and_made_anew(source: Path, kept: HistoryCache, damage: str) -> None:
    expected = open_and_wait(source, kept)
    (entry,) = entries(kept)
    victim = entry / ("contents.json" if damage == "contents" else "signals.parquet")
    data = bytearray(victim.read_bytes())
    if damage == "remove":
        victim.unlink()
    elif damage == "flip":
        data[len(data) // 2] ^= 1
        victim.write_bytes(data)
    else:
        victim.write_bytes(b"garbage" if damage == "garbage" else data[: len(data) // 2])
    assert kept.load(source) is None
    assert_equal(open_and_wait(source, kept), expected)
    assert_equal(kept.load(source), expected)


def test_other_version_of_the_reader_never_reads_an_entry(
    source: Path, kept: HistoryCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_and_wait(source, kept)
    monkeypatch.setattr(cache_module, "fingerprint", lambda: "another")
    assert kept.load(source) is None


def test_file_that_changes_while_it_is_read_is_not_kept(source: Path, kept: HistoryCache) -> None:
    before = source.stat()
    history = read_history(source)
    source.write_text(source.read_text() + "\n")
    kept.store(source, history, before)
    assert not kept.folder.exists() or not entries(kept)


def test_cache_is_bounded_and_the_entry_used_last_stays(tmp_path: Path, make: Any, kept: HistoryCache) -> None:
    paths = []
    for n in range(3):
        path = write(tmp_path / f"{n}.json", [make.snapshot({"1": make.signal()}, timestamp=MONDAY + n * WEEK)])
        open_and_wait(path, kept)
        paths.append(path)
    for age, path in enumerate([paths[1], paths[2]]):  # 0 is used now
        (entry,) = [e for e in entries(kept) if cache_module.content_hash(path) in e.name]
        os.utime(entry, (LONG_AGO + age, LONG_AGO + age))
    one = max(sum(file.stat().st_size for file in entry.iterdir()) for entry in entries(kept))
    small = HistoryCache(kept.folder, max_bytes=int(2.5 * one), smallest=0)
    small.store(paths[0], read_history(paths[0]), paths[0].stat())
    assert [small.load(path) is not None for path in paths] == [True, False, True]


def test_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path, source: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert len(open_and_wait(source, HistoryCache(tmp_path / "file", smallest=0))) == 3


def test_small_files_are_not_kept(tmp_path: Path, source: Path) -> None:
    cache = HistoryCache(tmp_path / "cache")
    open_and_wait(source, cache)
    assert not cache.folder.exists()


def open_often(path: str, folder: str, results: Any) -> None:
    cache = HistoryCache(folder, smallest=0)
    for _ in range(10):
        results.put(open_and_wait(Path(path), cache).signals["signal"].tolist())
        cache.clear()


def test_processes_that_write_and_clear_the_same_entry_always_get_the_history(source: Path, kept: HistoryCache) -> None:
    expected = read_history(source).signals["signal"].tolist()
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=open_often, args=(str(source), str(kept.folder), results)) for _ in range(2)]
    for process in processes:
        process.start()
    found = [results.get(timeout=60) for _ in range(20)]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert found == [expected] * 20


def test_leftovers_of_a_process_that_died_are_removed(source: Path, kept: HistoryCache) -> None:
    open_and_wait(source, kept)
    leftover = kept.folder / "unfinished-dead"
    leftover.mkdir()
    os.utime(leftover, (LONG_AGO, LONG_AGO))
    kept.store(source, read_history(source), source.stat())
    assert not leftover.exists()


def test_environment_names_the_folder_or_switches_the_cache_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "mine"))
    cache = default_cache()
    assert cache is not None
    assert cache.folder == tmp_path / "mine"
    monkeypatch.setenv(FOLDER_VARIABLE, "off")
    assert default_cache() is None


def test_no_test_touches_the_users_cache() -> None:
    assert default_cache() is None
