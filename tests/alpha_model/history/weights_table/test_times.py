"""Times are read by what they plausibly are, and refused with what they look like."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from alpha_model.history import read_weights
from alpha_model.values.errors import HistoryError

DAY = pd.Timestamp("2024-01-05", tz="UTC")
LATER = pd.Timestamp("2024-01-19", tz="UTC")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("20240105", "20240119"),
        ("20240105.0", "20240119.0"),
        ("202401050000", "202401190000"),
        ("20240105000000", "20240119000000"),
        ("1704412800", "1705622400"),
        ("1704412800000", "1705622400000"),
        ("1704412800000000", "1705622400000000"),
        ("1704412800000000000", "1705622400000000000"),
        ("2024-01-05", "2024-01-19T00:00Z"),
        ("2024/01/05", "2024/01/19"),
        ("2024-01-05 00:00:00 UTC", "2024-01-19 00:00:00 UTC"),
        ("2024-01-05 02:00+02:00", "2024-01-19 00:00Z"),
        ("05.01.2024", "19.01.2024"),
        ("05/01/2024", "19/01/2024"),
        ("01/05/2024", "01/19/2024"),
        ("1/5/2024 12:00:00 AM", "1/19/2024 12:00:00 AM"),
        ("05-Jan-2024", "19-Jan-2024"),
        ("5 January 2024", "19 January 2024"),
        ('"Jan 5, 2024"', '"Jan 19, 2024"'),
    ],
)
def test_time_is_what_it_plausibly_is(read: Any, told: Any, first: str, second: str) -> None:
    history = read(f"date,A\n{first},0.5\n{second},0.4\n")
    assert history.timestamps.tolist() == [DAY, LATER]
    assert told(history) == []


def test_whole_numbers_of_parquet_are_read_as_those_of_text() -> None:
    for numbers in ([20240105, 20240119], [1704412800000, 1705622400000], [1704412800e9, 1705622400e9]):
        frame = pd.DataFrame({"A": [0.5, 0.4]}, index=pd.Index(numbers, name="date"))
        assert read_weights(frame).timestamps.tolist() == [DAY, LATER]


def test_dots_are_day_first_where_nothing_says_otherwise(read: Any) -> None:
    assert read("date,A\n05.01.2024,0.5\n").timestamps.tolist() == [DAY]
    assert read("date,A\n01.19.2024,0.5\n").timestamps.tolist() == [LATER]


@pytest.mark.parametrize(
    ("time", "looks"),
    [
        ("2021", "this looks like a year; write the day"),
        ("202401", "a year and a month; write the day"),
        ("2024-01", "a month; write the day"),
        ("2024005", "a year and a day of it; write YYYYMMDD"),
        ("45296", "the day number of a spreadsheet"),
        ("0", "a count of the rows"),
        ("123456", "in no unit is this number between 1980 and 2100"),
        ("-1704412800", "in no unit is this number"),
        ("20241305", "in no unit is this number"),
        ("4133980800", "in no unit is this number"),
        ("21010101", "in no unit is this number"),
        ("05/01/2024", "day and month may be either here"),
        ("05.01.24", "2026-01-05T08:00Z"),
    ],
)
def test_what_may_be_no_time_is_refused_with_what_it_looks_like(read: Any, time: str, looks: str) -> None:
    with pytest.raises(HistoryError, match=f"line 2, column date: expected a time, .*{looks}.*, got '{time}'"):
        read(f"date,A\n{time},0.5\n")


def test_units_are_not_mixed(read: Any) -> None:
    with pytest.raises(HistoryError, match=r"line 4, column time: .* or UNIX seconds as in the rows beside it"):
        read("time,A\n1704412800,0.5\n1704499200,0.5\n1705017600000,0.5\n")


def test_row_of_another_way_of_writing_is_named(read: Any) -> None:
    with pytest.raises(HistoryError, match=r"line 4, column date: expected a time, .* got '12.13.2024'"):
        read("date,A,B\n2024-01-05,0.5,0.5\n2024-01-12,0.5,0.5\n12.13.2024,,0.5\n")


def test_years_that_few_tables_are_of_are_said(read: Any, told: Any) -> None:
    history = read("date,A\n1975-01-05,0.5\n2024-01-05,0.5\n")
    assert told(history) == [("odd", "times outside the years 1980 to 2100: 1, the first 1975-01-05T00:00Z in line 2")]
    assert told(read("date,A\n2150-01-05,0.5\n"))[0][1].endswith("the first 2150-01-05T00:00Z in line 2")
    mistaken = read_weights(pd.DataFrame({"A": [0.5]}, index=pd.to_datetime([20240105])))
    assert len(told(mistaken)) == 1


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("date,time", "2024-01-05,09:30"),
        ("Date,Time", "05.01.2024,09:30:00"),
        ("time,date", "09:30 AM,20240105"),
        ("date,time", "20240105,930"),
        ("date,time", "2024-01-05,2024-01-05T09:30Z"),
        ("time,datetime", "17,2024-01-05 09:30"),
        ("<DATE>,<TIME>", "2024.01.05,09:30:00"),
        ("timestamp,date", "1704447000,2024-01-05"),
    ],
)
@pytest.mark.parametrize("layout", ["{0},symbol,weight\n{1},A,0.5\n{1},B,0.5\n", "{0},A,B\n{1},0.5,0.5\n"])
def test_day_and_hour_of_two_columns_are_one_time(read: Any, wanted: Any, header: str, cells: str, layout: str) -> None:
    history = read(layout.format(header, cells))
    assert wanted(history) == {"2024-01-05 09:30": {"A": 0.5, "B": 0.5}}


def test_column_whose_cells_are_times_is_the_time_and_that_is_said(read: Any, told: Any) -> None:
    history = read("Datum,A\n2024-01-05,0.5\n")
    assert history.timestamps.tolist() == [DAY]
    assert told(history) == [("odd", "the column 'Datum' is taken for the time, as its cells are times")]


@pytest.mark.parametrize("name", ["", "index", "Unnamed: 0"])
@pytest.mark.parametrize("time", ["2024-01-05", "2024-01-05 00:00:00+00:00", "20240105", "1704412800000"])
def test_first_column_without_a_name_may_be_the_time(read: Any, wanted: Any, name: str, time: str) -> None:
    assert wanted(read(f"{name},A,B\n{time},0.5,0.3\n")) == {"2024-01-05 00:00": {"A": 0.5, "B": 0.3}}


TIMES = pd.DatetimeIndex(["2024-01-05", "2024-01-19"])
WIDE = pd.DataFrame({"A": [0.5, 0.4], "B": [0.5, 0.6]}, index=TIMES)
STACKED = WIDE.stack()  # noqa: PD013 - its index is what users have


@pytest.mark.parametrize(
    "frame",
    [
        WIDE,
        WIDE.rename_axis("rebalanced"),
        WIDE.set_axis(TIMES.astype(str)),
        WIDE.set_axis(pd.Index(TIMES.astype(str), name="date")),
        WIDE.set_axis(TIMES.asi8),
        WIDE.set_axis(TIMES.to_period("D")),
        WIDE.set_axis(TIMES.tz_localize("UTC")),
        WIDE.set_axis(pd.MultiIndex.from_product([["mine"], ["A", "B"]]), axis=1),
        STACKED.to_frame("weight"),
        STACKED.to_frame(),
        STACKED.rename_axis(["datetime", "instrument"]).to_frame("weight"),
        STACKED.rename_axis(["datetime", "instrument"]).swaplevel().sort_index().to_frame("weight"),
        STACKED.reset_index(),
        WIDE.T,
    ],
)
def test_levels_of_an_index_are_columns(wanted: Any, tmp_path: Any, frame: pd.DataFrame) -> None:
    expected = {"2024-01-05 00:00": {"A": 0.5, "B": 0.5}, "2024-01-19 00:00": {"A": 0.4, "B": 0.6}}
    assert wanted(read_weights(frame)) == expected
    if frame.columns.nlevels == 1 and not isinstance(frame.index, pd.PeriodIndex):
        frame.rename(columns=str).to_parquet(tmp_path / "frame.parquet")
        assert wanted(read_weights(tmp_path / "frame.parquet")) == expected


def test_level_and_column_of_one_name_are_refused() -> None:
    with pytest.raises(HistoryError, match="two columns named 'date'"):
        read_weights(WIDE.rename_axis("date").assign(date=1.0))


def test_hours_of_parquet_are_added_to_their_days(tmp_path: Any, wanted: Any) -> None:
    frame = pd.DataFrame({"date": [TIMES[0].date()], "time": [dt.time(9, 30)], "A": [Decimal("0.5")]})
    frame.to_parquet(tmp_path / "frame.parquet")
    assert wanted(read_weights(tmp_path / "frame.parquet")) == {"2024-01-05 09:30": {"A": 0.5}}
    assert wanted(read_weights(frame)) == {"2024-01-05 09:30": {"A": 0.5}}
