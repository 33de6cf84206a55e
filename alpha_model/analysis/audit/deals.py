"""Are side, price, size, fee and time of every trade those of the change that it carries out?"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.analysis.audit.rule import Found, Rule, Severity, Unit, of_trades, once, unusual
from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.audit.tolerances import FEE, FEES, HALF_A_CENT, SELDOM, SLIPPAGE, UNITS
from alpha_model.analysis.facts import UNKNOWN_TIME, Numbers, Places, Truths, microseconds, numbers
from alpha_model.values import TradingPairSignalFlags as Flags


def _of(sheet: Sheet, name: str) -> Numbers:
    return numbers(sheet.history.tables.trades, name)


def _rows(sheet: Sheet, values: Numbers) -> Numbers:
    """A column of `signals` for the cycle and pair of each trade; NaN where there is none."""
    at = sheet.row_of_trade
    return np.where(at >= 0, values[np.maximum(at, 0)], np.nan) if len(values) else np.full(len(at), np.nan)


def _own(sheet: Sheet, rows: Truths) -> Truths:
    """Rebalance trades of the very time of their cycle whose row is such a one."""
    own: Truths = (sheet.row_of_trade >= 0) & sheet.trades.rebalance & sheet.trades.at_cycle
    own[own] = rows[sheet.row_of_trade[own]]
    return own


def _side(sheet: Sheet) -> Found:
    quantity = np.where(np.isnan(_of(sheet, "planned_quantity")), sheet.trades.quantity, _of(sheet, "planned_quantity"))
    buys = np.asarray(pc.equal(sheet.history.tables.trades["side"], "buy"), dtype=np.bool_)
    known = (np.nan_to_num(quantity) != 0) & (sheet.as_told | (buys != (quantity > 0)))
    return of_trades(sheet, known, buys != (quantity > 0), None, quantity)


def _direction(sheet: Sheet) -> Found:
    """A close sells what is long and covers what is short; a change of side or kind has two trades."""
    adjust, within = sheet.column("position_adjust_usd"), sheet.column("signal_in_selection")
    short = (within < 0) | ((within == 0) & sheet.was_short)
    sign = np.where(short, -1, 1) * np.sign(adjust)
    sign = np.where(sheet.flagged(Flags.closed), np.where(sheet.was_short, 1, -1), sign)
    known = _own(sheet, sheet.planned & ~sheet.flips)
    planned = _of(sheet, "planned_quantity")
    known &= np.nan_to_num(planned) != 0
    broken = unusual(known, np.sign(planned) != _rows(sheet, sign))
    return of_trades(sheet, known, broken, _rows(sheet, adjust), planned)


def _executed_side(sheet: Sheet) -> Found:
    planned, executed = _of(sheet, "planned_quantity"), _of(sheet, "executed_quantity")
    known = (np.nan_to_num(planned) != 0) & (np.nan_to_num(executed) != 0)
    return of_trades(sheet, known, unusual(known, np.sign(planned) != np.sign(executed)), planned, executed)


def _value(sheet: Sheet) -> Found:
    """Readers of state files work it out themselves."""
    executed, planned = (_of(sheet, f"{kind}_quantity") * _of(sheet, f"{kind}_price") for kind in _KINDS)
    worth, value = np.abs(np.where(np.isnan(executed), planned, executed)), _of(sheet, "value")
    off = np.abs(value - worth) > HALF_A_CENT + FEES * worth
    known = ~np.isnan(worth) & ~np.isnan(value) & (sheet.as_told | off)
    return of_trades(sheet, known, off, worth, value)


_KINDS = ("executed", "planned")


def _price(sheet: Sheet) -> Found:
    price, planned, middle = (
        _rows(sheet, sheet.column("price")),
        _of(sheet, "planned_price"),
        _of(sheet, "planned_mid_price"),
    )
    planned = np.where(np.isnan(middle), planned, middle)
    known = (price > 0) & ~np.isnan(planned) & sheet.trades.rebalance & sheet.trades.at_cycle
    return of_trades(sheet, known, np.abs(planned - price) > SLIPPAGE * price, price, planned)


def _middle(sheet: Sheet) -> Found:
    planned, middle = _of(sheet, "planned_price"), _of(sheet, "planned_mid_price")
    known = ~np.isnan(planned) & (middle > 0)
    return of_trades(sheet, known, np.abs(planned - middle) > SLIPPAGE * middle, middle, planned)


def _no_price(sheet: Sheet) -> Found:
    lowest = np.full(len(sheet.trades), np.nan)
    for name, units in (("planned_price", "planned"), ("planned_mid_price", "planned"), ("executed_price", "executed")):
        moved = np.nan_to_num(_of(sheet, f"{units}_quantity")) != 0
        lowest = np.fmin(lowest, np.where(moved, _of(sheet, name), np.nan))
    return of_trades(sheet, ~np.isnan(lowest), lowest <= 0, None, lowest)


def _fee(sheet: Sheet) -> Found:
    """Where nearly all fees are the same share as the others of their pair, the rest; else what no market takes."""
    fees, value = _of(sheet, "fees"), _of(sheet, "value")
    known = ~np.isnan(fees) & (value > 0)
    if not known.any():
        return of_trades(sheet, known, known)
    share = fees / np.where(known, value, np.nan)
    usual = _middle_of(share, known, sheet.trades.pair_ids)
    off = known & ~(np.abs(share - usual) <= FEE * usual)
    return of_trades(sheet, known, (fees < 0) | (share > FEES) | unusual(known, off), usual * value, fees)


def _middle_of(values: Numbers, known: Truths, owners: Places) -> Numbers:
    """The median of each owner, for each of its values."""
    rows = np.flatnonzero(known)
    rows = rows[np.lexsort((values[rows], owners[rows]))]
    _, first, place, counts = np.unique(owners[rows], return_index=True, return_inverse=True, return_counts=True)
    found = np.full(len(values), np.nan)
    found[rows] = values[rows][first + (counts - 1) // 2][place]
    return found


def _left_out(sheet: Sheet) -> Found:
    """A number that nearly all other trades have."""
    settled, missing = sheet.trades.settled, np.zeros(len(sheet.trades))
    every = np.ones(len(missing), dtype=np.bool_)
    columns = {
        name: np.isnan(_of(sheet, name))
        for name in ("planned_quantity", "planned_price", "planned_mid_price", "value", "position_id")
    }
    columns |= {name: np.isnan(_of(sheet, name)) for name in ("executed_quantity", "executed_price", "fees")}
    columns["executed_at"] = microseconds(sheet.history.tables.trades, "executed_at") == UNKNOWN_TIME
    for name, absent in columns.items():
        rows = settled if name in _OF_FILLS else every
        if np.any(absent & rows):
            missing += unusual(rows, absent & rows, SELDOM)
    return of_trades(sheet, every, missing > 0, 0.0, missing)


_OF_FILLS = ("executed_quantity", "executed_price", "fees", "executed_at")


def _twice(sheet: Sheet) -> Found:
    quantity, keys = _of(sheet, "planned_quantity"), sheet.trades.keys
    known, again = ~np.isnan(quantity) & (keys >= 0), np.zeros(len(keys), dtype=np.bool_)
    often = np.bincount(keys[known], minlength=1) > 1  # few pairs trade twice in a cycle
    rows = np.flatnonzero(known)
    rows = rows[often[keys[rows]]]
    columns = [column[rows] for column in (sheet.trades.moments, keys, quantity, _of(sheet, "position_id"))]
    order = np.lexsort(columns)
    same = [np.diff(np.nan_to_num(column[order])) == 0 for column in columns]
    again[rows[order[1:]][np.all(same, axis=0)]] = True
    return of_trades(sheet, known, again, 0.0, _of(sheet, "value"))


def _late(sheet: Sheet) -> Found:
    """Executed when the next cycle had already been decided."""
    executed = microseconds(sheet.history.tables.trades, "executed_at")
    places = sheet.trades.places
    following = np.append(sheet.moments[1:], np.iinfo(np.int64).max)
    known = (executed != UNKNOWN_TIME) & (places >= 0) & (places < sheet.cycle_count - 1)
    due = following[np.maximum(places, 0)] if sheet.cycle_count else executed
    return of_trades(sheet, known, executed > due, 0.0, (executed - due) / 1e6)


def _close(sheet: Sheet) -> Found:
    held = _rows(sheet, sheet.column("old_quantity"))
    planned = _of(sheet, "planned_quantity")
    closing = sheet.planned & ~sheet.flips & (sheet.flagged(Flags.closed) | (sheet.column("position_target") == 0))
    known = _own(sheet, closing) & ~np.isnan(held) & ~np.isnan(planned)
    return of_trades(sheet, known, np.abs(planned + held) > UNITS * np.abs(held), -held, planned)


def _kind(sheet: Sheet) -> Found:
    """The kind that is wanted, or that which is held and given up."""
    kinds, at = sheet.history.tables.trades["pair_kind"], sheet.row_of_trade
    rows = pa.array(np.maximum(at, 0))
    signals = sheet.history.tables.signals
    known = (at >= 0) & np.asarray(pc.is_valid(kinds), dtype=np.bool_) & sheet.trades.at_cycle
    if not known.any():
        return of_trades(sheet, known, known)
    same, recorded = np.zeros(len(at), dtype=np.bool_), np.zeros(len(at), dtype=np.bool_)
    for name in ("synthetic_kind", "old_kind"):
        column = signals[name].take(rows)
        recorded |= np.asarray(pc.is_valid(column), dtype=np.bool_)
        same |= np.asarray(pc.fill_null(pc.equal(column, kinds), fill_value=False), dtype=np.bool_)
    return of_trades(sheet, known & recorded, ~same, words=kinds)


def _none_kept(sheet: Sheet) -> Found:
    silent = ~np.isnan(sheet.of_cycle("trade_count")) & sheet.decided & (len(sheet.trades) == 0)
    return once(silent, sheet.places[sheet.planned & sheet.spread(silent)])


def _only_plans(sheet: Sheet) -> Found:
    trades = sheet.trades
    own = trades.rebalance & (trades.places >= 0)
    plans = trades.places[own] if sheet.only_plans else trades.places[:0]
    return once(np.full(sheet.cycle_count, bool(own.any())), plans)


def _blocked(sheet: Sheet) -> Found:
    adjust = sheet.column("position_adjust_usd")
    inwards, outwards = sheet.flagged(Flags.cannot_deposit), sheet.flagged(Flags.cannot_redeem)
    known = _own(sheet, sheet.planned & (inwards | outwards))
    if not known.any():
        return of_trades(sheet, known, known)
    wrong = (inwards & (adjust > 0)) | (outwards & (adjust < 0))
    return of_trades(sheet, known, _own(sheet, wrong), 0.0, _rows(sheet, adjust))


RULES = (
    Rule(
        "side_contradicts_quantity",
        Severity.error,
        "Is every trade of a positive quantity a buy, and of a negative one a sale?",
        "One of the two is wrong, and with it what is counted as bought or sold.",
        "{pair}: the trade is of {got} units, which is the other side than recorded.",
        Unit.units,
        _side,
        "trades",
    ),
    Rule(
        "trade_of_other_side",
        Severity.error,
        "Does every trade go the way of the change that it carries out, where they usually do?",
        "A purchase was decided and a sale planned, or the other way round.",
        "{pair}: a change of {expected} USD was decided, and a trade of {got} units planned.",
        Unit.units,
        _direction,
        "trades",
    ),
    Rule(
        "executed_other_way",
        Severity.error,
        "Was every trade executed the way it was planned, where they usually are?",
        "The fill is of another trade, or has the wrong sign.",
        "{pair}: {expected} units were planned, and {got} changed hands.",
        Unit.units,
        _executed_side,
        "trades",
    ),
    Rule(
        "trade_value_disagrees",
        Severity.error,
        "Is the worth of every trade its quantity at its price?",
        "Turnover and costs that are summed from it are wrong.",
        "{pair}: the trade is recorded as worth {got}; quantity and price give {expected}.",
        Unit.usd,
        _value,
        "trades",
    ),
    Rule(
        "trade_not_at_price",
        Severity.warning,
        "Was every trade planned at the price of the decision?",
        "One of the two prices is of another moment, unit or pair.",
        "{pair}: the price of the decision is {expected}, and a trade was planned at {got}.",
        Unit.price,
        _price,
        "trades",
    ),
    Rule(
        "trade_price_off_mid",
        Severity.warning,
        "Was every trade planned near the mid price?",
        "Fees and spread are larger than any usual market's, or one of the two prices is wrong.",
        "{pair}: planned at {got} with a mid price of {expected}.",
        Unit.price,
        _middle,
        "trades",
    ),
    Rule(
        "trade_without_price",
        Severity.warning,
        "Is every price of a trade above 0?",
        "Nothing can be worth what its quantity and such a price say.",
        "{pair}: a trade has the price {got}.",
        Unit.price,
        _no_price,
        "trades",
    ),
    Rule(
        "fee_unusual",
        Severity.warning,
        "Is every fee the usual share of its trade?",
        "A fee from nowhere or of the wrong unit; costs that are summed from it are wrong.",
        "{pair}: a fee of {got} was paid, where {expected} is usual.",
        Unit.usd,
        _fee,
        "trades",
    ),
    Rule(
        "trade_number_left_out",
        Severity.warning,
        "Does every trade have the numbers that nearly all others have?",
        "A quantity, price, fee or time is not recorded here, and whatever is summed from it goes without it.",
        "{pair}: a trade lacks {got} of the numbers that the others have.",
        Unit.whole,
        _left_out,
        "trades",
    ),
    Rule(
        "trade_twice",
        Severity.warning,
        "Was every trade recorded once?",
        "Two trades of one pair have the same time, position and quantity: one may be a copy.",
        "{pair}: a trade of {got} is recorded twice.",
        Unit.usd,
        _twice,
        "trades",
    ),
    Rule(
        "trade_late",
        Severity.warning,
        "Was every trade executed before the next cycle?",
        "The next cycle decided without knowing what became of it.",
        "{pair}: executed {got} after the next cycle.",
        Unit.seconds,
        _late,
        "trades",
    ),
    Rule(
        "close_of_other_size",
        Severity.warning,
        "Does every close sell exactly what is held?",
        "A remainder stays, or more is sold than is there.",
        "{pair}: a close of {got} units was planned, where {expected} would close it.",
        Unit.units,
        _close,
        "trades",
    ),
    Rule(
        "trade_of_other_kind",
        Severity.warning,
        "Is every trade of the kind of pair that is wanted or held?",
        "A short was traded as a long, or a spot pair with leverage.",
        "{pair} was traded as {word}, which is neither held nor wanted.",
        Unit.none,
        _kind,
        "trades",
    ),
    Rule(
        "blocked_but_traded",
        Severity.warning,
        "Was nothing put in or taken out where the flags say that it cannot be?",
        "The trade will fail, or the flag is wrong.",
        "{pair}: a change of {got} was planned that its flags exclude.",
        Unit.usd,
        _blocked,
        "trades",
    ),
    Rule(
        "trades_not_kept",
        Severity.warning,
        "Does the source keep trades at all where changes were decided?",
        "Nothing says what was carried out: the trades were taken out, or never kept.",
        "{got} changes were decided, the first here, and the source has no trade.",
        Unit.whole,
        _none_kept,
    ),
    Rule(
        "trades_only_planned",
        Severity.note,
        "Does the source say what became of its trades?",
        "It keeps plans only, as a recorder in a live strategy does; what was executed is not known.",
        "All {got} trades are plans, the first here; no fill is on record.",
        Unit.whole,
        _only_plans,
    ),
)
