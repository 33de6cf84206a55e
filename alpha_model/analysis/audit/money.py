"""Do the dollars of each cycle add up: asked, accepted, discarded, targets, changes, cash?"""

import numpy as np

from alpha_model.analysis.audit.habits import counted_again, left_over
from alpha_model.analysis.audit.ideal import expected_asks, handed_out_without_limits
from alpha_model.analysis.audit.rule import Found, Rule, Severity, Unit, of_cycles, of_rows, unusual
from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.audit.tolerances import (
    FEES,
    HALF_A_CENT,
    SLIPPAGE,
    UNITS,
    WEIGHT,
    WEIGHT_SUM,
    differ,
    exceeds,
)
from alpha_model.values import TradingPairSignalFlags as Flags

_AMOUNTS = ("position_target", "asked", "accepted", "size_cap_usd", "tvl")


def _accepted_sum(sheet: Sheet) -> Found:
    accepted = sheet.of_cycle("accepted_investable_equity")
    total = sheet.total(sheet.column("position_target"), sheet.column("carry_forward") == 0)
    return of_cycles(sheet.whole & ~np.isnan(accepted), differ(accepted, total), total, accepted)


def _above_left_over(sheet: Sheet) -> Found:
    """Whatever the settings were, accepted and discarded together are at most what may be invested."""
    discarded, limit = sheet.of_cycle("size_risk_discarded_value"), left_over(sheet)
    known = ~np.isnan(discarded) & ~np.isnan(limit) & ~sheet.settings.ran("normalise_weights")
    return of_cycles(known, exceeds(discarded, limit) & ~counted_again(sheet), limit, discarded)


def _discarded_disagrees(sheet: Sheet) -> Found:
    discarded = sheet.of_cycle("size_risk_discarded_value")
    kept = sheet.of_cycle("accepted_investable_equity")
    allowed = np.where(sheet.settings.ran("cap_chain_allocation"), sheet.total(sheet.column("accepted")), kept)
    right = np.maximum(handed_out_without_limits(sheet) - allowed, 0.0) + (
        allowed - kept
    )  # the chain's cap comes later
    return of_cycles(~np.isnan(discarded) & ~np.isnan(right), differ(discarded, right), right, discarded)


def _refused_more_than_discarded(sheet: Sheet) -> Found:
    """Σ(asked - accepted) counts money again each time it is offered: it is the most that can be discarded."""
    discarded = sheet.of_cycle("size_risk_discarded_value")
    asked, accepted = sheet.column("asked"), sheet.column("accepted")
    refused = sheet.total(asked - accepted)
    known = (
        ~np.isnan(discarded) & sheet.any(~np.isnan(asked)) & sheet.whole & ~sheet.settings.ran("cap_chain_allocation")
    )
    known &= np.isnan(sheet.settings.number("max_positions")) & ~sheet.settings.given("waterfall")
    return of_cycles(known, exceeds(discarded, refused), refused, discarded)


def _off_the_count(sheet: Sheet) -> Found:
    """The framework counts what was refused; where it usually does, another number is wrong."""
    discarded, asked = sheet.of_cycle("size_risk_discarded_value"), sheet.column("asked")
    refused = sheet.total(asked - sheet.column("accepted"))
    known = ~np.isnan(discarded) & sheet.any(~np.isnan(asked)) & sheet.framework & sheet.whole
    return of_cycles(known, unusual(known, differ(discarded, refused, relative=WEIGHT)), refused, discarded)


def _accepted_above_asked(sheet: Sheet) -> Found:
    asked, accepted = sheet.column("asked"), sheet.column("accepted")
    known = ~np.isnan(asked) & ~np.isnan(accepted)
    return of_rows(sheet, known, exceeds(accepted, asked), asked, accepted)


def _asked(sheet: Sheet) -> Found:
    expected, asked = expected_asks(sheet), sheet.column("asked")
    return of_rows(sheet, ~np.isnan(expected), differ(asked, expected), expected, asked)


def _target_not_accepted(sheet: Sheet) -> Found:
    accepted, target = sheet.column("accepted"), sheet.column("position_target")
    shrunk = sheet.flagged(
        Flags.capped_by_chain_allocation,
        Flags.capped_by_protocol_allocation,
        Flags.capped_by_pending_settlement_cash,
    )
    known = ~np.isnan(accepted) & ~np.isnan(target) & sheet.spread(sheet.sized) & (sheet.column("carry_forward") == 0)
    return of_rows(
        sheet, known, np.where(shrunk, exceeds(target, accepted), differ(target, accepted)), accepted, target
    )


def _target_not_weight(sheet: Sheet) -> Found:
    target = sheet.column("position_target")
    expected = sheet.column("normalised_weight") * sheet.spread(sheet.of_cycle("investable_equity"))
    known = ~np.isnan(target) & ~np.isnan(expected) & sheet.inside & (sheet.column("carry_forward") == 0)
    known &= sheet.spread(~sheet.sized)
    return of_rows(sheet, known, differ(target, expected), expected, target)


def _targets_above_equity(sheet: Sheet) -> Found:
    equity, total = sheet.of_cycle("investable_equity"), sheet.total(sheet.column("position_target"))
    known = ~np.isnan(equity) & sheet.any(~np.isnan(sheet.column("position_target")))
    known &= ~sheet.any(sheet.column("carry_forward") != 0)
    return of_cycles(known, exceeds(total, equity, HALF_A_CENT, WEIGHT_SUM), equity, total)


def _above_size_cap(sheet: Sheet) -> Found:
    cap, target = sheet.column("size_cap_usd"), sheet.column("position_target")
    known = ~np.isnan(cap) & ~np.isnan(target) & (sheet.column("carry_forward") == 0)
    return of_rows(sheet, known, exceeds(target, cap), cap, target)


def _adjust(sheet: Sheet) -> Found:
    adjust, expected = sheet.column("position_adjust_usd"), sheet.wanted
    shrunk = sheet.flagged(Flags.capped_by_sync_cash, Flags.capped_by_pending_settlement_cash)
    known = sheet.inside & ~np.isnan(adjust) & ~np.isnan(expected) & sheet.spread(_targets_known(sheet))
    broken = np.where(shrunk, exceeds(np.abs(adjust), np.abs(expected)), differ(adjust, expected))
    return of_rows(sheet, known, broken, expected, adjust)


def _targets_known(sheet: Sheet) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Cycles that got as far as calculating changes; one that was recorded before has them all at 0."""
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = sheet.decided | sheet.any(
        np.nan_to_num(sheet.column("position_adjust_usd")) != 0
    )
    return found


def _largest(sheet: Sheet) -> Found:
    recorded = sheet.of_cycle("max_position_adjust_usd")
    shrunk = sheet.flagged(Flags.capped_by_sync_cash)
    size = np.abs(np.where(shrunk, sheet.wanted, sheet.column("position_adjust_usd")))
    largest = np.nan_to_num(sheet.largest(size, sheet.inside))
    complete = ~np.isnan(recorded) & sheet.whole & ~sheet.any(sheet.inside & np.isnan(size))
    return of_cycles(complete, differ(recorded, largest), largest, recorded)


def _quantity_sign(sheet: Sheet) -> Found:
    quantity, adjust = sheet.column("position_adjust_quantity"), sheet.column("position_adjust_usd")
    known = ~np.isnan(quantity) & ~np.isnan(adjust)
    return of_rows(sheet, known, (quantity > 0) | ((quantity < 0) & (adjust >= 0)), None, quantity)


def _quantity_size(sheet: Sheet) -> Found:
    """At the price of the decision; where that is not recorded, at the mid price of the trade."""
    quantity, adjust, price = (
        sheet.column(name) for name in ("position_adjust_quantity", "position_adjust_usd", "price")
    )
    known = ~np.isnan(price)
    price = np.where(known, price, sheet.traded_price)
    expected = np.where(adjust < 0, adjust, np.nan) / np.where(price > 0, price, np.nan)
    asked = ~np.isnan(expected) & ~np.isnan(quantity)
    off = np.abs(quantity - expected) / np.abs(expected)
    broken = (known & (off > UNITS)) | unusual(asked & ~known, off > SLIPPAGE)
    return of_rows(sheet, asked, broken, expected, quantity)


def _unfunded(sheet: Sheet) -> Found:
    """Cash is total equity less what the positions were worth; fees may take their share."""
    old, adjust = np.nan_to_num(sheet.column("old_value")), np.nan_to_num(sheet.column("position_adjust_usd"))
    closes = sheet.flagged(Flags.closed)
    flips = sheet.flips & sheet.planned & ~closes
    freed = np.where(flips | closes, old, np.where(adjust < 0, -adjust, 0.0))
    buys = sheet.total(adjust, sheet.planned & ~closes & (adjust > 0))
    funds = sheet.equity_at_cycle - sheet.total(old) + sheet.total(freed, sheet.planned)
    known = ~np.isnan(funds) & sheet.decided & sheet.whole
    return of_cycles(known, buys > funds + FEES * buys + HALF_A_CENT, funds, buys)


def _above_total_equity(sheet: Sheet) -> Found:
    investable, total = sheet.of_cycle("investable_equity"), sheet.equity_at_cycle
    known = ~np.isnan(investable) & ~np.isnan(total)
    return of_cycles(known, exceeds(investable, total, HALF_A_CENT, FEES), total, investable)


def _negative(sheet: Sheet) -> Found:
    lowest = np.full(len(sheet.pair_ids), np.nan)
    for name in _AMOUNTS:
        lowest = np.fmin(lowest, sheet.column(name))
    return of_rows(sheet, ~np.isnan(lowest), lowest < -HALF_A_CENT, 0.0, lowest)


def _price(sheet: Sheet) -> Found:
    price = sheet.column("price")
    return of_rows(sheet, ~np.isnan(price), price <= 0, None, price)


RULES = (
    Rule(
        "accepted_not_sum_of_targets",
        Severity.error,
        "Is the accepted equity the sum of the targets?",
        "Targets were changed after size risk, or the total was not brought up to date.",
        "Accepted equity is recorded as {got}; the targets add up to {expected}.",
        Unit.usd,
        _accepted_sum,
    ),
    Rule(
        "discarded_above_left_over",
        Severity.warning,
        "Are accepted and discarded together at most what may be invested?",
        "No more than investable less accepted equity can have been discarded, and it is not what the framework counts "
        "either.",
        "Discarded is recorded as {got}, but only {expected} were left uninvested.",
        Unit.usd,
        _above_left_over,
    ),
    Rule(
        "discarded_off_the_count",
        Severity.warning,
        "Without settings, is the discarded equity all that was refused, where the source usually counts so?",
        "The number is of another cycle or was changed; in the framework it is Σ (asked - accepted).",
        "Discarded is recorded as {got}; what was refused adds up to {expected}.",
        Unit.usd,
        _off_the_count,
        needs=("asked",),
    ),
    Rule(
        "discarded_disagrees",
        Severity.error,
        "Is the discarded equity what the same sharing hands out without limits, less what was accepted?",
        "Recomputed from the recorded settings and raw weights, the cost of size risk is another one.",
        "Discarded is recorded as {got}; the recorded settings give {expected}.",
        Unit.usd,
        _discarded_disagrees,
    ),
    Rule(
        "discarded_above_refused",
        Severity.error,
        "Is the discarded equity at most Σ (asked - accepted)?",
        "More is said to be lost than the markets refused, although that sum counts re-offered money each time.",
        "Discarded is recorded as {got}, but size risk refused no more than {expected} in all.",
        Unit.usd,
        _refused_more_than_discarded,
        needs=("asked",),
    ),
    Rule(
        "asked_not_offered",
        Severity.error,
        "Did size risk get asked for each pair's share of equity and of what the larger pairs could not take?",
        "The ask does not follow from raw weights, settings and the refusals before it.",
        "{pair} asked for {got}; its share of equity and of earlier refusals is {expected}.",
        Unit.usd,
        _asked,
        needs=("asked",),
    ),
    Rule(
        "accepted_above_asked",
        Severity.error,
        "Did size risk accept at most what it was asked?",
        "The size-risk model gave more than was wanted.",
        "{pair}: size risk accepted {got} when it was asked for {expected}.",
        Unit.usd,
        _accepted_above_asked,
        needs=("asked",),
    ),
    Rule(
        "target_not_accepted",
        Severity.error,
        "With size risk, is every target what was accepted, or less where another limit is flagged?",
        "The target was changed after size risk without a flag.",
        "{pair}: the target is {got}; size risk accepted {expected}.",
        Unit.usd,
        _target_not_accepted,
        needs=("accepted",),
    ),
    Rule(
        "target_not_weight",
        Severity.error,
        "Without size risk, is every target the weight's share of investable equity?",
        "Weight, equity and target come from different calculations.",
        "{pair}: the target is {got}; weight times investable equity is {expected}.",
        Unit.usd,
        _target_not_weight,
    ),
    Rule(
        "targets_exceed_equity",
        Severity.error,
        "Are all targets together at most the investable equity?",
        "The cycle wants more than it may invest: buys will fail or be unfunded.",
        "The targets add up to {got}, {difference} more than the {expected} that may be invested.",
        Unit.usd,
        _targets_above_equity,
    ),
    Rule(
        "target_above_size_cap",
        Severity.error,
        "Does every target keep to what the market can carry?",
        "The position would be larger than the recorded cap of its market.",
        "{pair}: the target is {got}; its market carries {expected}.",
        Unit.usd,
        _above_size_cap,
        needs=("size_cap_usd",),
    ),
    Rule(
        "adjust_not_target_less_old",
        Severity.error,
        "Is every change the target less the value held, or a flip's whole target?",
        "The change does not lead to the target. Changes that cash made smaller may only be smaller.",
        "{pair}: the change is {got}; target and holding give {expected}.",
        Unit.usd,
        _adjust,
    ),
    Rule(
        "largest_change_disagrees",
        Severity.error,
        "Is the recorded largest change the largest change of any pair?",
        "The rebalance threshold was compared with a number that no pair has.",
        "The largest change is recorded as {got}; the largest of any pair is {expected}.",
        Unit.usd,
        _largest,
    ),
    Rule(
        "quantity_sign",
        Severity.error,
        "Is the quantity to sell negative for a decrease, and 0 for an increase?",
        "A sale would become a purchase, or the other way round.",
        "{pair}: the quantity to change is {got}, which does not fit the direction of its change.",
        Unit.units,
        _quantity_sign,
    ),
    Rule(
        "quantity_not_at_price",
        Severity.error,
        "Is the quantity to sell the change at the recorded price?",
        "Quantity, change and price come from different moments.",
        "{pair}: {got} units are to change; the change at the recorded price is {expected}.",
        Unit.units,
        _quantity_size,
    ),
    Rule(
        "buys_unfunded",
        Severity.warning,
        "Do cash and sales pay for the buys?",
        "The last buys may fail, or the account borrows. Allocate less than total equity, or cap buys to cash.",
        "Buys of {got} were planned with {expected} of cash and sales.",
        Unit.usd,
        _unfunded,
    ),
    Rule(
        "investable_above_equity",
        Severity.warning,
        "Is the investable equity at most the total equity?",
        "The strategy invests money that the equity curve does not show.",
        "{got} may be invested, but total equity is {expected}.",
        Unit.usd,
        _above_total_equity,
    ),
    Rule(
        "amount_negative",
        Severity.error,
        "Are targets, asks, acceptances, caps and TVL 0 or more?",
        "These amounts have no side.",
        "{pair} has the amount {got} where none can be below 0.",
        Unit.usd,
        _negative,
    ),
    Rule(
        "price_not_positive",
        Severity.error,
        "Is every price above 0?",
        "Nothing can be sized or traded at such a price.",
        "{pair} has the price {got}.",
        Unit.usd,
        _price,
    ),
)
