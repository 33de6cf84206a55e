"""How does a Parquet file become columns, in bounds where a stranger made it?

A few kilobytes of Parquet can stand for any number of rows. What the file says of its own size is checked before any
column is read, and what is really there batch by batch, before its text is unpacked. Bounds have a gap: a page is
unpacked as a whole, so a forged footer, that says a page is small, is believed until then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from alpha_model.history.files import MappedFile, check_size
from alpha_model.history.tables import coerce
from alpha_model.history.weights_table.limits import check_columns, check_unlike, check_weights
from alpha_model.values import HistoryError

_BATCH_CELLS = 1 << 20
_MOST_ROWS = 1 << 16
"""Rows of a batch of few columns."""
_WORD = 8
"""Bytes of a number or a time."""


class _PandasNote(msgspec.Struct):
    """All that we read of what pandas notes in a file: which columns were the index."""

    index_columns: list[str | dict[str, Any]] = []


def parquet_columns(document: MappedFile, name: str, max_bytes: int | None) -> pd.DataFrame:
    """The columns of a Parquet file, and the index that pandas gave it.

    Args:
        document: The file.
        name: What it is called for people.
        max_bytes: Most bytes that it may take in memory; None is no limit.

    Raises:
        HistoryError: A column has no plain values, the file contradicts itself, or it is too large.
        pyarrow.ArrowException: It is no Parquet; also OSError.
    """
    metadata = pq.read_metadata(pa.BufferReader(document))
    check_columns(metadata.num_columns, name, max_bytes)
    schema = metadata.schema.to_arrow_schema()
    _check_types(schema, name)
    _check_promise(metadata, name, max_bytes)
    texts = [field.name for field in schema if _is_text(_value_type(field.type))]
    file = pq.ParquetFile(pa.BufferReader(document), metadata=metadata, read_dictionary=texts)
    plain = pa.schema([pa.field(field.name, _plain_type(field.type)) for field in schema])
    frame: pd.DataFrame = pa.Table.from_batches(_batches(file, plain, name, max_bytes), plain).to_pandas()
    index = _index_of(schema)
    return frame.set_index(index) if index else frame


def _index_of(schema: pa.Schema) -> list[str]:
    """The columns that were the index of a frame; none where a damaged note says so."""
    try:
        note = msgspec.json.decode((schema.metadata or {}).get(b"pandas", b"{}"), type=_PandasNote)
    except (msgspec.DecodeError, RecursionError):
        return []
    named = {column for column in note.index_columns if isinstance(column, str)}
    return [column for column in schema.names if column in named]


def _check_types(schema: pa.Schema, name: str) -> None:
    check_unlike(schema.names, name)
    for field in schema:
        if not _is_plain(field.type):
            raise HistoryError(
                f"{name}, column {coerce.shown(field.name)}: expected numbers, times or text, got {field.type}. "
                "Leave the column out.",
                path=name,
                column=field.name,
            )


def _check_promise(metadata: pq.FileMetaData, name: str, max_bytes: int | None) -> None:
    """Refuse what a file says of itself, where it contradicts itself or is too large."""
    # The columns' own counts stay unread: pyarrow ends the process where some of them are damaged.
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    rows, size = sum(group.num_rows for group in groups), sum(group.total_byte_size for group in groups)
    if rows != metadata.num_rows:
        raise HistoryError(
            f"{name} contradicts itself: its footer counts {metadata.num_rows:,} rows, its parts {rows:,}. "
            "Write it again.",
            path=name,
        )
    check_weights(rows, name, max_bytes)
    check_size(max(size, rows * metadata.num_columns * _WORD), name, max_bytes)


def _batches(file: pq.ParquetFile, plain: pa.Schema, name: str, max_bytes: int | None) -> Iterator[pa.RecordBatch]:
    rows, size = 0, 0
    for batch in file.iter_batches(max(1, min(_MOST_ROWS, _BATCH_CELLS // max(1, len(plain))))):
        rows, size = rows + batch.num_rows, size + sum(map(_unpacked_size, batch.columns))
        check_weights(rows, name, max_bytes)
        check_size(size, name, max_bytes)
        found = batch.cast(plain)
        found.validate(full=True)
        yield found


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """What a column is cast to; a dictionary of text cannot become views, and hours of the day are text."""
    found = _value_type(kind)
    return pa.string() if pa.types.is_string_view(found) or pa.types.is_time(found) else found


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_plain(kind: pa.DataType) -> bool:
    kind = _value_type(kind)
    numbers = (pa.types.is_null, pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    times = (pa.types.is_timestamp, pa.types.is_date, pa.types.is_time)
    return _is_text(kind) or any(is_known(kind) for is_known in (*numbers, *times))


def _unpacked_size(column: pa.Array) -> int:
    """Bytes that a column has once its dictionary, which Parquet keeps its text in, is resolved."""
    if not pa.types.is_dictionary(column.type) or not _is_text(column.type.value_type):
        return len(column) * _WORD
    return pc.sum(pc.take(pc.binary_length(column.dictionary), column.indices)).as_py() or 0
