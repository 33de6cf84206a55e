"""What one part of a source says of another: an id that nothing describes, a trade that is told twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from histories import make_history

from alpha_model.analysis import explain_cycle, ledger_by_pair, pair_labels
from alpha_model.history import History, HistoryRecorder, compact, read_history, read_history_bytes
from alpha_model.history.tables.places import places_of
from alpha_model.values.errors import HistoryError

MONDAY = 1_767_571_200
WEIGHTS = {1: 0.1, 2: 0.3, 3: 0.6}


@pytest.fixture
def record(tmp_path: Path, make: Any) -> list[bytes]:
    """The lines of a record: a header, pairs 1 to 3, and a cycle with a weight of each and a trade of the third."""
    path = tmp_path / "history.jsonl"
    signals = {
        str(pair_id): make.signal(pair_id, pair=make.pair(pair_id, f"T{pair_id}"), normalised_weight=weight)
        for pair_id, weight in WEIGHTS.items()
    }
    with HistoryRecorder(path) as recorder:
        recorder.append(make.snapshot(signals), trades=[make.trade(1, pair=make.pair(3, "T3"))])
    return path.read_bytes().splitlines(keepends=True)


def damaged(line: bytes) -> bytes:
    """The line with one bit of it flipped."""
    return line[:30] + bytes([line[30] ^ 1]) + line[31:]


@pytest.mark.parametrize("lost", WEIGHTS)
def test_pair_whose_line_is_damaged_keeps_its_own_numbers(record: list[bytes], lost: int) -> None:
    record[lost] = damaged(record[lost])
    history = read_history_bytes(b"".join(record), "history.jsonl")
    weights = history.wide("normalised_weight")[0]
    assert dict(zip(history.pair_ids.tolist(), weights.tolist(), strict=True)) == WEIGHTS
    assert pair_labels(history)[lost] == f"pair {lost}"
    problem = history.problems.iloc[-1]
    assert (problem["kind"], problem["pair"], problem["field"]) == ("odd", str(lost), "pair_id")
    rows = ledger_by_pair(history).set_index("pair_id")
    assert (rows["cycles"] == 1).all()
    assert len(explain_cycle(history)) == 3


def test_pair_that_was_only_traded_and_never_described_has_a_row(record: list[bytes], resealed: Any) -> None:
    trades = json.loads(record[-1])["trades"] | {"pair_id": [9]}
    record[-1] = resealed(record[-1].rstrip(), trades=trades)
    history = read_history_bytes(b"".join(record), "history.jsonl")
    assert history.pairs["ticker"].tolist() == ["T1-USDC", "T2-USDC", "T3-USDC", "pair 9"]


def test_pair_that_is_described_later_is_no_problem(record: list[bytes]) -> None:
    history = read_history_bytes(b"".join([record[0], record[-1], *record[1:-1]]), "history.jsonl")
    assert history.pairs["ticker"].tolist() == ["T1-USDC", "T2-USDC", "T3-USDC"]
    assert history.problems.empty


@pytest.mark.parametrize(
    ("ids", "kept", "problems"),
    [
        ([2**63, 2, 3], [2, 3], ["expected a whole number, got 9223372036854775808; left out", "no pair"]),
        ([None, 2, 3], [2, 3], ["no pair"]),
        ([2, 2, 3], [2, 3], ["appear twice"]),
    ],
)
def test_signal_without_a_pair_of_its_own_is_left_out(
    record: list[bytes], resealed: Any, ids: Sequence[int | None], kept: list[int], problems: list[str]
) -> None:
    signals = json.loads(record[-1])["signals"] | {"pair_id": ids}
    record[-1] = resealed(record[-1].rstrip(), signals=signals)
    history = read_history_bytes(b"".join(record), "history.jsonl")
    assert history.signals["pair_id"].tolist() == kept
    assert history.signals["normalised_weight"].tolist() == [0.3, 0.6]
    assert all(words in told for words, told in zip(problems, history.problems["message"], strict=True))


@pytest.mark.parametrize(("column", "table"), [("pair_id", "pairs"), ("cycle", "cycles")])
def test_tables_made_by_hand_are_refused_where_a_row_is_missing(column: str, table: str) -> None:
    history = make_history([{"pair_id": 1}, {"pair_id": 2}])
    places = history.tables.signals.schema.get_field_index(column)
    strange = history.tables.signals.set_column(places, history.tables.signals.schema.field(column), pa.array([1, 7]))
    broken = History(replace(history.tables, signals=strange))
    with pytest.raises(HistoryError, match=rf"each {column} of signals needs a row in {table}, got "):
        broken.wide("signal")


def test_places_are_of_what_is_there_only() -> None:
    assert places_of(np.array([5, 1, 9]), np.array([9, 5, 6, 0, 10])).tolist() == [2, 0, -1, -1, -1]
    assert places_of(np.array([], dtype=np.int64), np.array([1])).tolist() == [-1]


def two_positions(make: Any, first: dict[str, Any], second: dict[str, Any]) -> History:
    positions = {"1": {"trades": {"7": first}}, "2": {"trades": {"7": second}}}
    return make.read(make.state({str(MONDAY): make.snapshot({})}, portfolio={"open_positions": positions}))


def test_trades_of_two_positions_may_have_the_same_number(make: Any) -> None:
    history = two_positions(make, make.trade(7), make.trade(7, position_id=2))
    assert history.trades[["position_id", "trade_id"]].to_numpy().tolist() == [[1, 7], [2, 7]]
    assert history.problems.empty


def test_trade_that_is_told_twice_is_one_and_another_plan_is_a_problem(make: Any) -> None:
    planned = make.trade(7, executed_at=None, executed_quantity=None, executed_price=None)
    assert len(two_positions(make, planned, make.trade(7)).problems) == 0
    history = two_positions(make, make.trade(7), make.trade(7, planned_quantity="3"))
    assert history.trades["planned_quantity"].tolist() == [3.0]
    assert history.problems["message"].tolist() == [
        "trade 7 of position 1 is told twice, and was planned otherwise at first; kept the later"
    ]


def changed(dataset: Path, name: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """Write a table of the dataset anew, and let the manifest name its size."""
    (path,) = dataset.rglob(f"{name}-*.parquet")
    size = path.stat().st_size
    pq.write_table(change(pq.ParquetFile(path).read()), path)
    (manifest,) = dataset.rglob("_manifest.json")
    manifest.write_text(manifest.read_text().replace(f": {size}", f": {path.stat().st_size}"))


@pytest.fixture
def dataset(record: list[bytes], tmp_path: Path) -> Path:
    path = tmp_path / "record.jsonl"
    path.write_bytes(b"".join(record))
    compact([path], tmp_path / "dataset")
    return tmp_path / "dataset"


def test_dataset_whose_pairs_lack_one_shows_it_by_its_id(dataset: Path) -> None:
    changed(dataset, "pairs", lambda pairs: pairs.slice(0, 2))
    history = History.open(dataset)
    assert pair_labels(history) == {1: "T1-USDC", 2: "T2-USDC", 3: "pair 3"}
    assert history.wide("normalised_weight").tolist() == [list(WEIGHTS.values())]
    assert history.problems["pair"].tolist() == ["3"]


def test_dataset_with_signals_of_no_cycle_is_refused(dataset: Path) -> None:
    def later(signals: pa.Table) -> pa.Table:
        times = pa.array([when.as_py().replace(hour=5) for when in signals["timestamp"]], signals["timestamp"].type)
        return signals.set_column(signals.schema.get_field_index("timestamp"), "timestamp", times)

    changed(dataset, "signals", later)
    with pytest.raises(HistoryError, match="signals are of no cycle"):
        History.open(dataset)


def test_compacted_month_of_trades_only_keeps_the_names_of_their_pairs(make: Any, tmp_path: Path) -> None:
    trade = make.trade(1, MONDAY - 40 * 86_400, pair=make.pair(2, "LINK"))
    state = make.state({str(MONDAY): make.snapshot({"1": make.signal()})}, portfolio=make.portfolio(trade))
    path = tmp_path / "state.json"
    path.write_text(json.dumps(state))
    compact([path], tmp_path / "dataset")
    for history in (read_history(path), History.open(tmp_path / "dataset")):
        assert set(history.pairs["ticker"]) == {"WETH-USDC", "LINK-USDC"}


def test_an_id_that_no_float_holds_exactly_is_no_error() -> None:
    history = make_history([{"pair_id": 1, "position_id": 2**53 + 1}])
    assert history.wide("position_id").tolist() == [[float(2**53)]]


def test_dataset_with_a_time_that_nothing_can_write_is_damaged(dataset: Path) -> None:
    def late(cycles: pa.Table) -> pa.Table:
        field = cycles.schema.field("timestamp")
        times = pa.array([9_300_000_000_000_000] * len(cycles), pa.int64()).cast(field.type)
        return cycles.set_column(cycles.schema.get_field_index("timestamp"), field, times)

    changed(dataset, "cycles", late)
    with pytest.raises(HistoryError, match="outside the years 1678 to 2261"):
        History.open(dataset)
