"""How do rows that arrive cycle by cycle become Arrow columns without piling up as Python objects?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

import pyarrow as pa

from alpha_model.history.tables.schema import SCHEMAS

BATCH_ROWS = 32_768
"""Rows held as Python objects before they become Arrow."""

_DEFAULTS: dict[pa.DataType, Any] = {pa.bool_(): False, pa.uint32(): 0}


class Columns:
    """A table of the named schema under construction, filled by columns; `names` are those that `extend` takes.

    Args:
        name: Of the schema.
        left_out: Columns that are set later, by `table`.
    """

    def __init__(self, name: str, left_out: Sequence[str] = ()) -> None:
        self.schema = SCHEMAS[name]
        self._fields = [field for field in self.schema if field.name not in left_out]
        self.names = [field.name for field in self._fields]
        self._lists: list[list[Any]] = [[] for _ in self._fields]
        self._defaults = [None if field.nullable else _DEFAULTS.get(field.type) for field in self._fields]
        self._chunks: list[list[pa.Array]] = [[] for _ in self._fields]
        self._pending = 0
        self.row_count = 0

    def extend(self, columns: Mapping[str, Sequence[Any]], row_count: int) -> None:
        """Append rows; a column that is not given is null, or false or 0 where it may not be."""
        for field, values, default in zip(self.names, self._lists, self._defaults, strict=True):
            values.extend(columns.get(field) or repeat(default, row_count))
        self._pending += row_count
        self.row_count += row_count
        if self._pending >= BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        for field, values, chunks in zip(self._fields, self._lists, self._chunks, strict=True):
            chunks.append(pa.array(values, field.type))
            values.clear()
        self._pending = 0

    def keep(self, rows: pa.Array) -> None:
        """Keep only these rows, in this order."""
        self._flush()
        for place, (field, chunks) in enumerate(zip(self._fields, self._chunks, strict=True)):
            self._chunks[place] = pa.chunked_array(chunks, field.type).take(rows).chunks
        self.row_count = len(rows)

    def table(self, **late: pa.Array) -> pa.Table:
        """Everything so far, with the columns that were left out."""
        if self._pending:
            self._flush()
        made = {
            field.name: pa.chunked_array(chunks, field.type)
            for field, chunks in zip(self._fields, self._chunks, strict=True)
        }
        return pa.Table.from_arrays(
            [late.get(field.name, made.get(field.name)) for field in self.schema], schema=self.schema
        )
