"""Which tables have no row a time, and still say what was held when?

Three are laid out anew: trades with the time they were opened and closed, as freqtrade lists them; a column a time, as
a frame of dictionaries of weights has it; and pairs and weights of one decision without any time, as PyPortfolioOpt
saves them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from alpha_model.history.tables import coerce
from alpha_model.history.weights_table.limits import check_weights
from alpha_model.history.weights_table.names import MOST_OPEN, NAMES, key_of
from alpha_model.history.weights_table.numbers import EXPECTED, as_numbers
from alpha_model.history.weights_table.sheet import Numbers, Places, Sheet
from alpha_model.history.weights_table.sides import sides_of
from alpha_model.history.weights_table.times import Moments, moments_of

_OPENED = ("open_date", "open_time", "entry_date", "entry_time", "opened_at", "entry_timestamp")
_CLOSED = ("close_date", "close_time", "exit_date", "exit_time", "closed_at", "exit_timestamp")
_STAKES = ("stake_amount", *NAMES["amount"], *NAMES["value"])
_PAIRS = {*NAMES["pair"], "index", "unnamed_0"}
_DATE = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


def reshaped(sheet: Sheet, max_bytes: int | None) -> Sheet | None:
    """The table with a row a time and pair, under our names; None where it is none of these.

    Raises:
        HistoryError: It is one, and a cell cannot be read, or it gets too large.
    """
    forms: tuple[Callable[[Sheet, int | None], Sheet | None], ...] = (_of_trades, _of_columns, _of_one_decision)
    return next((found for form in forms if (found := form(sheet, max_bytes)) is not None), None)


def _of_rows(sheet: Sheet, frame: pd.DataFrame, rows: Places) -> Sheet:
    """Other cells, each row of them from one of the table."""
    name = sheet.row_name
    return replace(sheet, frame=frame, row_name=lambda row: name(int(rows[row])))


def _column(sheet: Sheet, names: tuple[str, ...]) -> str | None:
    keys = {key_of(column): column for column in reversed(sheet.frame.columns)}
    return next((keys[name] for name in names if name in keys), None)


def _times(sheet: Sheet, column: str) -> Moments:
    """The times of a column that may be blank."""
    cells = sheet.frame[column]
    found, known = np.zeros(len(cells), dtype=np.int64), cells.notna() & (cells.astype("string") != "")
    moments = moments_of(cells[known])
    bad = np.ones(len(cells), dtype=np.bool_)
    found[known], bad[known] = moments.micros, moments.bad
    sheet.refuse(column, known.to_numpy(bool) & bad, moments.expected)
    return Moments(found, bad)


def _of_trades(sheet: Sheet, max_bytes: int | None) -> Sheet | None:
    """The positions at each time that a trade opened or closed."""
    columns = [_column(sheet, names) for names in (_OPENED, _CLOSED, NAMES["pair"], _STAKES)]
    if None in columns or not len(sheet.frame):
        return None
    opened, closed, pair, stake = (str(column) for column in columns)
    begins, ends, stakes = _times(sheet, opened), _times(sheet, closed), _stakes(sheet, stake)
    sheet.refuse(opened, begins.bad, begins.expected)
    rows, times, is_open = _open_times(sheet, begins, ends, max_bytes)
    held, names = np.where(is_open, stakes[rows], 0.0), sheet.frame[pair].to_numpy(object)[rows]
    frame = pd.DataFrame({"timestamp": times, "pair": names, "value": held, "row": rows})
    most = float(frame["value"].abs().groupby(frame["timestamp"]).sum().max())
    sheet.note(
        f"the table lists trades: what is open at a time is held, as a share of the most that was open, {most:,.2f}, "
        "for it does not say the equity",
        stake,
    )
    frame = frame.groupby(["timestamp", "pair"], as_index=False).agg({"value": "sum", "row": "first"})
    cells = frame.assign(timestamp=_moments(frame["timestamp"]), **{MOST_OPEN: most})
    return _of_rows(sheet, cells.drop(columns="row"), frame["row"].to_numpy(np.int64))


def _open_times(
    sheet: Sheet, begins: Moments, ends: Moments, max_bytes: int | None
) -> tuple[Places, Places, npt.NDArray[np.bool_]]:
    """Of each trade and each time at which any opened or closed, from its own opening to its closing, a row.

    Returns:
        The trade, the time, and whether the trade is still open then.
    """
    events = np.unique(np.concatenate([begins.micros, ends.micros[~ends.bad]]))
    first = np.searchsorted(events, begins.micros)
    last = np.where(ends.bad, len(events) - 1, np.searchsorted(events, ends.micros))
    counts = np.maximum(last - first + 1, 0)
    check_weights(int(counts.sum()), sheet.name, max_bytes)
    rows = np.repeat(np.arange(len(counts)), counts)
    event = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts) + first[rows]
    return rows, events[event], (event < last[rows]) | ends.bad[rows]


def _moments(micros: npt.ArrayLike) -> pd.Series:
    return pd.Series(pd.to_datetime(np.asarray(micros), unit="us", utc=True))


def _stakes(sheet: Sheet, column: str) -> Numbers:
    """What each trade holds, negative for a short."""
    amounts, bad = as_numbers(sheet.frame[column])
    sheet.refuse(column, bad | np.isnan(amounts), EXPECTED)
    side = _column(sheet, NAMES["side"])
    return amounts if side is None else np.where(sides_of(sheet.frame[side]) < 0, -np.abs(amounts), amounts)


def _of_columns(sheet: Sheet, max_bytes: int | None) -> Sheet | None:
    """A frame whose columns are times and whose rows are pairs."""
    pairs, *columns = sheet.frame.columns
    times = moments_of(pd.Series(columns, dtype="string"))
    if not columns or not times.is_fine() or times.odd_years().size:
        return None
    check_weights(len(columns) * len(sheet.frame), sheet.name, max_bytes)
    rows = np.tile(np.arange(len(sheet.frame)), len(columns))
    found = sheet.frame.rename(columns={pairs: "pair"}).melt("pair", var_name="timestamp", value_name="weight")
    found["timestamp"] = _moments(np.repeat(times.micros, len(sheet.frame)))
    sheet.note("the columns are times and the rows pairs")
    return _of_rows(sheet, found, rows)


def _of_one_decision(sheet: Sheet, _max_bytes: int | None) -> Sheet | None:
    """Pairs and their weights, with or without a header, of the time that the file's name or age says."""
    cells = _pairs_and_weights(sheet)
    if cells is None or as_numbers(cells["weight"])[1].any():
        return None
    named = _stated_day(sheet.name)
    when = sheet.written_at if named is None else named
    if when is None:
        raise sheet.no_weights(
            "it has pairs and weights, and no time. Put its day into the file's name, as weights-2026-01-05.csv, or "
            "into a column timestamp."
        )
    words = "when the file was last written" if named is None else "as its name says"
    sheet.note(f"the table says no time: it is taken for one decision, of {coerce.iso(when)}, {words}")
    rows = np.arange(len(sheet.frame) - len(cells), len(sheet.frame))
    return _of_rows(sheet, cells.assign(timestamp=_moments([when] * len(cells))), rows)


def _pairs_and_weights(sheet: Sheet) -> pd.DataFrame | None:
    """The cells of a table of these two columns; what stands in place of a header is the first row of one without."""
    if len(sheet.frame.columns) != len(("pair", "weight")):
        return None
    pair, weight = sheet.frame.columns
    cells = sheet.frame.set_axis(["pair", "weight"], axis=1)
    is_number = not np.isnan(as_numbers(pd.Series([weight]))[0][0])
    if pair and is_number:
        return pd.concat([pd.DataFrame({"pair": [pair], "weight": [weight]}), cells], ignore_index=True)
    return cells if not pair or key_of(pair) in _PAIRS else None


def _stated_day(name: str) -> int | None:
    """The day that a file's name says."""
    found = _DATE.search(name)
    moments = moments_of(pd.Series(["-".join(found.groups())] if found else [], dtype="string"))
    return int(moments.micros[0]) if found and moments.is_fine() and not moments.odd_years().size else None
