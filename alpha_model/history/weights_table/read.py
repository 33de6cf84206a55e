"""How does a table of weights become a history?

Two layouts, as CSV, Parquet or a pandas frame:

*long*, one row a time and pair::

    timestamp,pair,weight,signal,price,equity
    2026-01-05,AAPL,0.6,1.2,190.5,10000
    2026-01-05,MSFT,0.4,0.8,410.0,10000

*wide*, one row a time, one column a pair, the weights in the cells::

    timestamp,AAPL,MSFT
    2026-01-05,0.6,0.4
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from alpha_model.history.assemble import Assembly
from alpha_model.history.files import Progress, at_hand, is_uri, name_of, open_bytes, open_file
from alpha_model.history.history import History, Source
from alpha_model.history.tables import coerce
from alpha_model.history.weights_table.beside import set_aside
from alpha_model.history.weights_table.cells import sheet_of_file, sheet_of_frame
from alpha_model.history.weights_table.checks import check_unique, one_equity, pairs_of
from alpha_model.history.weights_table.cycle import NUMBERS, TidyRow, tidy_snapshot
from alpha_model.history.weights_table.extra import extras_of
from alpha_model.history.weights_table.layout import Long, long_form
from alpha_model.history.weights_table.roles import Roles, roles_of
from alpha_model.history.weights_table.scale import as_shares
from alpha_model.history.weights_table.sheet import Places, Sheet, sums_of
from alpha_model.values import HistoryError, PairId, Usd

TABLE_SUFFIXES = (".csv.gz", ".csv.zst", ".csv", ".parquet")
"""What a table file's name ends with, in capitals or not."""


def is_table(source: Path | str) -> bool:
    """Is this the path or address of a table file, by its name?"""
    return is_table_name(name_of(source))


def is_table_name(name: str) -> bool:
    """Is a file of this name a table file?"""
    return name.lower().endswith(TABLE_SUFFIXES)


def read_weights(
    table: Path | str | pd.DataFrame,
    *,
    strategy: str | None = None,
    equity: Usd | None = None,
    progress: Progress | None = None,
) -> History:
    """A history from a table of weights.

    Columns, under these or the usual other names (docs/command-line.md): a time; a pair in the long layout; and of
    these numbers at least `weight` or `signal`:

    - `weight`: share of equity wanted, negative for a short; `signal`: what it came from, else the weight itself;
    - `raw_weight`: before normalising, else the weight; `old_weight`: held before, else the weight wanted last time;
    - `price`: USD; `value`: USD held before; `equity`: USD that may be invested, the same for all rows of a time;
    - `pair_id`: your own whole number for the pair. Other columns are kept as `extra` of the signal, but for a first
      one without a name that only counts the rows, the index of a pandas frame.

    What could have been meant otherwise, and what is left out, stands in `history.problems`: times without any weight,
    which are no decisions; cash and totals, which are no pairs; percentages and amounts, of which shares are made.

    Where the equity is known, so are the targets and changes in USD, and as such a table knows no threshold, every
    change counts as traded. Where it is not known, they are absent.

    Args:
        table: The file, by path or address, or a frame, whose index levels are columns like the others.
        strategy: The strategy's name.
        equity: USD that may be invested at every time, for a table that does not say.
        progress: Told the share that is done, 0...1.

    Raises:
        HistoryError: The file cannot be had, has no rows, or a value cannot be read; the message names the line of the
            file, or the row of a frame, and the column.
    """
    if isinstance(table, pd.DataFrame):
        source = Source("the table", "weights table", strategy)
        return _history(sheet_of_frame(table, source.name), source, equity, progress)
    name = name_of(table)
    with at_hand(table) as path:
        facts = path.stat() if path.is_file() else None
        sheet = sheet_of_file(open_file(path, name=name if is_uri(table) else None), name)
        if facts is not None and not is_uri(table):
            sheet = replace(sheet, written_at=facts.st_mtime_ns // 1_000)
        size = None if facts is None else facts.st_size
        return _history(sheet, Source(name, "weights table", strategy, size), equity, progress)


def read_weights_bytes(data: bytes, name: str, *, max_bytes: int | None = None) -> History:
    """A history from the bytes of a table of weights, such as an upload; see `read_weights`. Nothing goes to disk.

    Args:
        data: The bytes of CSV, plain or compressed with gzip or zstd, or of Parquet.
        name: The file's name, for people.
        max_bytes: Most bytes that it may take in memory; None is no limit.

    Raises:
        HistoryError: It is no table of weights, or too large; the message names line or row, and column, where it can.
    """
    sheet = sheet_of_file(open_bytes(data, name, max_bytes), name, max_bytes)
    return _history(sheet, Source(name, "weights table", None, len(data)), max_bytes=max_bytes)


def _history(
    sheet: Sheet,
    source: Source,
    equity: Usd | None = None,
    progress: Progress | None = None,
    max_bytes: int | None = None,
) -> History:
    """The history of a table."""
    roles = roles_of(sheet, max_bytes)
    long = _with_sides(as_shares(_decided(roles, set_aside(long_form(roles, max_bytes))), equity))
    pair_ids, identities = pairs_of(long)
    check_unique(long, pair_ids, roles.pair or roles.times[0])
    extras = _extras(roles, long, max_bytes)

    assembly, done = Assembly(), 0
    assembly.problems.extend(sheet.problems)
    has_curve, signs_held = long.knows_equity and equity is None, _signs_held(long)
    before: dict[PairId, TidyRow] = {}
    for when, places in _together(long):
        cycle = {pair_ids[place]: TidyRow(extras[place], _numbers(long, place)) for place in places}
        money = one_equity(long, places) if places.size else equity
        snapshot = tidy_snapshot(cycle, before, when, money, identities, is_signed=signs_held)
        point = {"total_equity": money} if money is not None and has_curve else None
        assembly.add_cycle(snapshot, when, source="weights table", equity=point)
        before = {pair_id: row for pair_id, row in cycle.items() if row.numbers.get("weight")}
        done += len(places)
        if progress is not None and places.size:
            progress(done / len(long.rows))
    return assembly.finish(source)


def _decided(roles: Roles, long: Long) -> Long:
    """The table without times at which no pair has any value: nothing was decided then.

    Raises:
        HistoryError: No time is left.
    """
    times, at = long.moments()
    says = [~np.isnan(long.numbers[role]) for role in ("weight", "signal", "raw_weight") if role in long.numbers]
    decided = sums_of(at, np.logical_or.reduce(says), len(times)) > 0
    known = {*times[decided].tolist(), *long.all_cash}
    silent = ~np.isin(roles.moments.micros, sorted(known))
    if silent.any():
        row, count = int(np.flatnonzero(silent)[0]), len(np.unique(roles.moments.micros[silent]))
        when, where = coerce.iso(int(roles.moments.micros[row])), roles.sheet.row_name(row)
        message = f"times without a weight of any pair: {count:,}, the first {when} in {where}"
        if not known:
            raise HistoryError(f"{roles.sheet.name} holds no weights: {message}. Write the weights into its cells.")
        left_out = f"{message}; nothing was decided then, and they are left out"
        roles.sheet.problems.add("skipped", left_out)
    return _not_wanted(long.kept(decided[at]))


def _not_wanted(long: Long) -> Long:
    """The table with weight 0 for a pair whose cell is blank beside the weights of others."""
    if "weight" not in long.numbers:
        return long
    times, at = long.moments()
    blank = np.isnan(long.numbers["weight"])
    has_weights = sums_of(at, ~blank, len(times))[at] > 0
    return long.having(weight=np.where(blank & has_weights, 0.0, long.numbers["weight"]))


def _with_sides(long: Long) -> Long:
    """The table with signed weights; where none has a sign, the signals may have them."""
    weights, signals = long.numbers.get("weight"), long.numbers.get("signal")
    if weights is None or signals is None or (weights < 0).any():
        return long
    return long.having(weight=np.where(np.nan_to_num(signals) < 0, -weights, weights))


def _extras(roles: Roles, long: Long, max_bytes: int | None) -> list[str | None]:
    """What else the table says of each row; a wide one says nothing else."""
    if roles.pair is None:
        return [None] * len(long.rows)
    known = {*roles.times, roles.pair, *long.columns.values()}
    frame = roles.sheet.frame
    told = extras_of(frame[[column for column in frame.columns if column not in known]], roles.sheet.name, max_bytes)
    return [told[row] for row in long.rows]


def _together(long: Long) -> list[tuple[int, Places]]:
    """The rows of each time, in time order; none of one at which all is cash."""
    order = np.argsort(long.times, kind="stable").astype(np.int64)
    rows = np.split(order, np.flatnonzero(np.diff(long.times[order])) + 1) if order.size else []
    found = {int(long.times[places[0]]): places for places in rows}
    nothing = dict.fromkeys(long.all_cash, order[:0])
    return sorted((nothing | found).items())


def _numbers(long: Long, place: int) -> dict[str, float | None]:
    """The numbers of a row; None where a cell is blank."""
    cells = {role: float(long.numbers[role][place]) for role in NUMBERS if role in long.numbers}
    return {role: None if math.isnan(number) else number for role, number in cells.items()}


def _signs_held(long: Long) -> bool:
    """Has what was held before the sign of its side?"""
    return any((long.numbers[role] < 0).any() for role in ("value", "old_weight") if role in long.numbers)
