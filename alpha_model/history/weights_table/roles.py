"""Which column of a weights table is the time, which the pair, which a number that we know?

Names come first (`names`); where they leave it open, what stands in the cells decides, and that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from alpha_model.history.tables import coerce
from alpha_model.history.weights_table.limits import check_rows, check_unlike
from alpha_model.history.weights_table.names import NAMES, TIME_NAMES, role_key
from alpha_model.history.weights_table.numbers import as_numbers
from alpha_model.history.weights_table.shapes import reshaped
from alpha_model.history.weights_table.sheet import Sheet, is_blank
from alpha_model.history.weights_table.times import Moments, clocks_of, moments_of
from alpha_model.values import HistoryError

_NAMELESS = {"", "index", "unnamed: 0", "level_0", "__index_level_0__"}
"""What the first column of a frame's index is called where it has no name."""


_MOST_TRIED = 20
"""So many columns of text are looked at for times."""


_Times: TypeAlias = tuple[list[str], Moments]


class Roles(NamedTuple):
    """What the columns of a table are.

    Args:
        sheet: The table, without a column that only counts its rows.
        times: The columns of the time: one, or a day and an hour.
        more_times: Other columns that are called times.
        moments: The time of each row.
        pair: The column of pairs; None in a wide table.
        numbers: The column of each number that we know, by what it is.
    """

    sheet: Sheet
    times: list[str]
    more_times: list[str]
    moments: Moments
    pair: str | None
    numbers: dict[str, str]


def roles_of(sheet: Sheet, max_bytes: int | None = None) -> Roles:
    """What the columns of a table are.

    Args:
        sheet: The table.
        max_bytes: Most bytes that it may take in memory; None is no limit.

    Raises:
        HistoryError: No column can be the time, or two have one name.
    """
    _check_named(sheet, 1)
    check_unlike(list(sheet.frame.columns), sheet.name)
    sheet, found = _with_times(_without_blank_rows(sheet))
    if found is None:
        sheet, found = _with_times(reshaped(sheet, max_bytes) or sheet)
        found = found or _by_content(sheet)
    if found is None:
        raise sheet.no_weights(
            f"it has no column of times, its columns are {sheet.told_columns()}. "
            f"Name one of them {', '.join(TIME_NAMES)}."
        )
    _check_named(sheet, 0)
    times, moments = found
    check_rows(len(sheet.frame), sheet.name)
    _tell_odd_years(sheet, times, moments)
    numbers = {role: _named(sheet, role, times) for role in NAMES if role not in ("time", "pair")}
    known = {role: columns[0] for role, columns in numbers.items() if columns}
    return Roles(sheet, times, _named(sheet, "time", times), moments, _pair(sheet, times, known), known)


def _without_blank_rows(sheet: Sheet) -> Sheet:
    """The table without rows that say nothing at all, as spreadsheets leave them behind."""
    frame = sheet.frame
    if not len(frame.columns) or not len(frame):
        return sheet
    blank = is_blank(frame.iloc[:, 0])
    for column in frame.columns[1:] if blank.any() else ():
        blank[blank] = is_blank(frame.loc[blank, column])
    if blank.any():
        where = sheet.row_name(int(np.flatnonzero(blank)[0]))
        message = f"blank rows: {np.count_nonzero(blank):,}, the first is {where}; they are left out"
        sheet.problems.add("skipped", message)
    return sheet.kept(~blank)


def _named(sheet: Sheet, role: str, taken: Sequence[str] = ()) -> list[str]:
    """The columns that may have a role by their names, the plainest name first, but for those that have another."""
    ranks = {name: rank for rank, name in enumerate(NAMES[role])}
    lower: dict[str, str] = {}
    for column in sheet.frame.columns:
        if role_key(column) in ranks:
            if column.lower() in lower:
                shown = coerce.shown(column.lower())
                raise HistoryError(f"{sheet.name} has two columns named {shown}. Rename one.", column=column)
            lower[column.lower()] = column
    found = {column: (ranks[role_key(column)], column.lower() not in ranks) for column in lower.values()}
    return sorted(found.keys() - {*taken}, key=found.__getitem__)


def _with_times(sheet: Sheet) -> tuple[Sheet, _Times | None]:
    """The table without a column that counts its rows; the columns of its times, and the times, where it has some."""
    named, nameless = _named(sheet, "time"), _first_nameless(sheet)
    if nameless is not None and _counts(sheet.frame[nameless]):
        sheet, nameless = sheet.having(sheet.frame.drop(columns=nameless)), None
    found = _best(sheet, named)
    if nameless is not None and (found is None or not found[1].is_fine()):
        moments = moments_of(sheet.frame[nameless])
        if 2 * moments.bad.sum() < len(moments.bad):
            shown = "time" if "time" not in sheet.frame.columns else "time of the row"
            sheet, found = sheet.having(sheet.frame.rename(columns={nameless: shown})), ([shown], moments)
    elif nameless is not None and not _named(sheet, "pair") and not _is_number(sheet.frame[nameless]):
        sheet = sheet.having(sheet.frame.rename(columns={nameless: "pair"}))
    return sheet, found


def _best(sheet: Sheet, named: list[str]) -> _Times | None:
    """Of the columns that are called times the first that holds some; an hour of the day is added to its day."""
    clocks = {column: clocks_of(sheet.frame[column]) for column in named} if len(named) > 1 else {}
    days = [column for column in named if clocks.get(column) is None]
    tried: dict[str, Moments] = {}
    for column in days:
        tried[column] = moments_of(sheet.frame[column])
        if tried[column].is_fine():
            break
    if not tried:
        return None
    best = next((column for column, found in tried.items() if found.is_fine()), days[0])
    for column, clock in clocks.items():
        if clock is not None and tried[best].are_days():
            return [best, column], tried[best]._replace(micros=tried[best].micros + clock)
    return [best], tried[best]


def _by_content(sheet: Sheet) -> _Times | None:
    """The only column whose cells, times of some program or text, are all times."""
    frame = sheet.frame
    able = [column for column in frame.columns if len(frame) and not _is_number(frame[column])]
    found = {column: moments_of(frame[column]) for column in able[:_MOST_TRIED]}
    fine = [column for column, moments in found.items() if moments.is_fine()]
    if len(fine) != 1:
        return None
    sheet.note(f"the column {coerce.shown(fine[0])} is taken for the time, as its cells are times", fine[0])
    return fine, found[fine[0]]


def _is_number(cells: pd.Series) -> bool:
    """Does every cell that is not blank say a number?"""
    numbers, bad = as_numbers(cells)
    return not bad.any() and not np.isnan(numbers).all()


def _first_nameless(sheet: Sheet) -> str | None:
    columns = sheet.frame.columns
    return columns[0] if len(columns) and columns[0].lower() in _NAMELESS else None


def _counts(cells: pd.Series) -> bool:
    """Does a column only count the rows, from 0 or from 1?"""
    found, rows = as_numbers(cells)[0], np.arange(len(cells))
    return bool((found == rows).all() or (found == rows + 1).all())


def _check_named(sheet: Sheet, first: int) -> None:
    """Raise a HistoryError where a column from this place on has no name."""
    for place, column in enumerate(sheet.frame.columns):
        if place >= first and not column:
            raise HistoryError(
                f"{sheet.name}, column {place + 1}: it has no name. Name it, or, where it is only the index of a "
                "pandas frame, write the table with index=False.",
                column=place + 1,
            )


def _pair(sheet: Sheet, times: list[str], numbers: dict[str, str]) -> str | None:
    """The column of pairs: text by its name, or numbers where another column has the weights; else the only text."""
    for column in _named(sheet, "pair", times):
        if "weight" in numbers or not _is_number(sheet.frame[column]):
            return column
    known = {*times, *numbers.values()}
    cells = {column: sheet.frame[column] for column in sheet.frame.columns if column not in known}
    has_weights = not {"weight", "amount", "value"}.isdisjoint(numbers)
    texts = [name for name, found in cells.items() if has_weights and not (_is_number(found) or is_blank(found).all())]
    if len(texts) != 1:
        return None
    sheet.note(f"the column {coerce.shown(texts[0])} is taken for the pairs, as it is the only text", texts[0])
    return texts[0]


def _tell_odd_years(sheet: Sheet, times: list[str], moments: Moments) -> None:
    odd = moments.odd_years()
    if odd.size:
        when = coerce.iso(int(moments.micros[odd[0]]))
        where = sheet.row_name(int(odd[0]))
        sheet.note(f"times outside the years 1980 to 2100: {odd.size:,}, the first {when} in {where}", times[0])
