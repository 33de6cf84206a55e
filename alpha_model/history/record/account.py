"""How do rows of our tables become rows of an account line?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa

from alpha_model.history.assemble import Trade
from alpha_model.history.record.lines import ACCOUNT_COLUMNS, TIME_COLUMNS, AccountRow
from alpha_model.history.tables import coerce

_EXACT = ("planned_quantity", "executed_quantity")


def rows_of(part: str, table: pa.Table) -> list[AccountRow]:
    """The rows of a table as they stand in the part of an account line of the same name."""
    names = ACCOUNT_COLUMNS[part]
    return [(part, tuple(_json(name, row[name]) for name in names)) for row in trades_of(table)]


def trades_of(table: pa.Table) -> list[Trade]:
    """Rows with times in microseconds, and the quantities of trades exact."""
    for name in set(TIME_COLUMNS) & set(table.column_names):
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(pa.int64()))
    rows: list[Trade] = table.to_pylist()
    for name in set(_EXACT) & set(table.column_names):
        for row in rows:
            row[name] = None if row[name] is None else Decimal(repr(row[name]))
    return rows


def _json(name: str, value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return coerce.to_seconds(value) if name in TIME_COLUMNS and value is not None else value
