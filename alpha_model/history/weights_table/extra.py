"""What becomes of the columns of a weights table that we do not know? Each row keeps them as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from alpha_model.history.files import check_size
from alpha_model.history.tables import coerce
from alpha_model.history.weights_table.limits import check_cells
from alpha_model.history.weights_table.sheet import BLANK


def extras_of(frame: pd.DataFrame, name: str, max_bytes: int | None) -> list[str | None]:
    """The cells of each row that are not blank, as JSON; None where all are.

    Args:
        frame: The columns that we do not know.
        name: Of the table, for messages.
        max_bytes: Most bytes that they may take in memory; None is no limit.

    Raises:
        HistoryError: They take more.
    """
    check_cells(*frame.shape, name, max_bytes)
    columns = [str(column) for column in frame.columns]
    if not columns:
        return [None] * len(frame)
    told: list[str | None] = []
    size = 0
    for cells in zip(*(frame.iloc[:, place] for place in range(len(columns))), strict=True):
        extra = _extra(columns, cells)
        size += len(extra or "")
        check_size(size, name, max_bytes)
        told.append(extra)
    return told


def _extra(columns: Sequence[str], cells: Iterable[object]) -> str | None:
    told = {}
    for column, cell in zip(columns, cells, strict=True):
        plain = cell.item() if isinstance(cell, np.generic) else cell
        absent = plain is None or plain is pd.NaT or plain is pd.NA or plain != plain  # noqa: PLR0124 - NaN
        if not absent and str(plain).strip().lower() not in BLANK:
            told[column] = plain if isinstance(plain, (bool, int, float)) else str(plain)
    return coerce.json_text(told) if told else None
