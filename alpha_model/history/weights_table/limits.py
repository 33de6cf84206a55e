"""Which tables of weights are refused, whatever their cells say? Empty and too large ones, those of unclear columns."""

from __future__ import annotations

from collections.abc import Sequence

from alpha_model.history.tables import coerce
from alpha_model.values import HistoryError

BYTES_A_WEIGHT = 500
"""What one weight takes in memory until the history is made, about."""
BYTES_A_CELL = 100
"""What any other cell takes while it is looked at, about."""
MOST_COLUMNS = 5_000
"""Columns of a table, each of which takes its time, however few rows there are."""


def check_rows(count: int, name: str) -> None:
    """Raise a HistoryError where a table has no rows."""
    if not count:
        raise HistoryError(
            f"{name} has no rows, so it holds no weights. Write it again with at least one row for each time.",
            path=name,
        )


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


def check_cells(rows: int, columns: int, name: str, max_bytes: int | None) -> None:
    """Raise a HistoryError where columns, blank or of no meaning to us, have more cells than may be looked at."""
    if max_bytes is not None and rows * columns * BYTES_A_CELL > max_bytes:
        raise HistoryError(
            f"{name} has {rows * columns:,} cells in {columns:,} columns, and at most {max_bytes // BYTES_A_CELL:,} "
            f"may be opened here, as each takes about {BYTES_A_CELL} bytes. Leave columns out, open it from a folder "
            "of the server, or raise the limit.",
            path=name,
            max_bytes=max_bytes,
        )


def check_columns(count: int, name: str, max_bytes: int | None) -> None:
    """Raise a HistoryError where a table has more columns than may be opened; without a limit, any number may."""
    if max_bytes is not None and count > MOST_COLUMNS:
        raise HistoryError(
            f"{name} has {count:,} columns, and at most {MOST_COLUMNS:,} may be opened here. Give one row a time and "
            "pair instead, or open it from a folder of the server.",
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
