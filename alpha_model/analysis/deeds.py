"""What was done about one pair in the end, in plain English?"""

from __future__ import annotations

from dataclasses import dataclass

from alpha_model.analysis.explain import ReasonCode
from alpha_model.analysis.words import known, usd


@dataclass(frozen=True, slots=True)
class Deed:
    """The numbers of what was done; NaN = unknown.

    Args:
        code: What became of the pair.
        amount_usd: The amount that the code is about.
        limit_usd: The threshold that the change had to reach.
        old_value: USD held before.
        target: USD wanted after all limits.
        change: target − old_value, USD.
        cash: What the cash at hand took from a purchase, USD <= 0.
        is_short: The pair is wanted as a short.
        was_short: It was held as a short.
    """

    code: ReasonCode
    amount_usd: float
    limit_usd: float
    old_value: float
    target: float
    change: float
    cash: float
    is_short: bool
    was_short: bool


def deed(done: Deed) -> str:
    """What was done, or why nothing was; empty where there is nothing to say."""
    return _traded(done) or _held_back(done) or _idle(done)


def _traded(done: Deed) -> str:
    money = _money(done)
    cut = f"; the cash at hand cut {usd(done.cash)} off the purchase" if done.cash < 0 else ""
    old, new = ("short" if short else "long" for short in (done.was_short, done.is_short))
    below = f", because its target of {usd(done.target)} is below the closing weight" if done.target > 0 else ""
    words = {
        ReasonCode.opened: f"opened {'a short ' if done.is_short else ''}with {money}{cut}",
        ReasonCode.increased: f"increased by {money} from {usd(done.old_value)}{cut}",
        ReasonCode.reduced: f"reduced by {money} from {usd(done.old_value)}",
        ReasonCode.closed: f"closed the {'short of ' if done.was_short else ''}{money} held{below}",
        ReasonCode.flipped: f"closed the {old} of {usd(done.old_value)} and opened a {new} of {money}",
    }
    return words.get(done.code, "")


def _held_back(done: Deed) -> str:
    """Why a wanted change was not made."""
    what = f"{_change(done)} of {_money(done)}"
    gate = f" of {usd(done.limit_usd)}" if known(done.limit_usd) else ""
    gap = done.limit_usd - done.amount_usd
    missing = f"{usd(gap)} below" if known(gap) and gap > 0 else "below"
    cut = f"the cash at hand cut {usd(done.cash)} off the purchase; " if done.cash < 0 else ""
    words = {
        ReasonCode.held_below_threshold: (
            f"{what} was not made, because no change of the cycle reached the rebalance threshold{gate}"
        ),
        ReasonCode.trade_too_small: f"{cut}{what} was skipped, {missing} the threshold{gate} for a single trade",
        ReasonCode.quantity_too_small: f"{cut}{what} was skipped, too few units to trade",
        ReasonCode.weight_too_small: f"{cut}{what} was not made, because its weight is below the closing weight",
        ReasonCode.frozen: f"{what} was not made, because a failed trade has frozen the position",
        ReasonCode.skipped: f"{what} was decided against; the source does not say why",
        ReasonCode.undecided: f"whether {what} was made is not recorded",
    }
    if done.code is ReasonCode.undecided and not known(done.amount_usd):
        return "no target is recorded"
    return words.get(done.code, "")


def _idle(done: Deed) -> str:
    """Why no change was wanted."""
    held = f"already held {usd(done.old_value)}, no change needed" if done.old_value > 0 else "nothing to change"
    keeps = f" and keeps its {_money(done)}" if known(done.amount_usd) and done.amount_usd > 0 else ""
    words = {
        ReasonCode.carried_forward: f"cannot be traded now{keeps}",
        ReasonCode.nothing_allowed: "nothing of it was allowed",
        ReasonCode.no_change: held,
    }
    return words.get(done.code, "")


def _change(done: Deed) -> str:
    """What kind of change was wanted."""
    if not done.old_value:
        return "a new position"
    if done.target == 0:
        return "the closing"
    return "the reduction" if done.change < 0 else "the increase"


def _money(done: Deed) -> str:
    return usd(done.amount_usd) if known(done.amount_usd) else "an unknown amount"
