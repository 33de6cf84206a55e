"""A history that is recorded again reads the same, and recording it twice changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from histories import REAL, SAMPLES, differing_tables
from hypothesis import given, settings
from hypothesis import strategies as st

from alpha_model.history import (
    EquityPoint,
    History,
    HistoryRecorder,
    read_history,
    read_history_bytes,
    record_history,
)
from alpha_model.values.errors import NoHistoryError

MONDAY = 1_767_571_200
DAY = 86_400
SOURCE = ("source", "source_key")


def transferred(history: History, path: Path) -> History:
    """The history of a record of the history."""
    with HistoryRecorder(path, strategy=history.source.strategy) as recorder:
        record_history(history, recorder)
    return read_history(path)


def assert_same(one: History, other: History) -> None:
    kept = ("problems",)
    assert [name for name in differing_tables(one, other, *SOURCE) if name not in kept] == []
    assert differing_tables(one.superseded, other.superseded, *SOURCE) == []


@pytest.mark.parametrize("path", [*SAMPLES, *REAL], ids=lambda path: path.name)
def test_sample_reads_the_same_from_its_record(tmp_path: Path, path: Path) -> None:
    try:
        history = read_history(path)
    except NoHistoryError:
        pytest.skip("no alpha model in it")
    target = tmp_path / "h.jsonl"
    assert_same(history, transferred(history, target))
    size = target.stat().st_size
    assert differing_tables(history, transferred(history, target), *SOURCE) in ([], ["problems"])
    assert target.stat().st_size == size


CYCLE = st.tuples(
    st.integers(0, 4), st.integers(0, 2), st.sampled_from([None, [], ["now"], ["before"], ["now", "before"]])
)


@settings(deadline=None)
@given(st.lists(CYCLE, max_size=10), st.lists(st.tuples(st.integers(-1, 5), st.integers(0, 1)), max_size=4))
def test_any_record_reads_the_same_from_its_record(
    tmp_path_factory: pytest.TempPathFactory, make: Any, cycles: Any, points: Any
) -> None:
    folder = tmp_path_factory.mktemp("transfer")
    with HistoryRecorder(folder / "one.jsonl") as recorder:
        for day, variant, traded in cycles:
            when = MONDAY + day * DAY
            trades = [make.trade(len(what), when if what == "now" else when - 60) for what in traded or ()]
            recorder.append(
                make.snapshot({"1": make.signal(1, float(variant))}, timestamp=when),
                trades=None if traded is None else trades,
                equity=EquityPoint(10.0) if variant else None,
                message="m" if variant == 1 else None,
            )
        for day, cash in points:
            recorder.append_entries([], [("equity", (MONDAY + day * DAY, 1.5, cash)), ("messages", (day, "text"))])
    history = read_history(folder / "one.jsonl")
    assert_same(history, transferred(history, folder / "two.jsonl"))


def test_cycle_that_went_back_to_an_earlier_content_ends_with_it(tmp_path: Path, make: Any) -> None:
    contents = [1.0, 2.0, 1.0]
    snapshots = [make.snapshot({"1": make.signal(1, value)}) for value in contents]
    history = read_history_bytes(json.dumps(snapshots).encode(), "list.json")
    again = transferred(history, tmp_path / "h.jsonl")
    assert again.signals["signal"].tolist() == [1.0]
    assert again.superseded.signals["signal"].tolist() == [1.0, 2.0]
    assert len(transferred(history, tmp_path / "h.jsonl").superseded) == 2


def test_superseded_cycles_keep_their_trades(tmp_path: Path, make: Any) -> None:
    with HistoryRecorder(tmp_path / "h.jsonl") as recorder:
        recorder.append(make.snapshot({"1": make.signal(1, 1.0)}), trades=[make.trade(7)])
        recorder.append(make.snapshot({"1": make.signal(1, 2.0)}), trades=[])
    history = read_history(tmp_path / "h.jsonl")
    assert history.trades.empty
    assert history.superseded.trades[["cycle", "trade_id"]].to_numpy().tolist() == [[0, 7]]
    assert history.superseded.cycles["trade_count"].tolist() == [1]


def test_account_rows_are_written_once_though_two_are_alike(tmp_path: Path) -> None:
    rows = [("equity", (1.0, 5.0, None)), ("equity", (1.0, 5.0, None))]
    with HistoryRecorder(tmp_path / "h.jsonl") as recorder:
        recorder.append_entries([], rows)
    assert read_history(tmp_path / "h.jsonl").equity["total_equity"].tolist() == [5.0, 5.0]
    with HistoryRecorder(tmp_path / "h.jsonl") as recorder:
        recorder.append_entries([], [*rows, ("equity", (2.0, 6.0, None))])
    assert read_history(tmp_path / "h.jsonl").equity["total_equity"].tolist() == [5.0, 5.0, 6.0]
