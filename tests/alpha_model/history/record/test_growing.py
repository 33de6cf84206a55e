"""Reading a growing file step by step says the same as reading it whole."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from histories import differing_tables
from hypothesis import given
from hypothesis import strategies as st

from alpha_model.history import (
    EquityPoint,
    HistoryRecorder,
    LiveHistory,
    freshness_of,
    read_history_bytes,
)
from alpha_model.history.live.tail import Tail
from alpha_model.history.record.lines import account_line

MONDAY = 1_767_571_200
DAY = 86_400


def assert_same(live: LiveHistory, content: bytes) -> None:
    """The live history is what a whole read of the bytes gives."""
    whole = read_history_bytes(content, "h.jsonl")
    assert live.history is not None
    assert differing_tables(live.history, whole) == []
    assert differing_tables(live.history.superseded, whole.superseded) == []


CYCLES = st.tuples(
    st.one_of(st.just(1), st.just(0), st.integers(-3, 2)),
    st.integers(1, 3),
    st.sampled_from(["none", "own", "earlier", "account", "message", "equity"]),
)


@given(st.lists(CYCLES, min_size=1, max_size=14), st.integers(1, 3), st.data())
def test_step_by_step_equals_whole(
    tmp_path_factory: pytest.TempPathFactory, make: Any, steps: Any, open_cycles: int, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("live") / "h.jsonl"
    when = MONDAY
    with HistoryRecorder(path, strategy="S") as recorder:
        for place, (days, pair_id, what) in enumerate(steps):
            when += days * DAY
            traded = {"own": [make.trade(place, when)], "earlier": [make.trade(1, when - DAY)]}.get(what)
            recorder.append(
                make.snapshot({str(pair_id): make.signal(pair_id)}, timestamp=when, max_position_adjust_usd=place),
                trades=traded,
                message=f"at {place}" if what == "own" else None,
                equity=EquityPoint(100.0 + place) if what == "equity" else None,
            )
            if what in ("account", "message"):
                rows = {"account": ("equity", (when + 60, 5.0, None)), "message": ("messages", (when, "text"))}
                recorder.append_entries([], [rows[what]])
    content = path.read_bytes()
    for start in data.draw(st.lists(st.integers(0, len(content) - 2), max_size=2)):  # the last line is whole
        content = content[:start] + b"#" + content[start + 1 :]
    stops = sorted(data.draw(st.lists(st.integers(1, len(content)), max_size=6)))
    live = LiveHistory(path, open_cycles=open_cycles)
    path.write_bytes(b"")
    done = 0
    for stop in [*stops, len(content)]:
        with path.open("ab") as file:
            file.write(content[done:stop])
        live.poll()
        done = stop
        finished = content[: content[:stop].rfind(b"\n") + 1]
        if live.history is not None and content[:stop].endswith(b"\n") and finished.strip():
            assert_same(live, finished)
    if live.history is not None:
        assert_same(live, content)


def recorded(path: Path, make: Any, first: int, stop: int) -> None:
    with HistoryRecorder(path) as recorder:
        for day in range(first, stop):
            recorder.append(make.snapshot({"1": make.signal()}, timestamp=MONDAY + day * DAY))


def test_only_new_bytes_are_read(tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "h.jsonl"
    recorded(path, make, 0, 200)
    live = LiveHistory(path)
    assert live.poll()
    size = path.stat().st_size
    recorded(path, make, 200, 201)
    read: list[int] = []
    pread = os.pread

    def counting(file: int, count: int, offset: int) -> bytes:
        found = pread(file, count, offset)
        read.append(len(found))
        return found

    monkeypatch.setattr(os, "pread", counting)
    assert live.poll()
    assert sum(read) < (path.stat().st_size - size) + 100
    assert live.history is not None
    assert len(live.history) == 201
    assert live.history.cycle_numbers.tolist() == list(range(201))


def test_settled_cycles_stay_the_same_memory(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "h.jsonl"
    recorded(path, make, 0, 100)
    live = LiveHistory(path)
    live.poll()
    recorded(path, make, 100, 101)
    live.poll()
    assert live.history is not None
    before = live.history.tables.signals["signal"].chunk(0).buffers()[1].address
    recorded(path, make, 101, 102)
    live.poll()
    assert live.history.tables.signals["signal"].chunk(0).buffers()[1].address == before


def test_pieces_stay_few_however_many_cycles_come(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "h.jsonl"
    live = LiveHistory(path, open_cycles=2)
    for day in range(120):
        recorded(path, make, day, day + 1)
        live.poll()
    assert live.history is not None
    assert live.history.tables.cycles["cycle"].num_chunks < 10
    assert_same(live, path.read_bytes())


def test_unfinished_line_waits(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "h.jsonl"
    recorded(path, make, 0, 2)
    content = path.read_bytes()
    path.write_bytes(content[:-40])
    live = LiveHistory(path)
    assert live.poll()
    assert live.history is not None
    assert (len(live.history), len(live.history.problems)) == (1, 0)
    with path.open("ab") as file:
        file.write(content[-40:-1])
    assert live.poll()
    assert len(live.history) == 2
    with path.open("ab") as file:
        file.write(b"\n")
    live.poll()
    assert_same(live, content)


def test_line_numbers_go_on_after_a_missing_line_end(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    lines = [account_line([("equity", (n, 1.0, None))]) for n in range(3)]
    tail = Tail(path)
    path.write_bytes(b"".join(lines[:2])[:-1])
    assert [(line.number, line.start) for line in tail.lines()] == [(1, 0), (2, len(lines[0]))]
    path.write_bytes(b"".join(lines))
    assert [(line.number, line.state) for line in tail.lines()] == [(3, "whole")]


@pytest.mark.parametrize("how", ["replaced", "shorter", "rewritten longer"])
def test_replaced_file_is_read_anew(tmp_path: Path, make: Any, how: str) -> None:
    path, other = tmp_path / "h.jsonl", tmp_path / "other.jsonl"
    recorded(path, make, 0, 3)
    live = LiveHistory(path)
    live.poll()
    recorded(other, make, 5, {"replaced": 8, "shorter": 6, "rewritten longer": 20}[how])
    if how == "replaced":
        other.rename(path)
    else:
        path.write_bytes(other.read_bytes())
    assert live.poll()
    assert_same(live, path.read_bytes())


def test_late_revision_of_a_settled_cycle_is_seen(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "h.jsonl"
    recorded(path, make, 0, 30)
    live = LiveHistory(path, open_cycles=4)
    live.poll()
    with HistoryRecorder(path) as recorder:
        recorder.append(make.snapshot({"1": make.signal(1, 9.0)}, timestamp=MONDAY + DAY))
    assert live.poll()
    assert live.history is not None
    assert live.history.cycles["revision"].tolist()[:3] == [0, 1, 0]
    assert_same(live, path.read_bytes())


def test_history_is_the_same_object_until_something_changes(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "h.jsonl"
    recorded(path, make, 0, 2)
    live = LiveHistory(path)
    assert live.poll()
    first = live.history
    assert not live.poll()
    path.touch()
    assert not live.poll()
    assert live.history is first


def test_half_written_state_leaves_the_last_history(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "state.json"
    state = (
        str(make.state({str(MONDAY): make.snapshot({"1": make.signal()})})).replace("'", '"').replace("None", "null")
    )
    text = state.replace("False", "false").replace("True", "true")
    path.write_text(text)
    live = LiveHistory(path)
    assert live.poll()
    good = live.history
    path.write_text(text[:200])
    assert not live.poll()
    assert live.history is good
    assert live.problem is not None
    assert "cut off" in live.problem
    path.write_text(text.replace(str(MONDAY), str(MONDAY + DAY)))
    assert live.poll()
    assert live.problem is None
    assert live.history is not None
    assert live.history.timestamps[0] == pd.Timestamp("2026-01-06", tz="UTC")


def test_missing_file_is_a_problem_until_it_comes(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "h.jsonl"
    live = LiveHistory(path)
    assert not live.poll()
    assert live.problem is not None
    assert live.freshness.changed_at is None
    recorded(path, make, 0, 1)
    assert live.poll()
    path.unlink()
    assert not live.poll()
    assert live.history is not None
    assert len(live.history) == 1


def test_state_written_twice_within_the_same_moment_is_read_again(tmp_path: Path, make: Any) -> None:
    def write(signal: float) -> None:
        snapshot = make.snapshot({"1": make.signal(1, signal)})
        path.write_bytes(json.dumps(snapshot).encode())
        os.utime(path, ns=(stamp, stamp))

    path = tmp_path / "snapshot.json"
    stamp = 1_800_000_000_000_000_000
    live = LiveHistory(path, clock=lambda: datetime.fromtimestamp(1_800_000_000.001, UTC))
    write(1.0)
    live.poll()
    write(2.0)
    assert live.poll()
    assert live.history is not None
    assert live.history.signals["signal"].tolist() == [2.0]


def times(*days: float) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([pd.Timestamp(MONDAY + day * DAY, unit="s", tz="UTC") for day in days])


@pytest.mark.parametrize(
    ("days_later", "overdue"), [(0.5, False), (1.0, False), (1.09, False), (1.11, True), (9.0, True)]
)
def test_cycle_is_overdue_after_a_tenth_of_an_interval_more(days_later: float, overdue: bool) -> None:  # noqa: FBT001
    now = datetime.fromtimestamp(MONDAY, UTC) + timedelta(days=3 + days_later)
    found = freshness_of(times(0, 1, 2, 3), now)
    assert found.due_at == datetime.fromtimestamp(MONDAY + 4 * DAY, UTC)
    assert found.interval == timedelta(days=1)
    assert found.is_overdue is overdue


def test_one_cycle_has_no_interval() -> None:
    found = freshness_of(times(0), datetime.fromtimestamp(MONDAY + 99 * DAY, UTC))
    assert (found.interval, found.due_at, found.is_overdue) == (None, None, False)


def test_interval_is_the_usual_one_despite_a_gap() -> None:
    now = datetime.fromtimestamp(MONDAY, UTC)
    assert freshness_of(times(0, 1, 2, 9, 10), now).interval == timedelta(days=1)


@pytest.mark.parametrize(
    ("cycles", "due"),
    [
        ([day for day in range(19) if day % 7 < 5], 21),  # until a Friday: due on Monday
        ([day for day in range(18) if day % 7 < 5], 18),  # until a Thursday: on Friday
        ([day + hour / 24 for day in range(12) if day % 7 < 5 for hour in (9, 10, 11)], 14 + 9 / 24),
        ([day + hour / 24 for day in range(11) if day % 7 < 5 for hour in (9, 10, 11)], 11 + 9 / 24),
        ([0, 7, 14], 21),
        ([0, 1, 2, 3, 4, 8, 9, 10, 11, 14, 15, 16, 17, 18], 21),  # the first Monday was a holiday
    ],
)
def test_nights_and_weekends_are_learnt(cycles: list[float], due: float) -> None:
    now = datetime.fromtimestamp(MONDAY, UTC) + timedelta(days=due - 0.01)
    found = freshness_of(times(*cycles), now)
    assert found.due_at == datetime.fromtimestamp(MONDAY + due * DAY, UTC)
    assert not found.is_overdue
