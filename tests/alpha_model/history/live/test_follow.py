"""A source that forgets becomes a record that has every cycle once."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from histories import differing_tables

from alpha_model.history import (
    Folder,
    Follower,
    HistoryRecorder,
    LiveHistory,
    read_history,
)
from alpha_model.history.extent import common_extent
from alpha_model.history.files.disk import RealDisk
from alpha_model.values.errors import RecordError

MONDAY = 1_767_571_200
DAY = 86_400


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "kept.jsonl"


def write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))


def last_only(make: Any, day: int, value: float = 1.0, **settings: Any) -> Any:
    """A state that keeps its last cycle only."""
    when = MONDAY + day * DAY
    model = make.snapshot({"1": make.signal(1, value)}, timestamp=when)
    messages = {str(when): [f"day {day}"]}
    return make.state({}, discardable_data={"alpha_model": model}, messages=messages, name="S", **settings)


def kinds(events: Any) -> list[str]:
    return [event.event for event in events]


def test_last_cycle_only_state_becomes_a_whole_history(state: Path, target: Path, make: Any) -> None:
    with Follower([LiveHistory(state)], target) as follower:
        assert kinds(follower.poll()) == ["problem"]
        for day in range(5):
            write(state, last_only(make, day))
            events = follower.poll()
            assert kinds(events) == (["recorded", "recovered"] if day == 0 else ["recorded"])
            assert events[0].timestamp == datetime(2026, 1, 5 + day)
            assert follower.poll() == []
    history = read_history(target)
    assert history.cycles["message"].tolist() == [f"day {day}" for day in range(5)]
    assert history.source.strategy == "S"


def test_restart_records_nothing_twice(state: Path, target: Path, make: Any) -> None:
    write(state, last_only(make, 0))
    for expected in (["recorded"], []):
        with Follower([LiveHistory(state)], target) as follower:
            assert kinds(follower.poll()) == expected
    assert len(read_history(target)) == 1


def test_cycle_that_is_rewritten_after_its_trades_is_the_next_revision(state: Path, target: Path, make: Any) -> None:
    with Follower([LiveHistory(state)], target) as follower:
        write(state, last_only(make, 0, portfolio=make.portfolio()))
        follower.poll()
        write(state, last_only(make, 0, portfolio=make.portfolio(make.trade(7, MONDAY))))
        events = follower.poll()
    assert [(event.event, event.revision) for event in events] == [("recorded", 1)]
    history = read_history(target)
    assert history.trades["trade_id"].tolist() == [7]
    assert history.cycles["trade_count"].tolist() == [1]
    assert history.superseded.cycles["trade_count"].tolist() == [0]


def test_equity_and_stop_losses_between_cycles_are_kept(state: Path, target: Path, make: Any) -> None:
    def points(count: int) -> Any:
        return {
            "portfolio": [
                {"calculated_at": MONDAY + n * 60, "total_equity": 100.0 + n, "free_cash": 1.0} for n in range(count)
            ]
        }

    stop = make.trade(9, MONDAY + 3_600, trade_type="stop_loss")
    with Follower([LiveHistory(state)], target) as follower:
        write(state, last_only(make, 0, stats=points(2), portfolio=make.portfolio()))
        follower.poll()
        write(state, last_only(make, 0, stats=points(4), portfolio=make.portfolio(stop)))
        assert follower.poll() == []
    history = read_history(target)
    assert history.equity["total_equity"].tolist() == [100.0, 101.0, 102.0, 103.0]
    assert history.trades[["cycle", "kind"]].to_numpy().tolist() == [[0, "stop_loss"]]


@pytest.mark.parametrize("content", [b"", b'{"visualisation": {"calc', b"\x00\x01", b'{"visualisation":{}}', b"[]"])
def test_unreadable_moments_pass(state: Path, target: Path, make: Any, content: bytes) -> None:
    with Follower([LiveHistory(state)], target) as follower:
        write(state, last_only(make, 0))
        follower.poll()
        state.write_bytes(content)
        assert kinds(follower.poll()) == ["problem"]
        assert follower.poll() == []
        state.unlink()
        assert set(kinds(follower.poll())) <= {"problem"}
        write(state, last_only(make, 1))
        assert kinds(follower.poll()) == ["recorded", "recovered"]


def test_source_that_shrinks_loses_nothing(state: Path, target: Path, make: Any) -> None:
    cycles = {str(MONDAY + n * DAY): make.snapshot({"1": make.signal()}, timestamp=MONDAY + n * DAY) for n in range(5)}
    with Follower([LiveHistory(state)], target) as follower:
        write(state, make.state(cycles))
        assert len(follower.poll()) == 5
        write(state, make.state(dict(list(cycles.items())[3:])))
        assert follower.poll() == []
        write(state, make.state(cycles))
        assert follower.poll() == []
    assert len(read_history(target)) == 5


def test_recorder_file_is_followed_with_its_revisions(tmp_path: Path, target: Path, make: Any) -> None:
    source = tmp_path / "h.jsonl"
    with Follower([LiveHistory(source, open_cycles=3)], target) as follower:
        for day in range(12):
            with HistoryRecorder(source, strategy="S") as recorder:
                for value in (1.0, 2.0):
                    snapshot = make.snapshot({"1": make.signal(1, value)}, timestamp=MONDAY + day * DAY)
                    recorder.append(snapshot, trades=[make.trade(day, MONDAY + day * DAY)] if value > 1 else None)
            events = follower.poll()
            assert [(event.timestamp.day, event.revision) for event in events] == [(5 + day, 0), (5 + day, 1)]
    one, other = read_history(source), read_history(target)
    assert differing_tables(one, other, "source", "source_key") == []
    assert differing_tables(one.superseded, other.superseded, "source", "source_key") == []


def test_folder_takes_files_that_come_later_and_not_the_record(tmp_path: Path, make: Any) -> None:
    target = tmp_path / "kept.jsonl"
    with Follower([Folder(tmp_path, left_out=target)], target) as follower:
        assert follower.poll() == []
        for day in range(3):
            write(tmp_path / f"cycle-{day}.json", make.snapshot({"1": make.signal()}, timestamp=MONDAY + day * DAY))
            (tmp_path / ".hidden.json").write_text("half")
            (tmp_path / "notes.txt").write_text("nothing")
            assert kinds(follower.poll()) == ["recorded"]
    assert len(read_history(target)) == 3


def test_other_strategy_is_not_mixed_in(tmp_path: Path, target: Path, make: Any) -> None:
    for name in ("A", "B"):
        with HistoryRecorder(tmp_path / f"{name}.jsonl", strategy=name) as recorder:
            recorder.append(make.snapshot({"1": make.signal()}))
    with Follower([LiveHistory(tmp_path / f"{name}.jsonl") for name in ("A", "B")], target) as follower:
        events = follower.poll()
        assert kinds(events) == ["recorded", "problem"]
        assert "'B'" in (events[1].message or "")


def nameless(make: Any, day: int, value: float = 1.0) -> Any:
    return last_only(make, day, value) | {"name": None}


def test_sources_without_a_name_are_not_mixed(tmp_path: Path, target: Path, make: Any) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    write(one, nameless(make, 0))
    write(other, nameless(make, 0, 2.0))
    with Follower([LiveHistory(one), LiveHistory(other)], target) as follower:
        events = follower.poll()
        assert [(event.event, event.source) for event in events] == [("recorded", str(one)), ("problem", str(other))]
        assert events[1].message == (
            f"neither {other} nor {target}, which is recorded from another source, names its strategy; not recorded. "
            "Follow each strategy into a history of its own, or give --strategy if they are one."
        )
        write(one, nameless(make, 1))
        write(other, nameless(make, 2))
        assert kinds(follower.poll()) == ["recorded"]
    for source, expected in ((other, "problem"), (one, "recorded")):  # after a restart, too
        write(source, nameless(make, 3))
        with Follower([LiveHistory(source)], target) as follower:
            assert kinds(follower.poll()) == [expected]
    history = read_history(target)
    assert (history.timestamps.day.tolist(), len(history.superseded)) == ([5, 6, 8], 0)


@pytest.mark.parametrize(("first", "second"), [("S", None), (None, "S")])
def test_source_without_a_name_does_not_join_one_with_a_name(
    tmp_path: Path, target: Path, make: Any, first: str | None, second: str | None
) -> None:
    names = {tmp_path / "one.json": first, tmp_path / "other.json": second}
    for day, (path, name) in enumerate(names.items()):
        write(path, last_only(make, day) | {"name": name})
    with Follower([LiveHistory(path) for path in names], target) as follower:
        events = follower.poll()
    assert kinds(events) == ["recorded", "problem"]
    assert "'S'" in (events[1].message or "")
    assert len(read_history(target)) == 1


def test_sources_without_a_name_are_one_strategy_where_the_operator_says_so(
    tmp_path: Path, target: Path, make: Any
) -> None:
    paths = [tmp_path / "one.json", tmp_path / "other.json"]
    for day, path in enumerate(paths):
        write(path, nameless(make, day))
    with Follower([LiveHistory(path) for path in paths], target, strategy="S") as follower:
        assert kinds(follower.poll()) == ["recorded", "recorded"]
    assert read_history(target).source.strategy == "S"


def test_record_that_was_not_begun_by_following_takes_one_source(tmp_path: Path, target: Path, make: Any) -> None:
    with HistoryRecorder(target) as recorder:
        recorder.append(make.snapshot({"1": make.signal()}, timestamp=MONDAY))
    paths = [tmp_path / "one.json", tmp_path / "other.json"]
    for day, path in enumerate(paths, 1):
        write(path, nameless(make, day))
    with Follower([LiveHistory(path) for path in paths], target) as follower:
        assert kinds(follower.poll()) == ["recorded", "problem"]


def point(link: Path, to: Path) -> None:
    """Make the link, or lead it elsewhere."""
    link.unlink(missing_ok=True)
    link.symlink_to(to)


def test_link_that_is_led_to_the_newest_state_is_one_source(tmp_path: Path, target: Path, make: Any) -> None:
    latest, told = tmp_path / "latest.json", []
    for restart in range(2):
        with Follower([LiveHistory(latest)], target) as follower:
            for day in range(2 * restart, 2 * restart + 2):
                write(tmp_path / f"{day}.json", nameless(make, day))
                point(latest, tmp_path / f"{day}.json")
                told += kinds(follower.poll())
    assert told == ["recorded"] * 4


def test_link_to_a_folder_that_is_led_elsewhere_is_one_source(tmp_path: Path, target: Path, make: Any) -> None:
    current, told = tmp_path / "current", []
    with Follower([Folder(current)], target) as follower:
        for day in range(2):
            folder = tmp_path / str(day)
            folder.mkdir()
            write(folder / f"{day}.json", make.snapshot({"1": make.signal()}, timestamp=MONDAY + day * DAY))
            point(current, folder)
            told += [event.event for event in follower.poll() if event.event == "recorded"]
    assert told == ["recorded"] * 2


def test_relative_path_is_the_same_source_as_the_whole_one(
    state: Path, target: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(state.parent)
    for day, path in enumerate((Path(state.name), state)):
        write(state, nameless(make, day))
        with Follower([LiveHistory(path)], target) as follower:
            assert kinds(follower.poll()) == ["recorded"]


def test_states_without_a_name_in_one_folder_are_not_mixed(tmp_path: Path, target: Path, make: Any) -> None:
    folder = tmp_path / "states"
    folder.mkdir()
    for day in range(2):
        write(folder / f"{day}.json", nameless(make, day))
    with Follower([Folder(folder)], target) as follower:
        assert kinds(follower.poll()) == ["recorded", "problem"]


def test_snapshots_of_another_folder_are_another_source(tmp_path: Path, target: Path, make: Any) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    for day, folder in enumerate(folders):
        folder.mkdir()
        for hour in range(2):
            when = MONDAY + day * DAY + hour * 3_600
            write(folder / f"{hour}.json", make.snapshot({"1": make.signal()}, timestamp=when))
    with Follower([Folder(folder) for folder in folders], target) as follower:
        assert kinds(follower.poll()) == ["recorded", "recorded", "problem", "problem"]


def test_record_does_not_say_where_its_source_is(state: Path, target: Path, make: Any) -> None:
    write(state, nameless(make, 0))
    again = target.with_name("again.jsonl")
    with (
        Follower([LiveHistory(state)], target) as follower,
        Follower([LiveHistory(state)], again) as other,
    ):
        follower.poll()
        other.poll()
    marks = {json.loads(path.read_bytes().splitlines()[0])["origin"] for path in (target, again)}
    assert [len(mark) for mark in marks] == [32, 32]  # two records of one source have nothing in common
    assert str(state) not in target.read_text()


@pytest.mark.parametrize("call", ["write", "sync"])
def test_failing_disk_is_told_and_tried_again(
    state: Path, target: Path, make: Any, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Follower([LiveHistory(state)], target) as follower:
        write(state, last_only(make, 0))
        follower.poll()
        write(state, last_only(make, 1))
        with monkeypatch.context() as patch:
            patch.setattr(RealDisk, call, full)
            assert kinds(follower.poll()) == ["problem"]
        assert kinds(follower.poll()) == ["recorded", "recovered"]
    assert len(read_history(target)) == 2


def test_unchanged_cycles_are_not_written_down_again(make: Any) -> None:
    def history(*values: float, trades: Any = ()) -> Any:
        cycles = {
            str(MONDAY + n * DAY): make.snapshot({"1": make.signal(1, value)}, timestamp=MONDAY + n * DAY)
            for n, value in enumerate(values)
        }
        return make.read(make.state(cycles, portfolio=make.portfolio(*trades)))

    old = history(1, 2, 3, 4)
    assert common_extent(old, history(1, 2, 3, 4, 5)).cycles == 4
    assert common_extent(old, history(1, 2, 9, 4)).cycles == 2
    assert common_extent(old, history(1, 2)).cycles == 2
    assert common_extent(old, history(9)).cycles == 0
    traded = history(1, 2, 3, 4, trades=[make.trade(1, MONDAY + DAY)])
    assert common_extent(old, traded).cycles == 1
    assert common_extent(traded, old).cycles == 1


def test_missing_source_is_one_sentence_and_taken_up_when_it_comes(state: Path, target: Path, make: Any) -> None:
    with Follower([LiveHistory(state)], target) as follower:
        (event,) = follower.poll()
        assert event.message == f"cannot read {state}: No such file or directory; looked for again."
        write(state, last_only(make, 0))
        assert kinds(follower.poll()) == ["recorded", "recovered"]


def test_file_replaced_by_rename_with_same_size_and_time_is_read(state: Path, target: Path, make: Any) -> None:
    write(state, last_only(make, 0))
    os.utime(state, (MONDAY, MONDAY))
    with Follower([LiveHistory(state)], target) as follower:
        follower.poll()
        before = state.stat()
        other = state.with_name("other.tmp")
        write(other, last_only(make, 1))
        os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert other.stat().st_size == before.st_size
        other.replace(state)
        assert kinds(follower.poll()) == ["recorded"]


def test_record_that_is_cut_short_and_begun_anew_is_followed(tmp_path: Path, target: Path, make: Any) -> None:
    source = tmp_path / "h.jsonl"
    with Follower([LiveHistory(source)], target) as follower:
        for days in (range(4), range(3, 6)):
            source.unlink(missing_ok=True)
            with HistoryRecorder(source, strategy="S") as recorder:
                for day in days:
                    recorder.append(make.snapshot({"1": make.signal()}, timestamp=MONDAY + day * DAY))
            follower.poll()
        source.write_bytes(source.read_bytes()[:-40])
        assert [event for event in follower.poll() if event.event == "recorded"] == []
    assert len(read_history(target)) == 6


def test_record_replaced_by_one_with_the_same_end_is_read_whole(tmp_path: Path, target: Path, make: Any) -> None:
    source, other = tmp_path / "h.jsonl", tmp_path / "other.jsonl"
    for path, value in ((source, 1.0), (other, 2.0)):
        with HistoryRecorder(path, strategy="S", created_at=datetime(2026, 1, 1)) as recorder:
            for day, signal in enumerate((value, 3.0)):
                recorder.append(make.snapshot({"1": make.signal(1, signal)}, timestamp=MONDAY + day * DAY))
    assert source.read_bytes()[-64:] == other.read_bytes()[-64:]
    with Follower([LiveHistory(source)], target) as follower:
        follower.poll()
        other.replace(source)
        assert [(event.timestamp, event.revision) for event in follower.poll()] == [(datetime(2026, 1, 5), 1)]


def test_two_followers_cannot_share_a_record(state: Path, target: Path, make: Any) -> None:
    write(state, last_only(make, 0))
    with Follower([LiveHistory(state)], target) as first:
        first.poll()
        with pytest.raises(RecordError, match="another recorder is writing"):
            Follower([LiveHistory(state)], target)
        write(state, last_only(make, 1))
        assert kinds(first.poll()) == ["recorded"]
    with Follower([LiveHistory(state)], target) as second:
        assert second.poll() == []
        assert second.cycle_count == 2


def test_second_follower_of_a_new_record_waits_for_the_first(state: Path, target: Path, make: Any) -> None:
    write(state, last_only(make, 0))
    with Follower([LiveHistory(state)], target) as first, Follower([LiveHistory(state)], target) as second:
        assert kinds(first.poll()) == ["recorded"]
        assert kinds(second.poll()) == ["problem"]
        first.close()
        assert kinds(second.poll()) == ["recovered"]
        assert second.cycle_count == 1


def test_killed_follower_goes_on_where_it_was(state: Path, target: Path, make: Any) -> None:
    words = [sys.executable, "-c", "from alpha_model.cli import main; main()", "follow", str(state)]
    for day in range(3):
        write(state, last_only(make, day))
        follower = subprocess.Popen([*words, "--into", str(target), "--json"], stdout=subprocess.PIPE)
        assert follower.stdout is not None
        told = json.loads(follower.stdout.readline())
        follower.kill()
        follower.communicate()
        assert told["event"] == "recorded"
        with target.open("ab") as file:
            file.write(b'{"type":"cycle","timestamp":17')
    assert len(read_history(target)) == 3
    with Follower([LiveHistory(state)], target) as again:
        assert again.poll() == []
    history = read_history(target)
    assert (len(history), len(history.superseded), len(history.problems)) == (3, 0, 0)
