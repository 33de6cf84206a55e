"""What was decided about one pair in the end, and what became of it, in plain English?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from alpha_model.analysis.explain.execution_words import fate_of
from alpha_model.analysis.explain.reasons import ReasonCode
from alpha_model.analysis.facts import DOING, Execution
from alpha_model.analysis.words import known, usd

_SLIP = 0.02


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
        execution: What became of the planned trade.
        share: How much of it was executed, 0...1.
        seen_in_holdings: That is known from the next holdings, and not from a fill.
        flag_disagrees: A flag says that the change was skipped, and its trade is on record.
        unmoved: Nothing was planned, and the next holdings are the same.
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
    execution: Execution
    share: float
    seen_in_holdings: bool
    flag_disagrees: bool
    unmoved: bool


def deed(done: Deed) -> str:
    """What was done, or planned, or why nothing was; empty where there is nothing to say."""
    if done.code not in _PLANS:
        return _WORDS[done.code](done)
    fate = fate_of(done.execution, done.share, seen_in_holdings=done.seen_in_holdings)
    odd = "; its flags say that the change was skipped" if done.flag_disagrees else ""
    return f"{_PLANS[done.code](done)}{fate}{odd}"


def _did(done: Deed, past: str, plan: str) -> str:
    """The past tense of what was executed, a plan of what was not."""
    if done.execution is Execution.unknown:
        return f"would have to {plan}"
    return past if done.execution in DOING else f"planned to {plan}"


def _opened(done: Deed) -> str:
    verb = _did(done, "opened", "open")
    return f"{verb} {'a short ' if done.is_short else ''}with {_money(done)}{_cut_by_cash(done)}"


def _increased(done: Deed) -> str:
    verb = _did(done, "increased", "increase")
    return f"{verb} by {_step(done)}{_cut_by_cash(done)}"


def _reduced(done: Deed) -> str:
    return f"{_did(done, 'reduced', 'reduce')} by {_step(done)}"


def _step(done: Deed) -> str:
    """The amount, and from where; of a short the change of its value beside a trade of another worth."""
    whole = done.was_short and done.execution is not Execution.executed_in_part
    if whole and known(done.amount_usd, done.change) and not _same(done.amount_usd, abs(done.change)):
        return f"{usd(done.change)} from {usd(done.old_value)}, by a trade worth {_money(done)}"
    return f"{_money(done)} from {usd(done.old_value)}"


def _same(one: float, other: float) -> bool:
    """Within what a price slips."""
    return math.isclose(one, other, rel_tol=_SLIP)


def _closed(done: Deed) -> str:
    below = f", because its target of {usd(done.target)} is below the closing weight" if done.target > 0 else ""
    held = "the short" if done.was_short else "the position"
    return f"{_did(done, 'closed', 'close')} {held} of {_money(done)}{below}"


def _flipped(done: Deed) -> str:
    old, new = ("short" if short else "long" for short in (done.was_short, done.is_short))
    kind = "another kind of " if old == new else "a "
    close, open_ = ("closed", "opened") if done.execution in DOING else (_did(done, "", "close"), "open")
    return f"{close} the {old} of {usd(done.old_value)} and {open_} {kind}{new} of {_money(done)}"


def _held_below_threshold(done: Deed) -> str:
    gate = f" of {usd(done.limit_usd)}" if known(done.limit_usd) else ""
    return f"{_change(done)} was not made, because no change of the cycle reached the rebalance threshold{gate}"


def _too_small(done: Deed) -> str:
    gate = f" of {usd(done.limit_usd)}" if known(done.limit_usd) else ""
    gap = done.limit_usd - done.amount_usd
    missing = f"{usd(gap)} below" if gap > 0 else "below"
    return f"{_change(done)} was skipped, {missing} the threshold{gate} for a single trade{_cut_by_cash(done)}"


def _undecided(done: Deed) -> str:
    if not known(done.amount_usd):
        return "no target is recorded"
    if done.unmoved:
        return f"{_change(done)} has no trade on record, and the next holdings show that it was not made"
    return f"whether {_change(done)} was made is not recorded"


def _carried_forward(done: Deed) -> str:
    keeps = f" and keeps its value of {_money(done)}" if done.amount_usd > 0 else ""
    return f"locked: it cannot be traded now{keeps}"


def _no_change(done: Deed) -> str:
    return f"already held {usd(done.old_value)}, no change needed" if done.old_value > 0 else "nothing to change"


_PLANS: dict[ReasonCode, Callable[[Deed], str]] = {
    ReasonCode.opened: _opened,
    ReasonCode.increased: _increased,
    ReasonCode.reduced: _reduced,
    ReasonCode.closed: _closed,
    ReasonCode.flipped: _flipped,
}
"""Of pairs of which a trade was planned."""

_WORDS: dict[ReasonCode, Callable[[Deed], str]] = {
    ReasonCode.below_signal_threshold: lambda _: "",
    ReasonCode.not_in_top: lambda _: "",
    ReasonCode.not_selected: lambda _: "",
    ReasonCode.not_reached: lambda _: "",
    ReasonCode.held_below_threshold: _held_below_threshold,
    ReasonCode.trade_too_small: _too_small,
    ReasonCode.quantity_too_small: lambda done: f"{_change(done)} was skipped, too few units to trade",
    ReasonCode.weight_too_small: lambda done: f"{_change(done)} was not made, its weight is below the closing weight",
    ReasonCode.frozen: lambda done: f"{_change(done)} was not made, because a failed trade has frozen the position",
    ReasonCode.skipped: lambda done: f"{_change(done)} was decided against; the source does not say why",
    ReasonCode.undecided: _undecided,
    ReasonCode.carried_forward: _carried_forward,
    ReasonCode.nothing_allowed: lambda _: "nothing of it was allowed",
    ReasonCode.no_change: _no_change,
}


def _cut_by_cash(done: Deed) -> str:
    return f"; the cash at hand cut {usd(done.cash)} off the purchase" if done.cash < 0 else ""


def _change(done: Deed) -> str:
    """What kind of change was wanted, and how large."""
    if not done.old_value:
        return f"a new position of {_money(done)}"
    if done.target == 0:
        return f"the closing of {_money(done)}"
    return f"the {'reduction' if done.change < 0 else 'increase'} of {_money(done)}"


def _money(done: Deed) -> str:
    return usd(done.amount_usd) if known(done.amount_usd) else "an unknown amount"
