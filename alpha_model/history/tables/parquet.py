"""How do our tables become Parquet, and tables again?

Zstandard; floats as byte streams without a dictionary; checksums in every page; row groups small enough that a reader
who wants a day of a long month reads a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from alpha_model.history.tables.coerce import LATEST
from alpha_model.history.tables.schema import TIME

_ROWS_PER_GROUP = 1 << 16


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time, both ends included; None is open."""

    start: datetime | None = None
    end: datetime | None = None

    def of(self, table: pa.Table) -> pa.Table:
        """The rows whose `timestamp` lies within."""
        if self.start is not None:
            table = table.filter(pc.field("timestamp") >= pa.scalar(self.start, TIME))
        if self.end is not None:
            table = table.filter(pc.field("timestamp") <= pa.scalar(self.end, TIME))
        return table

    def meets(self, first: datetime, last: datetime) -> bool:
        """Does something from the first to the last moment lie within?"""
        return not ((self.start is not None and last < self.start) or (self.end is not None and first > self.end))


def parquet_bytes(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file; columns that are null throughout are left out."""
    table = table.drop_columns([name for name in table.column_names if table[name].null_count == table.num_rows])
    floats = [field.name for field in table.schema if field.type == pa.float64()]
    texts = [field.name for field in table.schema if field.type == pa.string()]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.cast(pa.schema([field.remove_metadata() for field in table.schema])),
        sink,
        compression="zstd",
        row_group_size=_ROWS_PER_GROUP,
        use_dictionary=texts,
        column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
        write_statistics=[name for name in ("timestamp", "pair_id") if name in table.column_names],
        write_page_checksum=True,
        store_schema=False,
    )
    return bytes(sink.getvalue())


def read_parquet(file: pa.NativeFile, schema: pa.Schema, window: Window | None = None) -> pa.Table:
    """The rows of a Parquet file within a span of time, in this schema; columns that are not there are null.

    Raises:
        pyarrow.ArrowException: The file is damaged, or lacks a column that is never null.
        OSError: The same, or the file cannot be read.
    """
    opened = pq.ParquetFile(file, page_checksum_verification=True)
    threaded = opened.metadata.num_rows >= _ROWS_PER_GROUP and not isinstance(file, pa.PythonFile)
    if window is None or window == Window():
        table = opened.read(use_threads=threaded)
    else:
        table = window.of(opened.read_row_groups(_groups(opened.metadata, window), use_threads=threaded))
    for field in schema:
        if field.name not in table.column_names:
            table = table.append_column(field.name, pa.nulls(table.num_rows, field.type))
    missing = [field.name for field in schema if not field.nullable and table[field.name].null_count]
    if missing:
        raise pa.ArrowInvalid(f"no {', '.join(missing)} in it")
    table = table.select(schema.names).cast(schema)
    table.validate(full=True)  # a text may be none
    _check_times(table)
    return table


def _check_times(table: pa.Table) -> None:
    """Times of centuries that nothing here can write down are damage."""
    for field in table.schema:
        if field.type == TIME and table.num_rows:
            ends = pc.min_max(table[field.name].cast(pa.int64()))
            if any(end.as_py() is not None and abs(end.as_py()) > LATEST for end in (ends["min"], ends["max"])):
                raise pa.ArrowInvalid(f"{field.name} holds a time outside the years 1678 to 2261")


def _groups(metadata: pq.FileMetaData, window: Window) -> list[int]:
    """The row groups in which there may be rows within the window."""
    column = metadata.schema.names.index("timestamp")
    found = []
    for number in range(metadata.num_row_groups):
        facts = metadata.row_group(number).column(column).statistics
        if facts is None or not facts.has_min_max or window.meets(facts.min, facts.max):
            found.append(number)
    return found
