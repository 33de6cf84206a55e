"""What in a record is only a habit of the framework that wrote it, so that it is said once and alarms nobody?

Each question is one note a history: where it occurs first, and how often. What merely looks like a habit is found by
the rules of the other families.
"""

import numpy as np

from alpha_model.analysis.audit.rule import Found, Rule, Severity, Unit, once
from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.audit.tolerances import ROUNDING, USUAL, WEIGHT, differ, exceeds
from alpha_model.analysis.facts import HABIT_MEANINGS, SKIPPING, Habit, Truths, clipped_share
from alpha_model.rules import Sum, flags_into
from alpha_model.values import TradingPairSignalFlags as Flags

CAPPED = flags_into(Sum.target)
"""Flags of a weight that something made smaller."""


def counted_again(sheet: Sheet) -> Truths:
    """Cycles whose discarded equity is Σ (asked - accepted) and more than can have been discarded."""
    discarded, asked = sheet.of_cycle("size_risk_discarded_value"), sheet.column("asked")
    refused = sheet.total(asked - sheet.column("accepted"))
    sized = sheet.any(~np.isnan(asked))
    own_count: Truths = sheet.framework & sized & (np.abs(discarded - refused) <= WEIGHT * np.maximum(refused, 1.0))
    return own_count & exceeds(discarded, left_over(sheet))


def left_over(sheet: Sheet) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What size risk can have left uninvested at most, USD a cycle."""
    room = sheet.of_cycle("investable_equity") - sheet.of_cycle("accepted_investable_equity")
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = np.maximum(room, 0.0)
    return found


def cut_without_flag(sheet: Sheet) -> Truths:
    """Rows of unsized cycles whose weight is below the share of their raw weight, and no flag says why."""
    share, weight = sheet.raw_shares, sheet.column("normalised_weight")
    normalised = differ(weight, sheet.column("raw_weight"), WEIGHT)  # else the raw weights were meant as they are
    cut: Truths = (share - weight > WEIGHT) & normalised & ~sheet.flagged(*CAPPED)
    return cut & sheet.spread(~sheet.sized & sheet.whole)


def unflagged_caps(sheet: Sheet) -> Truths:
    """Those among them that lie at the largest weight allowed, in a source that never flags that."""
    flags = sheet.flagged(Flags.capped_by_concentration) & sheet.spread(~sheet.sized)
    if not sheet.framework.any() or flags.any():
        return np.zeros(len(sheet.pair_ids), dtype=np.bool_)
    return at_the_cap(sheet, cut_without_flag(sheet) & ~sheet.clipped)


def at_the_cap(sheet: Sheet, rows: Truths) -> Truths:
    """Those rows of the framework that lie at the largest of their weights, where that looks like a setting.

    It does where several lie there, or where it is a round number. The framework flags by a strict `>`, so that a
    weight at the cap may be flagged for its rounding.
    """
    weight, own = sheet.column("normalised_weight"), rows & sheet.spread(sheet.framework)
    cap = float(np.nan_to_num(weight[own]).max(initial=0.0))
    there: Truths = own & (np.abs(weight - cap) <= ROUNDING)
    is_setting = np.count_nonzero(there) > 1 or abs(cap - round(cap, _DIGITS)) <= ROUNDING
    return there if is_setting else there & False


_DIGITS = 4
"""Digits of a share that somebody sets."""


def unmarked_skips(sheet: Sheet) -> Truths:
    """Rows of the framework that are flagged as skipped and not marked, where most such rows are not."""
    skipped = sheet.flagged(*SKIPPING) & (np.nan_to_num(sheet.column("position_adjust_usd")) != 0) & sheet.inside
    skipped &= sheet.spread(sheet.framework) & ~sheet.flagged(Flags.max_adjust_too_small)
    unmarked: Truths = skipped & (sheet.column("ignored") == 0)
    return unmarked if np.count_nonzero(unmarked) > (1 - USUAL) * np.count_nonzero(skipped) else unmarked & False


def _clipped(sheet: Sheet) -> Found:
    if not sheet.framework.any():
        return Found(0, sheet.cycle_count)
    rows = sheet.clipped | (clipped_share(sheet.history) > 0)
    return once(sheet.framework, sheet.places[rows])


def _counted_again(sheet: Sheet) -> Found:
    sized = sheet.framework & ~np.isnan(sheet.of_cycle("size_risk_discarded_value"))
    return once(sized, np.flatnonzero(counted_again(sheet)))


def _unflagged(sheet: Sheet) -> Found:
    return once(sheet.framework & ~sheet.sized, sheet.places[unflagged_caps(sheet)])


def _unmarked(sheet: Sheet) -> Found:
    return once(sheet.framework, sheet.places[unmarked_skips(sheet)])


def _meaning(habit: Habit, advice: str) -> str:
    said = HABIT_MEANINGS[habit]
    return f"The reference framework does so: {said}. {advice}"


RULES = (
    Rule(
        "weight_clipped",
        Severity.note,
        "Are the largest weights free of the rounding of the source?",
        _meaning(Habit.clips_weights, "No limit and no decision did it."),
        "The source takes 0.001 % off the largest weight for the sake of rounding: {got} in all, first here.",
        Unit.whole,
        _clipped,
    ),
    Rule(
        "discarded_counted_twice",
        Severity.note,
        "Is the discarded equity free of money that was offered again and counted again?",
        _meaning(
            Habit.counts_discarded_again,
            "It is the count of that source; no more than investable less accepted equity can have been discarded.",
        ),
        "The source counts money again each time it is refused again: in {got} cycles it has discarded more than was "
        "left, first here.",
        Unit.whole,
        _counted_again,
    ),
    Rule(
        "cap_never_flagged",
        Severity.note,
        "Does the source flag what its largest weight cuts?",
        _meaning(Habit.caps_without_flag, "Nothing is wrong with these weights."),
        "The source does not flag what its largest weight cuts: {got} in all, first here.",
        Unit.whole,
        _unflagged,
    ),
    Rule(
        "skips_never_marked",
        Severity.note,
        "Does the source mark the changes that it skips?",
        _meaning(Habit.skips_without_mark, "Everything here goes by the flag."),
        "The source flags changes that it skips and does not mark them as ignored: {got} in all, first here.",
        Unit.whole,
        _unmarked,
    ),
)
