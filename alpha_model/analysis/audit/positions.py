"""Do positions and equity move only where trades and prices moved them?"""

import numpy as np

from alpha_model.analysis.audit.rule import Found, Rule, Severity, Unit, of_cycles, of_rows
from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.audit.tolerances import EQUITY_MOVE, STALE_MARK, UNITS
from alpha_model.analysis.facts import Numbers, Truths
from alpha_model.values import TradingPairSignalFlags as Flags


def _matrix(sheet: Sheet, values: Numbers) -> Numbers:
    """A column of `signals` as cycles × pairs, 0 where the pair is absent."""
    matrix = np.zeros(sheet.cycle_count * sheet.key_width)
    matrix[sheet.keys] = np.nan_to_num(values)
    return matrix.reshape(sheet.cycle_count, sheet.key_width)


def _bought(sheet: Sheet) -> tuple[Numbers, Truths]:
    """Units that changed hands from each cycle to the next, per pair; and where that is not known."""
    trades = sheet.trades
    size = sheet.cycle_count * sheet.key_width
    keys = trades.moved_keys
    known = keys >= 0
    units = np.bincount(keys[known], weights=np.nan_to_num(trades.quantity[known]), minlength=size)
    unclear = np.bincount(keys[known & np.isnan(trades.quantity)], minlength=size) > 0
    shape = (sheet.cycle_count, sheet.key_width)
    return units.astype(np.float64).reshape(shape), unclear.reshape(shape)


def _quantity_cycles(sheet: Sheet) -> Truths:
    """Cycles that record the quantities of all that they hold."""
    held = np.nan_to_num(sheet.column("old_value")) != 0
    without = sheet.any(held & np.isnan(sheet.column("old_quantity")))
    counted = np.bincount(sheet.places[held], minlength=sheet.cycle_count) >= sheet.of_cycle("held_count")
    recorded = bool(np.any(~np.isnan(sheet.column("old_quantity"))))
    whole: Truths = sheet.whole & ~without & counted & sheet.keeps_trades & recorded
    return whole


def _jumped(sheet: Sheet) -> Found:
    if sheet.cycle_count <= 1:
        return Found(0, sheet.cycle_count)
    units, unclear = _bought(sheet)
    quantity = _matrix(sheet, sheet.column("old_quantity"))
    complete = _quantity_cycles(sheet)
    checked = np.append(False, complete[1:] & complete[:-1])
    expected = quantity[:-1] + units[:-1]
    got = quantity[1:]
    scale = np.maximum(np.abs(quantity[:-1]), np.maximum(np.abs(expected), np.abs(got)))
    broken = (np.abs(got - expected) > UNITS * scale) & ~unclear[:-1] & checked[1:, None]
    broken[:, -1] = False
    places, pairs = np.nonzero(broken)
    return Found(
        int(np.count_nonzero(checked)),
        sheet.cycle_count,
        places + 1,
        sheet.history.pair_ids[pairs],
        expected[broken],
        got[broken],
    )


def _appeared(sheet: Sheet) -> Found:
    """Where no quantities are recorded: a position is there, or gone, without any trade since the cycle before."""
    if sheet.cycle_count <= 1:
        return Found(0, sheet.cycle_count)
    held = _matrix(sheet, sheet.column("old_value")) != 0
    traded = np.zeros(sheet.cycle_count * sheet.key_width, dtype=np.bool_)
    trades = sheet.trades
    traded[trades.moved_keys[(trades.moved_keys >= 0) & ~trades.lost]] = True
    traded = traded.reshape(held.shape)
    complete = sheet.whole & sheet.keeps_trades & ~_quantity_cycles(sheet)
    checked = np.append(False, complete[1:] & complete[:-1])
    broken = (held[1:] != held[:-1]) & ~traded[:-1] & checked[1:, None]
    broken[:, -1] = False
    places, pairs = np.nonzero(broken)
    value = _matrix(sheet, sheet.column("old_value"))
    return Found(
        int(np.count_nonzero(checked)),
        sheet.cycle_count,
        places + 1,
        sheet.history.pair_ids[pairs],
        value[:-1][broken],
        value[1:][broken],
    )


def _equity(sheet: Sheet) -> Found:
    """Between two cycles without other trades, equity moves by what the positions gained and lost."""
    total = sheet.equity_at_cycle
    old, adjust = np.nan_to_num(sheet.column("old_value")), np.nan_to_num(sheet.column("position_adjust_usd"))
    closed = sheet.planned & sheet.flagged(Flags.closed)
    after = np.where(sheet.planned, np.where(sheet.flips, adjust, old + adjust), old)
    before = sheet.total(old)
    left = sheet.total(np.where(closed, 0.0, after))
    trades = sheet.trades
    others = (trades.moved_keys >= 0) & ~(trades.rebalance & trades.at_cycle & trades.settled)
    disturbed = np.bincount(trades.moved_keys[others] // sheet.key_width, minlength=sheet.cycle_count) > 0
    usable = sheet.decided & sheet.whole & ~disturbed & ~np.isnan(total)
    if sheet.cycle_count <= 1:
        return Found(0, sheet.cycle_count)
    known = np.append(False, usable[:-1] & ~np.isnan(total[1:]) & sheet.whole[1:])
    expected = np.append(np.nan, total[:-1] + before[1:] - left[:-1])
    return of_cycles(known, np.abs(total - expected) > EQUITY_MOVE * np.abs(total), expected, total)


def _stale(sheet: Sheet) -> Found:
    value, quantity, price = (sheet.column(name) for name in ("old_value", "old_quantity", "price"))
    expected = np.where(sheet.was_short | (quantity <= 0), np.nan, quantity * price)
    known = ~np.isnan(expected) & ~np.isnan(value) & np.isnan(sheet.column("leverage"))
    return of_rows(sheet, known, np.abs(value - expected) > STALE_MARK * np.abs(expected), expected, value)


RULES = (
    Rule(
        "position_jumped",
        Severity.warning,
        "Is every quantity what was held at the cycle before, plus what was traded since?",
        "Units came or went without a recorded trade: a transfer, a split, a repair, or a trade that was not kept.",
        "{pair}: {got} units are held, but the cycle before and the trades since give {expected}.",
        Unit.units,
        _jumped,
    ),
    Rule(
        "position_without_trade",
        Severity.warning,
        "Where no quantities are recorded: did every position begin and end with a trade?",
        "A position appeared or vanished since the cycle before, and the source has no trade of it.",
        "{pair}: its value went from {expected} to {got} since the cycle before, without a recorded trade.",
        Unit.usd,
        _appeared,
    ),
    Rule(
        "equity_jumped",
        Severity.warning,
        "Does the equity move by what the positions gained and lost?",
        "A deposit, a withdrawal, or a position that the cycles do not see. Checked where equity is recorded at both "
        "cycles and nothing else was traded between them.",
        "Total equity is {got}; the cycle before and the gains of its positions give {expected}.",
        Unit.usd,
        _equity,
    ),
    Rule(
        "mark_stale",
        Severity.warning,
        "Is every position valued near the price of the decision?",
        "The position's own mark is old: its weight, and what is sold of it, are wrong by as much.",
        "{pair}: valued at {got}; its units at the price of the decision are worth {expected}.",
        Unit.usd,
        _stale,
        needs=("price",),
    ),
)
