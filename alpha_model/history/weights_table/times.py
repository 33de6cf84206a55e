"""Which moment does a cell say? What it plausibly is, decided for a column as a whole; nothing is guessed beyond that.

A whole number is YYYYMMDD, with or without hours, or a UNIX time in seconds, milli-, micro- or nanoseconds, whichever
of them lies between 1980 and 2100. The ranges do not overlap. Text is ISO 8601, or a written date whose day and month
cannot be taken for each other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from alpha_model.history.weights_table.sheet import Flags, Numbers, Places, is_blank

FIRST_TIME, LAST_TIME = pd.Timestamp("0001-01-01T00:00Z"), pd.Timestamp("9999-12-31T23:59:59.999999Z")
_OUR_FIRST, _OUR_LAST = pd.Timestamp("1980-01-01T00:00Z"), pd.Timestamp("2101-01-01T00:00Z")

EXPECTED = "a time, as 2026-01-05 or 2026-01-05T08:00Z"

_UNITS = {"UNIX seconds": 1.0, "UNIX milliseconds": 1e3, "UNIX microseconds": 1e6, "UNIX nanoseconds": 1e9}
_DIGITS = {"YYYYMMDD": (8, "%Y%m%d"), "YYYYMMDDhhmm": (12, "%Y%m%d%H%M"), "YYYYMMDDhhmmss": (14, "%Y%m%d%H%M%S")}
_LOOKS = (
    ("a year; write the day", 1_800, 2_200),
    ("a year and a month; write the day", 180_001, 220_012),
    ("a year and a day of it; write YYYYMMDD", 1_980_001, 2_100_366),
    ("the day number of a spreadsheet; write the day", 29_221, 73_415),
)
_DAYS = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%m.%d.%Y"),
    *("%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%d-%B-%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y"),
)
_CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
_ISO = "ISO8601"
_ALWAYS_DAY_FIRST = "%d.%m.%Y"
_LEAST_CLOCK = 100
"""Numbers below it count something; 930 is half past nine."""
_MICROS_A_DAY = 86_400_000_000


class Moments(NamedTuple):
    """The times of a column.

    Args:
        micros: Microseconds, UTC; 0 where a cell is bad.
        bad: Which cells say no time.
        expected: What was expected of them, and what they look like.
    """

    micros: Places
    bad: Flags
    expected: str = EXPECTED

    def is_fine(self) -> bool:
        """Does every cell say a time?"""
        return not self.bad.any()

    def are_days(self) -> bool:
        """Does no cell say an hour?"""
        return not (self.micros % _MICROS_A_DAY).any()

    def odd_years(self) -> Places:
        """Where a time lies outside 1980-2100."""
        first, last = (moment.value // 1_000 for moment in (_OUR_FIRST, _OUR_LAST))
        return np.flatnonzero(~self.bad & ((self.micros < first) | (self.micros >= last)))


def moments_of(cells: pd.Series) -> Moments:
    """The times of a column."""
    if pd.api.types.is_datetime64_any_dtype(cells):
        return _moments(pd.to_datetime(cells, utc=True))
    numbers = np.asarray(pd.to_numeric(cells, errors="coerce").astype("float64"), dtype=np.float64)
    if not np.isnan(numbers).all():
        return _of_numbers(numbers, ~is_blank(cells) & np.isnan(numbers))
    return _of_text(cells.astype("string").str.strip().str.replace(r"\s*(?:UTC|GMT)$", "Z", regex=True))


def _moments(found: pd.Series, expected: str = EXPECTED) -> Moments:
    good = found.between(FIRST_TIME, LAST_TIME).to_numpy(bool)
    micros = np.zeros(len(found), dtype=np.int64)
    micros[good] = found[good].dt.as_unit("us").astype("int64").to_numpy(np.int64)
    return Moments(micros, ~good, expected)


def _of_numbers(numbers: Numbers, is_text: Flags) -> Moments:
    """Numbers are all of one kind; which, the first one that can be told says."""
    readings = {name: _in_unit(numbers, parts) for name, parts in _UNITS.items()}
    readings |= {name: _in_digits(numbers, length, form) for name, (length, form) in _DIGITS.items()}
    kind = max(readings, key=lambda name: int((~readings[name].bad).sum()))
    found = readings[kind]
    if not found.bad.all():
        return found._replace(
            expected=f"{EXPECTED}, or {kind} as in the rows beside it" if found.bad.any() else EXPECTED
        )
    return found._replace(expected=EXPECTED + ("" if is_text.any() else _looks(numbers)))


def _in_unit(numbers: Numbers, parts: float) -> Moments:
    seconds = numbers / parts
    good = (seconds >= _OUR_FIRST.timestamp()) & (seconds < _OUR_LAST.timestamp())
    micros = np.where(good, np.round(np.where(good, seconds, 0.0) * 1e6), 0.0).astype(np.int64)
    return Moments(micros, ~good)


def _in_digits(numbers: Numbers, length: int, form: str) -> Moments:
    fits = (numbers >= 1980 * 10.0 ** (length - 4)) & (numbers < 2101 * 10.0 ** (length - 4))
    fits &= np.round(numbers) == numbers
    text = pd.Series(pd.NA, index=range(len(numbers)), dtype="string")
    text[fits] = pd.Series(numbers[fits].astype(np.int64), dtype="int64").astype("string").to_numpy()
    return _moments(pd.to_datetime(text, format=form, errors="coerce", utc=True))


def _looks(numbers: Numbers) -> str:
    """What numbers look like that are no times."""
    known = numbers[np.isfinite(numbers)]
    steps = np.diff(known)
    if known.size and known[0] in (0, 1) and (steps == 1).all():
        return "; these look like a count of the rows"
    for words, first, last in _LOOKS:
        if ((known >= first) & (known <= last)).all():
            return f"; this looks like {words}"
    return "; in no unit is this number between 1980 and 2100"


def _of_text(text: pd.Series) -> Moments:
    """Text is written in one way; which, the first cell says, and the others where it leaves two."""
    plain = _moments(_parsed(text, _ISO))
    first = text.dropna().iloc[:1]
    if plain.is_fine() or not first.str.contains(r"\d").any():
        return _without_months(plain, text)
    forms = (day + clock for day in _DAYS for clock in ("", *(f" {clock}" for clock in _CLOCKS)))
    able = [form for form in forms if _parsed(first, form).notna().all()]
    readings = [(_ISO, plain), *((form, _moments(_parsed(text, form))) for form in able)]
    fewest = min(int(found.bad.sum()) for _, found in readings)
    best = [(form, found) for form, found in readings if found.bad.sum() == fewest]
    form, found = best[0]
    if form.startswith(_ALWAYS_DAY_FIRST) or all((found.micros == other.micros).all() for _, other in best):
        return _without_months(found, text)
    return Moments(found.micros, np.ones(len(text), dtype=np.bool_), f"{EXPECTED}; day and month may be either here")


def _parsed(text: pd.Series, form: str) -> pd.Series:
    whole = text if form == _ISO else text.where(text.str.contains(r"\d{4}"))
    found: pd.Series = pd.to_datetime(whole, format=form, utc=True, errors="coerce")
    return found


def _without_months(found: Moments, text: pd.Series) -> Moments:
    """The times without those that only say a month."""
    months = text.str.fullmatch(r"\d{4}-\d{1,2}").fillna(False).to_numpy(bool)  # noqa: FBT003
    looks = "; this looks like a month; write the day" if months.any() else ""
    return found._replace(bad=found.bad | months, expected=found.expected + looks)


def clocks_of(cells: pd.Series) -> Places | None:
    """Microseconds since midnight, where every cell of the column says an hour and a minute and no day."""
    text = cells.astype("string").str.strip().str.removesuffix("Z").str.upper()
    numbers = pd.to_numeric(text, errors="coerce")
    if numbers.notna().all():
        if not (numbers >= _LEAST_CLOCK).any():
            return None
        text = text.str.replace(r"\.0$", "", regex=True)
        width = 6 if int(text.str.len().max() or 0) > len("hhmm") else 4
        text = text.str.zfill(width).str.replace(r"(\d\d)(?=\d)", r"\1:", regex=True)
    for form in _CLOCKS:
        found = pd.to_datetime(text, format=form, errors="coerce")
        if len(found) and found.notna().all():
            return np.asarray((found - found.dt.normalize()).dt.as_unit("us").astype("int64"), dtype=np.int64)
    return None
