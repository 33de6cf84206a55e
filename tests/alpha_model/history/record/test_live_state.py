"""One line in a strategy: does the record know what the state file knows?"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from builders import make_pair

from alpha_model.history import HistoryRecorder, Run, read_history
from alpha_model.values.errors import RecordError

MONDAY = datetime(2026, 1, 5)
WEEK = timedelta(weeks=1)
COMPARED = ("trades", "positions", "market", "equity")


class State:
    """A state of the reference framework, as small as it may be: one position that a stop closes."""

    def __init__(self) -> None:
        self.pair = make_pair(1)
        self.portfolio = SimpleNamespace(open_positions={}, closed_positions={}, frozen_positions={})
        self.stats = SimpleNamespace(positions={7: []}, portfolio=[])
        self.visualisation = SimpleNamespace(messages={}, calculations={})

    def plan(self, when: datetime, quantity: int, kind: str = "rebalance") -> SimpleNamespace:
        """A trade in position 7, not executed yet."""
        held = self.portfolio.open_positions.setdefault(
            7, SimpleNamespace(position_id=7, pair=self.pair, opened_at=when, closed_at=None, trades={})
        )
        number = len(held.trades) + 1
        held.trades[number] = SimpleNamespace(
            trade_id=number,
            position_id=7,
            pair=self.pair,
            opened_at=when,
            trade_type=kind,
            planned_quantity=quantity,
            planned_price=10.0,
            planned_mid_price=10.0,
            executed_at=None,
            executed_quantity=None,
            executed_price=None,
        )
        return held.trades[number]

    def fill(self, trade: SimpleNamespace) -> None:
        """The trade as it was planned."""
        trade.executed_at, trade.executed_quantity, trade.executed_price = trade.opened_at, trade.planned_quantity, 10.0

    def value(self, when: datetime, quantity: float, price: float) -> None:
        """A mark of position 7 and a point of the equity curve."""
        mark = {"calculated_at": when, "quantity": quantity, "value": quantity * price, "underlying_price": price}
        self.stats.positions[7].append(SimpleNamespace(**mark))
        self.stats.portfolio.append(SimpleNamespace(calculated_at=when, total_equity=1_000.0, free_cash=500.0))


def plain(thing: Any) -> Any:
    """The state as its file has it."""
    if isinstance(thing, datetime):
        return thing.isoformat()
    return thing.to_dict(encode_json=True) if hasattr(thing, "to_dict") else vars(thing)


def test_record_of_a_state_knows_fills_stops_positions_and_marks(tmp_path: Path, make: Any) -> None:
    state, path = State(), tmp_path / "history.jsonl"
    with HistoryRecorder(path) as recorder:

        def decide(week: int, trades: list[Any]) -> None:
            when = (MONDAY + week * WEEK).isoformat()
            model = make.snapshot({"1": make.signal()}, timestamp=when)
            recorder.append(model, trades=trades, state=state)
            state.visualisation.calculations[str(week)] = model

        bought = state.plan(MONDAY, 5)
        decide(0, [bought])
        state.fill(bought)
        state.value(MONDAY, 5, 10.0)
        state.value(MONDAY + WEEK, 5, 11.0)
        decide(1, [])
        stopped = state.plan(MONDAY + WEEK * 1.5, -5, "stop_loss")
        state.fill(stopped)
        state.portfolio.closed_positions[7] = state.portfolio.open_positions.pop(7)
        state.portfolio.closed_positions[7].closed_at = stopped.opened_at
        decide(2, [])
    record = read_history(path)
    file = tmp_path / "state.json"
    file.write_text(json.dumps(vars(state), default=plain))
    whole = read_history(file)
    assert record.trades[["kind", "status"]].to_numpy().tolist() == [
        ["rebalance", "executed"],
        ["stop_loss", "executed"],
    ]
    assert record.positions[["cycle", "quantity", "mark", "value"]].to_numpy().tolist() == [[1, 5, 11.0, 55.0]]
    assert record.market[["cycle", "sell_price"]].to_numpy().tolist()[1] == [1, 11.0]
    for name in COMPARED:
        assert getattr(record, name).equals(getattr(whole, name)), name
    assert record.cycles["trade_count"].tolist() == whole.cycles["trade_count"].tolist() == [1, 0, 0]


def test_fill_that_comes_later_replaces_the_plan(tmp_path: Path, make: Any) -> None:
    state, path = State(), tmp_path / "history.jsonl"
    trade = state.plan(MONDAY, 5)
    with HistoryRecorder(path) as recorder:
        recorder.append(make.snapshot({"1": make.signal()}), trades=[trade])
        assert read_history(path).trades["status"].tolist() == ["planned"]
        state.fill(trade)
        assert recorder.executed(MONDAY, [trade]) == ()
    assert read_history(path).trades[["status", "executed_quantity"]].to_numpy().tolist() == [["executed", 5.0]]


def test_what_is_no_state_is_refused_with_a_remedy(tmp_path: Path, make: Any) -> None:
    with (
        HistoryRecorder(tmp_path / "history.jsonl") as recorder,
        pytest.raises(RecordError, match=r"without a portfolio. Pass input\.state"),
    ):
        recorder.append(make.snapshot({}), state=5)


def test_each_opening_is_a_run_of_its_own(tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alpha_model.history.record.recorder.new_run", Run)
    path = tmp_path / "history.jsonl"
    for week in (0, 1):
        with HistoryRecorder(path, strategy="Momentum") as recorder:
            recorder.append(make.snapshot({}, timestamp=(MONDAY + week * WEEK).isoformat()))
            recorder.append(make.snapshot({}, timestamp=(MONDAY + week * WEEK + WEEK / 2).isoformat()))
    history = read_history(path)
    first, second = history.runs["run_id"]
    assert first != second
    assert history.cycles["run_id"].tolist() == [first, first, second, second]
    assert history.runs["strategy"].tolist() == ["Momentum", "Momentum"]


def test_repeated_back_test_in_one_file_is_told(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "history.jsonl"
    for name, weeks in (("first", (0, 1, 2)), ("again", (0, 1))):
        with HistoryRecorder(path, run=Run(run_id=name)) as recorder:
            for week in weeks:
                recorder.append(make.snapshot({}, timestamp=(MONDAY + week * WEEK).isoformat(), note=name))
    history = read_history(path)
    assert history.cycles["run_id"].tolist() == ["again", "again", "first"]
    told = history.problems.set_index("field").loc["run_id", "message"]
    assert "run first, of which 1 cycles are still shown" in told
    assert history.superseded.cycles["run_id"].tolist() == ["first", "first"]


def test_run_of_a_file_knows_its_code_its_commit_and_its_seeds(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "history.jsonl"
    run = Run.of(__file__, dependencies=["numpy"], seeds={"prices": 7}, data=b"prices", expected_interval=WEEK)
    with HistoryRecorder(path, run=run) as recorder:
        recorder.append(make.snapshot({}))
    told = read_history(path).runs.loc[0]
    assert len(told["code_hash"]) == 64
    assert json.loads(told["seeds"]) == {"prices": 7}
    assert "numpy" in json.loads(told["dependencies"])
    assert told["expected_interval_seconds"] == 7 * 86_400
    again = Run.of(__file__, data=b"other prices")
    assert (again.code_hash, again.data_fingerprint == run.data_fingerprint) == (run.code_hash, False)


def test_run_that_json_has_no_form_for_is_refused(tmp_path: Path, make: Any) -> None:
    recorder = HistoryRecorder(tmp_path / "history.jsonl", run=Run(seeds={"a": object()}))
    with pytest.raises(RecordError, match=r"cannot record the run: .* at seeds\.a"):
        recorder.append(make.snapshot({}))
