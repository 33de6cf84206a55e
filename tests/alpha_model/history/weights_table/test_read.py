"""A plain table of weights is a history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from histories import differing_tables

from alpha_model import cycle_outcomes, normalised_weights, raw_shares, size_risk_frame, weight_diffs
from alpha_model.analysis import threshold_frame
from alpha_model.history import HistoryRecorder, read_history, read_weights, record_history
from alpha_model.values.errors import HistoryError

LONG = """\
timestamp,pair,weight,signal,price,equity,desk
2026-01-05,AAPL,0.6,1.2,190.5,10000,NY
2026-01-05,MSFT,0.4,0.8,410,10000,
2026-01-06,AAPL,1,2.0,191,12000,NY
2026-01-07,AAPL,1,2.0,191,12000,NY
"""


def test_long_table_says_what_was_wanted_and_what_changed(read: Any) -> None:
    history = read(LONG, strategy="Mine")
    signals = history.signals.set_index(["cycle", "pair_id"])
    names = history.pairs.set_index("pair_id")["ticker"]
    found = [(names[pair], row["position_target"], row["position_adjust_usd"]) for (_, pair), row in signals.iterrows()]
    assert found == [
        ("AAPL-USD", 6_000, 6_000),
        ("MSFT-USD", 4_000, 4_000),
        ("AAPL-USD", 12_000, 12_000 - 0.6 * 12_000),
        ("MSFT-USD", 0, -0.4 * 12_000),
        ("AAPL-USD", 12_000, 0),
    ]
    assert history.signals["signal"].tolist() == [1.2, 0.8, 2.0, 0.0, 2.0]
    assert history.signals["selected"].tolist() == [True, True, True, False, True]
    assert history.signals["price"].tolist()[:3] == [190.5, 410, 191]
    assert history.tables.signals["extra"].to_pylist()[:2] == ['{"desk":"NY"}', None]
    assert history.equity["total_equity"].tolist() == [10_000, 12_000, 12_000]
    assert (history.source.kind, history.source.strategy) == ("weights table", "Mine")


def test_every_chart_has_something_to_say(read: Any) -> None:
    history = read(LONG)
    assert cycle_outcomes(history)["outcome"].tolist() == ["rebalanced", "rebalanced", "unchanged"]
    assert cycle_outcomes(history)["planned_count"].tolist() == [2, 2, 0]
    np.testing.assert_allclose(normalised_weights(history).fillna(0), [[0.6, 0.4], [1, 0], [1, 0]])
    np.testing.assert_allclose(raw_shares(history).fillna(0), [[0.6, 0.4], [1, 0], [1, 0]])
    np.testing.assert_allclose(weight_diffs(history).fillna(0), [[0.6, 0.4], [0.4, -0.4], [0, 0]])
    assert size_risk_frame(history)["investable_usd"].tolist() == [10_000, 12_000, 12_000]
    assert threshold_frame(history)["max_adjust_usd"].tolist() == [6_000, 4_800, 0]


def test_wide_table_is_the_same_as_the_long_one(read: Any) -> None:
    long = read("date,ticker,weight\n2026-01-05,A,0.5\n2026-01-05,B,0.5\n2026-01-06,A,0.2\n")
    wide = read("date,A,B\n2026-01-05,0.5,0.5\n2026-01-06,0.2,\n")
    assert differing_tables(long, wide) == []


def test_frames_are_taken_as_they_are() -> None:
    index = pd.DatetimeIndex(["2026-01-05 08:00", "2026-01-06 08:00"])
    history = read_weights(pd.DataFrame({"A": [0.5, np.nan], "B": [0.5, 1.0]}, index=index))
    assert history.timestamps.strftime("%d %H:%M").tolist() == ["05 08:00", "06 08:00"]
    assert history.pairs["ticker"].tolist() == ["A-USD", "B-USD"]


@pytest.mark.parametrize("time", ["1767571200", "2026-01-05", "2026-01-05T00:00Z", "2026-01-05 02:00+02:00"])
def test_times_may_be_iso_or_unix_seconds(read: Any, time: str) -> None:
    assert read(f"time,pair,weight\n{time},A,1\n").timestamps[0] == pd.Timestamp("2026-01-05", tz="UTC")


def test_parquet_reads_like_csv(read: Any, tmp_path: Path) -> None:
    expected = read(LONG)
    frame = pd.read_csv(tmp_path / "weights.csv", parse_dates=["timestamp"])
    frame.to_parquet(tmp_path / "weights.parquet", index=False)
    assert differing_tables(expected, read_weights(tmp_path / "weights.parquet")) == []


def test_short_weights_are_shorts_and_flips_close_first(read: Any) -> None:
    history = read("date,A\n2026-01-05,-0.5\n2026-01-06,0.25\n", equity=100.0)
    assert history.signals["normalised_weight"].tolist() == [0.5, 0.25]
    assert history.signals["signal"].tolist() == [-0.5, 0.25]
    assert history.signals["old_kind"].tolist()[1] == "lending_protocol_short"
    assert cycle_outcomes(history)["planned_count"].tolist() == [1, 2]
    assert cycle_outcomes(history)["planned_usd"].tolist() == [50, 75]


def test_without_equity_no_amount_is_made_up(read: Any) -> None:
    history = read("date,A\n2026-01-05,0.5\n")
    assert history.signals[["position_target", "position_adjust_usd", "old_value"]].isna().all(axis=None)
    assert history.cycles["investable_equity"].isna().all()


def test_own_ids_and_stated_holdings_are_kept(read: Any) -> None:
    history = read("date,pair,pair_id,weight,value,equity\n2026-01-05,WETH-USDC,7,0.5,20,100\n")
    assert history.pairs[["pair_id", "ticker", "base", "quote"]].to_numpy().tolist() == [
        [7, "WETH-USDC", "WETH", "USDC"]
    ]
    assert history.signals[["old_value", "old_weight", "position_adjust_usd"]].to_numpy().tolist() == [[20, 0.2, 30]]


def test_imported_table_reads_the_same_from_a_record(read: Any, tmp_path: Path) -> None:
    history = read(LONG)
    with HistoryRecorder(tmp_path / "h.jsonl") as recorder:
        record_history(history, recorder)
    assert differing_tables(history, read_history(tmp_path / "h.jsonl"), "source", "source_key") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date,pair,weight\n2026-01-05,A,1\n2026-01-06,A,lots\n", "line 3, column weight: expected a finite number"),
        ("date,pair,weight\n2026-01-05,A,inf\n", "line 2, column weight"),
        ("date,pair,weight\n05/01/2026,A,1\n", "line 2, column date: expected a time, as 2026-01-05"),
        ("date,pair,weight\n2026-01-05,,1\n", "line 2, column pair: expected the name of a pair"),
        ("date,pair,weight\n2026-01-05,A,1\n2026-01-05,A,1\n", "line 3, column pair: 'A' has a row of 2026-01-05"),
        (
            "date,pair,weight,equity\n2026-01-05,A,1,5\n2026-01-05,B,1,6\n",
            "line 3, column equity: the rows of one time",
        ),
        ("date,pair,pair_id,weight\n2026-01-05,A,1.5,1\n", "line 2, column pair_id: expected a whole number"),
        ("date,A,B\n2026-01-05,0.5,much\n", "line 2, column B: expected a finite number, got 'much'"),
        ("date,A,B\n2026-01-05,1,1\n2026-01-06,1,x\n2026-01-07,1,y\n", r"line 3, column B: .* got 'x'.*1 more rows"),
        ("when,pair,weight\n", "no column of times"),
        ("date,pair,wait\n2026-01-05,A,1\n", "neither a column weight nor a column signal"),
        ("date,weight\n2026-01-05,1\n", "no column of pairs"),
        (
            "date,A,B\n2026-01-05,,60\n2026-01-06,30,70\n",
            "a share of equity, where 1 is all of it, got a sum of 60 at 2026-01-05T00:00Z. Divide",
        ),
        (
            "date,open,high,low\n2026-01-05,190,195,188\n",
            "sum of 573 at 2026-01-05T00:00Z. Divide percentages by 100; .* prices are no",
        ),
        ("", "is empty"),
        ("date,pair,weight", "weights.csv has no rows"),
        ("date,pair,weight\n2026-01-05,A,1,2\n", "Expected 3 columns, got 4: 2026-01-05,A,1,2. Write it as CSV, UTF-8"),
        ("date,A,A\n2026-01-05,1,1\n", "two columns named 'A'"),
        ("date,pair,Weight,weight\n2026-01-05,A,1,1\n", "two columns named 'weight'"),
        ("date,pair,pair_id,weight\n2026-01-05,A,1e30,1\n", "line 2, column pair_id: expected a whole number"),
        (
            ",date,A\n1,2026-01-05,1\n3,2026-01-06,1\n",
            "column 1: it has no name. Name it, or, where .* write the table with index=False",
        ),
        (",date,A\n1,2026-01-05,1\n,2026-01-06,1\n", "column 1: it has no name"),
        ("date,A,\n2026-01-05,1,0\n", "column 3: it has no name"),
        (",date,A, \n0,2026-01-05,1,0\n", "column 4: it has no name"),
        ("date,A\n", "weights.csv has no rows, so it holds no weights. Write it again with at least"),
        ("date,pair,weight\n", "weights.csv has no rows"),
        (",date,A\n", "weights.csv has no rows"),
    ],
)
def test_errors_name_the_line_and_the_column(read: Any, text: str, message: str) -> None:
    with pytest.raises(HistoryError, match=message):
        read(text)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("table", [LONG, "date,A,B\n2026-01-05,0.5,0.5\n2026-01-06,0.2,\n"])
def test_first_column_that_only_counts_the_rows_is_ignored(read: Any, table: str, first: int) -> None:
    header, *rows = table.splitlines()
    counted = "\n".join([f",{header}", *(f"{place},{row}" for place, row in enumerate(rows, first))])
    assert differing_tables(read(table), read(f"{counted}\n"), "source") == []


def test_frame_without_rows_is_refused() -> None:
    with pytest.raises(HistoryError, match="the table has no rows"):
        read_weights(pd.DataFrame({"A": []}, index=pd.DatetimeIndex([])))


def test_leverage_is_no_percentage(read: Any) -> None:
    assert read("date,A,B\n2026-01-05,12,-12\n").signals["normalised_weight"].tolist() == [12, 12]
    assert len(read("date,A\n2026-01-05,1\n2026-01-06,1\n2026-01-07,200\n")) == 3


def test_two_columns_of_one_name_are_refused() -> None:
    frame = pd.DataFrame([["2026-01-05", 1.0, 1.0]], columns=["date", "A", "A"])
    with pytest.raises(HistoryError, match="two columns named 'A'"):
        read_weights(frame)


def test_columns_of_a_wide_table_may_differ_in_kind() -> None:
    columns = {"A": [True, False], "B": ["0.5", ""], "C": [None, 0.25], "D": pd.array([1, None], "Int64")}
    frame = pd.DataFrame({"date": ["2026-01-05", "2026-01-06"], **columns})
    history = read_weights(frame)
    assert history.cycle(0).signals["signal"].tolist() == [1, 0.5, 1]
    assert history.cycle(1).signals["signal"].tolist() == [0, 0.25, 0, 0]


@pytest.mark.parametrize("blank", ["", " ", "nan", "NaN", "NA", "null", "None"])
def test_blank_cells_are_absent_and_a_pair_may_be_named_na(read: Any, blank: str) -> None:
    history = read(f"date,pair,weight,signal\n2026-01-05,NA,0.5,{blank}\n")
    assert history.pairs["base"].tolist() == ["NA"]
    assert history.signals["signal"].tolist() == [0.5]
