"""Does a number move from cycle to cycle as it usually does, or is one of its values from nowhere?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alpha_model.analysis.audit.rule import Found, Rule, Severity, Unit, of_cycles, of_rows
from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.audit.tolerances import JUMP, SPIKE, USUAL_MOVES
from alpha_model.analysis.facts import Numbers, Places, Truths


@dataclass(frozen=True, slots=True)
class Moves:
    """What is far from its neighbours in time; one entry a value.

    Args:
        broken: It went away and came back, or moved by more than anything does and stayed there.
        before: The value before, NaN for the first.
    """

    broken: Truths
    before: Numbers


def moves(values: Numbers, owners: Places, cycles: Places, times: float = 1.0) -> Moves:
    """Compare every positive value with the one before and the one after of the same owner.

    Args:
        values: In order of owner, then time.
        owners: Whose each value is.
        cycles: The place of its cycle; a move over several cycles may be as much larger as a random walk's.
        times: How much more than a price the number may move.
    """
    found = Moves(np.zeros(len(values), dtype=np.bool_), np.full(len(values), np.nan))
    rows = np.flatnonzero(values > 0)
    step = np.diff(np.log(values[rows])) / np.sqrt(np.maximum(np.diff(cycles[rows]), 1))
    step[np.diff(owners[rows]) != 0] = np.nan
    size = np.abs(step)
    usual = USUAL_MOVES * float(np.median(size[size > 0])) if np.any(size > 0) else 0.0
    back = (size[:-1] > max(SPIKE, usual) * times) & (size[1:] > max(SPIKE, usual) * times)
    back &= np.sign(step[:-1]) != np.sign(step[1:])
    spikes = rows[1:-1][back] if len(rows) > 1 else rows[:0]
    found.broken[spikes] = True
    after_spike = np.append(False, back) if len(step) else back
    found.broken[rows[1:][(size > max(JUMP, usual) * times) & ~after_spike]] = True
    found.before[rows[1:]] = np.where(np.isnan(step), np.nan, values[rows[:-1]])
    return found


def _of_pairs(sheet: Sheet, name: str, times: float = 1.0) -> Found:
    values = sheet.column(name)
    known = ~np.isnan(values)
    if not known.any():
        return of_rows(sheet, known, known)
    order = sheet.by_pair
    ordered = moves(values[order], sheet.pair_places(sheet.pair_ids)[order], sheet.places[order], times)
    broken, before = np.zeros(len(values), dtype=np.bool_), np.full(len(values), np.nan)
    broken[order], before[order] = ordered.broken, ordered.before
    return of_rows(sheet, known, broken, before, values)


def _of_history(values: Numbers) -> Moves:
    return moves(values, np.zeros(len(values), dtype=np.int64), np.arange(len(values)))


def _price(sheet: Sheet) -> Found:
    return _of_pairs(sheet, "price")


def _tvl(sheet: Sheet) -> Found:
    return _of_pairs(sheet, "tvl", times=2.0)


def _investable(sheet: Sheet) -> Found:
    values = sheet.of_cycle("investable_equity")
    found = _of_history(values)
    return of_cycles(~np.isnan(values), found.broken & ~np.isnan(found.before), found.before, values)


def _total(sheet: Sheet) -> Found:
    values = sheet.equity_at_cycle
    found = _of_history(values)
    return of_cycles(~np.isnan(values), found.broken & ~np.isnan(found.before), found.before, values)


RULES = (
    Rule(
        "price_jumped",
        Severity.warning,
        "Does every price move as prices do, held or not?",
        "A price from nowhere: a wrong unit, another token, a split, or a market without trades. Returns that are "
        "measured with it are wrong.",
        "{pair} has the price {got}; the one before was {expected}.",
        Unit.price,
        _price,
        needs=("price",),
    ),
    Rule(
        "tvl_jumped",
        Severity.warning,
        "Does the liquidity of every market move as it usually does?",
        "What the market carries was measured wrongly, or money left it; size caps follow from it.",
        "{pair} has {got} of liquidity; before it were {expected}.",
        Unit.usd,
        _tvl,
        needs=("tvl",),
    ),
    Rule(
        "investable_jumped",
        Severity.warning,
        "Does the investable equity move as equity does?",
        "A deposit or a withdrawal, or a number from nowhere.",
        "{got} may be invested; the time before it were {expected}.",
        Unit.usd,
        _investable,
    ),
    Rule(
        "total_jumped",
        Severity.warning,
        "Does the total equity move as equity does?",
        "A deposit or a withdrawal, a position that could not be valued, or a number from nowhere.",
        "Total equity is {got}; the time before it was {expected}.",
        Unit.usd,
        _total,
    ),
)
