"""How does a table file, CSV or Parquet, become columns, in bounds where a stranger made it?

Its first bytes tell which of the two it is; a name that says Parquet has to be right.
"""

from __future__ import annotations

import csv
import io

import pandas as pd
import pyarrow as pa
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, open_csv

from alpha_model.errors import HistoryError
from alpha_model.history import coerce
from alpha_model.history.opening import MappedFile, check_size
from alpha_model.history.tidy_limits import check_columns, check_rows, check_weights
from alpha_model.history.tidy_parquet import parquet_columns

_PARQUET = b"PAR1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_WIDEST = 1 << 20
"""Bytes of a line of CSV."""
_LONGEST = 160
"""Characters of what somebody else says is wrong."""
_NO_TEXT = "\ufffd"
"""What stands for bytes that are no UTF-8 where an error quotes them."""
_BROKEN = (pa.ArrowException, OSError, ValueError, KeyError, TypeError, csv.Error)


def columns_of(document: MappedFile, name: str, max_bytes: int | None = None) -> pd.DataFrame:
    """The columns of a table; those of CSV are text.

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
        return (parquet_columns if is_parquet else _csv)(document, name, max_bytes)
    except HistoryError:
        raise
    except _BROKEN as error:
        if "Empty CSV" in str(error):
            check_rows(0, name)
        remedy = "Write it again." if is_parquet else "Write it as CSV, UTF-8, with a comma between columns."
        raise HistoryError(f"{name} cannot be read as a table: {_reason(error)}. {remedy}", path=name) from error


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


def _csv(document: MappedFile, name: str, max_bytes: int | None) -> pd.DataFrame:
    if document[: len(_UTF16[0])] in _UTF16:
        raise ValueError("it begins as text in UTF-16 does")
    reading, parsing = ReadOptions(block_size=_WIDEST), ParseOptions(newlines_in_values=True)
    check_columns(_width(document), name, max_bytes)
    header = open_csv(pa.BufferReader(document), reading, parsing)
    convert = ConvertOptions(column_types=dict.fromkeys(header.schema.names, pa.string()))
    batches, rows, size = [], 0, 0
    for batch in open_csv(pa.BufferReader(document), reading, parsing, convert):
        rows, size = rows + batch.num_rows, size + batch.nbytes
        check_weights(rows, name, max_bytes)
        check_size(size, name, max_bytes)
        batches.append(batch)
    frame: pd.DataFrame = pa.Table.from_batches(batches, batches[0].schema if batches else header.schema).to_pandas()
    return frame


def _width(document: MappedFile) -> int:
    """Columns of CSV, by its header."""
    start = io.StringIO(document[:_WIDEST].decode("latin-1"), newline="")
    return len(next(filter(None, csv.reader(start)), []))
