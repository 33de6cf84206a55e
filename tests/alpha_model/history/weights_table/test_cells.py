"""Tables of weights from strangers: every form that may come, and nothing that is too large."""

from __future__ import annotations

import gzip
import io
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from histories import differing_tables

from alpha_model.history import read_weights, read_weights_bytes
from alpha_model.values.errors import HistoryError

WIDE = b"date,A,B\n2026-01-05,0.5,0.5\n2026-01-06,0.2,\n"
FRAME = pd.DataFrame(
    {"A": [0.5, 0.2], "B": [0.5, np.nan]}, index=pd.DatetimeIndex(["2026-01-05", "2026-01-06"], name="date")
)


def parquet(table: pd.DataFrame | pa.Table, **settings: Any) -> bytes:
    target = io.BytesIO()
    pq.write_table(table if isinstance(table, pa.Table) else pa.Table.from_pandas(table), target, **settings)
    return target.getvalue()


def zstd(data: bytes) -> bytes:
    target = pa.BufferOutputStream()
    with pa.CompressedOutputStream(target, "zstd") as packed:
        packed.write(data)
    return target.getvalue().to_pybytes()


def binary_as_text(data: bytes) -> pa.Array:
    """Text that is not valid UTF-8, as only another program writes it."""
    return pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(np.array([0, len(data)], "int32")), pa.py_buffer(data)]
    )


NOT_UTF8 = parquet(pa.table({"date": binary_as_text(b"2026-01\xff05"), "A": [1.0]}))
FORMS = {
    "weights.csv": WIDE,
    "bom.csv": b"\xef\xbb\xbf" + WIDE,
    "crlf.csv": WIDE.replace(b"\n", b"\r\n"),
    "quoted.csv": WIDE.replace(b"0.2", b'"0.2"'),
    "weights.csv.gz": gzip.compress(WIDE, mtime=0),
    "weights.csv.zst": zstd(WIDE),
    "weights.parquet": parquet(FRAME),
    "nameless.parquet": parquet(FRAME.rename_axis(index=None)),
    "numbered.parquet": parquet(FRAME.reset_index().set_index(pd.Index([7, 9]))),
    "CAPITALS.PARQUET": parquet(FRAME.reset_index()),
    "misnamed.csv": parquet(FRAME),
    "views.parquet": parquet(
        pa.table({"date": pa.array(["2026-01-05", "2026-01-06"], pa.string_view()), "A": [0.5, 0.2], "B": [0.5, None]})
    ),
    "dates.parquet": parquet(FRAME.reset_index().assign(date=lambda frame: frame["date"].dt.date)),
    "categories.parquet": parquet(
        FRAME.reset_index().melt("date", var_name="pair", value_name="weight").dropna().astype({"pair": "category"})
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_a_table_says_the_same(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FORMS[name])
    expected = read_weights(FRAME)
    assert differing_tables(expected, read_weights(path)) == []
    uploaded = read_weights_bytes(FORMS[name], name, max_bytes=100_000)
    assert differing_tables(expected, uploaded) == []
    assert (uploaded.source.name, uploaded.source.byte_count) == (name, len(FORMS[name]))


def test_progress_ends_with_the_whole() -> None:
    told: list[float] = []
    read_weights(FRAME.dropna(axis=1), progress=told.append)
    assert told == [0.5, 1.0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfed\x00a\x00", "up.csv cannot be read as a table: it begins as text in UTF-16 does. Write it as CSV"),
        (b"date,pair,weight\n2026-01-05,\xe9,1\n", "invalid UTF8 data. Write it as CSV, UTF-8"),
        (b"PAR1 and nothing else", "up.csv cannot be read as a table: .*Write it again"),
        (parquet(FRAME)[:-40] + b"\x00" * 40, "up.csv cannot be read as a table"),
        (parquet(pa.table([["2026-01-05"], [1.0], [1.0]], names=["date", "A", "A"])), "has two columns named 'A'"),
        (NOT_UTF8, "cannot be read as a table: .*UTF8"),
        (gzip.compress(WIDE, mtime=0)[:-9], "is compressed, and damaged"),
        (b'date,note\n2026-01-05,"' + b"x" * 3_000_000, "cannot be read as a table"),
        (parquet(pd.DataFrame({"date": ["2026-01-05"], "A": [[0.5]]})), "column 'A': expected numbers, times or text"),
        (b"time,pr\x1b[31m\n2026-01-05,x\x1b[31m\n", r"column 'pr.x1b.31m': expected a finite number, got 'x.x1b.31m'"),
        (b"open,high\n1,2\n", "no table of weights: it has no column of times, its columns are 'open', 'high'. Name"),
    ],
)
def test_upload_that_is_no_table_says_why(content: bytes, message: str) -> None:
    with pytest.raises(HistoryError, match=message) as caught:
        read_weights_bytes(content, "up.csv")
    assert str(caught.value).isprintable()


RUBBISH = {
    "of one column": b"a\n\x89PNG,1,\xff\x02\n",
    "of two": b"PK\x03\x04\x14\xe9,1\nabc,\xe9\x01,3,4\n",
    "UTF-16": "date,A\n2026-01-05,1\n".encode("utf-16"),
    "no line": b"\x89abc\xff",
}


@pytest.mark.parametrize("content", RUBBISH.values(), ids=RUBBISH)
@pytest.mark.parametrize("name", ["up.csv", "up.parquet", "UP.PARQUET"])
def test_message_about_binary_rubbish_holds_none(content: bytes, name: str) -> None:
    with pytest.raises(HistoryError) as caught:
        read_weights_bytes(content, name)
    assert str(caught.value).isascii()
    assert str(caught.value).isprintable()
    assert "PNG" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "got"), [(WIDE, "'date'"), (b"\n", "the bytes 0a"), (b"\x89PNG,\xff\n", "the bytes 89 50 4e 47")]
)
def test_file_that_is_not_parquet_but_named_so_says_what_it_is(tmp_path: Path, content: bytes, got: str) -> None:
    expected = f"up.parquet is not a Parquet file: one begins with PAR1, this one with {got}. Write it again"
    with pytest.raises(HistoryError, match=expected):
        read_weights_bytes(content, "up.parquet")
    (tmp_path / "up.parquet").write_bytes(content)
    with pytest.raises(HistoryError, match=expected):
        read_weights(tmp_path / "up.parquet")


@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
@pytest.mark.parametrize(("unit", "moment"), [("ms", 2**60), ("ms", -(2**60)), ("us", 2**62), ("us", 1 - 2**63)])
def test_time_beyond_all_calendars_says_where(unit: Any, moment: int, zone: str | None) -> None:
    times = pa.array([0, moment], pa.int64()).cast(pa.timestamp(unit, zone))
    with pytest.raises(HistoryError, match=r"up.parquet, row 2, column date: expected a time, .* got Timestamp"):
        read_weights_bytes(parquet(pa.table({"date": times, "A": [1.0, 1.0]})), "up.parquet")
    noted = pa.table({"date": ["2026-01-05", "2026-01-06"], "pair": ["A", "A"], "weight": [1.0, 1.0], "until": times})
    extra = read_weights_bytes(parquet(noted), "up.parquet").tables.signals["extra"].to_pylist()
    assert ["until" in told for told in extra] == [True, True]


def noted_by_pandas(note: bytes) -> bytes:
    table = pa.table({"when": pa.array([1767571200], pa.timestamp("s")), "A": [0.5]})
    return parquet(table.replace_schema_metadata({"pandas": note}))


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize("note", [b"\xff", b"[]", b'{"x":' + DEEP + b"}", b'{"index_columns":' + DEEP + b"}"])
def test_note_of_pandas_that_is_damaged_names_no_index(note: bytes) -> None:
    with pytest.raises(HistoryError, match="it has no column of times, its columns are 'when', 'A'"):
        read_weights_bytes(noted_by_pandas(note), "up.parquet")


def test_note_of_pandas_says_which_column_is_the_time() -> None:
    note = b'{"columns": [1], "column_indexes": 2, "index_columns": ["when", {"kind": "range"}, "gone", "when"]}'
    history = read_weights_bytes(noted_by_pandas(note), "up.parquet")
    assert history.timestamps.tolist() == [pd.Timestamp("2026-01-05", tz="UTC")]


DAY = 1_767_571_200


def rle(text: str, rows: int) -> bytes:
    """A small file of many rows."""
    same = pa.array(np.zeros(rows, "int32"))
    pair = pa.DictionaryArray.from_arrays(same, pa.array([text]))
    return parquet(pa.table({"date": DAY + np.arange(rows), "pair": pair, "weight": np.zeros(rows)}))


def long_texts(count: int, length: int) -> bytes:
    """A small file of few rows, whose texts differ and are long."""
    texts = [f"{place:09}".ljust(length, "x") for place in range(count)]
    return parquet(
        pa.table({"date": DAY + np.arange(count), "pair": texts, "weight": np.zeros(count)}), compression="zstd"
    )


def forged(content: bytes, number: int, times: int) -> bytes:
    """The file, whose footer says 1 where it said a number, the first times."""
    spelled, rest = b"\x16", 2 * number
    while rest > 0x7F:
        spelled, rest = spelled + bytes([rest & 0x7F | 0x80]), rest >> 7
    one = b"\x16\x82" + b"\x80" * (len(spelled) - 2) + b"\x00"
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    assert spelled + bytes([rest]) in content[footer:]
    return content[:footer] + content[footer:].replace(spelled + bytes([rest]), one, times)


def with_notes(rows: int, columns: int, title: str = "note") -> bytes:
    """A long table with columns that we do not know."""
    notes = {f"{title}{place}": np.ones(rows, "int8") for place in range(columns)}
    return parquet(pa.table({"date": DAY + np.arange(rows), "pair": ["A"] * rows, "weight": np.zeros(rows), **notes}))


TOO_LARGE = {
    "rows": (rle("A", 5_000), "has 5,000 weights, and at most 2,000 may be opened here"),
    "long texts": (long_texts(60, 20_000), "more than 1,000,000 bytes when unpacked"),
    "footer": (forged(rle("A", 5_000), 5_000, 1), "contradicts itself: its footer counts 1 rows, its parts 5,000"),
    "one text": (rle("x" * 1_000, 1_500), "more than 1,000,000 bytes when unpacked"),
    "notes": (with_notes(1_000, 11), "has 11,000 cells in 11 columns, and at most 10,000 may be opened here"),
    "titles": (with_notes(1_000, 1, "x" * 1_000), "more than 1,000,000 bytes when unpacked"),
    "lines": (b"date,pair,weight\n" + b"2026-01-05,A,1\n" * 5_000, "at most 2,000 may be opened here"),
    "cells": (b"date,A,B\n" + b"2026-01-05,1,1\n" * 1_500, "has 3,000 weights, and at most 2,000"),
    "columns": (
        b"date," + b",".join(b"%d" % place for place in range(5_000)) + b"\n",
        "has 5,001 columns, and at most",
    ),
    "wide": (
        parquet(pa.table({str(place): [0.0][:0] for place in range(5_001)}), store_schema=False),
        "has 5,001 columns, and at most 5,000 may be opened here",
    ),
    "blanks": (
        b"date,A,B,C,D,E,F\n" + b"2026-01-05,,,,,,\n" * 1_700,
        "has 10,200 cells in 6 columns, and at most 10,000",
    ),
    "packed": (gzip.compress(b"date,A\n" + b" " * 2_000_000, mtime=0), "more than 1,000,000 bytes when unpacked"),
    "plain": (WIDE + b" " * 1_000_000, "more than 1,000,000 bytes"),
}


@pytest.mark.parametrize(("content", "message"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_upload_beyond_the_limit_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(HistoryError, match=message):
        read_weights_bytes(content, "up.csv", max_bytes=1_000_000)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows of each batch that is read of a Parquet file; no other way of reading one is left."""
    read: list[int] = []
    real = pq.ParquetFile.iter_batches

    def watched(*args: Any, **settings: Any) -> Any:
        for batch in real(*args, **settings):
            read.append(batch.num_rows)
            yield batch

    def whole(*_args: Any, **_settings: Any) -> None:
        pytest.fail("read as a whole")

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
    monkeypatch.setattr(pq.ParquetFile, "read", whole)
    monkeypatch.setattr(pq, "read_table", whole)
    return read


@pytest.mark.parametrize("case", ["rows", "long texts", "footer", "wide"])
def test_parquet_that_says_it_is_too_large_is_not_read(batches: list[int], case: str) -> None:
    with pytest.raises(HistoryError, match=TOO_LARGE[case][1]):
        read_weights_bytes(TOO_LARGE[case][0], "up.parquet", max_bytes=1_000_000)
    assert batches == []


def test_text_that_few_bytes_stand_for_is_refused_at_the_first_batch_too_many(batches: list[int]) -> None:
    content = rle("x" * 1_000, 200_000)
    with pytest.raises(HistoryError, match="more than 100,000,000 bytes when unpacked"):
        read_weights_bytes(content, "up.parquet", max_bytes=100_000_000)
    assert sum(batches[:-1]) <= 100_000 < sum(batches) < 200_000


def test_columns_of_csv_are_counted_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alpha_model.history.weights_table.cells.open_csv", lambda *_: pytest.fail("read"))
    for start in (b"", b"\r\n\n", b'"a\nb",'):
        with pytest.raises(HistoryError, match=r"has 5,00[12] columns"):
            read_weights_bytes(start + TOO_LARGE["columns"][0], "up.csv", max_bytes=1_000_000)


def test_cells_of_a_wide_table_are_counted_before_they_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "alpha_model.history.weights_table.layout.as_numbers", lambda *_, **__: pytest.fail("looked at")
    )
    with pytest.raises(HistoryError, match=TOO_LARGE["blanks"][1]):
        read_weights_bytes(TOO_LARGE["blanks"][0], "up.csv", max_bytes=1_000_000)


def test_columns_of_a_wide_table_are_converted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cells: list[int] = []
    real = pd.to_numeric

    def watched(given: Any, **settings: Any) -> Any:
        cells.append(len(given))
        return real(given, **settings)

    monkeypatch.setattr(pd, "to_numeric", watched)
    read_weights(pd.DataFrame(np.full((2, 30), 0.03), index=FRAME.index))
    assert [count for count in cells if count != 2] == [60]


def test_columns_that_we_do_not_know_are_counted_before_they_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alpha_model.history.weights_table.extra._extra", lambda *_: pytest.fail("looked at"))
    with pytest.raises(HistoryError, match=TOO_LARGE["notes"][1]):
        read_weights_bytes(TOO_LARGE["notes"][0], "up.parquet", max_bytes=1_000_000)


def test_notes_that_are_too_large_are_refused_at_the_first_row_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(
        "alpha_model.history.weights_table.extra._extra", lambda *_: made.append("x" * 400_000) or made[-1]
    )
    with pytest.raises(HistoryError, match="more than 1,000,000 bytes"):
        read_weights_bytes(with_notes(10, 1), "up.parquet", max_bytes=1_000_000)
    assert len(made) == 3


_written: list[Any] = []
_watched: list[bool] = []


def _note_opening(event: str, args: tuple[Any, ...]) -> None:
    if _watched and event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR):
        _written.append(args[0])


def test_upload_stays_in_memory() -> None:
    sys.addaudithook(_note_opening)
    _watched.append(True)
    try:
        for name, content in FORMS.items():
            read_weights_bytes(content, f"../{name}", max_bytes=100_000)
    finally:
        _watched.clear()
    assert _written == []
