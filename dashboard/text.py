"""How do numbers and strangers' words appear on screen?

Words from files (tickers, messages, file names) are data. They reach Streamlit through `st.text` and `st.dataframe`,
which show them as they are; on their way into a Plotly figure or a spreadsheet they go through this module.
"""

import html
import textwrap
from collections.abc import Callable
from datetime import timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from alpha_model.history import csv_bytes

_THOUSANDS = (("B", 1e9), ("M", 1e6), ("k", 1e3))
_ROUNDS_UP = 0.9995
"""From this part of a unit on, three digits round to the whole."""
_NO_CENTS = 99.995
"""From here on three digits leave no room for cents."""
_MEGABYTE = 1_000_000
NOT_RECORDED = "–"


def usd(amount: float | None) -> str:
    """A short amount: $12.4k, -$310, $7.84; a dash where there is none."""
    if amount is None or pd.isna(amount):
        return NOT_RECORDED
    sign, size = "-" if amount < 0 else "", abs(amount)
    for letter, unit in _THOUSANDS:
        if size >= unit * _ROUNDS_UP:
            return f"{sign}${_three_digits(size / unit)}{letter}"
    return f"{sign}${_three_digits(size) if size == 0 or size >= _NO_CENTS else f'{size:.2f}'}"


def _three_digits(number: float) -> str:
    return f"{number:,.0f}" if number >= _NO_CENTS else f"{number:.3g}"


def share(value: float | None) -> str:
    """A share as a percentage: 3.1 %; a dash where there is none."""
    return NOT_RECORDED if value is None or pd.isna(value) else f"{value * 100:.1f} %"


def moment(time: pd.Timestamp | None) -> str:
    """A time for people: 10 Apr 2024, 08:00."""
    return NOT_RECORDED if time is None else f"{time:%-d %b %Y, %H:%M}"


def byte_size(count: int) -> str:
    """A file's size: 28 kB, 1.3 MB."""
    return f"{count / 1e6:,.1f} MB" if count >= _MEGABYTE else f"{count / 1e3:,.0f} kB"


def day(time: pd.Timestamp | None) -> str:
    """A day for people: 10 Apr 2024."""
    return NOT_RECORDED if time is None else f"{time:%-d %b %Y}"


def span(time: timedelta) -> str:
    """A stretch of time in its two largest units: 45 s, 12 min, 3 h 20 min, 6 days 4 h."""
    seconds = int(time.total_seconds())
    days, hours, minutes = seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60
    if days:
        return f"{plural(days, 'day')} {hours} h" if hours else plural(days, "day")
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


def sentence(finding: str) -> str:
    """A finding with its stop; one that is a question has its own."""
    return finding if finding.endswith("?") else f"{finding}."


def plural(count: int, word: str, many: str | None = None) -> str:
    """1 cycle, 12 cycles; 2 oddities where the plural is given."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {many or word + 's'}"


def shortened(words: str, length: int = 24) -> str:
    """At most `length` characters, with an ellipsis where something was cut off."""
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"


def one_line(words: str) -> str:
    """The words without line breaks and control characters, which neither a list nor an address can carry."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())


def figure_text(words: str) -> str:
    """Text for a figure: Plotly reads a subset of HTML in names, labels and hovers."""
    return html.escape(words, quote=False)


def folded(words: str, width: int = 60) -> str:
    """Text for a hover of a figure, on as many lines as it needs."""
    return "<br>".join(figure_text(line) for line in textwrap.wrap(words, width))


def humanised(name: str) -> str:
    """`max_adjust_too_small` as words."""
    return name.replace("_", " ")


def deferred_csv(question: Callable[[], pd.DataFrame]) -> Callable[[], bytes]:
    """A CSV that is computed when somebody downloads it."""
    return lambda: csv_bytes(question())


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """The frame as Parquet, in full; column names become text."""
    sink = pa.BufferOutputStream()
    flat = frame.reset_index() if isinstance(frame.index, pd.DatetimeIndex) else frame
    pq.write_table(pa.Table.from_pandas(flat.rename(columns=str), preserve_index=False), sink)
    return bytes(sink.getvalue())


def deferred_parquet(question: Callable[[], pd.DataFrame]) -> Callable[[], bytes]:
    """A Parquet file that is computed when somebody downloads it."""
    return lambda: parquet_bytes(question())


def link_time(when: pd.Timestamp) -> str:
    """A time in links: as short as it allows."""
    exact = when.second or when.microsecond or when.nanosecond
    return when.isoformat().replace("+00:00", "Z") if exact else f"{when:%Y-%m-%dT%H:%M}Z"
