"""Did the trades follow the plan, and do positions and equity follow the trades?"""

import numpy as np

from alpha_model.analysis.audit.rule import Found, Rule, Severity, Unit, of_rows, of_trades
from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.audit.tolerances import PARTIAL_FILL, SLIPPAGE, TRADE_SIZE, exceeds
from alpha_model.analysis.facts import UNKNOWN_TIME, Numbers, Truths, microseconds, numbers
from alpha_model.values import TradingPairSignalFlags as Flags


def _trade_numbers(sheet: Sheet, name: str) -> Numbers:
    return numbers(sheet.history.tables.trades, name)


def _own(sheet: Sheet) -> Truths:
    """Rebalance trades that were decided at the very time of their cycle, in a cycle that records its rebalance."""
    trades = sheet.trades
    found: Truths = trades.rebalance & trades.at_cycle & (trades.keys >= 0)
    found[found] = sheet.decided[trades.places[found]]
    return found


def _missing(sheet: Sheet) -> Found:
    traded = sheet.traded(sheet.trades.rebalance)
    known = sheet.spread(sheet.decided & sheet.keeps_trades) & sheet.inside
    return of_rows(sheet, known, sheet.planned & ~traded, sheet.column("position_adjust_usd"), np.zeros(len(known)))


def _of_rows(sheet: Sheet, rows: Truths) -> Truths:
    """Which trades are of such a row of `signals`."""
    at = sheet.row_of_trade
    found: Truths = at >= 0
    found[found] = rows[at[found]]
    return found


def _unplanned(sheet: Sheet) -> Found:
    return of_trades(sheet, _own(sheet), ~_of_rows(sheet, sheet.planned), 0.0, _trade_numbers(sheet, "value"))


def _below_threshold(sheet: Sheet) -> Found:
    own, places = _own(sheet), sheet.trades.places
    held = own.copy()
    held[own] = sheet.held[places[own]]
    threshold = np.full(len(own), np.nan)
    threshold[own] = sheet.of_cycle("position_adjust_threshold_usd")[places[own]]
    return of_trades(sheet, own, held, threshold, _trade_numbers(sheet, "value"))


def _skipped_traded(sheet: Sheet) -> Found:
    single = sheet.flagged(Flags.individual_trade_size_too_small, Flags.individual_trade_quantity_too_small)
    return of_trades(sheet, _own(sheet), _of_rows(sheet, single), 0.0, _trade_numbers(sheet, "value"))


def _lost(sheet: Sheet) -> Found:
    statuses = sheet.history.tables.trades["status"]
    every = np.ones(len(sheet.trades), dtype=np.bool_)
    return of_trades(sheet, every, sheet.trades.lost, _trade_numbers(sheet, "value"), None, statuses)


def _unconfirmed(sheet: Sheet) -> Found:
    trades = sheet.trades
    last = sheet.moments[-1] if sheet.cycle_count else 0
    open_ended = ~trades.settled & ~trades.lost & (not sheet.only_plans)
    return of_trades(sheet, trades.moments < last, open_ended, _trade_numbers(sheet, "value"))


def _slippage(sheet: Sheet) -> Found:
    planned, executed = _trade_numbers(sheet, "planned_price"), _trade_numbers(sheet, "executed_price")
    share = np.abs(executed - planned) / np.where(planned > 0, planned, np.nan)
    return of_trades(sheet, ~np.isnan(share) & sheet.trades.settled, share > SLIPPAGE, planned, executed)


def _partial(sheet: Sheet) -> Found:
    planned, executed = _trade_numbers(sheet, "planned_quantity"), _trade_numbers(sheet, "executed_quantity")
    known = ~np.isnan(planned) & ~np.isnan(executed) & sheet.trades.settled
    return of_trades(sheet, known, np.abs(executed - planned) > PARTIAL_FILL * np.abs(planned), planned, executed)


def _clock(sheet: Sheet) -> Found:
    table = sheet.history.tables.trades
    executed = microseconds(table, "executed_at")
    lead = (microseconds(table) - executed) / 1e6
    return of_trades(sheet, executed != UNKNOWN_TIME, lead > 0, 0.0, lead)


def _size(sheet: Sheet) -> Found:
    """Ordinary changes of long spot positions: closes sell what is held, and a short's notional is another amount."""
    ordinary = sheet.planned & ~sheet.flips & ~sheet.flagged(Flags.closed) & np.isnan(sheet.column("leverage"))
    ordinary &= ~sheet.was_short & (sheet.column("position_target") > 0)
    known = _own(sheet) & _of_rows(sheet, ordinary)
    adjust = np.full(len(known), np.nan)
    adjust[known] = np.abs(sheet.column("position_adjust_usd")[sheet.row_of_trade[known]])
    planned = np.abs(_trade_numbers(sheet, "planned_quantity") * _trade_numbers(sheet, "planned_price"))
    known &= ~np.isnan(planned)
    return of_trades(sheet, known, exceeds(np.abs(planned - adjust), TRADE_SIZE * adjust), adjust, planned)


RULES = (
    Rule(
        "trade_missing",
        Severity.warning,
        "Was every change that was decided also traded?",
        "The signal says that it was to be traded, and the source has no trade of this cycle and pair.",
        "{pair}: a change of {expected} was decided, and no trade is recorded.",
        Unit.usd,
        _missing,
    ),
    Rule(
        "trade_unplanned",
        Severity.warning,
        "Was every rebalance trade decided by its cycle?",
        "Something else traded at the time of the cycle, or the cycle was changed after it had traded.",
        "{pair}: a trade of {got} is recorded that the cycle did not decide.",
        Unit.usd,
        _unplanned,
        "trades",
    ),
    Rule(
        "trade_in_held_cycle",
        Severity.error,
        "Was nothing traded in cycles that their threshold held back?",
        "Record and trades contradict each other about the whole rebalance.",
        "{pair}: a trade of {got} is recorded, but the whole rebalance was below its threshold of {expected}.",
        Unit.usd,
        _below_threshold,
        "trades",
    ),
    Rule(
        "trade_flagged_too_small",
        Severity.error,
        "Was no change traded that is flagged as too small?",
        "The flag says that the pair was skipped; the trade says that it was not.",
        "{pair}: a trade of {got} is recorded, although the change is flagged as too small.",
        Unit.usd,
        _skipped_traded,
        "trades",
    ),
    Rule(
        "trade_lost",
        Severity.warning,
        "Did every trade go through?",
        "It failed or expired: the position is not where the cycle wanted it.",
        "{pair}: a trade of {expected} {word}.",
        Unit.usd,
        _lost,
        "trades",
    ),
    Rule(
        "trade_unconfirmed",
        Severity.warning,
        "Is it recorded for every earlier trade what became of it?",
        "Neither an execution nor a failure is recorded, and later cycles are.",
        "{pair}: no fill is on record of a planned trade of {expected}.",
        Unit.usd,
        _unconfirmed,
        "trades",
    ),
    Rule(
        "trade_slippage",
        Severity.warning,
        "Was every trade filled near its planned price?",
        "The market moved, or is too small for the trade.",
        "{pair}: filled at {got} where {expected} was planned.",
        Unit.price,
        _slippage,
        "trades",
    ),
    Rule(
        "trade_partial",
        Severity.warning,
        "Was every trade filled in full?",
        "Less or more changed hands than was planned.",
        "{pair}: {got} units were filled of {expected} planned.",
        Unit.units,
        _partial,
        "trades",
    ),
    Rule(
        "trade_before_decision",
        Severity.error,
        "Was every trade executed after it was decided?",
        "Two clocks disagree.",
        "{pair}: a trade was executed {got} before it was decided.",
        Unit.seconds,
        _clock,
        "trades",
    ),
    Rule(
        "trade_of_other_size",
        Severity.warning,
        "Is every trade as large as the change it carries out?",
        "The trade was planned from other numbers than those recorded. Closes, flips and shorts are left out: they "
        "trade what is held, or a notional.",
        "{pair}: the change is {expected}, and a trade of {got} was planned.",
        Unit.usd,
        _size,
        "trades",
    ),
)
