"""Are the weights of a table shares of equity, percentages, or amounts of USD? Shares are made of the others, and said.

Amounts are only taken for what they are where something in the table says so: the name of the column or a sign of
money, cash or the equity beside them, or a sum that never changes. Numbers that large without it may be prices.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from alpha_model.history.tables import coerce
from alpha_model.history.weights_table.layout import Long
from alpha_model.history.weights_table.names import MOST_OPEN, are_prices
from alpha_model.history.weights_table.sheet import Flags, Numbers, Places, sums_of
from alpha_model.values import HistoryError, Usd

MOST_LEVERAGE = 50.0
"""Gross weights of one time; a table of percentages has 100."""
_DUST = 1e-6
"""A smaller weight is zero within the rounding of whatever made it: it has no side."""
_SAYS_PERCENT = 2.0
"""Where a name says that weights are percentages, they are none if they sum to less."""
_WHOLE = 100.0
_ROUNDED = 0.5
"""Percentages that were rounded sum to 100 within it."""
_SAME = 1e-3
"""Amounts whose sum differs by no more than this share are those of one capital."""
_STEP = 0.1
"""So much of its value may a capital gain or lose from one time to the next."""


def as_shares(long: Long, stated: Usd | None = None) -> Long:
    """The table with shares of equity for weights, and zero where one is only rounding.

    Args:
        long: The table.
        stated: The equity, where the caller says it.

    Raises:
        HistoryError: They can be no shares, percentages or amounts.
    """
    shares = _without_dust(_shares(long, stated)) if "weight" in long.numbers and len(long.rows) else long
    return shares if stated is None else shares.having(equity=np.full(len(long.rows), float(stated)))


def _shares(long: Long, stated: Usd | None) -> Long:
    times, at = long.moments()
    weights, cash = np.nan_to_num(long.numbers["weight"]), _per_row(long, "cash")
    gross, net = (sums_of(at, found, len(times)) for found in (np.abs(weights), weights))
    wholes = net + np.nan_to_num(_per_time(at, cash, len(net)))
    held = gross > 0
    middle = float(np.median(gross[held])) if held.any() else 0.0
    if _are_percent(long, wholes[held], middle):
        long.sheet.note("the weights are percentages; shares were made of them by dividing by 100")
        return _divided(long, np.full(len(at), _WHOLE))
    if long.is_money or middle > MOST_LEVERAGE:
        return _of_amounts(long, wholes[at], gross[at], held[at], stated)
    return long


def _per_row(long: Long, role: str) -> Numbers:
    return long.numbers.get(role, np.full(len(long.rows), np.nan))


def _per_time(at: Places, column: Numbers, count: int) -> Numbers:
    found = np.full(count, np.nan)
    found[at] = column
    return found


def _are_percent(long: Long, wholes: Numbers, middle: float) -> bool:
    sums_to_100 = wholes.size > 0 and bool((np.abs(wholes - _WHOLE) <= _ROUNDED).all()) and not long.is_money
    return sums_to_100 or (long.is_percent and _SAYS_PERCENT < middle <= _WHOLE * MOST_LEVERAGE)


def _divided(long: Long, by: Numbers) -> Long:
    roles = [role for role in ("weight", "old_weight") if role in long.numbers]
    return long.having(**{role: long.numbers[role] / by for role in roles})


def _of_amounts(long: Long, wholes: Numbers, gross: Numbers, held: Flags, stated: Usd | None) -> Long:
    """Shares of the equity: as the table says it, else cash and amounts together, else the amounts alone."""
    equity, cash, total, most = (_per_row(long, role) for role in ("equity", "cash", "total", MOST_OPEN))
    knows_equity = True
    if not np.isnan(equity).all():
        base, words = equity, "the equity"
    elif not np.isnan(total).all():
        base, words = np.maximum(total, wholes), "their total"
    elif not np.isnan(cash).all():
        base, words = wholes, "their sum with the cash"
    elif long.is_money or _is_one_capital(long, gross):
        base, words, knows_equity = gross, "their own sum, as neither cash nor equity stands beside them", False
    else:
        raise _too_large(long, gross)
    if not np.isnan(most).all():
        base, words = most, "the most that was open"
    if stated is not None:
        base, words = np.full(len(gross), float(stated)), "the equity"
    bad = held & ~(base > 0)
    if bad.any():
        place = long.first(bad)
        raise long.error(place, "weight", f"amounts need an equity above 0, got {base[place]:,.2f}. Correct it.")
    if np.median((gross / np.where(held, base, 1.0))[held]) > MOST_LEVERAGE:
        raise _too_large(long, gross)
    long.sheet.note(f"the weights are amounts; shares were made of them by dividing by {words}")
    shares = long.numbers["weight"] / np.where(held, base, 1.0)
    return replace(long.having(weight=shares, equity=np.where(base > 0, base, np.nan)), knows_equity=knows_equity)


def _is_one_capital(long: Long, gross: Numbers) -> bool:
    """Can amounts be told by their sum?

    It is more than percentages would have, and either never changes, or changes little although pairs are opened and
    closed: prices are never zero, and units, which are often whole, do not sum to anything.
    """
    sums = gross[np.unique(long.times, return_index=True)[1]]
    if len(sums) < len(("before", "after")) or sums.min() <= 2 * _WHOLE or are_prices(list(set(long.pairs))):
        return False
    weights, steps = np.nan_to_num(long.numbers["weight"]), np.abs(np.diff(sums)) / sums[:-1]
    is_traded = bool((weights <= 0).any() and (weights != np.round(weights)).any())
    return bool(np.ptp(sums) <= _SAME * sums.max() or (is_traded and steps.max() <= _STEP))


def _too_large(long: Long, gross: Numbers) -> HistoryError:
    place = long.first(gross > MOST_LEVERAGE)
    return HistoryError(
        f"{long.sheet.name} is no table of weights: a weight is a share of equity, where 1 is all of it, got a sum "
        f"of {gross[place]:,.6g} at {coerce.iso(int(long.times[place]))}. Divide percentages by 100; give amounts of "
        "USD a column cash or equity beside them; prices are no weights.",
        weight_sum=float(gross[place]),
    )


def _without_dust(long: Long) -> Long:
    weights = long.numbers["weight"]
    dust = (weights != 0) & (np.abs(weights) < _DUST)
    if not dust.any():
        return long
    first = long.first(dust)
    long.sheet.note(
        f"weights that are zero within rounding and taken as zero: {np.count_nonzero(dust):,}, the first "
        f"{weights[first]:.2g} in {long.sheet.row_name(int(long.rows[first]))}"
    )
    return long.having(weight=np.where(dust, 0.0, weights))
