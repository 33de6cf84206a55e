"""How does a table file, CSV or Parquet, become columns, in bounds where a stranger made it?

Its first bytes tell which of the two it is. Nothing is unpacked before its size is known: a few kilobytes of Parquet
can stand for any number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from alpha_model.errors import HistoryError
from alpha_model.history import coerce
from alpha_model.history.opening import MappedFile, check_size

BYTES_A_WEIGHT = 500
"""What one weight takes in memory until the history is made, about."""

_PARQUET = b"PAR1"
_WIDEST = 1 << 20
"""Bytes of a line of CSV."""
_WORD = 8
"""Bytes of a number or a time."""
_LONGEST = 160
"""Characters of what somebody else says is wrong."""
_BROKEN = (pa.ArrowException, OSError, ValueError, KeyError, TypeError)


def columns_of(document: MappedFile, name: str, max_bytes: int | None = None) -> pd.DataFrame:
    """The columns of a table; those of CSV are text.

    Args:
        document: The file.
        name: What it is called for people.
        max_bytes: Most bytes that it may take in memory; None is no limit.

    Raises:
        HistoryError: It is no table, has cells that are no plain values, or is too large.
    """
    is_parquet = document[: len(_PARQUET)] == _PARQUET
    try:
        table = (_parquet if is_parquet else _csv)(document, name, max_bytes)
        frame: pd.DataFrame = table.to_pandas()
    except HistoryError:
        raise
    except _BROKEN as error:
        remedy = "Write it again." if is_parquet else "Write it as CSV, UTF-8, with a comma between columns."
        raise HistoryError(f"{name} cannot be read as a table: {_reason(error)}. {remedy}", path=name) from error
    return frame


def check_weights(count: int, name: str, max_bytes: int | None) -> None:
    """Raise a HistoryError where a table has more weights than may be held in memory."""
    if max_bytes is not None and count * BYTES_A_WEIGHT > max_bytes:
        most = max_bytes // BYTES_A_WEIGHT
        raise HistoryError(
            f"{name} has {count:,} weights, and at most {most:,} may be opened here, as each takes about "
            f"{BYTES_A_WEIGHT} bytes. Open it from a folder of the server, or raise the limit.",
            path=name,
            max_bytes=max_bytes,
        )


def check_unlike(columns: Sequence[str], name: str) -> None:
    """Raise a HistoryError where two columns of a table have one name."""
    seen: set[str] = set()
    for column in columns:
        if column in seen:
            raise HistoryError(f"{name} has two columns named {coerce.shown(column)}. Rename one.", column=column)
        seen.add(column)


def _reason(error: Exception) -> str:
    """The error's own words on one line; it may quote the file."""
    words = " ".join(str(error).split())
    if "Empty CSV" in words:
        return "it has no rows"
    return "".join(letter if letter.isprintable() else "?" for letter in words).rstrip(".")[:_LONGEST]


def _csv(document: MappedFile, name: str, max_bytes: int | None) -> pa.Table:
    reading, parsing = csv.ReadOptions(block_size=_WIDEST), csv.ParseOptions(newlines_in_values=True)
    header = csv.open_csv(pa.BufferReader(document), reading, parsing)
    convert = csv.ConvertOptions(column_types=dict.fromkeys(header.schema.names, pa.string()))
    batches, rows, size = [], 0, 0
    for batch in csv.open_csv(pa.BufferReader(document), reading, parsing, convert):
        rows, size = rows + batch.num_rows, size + batch.nbytes
        check_weights(rows, name, max_bytes)
        check_size(size, name, max_bytes)
        batches.append(batch)
    return pa.Table.from_batches(batches, batches[0].schema if batches else header.schema)


def _parquet(document: MappedFile, name: str, max_bytes: int | None) -> pa.Table:
    file = pq.ParquetFile(pa.BufferReader(document))
    schema, rows = file.schema_arrow, file.metadata.num_rows
    check_unlike(schema.names, name)
    for field in schema:
        if not _is_plain(field.type):
            raise HistoryError(
                f"{name}, column {coerce.shown(field.name)}: expected numbers, times or text, got {field.type}. "
                "Leave the column out.",
                path=name,
                column=field.name,
            )
    check_weights(rows, name, max_bytes)
    check_size(rows * len(schema) * _WORD, name, max_bytes)
    texts = [field.name for field in schema if _is_text(_value_type(field.type))]
    table = pq.read_table(pa.BufferReader(document), read_dictionary=texts)
    check_size(sum(map(_unpacked_size, table.columns)), name, max_bytes)
    plain = pa.schema([pa.field(field.name, _value_type(field.type)) for field in table.schema], schema.metadata)
    found = table.cast(plain)
    found.validate(full=True)
    return found


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_plain(kind: pa.DataType) -> bool:
    kind = _value_type(kind)
    known = (pa.types.is_null, pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return _is_text(kind) or any(is_known(kind) for is_known in (*known, pa.types.is_timestamp, pa.types.is_date))


def _unpacked_size(column: pa.ChunkedArray) -> int:
    """Bytes that a column has once its dictionary, which Parquet keeps its text in, is resolved."""
    if not pa.types.is_dictionary(column.type) or not _is_text(column.type.value_type):
        return len(column) * _WORD
    sizes = (pc.sum(pc.take(pc.binary_length(chunk.dictionary), chunk.indices)).as_py() for chunk in column.chunks)
    return sum(filter(None, sizes))
