"""How does a table file, CSV or Parquet, become columns, in bounds where a stranger made it?

Its first bytes tell which of the two it is; a name that says Parquet has to be right.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice

import pandas as pd
import pyarrow as pa
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, open_csv

from alpha_model.history.files import MappedFile, check_size
from alpha_model.history.tables import coerce
from alpha_model.history.weights_table.limits import check_columns, check_rows, check_unlike, check_weights
from alpha_model.history.weights_table.names import NAMES, PAIR_NAMES, TIME_NAMES, role_key
from alpha_model.history.weights_table.parquet import parquet_columns
from alpha_model.history.weights_table.sheet import Sheet
from alpha_model.history.weights_table.times import FIRST_TIME, LAST_TIME, moments_of
from alpha_model.values import HistoryError

_PARQUET = b"PAR1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MARKS = ",;\t|"
"""What may part the cells of a line, the usual one first."""
_WIDEST = 1 << 20
"""Bytes of a line of CSV."""
_LONGEST = 160
"""Characters of what somebody else says is wrong."""
_NO_TEXT = "\ufffd"
"""What stands for bytes that are no UTF-8 where an error quotes them."""
_BROKEN = (pa.ArrowException, OSError, ValueError, KeyError, TypeError, csv.Error)


def sheet_of_file(document: MappedFile, name: str, max_bytes: int | None = None) -> Sheet:
    """The cells of a table; those of CSV are text.

    Args:
        document: The file.
        name: What it is called for people.
        max_bytes: Most bytes that it may take in memory; None is no limit.

    Raises:
        HistoryError: It is no table, has cells that are no plain values, or is too large.
    """
    start = bytes(document[: len(_PARQUET)])
    is_parquet = start == _PARQUET
    if not is_parquet and name.lower().endswith(".parquet"):
        raise HistoryError(
            f"{name} is not a Parquet file: one begins with PAR1, this one with {_shown_bytes(start)}. "
            "Write it again as Parquet, or give it the ending .csv where it is CSV.",
            path=name,
        )
    try:
        return (
            sheet_of_frame(parquet_columns(document, name, max_bytes), name)
            if is_parquet
            else _csv(document, name, max_bytes)
        )
    except HistoryError:
        raise
    except _BROKEN as error:
        if "Empty CSV" in str(error):
            check_rows(0, name)
        remedy = "Write it again." if is_parquet else "Write it as CSV, UTF-8, with a comma between columns."
        raise HistoryError(f"{name} cannot be read as a table: {_reason(error)}. {remedy}", path=name) from error


def sheet_of_frame(frame: pd.DataFrame, name: str) -> Sheet:
    """The cells of a frame; the levels of its index are columns, but for one without a name that says nothing."""
    if frame.columns.nlevels > 1:
        last = frame.columns.get_level_values(-1)
        frame = frame.set_axis(last if last.is_unique else [" ".join(map(str, c)) for c in frame.columns], axis=1)
    columns = _told_periods(
        frame.reset_index(drop=True).set_axis([str(column).strip() for column in frame.columns], axis=1)
    )
    levels = [frame.index.get_level_values(place) for place in range(frame.index.nlevels)]
    levels = [level.astype(str) if isinstance(level, pd.PeriodIndex) else level for level in levels]
    named = [(_level_name(level), level) for level in levels if not _says_nothing(level, list(columns.columns))]
    index = [pd.Series(level, name=title).reset_index(drop=True) for title, level in named]
    found = _told_periods(pd.concat([*index, columns], axis=1))
    check_unlike(list(found.columns), name)
    return Sheet(name, with_clocks(found))


def _level_name(level: pd.Index) -> str:
    """What a level of an index is called; without a name it is the time where it can be, else the pair."""
    own = "" if level.name is None or str(level.name).startswith("__index_level_") else str(level.name).strip()
    if role_key(own) in NAMES["time"]:
        return own
    if isinstance(level, pd.DatetimeIndex) or (not own and moments_of(level.to_series()).is_fine()):
        return TIME_NAMES[0]
    return own or PAIR_NAMES[0]


def _says_nothing(level: pd.Index, columns: list[str]) -> bool:
    """Does a level of an index only count the rows, or name without a name of its own what a column names?"""
    if level.name is not None and not str(level.name).startswith("__index_level_"):
        return False
    is_pair = _level_name(level) == PAIR_NAMES[0]
    has_pairs = any(role_key(column) in NAMES["pair"] for column in columns)
    return is_pair and (has_pairs or pd.api.types.is_numeric_dtype(level))


def _told_periods(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with periods, and hours of the day, as text."""
    periods = [column for column, kind in frame.dtypes.items() if isinstance(kind, pd.PeriodDtype)]
    return frame.astype(dict.fromkeys(periods, "string")) if periods else frame


def with_clocks(frame: pd.DataFrame) -> pd.DataFrame:
    """The table, where each time can be told; one beyond all calendars cannot in a time zone, so its column is UTC."""
    day = pd.Timedelta(days=1)
    plain = {}
    for column, kind in frame.dtypes.items():
        if isinstance(kind, pd.DatetimeTZDtype):
            known = frame[column].dropna()
            if not known.between(FIRST_TIME + day, LAST_TIME - day).all():
                plain[str(column)] = frame[column].dt.tz_convert(None)
    return frame.assign(**plain)


def _reason(error: Exception) -> str:
    """The error's own words on one line; it may quote the file."""
    words = " ".join(str(error).split())
    rubbish = next((place for place, letter in enumerate(words) if not _is_text(letter)), None)
    if rubbish is not None:
        own = words[:rubbish].rpartition(": ")[0]
        words = f"{own}, in bytes that are no text" if own else "it has bytes that are no text"
    return words.rstrip(".")[:_LONGEST]


def _is_text(letter: str) -> bool:
    return letter.isprintable() and letter != _NO_TEXT


def _shown_bytes(start: bytes) -> str:
    """The first bytes of a file, as letters or numbers that anybody can print."""
    text = start.decode("latin-1")
    return coerce.shown(text) if text.isascii() and text.isprintable() else f"the bytes {start.hex(' ')}"


def _csv(document: MappedFile, name: str, max_bytes: int | None) -> Sheet:
    if document[: len(_UTF16[0])] in _UTF16:
        raise ValueError("it begins as text in UTF-16 does")
    mark = _mark(document)
    reading = ReadOptions(block_size=_WIDEST)
    parsing = ParseOptions(delimiter=mark, newlines_in_values=True)
    check_columns(len(next(_records(document, mark), [])), name, max_bytes)
    header = open_csv(pa.BufferReader(document), reading, parsing)
    convert = ConvertOptions(column_types=dict.fromkeys(header.schema.names, pa.string()))
    batches, rows, size = [], 0, 0
    for batch in open_csv(pa.BufferReader(document), reading, parsing, convert):
        rows, size = rows + batch.num_rows, size + batch.nbytes
        check_weights(rows, name, max_bytes)
        check_size(size, name, max_bytes)
        batches.append(batch)
    frame: pd.DataFrame = pa.Table.from_batches(batches, batches[0].schema if batches else header.schema).to_pandas()
    frame = frame.set_axis([str(column).strip() for column in frame.columns], axis=1)
    return Sheet(name, frame, lambda row: f"line {_line(document, mark, row)}", mark != ",")


def _mark(document: MappedFile) -> str:
    """What parts the cells: what makes the first two lines as wide as each other, and the widest."""
    widths = {mark: [len(record) for record in islice(_records(document, mark), 2)] or [0] for mark in _MARKS}
    return max(_MARKS, key=lambda mark: (widths[mark][0] > 1, widths[mark][0] == widths[mark][-1], widths[mark][0]))


def _records(document: MappedFile, mark: str) -> Iterator[list[str]]:
    """The first records of CSV that are not empty."""
    start = io.StringIO(document[:_WIDEST].decode("latin-1"), newline="")
    return filter(None, csv.reader(start, delimiter=mark))


def _line(document: MappedFile, mark: str, row: int) -> int:
    """The line of the file where a row begins; the first is 1."""
    text = io.TextIOWrapper(pa.BufferReader(document), "latin-1", newline="")
    records = csv.reader(text, delimiter=mark)
    line, count = 1, -1
    for record in records:
        count += bool(record)
        if count == row + 1:
            break
        line = records.line_num + 1
    return line
