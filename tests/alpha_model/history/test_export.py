"""Every table leaves as CSV and Parquet, and no spreadsheet runs a stranger's words."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from histories import SAMPLES, make_history

from alpha_model.history import csv_bytes, read_history, write_tables
from alpha_model.history.tables.schema import SCHEMAS
from alpha_model.values.errors import HistoryError


def test_parquet_tables_are_those_of_the_history(tmp_path: Path) -> None:
    history = read_history(SAMPLES[0])
    files = write_tables(history, tmp_path / "new" / "folder")
    assert [path.name for path in files] == [f"{name}.parquet" for name in SCHEMAS]
    for name in SCHEMAS:
        assert pq.read_table(tmp_path / "new" / "folder" / f"{name}.parquet").equals(getattr(history.tables, name))


def test_csv_tables_have_every_row_and_column(tmp_path: Path) -> None:
    history = read_history(SAMPLES[0])
    for path in write_tables(history, tmp_path, "csv"):
        with path.open(newline="") as file:
            header, *rows = csv.reader(file)
        table = getattr(history.tables, path.stem)
        assert header == table.column_names
        assert len(rows) == table.num_rows


def test_only_the_tables_that_were_asked_for_are_written(tmp_path: Path) -> None:
    history = make_history([{"pair_id": 1}])
    assert [path.name for path in write_tables(history, tmp_path, "csv", ["pairs"])] == ["pairs.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.csv"]


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1", "@x", "\t=1", "\n=1", " =1", "|calc", "\r=2", "a\r=2"])
def test_formulas_become_text(tmp_path: Path, words: str) -> None:
    history = make_history([{"pair_id": 1}], tickers={1: words}, cycles=[{"message": words}])
    write_tables(history, tmp_path, "csv")
    for name, column in (("pairs", "ticker"), ("cycles", "message")):
        with (tmp_path / f"{name}.csv").open(newline="") as file:
            (row,) = csv.DictReader(file)
        text = words.replace("\r", "\n")
        assert row[column] == (text if words.startswith("a") else f"'{text}")


def test_times_of_an_index_keep_their_fraction() -> None:
    frame = pd.DataFrame({"usd": [1.0]}, index=pd.DatetimeIndex(["2026-01-05T00:00:00.250Z"], name="timestamp"))
    assert csv_bytes(frame).decode().splitlines() == ["timestamp,usd", "2026-01-05T00:00:00.250000Z,1.0"]


def test_negative_numbers_stay_numbers_and_absent_is_empty(tmp_path: Path) -> None:
    history = make_history([{"pair_id": 1, "position_adjust_usd": -5.5}, {"pair_id": 2}])
    write_tables(history, tmp_path, "csv", ["signals"])
    assert pd.read_csv(tmp_path / "signals.csv")["position_adjust_usd"].tolist()[0] == -5.5
    with (tmp_path / "signals.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[1]["position_adjust_usd"] == ""
    assert rows[0]["timestamp"] == "2026-01-05T00:00:00Z"


def test_fractions_of_a_second_are_kept() -> None:
    frame = pd.DataFrame(
        {"timestamp": pd.to_datetime(["2026-01-05 00:00:00.25", "2026-01-06"], format="ISO8601", utc=True)}
    )
    assert csv_bytes(frame).decode().splitlines()[1:] == ["2026-01-05T00:00:00.250000Z", "2026-01-06T00:00:00.000000Z"]


def test_reasons_and_flags_are_readable(tmp_path: Path) -> None:
    reason = {"stage": "cap", "code": "c", "before_usd": 1.0, "after_usd": 0.5, "limit": None}
    history = make_history([{"pair_id": 1, "reasons": [reason], "flags": ["brand_new", "other"]}])
    write_tables(history, tmp_path, "csv", ["signals"])
    with (tmp_path / "signals.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["other_flags"] == "brand_new other"
    assert row["reasons"] == '[{"stage": "cap", "code": "c", "before_usd": 1.0, "after_usd": 0.5, "limit": null}]'


def test_failed_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = make_history([{"pair_id": 1}])
    (old,) = write_tables(history, tmp_path, "parquet", ["pairs"])
    content = old.read_bytes()

    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", broken)
    with pytest.raises(HistoryError, match="No space left"):
        write_tables(history, tmp_path, "parquet", ["pairs"])
    assert old.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.parquet"]


@pytest.mark.parametrize(("format_", "names"), [("xlsx", None), ("csv", ["wages"])])
def test_unknown_tables_and_formats_are_named(tmp_path: Path, format_: str, names: list[str] | None) -> None:
    with pytest.raises(HistoryError, match="Choose from"):
        write_tables(make_history(), tmp_path, format_, names)  # type: ignore[arg-type]
