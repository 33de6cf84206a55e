"""How does a history leave for a spreadsheet, a notebook or another program?

Every table as CSV or Parquet. Words from files are written by strangers: in CSV, a text that a spreadsheet would run as
a formula gets an apostrophe in front.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from alpha_model.history.history import History
from alpha_model.history.tables import SCHEMAS, frame_of
from alpha_model.values import HistoryError

TableFormat: TypeAlias = Literal["csv", "parquet"]

TABLE_FORMATS: tuple[TableFormat, ...] = ("csv", "parquet")

_FORMULA = re.compile(r"^[\s]*[=+\-@\t\r\n|]")
_WHOLE_SECONDS, _MICROSECONDS = "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The frame as CSV, in full; text that a spreadsheet would run as a formula gets an apostrophe in front.

    Times are ISO 8601, UTC, with a fraction of a second where any time of the column has one. Lists of words are
    joined by blanks, other lists are JSON. What is absent is empty.
    """
    safe = frame.rename(columns=harmless)
    for column in safe.columns[[_is_text(dtype) for dtype in safe.dtypes]]:
        safe[column] = safe[column].map(harmless, na_action="ignore")
    for column in safe.columns[[isinstance(dtype, pd.DatetimeTZDtype) for dtype in safe.dtypes]]:
        safe[column] = safe[column].dt.strftime(_time_format(safe[column]))
    if isinstance(safe.index, pd.DatetimeIndex):
        return safe.to_csv(index=True, date_format=_time_format(safe.index.to_series())).encode()
    return safe.to_csv(index=False).encode()


def harmless(value: Any) -> Any:
    """A value as a cell of a spreadsheet that runs nothing."""
    if isinstance(value, (list, np.ndarray)):
        words = all(isinstance(item, str) for item in value)
        value = " ".join(value) if words else json.dumps(list(value), ensure_ascii=False)
    if not isinstance(value, str):
        return value
    lines = value.replace("\r\n", "\n").replace("\r", "\n")  # a bare return would begin a row, and perhaps a formula
    return f"'{lines}" if _FORMULA.match(lines) else lines


def write_tables(
    history: History,
    folder: Path | str,
    file_format: TableFormat = "parquet",
    names: Sequence[str] | None = None,
) -> list[Path]:
    """Write the tables of a history into a folder, one file each; a file is there whole or not at all.

    Args:
        history: What to write.
        folder: It is made when it does not exist; files of the same names in it are replaced.
        file_format: `csv` or `parquet`.
        names: Which tables; None is all.

    Returns:
        The files.

    Raises:
        HistoryError: There is no such table or format, or the folder cannot be written.
    """
    wanted = list(SCHEMAS) if names is None else list(names)
    unknown = [name for name in wanted if name not in SCHEMAS]
    if unknown or file_format not in TABLE_FORMATS:
        got = f"table {unknown[0]!r}" if unknown else f"format {file_format!r}"
        choices = ", ".join(SCHEMAS if unknown else TABLE_FORMATS)
        raise HistoryError(f"there is no {got}. Choose from {choices}.", got=got)
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        return [_write(getattr(history.tables, name), target / f"{name}.{file_format}") for name in wanted]
    except OSError as error:
        raise HistoryError(
            f"cannot write to {target}: {error.strerror}. Choose another folder.", path=target
        ) from error


def _write(table: pa.Table, path: Path) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        os.close(handle)
        if path.suffix == ".csv":
            Path(name).write_bytes(csv_bytes(frame_of(table)))
        else:
            pq.write_table(table, name, compression="zstd")
        Path(name).chmod(0o644)
        return Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _is_text(dtype: Any) -> bool:
    return bool(pd.api.types.is_string_dtype(dtype) or pd.api.types.is_object_dtype(dtype))


def _time_format(times: pd.Series) -> str:
    known = times.dropna()
    return _MICROSECONDS if (known.dt.microsecond != 0).any() else _WHOLE_SECONDS
