"""SQL sees the dataset, all of it, and nothing else."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alpha_model.history import HistoryRecorder, QueryLimits, compact, query_dataset, read_history
from alpha_model.history.files.place import Place
from alpha_model.values.errors import HistoryError

MONDAY = 1_767_571_200
WEEK = 7 * 86_400


@pytest.fixture
def dataset(tmp_path: Path, make: Any) -> Path:
    """Momentum has six cycles from January to February, one of them written twice; another strategy has one."""
    path, other = tmp_path / "momentum.jsonl", tmp_path / "other.jsonl"
    with HistoryRecorder(path, strategy="Momentum") as recorder:
        for week in range(6):
            signals = {
                "1": make.signal(1, 1.0, flags=["closed", "brand_new"] if week == 5 else []),
                "2": make.signal(2),
            }
            model = make.snapshot(signals, timestamp=MONDAY + week * WEEK)
            recorder.append(model, trades=[make.trade(week, MONDAY + week * WEEK)])
        renamed = {"1": make.signal(1, 3.0, pair=make.pair(1, "STETH"))}
        recorder.append(make.snapshot(renamed, timestamp=MONDAY + 5 * WEEK))
    with HistoryRecorder(other) as recorder:
        recorder.append(make.snapshot({"1": make.signal(1, 9.0)}))
    compact([path, other], tmp_path / "histories")
    return tmp_path / "histories"


def rows(dataset: Path, sql: str) -> list[Any]:
    return [tuple(row.values()) for row in query_dataset(dataset, sql).to_pylist()]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT strategy, count(*) FROM cycles GROUP BY 1 ORDER BY 1", [("Momentum", 6), (None, 1)]),
        ("SELECT month, count(*) FROM signals GROUP BY 1 ORDER BY 1", [("2026-01", 9), ("2026-02", 3)]),
        ("SELECT signal FROM signals WHERE strategy IS NULL", [(9.0,)]),
        ("SELECT max(timestamp) FROM cycles", [(datetime(2026, 2, 9, tzinfo=UTC),)]),
        ("SELECT date_trunc('month', timestamp)::DATE::TEXT d FROM cycles WHERE revision = 1", [("2026-02-01",)]),
        ("SELECT pair_id, ticker FROM pairs WHERE strategy = 'Momentum'", [(1, "STETH-USDC"), (2, "WETH-USDC")]),
        ("SELECT sum(value) FROM trades", [(510.0,)]),
        ("SELECT count(*) FROM equity", [(0,)]),
        ("SELECT signal, pair_id FROM superseded_signals ORDER BY 2", [(1.0, 1), (1.0, 2)]),
        ("SELECT count(*) FROM flags", [(0,)]),
    ],
)
def test_questions_are_answered(dataset: Path, sql: str, expected: list[Any]) -> None:
    assert sorted(rows(dataset, sql), key=str) == sorted(expected, key=str)


def test_flags_are_rows_known_or_not(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "flags.jsonl"
    with HistoryRecorder(path) as recorder:
        signals = {"1": make.signal(1, flags=["closed", "brand_new", "capped_by_pool_size"]), "2": make.signal(2)}
        recorder.append(make.snapshot(signals))
    compact([path], tmp_path / "histories")
    found = rows(tmp_path / "histories", "SELECT pair_id, flag FROM flags ORDER BY flag")
    assert found == [(1, "brand_new"), (1, "capped_by_pool_size"), (1, "closed")]
    assert {flag for _, flag in found} == set(read_history(path).flags["flag"])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM '{secret}'",
        "SELECT * FROM read_parquet('{dataset}/*/*/*.parquet')",
        "SELECT * FROM glob('{dataset}/*')",
        "SELECT * FROM read_json('https://example.org/x.json')",
        "COPY (SELECT 1) TO '{secret}'",
        "COPY cycles FROM '{secret}'",
        "ATTACH '{secret}'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SELECT 1; SELECT * FROM read_text('{secret}')",
        "CREATE TABLE cycles AS SELECT 1",
        "DROP VIEW flags",
        "PRAGMA database_list",
        "SELECT * FROM secret_frame",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{secret}'",
        "SELECT * FROM query('COPY (SELECT 1) TO ''{secret}''')",
        "",
    ],
)
def test_nothing_else_is_read_or_changed(dataset: Path, tmp_path: Path, sql: str) -> None:
    secret_frame = query_dataset(dataset, "SELECT 1")
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(HistoryError, match=r"the query cannot be answered|asked with one SELECT"):
        query_dataset(dataset, sql.format(secret=secret, dataset=dataset))
    assert secret.read_text() == "a,b\n1,2\n"
    assert sorted(tmp_path.rglob("*")) == before
    assert secret_frame.num_rows == 1


def test_wrong_query_is_told_in_one_line(dataset: Path) -> None:
    with pytest.raises(HistoryError, match=r"^the query cannot be answered: .*nonsense.*$") as caught:
        query_dataset(dataset, "SELECT nonsense FROM cycles")
    assert "\n" not in str(caught.value)


def test_without_duckdb_the_remedy_is_named(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(HistoryError, match=r"pip install 'alpha-model\[sql\]'"):
        query_dataset(dataset, "SELECT 1")


def test_what_is_no_dataset_is_said(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="is no dataset of histories"):
        query_dataset(tmp_path, "SELECT 1")


def test_condition_on_strategy_and_month_opens_only_those_files(dataset: Path) -> None:
    for path in dataset.rglob("signals-*.parquet"):
        if "month=2026-02" in str(path):
            path.write_bytes(b"not Parquet")
    assert rows(dataset, "SELECT count(*) FROM signals WHERE month = '2026-01' AND strategy = 'Momentum'") == [(8,)]
    with pytest.raises(HistoryError, match="the query cannot be answered"):
        query_dataset(dataset, "SELECT sum(signal) FROM signals")


def test_query_during_a_compaction_is_asked_again(
    dataset: Path, tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files of the first manifest are gone when they are to be read."""
    made = []

    class Late(Place):
        @property
        def arrow(self) -> Any:
            if not made:
                made.append(1)
                with HistoryRecorder(tmp_path / "momentum.jsonl") as recorder:
                    recorder.append(make.snapshot({"1": make.signal()}, timestamp=MONDAY + 86_400))
                compact([tmp_path / "momentum.jsonl"], dataset)
            return super().arrow

    monkeypatch.setattr("alpha_model.history.dataset.query.Place", Late)
    assert rows(dataset, "SELECT sum(raw_count) FROM cycles WHERE strategy = 'Momentum'") == [(12,)]
    assert made


def test_dataset_at_an_address_is_asked(tmp_path: Path, make: Any) -> None:
    with HistoryRecorder(tmp_path / "a.jsonl", strategy="A") as recorder:
        recorder.append(make.snapshot({"1": make.signal(1, 4.0)}))
    compact([tmp_path / "a.jsonl"], "memory://asked")
    assert query_dataset("memory://asked", "SELECT signal, strategy FROM signals").to_pylist() == [
        {"signal": 4.0, "strategy": "A"}
    ]


ENDLESS = [
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t WHERE n < 0",
    "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE hash(a.range, b.range) = 0",
    "SELECT a.range FROM range(1000000) a, range(1000000) b WHERE hash(a.range, b.range) = 0",
]


@pytest.mark.parametrize("sql", ENDLESS)
def test_query_without_end_is_ended(dataset: Path, sql: str) -> None:
    start = time.monotonic()
    with pytest.raises(HistoryError, match=r"takes more than 0\.2 s\. Ask for less.* --seconds"):
        query_dataset(dataset, sql, QueryLimits(seconds=0.2))
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT range FROM range(1000000000)",
        "SELECT a.range, b.range FROM range(10000) a, range(10000) b ORDER BY 1 DESC, 2",
        "SELECT list(range) FROM range(1000000000)",
    ],
)
def test_query_that_takes_too_much_memory_is_ended(dataset: Path, sql: str) -> None:
    with pytest.raises(HistoryError, match=r"takes more than 50 MB of memory\. Ask for less.* --megabytes"):
        query_dataset(dataset, sql, QueryLimits(megabytes=50))


@pytest.mark.parametrize("limits", [{"seconds": 0.0}, {"seconds": float("nan")}, {"megabytes": 0}])
def test_limits_let_something_through(limits: dict[str, Any]) -> None:
    with pytest.raises(HistoryError, match="Give positive numbers"):
        QueryLimits(**limits)
