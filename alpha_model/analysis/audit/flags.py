"""Do the flags say what the numbers say, in both directions?"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.analysis.audit.habits import CAPPED, unmarked_skips
from alpha_model.analysis.audit.rule import Found, Rule, Severity, Unit, of_cycles, of_rows
from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.audit.tolerances import ROUNDING, exceeds
from alpha_model.analysis.facts import SKIPPING, Numbers, Truths, ends_with
from alpha_model.rules import larger_side
from alpha_model.values import Stage, TradingPairKind
from alpha_model.values import TradingPairSignalFlags as Flags


def _sizes_known(sheet: Sheet) -> Truths:
    return ~np.isnan(sheet.column("asked")) & ~np.isnan(sheet.column("accepted"))


def _pool_flag(sheet: Sheet) -> Found:
    asked, accepted = sheet.column("asked"), sheet.column("accepted")
    broken = sheet.flagged(Flags.capped_by_pool_size) & ~(accepted < asked)
    return of_rows(sheet, _sizes_known(sheet), broken, asked, accepted)


def _refused(sheet: Sheet) -> Found:
    asked, accepted = sheet.column("asked"), sheet.column("accepted")
    broken = exceeds(asked, accepted) & ~sheet.flagged(Flags.capped_by_pool_size)
    return of_rows(sheet, _sizes_known(sheet), broken, asked, accepted)


def _capped(sheet: Sheet) -> Found:
    asked, accepted = sheet.column("asked"), sheet.column("accepted")
    broken = (sheet.column("capped") == 1) & ~(accepted < asked)
    return of_rows(sheet, _sizes_known(sheet), broken, asked, accepted)


def _concentration(sheet: Sheet) -> Found:
    """With size risk the limit cuts an ask to exactly max weight × equity."""
    settings = sheet.settings
    asked = sheet.column("asked")
    limit = sheet.spread(settings.number("max_weight") * sheet.of_cycle("investable_equity"))
    known = ~np.isnan(asked) & ~np.isnan(limit) & ~sheet.spread(settings.given("max_weight_function"))
    broken = sheet.flagged(Flags.capped_by_concentration) & exceeds(limit, asked)
    return of_rows(sheet, known, broken, limit, asked)


def _held_flag(sheet: Sheet) -> Found:
    largest, threshold = sheet.of_cycle("max_position_adjust_usd"), sheet.of_cycle("position_adjust_threshold_usd")
    broken = sheet.any(sheet.flagged(Flags.max_adjust_too_small)) & ~sheet.held
    return of_cycles(sheet.decided, broken, threshold, largest)


def _held_unflagged(sheet: Sheet) -> Found:
    adjust = np.nan_to_num(sheet.column("position_adjust_usd"))
    unflagged = (adjust != 0) & sheet.inside & ~sheet.flagged(Flags.max_adjust_too_small)
    broken = unflagged & sheet.spread(sheet.held)
    threshold = sheet.spread(sheet.of_cycle("position_adjust_threshold_usd"))
    return of_rows(sheet, sheet.spread(sheet.decided) & sheet.inside, broken, threshold, np.abs(adjust))


def _change_size(sheet: Sheet) -> Numbers:
    return larger_side(sheet.column("position_adjust_usd"), np.nan_to_num(sheet.column("old_value")), sheet.flips)


def _individual(sheet: Sheet) -> Numbers:
    adjust = sheet.column("position_adjust_usd")
    return sheet.settings.least(adjust < 0, sheet.places)


def _size_flag(sheet: Sheet) -> Found:
    limit, size = _individual(sheet), _change_size(sheet)
    known = ~np.isnan(limit) & ~np.isnan(size) & sheet.inside
    broken = sheet.flagged(Flags.individual_trade_size_too_small) & ~(size < limit * (1 + ROUNDING))
    return of_rows(sheet, known, broken, limit, size)


def _size_unflagged(sheet: Sheet) -> Found:
    limit, size = _individual(sheet), _change_size(sheet)
    known = ~np.isnan(limit) & ~np.isnan(size) & sheet.inside
    small = exceeds(limit, size) & sheet.planned
    broken = small & ~sheet.flagged(Flags.individual_trade_size_too_small, Flags.closed)
    return of_rows(sheet, known, broken, limit, size)


def _epsilon(sheet: Sheet) -> Numbers:
    return sheet.spread(sheet.of_cycle("close_position_weight_epsilon"))


def _close_flag(sheet: Sheet) -> Found:
    weight, epsilon = sheet.column("normalised_weight"), _epsilon(sheet)
    known = ~np.isnan(weight) & ~np.isnan(epsilon) & sheet.inside
    broken = sheet.flagged(Flags.close_position_weight_limit) & (weight >= epsilon) & (weight > 0)
    return of_rows(sheet, known, broken, epsilon, weight)


def _closed_flag(sheet: Sheet) -> Found:
    old = np.nan_to_num(sheet.column("old_value"))
    unheld = (old == 0) & (np.nan_to_num(sheet.column("old_quantity")) == 0)
    return of_rows(sheet, sheet.inside, sheet.flagged(Flags.closed) & unheld, None, old)


def _closed_with_target(sheet: Sheet) -> Found:
    target, weight = sheet.column("position_target"), sheet.column("normalised_weight")
    known = ~np.isnan(target) & sheet.inside
    broken = sheet.flagged(Flags.closed) & (target > 0) & ~(weight < _epsilon(sheet))
    return of_rows(sheet, known, broken, 0.0, target)


def _not_closed(sheet: Sheet) -> Found:
    weight, epsilon = sheet.column("normalised_weight"), _epsilon(sheet)
    held = np.nan_to_num(sheet.column("old_value")) > 0
    broken = sheet.planned & held & (weight < epsilon) & ~sheet.flagged(Flags.closed)
    known = ~np.isnan(weight) & ~np.isnan(epsilon) & sheet.inside & sheet.spread(sheet.decided)
    return of_rows(sheet, known, broken, epsilon, weight)


def _unexplained(sheet: Sheet) -> Found:
    adjust = np.nan_to_num(sheet.column("position_adjust_usd"))
    ignored = (sheet.column("ignored") != 0) & (adjust != 0)
    if not ignored.any():
        return of_rows(sheet, sheet.inside & sheet.spread(sheet.decided), ignored)
    signals = sheet.history.tables.signals
    others = np.asarray(pc.fill_null(pc.list_value_length(signals["other_flags"]), 0)) > 0
    others |= sheet.flagged(*(flag for flag in Flags if flag not in (*CAPPED, Flags.capped_by_sync_cash)))
    silent = ~others & ~sheet.with_reason(Stage.threshold) & (sheet.column("carry_forward") == 0)
    return of_rows(sheet, sheet.inside & sheet.spread(sheet.decided), ignored & silent, None, adjust)


def _not_marked(sheet: Sheet) -> Found:
    adjust = np.nan_to_num(sheet.column("position_adjust_usd"))
    unmarked = sheet.flagged(*SKIPPING) & (adjust != 0) & (sheet.column("ignored") == 0)
    return of_rows(sheet, sheet.inside, unmarked & ~unmarked_skips(sheet), None, adjust)


def _side(sheet: Sheet) -> Found:
    signal = sheet.column("signal_in_selection")
    kinds = sheet.history.tables.signals["synthetic_kind"]
    short = ends_with(kinds, "short")
    known = ~np.asarray(pc.is_null(kinds), dtype=np.bool_) & ~np.isnan(signal) & (signal != 0)
    known &= sheet.column("carry_forward") == 0
    return of_rows(sheet, known, short != (signal < 0), None, signal)


def _held_side(sheet: Sheet) -> Found:
    quantity = sheet.column("old_quantity")
    kinds = ~np.asarray(pc.is_null(sheet.history.tables.signals["old_kind"]), dtype=np.bool_)
    known = ~np.isnan(quantity) & (quantity != 0) & kinds
    return of_rows(sheet, known, (quantity < 0) != sheet.was_short, None, quantity)


def _unknown_flags(sheet: Sheet) -> Found:
    """One finding a flag: where it occurs first, and how often in all."""
    others = sheet.history.tables.signals["other_flags"].combine_chunks()
    names = pc.list_flatten(others).to_numpy(zero_copy_only=False).astype(str)
    rows = pc.list_parent_indices(others).to_numpy()
    kinds, first, counts = np.unique(names, return_index=True, return_counts=True)
    at = rows[first].astype(np.int64) if len(kinds) else np.empty(0, dtype=np.int64)
    return Found(
        sheet.cycle_count,
        sheet.cycle_count,
        sheet.places[at],
        sheet.pair_ids[at],
        np.full(len(at), np.nan),
        counts.astype(np.float64),
        [str(name) for name in kinds],
    )


def _unknown_kinds(sheet: Sheet) -> Found:
    pairs = sheet.history.tables.pairs
    known = pa.array([str(kind) for kind in TradingPairKind])
    strange = pc.and_(pc.is_valid(pairs["kind"]), pc.invert(pc.is_in(pairs["kind"], value_set=known)))
    found = pairs.filter(strange)
    nothing = np.full(found.num_rows, np.nan)
    return Found(
        sheet.cycle_count,
        sheet.cycle_count,
        np.full(found.num_rows, -1, dtype=np.int64),
        found["pair_id"].to_numpy(),
        nothing,
        nothing,
        found["kind"].to_pylist(),
    )


RULES = (
    Rule(
        "pool_flag_without_refusal",
        Severity.error,
        "Was something refused wherever capped_by_pool_size says so?",
        "The flag blames the market for a cut that did not happen.",
        "{pair} is flagged capped_by_pool_size, but all {got} that it asked for was accepted.",
        Unit.usd,
        _pool_flag,
        needs=("asked",),
    ),
    Rule(
        "refusal_without_pool_flag",
        Severity.error,
        "Is capped_by_pool_size there wherever something was refused?",
        "A cut of size risk that no flag shows is missing from every count of flags.",
        "{pair}: size risk accepted {got} of {expected}, and capped_by_pool_size is missing.",
        Unit.usd,
        _refused,
        needs=("asked",),
    ),
    Rule(
        "capped_without_refusal",
        Severity.warning,
        "Is `capped` false where nothing was refused?",
        "Some size-risk models of the reference framework set it whenever they were asked.",
        "{pair}: size risk says capped, but accepted all {got}.",
        Unit.usd,
        _capped,
        needs=("asked",),
    ),
    Rule(
        "concentration_flag_below_limit",
        Severity.error,
        "With size risk, was every ask that carries capped_by_concentration cut to its limit?",
        "The flag says that max_weight made the ask smaller; the ask is below it anyway.",
        "{pair} is flagged capped_by_concentration, but asked for {got}, less than the limit of {expected}.",
        Unit.usd,
        _concentration,
        needs=("asked",),
    ),
    Rule(
        "held_flag_without_reason",
        Severity.error,
        "Is the largest change below the threshold wherever max_adjust_too_small says so?",
        "The flag says that the rebalance was held; the amounts say that it was not.",
        "Flagged max_adjust_too_small, but the largest change {got} reaches the threshold {expected}.",
        Unit.usd,
        _held_flag,
    ),
    Rule(
        "held_without_flag",
        Severity.error,
        "Is max_adjust_too_small there for every change that the threshold held back?",
        "The pair looks as if it had been traded.",
        "{pair}: the whole rebalance was below {expected}, but its change of {got} carries no max_adjust_too_small.",
        Unit.usd,
        _held_unflagged,
    ),
    Rule(
        "size_flag_above_threshold",
        Severity.error,
        "Is every change with individual_trade_size_too_small really below its threshold?",
        "A change was skipped that was large enough.",
        "{pair} was skipped as too small, but its change of {got} reaches the threshold of {expected}.",
        Unit.usd,
        _size_flag,
    ),
    Rule(
        "small_change_not_skipped",
        Severity.error,
        "Was every change below the single-trade threshold skipped?",
        "A trade was planned that the settings forbid.",
        "{pair}: a change of {got} was to be traded, below the threshold of {expected}.",
        Unit.usd,
        _size_unflagged,
    ),
    Rule(
        "close_flag_above_limit",
        Severity.error,
        "Is every weight with close_position_weight_limit below the closing weight?",
        "The flag says that the weight is dust; it is not.",
        "{pair} is flagged close_position_weight_limit, but its weight {got} reaches the limit {expected}.",
        Unit.share,
        _close_flag,
    ),
    Rule(
        "closed_nothing",
        Severity.error,
        "Was something held wherever the flag says closed?",
        "What was not held cannot be closed.",
        "{pair} is flagged closed, but nothing was held.",
        Unit.none,
        _closed_flag,
    ),
    Rule(
        "closed_with_target",
        Severity.error,
        "Is the target 0, or its weight below the closing weight, wherever the flag says closed?",
        "The position was closed although it should have been kept.",
        "{pair} is flagged closed, but its target is {got}.",
        Unit.usd,
        _closed_with_target,
    ),
    Rule(
        "dust_not_closed",
        Severity.warning,
        "Was every position below the closing weight closed?",
        "A remainder stays in the portfolio.",
        "{pair}: its weight {got} is below the closing weight {expected}, but it was not closed.",
        Unit.share,
        _not_closed,
    ),
    Rule(
        "ignored_without_reason",
        Severity.warning,
        "Does every change that was decided against say why?",
        "No flag and no reason is recorded; the pair may have been frozen by a failed trade.",
        "{pair}: a change of {got} was ignored, and neither a flag nor a reason says why.",
        Unit.usd,
        _unexplained,
    ),
    Rule(
        "skipped_not_marked",
        Severity.warning,
        "Is every change that was skipped also marked as ignored?",
        "What reads the mark takes the change for a trade. Everything here goes by the flag.",
        "{pair}: its change of {got} is flagged as skipped, but not marked as ignored.",
        Unit.usd,
        _not_marked,
    ),
    Rule(
        "side_contradicts_signal",
        Severity.error,
        "Is a negative signal traded as a short, and a positive one not?",
        "The position goes the other way than the signal.",
        "{pair} has the signal {got}, but the pair to trade is of the other side.",
        Unit.none,
        _side,
    ),
    Rule(
        "held_side_contradicts_quantity",
        Severity.error,
        "Is the quantity of a short negative, and of everything else positive?",
        "Values and trades of this pair have the wrong sign.",
        "{pair} was held with {got} units, which is the sign of the other side.",
        Unit.units,
        _held_side,
        needs=("old_quantity",),
    ),
    Rule(
        "flag_unknown",
        Severity.note,
        "Are all flags known?",
        "A newer framework or the strategy itself sets it. It is counted and shown under its own name.",
        "The flag {word} is not known here; it occurs {got} times, first for {pair}.",
        Unit.whole,
        _unknown_flags,
    ),
    Rule(
        "kind_unknown",
        Severity.note,
        "Are all kinds of pairs known?",
        "A newer framework has kinds that are not known here. It is treated as a long position.",
        "{pair} is of the kind {word}, which is not known here.",
        Unit.none,
        _unknown_kinds,
    ),
)
