"""Which changes become trades, and what holds the others back?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from alpha_model.rules.arrays import Codes, Numbers, Setting, Truths, first_of
from alpha_model.rules.compat import OURS, Compat

DUST_QUANTITY = 1e-10
"""Units of the base asset; a smaller trade cannot be made."""


class Action(IntEnum):
    """What is done about a pair."""

    skip = 0
    close = 1
    flip = 2
    trade = 3


class Gate(IntEnum):
    """What holds a change back; in the order in which they are asked."""

    free = 0
    rebalance_too_small = 1
    unchanged = 2
    problematic = 3
    settling = 4
    trade_too_small = 5
    dust = 6
    weight_too_small = 7
    cannot_redeem = 8
    cannot_deposit = 9


_FREE = np.int8(Gate.free)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which size on something is traded.

    Args:
        rebalance: USD; below it the largest change holds back the whole rebalance.
        trade: USD; below it a single change is skipped.
        sell: USD; the same for decreases; None takes that of all.
        close_weight: Share of equity below which a position is closed, or not opened.
    """

    rebalance: Setting = 10.0
    trade: Setting = 0.0
    sell: Setting | None = None
    close_weight: Setting = 0.005

    def least(self, falls: Truths, compat: Compat = OURS) -> Numbers | Setting:
        """The least size of each change, USD: of a decrease where it falls."""
        if self.sell is None:
            return self.trade
        unset = np.isnan(self.sell) | (compat.no_zero_sell_threshold & (np.asarray(self.sell) == 0))
        least: Numbers = np.where(falls & ~unset, self.sell, self.trade)
        return least


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """What would be changed: (batch × pairs).

    Args:
        adjust: USD to change.
        weight: Share of equity that is wanted.
        old_value: USD held.
        held: Whether there is a position.
        flips: Whether it must be closed first.
        problematic: Whether a position in the pair is frozen.
        settling: Whether a deposit or redemption is not settled yet.
    """

    adjust: Numbers
    weight: Numbers
    old_value: Numbers
    held: Truths
    flips: Truths
    problematic: Truths
    settling: Truths


@dataclass(frozen=True, slots=True)
class Market:
    """What is asked of the market, of the pairs that are marked only; answers of the others do not matter.

    Args:
        price: USD per unit.
        can_deposit: Whether the pair can be bought now: 1, or 0.
        can_redeem: Whether what is held can be sold now.
    """

    price: Callable[[Truths], Numbers]
    can_deposit: Callable[[Truths], Numbers | Truths]
    can_redeem: Callable[[Truths], Numbers | Truths]

    @classmethod
    def known(cls, price: Numbers, can_deposit: Numbers | Truths, can_redeem: Numbers | Truths) -> Market:
        """A market whose answers are there already."""
        return cls(lambda _asked: price, lambda _asked: can_deposit, lambda _asked: can_redeem)


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """What is done: (batch × pairs).

    Args:
        action: `Action`.
        gate: `Gate`; free where something is done.
        adjust: USD to change; smaller than what was wanted where cash was short.
        largest: (batch × 1) the largest |USD change|.
        stopped: `Gate` of those that no size would set free.
        market: Its answers, to those who asked.
    """

    action: Codes
    gate: Codes
    adjust: Numbers
    largest: Numbers
    stopped: Codes
    market: Market


def decide(changes: Changes, thresholds: Thresholds, market: Market, compat: Compat = OURS) -> Decisions:
    """Pass every change through the gates.

    Source: API of `generate_rebalance_trades_and_triggers`, a to g.
    """
    adjust = changes.adjust
    largest = np.maximum.reduce(np.abs(adjust), axis=1, keepdims=True, initial=0.0)
    stopped = first_of(
        adjust.shape,
        (Gate.rebalance_too_small, largest < thresholds.rebalance),
        (Gate.unchanged, adjust == 0),
        (Gate.problematic, changes.problematic),
        (Gate.settling, changes.settling),
    )
    return pass_gates(adjust, stopped, largest, changes, thresholds, market, compat)


def larger_side(adjust: Numbers, old_value: Numbers, flips: Truths) -> Numbers:
    """The size of a change, USD; of a flip that of the larger one of its two sides."""
    size: Numbers = np.maximum(np.abs(adjust), flips * np.abs(old_value))
    return size


def pass_gates(
    adjust: Numbers,
    stopped: Codes,
    largest: Numbers,
    changes: Changes,
    thresholds: Thresholds,
    market: Market,
    compat: Compat = OURS,
) -> Decisions:
    """The gates that ask for the size of each change.

    Args:
        adjust: USD to change.
        stopped: `Gate` of those that no size would set free.
        largest: (batch × 1) the largest |USD change|.
        changes: The rest of it.
        thresholds: From which size on something is traded.
        market: Asked about what passed the thresholds of size only.
        compat: Habits of another framework.
    """
    flips, weak = changes.flips, changes.weight < thresholds.close_weight
    going = stopped == _FREE
    closes = going & weak & changes.held
    going ^= closes
    size, falls = np.abs(adjust), adjust < 0
    small = going & (larger_side(adjust, changes.old_value, flips) < thresholds.least(falls, compat))
    going ^= small
    price = market.price(going)
    dust = going & (size < DUST_QUANTITY * price)
    going ^= dust
    shy = going & weak
    going ^= shy
    sells, buys = closes | (going & (flips | falls)), going & ~falls
    can_redeem, can_deposit = market.can_redeem(sells), market.can_deposit(buys)
    gate = first_of(
        adjust.shape,
        (Gate.cannot_redeem, sells > can_redeem),
        (Gate.cannot_deposit, buys > can_deposit),
        (Gate.weight_too_small, shy),
        (Gate.dust, dust),
        (Gate.trade_too_small, small),
    )
    gate |= stopped
    action = first_of(adjust.shape, (Action.close, closes), (Action.flip, flips & changes.held), (Action.trade, going))
    action *= gate == _FREE
    return Decisions(action, gate, adjust, largest, stopped, Market.known(price, can_deposit, can_redeem))
