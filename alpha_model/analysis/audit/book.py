"""Are weights, profits and ids of what is held those of one book, and is the account one too?"""

import numpy as np

from alpha_model.analysis.audit.rule import Found, Rule, Severity, Unit, of_cycles, of_rows, unusual
from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.audit.tolerances import FEES, HALF_A_CENT, WEIGHT, differ, exceeds
from alpha_model.analysis.facts import Truths, numbers


def _held(sheet: Sheet) -> Truths:
    """Rows of a pair that was held with a value."""
    return np.nan_to_num(sheet.column("old_value")) > 0


def _old_share(sheet: Sheet) -> Found:
    """Shares of what is held; tables of other programs may have shares of equity, and are then not asked."""
    value, weight = sheet.column("old_value"), sheet.column("old_weight")
    total = sheet.total(value)
    share = value / sheet.spread(np.where(total > 0, total, np.nan))
    known = ~np.isnan(share) & ~np.isnan(weight) & sheet.spread(sheet.whole)
    off = known & differ(weight, share, WEIGHT)
    asked = sheet.any(known)
    broken = off & sheet.spread(unusual(asked, sheet.any(off)))
    return of_rows(sheet, known, broken, share, weight)


def _profit_sign(sheet: Sheet) -> Found:
    profit, share = sheet.column("profit_before_trades"), sheet.column("profit_before_trades_pct")
    known = (np.abs(profit) > HALF_A_CENT) & (np.abs(share) > WEIGHT)
    return of_rows(sheet, known, unusual(known, np.sign(profit) != np.sign(share)), profit, share)


def _profit_share(sheet: Sheet) -> Found:
    """Of the cost, which is value less profit.

    Where positions were sold in part, a source may take all that they ever cost: the share is then smaller.
    """
    profit, share = sheet.column("profit_before_trades"), sheet.column("profit_before_trades_pct")
    cost = sheet.column("old_value") - profit
    known = _held(sheet) & ~np.isnan(share) & ~np.isnan(profit)
    expected = profit / np.where(cost > 0, cost, np.nan)
    longs, broken = known & ~sheet.was_short, np.zeros(len(known), dtype=np.bool_)
    for rows, slack in ((longs, WEIGHT), (known & ~longs, FEES)):
        broken |= unusual(rows, rows & (np.isnan(expected) | differ(share, expected, slack)))
    broken |= unusual(longs, longs & exceeds(np.abs(share), np.abs(expected), WEIGHT))
    return of_rows(sheet, known, broken, expected, share)


def _profit_moves(sheet: Sheet) -> Found:
    """From one cycle to the next, what is not traded gains as much as its value rises."""
    profit, value = sheet.column("profit_before_trades"), sheet.column("old_value")
    row, held = sheet.row_before, _held(sheet) & ~np.isnan(profit)
    before = np.maximum(row, 0)
    still = held & ~(sheet.planned | sheet.traded(np.ones(len(sheet.trades), dtype=np.bool_)) | sheet.pulled)
    known = held & (row >= 0)
    known[known] = still[row[known]]
    expected = profit[before] + value - value[before] if len(value) else value
    off = np.abs(profit - expected) > HALF_A_CENT + WEIGHT * np.abs(value)
    return of_rows(sheet, known, unusual(known, known & off), expected, profit)


def _position_id(sheet: Sheet) -> Found:
    """A change of side closes one position and opens another: one of the two is recorded."""
    at, ids = sheet.row_of_trade, numbers(sheet.history.tables.trades, "position_id")
    own = (at >= 0) & sheet.trades.rebalance & sheet.trades.at_cycle & ~np.isnan(ids)
    recorded = sheet.column("position_id")
    has, same = sheet.traded(own), np.zeros(len(recorded), dtype=np.bool_)
    same[at[own][recorded[at[own]] == ids[own]]] = True
    known = has & ~np.isnan(recorded) & sheet.planned
    first = np.full(len(recorded), np.nan)
    first[at[own]] = ids[own]
    return of_rows(sheet, known, ~same, first, recorded)


def _account(sheet: Sheet) -> Found:
    """Cash and the values before the trades of the cycle or after them, as the source has it."""
    total, cash, old = sheet.equity_at_cycle, sheet.cash_at_cycle, sheet.column("old_value")
    after = np.where(sheet.planned, np.nan_to_num(sheet.column("position_target")), old)
    before = cash + sheet.total(old)
    other = cash + sheet.total(after)
    book = np.where(np.abs(total - other) < np.abs(total - before), other, before)
    known = ~np.isnan(total) & ~np.isnan(book) & sheet.whole
    off = np.abs(total - book) > FEES * np.abs(total) + HALF_A_CENT
    return of_cycles(known, unusual(known, known & off), book, total)


def _cash(sheet: Sheet) -> Found:
    known, cash = ~np.isnan(sheet.cash_at_cycle), sheet.cash_at_cycle
    return of_cycles(known, cash < -HALF_A_CENT, 0.0, cash)


def _ruined(sheet: Sheet) -> Found:
    total = sheet.equity_at_cycle
    return of_cycles(~np.isnan(total), total < -HALF_A_CENT, 0.0, total)


def _carried(sheet: Sheet) -> Found:
    old, target = sheet.column("old_value"), sheet.column("position_target")
    known = (sheet.column("carry_forward") != 0) & ~np.isnan(old) & ~np.isnan(target)
    return of_rows(sheet, known, differ(target, old), old, target)


RULES = (
    Rule(
        "old_weight_not_the_share",
        Severity.error,
        "Is every weight held before a cycle the share of its value in all that was held?",
        "Weight and value are of different moments: moves that are measured with one contradict the other.",
        "{pair} was held with the weight {got}; its value is {expected} of all that was held.",
        Unit.share,
        _old_share,
        needs=("old_weight",),
    ),
    Rule(
        "profit_of_other_sign",
        Severity.error,
        "Do profit in USD and profit as a share have the same sign, where they usually do?",
        "A gain is told as a loss, or the other way round.",
        "{pair}: the profit is {expected} USD, and as a share of the cost {got}.",
        Unit.none,
        _profit_sign,
        needs=("profit_before_trades",),
    ),
    Rule(
        "profit_not_the_share",
        Severity.warning,
        "Is the profit as a share that of the cost, where it usually is?",
        "Profit, value and share of a position are of different moments.",
        "{pair}: the profit is recorded as {got} of the cost; profit and value give {expected}.",
        Unit.share,
        _profit_share,
        needs=("profit_before_trades",),
    ),
    Rule(
        "profit_jumped",
        Severity.warning,
        "Does the profit of what is not traded rise by as much as its value?",
        "The profit is of another moment, or of the other sign; or units came or went without a trade.",
        "{pair}: the profit is {got}; that of the cycle before and the change of value give {expected}.",
        Unit.usd,
        _profit_moves,
        needs=("profit_before_trades",),
    ),
    Rule(
        "trade_of_other_position",
        Severity.warning,
        "Is every planned change traded in the position that the cycle names?",
        "Profits and trades of the pair are looked up in the wrong position.",
        "{pair}: the cycle names position {got}, and its trade is of position {expected}.",
        Unit.whole,
        _position_id,
        needs=("position_id",),
    ),
    Rule(
        "account_disagrees",
        Severity.warning,
        "Is the total equity cash and positions, where it usually is?",
        "A position that the cycle does not see, or a number from another moment.",
        "Total equity is {got}; cash and the positions of the cycle give {expected}.",
        Unit.usd,
        _account,
    ),
    Rule(
        "cash_negative",
        Severity.warning,
        "Is there never less than no cash?",
        "The account borrows, or the number is wrong.",
        "Cash is {got}.",
        Unit.usd,
        _cash,
    ),
    Rule(
        "equity_negative",
        Severity.error,
        "Is the total equity never below 0?",
        "Nothing can be a share of it.",
        "Total equity is {got}.",
        Unit.usd,
        _ruined,
    ),
    Rule(
        "carried_not_kept",
        Severity.warning,
        "Does every position that is carried forward keep its value as its target?",
        "What cannot be traded is told to become another size.",
        "{pair} is carried forward at {expected}, and its target is {got}.",
        Unit.usd,
        _carried,
    ),
)
