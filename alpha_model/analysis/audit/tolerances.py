"""How far may two numbers lie apart before the audit says so?

Amounts are floats that went through sums, products and JSON: what is smaller than these is rounding, not news.
"""

import numpy as np

from alpha_model.analysis.facts import Numbers, Truths

HALF_A_CENT = 0.005
"""USD. Reports and ledgers are read to the cent."""

ROUNDING = 1e-9
"""Relative. Sums of a thousand floats stay a thousand times below it."""

WEIGHT_SUM = 1e-4
"""Share. The slack that the framework's own check of weights allows."""

WEIGHT = 1e-6
"""Share. A millionth of equity: below every threshold that a strategy sets."""

UNITS = 1e-6
"""Relative, of a quantity: exact decimals that became floats."""

FEES = 0.02
"""Share of the money traded that fees and spreads may take before buys count as unfunded."""

SLIPPAGE = 0.02
"""Share of the planned price; pools of usual depth cost less."""

PARTIAL_FILL = 0.01
"""Share of the planned quantity that may be missing for rounding to whole token units."""

TRADE_SIZE = 0.05
"""Share. A trade is planned at its own price with fees, the change at the mid price."""

STALE_MARK = 0.05
"""Share. A position's own mark that is this far from the price of the decision is not from the same moment."""

EQUITY_MOVE = 0.02
"""Share of equity that may move between two cycles for fees and interest that no position shows."""

GAP = 1.5
"""Times the longest regular interval between cycles; a longer one has lost a cycle."""

REGULAR_SHARE = 0.05
"""An interval is regular when at least this share of all intervals are about as long: weekends are."""

EARLY = 0.5
"""Times the usual interval; a cycle that follows faster was started by hand."""

USUAL = 0.9
"""Share of the cases from which on something is what a source always does, so that the others stand out."""

SPIKE = 0.35
"""Log of a move there and back from one cycle to the next that is no market: 40 %. The usual move counts too."""

JUMP = 1.1
"""Log of a move that stays and is no market: threefold."""

USUAL_MOVES = 12
"""Times the usual move of a history that a spike or a jump must also be."""

FEE = 0.1
"""Share by which a fee may differ from the others of its pair where those are all alike."""

SELDOM = 0.02
"""Share of the rows up to which a number that the others have counts as left out."""

MOST_LEVERAGE = 100
"""Times. No market lends more."""

FEWEST_INTERVALS = 3
"""With fewer intervals nobody knows what is usual."""


def differ(left: Numbers, right: Numbers, absolute: float = HALF_A_CENT, relative: float = ROUNDING) -> Truths:
    """Where two numbers are further apart than rounding explains; never where one is NaN."""
    slack = absolute + relative * np.maximum(np.abs(left), np.abs(right))
    return np.abs(left - right) > slack


def exceeds(value: Numbers, limit: Numbers, absolute: float = HALF_A_CENT, relative: float = ROUNDING) -> Truths:
    """Where a number is above its limit by more than rounding explains; never where one is NaN."""
    return value - limit > absolute + relative * np.abs(limit)
