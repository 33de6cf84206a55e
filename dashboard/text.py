"""How do numbers and strangers' words appear on screen?

Words from files (tickers, messages, file names) are data. They reach Streamlit through `st.text` and `st.dataframe`,
which show them as they are; on their way into a Plotly figure or a spreadsheet they go through this module.
"""

import html
import io
import re
from collections.abc import Callable
from typing import Any

import pandas as pd

_THOUSANDS = (("B", 1e9), ("M", 1e6), ("k", 1e3))
_FORMULA = re.compile(r"^[\s]*[=+\-@\t\r\n|]")
_ROUNDS_UP = 0.9995
"""From this part of a unit on, three digits round to the whole."""
_NO_CENTS = 99.995
"""From here on three digits leave no room for cents."""
_MEGABYTE = 1_000_000
_NOT_RECORDED = "–"


def usd(amount: float | None) -> str:
    """A short amount: $12.4k, -$310, $7.84; a dash where there is none."""
    if amount is None or pd.isna(amount):
        return _NOT_RECORDED
    sign, size = "-" if amount < 0 else "", abs(amount)
    for letter, unit in _THOUSANDS:
        if size >= unit * _ROUNDS_UP:
            return f"{sign}${_three_digits(size / unit)}{letter}"
    return f"{sign}${_three_digits(size) if size == 0 or size >= _NO_CENTS else f'{size:.2f}'}"


def _three_digits(number: float) -> str:
    return f"{number:,.0f}" if number >= _NO_CENTS else f"{number:.3g}"


def share(value: float | None) -> str:
    """A share as a percentage: 3.1 %; a dash where there is none."""
    return _NOT_RECORDED if value is None or pd.isna(value) else f"{value * 100:.1f} %"


def moment(time: pd.Timestamp | None) -> str:
    """A time for people: 10 Apr 2024, 08:00."""
    return _NOT_RECORDED if time is None else f"{time:%-d %b %Y, %H:%M}"


def byte_size(count: int) -> str:
    """A file's size: 28 kB, 1.3 MB."""
    return f"{count / 1e6:,.1f} MB" if count >= _MEGABYTE else f"{count / 1e3:,.0f} kB"


def day(time: pd.Timestamp | None) -> str:
    """A day for people: 10 Apr 2024."""
    return _NOT_RECORDED if time is None else f"{time:%-d %b %Y}"


def plural(count: int, word: str, many: str | None = None) -> str:
    """1 cycle, 12 cycles; 2 oddities where the plural is given."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {many or word + 's'}"


def shortened(words: str, length: int = 24) -> str:
    """At most `length` characters, with an ellipsis where something was cut off."""
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"


def figure_text(words: str) -> str:
    """Text for a figure: Plotly reads a subset of HTML in names, labels and hovers."""
    return html.escape(words, quote=False)


def humanised(name: str) -> str:
    """`max_adjust_too_small` as words."""
    return name.replace("_", " ")


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The frame as CSV, in full; text that a spreadsheet would run as a formula gets an apostrophe in front."""
    safe = frame.rename(columns=_harmless)
    for column in safe.columns[[_is_text(dtype) for dtype in safe.dtypes]]:
        safe[column] = safe[column].map(_harmless, na_action="ignore")
    dated = isinstance(safe.index, pd.DatetimeIndex)
    return safe.to_csv(index=dated, date_format="%Y-%m-%dT%H:%M:%SZ").encode()


def deferred_csv(question: Callable[[], pd.DataFrame]) -> Callable[[], bytes]:
    """A CSV that is computed when somebody downloads it."""
    return lambda: csv_bytes(question())


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """The frame as Parquet, in full; column names become text."""
    buffer = io.BytesIO()
    flat = frame.reset_index() if isinstance(frame.index, pd.DatetimeIndex) else frame
    flat.rename(columns=str).to_parquet(buffer, index=False)
    return buffer.getvalue()


def deferred_parquet(question: Callable[[], pd.DataFrame]) -> Callable[[], bytes]:
    """A Parquet file that is computed when somebody downloads it."""
    return lambda: parquet_bytes(question())


def _is_text(dtype: Any) -> bool:
    return bool(pd.api.types.is_string_dtype(dtype) or pd.api.types.is_object_dtype(dtype))


def _harmless(value: Any) -> Any:
    if isinstance(value, list):
        value = " ".join(value)
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
