"""Are the weights of each cycle a portfolio, and do they follow from the raw weights?"""

import numpy as np

from alpha_model.analysis.audit.habits import at_the_cap, cut_without_flag, unflagged_caps
from alpha_model.analysis.audit.rule import Found, Rule, Severity, Unit, of_cycles, of_rows
from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.audit.tolerances import ROUNDING, WEIGHT, WEIGHT_SUM, differ, exceeds
from alpha_model.rules import cap
from alpha_model.values import TradingPairSignalFlags as Flags


def _sum(sheet: Sheet) -> Found:
    weight = sheet.column("normalised_weight")
    known = sheet.inside & ~np.isnan(weight)
    total = sheet.total(weight, known)
    return of_cycles(sheet.any(known), total > 1 + WEIGHT_SUM, 1.0, total)


def _old_sum(sheet: Sheet) -> Found:
    weight = sheet.column("old_weight")
    total = sheet.total(weight)
    return of_cycles(sheet.any(~np.isnan(weight)), total > 1 + WEIGHT_SUM, 1.0, total)


def _negative(sheet: Sheet) -> Found:
    weight = sheet.column("normalised_weight")
    return of_rows(sheet, ~np.isnan(weight), weight < -ROUNDING, 0.0, weight)


def _raw_negative(sheet: Sheet) -> Found:
    weight = sheet.column("raw_weight")
    return of_rows(sheet, ~np.isnan(weight), weight < 0, 0.0, weight)


def _above_max(sheet: Sheet) -> Found:
    """Target over equity; where there is no target, the weight."""
    equity = sheet.of_cycle("investable_equity")
    share = sheet.column("position_target") / sheet.spread(np.where(equity > 0, equity, np.nan))
    limit = sheet.spread(sheet.settings.number("max_weight"))
    known = sheet.inside & ~np.isnan(share) & ~np.isnan(limit) & (sheet.column("carry_forward") == 0)
    return of_rows(sheet, known, exceeds(share, limit, WEIGHT), limit, share)


def _not_the_share(sheet: Sheet) -> Found:
    settings = sheet.settings
    others = [settings.given(name) for name in ("size_risk_model", "max_weight_function", "max_protocol_weight")]
    simple = settings.ran("normalise_weights") & ~np.any([*others, settings.ran("cap_chain_allocation")], axis=0)
    expected = cap(sheet.raw_shares, sheet.spread(settings.number("max_weight"))).kept
    weight = sheet.column("normalised_weight")
    known = sheet.spread(simple & sheet.whole) & ~np.isnan(expected) & ~np.isnan(weight)
    return of_rows(sheet, known, differ(weight, expected, WEIGHT), expected, weight)


def _not_share_of_accepted(sheet: Sheet) -> Found:
    target = np.where(sheet.inside & (sheet.column("carry_forward") == 0), sheet.column("position_target"), np.nan)
    total = sheet.total(target)
    expected = target / sheet.spread(np.where(total > 0, total, np.nan))
    weight = sheet.column("normalised_weight")
    known = sheet.spread(sheet.sized & sheet.whole) & ~np.isnan(expected) & ~np.isnan(weight)
    return of_rows(sheet, known, differ(weight, expected, WEIGHT) & ~sheet.clipped, expected, weight)


def _cut_without_flag(sheet: Sheet) -> Found:
    share, weight = sheet.raw_shares, sheet.column("normalised_weight")
    known = sheet.spread(~sheet.sized & sheet.whole) & ~np.isnan(share) & ~np.isnan(weight) & sheet.inside
    return of_rows(sheet, known, cut_without_flag(sheet) & ~unflagged_caps(sheet) & ~sheet.clipped, share, weight)


def _above_share(sheet: Sheet) -> Found:
    """Without recorded settings; with them `_not_the_share` knows the very weight."""
    share, weight = sheet.raw_shares, sheet.column("normalised_weight")
    known = sheet.spread(~sheet.sized & sheet.whole & ~sheet.settings.ran("normalise_weights")) & sheet.inside
    known &= ~np.isnan(share) & ~np.isnan(weight)
    normalised = differ(weight, sheet.column("raw_weight"), WEIGHT)  # else the raw weights were meant as they are
    return of_rows(sheet, known, normalised & exceeds(weight, share, WEIGHT), share, weight)


def _flag_without_cut(sheet: Sheet) -> Found:
    share, weight = sheet.raw_shares, sheet.column("normalised_weight")
    known = sheet.spread(~sheet.sized & sheet.whole) & ~np.isnan(share) & ~np.isnan(weight) & sheet.inside
    flagged = sheet.flagged(Flags.capped_by_concentration)
    return of_rows(sheet, known, flagged & ~(weight < share) & ~at_the_cap(sheet, flagged), share, weight)


RULES = (
    Rule(
        "weights_exceed_one",
        Severity.error,
        "Do the weights of a cycle add up to at most 1?",
        "More than everything was handed out. Look for a step that sets weights after normalise_weights().",
        "The weights of this cycle add up to {got}, {difference} more than everything.",
        Unit.share,
        _sum,
    ),
    Rule(
        "old_weights_exceed_one",
        Severity.error,
        "Do the weights that were held before a cycle add up to at most 1?",
        "A position was counted twice, or weights and values come from different portfolios.",
        "The weights held before this cycle add up to {got}, {difference} more than everything.",
        Unit.share,
        _old_sum,
    ),
    Rule(
        "weight_negative",
        Severity.error,
        "Is every weight 0 or more?",
        "A weight has no side; the sign of the signal says long or short.",
        "{pair} has the weight {got}; a weight is never below 0.",
        Unit.share,
        _negative,
    ),
    Rule(
        "raw_weight_negative",
        Severity.warning,
        "Is every raw weight 0 or more?",
        "The weighting method let the sign of a short through; some versions of weight_by_1_slash_signal do. "
        "The shares of all pairs of the cycle are then wrong.",
        "{pair} has the raw weight {got}; the sign belongs to the signal, not to the weight.",
        Unit.none,
        _raw_negative,
    ),
    Rule(
        "target_above_max_weight",
        Severity.error,
        "Does every target keep to the largest share of equity that the settings allow?",
        "The concentration limit did not hold: more is at stake in one pair than was allowed.",
        "{pair} was to become {got} of equity; the settings allow {expected}.",
        Unit.share,
        _above_max,
    ),
    Rule(
        "weight_not_the_share",
        Severity.error,
        "Without size risk, is every weight the share of its raw weight, or the largest share allowed?",
        "The weight does not follow from what is recorded: something else changed it, without taking it down.",
        "{pair} has the weight {got}; its raw weight and the settings give {expected}.",
        Unit.share,
        _not_the_share,
    ),
    Rule(
        "weight_not_share_of_accepted",
        Severity.error,
        "With size risk, is every weight the target's share of all targets?",
        "Weights and targets of the cycle belong to different calculations.",
        "{pair} has the weight {got}; its target is {expected} of all targets.",
        Unit.share,
        _not_share_of_accepted,
    ),
    Rule(
        "weight_cut_without_flag",
        Severity.warning,
        "Does every weight that is below its raw share carry the flag of what cut it?",
        "A limit worked and left no trace, or the weight is wrong.",
        "{pair} has the weight {got} where its raw weight gives {expected}, and no flag says why.",
        Unit.share,
        _cut_without_flag,
    ),
    Rule(
        "weight_above_share",
        Severity.warning,
        "Without size risk and settings, is every weight at most the share of its raw weight?",
        "The weight does not follow from the raw weights: something else gave the pair more.",
        "{pair} has the weight {got} where its raw weight gives {expected}.",
        Unit.share,
        _above_share,
    ),
    Rule(
        "concentration_flag_without_cut",
        Severity.error,
        "Was every weight that carries capped_by_concentration really cut?",
        "The flag says that the pair was held back; its weight says that it was not.",
        "{pair} is flagged capped_by_concentration, but its weight {got} is all of its raw share {expected}.",
        Unit.share,
        _flag_without_cut,
    ),
)
